/* Reading and ordering snapshots (snaps.h). */
#include "link/snaps.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_one(struct snap *s, const json_t *j)
{
	s->id = proto_text(j, "id");
	s->note = proto_text(j, "note");
	s->host_name = proto_text(j, "host_name");
	s->by = proto_text(j, "by");
	s->charged = proto_text(j, "charged");
	s->job = proto_text(j, "job");
	s->vm_state = proto_text(j, "vm_state");
	s->created = json_integer_value(json_object_get(j, "created"));
	s->bytes = json_integer_value(json_object_get(j, "bytes"));
	s->outside = json_is_true(json_object_get(j, "outside"));
	s->current = json_is_true(json_object_get(j, "current"));
	s->memory = json_is_true(json_object_get(j, "memory"));
	s->external = json_is_true(json_object_get(j, "external"));
	/* A state that this console does not know is not one to rely on. */
	s->kept = strcmp(proto_text(j, "state"), "kept") == 0;
	s->parent = -1;
	s->name = text_shown_dup(*proto_text(j, "name") ? proto_text(j, "name") : s->id);
}

/* ---- the tree ---- */

/* One that waits to be placed. */
struct waiting { int at, parent, level; unsigned through; enum snap_turn turn; };

struct growing {
	const struct snap *in;
	const int *parent;        /* of the answer's order, -1 none */
	int *first, *next;        /* children of each, in the answer's order: by date */
	struct waiting *stack;
	size_t depth;
	int *row;                 /* where each stands now, -1 not yet */
	struct snap *out;
	size_t n;
};

static void wait_for(struct growing *g, struct waiting w)
{
	g->stack[g->depth++] = w;
}

/* The last child goes on below its parent; those before it are branches that leave the parent's line. */
static void wait_for_children(struct growing *g, const struct waiting *of)
{
	size_t from = g->depth;
	int branch = of->level < SNAPS_LEVELS - 1 ? of->level + 1 : of->level;

	for (int c = g->first[of->at]; c >= 0; c = g->next[c]) {
		struct waiting w = {c, of->at, branch, of->through | 1u << of->level, TURN_TEE};

		if (branch == of->level) /* no room for more lines: they stand below one another */
			w = (struct waiting){c, of->at, of->level, of->through, TURN_NONE};
		wait_for(g, w);
	}
	/* In order of date from the top of the stack on. */
	for (size_t a = from, b = g->depth; a + 1 < b; a++, b--) {
		struct waiting w = g->stack[a];

		g->stack[a] = g->stack[b - 1];
		g->stack[b - 1] = w;
	}
	if (g->depth > from) {
		struct waiting *last = &g->stack[from];

		last->level = of->level;
		last->through = of->through;
		last->turn = TURN_NONE;
	}
}

static void grow(struct growing *g, struct waiting root)
{
	wait_for(g, root);
	while (g->depth > 0) {
		struct waiting w = g->stack[--g->depth];
		struct snap *s;

		if (g->row[w.at] >= 0)
			continue;
		s = &g->out[g->n];
		*s = g->in[w.at];
		s->parent = w.parent >= 0 ? g->row[w.parent] : -1;
		s->level = w.level;
		s->through = w.through;
		s->turn = w.turn;
		g->row[w.at] = (int)g->n++;
		wait_for_children(g, &w);
	}
}

static int *ints(size_t n, int value)
{
	int *list = xcalloc(n + 1, sizeof *list);

	for (size_t i = 0; i <= n; i++)
		list[i] = value;
	return list;
}

/* What the answer calls its parent: of many, found by a sorted list of ids. */
struct named { const char *id; int at; };

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static void find_parents(const struct snap *in, const json_t *list, size_t n, int *parent)
{
	struct named *names = xcalloc(n + 1, sizeof *names);

	for (size_t i = 0; i < n; i++)
		names[i] = (struct named){in[i].id, (int)i};
	qsort(names, n, sizeof *names, by_id);
	for (size_t i = 0; i < n; i++) {
		struct named key = {proto_text(json_array_get(list, i), "parent"), 0}, *found;

		found = *key.id ? bsearch(&key, names, n, sizeof *names, by_id) : NULL;
		parent[i] = found && found->at != (int)i ? found->at : -1;
	}
	free(names);
}

