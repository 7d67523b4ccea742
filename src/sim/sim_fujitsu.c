/* Fujitsu-Siemens RemoteView Service Board: a menu of single keys for one server. Known are the keys 2, 4, 1 and 0, "Power
 * Status : on", the questions and "to quit:"; the other words are guesses. */
#include "sim/sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ST_MAIN, ST_POWER, ST_SURE, ST_ANY, ST_HEALTH };

static const struct {
	char key;
	enum ask ask;
	const char *name, *question;
} items[] = {
	{'1', ASK_OFF, "Immediate Power Off", "want to power off"},
	{'2', ASK_RESET, "Immediate Reset", "want to reset"},
	{'3', ASK_CYCLE, "Power Cycle", "want to power cycle"},
	{'4', ASK_ON, "Power On", "want to power on"},
	{'5', ASK_SOFT, "Graceful Power Off (Shutdown)", "want to shut down"},
	{'6', ASK_REBOOT, "Graceful Reset (Reboot)", "want to reboot"},
};
#define N_ITEMS (sizeof items / sizeof *items)

static void show(struct term *t, int state)
{
	struct bay b = sim_bay(t->s, 0);

	t->state = state;
	t->mode = state == ST_SURE ? T_LINE : T_KEY;
	t->bay = 0;
	switch (state) {
	case ST_MAIN:
		say(t, "\n  RemoteView Service Board  %s\n\n  System: %s  Name: %s\n  Serial Number: %s\n\n  (1) System Information\n"
		       "  (2) Power Management\n  (3) Health\n  (4) Identify LED (%s)\n\n  Enter selection or (0) to quit:", t->s->name, b.model,
			b.name, b.serial, b.locate ? "on" : "off");
		break;
	case ST_POWER:
		say(t, "\n  Power Management\n\n  Power Status : %s\n\n",
			b.power == PW_ON || b.power == PW_GOING_OFF ? "on" : "off");
		for (size_t i = 0; i < N_ITEMS; i++)
			say(t, "  (%c) %s\n", items[i].key, items[i].name);
		say(t, "\n  Enter selection or (0) to quit:");
		break;
	case ST_SURE:
		say(t, "\n  Do you really %s the server? Enter 'yes' or 'no': ", items[t->pick].question);
		break;
	case ST_ANY:
		say(t, "\n  Press any key to continue");
		break;
	case ST_HEALTH:
		say(t, "\n  Health\n\n  Server       : %s\n", b.health == HL_OK ? "ok" : b.health == HL_DEGRADED ? "warning" : "error");
		for (int i = 1; i <= t->s->d->fans; i++)
			say(t, "  Fan %d        : %s\n", i, sim_sensor(t->s, "fan", i) == HL_OK ? "ok" : "error");
		for (int i = 1; i <= t->s->d->supplies; i++)
			say(t, "  Power supply %d : %s\n", i, sim_sensor(t->s, "ps", i) == HL_OK ? "ok" : "error");
		say(t, "  Temperature  : %s\n\n  Enter (0) to quit:", sim_sensor(t->s, "temp", 1) == HL_OK ? "ok" : "warning");
		break;
	}
}

static void greet(struct term *t)
{
	say(t, "\n  Fujitsu Siemens Computers\n");
}

static void prompt(struct term *t)
{
	show(t, ST_MAIN);
}

static void main_key(struct term *t, char c)
{
	struct bay b = sim_bay(t->s, 0);

	if (c == '0') {
		t->done = true;
	} else if (c == '2') {
		show(t, ST_POWER);
	} else if (c == '3') {
		show(t, ST_HEALTH);
	} else {
		if (c == '4')
			sim_locate(t->s, 0, !b.locate);
		show(t, ST_MAIN);
	}
}

static void key(struct term *t, char c)
{
	t->bay = 0;
	if (isspace((unsigned char)c) && t->state != ST_ANY)
		return; /* Enter behind a key */
	if (isprint((unsigned char)c))
		say(t, "%c\n", c); /* its own echo */
	switch (t->state) {
	case ST_MAIN:
		main_key(t, c);
		break;
	case ST_POWER:
		for (size_t i = 0; i < N_ITEMS; i++)
			if (items[i].key == c) {
				t->pick = (int)i;
				show(t, ST_SURE);
				return;
			}
		show(t, c == '0' ? ST_MAIN : ST_POWER);
		break;
	case ST_ANY:
		t->eat_eol = false;
		show(t, ST_POWER);
		break;
	case ST_HEALTH:
		show(t, c == '0' ? ST_MAIN : ST_HEALTH);
		break;
	}
}

static void line_in(struct term *t, char *line)
{
	if (t->state != ST_SURE) { /* only after a password was changed */
		show(t, ST_MAIN);
		return;
	}
	t->bay = 0;
	if (word_is(line, "no")) {
		show(t, ST_POWER);
		return;
	}
	if (!word_is(line, "yes")) {
		show(t, ST_SURE);
		return;
	}
	sim_count_command(t->s, items[t->pick].name);
	switch (sim_ask(t->s, 0, items[t->pick].ask)) {
	case SAID_OK:
		say(t, "  The command was executed.\n");
		break;
	case SAID_DENIED:
		say(t, "  You are not permitted to do this.\n");
		break;
	default:
		say(t, "  The server is already powered %s.\n", items[t->pick].ask == ASK_ON ? "on" : "off");
	}
	show(t, ST_ANY);
}

const struct dialect dialect_fujitsu_rsb = {
	.name = "fujitsu-rsb", .title = "Fujitsu RemoteView Service Board (menus, one server)", .banner = "OpenSSH_7.5",
	.device = "RSB", .echo_eol = "\r\n", .own_echo = true, .one_server = true, .bays = 1, .max_bays = 1, .fans = 4,
	.supplies = 2, .sessions = 1, /* guess */
	.refusal = REFUSE_TEXT, .refusal_text = "The service board is in use.\r\n", /* guess */
	.noise = "*** Fan 2 has failed ***", .model = "PRIMERGY RX300", .greet = greet, .prompt = prompt, .line = line_in, .key = key,
};
