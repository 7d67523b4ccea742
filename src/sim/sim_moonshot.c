/* HPE Moonshot's iLO Chassis Manager: nodes c1n1, c2n1 ..., one in each cartridge here. */
#include "sim/sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void greet(struct term *t)
{
	say(t, "User:%s logged-in to %s.(192.0.2.40)\n\nHPE Moonshot iLO Chassis Manager 2.55 at Mar 14 2019\n\n", t->s->user,
		t->s->name);
}

static void prompt(struct term *t)
{
	say(t, "hpiLO-> ");
}

static const char *power_of(const struct bay *b)
{
	if (!b->present || b->health == HL_FAILED)
		return "Unavailable";
	return b->power == PW_ON || b->power == PW_GOING_OFF ? "On" : b->power == PW_GOING_ON ? "PoweringOn" : "Off";
}

static const char *health_of(enum health h)
{
	return h == HL_OK ? "OK" : h == HL_ABSENT ? "Absent" : h == HL_DEGRADED ? "Degraded" : "Failed";
}

/* "c3n1", or "c3" for a cartridge. */
static int node(struct term *t, const char *text)
{
	char slot[8], tail;
	int n;

	if (!text || tolower((unsigned char)*text) != 'c' ||
		(sscanf(text + 1, "%7[0-9]n%d%c", slot, &n, &tail) != 2 && sscanf(text + 1, "%7[0-9]%c", slot, &tail) != 1))
		return -1;
	return t->bay = sim_find(t->s, slot);
}

static void invalid(struct term *t)
{
	say(t, "Invalid command\n\n");
	t->status = 1;
}

/* The rows are those of a real one; that an empty place is listed so, too, is a guess. */
static void node_list(struct term *t)
{
	say(t, "\nSlot ID    Proc Manufacturer      Architecture         Memory Power Health\n"
	       "---- ----- ---------------------- -------------------- ------ ----- ------\n");
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		char id[16];
		snprintf(id, sizeof id, "c%sn1", b.slot);
		if (b.present)
			say(t, " %02d  %-5s %-22s %-20s %-6s %-5s %s\n", atoi(b.slot), id, "Intel Corporation", "x86 Architecture", "32 GB",
				power_of(&b), health_of(b.health));
		else
			say(t, " %02d  %-5s %-22s %s\n", atoi(b.slot), id, "N/A", "No Asset Information");
	}
	say(t, "\n");
}

static void head(struct term *t, int i)
{
	say(t, "\nCartridge #%s\n  Node #1\n", t->s->sh->bays[i].slot);
}

static void node_power(struct term *t, int i)
{
	struct bay b = sim_bay(t->s, i);

	head(t, i);
	say(t, "        Power State: %s\n", power_of(&b));
}

static void node_info(struct term *t, int i) /* guess, but for its head */
{
	struct bay b = sim_bay(t->s, i);

	head(t, i);
	if (!b.present) {
		say(t, "        No Asset Information\n");
		return;
	}
	say(t, "        Type: Compute\n        Manufacturer: HP\n        Product Name: %s\n        Serial Number: %s\n"
	       "        Host Name: %s\n        BIOS Version: H02 03/05/2015\n        Memory: 32 GB\n        UID: %s\n", b.model,
		b.serial, b.name, b.locate ? "On" : "Off");
}

static void node_mac(struct term *t, int i)
{
	head(t, i);
	say(t, "        NIC 1 MAC Address: 02:00:00:00:05:%02x\n        NIC 2 MAC Address: 02:00:00:00:06:%02x\n", i, i);
}

static void node_address(struct term *t, int i)
{
	head(t, i);
	say(t, "        Management IPv4 Address: 192.0.2.%d\n", 100 + i);
}

static void each(struct term *t, const char *which, void (*one)(struct term *t, int i))
{
	if (word_is(which, "all"))
		for (int i = 0; i < t->s->sh->n_bays; i++)
			one(t, i);
	else if (node(t, which) >= 0)
		one(t, t->bay);
	else
		invalid(t);
	say(t, "\n");
}

static void blade(struct term *t, const char *which)
{
	t->bay = which && (*which == 'b' || *which == 'B') ? sim_find(t->s, which + 1) : -1;
	if (t->bay < 0) {
		invalid(t);
		return;
	}
	struct bay b = sim_bay(t->s, t->bay);
	say(t, "\nBlade #%s\n  PowerState: %s\n  Health: %s\n  UID: %s\n  iLO SSH: 192.0.2.%d:22\n\n", b.slot, power_of(&b),
		health_of(b.health), b.locate ? "On" : "Off", 100 + t->bay);
}

static void parts(struct term *t, const char *what, const char *kind, int n) /* guess */
{
	for (int i = 1; i <= n; i++)
		say(t, "%s #%d\n  Health: %s\n", what, i, health_of(sim_sensor(t->s, kind, i)));
	say(t, "\n");
}

