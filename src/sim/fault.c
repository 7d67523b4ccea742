/* Faults to order: KIND[=ARG][@BAY], given at the start or over the control socket, kept for each manager. */
#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum arg { NO_ARG, MAY_ARG, NUMBER, BAY };

static const struct {
	const char *name;
	enum arg arg;
	const char *help;
} kinds[F_COUNT] = {
	[F_SLOW] = {"slow", NUMBER, "each answer that much later (ms)"},
	[F_DRIBBLE] = {"dribble", MAY_ARG, "output byte by byte (from byte 256 on by 16), with pauses (ms)"},
	[F_SPLIT] = {"split", NO_ARG, "output in odd pieces, broken within words and between CR and LF"},
	[F_MUTE] = {"mute", NO_ARG, "takes the command and never answers"},
	[F_MUTE_LOGIN] = {"mute-login", NO_ARG, "accepts the connection and says nothing"},
	[F_NO_STATUS] = {"no-status", NO_ARG, "sends no exit status"},
	[F_LATE_CLOSE] = {"late-close", MAY_ARG, "closes the channel that much after the answer (ms, 2000)"},
	[F_SESSIONS] = {"sessions", NUMBER, "at most that many sessions"},
	[F_STANDBY] = {"standby", NO_ARG, "is the standby: gives no data of the enclosure"},
	[F_POWER_LATE] = {"power-late", NUMBER, "power changes that much later (ms)"},
	[F_POWER_FAIL] = {"power-fail", NO_ARG, "power commands are accepted and do nothing"},
	[F_POWER_BACK] = {"power-back", MAY_ARG, "a blade changes its power for a while (ms, 1000) and goes back"},
	[F_ALREADY] = {"already", NO_ARG, "everything is said to be so already"},
	[F_DENIED] = {"denied", NO_ARG, "no right for power commands"},
	[F_DENIED_LOGIN] = {"denied-login", NO_ARG, "no login is right"},
	[F_EMPTY] = {"empty", BAY, "that bay is empty"},
	[F_REBOOT_MID] = {"reboot-mid", MAY_ARG, "goes away in the middle of the next answer, is back after ms (3000)"},
	[F_LEGACY] = {"legacy", NO_ARG, "old algorithms only"},
	[F_KBDINT] = {"kbdint", NO_ARG, "keyboard-interactive is the only login"},
	[F_NO_EXEC] = {"no-exec", NO_ARG, "refuses exec requests"},
	[F_NO_SHELL] = {"no-shell", NO_ARG, "refuses shells"},
	[F_PAGER] = {"pager", NO_ARG, "--More-- after 20 lines in a shell"},
	[F_DOUBLE_EOL] = {"double-eol", NO_ARG, "CR LF is two Enters"},
	[F_EXPIRED] = {"expired", NO_ARG, "the password must be changed first"},
	[F_GARBAGE] = {"garbage", NO_ARG, "names with control bytes and escape sequences"},
	[F_NOISE] = {"noise", NO_ARG, "an alert in the middle of an answer"},
	[F_WRAP] = {"wrap", NO_ARG, "names and serials wider than their columns"},
};

void fault_list(struct buf *b)
{
	static const char *const args[] = {"", "[=N]", "=N", "=BAY"};

	for (int i = 0; i < F_COUNT; i++) {
		char name[40];
		snprintf(name, sizeof name, "%s%s", kinds[i].name, args[kinds[i].arg]);
		buf_printf(b, "  %-16s %s\n", name, kinds[i].help);
	}
}

static int kind_of(const char *name, size_t len)
{
	for (int i = 0; i < F_COUNT; i++)
		if (strlen(kinds[i].name) == len && !strncasecmp(kinds[i].name, name, len))
			return i;
	return -1;
}

bool sim_fault(struct sim *s, enum fault_kind kind, int bay, struct fault *out)
{
	bool found = false;

	sim_lock(s);
	for (int i = 0; i < s->me->n_faults && !found; i++) {
		const struct fault *f = &s->me->faults[i];
		if (f->kind != kind || (*f->slot && (bay < 0 || strcasecmp(f->slot, s->sh->bays[bay].slot))))
			continue;
		found = true;
		if (out)
			*out = *f;
	}
	sim_unlock(s);
	return found;
}

bool fault_add(struct sim *s, const char *text, char *why, size_t size)
{
	struct fault f = {0};
	size_t n = strcspn(text, "=@");
	const char *arg = text[n] == '=' ? text + n + 1 : NULL, *at = strchr(text + n, '@');
	int kind = kind_of(text, n);
	char *end;

	if (kind < 0) {
		snprintf(why, size, "no such fault: %.*s", (int)(n < 40 ? n : 40), text);
		return false;
	}
	f.kind = (uint8_t)kind;
	if (kinds[kind].arg == BAY)
		at = arg ? arg - 1 : NULL;
	if (at) {
		int bay = sim_find(s, at + 1);
		if (bay < 0) {
			snprintf(why, size, "no such bay: %.20s", at + 1);
			return false;
		}
		sim_copy(f.slot, sizeof f.slot, s->sh->bays[bay].slot);
	} else if (kinds[kind].arg == BAY) {
		snprintf(why, size, "%s wants =BAY", kinds[kind].name);
		return false;
	}
	if (kinds[kind].arg == NUMBER || (kinds[kind].arg == MAY_ARG && arg)) {
		errno = 0;
		f.num = arg ? strtol(arg, &end, 10) : -1;
		if (!arg || end == arg || (*end && *end != '@') || f.num < 0 || f.num > 86400000 || errno) {
			snprintf(why, size, "%s wants a number", kinds[kind].name);
			return false;
		}
	} else if (arg && kinds[kind].arg == NO_ARG) {
		snprintf(why, size, "%s takes no argument", kinds[kind].name);
		return false;
	}
	sim_lock(s);
	struct member *m = s->me;
	int i;
	/* The same once more replaces it. */
	for (i = 0; i < m->n_faults && (m->faults[i].kind != kind || strcmp(m->faults[i].slot, f.slot)); i++)
		;
	bool room = i < SIM_FAULTS;
	if (room) {
		m->faults[i] = f;
		if (i == m->n_faults)
			m->n_faults++;
	} else {
		snprintf(why, size, "too many faults");
	}
	sim_unlock(s);
	return room;
}

bool fault_clear(struct sim *s, const char *name)
{
	int kind = name ? kind_of(name, strlen(name)) : -1, left = 0;

	if (name && kind < 0)
		return false;
	sim_lock(s);
	for (int i = 0; name && i < s->me->n_faults; i++)
		if (s->me->faults[i].kind != kind)
			s->me->faults[left++] = s->me->faults[i];
	s->me->n_faults = left;
	sim_unlock(s);
	return true;
}

void fault_json(struct sim *s, struct buf *b)
{
	sim_lock(s);
	for (int i = 0; i < s->me->n_faults; i++) {
		const struct fault *f = &s->me->faults[i];
		buf_printf(b, "%s{\"kind\":\"%s\",\"arg\":%ld,\"bay\":", i ? "," : "", kinds[f->kind].name, f->num);
		buf_json_string(b, *f->slot ? f->slot : NULL);
		buf_str(b, "}");
	}
	sim_unlock(s);
}
