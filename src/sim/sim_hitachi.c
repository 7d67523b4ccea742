/* Hitachi Compute Blade's SVP console: menus within menus, all answered by a line. Its words beyond the known prompts, the
 * table of partitions and "Hit enter key." are guesses. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ST_MAIN, ST_SVP, ST_PARTITION, ST_POWER, ST_NUMBER, ST_CONFIRM, ST_ENTER };

/* The state of this dialect; 0 in the terminal is "a prompt of its own", which here is always drawn by show(). */
static void show(struct term *t, int state)
{
	t->state = state;
	switch (state) {
	case ST_MAIN:
		say(t, "\n<< System Console Main Menu >>\n\n  S : System command mode.\n  X : Logout.\n\n(S,X) :");
		break;
	case ST_SVP:
		say(t, "\nSVP>");
		break;
	case ST_PARTITION:
		say(t, "\n<< Partition Control >>\n\nP Power        Condition     LID lamp Mode  Auto power on\n");
		for (int i = 0; i < t->s->sh->n_bays; i++) {
			struct bay b = sim_bay(t->s, i);
			if (b.present)
				say(t, "%s %-12s %-12s %-3s      Basic Synchronized\n", b.slot,
					b.power == PW_ON || b.power == PW_GOING_OFF ? "On" : "Off",
					b.health == HL_OK ? "Normal" : b.health == HL_DEGRADED ? "Warning" : "Fail", b.locate ? "On" : "Off");
		}
		say(t, "\n  P : Power control.\n  L : LID lamp control.\n  Q : Quit.\n\n(P,L,Q) :");
		break;
	case ST_POWER:
		say(t, "\n<< Power Control >>\n\n  P : Power on.\n  S : Shutdown.\n  F : Forced power off.\n  H : Hard reset.\n  Q : Quit.\n\n"
		       "(P,S,F,H,Q) :");
		break;
	case ST_NUMBER:
		say(t, "\nEnter partition number (0-%d,Q) :", t->s->sh->n_bays - 1);
		break;
	case ST_CONFIRM:
		say(t, "\nPartition %s. Confirm? (Y/N) :", t->s->sh->bays[t->bay].slot);
		break;
	case ST_ENTER:
		say(t, "\nHit enter key.");
		break;
	}
}

static void greet(struct term *t)
{
	say(t, "\nHitachi Compute Blade  SVP  %s\n", t->s->name);
	sim_settle(t->s);
}

/* Called by the terminal when the dialogue is in its first state. */
static void prompt(struct term *t)
{
	show(t, ST_MAIN);
}

static void carry_out(struct term *t)
{
	static const struct {
		char key;
		enum ask ask;
	} verbs[] = {{'P', ASK_ON}, {'S', ASK_SOFT}, {'F', ASK_OFF}, {'H', ASK_RESET}};
	size_t i = 0;

	while (i < 3 && verbs[i].key != t->target[0])
		i++;
	switch (sim_ask(t->s, t->bay, verbs[i].ask)) {
	case SAID_OK:
		say(t, "\nThe request was accepted.\n");
		break;
	case SAID_DENIED:
		say(t, "\nE101 : You have no authority for this operation.\n");
		break;
	case SAID_EMPTY:
		say(t, "\nE102 : No such partition.\n");
		break;
	default:
		say(t, "\nE103 : The partition is already powered %s.\n", verbs[i].ask == ASK_ON ? "on" : "off");
	}
	show(t, ST_ENTER);
}

static void svp(struct term *t, char *line)
{
	if (word_is(line, "PC")) {
		if (sim_is_active(t->s)) {
			show(t, ST_PARTITION);
			return;
		}
		say(t, "E104 : This SVP is in standby.\n");
	} else if (word_is(line, "EX")) {
		t->state = ST_MAIN;
		return;
	} else if (word_is(line, "DF")) { /* fans, supplies, temperature */
		for (int i = 1; i <= t->s->d->fans; i++)
			say(t, "Fan%-2d         %s\n", i, sim_sensor(t->s, "fan", i) == HL_OK ? "Normal" : "Fail");
		for (int i = 1; i <= t->s->d->supplies; i++)
			say(t, "PS%-2d          %s\n", i, sim_sensor(t->s, "ps", i) == HL_OK ? "Normal" : "Fail");
		say(t, "Temperature   %s\n", sim_sensor(t->s, "temp", 1) == HL_OK ? "Normal" : "Warning");
	} else if (*line) {
		say(t, "E100 : Unknown command.\n");
	}
	show(t, ST_SVP);
}

static void number(struct term *t, char *line)
{
	if (word_is(line, "Q")) {
		show(t, t->target[0] == 'L' ? ST_PARTITION : ST_POWER);
		return;
	}
	t->bay = sim_find(t->s, line);
	if (t->bay < 0 || !sim_bay(t->s, t->bay).present) {
		say(t, "\nE102 : No such partition.\n");
		show(t, ST_NUMBER);
		return;
	}
	t->pick = t->bay;
	show(t, ST_CONFIRM);
}

static void confirm(struct term *t, char *line)
{
	t->bay = t->pick;
	if (!word_is(line, "Y")) {
		show(t, t->target[0] == 'L' ? ST_PARTITION : ST_POWER);
	} else if (t->target[0] == 'L') {
		sim_locate(t->s, t->bay, !sim_bay(t->s, t->bay).locate);
		show(t, ST_ENTER);
	} else {
		carry_out(t);
	}
}

static void line_in(struct term *t, char *line)
{
	line[strcspn(line, " ")] = 0;
	switch (t->state) {
	case ST_MAIN:
		if (word_is(line, "S"))
			show(t, ST_SVP);
		else if (word_is(line, "X"))
			t->done = true;
		break;
	case ST_SVP:
		svp(t, line);
		break;
	case ST_PARTITION:
		snprintf(t->target, sizeof t->target, "L");
		show(t, word_is(line, "P") ? ST_POWER : word_is(line, "L") ? ST_NUMBER : word_is(line, "Q") ? ST_SVP : ST_PARTITION);
		break;
	case ST_POWER:
		if (word_is(line, "Q")) {
			show(t, ST_PARTITION);
		} else if (word_is(line, "P") || word_is(line, "S") || word_is(line, "F") || word_is(line, "H")) {
			snprintf(t->target, sizeof t->target, "%c", line[0] & ~0x20);
			show(t, ST_NUMBER);
		} else {
			show(t, ST_POWER);
		}
		break;
	case ST_NUMBER:
		number(t, line);
		break;
	case ST_CONFIRM:
		confirm(t, line);
		break;
	case ST_ENTER:
		show(t, t->target[0] == 'L' ? ST_PARTITION : ST_POWER);
		break;
	}
}

const struct dialect dialect_hitachi_svp = {
	.name = "hitachi-svp", .title = "Hitachi Compute Blade SVP console (menus)", .banner = "OpenSSH_7.5", .device = "svp",
	.echo_eol = "\r\n", .own_echo = true, .slots_from_0 = true, .bays = 8, .max_bays = 10, .fans = 10, .supplies = 4,
	.sessions = 1, /* guess */
	.refusal = REFUSE_TEXT, .refusal_text = "The console is in use.\r\n", /* guess */
	.noise = "*** Fan3 : Fail ***", .model = "GVAX55A2", .greet = greet, .prompt = prompt, .line = line_in,
};
