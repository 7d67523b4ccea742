/* The book's life, its VMs and tenants, what each keeps, and the marks that say so. Rows are in book_rows.c, hosts' lists in
 * book_lists.c, limits and time in book_limits.c. */
#include "safety/book_inside.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

int64_t book_now(const struct book *b)
{
	int64_t wall = clock_wall_s();

	return wall > b->newest ? wall : b->newest;
}

/* ---- VMs and tenants ---- */

struct held *book_held(struct book *b, const char *vm_id)
{
	return g_hash_table_lookup(b->vms, vm_id);
}

struct held *book_hold(struct book *b, const char *vm_id)
{
	struct held *h = book_held(b, vm_id);

	if (h)
		return h;
	h = xcalloc(1, sizeof *h);
	h->id = intern(vm_id);
	h->name = intern("");
	g_hash_table_insert(b->vms, (gpointer)(uintptr_t)h->id, h);
	return h;
}

struct account *book_account(struct book *b, const char *tenant)
{
	if (!tenant[0])
		return NULL;
	struct account *a = g_hash_table_lookup(b->accounts, tenant);
	if (a)
		return a;
	a = xcalloc(1, sizeof *a);
	a->name = xstrdup(tenant);
	a->rows = g_ptr_array_new();
	for (size_t i = 0; b->site && i < b->site->ntenants; i++)
		if (strcmp(b->site->tenants[i].name, tenant) == 0)
			a->limits = b->site->tenants[i].limits;
	g_hash_table_insert(b->accounts, a->name, a);
	return a;
}

static void leave_owner(struct held *h)
{
	struct account *a = h->owner;

	if (!a)
		return;
	if (h->prev)
		h->prev->next = h->next;
	else
		a->first = h->next;
	if (h->next)
		h->next->prev = h->prev;
	h->next = h->prev = NULL;
	h->owner = NULL;
	a->vms--;
	a->space_unknown -= !h->space_known;
}

static void join_owner(struct held *h, struct account *a)
{
	if (!a)
		return;
	h->owner = a;
	h->next = a->first;
	if (a->first)
		a->first->prev = h;
	a->first = h;
	a->vms++;
	a->space_unknown += !h->space_known;
}

static void held_free(gpointer p)
{
	struct held *h = p;

	intern_free(h->id);
	intern_free(h->name);
	free(h->shares);
	free(h);
}

static void account_free(gpointer p)
{
	struct account *a = p;

	g_ptr_array_free(a->rows, TRUE);
	free(a->name);
	free(a);
}

void book_drop_idle(struct book *b, struct held *h)
{
	if (h->present || h->rows)
		return;
	leave_owner(h);
	g_hash_table_remove(b->waiting, &h->moves);
	g_hash_table_remove(b->vms, h->id);
}

/* ---- what it keeps ---- */

bool book_counts_as_taken(const struct snapshot *s)
{
	return s->state == SNAP_RESERVED || s->state == SNAP_SENT || s->state == SNAP_KEPT || s->state == SNAP_GONE;
}

static struct share *share_of(struct held *h, struct account *a)
{
	for (size_t i = 0; i < h->nshares; i++)
		if (h->shares[i].account == a)
			return &h->shares[i];
	h->shares = xrealloc(h->shares, (h->nshares + 1) * sizeof *h->shares);
	h->shares[h->nshares] = (struct share){ .account = a };
	return &h->shares[h->nshares++];
}

static void add_shares(const struct held *h, bool in)
{
	for (size_t i = 0; i < h->nshares; i++) {
		struct account *a = h->shares[i].account;
		const struct share *s = &h->shares[i];
		a->kept += in ? s->kept : -s->kept;
		a->busy += in ? s->busy : -s->busy;
		a->space = in ? a->space + s->space : a->space - s->space;
		a->space_busy = in ? a->space_busy + s->space_busy : a->space_busy - s->space_busy;
	}
}

/* One row's part in what its VM keeps. A VM that is gone keeps nothing; what was sent to it may still come. One that was not
 * seen since the start keeps what it did: a host that is silent is not known to have lost anything. */
static void count_row(struct book *b, struct held *h, const struct snapshot *s, uint64_t *others, bool *sizes_known)
{
	bool kept = s->state == SNAP_KEPT && !h->left, busy = s->state == SNAP_RESERVED || s->state == SNAP_SENT;

	if (!kept && !busy)
		return;
	if (!s->charged[0]) {
		*others += kept ? s->bytes : 0;
		return;
	}
	struct share *share = share_of(h, book_account(b, s->charged));
	share->kept += kept;
	share->busy += busy;
	share->space += kept ? s->bytes : 0;
	share->space_busy += busy ? s->bytes : 0;
	h->kept += kept;
	h->busy += busy;
	h->space += kept ? s->bytes : 0;
	h->space_busy += busy ? s->bytes : 0;
	if (kept && s->bytes == 0)
		*sizes_known = false;
}

