/* The filter line's keys (filter_line.h): editing, completion, history, saving. What it looks like is in filter_line_draw.c. */
#include "lists/filter_line.h"

#include "settings/saved.h"
#include "tr.h"
#include "words/terms.h"

#include <stdio.h>
#include <string.h>

/* ---- what is filtered ---- */

unsigned filter_line_kinds(struct view *v)
{
	enum kind k = KIND_COUNT;
	void *o;

	if (v->ops->where & (WHERE_RACKS | WHERE_TREE)) /* a blade, or a VM on it */
		return 1u << KIND_VM | 1u << KIND_BLADE;
	view_object(v, &k, &o);
	return (unsigned)k < KIND_COUNT ? 1u << k : 1u << KIND_VM;
}

static unsigned kinds_now(const struct filter_line *l)
{
	for (int i = l->app->depth - 1; i >= 0; i--)
		if (!l->app->stack[i]->ops->overlay)
			return filter_line_kinds(l->app->stack[i]);
	return 1u << KIND_VM;
}

/* Of a view of records; NULL: it shows objects. */
static const char *const *keys_now(const struct filter_line *l)
{
	for (int i = l->app->depth - 1; i >= 0; i--)
		if (!l->app->stack[i]->ops->overlay)
			return l->app->stack[i]->ops->filter_keys;
	return NULL;
}

static enum viewer viewer_of(const struct app *a)
{
	return app_is_customer(a) ? VIEWER_TENANT : app_may_act(a) ? VIEWER_OPERATOR : VIEWER_VIEWER;
}

/* ---- what could stand there ---- */

