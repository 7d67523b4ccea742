/* How limits are said to people. Pure. Called by the book and by plan_snap_words.c. */
#include "safety/book_words.h"

#include "safety/calendar.h"

#include <stdio.h>
#include <string.h>

/* 12, 0.3: what is there is never said to be nothing. */
static void amount(char *out, size_t size, int64_t bytes, int64_t unit)
{
	int64_t whole = bytes / unit, tenths = (bytes % unit) / (unit / 10 ? unit / 10 : 1);

	if (tenths > 9)
		tenths = 9;
	if (whole == 0 && tenths == 0 && bytes > 0)
		tenths = 1;
	if (tenths && whole < 100)
		snprintf(out, size, "%lld.%lld", (long long)whole, (long long)tenths);
	else
		snprintf(out, size, "%lld", (long long)whole);
}

void book_words_bytes(char *used, char *max, size_t size, int64_t used_bytes, int64_t max_bytes)
{
	static const struct { const char *name; int64_t bytes; } units[] = {
		{ "TiB", INT64_C(1) << 40 }, { "GiB", INT64_C(1) << 30 }, { "MiB", INT64_C(1) << 20 }, { "KiB", INT64_C(1) << 10 },
	};
	int64_t great = max_bytes < 0 ? used_bytes : max_bytes;
	size_t i = 0;

	/* Terabytes only where they are many: disks are sold in gigabytes. */
	while (i < 3 && great < (i == 0 ? 10 * units[0].bytes : units[i].bytes))
		i++;
	if (great == 0)
		i = 1;
	amount(used, size, used_bytes, units[i].bytes);
	max[0] = '\0';
	if (max_bytes < 0) {
		size_t n = strlen(used);
		snprintf(used + n, size - n, " %s", units[i].name);
		return;
	}
	char text[24];
	amount(text, sizeof text, max_bytes, units[i].bytes);
	snprintf(max, size, "%s %s", text, units[i].name);
}

static const char *row_of(const struct quota_line *l, bool busy)
{
	static const char *const kept[2][2] = { { "limit.kept.server", "limit.kept.server.busy" },
		{ "limit.kept.tenant", "limit.kept.tenant.busy" } };
	static const char *const space[2][2] = { { "limit.space.server", "limit.space.server.busy" },
		{ "limit.space.tenant", "limit.space.tenant.busy" } };
	static const char *const unknown[2] = { "limit.space.server.unknown", "limit.space.tenant.unknown" };
	static const char *const taken[3][2] = { [PERIOD_DAY] = { "limit.day.server", "limit.day.tenant" },
		[PERIOD_MONTH] = { "limit.month.server", "limit.month.tenant" },
		[PERIOD_ROLLING] = { "limit.rolling.server", "limit.rolling.tenant" } };

	if (l->kind == LIMIT_KEPT)
		return kept[l->scope][busy];
	if (l->kind == LIMIT_TAKEN)
		return taken[l->limit.period][l->scope];
	return l->max < 0 ? unknown[l->scope] : space[l->scope][busy];
}

void book_words_after(struct msg *m, const struct quota_line *l, int64_t more)
{
	char used[24], busy[24], max[24], text[48], again[24];
	int64_t now = l->used + more > 0 ? l->used + more : 0;
	const char *period;

	limit_text(text, sizeof text, l->kind, &l->limit);
	period = strstr(text, " per ");
	snprintf(used, sizeof used, "%lld", (long long)now);
	snprintf(busy, sizeof busy, "%lld", (long long)l->busy);
	snprintf(max, sizeof max, "%lld", (long long)l->max);
	if (l->kind == LIMIT_SPACE) {
		book_words_bytes(used, max, sizeof used, now, l->max);
		book_words_bytes(busy, again, sizeof busy, l->busy, l->max);
	}
	msg_make(m, row_of(l, l->busy > 0), "{s:I, s:I, s:I, s:s, s:s, s:s, s:s}", "used", (json_int_t)now, "busy",
		(json_int_t)l->busy, "max", (json_int_t)l->max, "used_text", used, "busy_text", busy, "max_text", max, "period",
		period ? period + strlen(" per ") : "");
}

void book_words(struct msg *m, const struct quota_line *l)
{
	book_words_after(m, l, 0);
}

struct err *book_words_full(const struct quota_line *l, const char *vm_name, const char *tenant, const char *zone)
{
	static const char *const ids[LIMIT_KIND_COUNT][2] = { { "snapshot.kept.full", "snapshot.kept.full.tenant" },
		{ "snapshot.taken.full", "snapshot.taken.full.tenant" }, { "snapshot.space.full", "snapshot.space.full.tenant" } };
	static const char *const never[2] = { "snapshot.taken.none", "snapshot.taken.none.tenant" };
	char when[48] = "", text[48], needs[24], none[24];
	struct msg words;

	if (l->next)
		calendar_text(when, sizeof when, zone, l->next);
	limit_text(text, sizeof text, l->kind, &l->limit);
	book_words_bytes(needs, none, sizeof needs, l->needed, -1);
	book_words(&words, l);
	const char *id = l->kind == LIMIT_TAKEN && !l->next ? never[l->scope] : ids[l->kind][l->scope];
	/* A guest that is off needs nothing for its memory, and what its disks will write nobody knows. */
	if (l->kind == LIMIT_SPACE && l->needed == 0)
		id = l->scope == QUOTA_SERVER ? "snapshot.space.none" : "snapshot.space.none.tenant";
	struct err *e = err_new(ERR_LIMIT, id, "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:s, s:o}", "name", vm_name, "tenant",
		tenant, "kind", limit_kind_name(l->kind), "limit", text, "used", (json_int_t)l->used, "busy", (json_int_t)l->busy, "max",
		(json_int_t)l->max, "needed", (json_int_t)l->needed, "needs", needs, "next", (json_int_t)l->next, "when", when, "words",
		msg_to_json(&words));
	msg_free(&words);
	return e;
}
