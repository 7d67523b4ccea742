/* How an alert reads: how bad it is, what it says, who has it, which one comes first; and what is to be watched of a blade (look.h). The
 * list of alerts, the frame, Racks, the wall and the handover all say the same. */
#include "words/look.h"

#include "common/clock.h"
#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool look_alarm_is(const struct alert *a, const char *state)
{
	return strcmp(a->state, state) == 0;
}

static bool hurts(const struct alert *a)
{
	return strcmp(a->level, "warning") != 0; /* a level that this console does not know yet is not made smaller */
}

struct look look_alarm(const struct alert *a, enum tier t)
{
	struct look l = {.sign = hurts(a) ? "!" : "w", .word = hurts(a) ? _("alert") : _("warning")};

	if (look_alarm_is(a, "cleared")) {
		l.sign = glyph_text(GLYPH_OFF, t);
		l.ink = INK_DIM;
		l.rank = LOOK_EMPTY;
	} else if (look_alarm_is(a, "muted")) {
		l.sign = "m";
		l.ink = INK_MAINT;
		l.rank = LOOK_OFF;
	} else if (look_alarm_is(a, "acknowledged")) {
		l.ink = hurts(a) ? INK_ALERT_TEXT : INK_WARN;
		l.rank = LOOK_ACTIVE;
	} else {
		l.ink = hurts(a) ? INK_ALERT : INK_WARN;
		l.rank = hurts(a) ? LOOK_ALERT : LOOK_WARN;
	}
	return l;
}

enum ink look_alarm_ink(const struct alert *a)
{
	struct look l = look_alarm(a, TIER_ASCII);

	return l.rank == LOOK_ALERT ? INK_ALERT_TEXT : l.rank == LOOK_WARN ? INK_WARN : l.rank == LOOK_ACTIVE ? INK_NORMAL : INK_DIM;
}

const char *look_alarm_text(const struct alert *a)
{
	const char *text = lang_said(a->text_id, a->text);
	size_t n = strlen(a->name);

	return n > 0 && strncmp(text, a->name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

/* What stands behind it is hosts where metal is what is wrong, else VMs. */
static bool has_hosts(const struct alert *a)
{
	return strncmp(a->object, "enclosure:", 10) == 0 || strncmp(a->object, "rack:", 5) == 0 || strcmp(a->object, "site") == 0;
}

void look_alarm_whose(char *out, size_t size, const struct alert *a)
{
	out[0] = '\0';
	if (a->tenants > 0 && has_hosts(a))
		snprintf(out, size, P_(_(", with VMs of %lld customer"), _(", with VMs of %lld customers"), a->tenants), (long long)a->tenants);
	else if (a->tenants > 0 && a->behind > 1) /* one VM is one customer's: no news */
		snprintf(out, size, P_(_(", of %lld customer"), _(", of %lld customers"), a->tenants), (long long)a->tenants);
}

void look_alarm_says(char *out, size_t size, const struct alert *a)
{
	char tail[224] = "";
	size_t n = 0;

	if (a->behind > 0 && has_hosts(a))
		snprintf(tail, 128, P_(_(", %lld host behind it"), _(", %lld hosts behind it"), a->behind), (long long)a->behind);
	else if (a->behind > 0)
		snprintf(tail, 128, P_(_(", %lld VM behind it"), _(", %lld VMs behind it"), a->behind), (long long)a->behind);
	if (*tail)
		look_alarm_whose(tail + strlen(tail), sizeof tail - strlen(tail), a);
	if (a->flapping)
		n = (size_t)snprintf(out, size, "%s", _("flapping: "));
	/* What it is about gives way to how much it is. */
	snprintf(out + n, size - n, "%.*s%s", (int)(size > n + strlen(tail) ? size - n - strlen(tail) - 1 : 0), look_alarm_text(a), tail);
	text_mend(out);
}

void look_clock(char *out, size_t size, int64_t t)
{
	time_t when = (time_t)t;
	int64_t away = t - clock_wall_s();
	struct tm tm;

	out[0] = '\0';
	if (t > 0 && localtime_r(&when, &tm))
		strftime(out, size, away < 20 * 3600 && away > -20 * 3600 ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
}

void look_alarm_holder(char *out, size_t size, const struct alert *a)
{
	const char *comma = *a->ticket ? ", " : "";
	char when[24];

	if (look_alarm_is(a, "cleared")) {
		look_age(when, sizeof when, a->cleared);
		snprintf(out, size, *when ? _("cleared %s ago") : _("cleared"), when);
	} else if (look_alarm_is(a, "muted")) {
		look_clock(when, sizeof when, a->muted_until);
		if (*when)
			snprintf(out, size, _("muted until %s"), when);
		else
			snprintf(out, size, "%s", _("muted"));
	} else if (look_alarm_is(a, "acknowledged")) {
		snprintf(out, size, "%.40s%s%.60s", *a->by ? a->by : "?", comma, a->ticket);
	} else {
		snprintf(out, size, "%s", _("nobody"));
	}
	text_mend(out);
}

void look_watch(char *out, size_t size, const struct blade *b)
{
	char until[24], by[80] = "";

	out[0] = '\0';
	if (!*b->watch)
		return;
	look_clock(until, sizeof until, b->watch_until);
	if (*b->watch_by)
		snprintf(by, sizeof by, " (%.70s)", b->watch_by);
	if (*until)
		snprintf(out, size, _("%.200s, until %s%s"), b->watch, until, by);
	else
		snprintf(out, size, "%.200s%s", b->watch, by);
	text_mend(out);
}

static int class_of(const struct alert *a)
{
	return look_alarm_is(a, "cleared") ? 3 : look_alarm_is(a, "muted") ? 2 : look_alarm_is(a, "acknowledged") ? 1 : 0;
}

int look_alarm_order(const struct alert *a, const struct alert *b)
{
	int x = class_of(a), y = class_of(b);

	if ((x == 3) != (y == 3))
		return x - y;
	if (x < 3 && hurts(a) != hurts(b) && (x == 2) == (y == 2))
		return hurts(a) ? -1 : 1;
	if (x != y)
		return x - y;
	if (x == 3)
		return a->cleared > b->cleared ? -1 : a->cleared < b->cleared;
	return a->since > b->since ? -1 : a->since < b->since;
}

enum look_rank look_rank(enum kind k, const void *o)
{
	switch (k) {
	case KIND_VM:
		return look_vm_rank(o);
	case KIND_BLADE:
		return look_blade(o, TIER_ASCII).rank;
	case KIND_JOB:
		return look_job(o, TIER_ASCII).rank;
	case KIND_ALERT:
		return look_alarm(o, TIER_ASCII).rank;
	case KIND_CLUSTER:
		return look_cluster(o, TIER_ASCII).rank;
	case KIND_VOLUME:
		return look_volume(o, TIER_ASCII).rank;
	default:
		return LOOK_WELL;
	}
}
