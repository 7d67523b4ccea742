/* What test_fleet_snaps_help.h says. */
#include "test_fleet_snaps_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *w;
struct acted a[MANY];
struct fleet_act act[MANY];
struct asked asked;

int fleet_snaps_setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 2);
	memset(a, 0, sizeof(a));
	for (int n = 1; n < MANY; n++) {
		char name[32];

		snprintf(name, sizeof(name), "acme-%d", n);
		fake_vm("b1", n, name, n == 7 ? VM_OFF : VM_RUNNING);
	}
	fake_vm("b2", 20, "globex-1", VM_OFF);
	return 0;
}

int fleet_snaps_teardown(void **state)
{
	world_free(w);
	assert_int_equal(fake_open_now(NULL), 0);
	free(w);
	return 0;
}

void all_up(void)
{
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2"));
	world_run(w, 20);
}

void order_as(int i, int n, enum snap_op op, const char *name)
{
	char note[16] = "before update";
	struct host_snap_order o = { .op = op, .name = name, .note = note };

	act[i] = world_act(&a[i]);
	fleet_snapshot(w->fleet, world_vm(w, n), &o, &act[i]);
	memset(note, 'x', sizeof(note) - 1); /* it was copied */
}

void order(int i, int n)
{
	char name[32];

	snprintf(name, sizeof(name), "tana-%d", i);
	order_as(i, n, SNAP_CREATE, name);
}

int sent(void)
{
	int n = 0;

	for (int i = 0; i < MANY; i++)
		n += a[i].sent;
	return n;
}

int lanes_open(void)
{
	int n = 0;

	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++)
		n += fake_lane_open("b1", lane);
	return n;
}

static void on_snaps(void *ctx, struct err *e, struct host_snaps *s)
{
	assert_ptr_equal(ctx, &asked);
	asked.done++;
	asked.told_before = world_told(w, NEWS_VM_SNAPSHOTS, NULL);
	asked.ok = !e;
	asked.class = e ? e->class : ERR_CLASS_COUNT;
	err_free(e);
	if (!asked.ok) {
		assert_null(s);
		return;
	}
	asked.n = s->n;
	asked.disk = s->disk_bytes;
	snprintf(asked.xml, sizeof(asked.xml), "%s", s->xml ? s->xml : "");
	snprintf(asked.first, sizeof(asked.first), "%s", s->n ? s->list[0].name : "");
	host_snaps_free(s); /* it may be taken */
	memset(s, 0, sizeof(*s));
}

void ask(int n, const struct host_snap_order *prepare)
{
	memset(&asked, 0, sizeof(asked));
	fleet_snapshots(w->fleet, world_vm(w, n), prepare, on_snaps, &asked);
	assert_int_equal(asked.done, 0); /* never at once */
}
