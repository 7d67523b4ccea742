/* How a line lives (alerts.h): it comes and goes with its cause, is hidden behind another, is acknowledged or muted, flaps, and stays
 * listed for a while when it is over. Its object in the registry is made and changed here alone. */
#include "watch/alerts_inside.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_S 600     /* nothing is waited for longer: the clock on the wall may be set */
#define COARSE_S 10    /* what ends by time alone ends with others */

/* ---- names ---- */

char *alert_key(enum alert_cause c, const char *object)
{
	return xasprintf("%s %s", alert_cause_name(c), object);
}

static void name_line(struct alerts *a, struct line *l)
{
	for (uint32_t salt = 0;; salt++) {
		alert_id(l->id, l->key, salt);
		if (!g_hash_table_lookup(a->by_id, l->id))
			return;
	}
}

/* ---- time ---- */

void lines_arm(struct alerts *a, int64_t at)
{
	int64_t left, now = clock_wall_s();

	if (a->due && a->due <= at)
		return;
	a->due = at;
	left = at - now < 1 ? 1 : at - now > LOOK_S ? LOOK_S : at - now;
	loop_timer_set(a->timer, left * 1000);
}

/* Not to the second: what ends at about the same time is looked at together. */
static void arm_coarse(struct alerts *a, int64_t at)
{
	lines_arm(a, (at / COARSE_S + 1) * COARSE_S);
}

static void on_time(void *ctx)
{
	struct alerts *a = ctx;
	GHashTableIter it;
	gpointer l;
	GPtrArray *all = g_ptr_array_new();

	a->due = 0;
	marks_drop_old(a);
	g_hash_table_iter_init(&it, a->lines);
	while (g_hash_table_iter_next(&it, NULL, &l))
		g_ptr_array_add(all, l);
	for (guint i = 0; i < all->len; i++)
		line_refresh(a, all->pdata[i]);
	g_ptr_array_free(all, TRUE);
}

/* How often it came or went in the last ten minutes; *oldest: when the oldest of these was. */
static unsigned changes(const struct line *l, int64_t now, int64_t *oldest)
{
	unsigned n = 0;

	*oldest = 0;
	for (unsigned i = 0; i < FLIPS_MAX && i < l->nflips; i++) {
		if (l->flips[i] <= now - ALERT_FLAP_S)
			continue;
		n++;
		if (!*oldest || l->flips[i] < *oldest)
			*oldest = l->flips[i];
	}
	return n;
}

static void flip(struct line *l, int64_t now)
{
	l->flips[l->nflips % FLIPS_MAX] = now;
	if (++l->nflips == 2 * FLIPS_MAX)
		l->nflips = FLIPS_MAX;
}

/* ---- its object ---- */

static void hide(struct alerts *a, struct line *l)
{
	struct alert *o = l->alert;

	l->alert = NULL;
	g_queue_remove(a->cleared, l);
	if (o)
		registry_remove(a->c.objects, KIND_ALERT, o);
}

static void show(struct alerts *a, struct line *l, const char *state, int64_t cleared, unsigned n)
{
	bool fresh = l->alert == NULL, moved, gen;
	const struct mark *m = mark_of(a, l->id);
	struct alert *o = fresh ? object_new(KIND_ALERT) : l->alert;

	if (fresh)
		intern_set(&o->id, l->id);
	gen = intern_change(&o->state, state);
	gen |= intern_change(&o->level, l->level == LEVEL_ALERT ? "alert" : "warning");
	moved = gen;
	moved |= intern_change(&o->object, l->object);
	moved |= intern_change(&o->name, l->name);
	moved |= intern_change(&o->place, l->place);
	moved |= intern_change(&o->rack, l->rack);
	bool said = intern_change(&o->text, l->text);
	if (said || gen) {
		moved = true;
		l->changed = clock_wall_s();
	}
	moved |= intern_change(&o->text_id, l->text_id);
	moved |= intern_change(&o->by, m ? m->by : "");
	moved |= intern_change(&o->ticket, m ? m->ticket : "");
	moved |= intern_change(&o->note, m ? m->note : "");
	moved |= int_change(&o->muted_until, mark_mutes(m) ? m->until : 0);
	moved |= int_change(&o->since, l->since);
	moved |= int_change(&o->changed, l->changed);
	moved |= int_change(&o->cleared, cleared);
	moved |= int_change(&o->behind, l->behind);
	moved |= int_change(&o->tenants, l->tenants);
	moved |= int_change(&o->changes, n);
	moved |= o->flapping != l->flapping;
	o->flapping = l->flapping;
	if (fresh) {
		l->alert = o;
		registry_add(a->c.objects, KIND_ALERT, o);
	} else if (moved) {
		registry_changed(a->c.objects, KIND_ALERT, o, gen);
	}
}