static void count(struct book *b, struct held *h)
{
	uint64_t others = 0;
	bool sizes_known = h->listed && h->outside == 0;

	h->nshares = 0;
	h->kept = h->busy = 0;
	h->space = h->space_busy = 0;
	for (const struct snapshot *s = h->rows; s; s = s->next)
		count_row(b, h, s, &others, &sizes_known);
	if (h->present) {
		/* What its files take beyond the size of its disks; what the provider's own take is not the tenant's. */
		uint64_t over = h->disks_known && h->used > h->disks ? h->used - h->disks : 0, rest = 0;
		over = over > others ? over - others : 0;
		if (over > h->space) {
			rest = over - h->space;
			h->space = over;
		}
		h->kept += h->outside;
		if (h->owner && (h->outside || rest)) {
			struct share *share = share_of(h, h->owner);
			share->kept += h->outside;
			share->space += rest;
		}
	}
	h->space_known = !h->present || h->disks_known || sizes_known;
}

void book_recount(struct book *b, struct held *h)
{
	struct share *was = h->shares;
	size_t nwas = h->nshares;

	add_shares(h, false);
	if (h->owner)
		h->owner->space_unknown -= !h->space_known;
	h->shares = NULL;
	count(b, h);
	if (h->owner)
		h->owner->space_unknown += !h->space_known;
	add_shares(h, true);
	/* A host that says what was known moves no sums. */
	bool same = nwas == h->nshares && (nwas == 0 || memcmp(was, h->shares, nwas * sizeof *was) == 0);
	for (size_t i = 0; i < nwas && !same; i++)
		book_judge(b, was[i].account);
	for (size_t i = 0; i < h->nshares && !same; i++)
		book_judge(b, h->shares[i].account);
	free(was);
	book_mark(b, h);
}

/* ---- marks ---- */

static void wait_for(struct book *b, int64_t *moves, int64_t at)
{
	*moves = at;
	if (at)
		g_hash_table_add(b->waiting, moves);
	else
		g_hash_table_remove(b->waiting, moves);
}

/* When it is full by what was taken alone, time makes room. */
static int64_t moves_at(const struct quota *q)
{
	int64_t at = 0;

	for (size_t i = 0; i < q->n; i++)
		if (q->lines[i].full && q->lines[i].next && (!at || q->lines[i].next < at))
			at = q->lines[i].next;
	return at;
}

static bool has_limits(const struct limits *l)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		if (l->of[k].set == LIMIT_MAX || l->of[k].set == LIMIT_DISKS)
			return true;
	return false;
}

static bool account_has_limits(struct book *b, const struct account *a)
{
	char *object = xasprintf("tenant:%s", a->name);
	struct limits l = book_limits_now(b, object, &a->limits);

	free(object);
	return has_limits(&l);
}

void book_judge(struct book *b, struct account *a)
{
	struct quota q = { .n = 0 };

	if (account_has_limits(b, a))
		book_tenant_lines(b, a, "", 0, true, &q);
	bool full = quota_full(&q) != NULL;
	wait_for(b, &a->moves, moves_at(&q));
	if (full == a->full)
		return;
	a->full = full;
	for (struct held *h = a->first; h; h = h->next)
		book_mark(b, h);
}

void book_mark(struct book *b, struct held *h)
{
	struct vm *vm = h->present ? registry_find(b->c.objects, KIND_VM, h->id) : NULL;
	struct quota q = { .n = 0 };

	if (!vm)
		return;
	struct limits l = book_limits_now(b, h->id, &h->limits);
	if (has_limits(&l))
		book_server_lines(b, h, "", 0, true, &q);
	wait_for(b, &h->moves, moves_at(&q));
	bool full = quota_full(&q) || (h->owner && h->owner->full);
	bool limited = q.n || (h->owner && account_has_limits(b, h->owner));
	const char *snap = full ? "full" : limited ? "room" : "";
	int64_t snaps = h->listed || h->rows ? h->kept : -1, max = l.of[LIMIT_KEPT].set == LIMIT_MAX ? l.of[LIMIT_KEPT].max : -1;

	if (vm->snaps == snaps && vm->snaps_busy == h->busy && vm->snaps_max == max && strcmp(vm->snap, snap) == 0)
		return;
	b->c.mark(b->c.ctx, vm, snaps, h->busy, max, snap);
}

