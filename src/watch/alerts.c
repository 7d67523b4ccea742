/* Who says what (alerts.h): objects of the registry that changed are looked at once at the end of a turn; what they say becomes lines,
 * and counts in the places where they stand. */
#include "watch/alerts_inside.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

/* ---- an object's key ---- */

static gint64 key_of(enum kind k, uint32_t slot)
{
	return (gint64)k << 32 | slot;
}

static struct teller *teller_of(struct alerts *a, gint64 key)
{
	return g_hash_table_lookup(a->tellers, &key);
}

static void teller_free(void *p)
{
	struct teller *t = p;

	whose_free(&t->whose);
	free(t->id);
	free(t);
}

/* ---- where things stand ---- */

static struct node *site_node(struct alerts *a)
{
	const struct site *s = registry_find(a->c.objects, KIND_SITE, "site");

	if (!a->site)
		a->site = tree_node(a, KIND_SITE, "", NULL);
	if (s && strcmp(a->site->name, s->name) != 0) {
		free(a->site->name);
		a->site->name = xstrdup(s->name);
	}
	return a->site;
}

static struct node *rack_node(struct alerts *a, const char *rack)
{
	return *rack ? tree_node(a, KIND_RACK, rack, site_node(a)) : site_node(a);
}

static struct node *enclosure_node(struct alerts *a, const char *enclosure, const char *rack)
{
	return *enclosure ? tree_node(a, KIND_ENCLOSURE, enclosure, rack_node(a, rack)) : rack_node(a, rack);
}

static const struct blade *blade_named(struct alerts *a, const char *name)
{
	void *b = NULL;

	return *name && registry_named(a->c.objects, KIND_BLADE, name, &b, 1) ? b : NULL;
}

static char *place_of(const struct blade *b)
{
	if (!b || !*b->rack)
		return xstrdup("");
	if (!*b->enclosure)
		return xasprintf("rack %s", b->rack);
	return xasprintf("rack %s, %s, bay %s", b->rack, b->enclosure, b->bay);
}

/* What a line says of its object. The place is the caller's. */
static struct about about(struct alerts *a, enum kind k, const void *o, char **place)
{
	const struct object *any = o;
	struct about w = { .kind = k, .object = any->id, .name = "", .rack = "" };
	const struct blade *b = NULL;
	const struct enclosure *e = k == KIND_ENCLOSURE ? o : NULL;

	if (k == KIND_BLADE)
		b = o;
	else if (k == KIND_VM)
		b = blade_named(a, ((const struct vm *)o)->blade);
	w.name = k == KIND_VM ? ((const struct vm *)o)->name : e ? e->name : k == KIND_CLUSTER ? ((const struct cluster *)o)->name :
		k == KIND_VOLUME ? ((const struct volume *)o)->name : k == KIND_JOB ? ((const struct job *)o)->targets : b ? b->name : "";
	if (k == KIND_BLADE && !*w.name) /* a bay that holds what nobody knows */
		w.name = any->id + strlen("blade:");
	*place = e ? xasprintf("rack %s", e->rack) : place_of(b);
	w.place = *place;
	w.rack = e ? e->rack : b ? b->rack : "";
	return w;
}

/* ---- one object ---- */

static void forget(struct alerts *a, gint64 key, struct teller *t)
{
	for (int c = 0; c < CAUSE_HOSTS; c++) {
		if (!(t->causes & 1u << c))
			continue;
		char *k = alert_key((enum alert_cause)c, t->id);
		struct line *l = line_of(a, k);
		if (l)
			line_forget(a, l);
		free(k);
	}
	for (int i = 0; i < CROWD_CAUSES; i++)
		tree_crowd(a, t, NULL, &(struct alert_say){ .cause = (enum alert_cause)(CAUSE_TWICE + i), .id = "" }, NULL);
	if (t->kind == KIND_ENCLOSURE && t->at)
		tree_dark(a, t->at, false);
	tree_count(a, t, false, false);
	tree_place(a, t, NULL);
	g_hash_table_remove(a->tellers, &key);
}

static bool own_manager(struct alerts *a, const struct blade *b)
{
	void *e = NULL;

	if (b->manager == MANAGER_NONE)
		return false;
	return !*b->enclosure || !registry_named(a->c.objects, KIND_ENCLOSURE, b->enclosure, &e, 1) ||
		((const struct enclosure *)e)->manager == MANAGER_NONE;
}

