/* IBM BladeCenter's Advanced Management Module and the Flex System's CMM: targets, short answers in a word or "OK", and the
 * error texts that others' tools wait for. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind { TO_SYSTEM, TO_BLADE, TO_MM, TO_FAN, TO_PS, TO_NONE };

static const char *mm(const struct term *t)
{
	return t->s->d == &dialect_ibm_cmm ? "cmm" : "mm";
}

static void greet(struct term *t)
{
	/* "Last login:" has been taken for a login prompt by others. */
	say(t, "\nHostname:              %s\nStatic IP address:     192.0.2.25\nBurned-in MAC address: 02:00:00:00:02:01\n"
	       "DHCP:                  Disabled - Use static IP configuration.\nLast login: Tuesday September 17 2019 20:40 from "
	       "192.0.2.7 (SSH)\n\n", t->s->name);
}

static void prompt(struct term *t)
{
	if (*t->target)
		say(t, "system:%s> ", t->target);
	else
		say(t, "system> ");
}

/* What "system:blade[3]", "blade[3]" or "system" names; *bay is the index of a blade, *n the number of anything else. */
static enum kind parse(struct term *t, const char *text, int *bay, int *n)
{
	char name[16] = "", slot[8] = "", tail;

	*bay = -1;
	*n = 0;
	if (!strncasecmp(text, "system", 6))
		text += text[6] == ':' ? 7 : 6;
	if (!*text)
		return TO_SYSTEM;
	if (sscanf(text, "%15[a-z][%7[0-9]%c", name, slot, &tail) != 3 || tail != ']')
		return TO_NONE;
	*n = atoi(slot);
	if (!strcmp(name, "blade")) {
		*bay = sim_find(t->s, slot);
		return TO_BLADE;
	}
	if (!strcmp(name, mm(t)))
		return *n >= 1 && *n <= 2 ? TO_MM : TO_NONE;
	if (!strcmp(name, "blower") || !strcmp(name, "fan"))
		return TO_FAN;
	return !strcmp(name, "power") ? TO_PS : TO_NONE;
}

/* The target of a command: -T or that of env. An error is said here. */
static enum kind target(struct term *t, char **w, int *n)
{
	const char *text = *t->target ? t->target : "system";
	enum kind k;

	for (int i = 1; w[i]; i++)
		if (!strcmp(w[i], "-T"))
			text = w[i + 1] ? w[i + 1] : "system"; /* without a name: the one that env has set, or the system */
	k = parse(t, text, &t->bay, n);
	if (k == TO_NONE)
		say(t, "Invalid target path\n");
	else if (k == TO_BLADE && t->bay < 0)
		say(t, "The target bay is out of range\n");
	else if (k == TO_BLADE && !sim_is_active(t->s)) /* guess: what a standby says was not found */
		say(t, "Command cannot be issued to this target.\n");
	else if (k == TO_BLADE && !sim_bay(t->s, t->bay).present)
		say(t, "The target bay is empty.\n");
	else
		return k;
	return TO_NONE;
}

static bool has(char **w, const char *name)
{
	for (int i = 1; w[i]; i++)
		if (!strcmp(w[i], name))
			return true;
	return false;
}

static const char *option(char **w, const char *name)
{
	for (int i = 1; w[i]; i++)
		if (!strcmp(w[i], name))
			return w[i + 1] ? w[i + 1] : "";
	return "";
}

static void env(struct term *t, char **w)
{
	const char *to = option(w, "-T");
	int n;

	switch (target(t, w, &n)) {
	case TO_NONE:
		return;
	case TO_SYSTEM:
		*t->target = 0;
		break;
	default:
		if (!strncasecmp(to, "system:", 7))
			to += 7;
		if (*to)
			sim_copy(t->target, sizeof t->target, to);
	}
	say(t, "OK\n");
}

static void managers(struct term *t)
{
	bool active = sim_is_active(t->s), first = t->s->member == 0;

	say(t, "        %s[1]    %s\n", mm(t), active == first ? "primary" : "standby");
	if (t->s->sh->members[1].pid)
		say(t, "        %s[2]    %s\n", mm(t), active == first ? "standby" : "primary");
}

static void list(struct term *t, char **w)
{
	const char *level = option(w, "-l");
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_NONE)
		return;
	if (k != TO_SYSTEM) {
		say(t, "%s\n", *t->target ? t->target : option(w, "-T"));
		return;
	}
	say(t, "system\n");
	if (!*level || !strcmp(level, "1"))
		return;
	if (!sim_is_active(t->s)) { /* guess: a standby knows of the managers alone */
		managers(t);
		return;
	}
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		if (b.present)
			say(t, "        blade[%s]        %s\n", b.slot, b.name);
	}
	for (int i = 1; i <= t->s->d->fans; i++)
		if (sim_sensor(t->s, "fan", i) != HL_ABSENT)
			say(t, "        %s[%d]\n", t->s->d == &dialect_ibm_cmm ? "fan" : "blower", i);
	managers(t);
	for (int i = 1; i <= t->s->d->supplies; i++)
		if (sim_sensor(t->s, "ps", i) != HL_ABSENT)
			say(t, "        power[%d]\n", i);
}

