/* What stands behind one cause (alerts_inside.h): hosts behind a silent manager, an enclosure without power, a rack or a site of
 * which nothing answers; VMs of one blade that all say the same. A change costs the places above it; what is hidden or shown
 * anew are the lines right below a place that begins or ends to stand for them. Called by alerts.c. */
#include "watch/alerts_inside.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define CROWD 3        /* so many VMs are one line ... */
#define CROWD_LEFT 2   /* ... until so few are left */

/* ---- places ---- */

static void node_free(void *p)
{
	struct node *n = p;

	g_ptr_array_free(n->kids, TRUE);
	g_ptr_array_free(n->tellers, TRUE);
	whose_free(&n->whose);
	free(n->id);
	free(n->name);
	free(n);
}

void tree_queue(struct alerts *a, struct node *n)
{
	if (n->queued)
		return;
	n->queued = true;
	g_ptr_array_add(a->queue, n);
}

static void add(struct node *n, int64_t hosts, int64_t silent, struct alerts *a)
{
	for (; n; n = n->parent) {
		n->hosts += hosts;
		n->silent += silent;
		tree_queue(a, n);
	}
}

static void add_whose(struct node *n, const struct whose *w, bool off, struct alerts *a)
{
	for (; n && whose_count(w) > 0; n = n->parent) {
		whose_all(&n->whose, w, off);
		tree_queue(a, n);
	}
}

struct node *tree_node(struct alerts *a, enum kind k, const char *name, struct node *parent)
{
	char *id = xasprintf("%s:%s", kind_name(k), name);
	struct node *n = g_hash_table_lookup(a->nodes, id);

	if (!n) {
		n = xcalloc(1, sizeof *n);
		n->kind = k;
		n->id = id;
		n->name = xstrdup(name);
		n->kids = g_ptr_array_new();
		n->tellers = g_ptr_array_new();
		g_hash_table_insert(a->nodes, n->id, n);
	} else {
		free(id);
	}
	if (parent && n->parent != parent) {
		if (n->parent) {
			g_ptr_array_remove_fast(n->parent->kids, n);
			add(n->parent, -n->hosts, -n->silent, a);
			add_whose(n->parent, &n->whose, true, a);
		}
		n->parent = parent;
		g_ptr_array_add(parent->kids, n);
		add(parent, n->hosts, n->silent, a);
		add_whose(parent, &n->whose, false, a);
		tree_queue(a, n);
	}
	return n;
}

void tree_count(struct alerts *a, struct teller *t, bool expected, bool silent)
{
	if (t->expected == expected && t->silent == silent)
		return;
	add(t->at, (int64_t)expected - (int64_t)t->expected, (int64_t)silent - (int64_t)t->silent, a);
	t->expected = expected;
	t->silent = silent;
}

void tree_whose(struct alerts *a, struct teller *t, struct whose *now)
{
	if (!whose_same(&t->whose, now)) {
		add_whose(t->at, &t->whose, true, a);
		add_whose(t->at, now, false, a);
	}
	whose_free(&t->whose);
	t->whose = *now;
	now->tenants = NULL;
}

void tree_place(struct alerts *a, struct teller *t, struct node *at)
{
	bool expected = t->expected, silent = t->silent;

	if (t->at == at)
		return;
	if (t->at) {
		tree_count(a, t, false, false);
		add_whose(t->at, &t->whose, true, a);
		g_ptr_array_remove_fast(t->at->tellers, t);
	}
	t->at = at;
	if (at) {
		g_ptr_array_add(at->tellers, t);
		tree_count(a, t, expected, silent);
		add_whose(at, &t->whose, false, a);
	}
}

void tree_dark(struct alerts *a, struct node *n, bool dark)
{
	if (n->dark == dark)
		return;
	n->dark = dark;
	tree_queue(a, n);
}

/* ---- what covers what ---- */

static bool whole_above(const struct node *n)
{
	for (; n; n = n->parent)
		if (n->whole)
			return true;
	return false;
}

static bool is_crowded(const struct teller *t, enum alert_cause c)
{
	return c >= CAUSE_TWICE && c < CAUSE_TWICE + CROWD_CAUSES && t->crowds[c - CAUSE_TWICE] && t->crowds[c - CAUSE_TWICE]->whole;
}

bool tree_covers(const struct teller *t, enum alert_cause c)
{
	const struct node *n = t->at;

	if (t->kind == KIND_VM)
		return is_crowded(t, c);
	if (t->kind == KIND_BLADE && c == CAUSE_HOST)
		return n && (n->dark || whole_above(n));
	/* A manager of its own, in a rack of which nothing answers. */
	if (t->kind == KIND_BLADE && c == CAUSE_MANAGER)
		return whole_above(n);
	if (t->kind == KIND_ENCLOSURE && c == CAUSE_MANAGER)
		return n && whole_above(n->parent);
	return false;
}

