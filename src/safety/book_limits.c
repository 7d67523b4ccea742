/* Limits against what the book holds, temporary changes of them, and the moments at which time alone moves something. */
#include "safety/book_inside.h"

#include "common/clock.h"
#include "safety/book_words.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_S 3600  /* the wall clock may be set: nothing is waited for longer */

/* ---- which limits hold now ---- */

const struct change *book_change(struct book *b, const char *object, enum limit_kind k)
{
	const struct change *list = g_hash_table_lookup(b->changes, object);

	return list && list[k].set ? &list[k] : NULL;
}

static const struct change *change_now(struct book *b, const char *object, enum limit_kind k)
{
	const struct change *c = book_change(b, object, k);

	return c && c->until > clock_wall_s() ? c : NULL;
}

struct limits book_limits_now(struct book *b, const char *object, const struct limits *site)
{
	struct limits l = *site;

	for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
		const struct change *c = change_now(b, object, (enum limit_kind)k);
		if (c)
			l.of[k] = c->limit;
	}
	return l;
}

/* ---- what is used ---- */

struct times { int64_t *list; size_t n, size; };

static void times_add(struct times *t, int64_t at)
{
	if (t->n == t->size) {
		t->size = t->size ? t->size * 2 : 32;
		t->list = xrealloc(t->list, t->size * sizeof *t->list);
	}
	t->list[t->n++] = at;
}

static bool is_but(const struct snapshot *s, const char *but)
{
	return but[0] && strcmp(s->id, but) == 0;
}

/* The asker's own reservation is not held against it. */
static void leave_out(const struct snapshot *s, struct quota_use *u)
{
	if (s->state != SNAP_RESERVED && s->state != SNAP_SENT)
		return;
	u->busy--;
	u->space_busy -= s->bytes;
}

static void vm_use(struct book *b, const struct held *h, const char *but, bool taken, struct quota_use *u, struct times *t)
{
	int64_t since = book_now(b) - BOOK_TAKEN_S;

	*u = (struct quota_use){ .kept = h->kept, .busy = h->busy, .space = h->space, .space_busy = h->space_busy,
		.space_known = h->space_known, .disks = h->disks_known ? h->disks : 0 };
	for (const struct snapshot *s = h->rows; s && s->at >= since; s = s->next) {
		if (!s->charged[0])
			continue;
		if (is_but(s, but))
			leave_out(s, u);
		else if (taken && book_counts_as_taken(s))
			times_add(t, s->at);
	}
	/* The newest came first. */
	for (size_t i = 0; i < t->n / 2; i++) {
		int64_t swap = t->list[i];
		t->list[i] = t->list[t->n - 1 - i];
		t->list[t->n - 1 - i] = swap;
	}
}

static void tenant_use(struct book *b, const struct account *a, const char *but, bool taken, struct quota_use *u, struct times *t)
{
	int64_t since = book_now(b) - BOOK_TAKEN_S;
	const struct snapshot *own = but[0] ? book_find(b, but) : NULL;
	guint i = a->rows->len;

	*u = (struct quota_use){ .kept = a->kept, .busy = a->busy, .space = a->space, .space_busy = a->space_busy,
		.space_known = a->space_unknown == 0 };
	if (own && strcmp(own->charged, a->name) == 0)
		leave_out(own, u);
	if (!taken)
		return;
	while (i > 0 && ((const struct snapshot *)a->rows->pdata[i - 1])->at >= since)
		i--;
	for (; i < a->rows->len; i++) {
		const struct snapshot *s = a->rows->pdata[i];
		if (!is_but(s, but) && book_counts_as_taken(s))
			times_add(t, s->at);
	}
}

/* ---- lines ---- */

/* What is charged to the provider needs nothing of a tenant's limits. */
static void finish_lines(struct book *b, const char *object, size_t from, bool charged, struct quota *q)
{
	for (size_t i = from; i < q->n; i++) {
		struct quota_line *l = &q->lines[i];
		const struct change *c = change_now(b, object, l->kind);
		if (c) {
			l->until = c->until;
			l->ref = c->ref;
		}
		if (!charged) {
			l->needed = l->next = 0;
			l->full = false;
		}
	}
}

static const char *zone_of(const struct book *b, const char *tenant)
{
	const char *zone = b->site ? site_zone_of(b->site, tenant) : "";

	return zone ? zone : "";
}

void book_server_lines(struct book *b, const struct held *h, const char *but, uint64_t bytes, bool charged, struct quota *q)
{
	struct limits l = book_limits_now(b, h->id, &h->limits);
	struct times t = { 0 };
	struct quota_use u;
	size_t from = q->n;

	vm_use(b, h, but, l.of[LIMIT_TAKEN].set == LIMIT_MAX, &u, &t);
	u.taken = t.list;
	u.ntaken = t.n;
	quota_add(q, QUOTA_SERVER, &l, &u, book_now(b), zone_of(b, h->owner ? h->owner->name : ""), bytes);
	finish_lines(b, h->id, from, charged, q);
	free(t.list);
}