static void power(struct term *t, char **w)
{
	static const struct {
		const char *name;
		enum ask ask;
	} verbs[] = {{"-on", ASK_ON}, {"-off", ASK_OFF}, {"-softoff", ASK_SOFT}, {"-cycle", ASK_CYCLE}};
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_NONE)
		return;
	if (k != TO_BLADE) {
		say(t, "Command cannot be issued to this target.\n");
		return;
	}
	struct bay b = sim_bay(t->s, t->bay);
	if (has(w, "-state")) { /* one word on a line of its own, and no line more */
		say(t, "%s\n", b.power == PW_ON || b.power == PW_GOING_OFF ? "On" : "Off");
		return;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (!has(w, verbs[i].name))
			continue;
		switch (sim_ask(t->s, t->bay, verbs[i].ask)) {
		case SAID_DENIED:
			say(t, "User does not have the authority to issue this command.\n");
			return;
		case SAID_EMPTY:
			say(t, "The target bay is empty.\n");
			return;
		case SAID_ALREADY:
			if (sim_fault(t->s, F_ALREADY, t->bay, NULL)) { /* guess; by itself it says OK to what is so already */
				say(t, "The blade is already powered %s.\n", verbs[i].ask == ASK_ON ? "on" : "off");
				return;
			}
			/* fallthrough */
		default:
			say(t, "OK\n");
			return;
		}
	}
	say(t, "Invalid option.\nType \"power -h\" for help.\n"); /* guess */
}

static void info(struct term *t, char **w)
{
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_BLADE) {
		struct bay b = sim_bay(t->s, t->bay);
		say(t, "Name: %s\nUUID: 0000 0000 0000 0000 0000 0000 0000 %04X\nManufacturer: IBM (SLRM)\nManufacturer ID: 20301\n"
		       "Product ID: 13\nMach type/model: %s\nMach serial number: %s\nManuf date: 37/12\nHardware rev: 6\n"
		       "Part no.: 90Y3094\nFRU no.: 90Y3095\nFRU serial no.: Y014BG2%04d\nCLEI: Not Available\n"
		       "MAC Address 1: 02:00:00:00:03:%02X\nMAC Address 2: 02:00:00:00:04:%02X\nBIOS\n\tBuild ID: P9E155BUS\n"
		       "\tRel date: 09/18/2013\n\tRev: 1.18\n", b.name, t->bay + 1, b.model, b.serial, t->bay, t->bay, t->bay);
	} else if (k == TO_SYSTEM) {
		say(t, "Manufacturer: IBM (BG)\nMach type/model: %s\nMach serial number: %s\nBlade bays: %d\n"
		       "Product Name: IBM Chassis Midplane\n", t->s->d == &dialect_ibm_cmm ? "789392X" : "88524YG", t->s->sh->serial,
			t->s->sh->n_bays);
	} else if (k == TO_MM) {
		say(t, "Name: %s\nManufacturer: IBM (DLTA)\nMach type/model: Management Module\nPart no.: 39Y9659\n", t->s->name);
	} else if (k != TO_NONE) {
		say(t, "Manufacturer: IBM\nPart no.: 31R3337\n");
	}
}

static const char *word_of(enum health h)
{
	return h == HL_OK ? "OK" : h == HL_DEGRADED ? "Warning" : "Critical";
}

/* Its lay-out is from memory: "TARGET: WORD", one a line. */
static void health(struct term *t, char **w)
{
	const char *level = option(w, "-l"), *fan = t->s->d == &dialect_ibm_cmm ? "fan" : "blower";
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_NONE)
		return;
	if (k == TO_BLADE) {
		struct bay b = sim_bay(t->s, t->bay);
		say(t, "system:blade[%s]: %s\n", b.slot, word_of(b.health));
		return;
	}
	say(t, "system: %s\n", word_of(sim_overall(t->s)));
	if (k != TO_SYSTEM || !*level || !strcmp(level, "1"))
		return;
	say(t, "        %s[%d]: OK\n", mm(t), t->s->member + 1);
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		if (b.present)
			say(t, "        blade[%s]: %s\n", b.slot, word_of(b.health));
	}
	for (int i = 1; i <= t->s->d->fans; i++)
		if (sim_sensor(t->s, "fan", i) != HL_ABSENT)
			say(t, "        %s[%d]: %s\n", fan, i, word_of(sim_sensor(t->s, "fan", i)));
	for (int i = 1; i <= t->s->d->supplies; i++)
		if (sim_sensor(t->s, "ps", i) != HL_ABSENT)
			say(t, "        power[%d]: %s\n", i, word_of(sim_sensor(t->s, "ps", i)));
}