static bool hosts_covered(const struct node *n)
{
	return n->dark || whole_above(n->parent);
}

static void cover(struct alerts *a, const char *object, enum alert_cause c, bool covered)
{
	char *key = alert_key(c, object);
	struct line *l = line_of(a, key);

	if (l && l->covered != covered)
		line_cover(a, l, covered);
	free(key);
}

/* The lines right below a place that began or ended to stand for them, and below those that stand for none themselves. */
static void below(struct alerts *a, struct node *n)
{
	for (guint i = 0; i < n->tellers->len; i++) {
		struct teller *t = n->tellers->pdata[i];

		for (int c = 0; c < CAUSE_HOSTS; c++)
			if (t->causes & 1u << c)
				cover(a, t->id, (enum alert_cause)c, tree_covers(t, (enum alert_cause)c));
	}
	for (guint i = 0; i < n->kids->len; i++) {
		struct node *kid = n->kids->pdata[i];

		cover(a, kid->id, CAUSE_HOSTS, hosts_covered(kid));
		cover(a, kid->id, CAUSE_MANAGER, whole_above(n));
		if (!kid->whole)
			below(a, kid);
	}
}

/* ---- all hosts of a place ---- */

static bool is_whole(const struct node *n)
{
	unsigned kids = 0;

	if (n->whole) /* until half of them are back: no storm of lines while a rack comes up */
		return n->silent > 0 && n->silent * 2 > n->hosts;
	if (n->hosts < 2 || n->silent < n->hosts)
		return false;
	for (guint i = 0; i < n->kids->len; i++)
		kids += ((const struct node *)n->kids->pdata[i])->hosts > 0;
	return n->kind != KIND_SITE || kids > 1;
}

static const char *text_of(enum kind k)
{
	return k == KIND_SITE ? "alert.hosts.site" : k == KIND_RACK ? "alert.hosts.rack" : "alert.hosts.enclosure";
}

static void say_hosts(struct alerts *a, struct node *n)
{
	char *key = alert_key(CAUSE_HOSTS, n->id), *place = n->kind == KIND_ENCLOSURE && n->parent ? xasprintf("rack %s", n->parent->name) : xstrdup("");
	struct alert_say s = { .cause = CAUSE_HOSTS, .level = n->whole ? LEVEL_ALERT : LEVEL_NONE, .id = text_of(n->kind), .behind = n->silent,
		.tenants = whose_count(&n->whose) };
	struct about w = { .kind = n->kind, .object = n->kind == KIND_SITE ? "site" : n->id, .name = n->name, .place = place,
		.rack = n->kind == KIND_RACK ? n->name : n->kind == KIND_ENCLOSURE && n->parent ? n->parent->name : "" };
	struct msg m;

	msg_make(&m, s.id, "{s:s}", "name", n->name);
	s.text = m.text;
	struct line *l = line_say(a, key, &w, &s);
	if (n->whole && l)
		line_cover(a, l, hosts_covered(n));
	msg_free(&m);
	free(key);
	free(place);
}

/* The line of what made it dark has its hosts behind it. */
static void say_behind(struct alerts *a, const struct node *n)
{
	static const enum alert_cause by[] = { CAUSE_MANAGER, CAUSE_HEALTH };

	if (n->kind != KIND_ENCLOSURE)
		return;
	for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
		char *key = alert_key(by[i], n->id);
		struct line *l = line_of(a, key);
		int64_t behind = n->dark ? n->silent : 0, tenants = n->dark ? whose_count(&n->whose) : 0;

		free(key);
		if (!l || !l->stands)
			continue;
		if (l->behind != behind || l->tenants != tenants)
			line_behind(a, l, behind, tenants);
		if (n->dark)
			return; /* one of them has them */
	}
}

static void settle_node(struct alerts *a, struct node *n)
{
	bool was = n->whole;

	n->whole = is_whole(n);
	if (n->whole || was)
		say_hosts(a, n);
	if (n->whole != was || n->dark != n->was_dark)
		below(a, n);
	n->was_dark = n->dark;
	say_behind(a, n);
}

/* ---- VMs that say the same ---- */

static void crowd_free(void *p)
{
	struct crowd *c = p;

	g_ptr_array_free(c->tellers, TRUE);
	free(c->key);
	free(c->blade);
	free(c->text);
	free(c->place);
	free(c->rack);
	free(c);
}

/* The text without the name of the VM. */
static char *nameless(const char *text, const char *name)
{
	struct buf b = { 0 };
	size_t n = strlen(name);
	const char *at;

	while (n && (at = strstr(text, name))) {
		buf_append(&b, text, (size_t)(at - text));
		buf_str(&b, "*");
		text = at + n;
	}
	buf_str(&b, text);
	buf_append(&b, "", 1);
	return b.data;
}