/* ---- news ---- */

static void tell(struct alerts *a, const struct line *l, const char *id)
{
	struct msg m;

	msg_make(&m, id, "{s:s, s:s, s:s, s:I}", "text", l->text, "alert", l->id, "level", l->level == LEVEL_ALERT ? "alert" : "warning",
		"behind", (json_int_t)l->behind);
	a->c.happened(a->c.ctx, l->kind, l->object, l->name, &m);
	msg_free(&m);
}

/* Is it told by the news of hosts, managers and metal already (broker/news.c)? Nobody wants to read it twice. */
static bool told_elsewhere(const struct line *l, bool over)
{
	static const char *const both[] = { "alert.host.", "manager.alert.silent", "manager.alert.denied", "manager.alert.busy", "blade.alert.on" };
	static const char *const coming[] = { "blade.alert.", "enclosure.alert.", "manager.alert.", "fleet." };

	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++)
		if (strncmp(l->text_id, both[i], strlen(both[i])) == 0)
			return true;
	for (size_t i = 0; !over && i < sizeof coming / sizeof coming[0]; i++)
		if (strncmp(l->text_id, coming[i], strlen(coming[i])) == 0)
			return true;
	return !over && l->cause == CAUSE_VM;
}

/* ---- its life ---- */

static void line_free(void *p)
{
	struct line *l = p;

	free(l->key);
	free(l->object);
	free(l->name);
	free(l->place);
	free(l->rack);
	free(l->text);
	free(l->text_id);
	free(l);
}

static void end(struct alerts *a, struct line *l)
{
	hide(a, l);
	if (l->stands)
		a->c.seen(a->c.ctx, l->id, 0);
	g_hash_table_remove(a->by_id, l->id);
	g_hash_table_remove(a->lines, l->key);
}

static void comes(struct alerts *a, struct line *l)
{
	bool again = l->shown;

	l->shown = true;
	if (!l->known && !again && !l->flapping && !told_elsewhere(l, false))
		tell(a, l, "alert.raised");
}

/* What has ended is listed for a while, newest first; so many, and no more. */
static void list_cleared(struct alerts *a, struct line *l)
{
	if (g_queue_find(a->cleared, l))
		return;
	g_queue_push_tail(a->cleared, l);
	if (g_queue_get_length(a->cleared) > ALERT_CLEARED_MAX) {
		struct line *oldest = g_queue_pop_head(a->cleared);
		oldest->cleared = 1; /* long ago */
		lines_arm(a, clock_wall_s() + 1);
	}
}

/* Counted behind another one. When that ends first it is no news, and when it ends first it never was an alert. */
static void hidden(struct alerts *a, struct line *l, bool remembered)
{
	hide(a, l);
	l->known = true;
	if (l->stands)
		return;
	l->shown = false;
	l->cleared = 0;
	if (!remembered)
		end(a, l);
}

void line_refresh(struct alerts *a, struct line *l)
{
	int64_t now = clock_wall_s(), oldest;
	unsigned n = changes(l, now, &oldest);
	const struct mark *m = mark_of(a, l->id);

	if (n >= ALERT_FLAPPING && !l->flapping) {
		l->flapping = true;
		if (l->alert)
			tell(a, l, "alert.flapping");
	} else if (n == 0) {
		l->flapping = false;
	}
	if (n)
		arm_coarse(a, oldest + ALERT_FLAP_S);
	if (mark_mutes(m) && m->until <= now) {
		if (l->stands)
			tell(a, l, "alert.unmuted");
		mark_drop(a, l->id);
		m = NULL;
	} else if (mark_mutes(m)) {
		lines_arm(a, m->until);
	}
	if (l->covered) {
		hidden(a, l, n > 0 || m);
		return;
	}
	if (l->stands || (l->flapping && l->shown)) {
		if (l->stands && now < l->due) {
			lines_arm(a, l->due);
			return;
		}
		g_queue_remove(a->cleared, l);
		comes(a, l);
		show(a, l, m ? m->state : "new", 0, n);
		return;
	}
	if (m && !mark_mutes(m)) {
		/* What comes again is new again. */
		mark_drop(a, l->id);
		m = NULL;
	}
	if (l->shown && !l->cleared) {
		l->cleared = now;
		l->known = false;
		if (!told_elsewhere(l, true))
			tell(a, l, "alert.cleared");
		l->shown = false;
	}
	if (l->cleared && now < l->cleared + ALERT_CLEARED_S) {
		show(a, l, "cleared", l->cleared, n);
		list_cleared(a, l);
		arm_coarse(a, l->cleared + ALERT_CLEARED_S);
	} else if (n || m) {
		hide(a, l); /* remembered, but not shown */
	} else {
		end(a, l);
	}
}