static void temps(struct term *t, char **w) /* guess in its lay-out */
{
	int n;

	if (target(t, w, &n) != TO_NONE)
		say(t, "                     Hard    Warning\nComponent  Value    Shutdown  Warning  Reset\n"
		       "---------  -------  --------  -------  -------\nAmbient      %s    60.00    40.00    35.00\n",
			sim_sensor(t->s, "temp", 1) == HL_OK ? "24.00" : "44.00");
}

static void identify(struct term *t, char **w)
{
	const char *to = option(w, "-s");
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_NONE)
		return;
	if (k != TO_BLADE) {
		say(t, *to ? "OK\n" : "-s off\n"); /* the enclosure's own lamp */
		return;
	}
	if (!*to) {
		say(t, "-s %s\n", sim_bay(t->s, t->bay).locate ? "on" : "off");
		return;
	}
	sim_locate(t->s, t->bay, strcmp(to, "off") != 0);
	say(t, "OK\n");
}

static void reset(struct term *t, char **w)
{
	int n;
	enum kind k = target(t, w, &n);

	if (k == TO_BLADE) {
		enum said said = sim_ask(t->s, t->bay, ASK_RESET);
		say(t, "%s\n", said == SAID_OK ? "OK" : said == SAID_DENIED ? "User does not have the authority to issue this command." :
			"Command cannot be issued to this target.");
	} else if (k == TO_MM) {
		say(t, "OK\n");
		if (n == t->s->member + 1) {
			t->done = true;
			sim_reboot(t->s, 4000);
		}
	} else if (k != TO_NONE) {
		say(t, "Command cannot be issued to this target.\n");
	}
}

static void sol(struct term *t, char **w)
{
	int n;

	if (target(t, w, &n) == TO_BLADE)
		say(t, "-status enabled\nSOL Session: Ready\nSOL retry interval: 250 ms\nSOL retry count: 3\n");
}

static void okay(struct term *t, char **w)
{
	say(t, "OK\n");
}

static void help(struct term *t, char **w)
{
	say(t, "?\nenv\nexit\nhealth\nhelp\nhistory\nidentify\ninfo\nlist\npower\nreset\nsol\ntemps\n");
}

static const struct {
	const char *name;
	void (*run)(struct term *t, char **w);
} commands[] = {
	{"env", env}, {"list", list}, {"power", power}, {"info", info}, {"health", health}, {"temps", temps}, {"identify", identify},
	{"reset", reset}, {"sol", sol}, {"telnetcfg", okay}, {"tcpcmdmode", okay}, {"mt", okay}, {"bootseq", okay}, {"help", help},
	{"?", help},
};

static void line_in(struct term *t, char *line)
{
	char *w[16];

	if (!words(line, w, 15))
		return;
	w[15] = NULL;
	if (word_is(w[0], "exit")) {
		t->done = true;
		return;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (word_is(w[0], commands[i].name)) {
			commands[i].run(t, w);
			return;
		}
	say(t, "Command not recognized\n");
}

/* Prompt and command come first in what an exec request gives. */
static void exec(struct term *t, char *line)
{
	say(t, "system> %s\n", line);
	line_in(t, line);
}

#define IBM_COMMON \
	.banner = "AMM_SSH_1.0" /* guess */, .echo_eol = "\r\n", .own_echo = true, .one_channel = true, .sessions = 20 /* guess */, \
	.refusal = REFUSE_TEXT, .refusal_text = "Invalid login: too many sessions\r\n" /* guess */, \
	.noise = "Event: Power module 2 has failed.", .greet = greet, .prompt = prompt, .line = line_in, .exec = exec

const struct dialect dialect_ibm_amm = {
	.name = "ibm-amm", .title = "IBM BladeCenter Advanced Management Module", .device = "mm-1", .model = "7870AC1",
	.bays = 14, .max_bays = 14, .fans = 2, .supplies = 4, IBM_COMMON,
};

const struct dialect dialect_ibm_cmm = {
	.name = "ibm-cmm", .title = "IBM Flex System Chassis Management Module", .device = "cmm-1", .model = "873722X",
	.bays = 14, .max_bays = 14, .fans = 10, .supplies = 6, IBM_COMMON,
};