static void leave(struct alerts *a, struct teller *t, int slot)
{
	struct crowd *c = t->crowds[slot];

	if (!c)
		return;
	t->crowds[slot] = NULL;
	g_ptr_array_remove_fast(c->tellers, t);
	if (!c->queued) {
		c->queued = true;
		g_ptr_array_add(a->crowd_queue, c);
	}
}

void tree_crowd(struct alerts *a, struct teller *t, const struct vm *vm, const struct alert_say *s, const struct about *w)
{
	int slot = (int)s->cause - (int)CAUSE_TWICE;
	char *text, *object, *key;
	struct crowd *c;

	if (slot < 0 || slot >= CROWD_CAUSES)
		return;
	if (s->level == LEVEL_NONE || !vm || !*vm->blade) {
		leave(a, t, slot);
		return;
	}
	text = nameless(s->text, vm->name);
	object = xasprintf("blade:%s %s", vm->blade, text);
	key = alert_key(CAUSE_VMS, object);
	c = g_hash_table_lookup(a->crowds, key);
	if (!c) {
		c = xcalloc(1, sizeof *c);
		*c = (struct crowd){ .key = xstrdup(key), .blade = xstrdup(vm->blade), .text = xstrdup(s->text), .level = s->level,
			.place = xstrdup(w->place), .rack = xstrdup(w->rack), .tellers = g_ptr_array_new() };
		g_hash_table_insert(a->crowds, c->key, c);
	}
	if (t->crowds[slot] != c) {
		leave(a, t, slot);
		t->crowds[slot] = c;
		g_ptr_array_add(c->tellers, t);
		if (!c->queued) {
			c->queued = true;
			g_ptr_array_add(a->crowd_queue, c);
		}
	}
	free(text);
	free(object);
	free(key);
}

static void say_crowd(struct alerts *a, struct crowd *c)
{
	char *object = xasprintf("blade:%s", c->blade);
	struct alert_say s = { .cause = CAUSE_VMS, .level = c->whole ? c->level : LEVEL_NONE, .id = "alert.vms", .behind = c->tellers->len };
	struct about w = { .kind = KIND_BLADE, .object = object, .name = c->blade, .place = c->place, .rack = c->rack };
	struct whose whose = { NULL };
	struct msg m;

	for (guint i = 0; c->whole && i < c->tellers->len; i++) {
		const struct vm *vm = registry_find(a->c.objects, KIND_VM, ((const struct teller *)c->tellers->pdata[i])->id);

		if (vm)
			whose_add(&whose, vm->tenant);
	}
	s.tenants = whose_count(&whose);
	whose_free(&whose);
	msg_make(&m, s.id, "{s:s, s:s}", "name", c->blade, "text", c->text);
	s.text = m.text;
	struct line *l = line_say(a, c->key, &w, &s);
	if (c->whole && l)
		line_cover(a, l, false);
	msg_free(&m);
	free(object);
}

static void settle_crowd(struct alerts *a, struct crowd *c)
{
	bool was = c->whole;

	c->queued = false;
	c->whole = was ? c->tellers->len > CROWD_LEFT : c->tellers->len >= CROWD;
	if (c->whole || was)
		say_crowd(a, c);
	for (guint i = 0; c->whole != was && i < c->tellers->len; i++) {
		const struct teller *t = c->tellers->pdata[i];

		for (int k = 0; k < CROWD_CAUSES; k++)
			if (t->crowds[k] == c)
				cover(a, t->id, (enum alert_cause)(CAUSE_TWICE + k), c->whole);
	}
	if (!c->tellers->len)
		g_hash_table_remove(a->crowds, c->key);
}

/* ---- all ---- */

void tree_settle(struct alerts *a)
{
	while (a->crowd_queue->len) {
		struct crowd *c = a->crowd_queue->pdata[a->crowd_queue->len - 1];

		g_ptr_array_set_size(a->crowd_queue, (gint)a->crowd_queue->len - 1);
		settle_crowd(a, c);
	}
	for (guint i = 0; i < a->queue->len; i++) {
		struct node *n = a->queue->pdata[i];

		n->queued = false;
		settle_node(a, n);
	}
	g_ptr_array_set_size(a->queue, 0);
}

void tree_init(struct alerts *a)
{
	a->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, node_free);
	a->crowds = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, crowd_free);
	a->queue = g_ptr_array_new();
	a->crowd_queue = g_ptr_array_new();
}

void tree_free(struct alerts *a)
{
	g_ptr_array_free(a->queue, TRUE);
	g_ptr_array_free(a->crowd_queue, TRUE);
	g_hash_table_destroy(a->crowds);
	g_hash_table_destroy(a->nodes);
}
