/* The cardboard hosts: what they list of snapshots, and what was asked and ordered of them. */
#include "fake_ground.h"
#include "common/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

struct ground_ask ground_asks[GROUND_MAX];
struct ground_order ground_orders[GROUND_MAX];
int ground_nasks, ground_norders;
void (*ground_news)(const struct fleet_news *n);
static struct ground_host hosts[16];
static int nhosts;

struct ground_host *ground_host(const char *vm_id)
{
	for (int i = 0; i < nhosts; i++)
		if (strcmp(hosts[i].vm, vm_id) == 0)
			return &hosts[i];
	assert(nhosts < 16);
	struct ground_host *h = &hosts[nhosts++];
	memset(h, 0, sizeof *h);
	copy(h->vm, sizeof h->vm, vm_id);
	h->as.state = VM_RUNNING;
	h->as.disks_known = true;
	h->as.disk_bytes = UINT64_C(10) << 30;
	copy(h->as.driver, sizeof h->as.driver, "qemu");
	return h;
}

struct host_snap *ground_snap(const char *vm_id, const char *name, const char *parent)
{
	struct ground_host *h = ground_host(vm_id);

	assert(h->n < 16);
	for (size_t i = 0; i < h->n; i++)
		h->list[i].current = false;
	h->list[h->n] = (struct host_snap){ .name = xstrdup(name), .parent = xstrdup(parent), .note = xstrdup(""),
		.created = clock_wall_s(), .state = h->as.state, .current = true, .memory = vm_state_is_active(h->as.state) };
	return &h->list[h->n++];
}

static void snap_drop(struct host_snap *s)
{
	free(s->name);
	free(s->parent);
	free(s->note);
}

void ground_unsnap(const char *vm_id, const char *name)
{
	struct ground_host *h = ground_host(vm_id);
	size_t i = 0;

	while (i < h->n && strcmp(h->list[i].name, name) != 0)
		i++;
	assert(i < h->n);
	snap_drop(&h->list[i]);
	memmove(&h->list[i], &h->list[i + 1], (--h->n - i) * sizeof h->list[0]);
}

void ground_list(const char *vm_id, int64_t asked)
{
	struct ground_host *h = ground_host(vm_id);
	struct vm *vm = registry_find(ground_objects, KIND_VM, vm_id);
	char *names[16];

	for (size_t i = 0; i < h->n; i++)
		names[i] = h->list[i].name;
	if (ground_news && vm)
		ground_news(&(struct fleet_news){ .kind = NEWS_VM_SNAPSHOTS, .vm = vm, .snaps = names, .nsnaps = h->n, .asked = asked });
}

void fleet_snapshots(struct fleet *f, const struct vm *vm, const struct host_snap_order *prepare,
	void (*done)(void *ctx, struct err *e, struct host_snaps *s), void *ctx)
{
	assert(ground_nasks < GROUND_MAX);
	struct ground_ask *a = &ground_asks[ground_nasks++];
	*a = (struct ground_ask){ .prepare = prepare != NULL, .asked = clock_boot_ms(), .done = done, .ctx = ctx };
	copy(a->vm, sizeof a->vm, vm->id);
}

void ground_answer(int ask, struct err *e)
{
	assert(ask < ground_nasks && !ground_asks[ask].answered);
	struct ground_ask *a = &ground_asks[ask];
	struct ground_host *h = ground_host(a->vm);
	struct host_snaps s = h->as;

	a->answered = true;
	if (e) {
		a->done(a->ctx, e, NULL);
		return;
	}
	ground_list(a->vm, a->asked);
	s.list = xcalloc(h->n + 1, sizeof *s.list);
	for (s.n = 0; s.n < h->n; s.n++) {
		s.list[s.n] = h->list[s.n];
		s.list[s.n].name = xstrdup(h->list[s.n].name);
		s.list[s.n].parent = xstrdup(h->list[s.n].parent);
		s.list[s.n].note = xstrdup(h->list[s.n].note);
	}
	s.xml = a->prepare ? xstrdup("<to-clear/>") : NULL;
	a->done(a->ctx, NULL, &s);
	host_snaps_free(&s);
}

void fleet_snapshot(struct fleet *f, const struct vm *vm, const struct host_snap_order *o, const struct fleet_act *act)
{
	assert(ground_norders < GROUND_MAX);
	struct ground_order *g = &ground_orders[ground_norders++];
	*g = (struct ground_order){ .o = *o, .act = *act };
	copy(g->vm, sizeof g->vm, vm->id);
	copy(g->name, sizeof g->name, o->name);
	copy(g->note, sizeof g->note, o->note);
	copy(g->xml, sizeof g->xml, o->xml);
	g->o.name = g->o.note = g->o.xml = NULL; /* borrowed during the call alone */
}

void fleet_snapshot_abandon(struct fleet *f, void *act_ctx)
{
	for (int i = 0; i < ground_norders; i++)
		if (!ground_orders[i].done && ground_orders[i].act.ctx == act_ctx)
			ground_orders[i].abandoned = true;
}

void ground_order_sent(int order)
{
	assert(order < ground_norders && !ground_orders[order].sent);
	ground_orders[order].sent = true;
	ground_orders[order].act.sent(ground_orders[order].act.ctx);
}

void ground_order_done(int order, struct err *e)
{
	assert(order < ground_norders && !ground_orders[order].done);
	ground_orders[order].done = true;
	ground_orders[order].act.done(ground_orders[order].act.ctx, e);
}

void ground_hosts_free(void)
{
	while (nhosts) {
		struct ground_host *h = &hosts[--nhosts];
		while (h->n)
			snap_drop(&h->list[--h->n]);
	}
	ground_nasks = ground_norders = 0;
	ground_news = NULL;
}