static void make_tree(struct snaps *s, const struct snap *in, const json_t *list, size_t n)
{
	int *parent = ints(n, -1), *last = ints(n, -1);
	struct growing g = {.in = in, .parent = parent, .first = ints(n, -1), .next = ints(n, -1), .row = ints(n, -1),
		.stack = xcalloc(2 * n + 1, sizeof *g.stack), .out = s->list};
	int roots = 0, seen = 0;

	find_parents(in, list, n, parent);
	for (size_t i = 0; i < n; i++) {
		int p = parent[i];

		roots += p < 0;
		if (p < 0)
			continue;
		if (last[p] < 0)
			g.first[p] = (int)i;
		else
			g.next[last[p]] = (int)i;
		last[p] = (int)i;
	}
	for (size_t i = 0; i < n; i++) {
		struct waiting root = {(int)i, -1, 0, 0, TURN_NONE};

		if (parent[i] >= 0)
			continue;
		if (roots > 1) { /* trees of their own: a line at the left holds them apart */
			root.level = 1;
			root.turn = seen == 0 ? TURN_FIRST : seen == roots - 1 ? TURN_CORNER : TURN_TEE;
			root.through = seen == roots - 1 ? 0 : 1;
		}
		seen++;
		grow(&g, root);
	}
	/* A ring has no root; no host makes one, but every one that was told is shown. */
	for (size_t i = 0; i < n; i++)
		if (g.row[i] < 0)
			grow(&g, (struct waiting){(int)i, -1, 0, 0, TURN_NONE});
	s->n = g.n;
	free(parent);
	free(last);
	free(g.first);
	free(g.next);
	free(g.row);
	free(g.stack);
}

void snaps_read(struct snaps *s, json_t *ret)
{
	json_t *list = json_object_get(ret, "snapshots");
	size_t n = json_array_size(list), most = n < SNAPS_MAX ? n : SNAPS_MAX;
	struct snap *in;

	memset(s, 0, sizeof *s);
	s->answer = json_incref(ret);
	s->at = json_integer_value(json_object_get(ret, "at"));
	s->live = json_is_true(json_object_get(ret, "live"));
	int64_t more = json_integer_value(json_object_get(ret, "more")); /* that did not fit the answer */
	s->hidden = n - most + (size_t)(more > 0 ? more : 0);
	if (most == 0)
		return;
	in = xcalloc(most, sizeof *in);
	s->list = xcalloc(most, sizeof *s->list);
	for (size_t i = 0; i < most; i++)
		read_one(&in[i], json_array_get(list, i));
	make_tree(s, in, list, most);
	free(in);
}

void snaps_clear(struct snaps *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].name);
	json_decref(s->answer);
	free(s->list);
	memset(s, 0, sizeof *s);
}

size_t snaps_find(const struct snaps *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->list[i].id, id) == 0)
			return i;
	return s->n;
}

/* What stands on a row stands below it: one pass is enough. */
size_t snaps_below(const struct snaps *s, size_t row, bool *externals)
{
	bool *in = xcalloc(s->n + 1, sizeof *in);
	size_t count = 0;

	in[row] = true;
	*externals = s->list[row].external;
	for (size_t i = row + 1; i < s->n; i++) {
		in[i] = s->list[i].parent >= 0 && in[s->list[i].parent];
		count += in[i];
		*externals |= in[i] && s->list[i].external;
	}
	free(in);
	return count;
}

/* ---- words ---- */

void snaps_tree(char *out, size_t size, const struct snap *row, enum tier t)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < row->level && len < size; i++) {
		bool turns = i == row->level - 1 && row->turn != TURN_NONE;
		enum glyph g = row->turn == TURN_FIRST ? GLYPH_TL : row->turn == TURN_CORNER ? GLYPH_BL : GLYPH_TEE;

		if (turns)
			len += (size_t)snprintf(out + len, size - len, "%s%s", glyph_text(g, t), glyph_text(GLYPH_H, t));
		else
			len += (size_t)snprintf(out + len, size - len, "%s ", row->through & 1u << i ? glyph_text(GLYPH_V, t) : " ");
	}
}

