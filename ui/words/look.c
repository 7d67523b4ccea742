/* Signs, words and inks of states (look.h). */
#include "words/look.h"

#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct look look(const char *sign, const char *word, enum ink ink, enum look_rank rank)
{
	return (struct look){.sign = sign, .word = word, .ink = ink, .rank = rank};
}

/* ---- VMs ---- */

static const struct {
	const char *word, *was;  /* now; as last known */
	const char *sign;        /* NULL: the glyph */
	enum glyph glyph;
	enum ink ink;
	enum look_rank rank;
} vm_looks[VM_STATE_COUNT] = {
	[VM_UNKNOWN] = {N_("unknown"), N_("unknown"), "?", GLYPH_OFF, INK_UNKNOWN, LOOK_UNKNOWN},
	[VM_RUNNING] = {N_("running"), N_("was running"), NULL, GLYPH_DOT, INK_GOOD, LOOK_WELL},
	[VM_BLOCKED] = {N_("running"), N_("was running"), NULL, GLYPH_DOT, INK_GOOD, LOOK_WELL},
	[VM_PAUSED] = {N_("paused"), N_("was paused"), "p", GLYPH_OFF, INK_WARN, LOOK_WARN},
	[VM_SHUTTING_DOWN] = {N_("shutting down"), N_("was shutting down"), "-", GLYPH_OFF, INK_ACTIVE, LOOK_ACTIVE},
	[VM_OFF] = {N_("off"), N_("was off"), NULL, GLYPH_OFF, INK_DIM, LOOK_OFF},
	[VM_CRASHED] = {N_("crashed"), N_("had crashed"), "!", GLYPH_OFF, INK_ALERT, LOOK_ALERT},
	[VM_SUSPENDED] = {N_("suspended"), N_("was suspended"), "z", GLYPH_OFF, INK_DIM, LOOK_OFF},
};

struct look look_vm(const struct vm *vm, enum tier t)
{
	const char *sign;
	enum vm_state s = vm->state < VM_STATE_COUNT ? vm->state : VM_UNKNOWN;

	if (vm->twice)
		return look("!", _("on two hosts"), INK_ALERT, LOOK_ALERT);
	if (!vm->live)
		return look("?", _(vm_looks[s].was), INK_UNKNOWN, LOOK_UNKNOWN);
	if (*vm->doing && s != VM_CRASHED)
		return look(s == VM_SHUTTING_DOWN ? "-" : "~", look_verb_doing(vm->doing), INK_ACTIVE, LOOK_ACTIVE);
	if (*vm->alert && vm_looks[s].rank < LOOK_WARN)
		return look("!", _(vm_looks[s].word), INK_WARN, LOOK_WARN);
	sign = vm_looks[s].sign ? vm_looks[s].sign : glyph_text(vm_looks[s].glyph, t);
	return look(sign, _(vm_looks[s].word), vm_looks[s].ink, vm_looks[s].rank);
}

enum ink look_word_ink(enum ink ink)
{
	return ink == INK_ALERT ? INK_ALERT_TEXT : ink == INK_GOOD ? INK_NORMAL : ink;
}

enum look_rank look_vm_rank(const struct vm *vm)
{
	enum vm_state s = vm->state < VM_STATE_COUNT ? vm->state : VM_UNKNOWN;

	if (vm->twice)
		return LOOK_ALERT;
	if (!vm->live)
		return LOOK_UNKNOWN;
	if (*vm->doing && s != VM_CRASHED)
		return LOOK_ACTIVE;
	return *vm->alert && vm_looks[s].rank < LOOK_WARN ? LOOK_WARN : vm_looks[s].rank;
}

/* ---- jobs ---- */

struct look look_job(const struct job *j, enum tier t)
{
	switch (j->state) {
	case JOB_PENDING:
		return look("~", _("starting"), INK_ACTIVE, LOOK_ACTIVE);
	case JOB_RUNNING:
		return look("~", _("under way"), INK_ACTIVE, LOOK_ACTIVE);
	case JOB_OVERDUE:
		return look("!", _("overdue"), INK_WARN, LOOK_WARN);
	case JOB_UNKNOWN:
		return look("?", _("outcome unknown"), INK_UNKNOWN, LOOK_UNKNOWN);
	case JOB_DONE:
		return look(glyph_text(GLYPH_DOT, t), _("done"), INK_GOOD, LOOK_WELL);
	case JOB_ACCEPTED:
		return look(glyph_text(GLYPH_DOT, t), _("accepted"), INK_GOOD, LOOK_WELL);
	case JOB_FAILED:
		return look("x", _("failed"), INK_ALERT_TEXT, LOOK_WARN);
	case JOB_PARTLY:
		return look("x", _("partly failed"), INK_ALERT_TEXT, LOOK_WARN);
	default:
		return look("?", _("unknown"), INK_UNKNOWN, LOOK_UNKNOWN);
	}
}

