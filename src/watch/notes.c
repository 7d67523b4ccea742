/* Notes on blades (notes.h). */
#include "watch/notes.h"

#include "common/buf.h"
#include "common/clock.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_S 600 /* nothing is waited for longer: the clock on the wall may be set */

struct notes {
	struct notes_config c;
	struct registry_watch watch;
	GHashTable *all;   /* object -> struct store_note, owned */
	GPtrArray *late;   /* ids of blades that are to be shown theirs at the end of the turn */
	struct loop_timer *timer;
	bool started;
};

static void note_free(void *p)
{
	struct store_note *n = p;

	free((char *)n->object);
	free((char *)n->text);
	free((char *)n->by);
	free(n);
}

static void keep(struct notes *n, const struct store_note *from)
{
	struct store_note *note = xcalloc(1, sizeof *note);

	*note = (struct store_note){ .object = xstrdup(from->object), .text = xstrdup(from->text), .until = from->until,
		.by = xstrdup(from->by ? from->by : ""), .at = from->at };
	g_hash_table_replace(n->all, (char *)note->object, note);
}

const struct store_note *notes_of(struct notes *n, const char *object)
{
	return g_hash_table_lookup(n->all, object);
}

static void show(struct notes *n, const char *object)
{
	struct blade *b = registry_find(n->c.objects, KIND_BLADE, object);
	const struct store_note *note = notes_of(n, object);

	if (!b || (strcmp(b->watch, note ? note->text : "") == 0 && strcmp(b->watch_by, note ? note->by : "") == 0 &&
			  b->watch_until == (note ? note->until : 0)))
		return;
	intern_set(&b->watch, note ? note->text : "");
	intern_set(&b->watch_by, note ? note->by : "");
	b->watch_until = note ? note->until : 0;
	registry_changed(n->c.objects, KIND_BLADE, b, false);
}

/* ---- time ---- */

static void arm(struct notes *n)
{
	GHashTableIter it;
	gpointer p;
	int64_t next = 0, left;

	g_hash_table_iter_init(&it, n->all);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		int64_t until = ((const struct store_note *)p)->until;
		if (until && (!next || until < next))
			next = until;
	}
	if (!next) {
		loop_timer_clear(n->timer);
		return;
	}
	left = next - clock_wall_s();
	loop_timer_set(n->timer, (left < 1 ? 1 : left > LOOK_S ? LOOK_S : left) * 1000);
}

static void on_time(void *ctx)
{
	struct notes *n = ctx;
	GHashTableIter it;
	gpointer p;
	GPtrArray *over = g_ptr_array_new();
	int64_t now = clock_wall_s();

	g_hash_table_iter_init(&it, n->all);
	while (g_hash_table_iter_next(&it, NULL, &p))
		if (((const struct store_note *)p)->until && ((const struct store_note *)p)->until <= now)
			g_ptr_array_add(over, p);
	for (guint i = 0; i < over->len; i++) {
		struct store_note *note = over->pdata[i];

		g_hash_table_steal(n->all, note->object);
		show(n, note->object);
		n->c.ended(n->c.ctx, note);
		note_free(note);
	}
	g_ptr_array_free(over, TRUE);
	arm(n);
}

/* ---- blades that come later, or are made anew ---- */

static void show_late(void *ctx)
{
	struct notes *n = ctx;
	GPtrArray *late = n->late;

	n->late = g_ptr_array_new_with_free_func(free);
	for (guint i = 0; i < late->len; i++)
		show(n, late->pdata[i]);
	g_ptr_array_free(late, TRUE);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct notes *n = ctx;
	const struct blade *b = object;

	if (k != KIND_BLADE || !g_hash_table_size(n->all) || *b->watch || !notes_of(n, b->id))
		return;
	if (!n->late->len)
		loop_soon(n->c.loop, show_late, n);
	g_ptr_array_add(n->late, xstrdup(b->id));
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
}

/* ---- life ---- */

struct notes *notes_new(const struct notes_config *c)
{
	struct notes *n = xcalloc(1, sizeof *n);

	n->c = *c;
	n->all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, note_free);
	n->late = g_ptr_array_new_with_free_func(free);
	n->timer = loop_timer_new(c->loop, on_time, n);
	n->watch = (struct registry_watch){ .ctx = n, .changed = on_changed, .gone = on_gone };
	return n;
}

void notes_load(struct notes *n, const struct store_note *note)
{
	keep(n, note);
}

void notes_start(struct notes *n)
{
	GHashTableIter it;
	gpointer object;

	g_hash_table_iter_init(&it, n->all);
	while (g_hash_table_iter_next(&it, &object, NULL))
		show(n, object);
	registry_watch(n->c.objects, &n->watch);
	n->started = true;
	arm(n);
}

void notes_set(struct notes *n, const struct store_note *note)
{
	if (*note->text)
		keep(n, note);
	else
		g_hash_table_remove(n->all, note->object);
	show(n, note->object);
	arm(n);
}

void notes_free(struct notes *n)
{
	if (!n)
		return;
	if (n->started)
		registry_unwatch(n->c.objects, &n->watch);
	loop_soon_cancel(n->c.loop, show_late, n);
	loop_timer_free(n->timer);
	g_ptr_array_free(n->late, TRUE);
	g_hash_table_destroy(n->all);
	free(n);
}
