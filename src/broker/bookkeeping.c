/* The book of snapshots inside the broker. */
#include "broker/bookkeeping.h"

#include "broker/commands.h"
#include "common/clock.h"

#include <string.h>

#define SOON_MS 50

static void on_mark(void *ctx, struct vm *vm, int64_t snaps, int64_t busy, int64_t max, const char *snap)
{
	struct broker *b = ctx;

	if (!b->peers)
		return; /* the end: nobody is shown anything any more */
	fleet_mark_snaps(b->fleet, vm, snaps, busy, max, snap);
	bookkeeping_arm(b);
}

/* What holds again from now on is news for those whom it binds: a VM's for its customer too, a tenant's for the staff. */
static void tell_ended(struct broker *b, const struct store_limit *l)
{
	static const char word[] = "tenant:";
	const struct vm *vm = registry_find(b->objects, KIND_VM, l->object);
	bool tenant = strncmp(l->object, word, strlen(word)) == 0;
	const char *name = vm ? vm->name : tenant ? l->object + strlen(word) : l->object;
	struct msg m;

	msg_make(&m, "limit.ended", "{s:s, s:s, s:s}", "name", name, "kind", l->kind, "limit", l->value);
	if (tenant)
		news_add(b->news, KIND_SITE, "site", name, &m, NULL);
	else
		news_add(b->news, KIND_VM, l->object, name, &m, &m);
	msg_free(&m);
	peers_poke(b->peers);
}

struct dropping { struct broker *b; struct store_tx *tx; };

static void change_ended(void *ctx, const struct store_limit *l)
{
	struct dropping *d = ctx;

	/* Another takes its place: its row in the store is that one's already. */
	if (limit_is_being_set(l->object, l->kind))
		return;
	if (!d->tx)
		d->tx = store_begin(d->b->store);
	store_drop_limit(d->tx, l->object, l->kind);
	tell_ended(d->b, l);
}

static void on_book_time(void *ctx)
{
	struct broker *b = ctx;
	struct dropping d = { b, NULL };

	book_tick(b->book, change_ended, &d);
	/* If this cannot be written, the next start finds a change that has ended, and drops it then. */
	if (d.tx)
		store_commit(d.tx, NULL, NULL);
	bookkeeping_arm(b);
}

static void arm_book(void *ctx)
{
	struct broker *b = ctx;
	int64_t next = book_next(b->book), now = clock_boot_ms();

	if (next)
		loop_timer_set(b->book_timer, next > now + SOON_MS ? next - now : SOON_MS);
	else
		loop_timer_clear(b->book_timer);
}

void bookkeeping_arm(struct broker *b)
{
	if (b->peers && !b->stopping)
		loop_soon(b->loop, arm_book, b);
}

/* ---- life ---- */

void bookkeeping_new(struct broker *b)
{
	b->book = book_new(&(struct book_config){ .objects = b->objects, .ctx = b, .mark = on_mark });
	b->book_timer = loop_timer_new(b->loop, on_book_time, b);
}

void bookkeeping_snapshot(void *ctx, const struct store_snapshot *s)
{
	book_load_snapshot(((struct broker *)ctx)->book, s);
}

void bookkeeping_limit(void *ctx, const struct store_limit *l)
{
	book_load_limit(((struct broker *)ctx)->book, l);
}

void bookkeeping_stop(struct broker *b)
{
	if (!b->book)
		return;
	loop_timer_free(b->book_timer);
	loop_soon_cancel(b->loop, arm_book, b);
}