/* Counts of silent hosts, before anything is said: what completes a rack is no line of its own. */
static void count(struct alerts *a, struct teller *t, const void *o, const struct alert_say *says, size_t n)
{
	const struct blade *b = o;
	const struct enclosure *e = o;

	if (t->kind == KIND_ENCLOSURE) {
		tree_place(a, t, enclosure_node(a, e->name, e->rack));
		tree_dark(a, t->at, e->manager == MANAGER_SILENT || (e->manager == MANAGER_CONNECTING && t->at->dark) || alert_no_power(e));
		tree_queue(a, t->at);
	}
	if (t->kind != KIND_BLADE)
		return;
	tree_place(a, t, enclosure_node(a, b->enclosure, b->rack));
	bool silent = t->silent; /* as it was, where nobody knows */
	for (size_t i = 0; i < n; i++)
		if (says[i].cause == CAUSE_HOST)
			silent = says[i].level != LEVEL_NONE;
	bool expected = alert_host_expected(b);
	struct whose now = { NULL };
	tree_count(a, t, expected, expected && silent);
	if (expected && silent)
		whose_of_blade(&now, a->c.objects, b);
	tree_whose(a, t, &now);
}

/* What ends while it is counted behind another one ends unseen, also where that ends with it. */
static void hush(struct alerts *a, const struct teller *t, const void *o, const struct alert_say *says, size_t n)
{
	char *place;
	struct about w = about(a, t->kind, o, &place);

	for (size_t i = 0; i < n; i++) {
		char *key = alert_key(says[i].cause, t->id);
		const struct line *l = says[i].level ? NULL : line_of(a, key);
		if (l && l->covered)
			line_say(a, key, &w, &says[i]);
		free(key);
	}
	free(place);
}

/* The line of what made an enclosure dark has its hosts behind it. */
static void hosts_behind(const struct teller *t, struct alert_say *says, size_t n)
{
	if (t->kind != KIND_ENCLOSURE || !t->at || !t->at->dark)
		return;
	for (int c = 0; c < 2; c++)
		for (size_t i = 0; i < n; i++)
			if (says[i].level && says[i].cause == (c ? CAUSE_HEALTH : CAUSE_MANAGER)) {
				says[i].behind = t->at->silent;
				says[i].tenants = whose_count(&t->at->whose);
				return;
			}
}

/* The VMs that are behind a blade are all that ran there. */
static void whose_behind(struct alerts *a, const struct teller *t, const struct blade *b, struct alert_say *says, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct whose w = { NULL };

		if (!says[i].level || says[i].behind <= 0)
			continue;
		if (!t->silent)
			whose_of_blade(&w, a->c.objects, b);
		says[i].tenants = whose_count(t->silent ? &t->whose : &w);
		whose_free(&w);
	}
}

static void speak(struct alerts *a, struct teller *t, const void *o, const struct alert_say *says, size_t n)
{
	char *place;
	struct about w = about(a, t->kind, o, &place);

	for (size_t i = 0; i < n; i++) {
		char *key = alert_key(says[i].cause, t->id);
		if (t->kind == KIND_VM)
			tree_crowd(a, t, o, &says[i], &w);
		struct line *l = line_say(a, key, &w, &says[i]);
		if (l && says[i].level)
			line_cover(a, l, tree_covers(t, says[i].cause));
		if (line_of(a, key))
			t->causes |= 1u << says[i].cause;
		else
			t->causes &= ~(1u << says[i].cause);
		free(key);
	}
	free(place);
}

/* The object at this place, known by its id: a slot may have another one by now. */
static void *object_of(struct alerts *a, gint64 key, enum kind *k)
{
	*k = (enum kind)(key >> 32);
	return registry_at(a->c.objects, *k, (uint32_t)key);
}

static struct teller *meet(struct alerts *a, gint64 key, enum kind k, const void *o)
{
	struct teller *t = teller_of(a, key);

