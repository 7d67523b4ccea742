/* Lists (list.h): who is in, in which order, and where the cursor stands. The order is made in list_build.c and kept in
 * list_order.c, what the filter leaves in list_match.c, what a column shows in columns.c, what keys do in list_command.c, the drawing in list_draw.c. */
#include "lists/list_inside.h"

#include "common/clock.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define AGES_MS 10000     /* so often a filter of ages is asked anew: as often as ages are drawn */

/* ---- who is in ---- */

static bool is_ours(const struct list *l, const void *o)
{
	return (!l->blade || ((const struct vm *)o)->blade == l->blade) && (!l->within || filter_match(l->within, o));
}

/* How many are within is counted as they come and go. */
static void count_ours(struct list *l, uint32_t slot, bool is)
{
	uint64_t bit = UINT64_C(1) << slot % 64;

	if (!l->within)
		return;
	if (slot / 64 >= l->ours_words) {
		size_t words = slot / 64 + 64;

		l->ours = xrealloc(l->ours, words * sizeof *l->ours);
		memset(l->ours + l->ours_words, 0, (words - l->ours_words) * sizeof *l->ours);
		l->ours_words = words;
	}
	if (((l->ours[slot / 64] & bit) != 0) == is)
		return;
	l->ours[slot / 64] ^= bit;
	l->nours += is ? 1 : (size_t)-1;
}

bool list_is_listed(struct list *l, uint32_t slot, const void *o)
{
	return o && is_ours(l, o) && list_matches(l, slot, o);
}

static void measure(struct list *l, const void *o)
{
	for (int at = 0; at < l->nshown; at++) {
		int i = l->shown[at];
		const struct column *col = &l->columns->list[i];
		struct cell c;
		int width;

		if (col->max <= col->min)
			continue;
		col->cell(o, &c, screen_tier());
		width = *c.text ? text_width(c.text) : 0;
		if (width > l->seen[i])
			l->seen[i] = width < col->max ? width : col->max;
	}
}

/* ---- changes ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct list *l = ctx;
	bool ours = k == l->kind && is_ours(l, o);

	if (k == l->kind) {
		count_ours(l, slot, ours);
		list_match_forget(&l->match, slot);
	}
	if (k != l->kind || (!ours && !order_has(l->order, slot)))
		return;
	measure(l, o);
	l->unranked += !list_is_ranked(l, slot, o);
	if (l->all)
		return;
	if (slot / 64 >= l->words) {
		size_t words = slot / 64 + 64;

		l->waiting = xrealloc(l->waiting, words * sizeof *l->waiting);
		memset(l->waiting + l->words, 0, (words - l->words) * sizeof *l->waiting);
		l->words = words;
	}
	if (l->waiting[slot / 64] >> slot % 64 & 1)
		return;
	l->waiting[slot / 64] |= UINT64_C(1) << slot % 64;
	if (l->npending == l->room) {
		l->room = l->room ? l->room * 2 : 256;
		l->pending = xrealloc(l->pending, l->room * sizeof *l->pending);
	}
	l->pending[l->npending++] = slot;
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct list *l = ctx;

	if (k != l->kind)
		return;
	count_ours(l, slot, false);
	list_match_forget(&l->match, slot);
	order_remove(l->order, slot);
	if (l->cursor == slot)
		l->cursor = ORDER_NONE; /* its row's next owner gets it */
	if (slot / 64 < l->words && l->waiting[slot / 64] >> slot % 64 & 1) {
		l->waiting[slot / 64] &= ~(UINT64_C(1) << slot % 64);
		for (size_t i = 0; i < l->npending; i++)
			if (l->pending[i] == slot) {
				l->pending[i] = l->pending[--l->npending];
				break;
			}
	}
}

static void build(struct list *l)
{
	l->npending = 0;
	if (l->waiting)
		memset(l->waiting, 0, l->words * sizeof *l->waiting);
	list_build(l);
}

