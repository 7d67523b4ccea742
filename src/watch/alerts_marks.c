/* What is remembered of alerts, by their ids: what somebody did with them, and since when they stood when a broker ended (alerts.h). Called
 * by alerts_lines.c, and by the broker with what people ask. */
#include "watch/alerts_inside.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLED_S 900  /* after a start all that is wrong has been seen: marks of what is not are over */

/* ---- ids ---- */

/* FNV-1a: the same key has the same id for ever. */
static uint32_t hash(const char *s, uint32_t salt)
{
	uint32_t h = 2166136261u ^ salt;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

void alert_id(char out[ALERT_ID_SIZE], const char *key, uint32_t salt)
{
	snprintf(out, ALERT_ID_SIZE, "alert:%08x", (unsigned)hash(key, salt));
}

/* ---- marks ---- */

void mark_free(void *p)
{
	struct mark *m = p;

	free(m->id);
	free(m->object);
	free(m->state);
	free(m->by);
	free(m->ticket);
	free(m->note);
	free(m);
}

struct mark *mark_of(struct alerts *a, const char *id)
{
	return g_hash_table_lookup(a->marks, id);
}

bool mark_mutes(const struct mark *m)
{
	return m && strcmp(m->state, "muted") == 0;
}

void mark_drop(struct alerts *a, const char *id)
{
	char *copy = xstrdup(id);

	if (g_hash_table_remove(a->marks, copy))
		a->c.dropped(a->c.ctx, copy);
	free(copy);
}

static void keep_mark(struct alerts *a, const struct store_alert *s)
{
	struct mark *m = xcalloc(1, sizeof *m);

	*m = (struct mark){ .id = xstrdup(s->id), .object = xstrdup(s->object ? s->object : ""), .state = xstrdup(s->state ? s->state : ""),
		.by = xstrdup(s->by ? s->by : ""), .ticket = xstrdup(s->ticket ? s->ticket : ""), .note = xstrdup(s->note ? s->note : ""),
		.until = s->until, .at = s->at };
	g_hash_table_replace(a->marks, m->id, m);
}

void alerts_load_mark(struct alerts *a, const struct store_alert *m)
{
	keep_mark(a, m);
}

void alerts_load_seen(struct alerts *a, const char *id, int64_t since)
{
	g_hash_table_replace(a->seen, xstrdup(id), g_memdup2(&since, sizeof since));
}

/* ---- from before a start ---- */

/* What was acknowledged, or stood, when a broker ended, and is over. */
void marks_drop_old(struct alerts *a)
{
	GHashTableIter it;
	gpointer id;
	GPtrArray *over;

	if (!a->settled_at)
		return;
	if (clock_wall_s() < a->settled_at) {
		lines_arm(a, a->settled_at);
		return;
	}
	a->settled_at = 0;
	over = g_ptr_array_new_with_free_func(free);
	for (int i = 0; i < 2; i++) {
		g_hash_table_iter_init(&it, i ? a->seen : a->marks);
		while (g_hash_table_iter_next(&it, &id, NULL))
			if (!g_hash_table_lookup(a->by_id, id))
				g_ptr_array_add(over, xstrdup(id));
	}
	for (guint i = 0; i < over->len; i++) {
		const char *old = over->pdata[i];
		const struct mark *m = mark_of(a, old);
		if (m && (!mark_mutes(m) || m->until <= clock_wall_s()))
			mark_drop(a, old);
		if (g_hash_table_remove(a->seen, old))
			a->c.seen(a->c.ctx, old, 0);
	}
	g_ptr_array_free(over, TRUE);
}

void marks_start(struct alerts *a)
{
	if (!g_hash_table_size(a->marks) && !g_hash_table_size(a->seen))
		return;
	a->settled_at = clock_wall_s() + SETTLED_S;
	lines_arm(a, a->settled_at);
}

/* Its cause ended while no broker ran: what was acknowledged then is over. */
void marks_well(struct alerts *a, const char *key)
{
	char id[ALERT_ID_SIZE];
	const struct mark *m;

	if (!g_hash_table_size(a->marks) && !g_hash_table_size(a->seen))
		return;
	alert_id(id, key, 0);
	if (g_hash_table_remove(a->seen, id))
		a->c.seen(a->c.ctx, id, 0);
	m = mark_of(a, id);
	if (m && !mark_mutes(m))
		mark_drop(a, id);
}

bool alerts_stood(struct alerts *a, const char *cause, const char *object)
{
	char id[ALERT_ID_SIZE], *key = xasprintf("%s %s", cause, object);
	const struct line *l = line_of(a, key);

	alert_id(id, key, 0);
	free(key);
	return (l && l->stands && l->known) || g_hash_table_contains(a->seen, id);
}

/* ---- asked for by people ---- */

static struct err *none(const char *word)
{
	return err_new(ERR_NOTFOUND, "alert.none", "{s:s}", "object", word);
}

struct err *alerts_find(struct alerts *a, const char *word, struct alert **out)
{
	struct line *l = g_hash_table_lookup(a->by_id, word), *one = NULL;
	GHashTableIter it;
	gpointer p;
	struct buf ids = { 0 };
	int n = 0;

	*out = l ? l->alert : NULL;
	if (l)
		return *out ? NULL : none(word);
	g_hash_table_iter_init(&it, a->lines);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		l = p;
		if (!l->alert || l->cleared || strcmp(l->object, word) != 0)
			continue;
		one = l;
		if (n++ < 8)
			buf_printf(&ids, "%s%s", n > 1 ? ", " : "", l->id);
	}
	buf_append(&ids, "", 1);
	struct err *e = NULL;
	if (n == 1)
		*out = one->alert;
	else
		e = n ? err_new(ERR_USAGE, "alert.ambiguous", "{s:s, s:s}", "object", word, "candidates", ids.data) : none(word);
	buf_free(&ids);
	return e;
}

int64_t alerts_marked(struct alerts *a, const char *id)
{
	const struct mark *m = mark_of(a, id);

	return m ? m->at : 0;
}

void alerts_set(struct alerts *a, const struct store_alert *m)
{
	struct line *l = g_hash_table_lookup(a->by_id, m->id);

	if (strcmp(m->state, "new") == 0)
		g_hash_table_remove(a->marks, m->id);
	else
		keep_mark(a, m);
	if (l)
		line_refresh(a, l);
	else if (strcmp(m->state, "new") != 0)
		mark_drop(a, m->id); /* it ended while this was written */
}