struct line *line_of(struct alerts *a, const char *key)
{
	return g_hash_table_lookup(a->lines, key);
}

static struct line *make(struct alerts *a, const char *key, enum alert_cause c)
{
	struct line *l = xcalloc(1, sizeof *l);

	l->key = xstrdup(key);
	l->cause = c;
	l->object = xstrdup("");
	l->name = xstrdup("");
	l->place = xstrdup("");
	l->rack = xstrdup("");
	l->text = xstrdup("");
	l->text_id = xstrdup("");
	name_line(a, l);
	g_hash_table_insert(a->lines, l->key, l);
	g_hash_table_insert(a->by_id, l->id, l);
	return l;
}

static void put(char **slot, const char *value)
{
	if (strcmp(*slot, value) == 0)
		return;
	free(*slot);
	*slot = xstrdup(value);
}

static void begins(struct alerts *a, struct line *l, const struct alert_say *s)
{
	int64_t now = clock_wall_s();
	const int64_t *since = g_hash_table_lookup(a->seen, l->id);

	l->stands = true;
	l->cleared = 0;
	l->since = s->since > 0 && s->since <= now ? s->since : now;
	/* Known from before: it is no news, and nothing is waited for again. */
	l->known = since != NULL;
	if (since)
		l->since = *since;
	l->due = since ? now : now + s->delay_s;
	if (!since)
		a->c.seen(a->c.ctx, l->id, l->since);
	g_hash_table_remove(a->seen, l->id);
	flip(l, now);
}

struct line *line_say(struct alerts *a, const char *key, const struct about *w, const struct alert_say *s)
{
	struct line *l = line_of(a, key);

	if (s->level == LEVEL_NONE) {
		if (!l)
			marks_well(a, key);
		if (!l || !l->stands)
			return l;
		l->stands = false;
		l->behind = l->tenants = 0;
		a->c.seen(a->c.ctx, l->id, 0);
		if (l->shown || l->nflips > 1)
			flip(l, clock_wall_s());
		line_refresh(a, l);
		return line_of(a, key); /* it may have ended with that */
	}
	if (!l)
		l = make(a, key, s->cause);
	l->kind = w->kind;
	put(&l->object, w->object);
	put(&l->name, w->name);
	put(&l->place, w->place);
	put(&l->rack, w->rack);
	put(&l->text, s->text);
	put(&l->text_id, s->id);
	l->level = s->level;
	l->behind = s->behind;
	l->tenants = s->tenants;
	if (!l->stands)
		begins(a, l, s);
	return l;
}

void line_cover(struct alerts *a, struct line *l, bool covered)
{
	l->covered = covered;
	line_refresh(a, l);
}

void line_behind(struct alerts *a, struct line *l, int64_t behind, int64_t tenants)
{
	l->behind = behind;
	l->tenants = tenants;
	line_refresh(a, l);
}

void line_forget(struct alerts *a, struct line *l)
{
	mark_drop(a, l->id);
	end(a, l);
}

/* ---- life ---- */

void lines_init(struct alerts *a)
{
	a->lines = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, line_free);
	a->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	a->marks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, mark_free);
	a->seen = g_hash_table_new_full(g_str_hash, g_str_equal, free, g_free);
	a->cleared = g_queue_new();
	a->timer = loop_timer_new(a->c.loop, on_time, a);
}

void lines_free(struct alerts *a)
{
	loop_timer_free(a->timer);
	g_queue_free(a->cleared);
	g_hash_table_destroy(a->by_id);
	g_hash_table_destroy(a->lines);
	g_hash_table_destroy(a->marks);
	g_hash_table_destroy(a->seen);
}