/* A few rows changed: first all of them leave, so that no row is compared with one that stands wrong. */
static void replace_pending(struct list *l)
{
	size_t keep = 0;

	for (size_t i = 0; i < l->npending; i++) {
		uint32_t slot = l->pending[i];
		void *o = registry_at(l->app->objects, l->kind, slot);

		l->waiting[slot / 64] &= ~(UINT64_C(1) << slot % 64);
		order_remove(l->order, slot);
		if (list_is_listed(l, slot, o))
			l->pending[keep++] = slot;
	}
	for (size_t i = 0; i < keep; i++)
		order_add(l->order, l->pending[i]);
	l->npending = 0;
}

static bool has_dots(const char *p, const char *end)
{
	const char *dots = strstr(p, "..");

	return dots && dots < end;
}

/* Which columns does the filter leave only one value? Exact terms "key:value" do. */
static void find_constant(struct list *l)
{
	memset(l->constant, 0, sizeof l->constant);
	for (const char *p = l->app->filter; list_match_filter(&l->match) && *p;) {
		const char *end = p + strcspn(p, " ");

		for (int i = 0; i < l->columns->n; i++) {
			const char *f = l->columns->list[i].field;
			size_t n = f ? strlen(f) : 0;

			if (n > 0 && strncmp(p, f, n) == 0 && p[n] == ':' && p + n + 1 < end && strcspn(p + n, "*?<>\"") >= (size_t)(end - p) - n && !has_dots(p + n, end))
				l->constant[i] = 1;
		}
		p = end + strspn(end, " ");
	}
}

static void take_filter(struct list *l)
{
	struct filter *f = NULL;
	struct err *e;

	if (l->filter_gen == l->app->filter_gen)
		return;
	l->filter_gen = l->app->filter_gen;
	e = *l->app->filter ? filter_new(l->kind, l->app->filter, &f) : NULL;
	err_free(l->filter_error);
	l->filter_error = e;
	if (e)
		return; /* half typed: the last good one stays */
	if (list_match_set(l, f))
		l->narrowed = true;
	else
		l->all = true;
	find_constant(l);
}

/* Makes order and cursor true. */
void list_settle(struct list *l)
{
	size_t n, rank;

	if (list_reread(l))
		list_retell(l);
	take_filter(l);
	order_turn(l->order, l->reverse);
	/* What is older than an hour is more with every minute, though nothing changed. */
	if (filter_ages(list_match_filter(&l->match)) && clock_boot_ms() - l->built >= AGES_MS) {
		list_match_age(&l->match);
		l->all = true;
	}
	if (l->all || l->npending > 64 + order_count(l->order) / 8)
		build(l);
	if (l->narrowed)
		list_narrow(l);
	if (l->npending > 0)
		replace_pending(l);
	n = order_count(l->order);
	if (n == 0) {
		l->cursor = ORDER_NONE;
		l->rank = l->top = 0;
		return;
	}
	rank = l->moved && l->cursor != ORDER_NONE ? order_rank(l->order, l->cursor) : SIZE_MAX;
	if (rank == SIZE_MAX) {
		rank = l->moved ? l->rank : 0;
		rank = rank < n ? rank : n - 1;
		l->cursor = order_at(l->order, rank);
	} else if (rank != l->rank) {
		/* Rows came or went above: the eye keeps its place on the screen. */
		size_t above = l->rank - l->top;

		l->top = rank > above ? rank - above : 0;
	}
	l->rank = rank;
}

static void measure_all(struct list *l)
{
	for (uint32_t s = 0, n = registry_slots(l->app->objects, l->kind); s < n; s++) {
		void *o = registry_at(l->app->objects, l->kind, s);

		if (o && is_ours(l, o))
			measure(l, o);
	}
}

void list_retell(struct list *l)
{
	list_reread(l);
	memset(l->seen, 0, sizeof l->seen);
	measure_all(l);
}

struct list *list_new(struct app *a, enum kind k, const struct columns *c, const char *blade)
{
	struct list *l = xcalloc(1, sizeof *l);