void book_tenant_lines(struct book *b, const struct account *a, const char *but, uint64_t bytes, bool charged, struct quota *q)
{
	char *object = xasprintf("tenant:%s", a->name);
	struct limits l = book_limits_now(b, object, &a->limits);
	struct times t = { 0 };
	struct quota_use u;
	size_t from = q->n;

	tenant_use(b, a, but, l.of[LIMIT_TAKEN].set == LIMIT_MAX, &u, &t);
	u.taken = t.list;
	u.ntaken = t.n;
	quota_add(q, QUOTA_TENANT, &l, &u, book_now(b), zone_of(b, a->name), bytes);
	finish_lines(b, object, from, charged, q);
	free(t.list);
	free(object);
}

void book_quota(struct book *b, const struct book_ask *ask, struct quota *out)
{
	struct held *h = book_hold(b, ask->vm->id);
	const char *but = ask->but ? ask->but : "", *charged = ask->charged ? ask->charged : "";

	memset(out, 0, sizeof *out);
	book_server_lines(b, h, but, ask->bytes, charged[0], out);
	struct account *a = charged[0] ? book_account(b, charged) : h->owner;
	if (a)
		book_tenant_lines(b, a, but, ask->bytes, charged[0], out);
	book_drop_idle(b, h);
}

struct err *book_may_take(struct book *b, const struct book_ask *ask)
{
	struct quota q;

	book_quota(b, ask, &q);
	const struct quota_line *l = quota_full(&q);
	return l ? book_words_full(l, ask->vm->name, ask->charged ? ask->charged : "", zone_of(b, ask->vm->tenant)) : NULL;
}

/* ---- on the wire ---- */

json_t *book_line_json(const struct quota_line *l, bool staff)
{
	char text[48];
	struct msg words;

	limit_text(text, sizeof text, l->kind, &l->limit);
	book_words(&words, l);
	json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:I, s:I, s:o}", "kind", limit_kind_name(l->kind), "scope",
		l->scope == QUOTA_SERVER ? "server" : "tenant", "limit", text, "used", (json_int_t)l->used, "busy", (json_int_t)l->busy,
		"needed", (json_int_t)l->needed, "full", l->full, "next", (json_int_t)l->next, "until", (json_int_t)l->until, "words",
		msg_to_json(&words));
	json_object_set_new(j, "max", l->max < 0 ? json_null() : json_integer((json_int_t)l->max));
	if (staff)
		json_object_set_new(j, "ref", json_string(l->ref));
	msg_free(&words);
	return j;
}

static json_t *lines_json(const struct quota *q, bool staff)
{
	json_t *list = json_array();

	for (size_t i = 0; i < q->n; i++)
		json_array_append_new(list, book_line_json(&q->lines[i], staff));
	return list;
}

json_t *book_limits_json(struct book *b, const struct book_ask *ask, bool staff)
{
	struct quota q;

	book_quota(b, ask, &q);
	return lines_json(&q, staff);
}

json_t *book_tenant_json(struct book *b, const char *tenant, bool staff)
{
	struct quota q = { .n = 0 };
	struct account *a = book_account(b, tenant);

	if (a)
		book_tenant_lines(b, a, "", 0, true, &q);
	return lines_json(&q, staff);
}

/* ---- temporary changes ---- */

static void object_moved(struct book *b, const char *object)
{
	if (strncmp(object, "tenant:", 7) == 0) {
		struct account *a = book_account(b, object + 7);
		if (!a)
			return;
		book_judge(b, a);
		/* "no limit is set" may have become "room" */
		for (struct held *h = a->first; h; h = h->next)
			book_mark(b, h);
		return;
	}
	struct held *h = book_held(b, object);
	if (h)
		book_mark(b, h);
}

static void change_clear(struct change *c)
{
	free(c->object);
	free(c->value);
	free(c->ref);
	free(c->by);
	memset(c, 0, sizeof *c);
}

static void change_set(struct book *b, const struct store_limit *l)
{
	enum limit_kind k;
	struct limit limit;

	if (!l->object || !l->object[0] || !limit_kind_from_name(l->kind, &k))
		return;
	struct err *e = limit_parse(k, l->value, &limit);
	if (e) {
		/* Checked before it was written; what cannot be read changes nothing. */
		err_free(e);
		return;
	}
	struct change fresh = { .object = xstrdup(l->object), .value = xstrdup(l->value), .ref = xstrdup(l->ref ? l->ref : ""),
		.by = xstrdup(l->by ? l->by : ""), .until = l->until, .at = l->at, .kind = k, .limit = limit, .set = true };
	struct change *list = g_hash_table_lookup(b->changes, l->object);
	if (!list) {
		list = xcalloc(LIMIT_KIND_COUNT, sizeof *list);
		g_hash_table_insert(b->changes, xstrdup(l->object), list);
	}
	change_clear(&list[k]);
	list[k] = fresh;
}