const char *snaps_kind(const struct snap *row, bool brief)
{
	if (row->memory)
		return _("memory");
	if (row->external)
		return brief ? _("own files") : _("disks, files of its own");
	return _("disks");
}

const char *snaps_by(const struct snap *row)
{
	return row->outside ? _("outside") : *row->by ? row->by : "-";
}

void snaps_why_not(const struct snaps *s, const char *what, char *out, size_t size)
{
	struct msg why;

	out[0] = '\0';
	if (!msg_from_json(&why, json_object_get(json_object_get(s->answer, "can"), what)))
		return;
	snprintf(out, size, "%s", why.text);
	msg_free(&why);
}

/* "4 of 4 today (this server): full, next possible 2026-04-13 00:00"; false: there are no words for it. */
static bool limit_text(const json_t *limit, char *out, size_t size)
{
	char when[32];
	struct msg words;

	if (!msg_from_json(&words, json_object_get(limit, "words")))
		return false;
	look_time(when, sizeof when, json_integer_value(json_object_get(limit, "next")));
	if (!json_is_true(json_object_get(limit, "full")))
		snprintf(out, size, "%s", words.text);
	else if (*when)
		snprintf(out, size, _("%s: full, next possible %s"), words.text, when);
	else
		snprintf(out, size, _("%s: full"), words.text);
	msg_free(&words);
	return true;
}

void snaps_full(const json_t *limits, char *out, size_t size)
{
	size_t i;
	json_t *j;

	out[0] = '\0';
	json_array_foreach (limits, i, j)
		if (json_is_true(json_object_get(j, "full")) && limit_text(j, out, size))
			return;
}

static double used_of(const json_t *limit)
{
	double used = json_number_value(json_object_get(limit, "used")) + json_number_value(json_object_get(limit, "busy"));
	double max = json_number_value(json_object_get(limit, "max"));

	return max <= 0 ? -1 : used > max ? 1 : used / max;
}

void snaps_limits_used(const json_t *limits, double *used, size_t max)
{
	char text[512];
	size_t i, n = 0;
	json_t *j;

	json_array_foreach (limits, i, j)
		if (n < max && limit_text(j, text, sizeof text))
			used[n++] = used_of(j);
}

void snaps_limits(const json_t *limits, struct lines *out)
{
	size_t i;
	json_t *j;

	json_array_foreach (limits, i, j) {
		bool full = json_is_true(json_object_get(j, "full"));
		const char *ref = proto_text(j, "ref");
		char when[32], text[512], changed[192] = "";

		if (!limit_text(j, text, sizeof text))
			continue;
		look_time(when, sizeof when, json_integer_value(json_object_get(j, "until")));
		if (*when)
			snprintf(changed, sizeof changed, _("  (changed until %s%s%.80s)"), when, *ref ? ", " : "", ref);
		lines_add(out, full ? INK_WARN : INK_NORMAL, full ? "!" : " ", "%s%s", text, changed);
	}
}

void snaps_use(const struct vm *vm, char *out, size_t size)
{
	bool full = strcmp(vm->snap, "full") == 0, shows = vm->snaps_max >= 0 && vm->snaps + vm->snaps_busy >= vm->snaps_max;
	char busy[24] = "", limit[24] = "-";

	out[0] = '\0';
	if (vm->snaps_max >= 0)
		snprintf(limit, sizeof limit, "%lld", (long long)vm->snaps_max);
	if (vm->snaps_busy > 0)
		snprintf(busy, sizeof busy, "+%lld", (long long)vm->snaps_busy);
	if (vm->snaps < 0)
		snprintf(out, size, "?/%s", limit);
	else if (vm->snaps || vm->snaps_busy || vm->snaps_max >= 0 || full)
		snprintf(out, size, "%s%lld%s/%s", full && !shows ? "!" : "", (long long)vm->snaps, busy, limit);
}