static bool begins(const char *s, const char *prefix)
{
	return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

static void offer(struct filter_line *l, const char *before, const char *text, const char *after)
{
	char hint[APP_FILTER_MAX];

	if ((size_t)snprintf(hint, sizeof hint, "%s%s%s", before, text, after) >= sizeof hint)
		return;
	for (int i = 0; i < l->nhints; i++)
		if (strcmp(l->hints[i], hint) == 0)
			return;
	if (l->nhints == FILTER_HINTS)
		l->more++;
	else
		memcpy(l->hints[l->nhints++], hint, sizeof hint);
}

static void offer_names(struct filter_line *l, const char *prefix)
{
	const char *names[SAVED_MOST];
	size_t n = saved_names(prefix, names, SAVED_MOST);

	for (size_t i = 0; i < n && i < SAVED_MOST; i++)
		offer(l, "@", names[i], "");
}

static void offer_keys(struct filter_line *l, enum kind k, const char *prefix)
{
	const char *keys[64];
	size_t n = filter_keys(k, viewer_of(l->app), keys, 64);

	l->keys = true;
	for (size_t i = 0; i < n && i < 64; i++)
		if (begins(keys[i], prefix))
			offer(l, "", keys[i], ":");
}

/* prefix: without a quote that begins it. */
static void offer_values(struct filter_line *l, enum kind k, const char *key, const char *prefix)
{
	const char *values[FILTER_HINTS];
	const struct field *f = filter_field(k, key);
	size_t n = filter_values(k, key, values, FILTER_HINTS);

	for (size_t i = 0; i < n && i < FILTER_HINTS; i++)
		if (begins(values[i], prefix))
			offer(l, "", values[i], "");
	if (!f)
		return;
	if (f->type == FIELD_TIME)
		l->note = _("<1h  >2d  10m..2h: how long ago");
	else if (f->type == FIELD_KIB)
		l->note = _(">4G  <=512M  4G..16G");
	else if (f->type == FIELD_INT)
		l->note = _("4  >4  <=8  2..8");
	if (f->type != FIELD_STR || l->nhints > 0)
		return;
	n = values_find(l->values, k, f, prefix, values, FILTER_HINTS);
	for (size_t i = 0; i < n && i < FILTER_HINTS; i++) {
		const char *quote = strpbrk(values[i], " \t:") ? "\"" : "";

		if (!strchr(values[i], '"'))
			offer(l, quote, values[i], quote);
	}
	l->more += n > FILTER_HINTS ? n - FILTER_HINTS : 0;
}

/* Where records are filtered: their view's keys, and what is known of their values. */
static void offer_of_records(struct filter_line *l, const char *const *keys, const struct filter_place *p, const char *prefix)
{
	if (!p->has_key) {
		l->keys = true;
		for (; *keys; keys++)
			if (begins(*keys, prefix))
				offer(l, "", *keys, ":");
	} else if (strcmp(p->key, "tenant") == 0) {
		offer_values(l, KIND_VM, p->key, prefix);
	} else if (strcmp(p->key, "kind") == 0) {
		for (int k = 0; k < KIND_COUNT; k++)
			if (begins(kind_name((enum kind)k), prefix))
				offer(l, "", kind_name((enum kind)k), "");
	} else if (strcmp(p->key, "verb") == 0) {
		for (int v = 0; v < VERB_COUNT; v++)
			if (begins(verb_name((enum verb)v), prefix))
				offer(l, "", verb_name((enum verb)v), "");
	} else if (strcmp(p->key, "since") == 0 || strcmp(p->key, "until") == 0) {
		l->note = _("8h  3d  2026-04-12: how long ago, or when");
	}
}

static void find_hints(struct filter_line *l)
{
	const char *text = l->input.text;
	struct filter_place p;
	char prefix[APP_FILTER_MAX];
	unsigned kinds = kinds_now(l);

	l->nhints = 0;
	l->more = 0;
	l->at = -1;
	l->keys = false;
	l->note = NULL;
	filter_place(text, l->input.at, &p);
	l->from = p.value;
	l->to = p.end;
	if (l->input.at < p.end) /* inside a word nothing is put in */
		return;
	p.value += p.has_key && text[p.value] == '"';
	snprintf(prefix, sizeof prefix, "%.*s", (int)(p.end - p.value), text + p.value);
	if (!p.has_key && *prefix == '@')
		offer_names(l, prefix + 1);
	else if (strpbrk(prefix, "\"*?<>=") || (*prefix && strstr(prefix, "..")))
		return;
	else if (keys_now(l))
		offer_of_records(l, keys_now(l), &p, prefix);
	else
		for (int k = 0; k < KIND_COUNT; k++) {
			if (kinds >> k & 1 && p.has_key)
				offer_values(l, (enum kind)k, p.key, prefix);
			else if (kinds >> k & 1)
				offer_keys(l, (enum kind)k, prefix);
		}
	/* What stands there already need not be offered. */
	if (l->nhints == 1 && strlen(l->hints[0]) == l->to - l->from && strncmp(l->hints[0], text + l->from, l->to - l->from) == 0)
		l->nhints = 0;
}

/* ---- what is wrong ---- */

/* Half a word that can still become one is no mistake yet. */
bool filter_line_is_half(const struct filter_line *l)
{
	int column, length;

	filter_error_place(l->wrong, &column, &length);
	return !l->refused && (l->nhints > 0 || l->note) && l->input.at == l->to &&
		(strcmp(l->wrong->msg.id, "filter.empty") == 0 || strcmp(l->wrong->msg.id, "filter.saved") == 0 || strcmp(l->wrong->msg.id, "filter.value") == 0);
}

static struct err *check(const struct filter_line *l, const char *text)
{
	unsigned kinds = kinds_now(l);
	struct err *first = NULL;
	struct term terms[TERMS_MOST];
	size_t n;

	if (keys_now(l))
		return terms_read(text, keys_now(l), terms, &n);
	for (int k = 0; k < KIND_COUNT; k++) {
		struct filter *f;
		struct err *e;

		if (!(kinds >> k & 1))
			continue;
		e = filter_new((enum kind)k, text, &f);
		filter_free(f);
		if (!e) {
			err_free(first);
			return NULL;
		}
		if (first)
			err_free(e);
		else
			first = e;
	}
	return first;
}

/* The mistake is in the term at this place. */
static bool is_about(const struct err *e, const char *text, const struct filter_place *p)
{
	int column, length, at = 1;

	filter_error_place(e, &column, &length);
	for (size_t i = 0; i < p->start; i++)
		at += ((unsigned char)text[i] & 0xc0) != 0x80;
	return column == at;
}

/* The text has changed: it is obeyed as far as it can be. */
static void changed(struct filter_line *l)
{
	char whole[APP_FILTER_MAX];
	struct filter_place p;
	bool is_whole;

	err_free(l->wrong);
	l->wrong = saved_expand(l->input.text, whole, sizeof whole);
	is_whole = !l->wrong;
	if (is_whole)
		l->wrong = check(l, whole);
	filter_place(l->input.text, l->input.at, &p);
	if (l->wrong && is_about(l->wrong, l->input.text, &p)) { /* half a word, or a wrong one: what stands around it counts */
		snprintf(whole, sizeof whole, "%.*s%.*s", (int)p.start, l->input.text, (int)(l->input.len - p.end), l->input.text + p.end);
		app_filter_set(l->app, whole);
	} else if (is_whole) {
		app_filter_set(l->app, whole);
	}
}

static void edited(struct filter_line *l)
{
	l->back = -1;
	l->refused = false;
	l->late = FILTER_SETTLED;
	find_hints(l);
	changed(l);
}

/* A paste of a hundred kilobytes is one change. */
void filter_line_settle(struct filter_line *l)
{
	if (l->late == FILTER_EDITED)
		edited(l);
	else if (l->late == FILTER_MOVED)
		find_hints(l);
	l->late = FILTER_SETTLED;
}

/* ---- completion ---- */

static void put_hint(struct filter_line *l, int which)
{
	char text[INPUT_MAX];
	size_t n = strlen(l->hints[which]), room = sizeof text;
	int len = snprintf(text, room, "%.*s%s%s", (int)l->from, l->input.text, l->hints[which], l->input.text + l->to);

	if (len < 0 || (size_t)len >= room || (size_t)len > l->input.max)
		return;
	input_set(&l->input, text);
	l->to = l->from + n;
	l->input.at = l->to;
	l->at = which;
	l->refused = false;
	changed(l);
}

/* One blank behind a value that is whole, so that the next word can follow. */
static void finish(struct filter_line *l)
{
	if (!l->keys && l->input.at == l->input.len)
		input_key(&l->input, &(struct key){.code = ' '});
	edited(l);
}

static void complete(struct filter_line *l, int by)
{
	if (l->nhints == 0)
		return;
	put_hint(l, l->at < 0 ? (by > 0 ? 0 : l->nhints - 1) : (l->at + by + l->nhints) % l->nhints);
	if (l->nhints == 1)
		finish(l);
}

/* ---- those before ---- */

static void remember(struct filter_line *l, const char *text)
{
	int at = 0;

	if (!*text)
		return;
	while (at < l->nhistory && strcmp(l->history[at], text) != 0)
		at++;
	if (at == l->nhistory)
		at = l->nhistory < FILTER_HISTORY ? l->nhistory++ : FILTER_HISTORY - 1;
	memmove(l->history[1], l->history[0], (size_t)at * sizeof l->history[0]);
	snprintf(l->history[0], sizeof l->history[0], "%s", text);
}

static void recall(struct filter_line *l, int by)
{
	int to = l->back + by;

	if (to < -1 || to >= l->nhistory)
		return;
	if (l->back < 0)
		snprintf(l->own, sizeof l->own, "%.*s", (int)sizeof l->own - 1, l->input.text);
	input_set(&l->input, to < 0 ? l->own : l->history[to]);
	edited(l);
	l->back = to;
}

/* ---- saving ---- */

static void save(struct filter_line *l)
{
	l->bad_name = NULL;
	if (!saved_is_name(l->name.text)) {
		l->bad_name = _("a name has letters, digits, \".\" and \"-\", at most 40");
	} else if (!saved_set(l->name.text, l->app->filter)) {
		l->bad_name = _("there is no room for another saved filter");
	} else {
		l->naming = false;
		app_say(l->app, INK_NORMAL, _("saved: @%s stands for it; f lists what is saved"), l->name.text);
	}
}

static bool name_key(struct filter_line *l, const struct key *k)
{
	if (k->code == K_ENTER && !(k->mods & K_PASTED)) {
		save(l);
	} else if (k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g')) {
		l->naming = false;
	} else {
		l->bad_name = NULL;
		input_key(&l->name, k);
	}
	return true;
}

static void ask_name(struct filter_line *l)
{
	if (l->wrong || !*l->app->filter)
		return;
	l->naming = true;
	l->bad_name = NULL;
	l->name.max = SAVED_NAME_MAX;
	l->name.ascii = true;
	input_set(&l->name, "");
}

/* ---- keys ---- */

static void close(struct filter_line *l, const char *text)
{
	l->typing = false;
	l->late = FILTER_SETTLED;
	app_filter_set(l->app, text);
	err_free(l->wrong);
	l->wrong = NULL;
	values_forget(l->values);
}

static bool special_key(struct filter_line *l, const struct key *k)
{
	switch (k->code) {
	case K_TAB:
	case K_BACKTAB:
		complete(l, k->code == K_TAB ? 1 : -1);
		return true;
	case K_UP:
	case CTRL_KEY('p'):
		recall(l, 1);
		return true;
	case K_DOWN:
	case CTRL_KEY('n'):
		recall(l, -1);
		return true;
	case K_RIGHT: /* at the end the first hint, which stands there dim, is taken */
		if (l->input.at < l->input.len || l->nhints == 0 || l->at >= 0 || l->to == l->from)
			return false;
		put_hint(l, 0);
		finish(l);
		return true;
	case CTRL_KEY('s'):
		ask_name(l);
		return true;
	default:
		return false;
	}
}

bool filter_line_key(struct filter_line *l, const struct key *k)
{
	bool pasted = k->mods & K_PASTED;

	if (l->naming)
		return name_key(l, k);
	if (!pasted && (k->mods || k->code < 0x20 || k->code >= K_SPECIAL) && k->code != K_BACKSPACE)
		filter_line_settle(l);
	if (k->code == K_ENTER && !pasted) {
		if (l->wrong) { /* it says why; Esc leaves */
			l->refused = true;
			return true;
		}
		remember(l, l->app->filter);
		close(l, l->app->filter);
		return true;
	}
	if ((k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g')) && !pasted) {
		close(l, l->was);
		return true;
	}
	if (k->code == K_BACKSPACE && l->input.len == 0) {
		close(l, "");
		return true;
	}
	if (!pasted && special_key(l, k))
		return true;
	switch (input_key(&l->input, k)) {
	case INPUT_CHANGED:
		l->late = FILTER_EDITED;
		return true;
	case INPUT_MOVED:
		if (l->late == FILTER_SETTLED)
			l->late = FILTER_MOVED;
		return true;
	default:
		/* to look through what is left while typing */
		return k->code != K_PAGE_UP && k->code != K_PAGE_DOWN;
	}
}

void filter_line_open(struct filter_line *l)
{
	l->typing = true;
	l->naming = false;
	l->input.max = APP_FILTER_MAX - 1;
	l->back = -1;
	snprintf(l->was, sizeof l->was, "%s", l->app->filter);
	input_set(&l->input, l->app->filter);
	edited(l);
}

void filter_line_start(struct filter_line *l, struct app *a)
{
	l->app = a;
	l->values = values_new(a->objects);
}

void filter_line_end(struct filter_line *l)
{
	err_free(l->wrong);
	l->wrong = NULL;
	values_free(l->values);
	l->values = NULL;
}