static void change_drop(struct book *b, const char *object, enum limit_kind k)
{
	gpointer key, value;

	if (!g_hash_table_lookup_extended(b->changes, object, &key, &value))
		return;
	struct change *list = value;
	change_clear(&list[k]);
	for (int i = 0; i < LIMIT_KIND_COUNT; i++)
		if (list[i].set)
			return;
	g_hash_table_remove(b->changes, key);
	free(list);
	free(key);
}

void book_load_limit(struct book *b, const struct store_limit *l)
{
	change_set(b, l);
}

void book_limit_set(struct book *b, const struct store_limit *l)
{
	change_set(b, l);
	object_moved(b, l->object);
}

void book_limit_drop(struct book *b, const char *object, enum limit_kind k)
{
	change_drop(b, object, k);
	object_moved(b, object);
}

static struct store_limit as_stored(const struct change *c)
{
	return (struct store_limit){ .object = c->object, .kind = limit_kind_name(c->kind), .value = c->value, .until = c->until,
		.ref = c->ref, .by = c->by, .at = c->at };
}

void book_each_change(struct book *b, const char *object, void (*fn)(void *ctx, const struct store_limit *l), void *ctx)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
		const struct change *c = book_change(b, object, (enum limit_kind)k);
		if (!c)
			continue;
		struct store_limit l = as_stored(c);
		fn(ctx, &l);
	}
}

/* ---- time ---- */

int64_t book_next(struct book *b)
{
	GHashTableIter it;
	gpointer p;
	int64_t at = 0, wall = clock_wall_s();

	g_hash_table_iter_init(&it, b->changes);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		const struct change *list = p;
		for (int k = 0; k < LIMIT_KIND_COUNT; k++)
			if (list[k].set && (!at || list[k].until < at))
				at = list[k].until;
	}
	g_hash_table_iter_init(&it, b->waiting);
	while (g_hash_table_iter_next(&it, &p, NULL)) {
		int64_t moves = *(const int64_t *)p;
		if (!at || moves < at)
			at = moves;
	}
	if (!at)
		return 0;
	/* Not in the same instant again: what was due and did not move is looked at a second later. */
	int64_t left = at - wall;
	left = left < 1 ? 1 : left > LOOK_AGAIN_S ? LOOK_AGAIN_S : left;
	return clock_boot_ms() + left * 1000;
}

static GPtrArray *ended_changes(struct book *b)
{
	GHashTableIter it;
	gpointer p;
	GPtrArray *list = g_ptr_array_new();

	g_hash_table_iter_init(&it, b->changes);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		struct change *c = p;
		for (int k = 0; k < LIMIT_KIND_COUNT; k++)
			if (c[k].set && c[k].until <= clock_wall_s())
				g_ptr_array_add(list, &c[k]);
	}
	return list;
}

static void mark_waiting(struct book *b)
{
	GHashTableIter it;
	gpointer p;
	GPtrArray *vms = g_ptr_array_new(), *accounts = g_ptr_array_new();

	g_hash_table_iter_init(&it, b->vms);
	while (g_hash_table_iter_next(&it, NULL, &p))
		if (((struct held *)p)->moves && ((struct held *)p)->moves <= book_now(b))
			g_ptr_array_add(vms, p);
	g_hash_table_iter_init(&it, b->accounts);
	while (g_hash_table_iter_next(&it, NULL, &p))
		if (((struct account *)p)->moves && ((struct account *)p)->moves <= book_now(b))
			g_ptr_array_add(accounts, p);
	for (guint i = 0; i < accounts->len; i++)
		book_judge(b, accounts->pdata[i]);
	for (guint i = 0; i < vms->len; i++)
		book_mark(b, vms->pdata[i]);
	g_ptr_array_free(vms, TRUE);
	g_ptr_array_free(accounts, TRUE);
}

void book_tick(struct book *b, void (*ended)(void *ctx, const struct store_limit *l), void *ctx)
{
	GPtrArray *list = ended_changes(b);

	for (guint i = 0; i < list->len; i++) {
		const struct change *c = list->pdata[i];
		struct store_limit l = as_stored(c);
		char *object = xstrdup(c->object);
		enum limit_kind k = c->kind;
		if (ended)
			ended(ctx, &l);
		change_drop(b, object, k);
		object_moved(b, object);
		free(object);
	}
	g_ptr_array_free(list, TRUE);
	mark_waiting(b);
}
