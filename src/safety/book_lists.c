/* What hosts say of a VM's snapshots: the names, to which the rows follow, and for some VMs all that was told. */
#include "safety/book_inside.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_name(const GPtrArray *names, const char *name)
{
	guint low = 0, high = names->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		int c = strcmp(names->pdata[mid], name);
		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* One that is being taken is its job's, or the settling's, until it is known how that ended. */
static bool follows(const struct snapshot *s, bool listed, enum snap_state *to)
{
	switch (s->state) {
	case SNAP_KEPT:
		*to = SNAP_GONE;
		return !listed;
	case SNAP_GONE:
	case SNAP_FAILED:
	case SNAP_REFUSED:
		*to = SNAP_KEPT; /* a late effect: it is there */
		return listed;
	default:
		return false;
	}
}

void book_listed(struct book *b, struct vm *vm, char *const *names, size_t n, int64_t asked, void (*moved)(void *ctx,
	struct snapshot *s, enum snap_state was), void *ctx)
{
	GPtrArray *sorted = g_ptr_array_sized_new((guint)n);
	GPtrArray *changed = g_ptr_array_new(), *was = g_ptr_array_new();
	int64_t outside = 0;

	book_vm_changed(b, vm);
	struct held *h = book_hold(b, vm->id);
	if (h->listed && asked < h->asked)
		goto out; /* an answer that was overtaken by a newer one */
	for (size_t i = 0; i < n; i++) {
		g_ptr_array_add(sorted, names[i]);
		outside += book_of_host(b, vm->id, names[i]) == NULL;
	}
	g_ptr_array_sort(sorted, by_text);
	for (struct snapshot *s = h->rows; s; s = s->next) {
		enum snap_state to;
		/* Of the same instant: nobody knows which was first. */
		if (s->moved >= asked || !follows(s, has_name(sorted, s->host_name), &to))
			continue;
		g_ptr_array_add(changed, s);
		g_ptr_array_add(was, GINT_TO_POINTER((gint)s->state));
		s->state = to;
		s->moved = clock_boot_ms();
		s->ended = to == SNAP_KEPT ? 0 : book_now(b);
	}
	bool same = h->listed && h->outside == outside && changed->len == 0;
	h->listed = true;
	h->asked = asked;
	h->outside = outside;
	if (!same)
		book_recount(b, h);
	for (guint i = 0; i < changed->len && moved; i++)
		moved(ctx, changed->pdata[i], (enum snap_state)GPOINTER_TO_INT(was->pdata[i]));
out:
	g_ptr_array_free(sorted, TRUE);
	g_ptr_array_free(changed, TRUE);
	g_ptr_array_free(was, TRUE);
}

void book_left(struct book *b, struct vm *vm, void (*moved)(void *ctx, struct snapshot *s, enum snap_state was), void *ctx)
{
	struct held *h = book_held(b, vm->id);
	GPtrArray *changed = g_ptr_array_new();

	for (struct snapshot *s = h ? h->rows : NULL; s; s = s->next)
		if (s->state == SNAP_KEPT)
			g_ptr_array_add(changed, s);
	for (guint i = 0; i < changed->len; i++) {
		struct snapshot *s = changed->pdata[i];
		s->state = SNAP_GONE;
		s->moved = clock_boot_ms();
		s->ended = book_now(b);
	}
	if (changed->len)
		book_recount(b, h);
	for (guint i = 0; i < changed->len; i++)
		moved(ctx, changed->pdata[i], SNAP_KEPT);
	g_ptr_array_free(changed, TRUE);
}

/* ---- all that was told ---- */

static void seen_free(struct seen *s)
{
	host_snaps_free(&s->snaps);
	free(s->vm);
	free(s);
}

void book_seen_free(struct book *b)
{
	for (guint i = 0; i < b->seen->len; i++)
		seen_free(b->seen->pdata[i]);
	g_ptr_array_free(b->seen, TRUE);
	g_hash_table_destroy(b->seen_of);
}

static void forget(struct book *b, guint i)
{
	struct seen *s = b->seen->pdata[i];

	g_hash_table_remove(b->seen_of, s->vm);
	g_ptr_array_remove_index_fast(b->seen, i);
	seen_free(s);
}

/* Makes room: the one that nobody asked for the longest goes, but not while a preview needs it and there are not too many. */
static void forget_oldest(struct book *b)
{
	bool most = b->seen->len >= BOOK_SEEN_MOST;
	int64_t now = clock_boot_ms();

	while (b->seen->len >= BOOK_SEEN_MAX) {
		guint oldest = b->seen->len;
		for (guint i = 0; i < b->seen->len; i++) {
			const struct seen *s = b->seen->pdata[i], *old = oldest < b->seen->len ? b->seen->pdata[oldest] : NULL;
			if ((most || s->needed <= now) && (!old || s->used < old->used))
				oldest = i;
		}
		if (oldest == b->seen->len)
			return;
		forget(b, oldest);
		most = false;
	}
}

/* Sizes stay known when the list itself is forgotten. */
static void take_sizes(struct book *b, struct held *h, const struct host_snaps *s)
{
	/* Nor are they unknown again while a host is at work on the VM and does not tell: a limit would hold nobody meanwhile. */
	if (!s->disks_known && h->disks_known)
		return;
	if (h->disks_known == s->disks_known && h->disks == s->disk_bytes && h->used == s->used_bytes)
		return;
	h->disks_known = s->disks_known;
	h->disks = s->disk_bytes;
	h->used = s->used_bytes;
	book_recount(b, h);
}

void book_saw(struct book *b, const struct vm *vm, struct host_snaps *s)
{
	struct seen *seen = g_hash_table_lookup(b->seen_of, vm->id);
	struct held *h = book_held(b, vm->id);

	if (!seen) {
		forget_oldest(b);
		seen = xcalloc(1, sizeof *seen);
		g_ptr_array_add(b->seen, seen);
		seen->vm = xstrdup(vm->id);
		g_hash_table_insert(b->seen_of, seen->vm, seen);
	} else {
		host_snaps_free(&seen->snaps);
	}
	seen->snaps = *s;
	seen->at = clock_wall_s();
	seen->used = ++b->uses;
	memset(s, 0, sizeof *s);
	if (h && h->present)
		take_sizes(b, h, &seen->snaps);
}

const struct host_snaps *book_seen(struct book *b, const char *vm_id, int64_t *at)
{
	struct seen *seen = g_hash_table_lookup(b->seen_of, vm_id);

	if (at)
		*at = seen ? seen->at : 0;
	if (!seen)
		return NULL;
	seen->used = ++b->uses;
	return &seen->snaps;
}

void book_need_seen(struct book *b, const char *vm_id, int64_t ms)
{
	struct seen *seen = g_hash_table_lookup(b->seen_of, vm_id);

	if (seen)
		seen->needed = clock_boot_ms() + ms;
}
