/* Who watches what, and the newest numbers (now.h). */
#include "broker/now.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

struct row {
	istr id, uuid;
	bool fresh;              /* not told yet */
	struct fleet_stat stat;
};
struct watcher {
	struct watcher *next;
	struct peer *peer;
	struct row rows[NOW_WATCHED_MAX];
	size_t n;
	bool fresh;              /* some row is */
};
struct now {
	struct broker *b;
	struct watcher *first;
};

static void on_stat(void *ctx, struct vm *vm, const struct fleet_stat *s)
{
	struct now *all = ctx;
	bool any = false;

	for (struct watcher *w = all->first; w; w = w->next)
		for (size_t i = 0; i < w->n; i++)
			if (w->rows[i].id == vm->id) {
				w->rows[i].stat = *s;
				w->rows[i].fresh = w->fresh = any = true;
			}
	if (any && all->b->peers)
		peers_poke(all->b->peers);
}

struct now *now_new(struct broker *b)
{
	struct now *all = xcalloc(1, sizeof *all);

	all->b = b;
	fleet_stats_sink(b->fleet, on_stat, all);
	return all;
}

static void drop_row(struct now *all, struct row *r)
{
	fleet_stats_watch(all->b->fleet, r->uuid, false);
	intern_free(r->id);
	intern_free(r->uuid);
}

static void drop(struct now *all, struct watcher **at)
{
	struct watcher *w = *at;

	*at = w->next;
	for (size_t i = 0; i < w->n; i++)
		drop_row(all, &w->rows[i]);
	free(w);
}

void now_free(struct now *all)
{
	if (!all)
		return;
	while (all->first)
		drop(all, &all->first);
	fleet_stats_sink(all->b->fleet, NULL, NULL);
	free(all);
}

static struct watcher **find(struct now *all, const struct peer *p)
{
	struct watcher **at = &all->first;

	while (*at && (*at)->peer != p)
		at = &(*at)->next;
	return at;
}

void now_watch(struct now *all, struct peer *p, struct vm *const *vms, size_t n)
{
	struct watcher **at = find(all, p), *was = *at, *w = NULL;

	if (n) {
		w = xcalloc(1, sizeof *w);
		w->peer = p;
		for (size_t i = 0; i < n && i < NOW_WATCHED_MAX; i++) {
			w->rows[w->n++] = (struct row){ .id = intern_ref(vms[i]->id), .uuid = intern_ref(vms[i]->uuid) };
			fleet_stats_watch(all->b->fleet, vms[i]->uuid, true);
		}
	}
	/* After the new ones: a VM that stays is counted on. */
	if (was)
		drop(all, at);
	if (w) {
		w->next = all->first;
		all->first = w;
	}
}

/* Owner and rights may have moved since it was asked for: then it is as if it were not there. */
static bool still_his(struct broker *b, struct peer *p, const struct row *r)
{
	const struct actor *a = peer_actor(p);
	const struct vm *vm = registry_find(b->objects, KIND_VM, r->id);

	return vm && b->gate.sees(b->gate.ctx, a, KIND_VM, vm);
}

void now_produce(struct now *all, struct peer *p, struct buf *out)
{
	struct watcher *w = *find(all, p);
	bool begun = false;

	if (!w || !w->fresh)
		return;
	w->fresh = false;
	for (size_t i = 0; i < w->n; i++) {
		struct row *r = &w->rows[i];
		const struct fleet_stat *s = &r->stat;

		if (!r->fresh)
			continue;
		r->fresh = false;
		if (!still_his(all->b, p, r)) {
			drop_row(all, r);
			w->rows[i--] = w->rows[--w->n];
			continue;
		}
		if (!begun)
			buf_printf(out, "{\"event\":\"stat\",\"at\":%lld,\"rows\":[", (long long)clock_wall_s());
		buf_printf(out, "%s[\"%s\",%d,%lld,%lld,%lld,%lld,%lld]", begun ? "," : "", r->id, s->cpu_permille, (long long)s->mem_used_kib,
			(long long)s->disk_read, (long long)s->disk_write, (long long)s->net_in, (long long)s->net_out);
		begun = true;
	}
	if (begun)
		buf_str(out, "]}\n");
}

void now_peer_gone(struct now *all, const struct peer *p)
{
	struct watcher **at = all ? find(all, p) : NULL;

	if (at && *at)
		drop(all, at);
}