static void chassis(struct term *t, char **w) /* guess */
{
	if (word_is(w[2], "info"))
		say(t, "\nChassis\n  Product Name: Moonshot 1500 Chassis\n  Serial Number: %s\n  Chassis Name: %s\n  Health: %s\n\n",
			t->s->sh->serial, t->s->name, health_of(sim_overall(t->s)));
	else if (word_is(w[2], "fan") || word_is(w[2], "fans"))
		parts(t, "Fan", "fan", t->s->d->fans);
	else if (word_is(w[2], "powersupply") || word_is(w[2], "power"))
		parts(t, "Power Supply", "ps", t->s->d->supplies);
	else if (word_is(w[2], "temperature"))
		say(t, "Chassis Inlet\n  Temperature: %s\n\n", sim_sensor(t->s, "temp", 1) == HL_OK ? "23C  OK" : "45C  Caution");
	else
		invalid(t);
}

static void show(struct term *t, char **w)
{
	if (word_is(w[1], "node") && word_is(w[2], "list"))
		node_list(t);
	else if (word_is(w[1], "node") && word_is(w[2], "power"))
		each(t, w[3], node_power);
	else if (word_is(w[1], "node") && word_is(w[2], "info"))
		each(t, w[3], node_info);
	else if (word_is(w[1], "node") && word_is(w[2], "macaddr"))
		each(t, w[3], node_mac);
	else if (word_is(w[1], "node") && word_is(w[2], "mgmtaddr4"))
		each(t, w[3], node_address);
	else if (word_is(w[1], "blades"))
		blade(t, w[2]);
	else if (word_is(w[1], "chassis"))
		chassis(t, w);
	else if (word_is(w[1], "firmware"))
		say(t, "HPE Moonshot Chassis Manager 2.0: 2.0-b176\n\n");
	else
		invalid(t);
}

static void change(struct term *t, int i, enum ask what, const char *well)
{
	head(t, i);
	switch (sim_ask(t->s, i, what)) {
	case SAID_OK:
		say(t, "        %s\n\n", well);
		break;
	case SAID_DENIED: /* these three are guesses */
		say(t, "        Insufficient privilege\n\n");
		t->status = 1;
		break;
	case SAID_EMPTY:
		say(t, "        Node is not present\n\n");
		t->status = 1;
		break;
	default:
		say(t, "        Node is already powered %s\n\n", what == ASK_ON ? "on" : "off");
		t->status = 1;
	}
}

/* "set node power off force c1n1": the node is the last word. What it answers was not found. */
static void set_power(struct term *t, char **w, int n)
{
	if (node(t, w[n - 1]) < 0)
		invalid(t);
	else if (word_is(w[3], "on"))
		change(t, t->bay, ASK_ON, "Power command sent: on");
	else if (word_is(w[3], "off") && word_is(w[4], "force"))
		change(t, t->bay, ASK_OFF, "Power command sent: force off");
	else if (word_is(w[3], "off"))
		change(t, t->bay, ASK_SOFT, "Power command sent: shutdown");
	else if (word_is(w[3], "reset")) /* guess */
		change(t, t->bay, ASK_RESET, "Power command sent: reset");
	else if (word_is(w[3], "cycle")) /* guess */
		change(t, t->bay, ASK_CYCLE, "Power command sent: cycle");
	else
		invalid(t);
}

static void line_in(struct term *t, char *line)
{
	char *w[9];
	int n = words(line, w, 8);

	w[8] = NULL;
	if (!n)
		return;
	t->status = 0;
	if (word_is(w[0], "exit") || word_is(w[0], "quit")) {
		t->done = true;
	} else if (!sim_is_active(t->s)) { /* guess: there is one manager in a chassis */
		say(t, "Chassis Manager is not ready\n\n");
		t->status = 1;
	} else if (word_is(w[0], "show")) {
		show(t, w);
	} else if (word_is(w[0], "set") && word_is(w[1], "node") && word_is(w[2], "power")) {
		set_power(t, w, n);
	} else if (word_is(w[0], "set") && word_is(w[1], "node") && word_is(w[2], "uid") && node(t, w[n - 1]) >= 0) { /* guess */
		sim_locate(t->s, t->bay, word_is(w[3], "on"));
		head(t, t->bay);
		say(t, "        UID: %s\n\n", word_is(w[3], "on") ? "On" : "Off");
	} else if (word_is(w[0], "set") && word_is(w[1], "node") && (word_is(w[2], "bootonce") || word_is(w[2], "boot"))) {
		say(t, "\n");
	} else if (word_is(w[0], "reset") && word_is(w[1], "cartridge") && word_is(w[2], "power") && node(t, w[n - 1]) >= 0) {
		change(t, t->bay, ASK_CYCLE, "Power command sent: reset");
	} else {
		invalid(t);
	}
}

static void exec(struct term *t, char *line)
{
	say(t, "%s\r\n", line); /* \r\r\n on the wire */
	line_in(t, line);
}

const struct dialect dialect_hpe_moonshot = {
	.name = "hpe-moonshot", .title = "HPE Moonshot iLO Chassis Manager", .banner = "mpSSH_0.2.1", .device = "ILOCM",
	.echo_eol = "\r\r\n", .cr_only = true, .own_echo = true, .bays = 45, .max_bays = 45, .fans = 5, .supplies = 4,
	.refusal = REFUSE_TEXT, .refusal_text = "Requested service is unavailable, it is already in use.\r\n" /* guess */, .noise = "Alert: Fan 2 has failed.",
	.model = "ProLiant m710p Server Cartridge",
	.greet = greet, .prompt = prompt, .line = line_in, .exec = exec,
};