	if (t && (!o || strcmp(t->id, ((const struct object *)o)->id) != 0)) {
		forget(a, key, t);
		t = NULL;
	}
	if (t || !o)
		return t;
	t = xcalloc(1, sizeof *t);
	t->kind = k;
	t->id = xstrdup(((const struct object *)o)->id);
	g_hash_table_insert(a->tellers, g_memdup2(&key, sizeof key), t);
	return t;
}

static void look(struct alerts *a, gint64 key, bool counting)
{
	struct alert_say says[ALERT_SAYS_MAX];
	enum kind k;
	void *o = object_of(a, key, &k);
	struct teller *t = meet(a, key, k, o);
	size_t n;

	if (!t)
		return;
	n = alert_says(k, o, k == KIND_BLADE && own_manager(a, o), says);
	if (counting) {
		hush(a, t, o, says, n);
		count(a, t, o, says, n);
	} else {
		hosts_behind(t, says, n);
		if (k == KIND_BLADE)
			whose_behind(a, t, o, says, n);
		speak(a, t, o, says, n);
	}
	for (size_t i = 0; i < n; i++)
		alert_say_free(&says[i]);
	if (!counting && (k == KIND_VM || k == KIND_JOB) && !t->causes && !alert_may_say(k, o))
		forget(a, key, t);
}

static void work(void *ctx)
{
	struct alerts *a = ctx;
	GHashTable *now = a->dirty;
	GHashTableIter it;
	gpointer key;

	a->dirty = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (int counting = 1; counting >= 0; counting--) {
		g_hash_table_iter_init(&it, now);
		while (g_hash_table_iter_next(&it, &key, NULL))
			look(a, *(gint64 *)key, counting == 1);
		tree_settle(a);
	}
	g_hash_table_destroy(now);
}

/* ---- the registry's news ---- */

static void mark(struct alerts *a, enum kind k, uint32_t slot)
{
	gint64 key = key_of(k, slot);

	if (!g_hash_table_size(a->dirty))
		loop_soon(a->c.loop, work, a);
	if (!g_hash_table_contains(a->dirty, &key))
		g_hash_table_add(a->dirty, g_memdup2(&key, sizeof key));
}

/* It said nothing, stands where it stood, and is counted as one that answers. */
static bool is_counted(const struct teller *t, const struct blade *b)
{
	return !t->causes && t->expected && !t->silent && t->at && strcmp(t->id, b->id) == 0 &&
		strcmp(t->at->name, *b->enclosure ? b->enclosure : b->rack) == 0;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct alerts *a = ctx;

	if (k == KIND_ALERT || k == KIND_SITE || k == KIND_RACK || k == KIND_NOTICE || k == KIND_LEASE)
		return;
	const struct teller *t = teller_of(a, key_of(k, slot));
	/* Blades are counted where they stand, also those that are well; their numbers move all the time. */
	if (k == KIND_BLADE ? !t || alert_may_say(k, object) || a->settled_at || !is_counted(t, object) : t || alert_may_say(k, object))
		mark(a, k, slot);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct alerts *a = ctx;

	if (k != KIND_ALERT && teller_of(a, key_of(k, slot)))
		mark(a, k, slot);
}

/* ---- life ---- */

struct alerts *alerts_new(const struct alerts_config *c)
{
	struct alerts *a = xcalloc(1, sizeof *a);

	a->c = *c;
	lines_init(a);
	tree_init(a);
	a->tellers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, teller_free);
	a->dirty = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	a->watch = (struct registry_watch){ .ctx = a, .changed = on_changed, .gone = on_gone };
	return a;
}

void alerts_start(struct alerts *a)
{
	for (int k = 0; k < KIND_COUNT; k++)
		for (uint32_t s = 0; s < registry_slots(a->c.objects, (enum kind)k); s++) {
			void *o = registry_at(a->c.objects, (enum kind)k, s);
			if (o)
				on_changed(a, (enum kind)k, s, o);
		}
	marks_start(a);
	registry_watch(a->c.objects, &a->watch);
	a->started = true;
}

void alerts_free(struct alerts *a)
{
	if (!a)
		return;
	if (a->started)
		registry_unwatch(a->c.objects, &a->watch);
	loop_soon_cancel(a->c.loop, work, a);
	lines_free(a);
	tree_free(a);
	g_hash_table_destroy(a->tellers);
	g_hash_table_destroy(a->dirty);
	free(a);
}