/* ---- times ---- */

void look_age(char *out, size_t size, int64_t t)
{
	int64_t s = clock_wall_s() - t;

	if (t <= 0 || s < 0)
		out[0] = '\0';
	else
		lang_age(out, size, s);
}

void look_elapsed(char *out, size_t size, int64_t t)
{
	int64_t s = clock_wall_s() - t;

	if (t <= 0)
		out[0] = '\0';
	else if (s < 60)
		snprintf(out, size, _("%d s"), s < 0 ? 0 : (int)s);
	else
		lang_age(out, size, s);
}

void look_time(char *out, size_t size, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	out[0] = '\0';
	if (t > 0 && localtime_r(&when, &tm))
		strftime(out, size, "%Y-%m-%d %H:%M", &tm);
}

bool look_zone(const char *rule)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-<>,./:";
	const char *numbers = rule + strcspn(rule, "0123456789+-"); /* "JST-9"; in "<+09>-9" the name itself has them */

	/* What is no rule would be the name of a file, or quietly UTC. */
	if (strlen(rule) >= 64 || rule[strspn(rule, letters)] || !*numbers || rule[0] == ':' || strchr("./", *rule) || strstr(rule, ".."))
		return false;
	setenv("TZ", rule, 1);
	tzset();
	return true;
}

/* ---- verbs ---- */

static const struct { const char *verb, *text, *title, *doing; } verbs[] = {
	{"power-on", N_("power on"), N_("Power on"), N_("powering on")},
	{"shutdown", N_("shut down"), N_("Shut down"), N_("shutting down")},
	{"power-off", N_("power off"), N_("Power off"), N_("powering off")},
	{"reboot", N_("reboot"), N_("Reboot"), N_("rebooting")},
	{"reset", N_("reset"), N_("Reset"), N_("resetting")},
	{"locate", N_("locate light on"), N_("Locate light on"), N_("lighting up")},
	{"locate-off", N_("locate light off"), N_("Locate light off"), N_("darkening")},
	{"snapshot-create", N_("snapshot"), N_("Take a snapshot"), N_("taking snapshot")},
	{"snapshot-revert", N_("revert"), N_("Revert"), N_("reverting")},
	{"snapshot-delete", N_("delete snapshot"), N_("Delete snapshot"), N_("deleting snapshot")},
	{"protect", N_("protect"), N_("Protect"), N_("protecting")},
	{"unprotect", N_("end protection"), N_("End protection"), N_("ending protection")},
	{"pair", N_("pair with its bay"), N_("Pair with its bay"), N_("pairing")},
};

static int verb_row(const char *verb)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].verb, verb) == 0)
			return (int)i;
	return -1;
}

const char *look_id(const char *id)
{
	const char *colon = strchr(id, ':');

	return colon ? colon + 1 : id;
}

const char *look_verb(const char *verb)
{
	int i = verb_row(verb);

	return i < 0 ? verb : _(verbs[i].text);
}

const char *look_verb_title(const char *verb)
{
	int i = verb_row(verb);

	return i < 0 ? verb : _(verbs[i].title);
}

const char *look_verb_doing(const char *verb)
{
	int i = verb_row(verb);

	return i < 0 ? verb : _(verbs[i].doing);
}

const char *look_record(json_t *record)
{
	static const struct { const char *what, *text; } rows[] = {
		{"denied", N_("refused")}, {"late", N_("late")}, {"lease-break", N_("control ended")}, {"limit", N_("limit changed")},
		{"alert", N_("alert attended to")}, {"note", N_("observation")},
		{"start", N_("broker started")}, {"stop", N_("broker stopped")}, {"reload", N_("site file read anew")}, {"settle", N_("snapshot settled")},
		{"console-open", N_("serial console opened")}, {"console-close", N_("serial console closed")},
	};
	const char *what = proto_text(record, "what");

	if (strcmp(what, "console-open") == 0 && strcmp(proto_text(json_object_get(record, "detail"), "mode"), "watch") == 0)
		return _("serial console opened to watch");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].what, what) == 0)
			return _(rows[i].text);
	return what;
}