	l->app = a;
	l->kind = k;
	l->columns = c;
	l->blade = blade ? intern(blade) : NULL;
	l->sort = c->sort;
	l->reverse = c->list[c->sort].down;
	l->order = order_new(list_compare_rows, l);
	l->cursor = ORDER_NONE;
	l->filter_gen = a->filter_gen - 1;
	l->all = true;
	list_reread(l);
	measure_all(l);
	l->watch = (struct registry_watch){.ctx = l, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &l->watch);
	return l;
}

void list_within(struct list *l, const char *filter, const char *field)
{
	struct err *e = filter_new(l->kind, filter, &l->within);

	err_free(e); /* the caller's own words: a name that cannot be written in a filter narrows nothing */
	l->within_field = field;
	for (uint32_t s = 0, n = registry_slots(l->app->objects, l->kind); s < n; s++) {
		void *o = registry_at(l->app->objects, l->kind, s);

		if (o)
			count_ours(l, s, is_ours(l, o));
	}
	l->all = true;
	list_retell(l);
}

void list_free(struct list *l)
{
	if (!l)
		return;
	registry_unwatch(l->app->objects, &l->watch);
	order_free(l->order);
	for (uint32_t s = 0; s < l->nnames; s++)
		intern_free(l->names[s].name);
	free(l->names);
	list_match_free(&l->match);
	err_free(l->filter_error);
	intern_free(l->blade);
	filter_free(l->within);
	free(l->ours);
	free(l->pending);
	free(l->waiting);
	free(l);
}

/* ---- questions ---- */

enum kind list_kind(const struct list *l)
{
	return l->kind;
}

void *list_object(struct list *l)
{
	list_settle(l);
	return l->cursor == ORDER_NONE ? NULL : registry_at(l->app->objects, l->kind, l->cursor);
}

bool list_spot(struct list *l, struct box *out)
{
	if (l->cursor == ORDER_NONE || l->rank < l->top || l->rank >= l->top + l->page)
		return false;
	*out = (struct box){l->rows.y + (int)(l->rank - l->top), l->rows.x, 1, l->name_end - l->rows.x};
	return true;
}

size_t list_shown(struct list *l)
{
	list_settle(l);
	return order_count(l->order);
}

size_t list_total(struct list *l)
{
	size_t n;

	if (l->within)
		return l->nours;
	if (!l->blade)
		return registry_count(l->app->objects, l->kind);
	registry_vms_on(l->app->objects, l->blade, &n);
	return n;
}

size_t list_marked(struct list *l)
{
	return list_marks(l) ? marks_count(list_marks(l)) : 0;
}

size_t list_marked_unseen(struct list *l)
{
	const char *ids[256];
	size_t n = list_marks(l) ? marks_ids(list_marks(l), ids, 256) : 0, unseen = 0;

	for (size_t i = 0; i < n && i < 256; i++) {
		void *o = registry_find(l->app->objects, l->kind, ids[i]);

		unseen += o && !order_has(l->order, registry_slot(l->app->objects, l->kind, o));
	}
	return unseen;
}

bool list_go(struct list *l, const char *id)
{
	void *o = registry_find(l->app->objects, l->kind, id);
	uint32_t slot;

	list_settle(l);
	if (!o)
		return false;
	slot = registry_slot(l->app->objects, l->kind, o);
	if (!order_has(l->order, slot))
		return false;
	l->cursor = slot;
	l->moved = true;
	l->rank = order_rank(l->order, slot);
	return true;
}

const struct err *list_filter_error(struct list *l)
{
	list_settle(l);
	return l->filter_error;
}

void list_position(struct list *l, char *out, size_t size)
{
	size_t n = order_count(l->order), last = l->top + l->page;

	if (n <= l->page)
		out[0] = '\0';
	else
		snprintf(out, size, "%zu-%zu", l->top + 1, last < n ? last : n);
}