/* ---- who owns it, what it is called ---- */

static void vm_limits(struct book *b, struct held *h)
{
	memset(&h->limits, 0, sizeof h->limits);
	if (b->site)
		h->limits = site_limits_of(b->site, h->name, h->owner ? h->owner->name : "");
}

static void vm_changed(struct book *b, struct vm *vm)
{
	struct held *h = book_hold(b, vm->id);
	const char *owner = h->owner ? h->owner->name : "";

	if (h->present && h->name == vm->name && strcmp(owner, vm->tenant) == 0)
		return;
	struct account *left = h->owner;
	leave_owner(h);
	h->present = true;
	h->left = false;
	intern_set(&h->name, vm->name);
	join_owner(h, book_account(b, vm->tenant));
	vm_limits(b, h);
	book_recount(b, h);
	if (left)
		book_judge(b, left);
	if (h->owner)
		book_judge(b, h->owner);
}

static void vm_gone(struct book *b, const char *id)
{
	struct held *h = book_held(b, id);

	if (!h || !h->present)
		return;
	struct account *left = h->owner;
	leave_owner(h);
	h->present = h->listed = h->disks_known = false;
	h->left = true;
	h->outside = 0;
	book_recount(b, h);
	if (left)
		book_judge(b, left);
	g_hash_table_remove(b->waiting, &h->moves);
	book_drop_idle(b, h);
}

void book_vm_changed(struct book *b, struct vm *vm)
{
	if (registry_find(b->c.objects, KIND_VM, vm->id) == vm)
		vm_changed(b, vm);
	else
		vm_gone(b, vm->id);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	if (k == KIND_VM)
		vm_changed(ctx, object);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	if (k == KIND_VM)
		vm_gone(ctx, ((struct vm *)object)->id);
}

/* ---- the site ---- */

void book_site(struct book *b, const struct site_model *m)
{
	GHashTableIter it;
	gpointer p;

	b->site = m;
	g_hash_table_iter_init(&it, b->accounts);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		struct account *a = p;
		memset(&a->limits, 0, sizeof a->limits);
		for (size_t i = 0; m && i < m->ntenants; i++)
			if (strcmp(m->tenants[i].name, a->name) == 0)
				a->limits = m->tenants[i].limits;
	}
	for (uint32_t s = 0; s < registry_slots(b->c.objects, KIND_VM); s++) {
		struct vm *vm = registry_at(b->c.objects, KIND_VM, s);
		if (vm)
			vm_changed(b, vm);
	}
	g_hash_table_iter_init(&it, b->vms);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		vm_limits(b, p);
		book_recount(b, p);
	}
	g_hash_table_iter_init(&it, b->accounts);
	while (g_hash_table_iter_next(&it, NULL, &p)) {
		struct account *a = p;
		book_judge(b, a);
		for (struct held *h = a->first; h; h = h->next)
			book_mark(b, h);
	}
}

/* ---- life ---- */

struct book *book_new(const struct book_config *c)
{
	struct book *b = xcalloc(1, sizeof *b);

	b->c = *c;
	b->rows = g_hash_table_new(g_str_hash, g_str_equal);
	b->vms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, held_free);
	b->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, account_free);
	b->changes = g_hash_table_new(g_str_hash, g_str_equal);
	b->waiting = g_hash_table_new(g_direct_hash, g_direct_equal);
	b->seen = g_ptr_array_new();
	b->seen_of = g_hash_table_new(g_str_hash, g_str_equal);
	b->watch = (struct registry_watch){ .ctx = b, .changed = on_changed, .gone = on_gone };
	registry_watch(c->objects, &b->watch);
	return b;
}

static void changes_free(struct book *b)
{
	GHashTableIter it;
	gpointer key, p;

	g_hash_table_iter_init(&it, b->changes);
	while (g_hash_table_iter_next(&it, &key, &p)) {
		struct change *list = p;
		for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
			free(list[k].object);
			free(list[k].value);
			free(list[k].ref);
			free(list[k].by);
		}
		free(list);
		free(key);
	}
	g_hash_table_destroy(b->changes);
}

void book_free(struct book *b)
{
	GHashTableIter it;
	gpointer p;

	if (!b)
		return;
	registry_unwatch(b->c.objects, &b->watch);
	g_hash_table_iter_init(&it, b->rows);
	while (g_hash_table_iter_next(&it, NULL, &p))
		book_row_free(p);
	g_hash_table_destroy(b->rows);
	g_hash_table_destroy(b->vms);
	g_hash_table_destroy(b->accounts);
	g_hash_table_destroy(b->waiting);
	changes_free(b);
	book_seen_free(b);
	free(b);
}
