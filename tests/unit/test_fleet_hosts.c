/* The life of hosts under the fleet: coming up, silence, hanging calls, loss, backoff, lanes, queues, storms. */
#include "test_fleet_help.h"
#include "patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Short, and long enough for what hangs to be called off at the end of a test. */
#define CONNECT_MS (75 + 25 * patience())

static struct world *w;

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	return 0;
}

static int teardown(void **state)
{
	fake_unstick(); /* by a test that failed */
	world_free(w);
	assert_int_equal(fake_open_now(NULL), 0);
	free(w);
	return 0;
}

static void three_up(void)
{
	world_new(w, 3);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b1", 2, "acme-2", VM_OFF);
	fake_vm("b2", 3, "web", VM_PAUSED);
}

static void all_up(void)
{
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3"));
}

static void comes_up(void **state)
{
	struct site *s;
	struct blade *b;
	struct vm *v;

	three_up();
	all_up();
	s = registry_at(w->reg, KIND_SITE, 0);
	UNTIL(w, s->hosts_live == 3 && s->vms_running == 2 && world_blade(w, "b1")->used_kib);
	world_run(w, 30);
	assert_string_equal(s->id, "site");
	assert_string_equal(s->name, "test-1");
	assert_int_equal(s->hosts, 3);
	assert_int_equal(s->hosts_live, 3);
	assert_int_equal(s->vms, 3);
	assert_int_equal(s->vms_running, 2);
	b = world_blade(w, "b1");
	assert_int_equal(b->vms, 2);
	assert_int_equal(b->running, 1);
	assert_int_equal(b->used_kib, 1 << 20);
	assert_int_equal(b->cpus, 8);
	assert_string_equal(b->driver, "fake");
	assert_string_equal(b->why, "");
	assert_string_equal(b->alert, "");
	assert_string_equal(b->enclosure, "E1");
	assert_string_equal(b->rack, "A");
	v = world_vm(w, 1);
	assert_string_equal(v->name, "acme-1");
	assert_string_equal(v->tenant, "acme");
	assert_string_equal(v->grade, "V10");
	assert_int_equal(strlen(v->id), 3 + 16);
	assert_true(v->live);
	assert_int_equal(world_told(w, NEWS_LISTED, NULL), 3);
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 0); /* all are new: that is no news */
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0);
	assert_true(fleet_steady_ms(w->fleet, "b1") >= 0);
	assert_int_equal(fake_calls_at_once("b1"), 1);
	for (int i = 0; i < 50 && (i == 0 || w->changes > 0); i++) { /* what is asked behind the first list comes last */
		w->changes = 0;
		world_run(w, 200);
	}
	assert_int_equal(w->changes, 0); /* nothing happens, nothing is told */
}

static void events_move_states(void **state)
{
	struct vm *v;

	three_up();
	all_up();
	w->ntold = 0;
	v = world_vm(w, 1);
	uint32_t gen = v->gen;
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_GUEST);
	UNTIL(w, v->state == VM_OFF);
	assert_true(v->gen > gen);
	assert_true(v->since > 0);
	assert_int_equal(world_told(w, NEWS_VM_STATE, v->id), 1);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->was, VM_RUNNING);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_GUEST);
	UNTIL(w, world_blade(w, "b1")->running == 0 && world_blade(w, "b1")->used_kib == 0);
	fake_event("b1", HOST_EVENT_REBOOTED, 2, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, world_told(w, NEWS_VM_REBOOTED, world_vm(w, 2)->id));
	/* a new one, a renamed one, a removed one */
	fake_vm("b1", 7, "globex-7", VM_OFF);
	fake_event("b1", HOST_EVENT_DEFINED, 7, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, world_vm(w, 7));
	assert_string_equal(world_vm(w, 7)->tenant, "globex");
	assert_int_equal(world_told(w, NEWS_VM_NEW, world_vm(w, 7)->id), 1);
	fake_vm("b1", 2, "acme-two", VM_OFF);
	fake_event("b1", HOST_EVENT_UNDEFINED, 2, VM_UNKNOWN, WHY_UNKNOWN); /* a rename says both */
	fake_event("b1", HOST_EVENT_DEFINED, 2, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, !strcmp(world_vm(w, 2)->name, "acme-two"));
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
	fake_vm_drop("b1", 7);
	fake_event("b1", HOST_EVENT_UNDEFINED, 7, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, !world_vm(w, 7));
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 1);
	/* a transient one goes with its power */
	fake_vm("b2", 8, "temp", VM_RUNNING);
	fake_vm_transient("b2", 8);
	fake_event("b2", HOST_EVENT_STATE, 8, VM_RUNNING, WHY_BOOTED);
	UNTIL(w, world_vm(w, 8));
	fake_vm_drop("b2", 8);
	fake_event("b2", HOST_EVENT_STATE, 8, VM_OFF, WHY_DESTROYED);
	UNTIL(w, !world_vm(w, 8));
	assert_int_equal(world_blade(w, "b2")->vms, 1);
}

static void fails_and_backs_off(void **state)
{
	three_up();
	fake_way("b2", FAKE_OPEN, FAKE_FAIL);
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b3"));
	UNTIL(w, fake_called("b2", FAKE_OPEN) >= 5);
	struct blade *b = world_blade(w, "b2");
	UNTIL(w, b->host == HOST_BACKOFF);
	assert_string_equal(b->why, "fake: no");
	assert_string_equal(b->why_id, "text");
	assert_true(b->retry >= clock_wall_s() - 60);
	assert_int_equal(fake_open_now("b2"), 0); /* a dead host costs nothing between tries */
	assert_int_equal(fleet_steady_ms(w->fleet, "b2"), -1);
	fake_way("b2", FAKE_OPEN, FAKE_OK);
	UNTIL(w, b->host == HOST_UP);
	assert_string_equal(b->why, "");
	assert_int_equal(b->retry, 0);
	assert_true(world_vm(w, 3)->live);
}

static void backoff_doubles_up_to_its_limit(void **state)
{
	int64_t started[6], last;

	world_new(w, 1);
	w->config.backoff_ms = 60;
	w->config.backoff_max_ms = 300;
	fake_way("b1", FAKE_OPEN, FAKE_FAIL);
	world_start(w);
	for (int i = 0; i < 6; i++) {
		UNTIL(w, fake_called("b1", FAKE_OPEN) == i + 1);
		started[i] = world_now();
	}
	for (int i = 1; i < 6; i++) {
		int ms = 60 << (i - 1) < 300 ? 60 << (i - 1) : 300;

		last = started[i] - started[i - 1];
		assert_in_range(last, ms / 2 - 5, ms + 400 * patience());
	}
	UNTIL(w, world_blade(w, "b1")->host == HOST_BACKOFF);
	fleet_refresh(w->fleet, "b1"); /* does not wait for it */
	last = world_now();
	UNTIL(w, fake_called("b1", FAKE_OPEN) == 7);
	assert_true(world_now() - last < 100 * patience());
}

static void hung_open(void **state)
{
	three_up();
	w->config.connect_ms = CONNECT_MS;
	fake_way("b2", FAKE_OPEN, FAKE_HANG);
	int64_t start = world_now();
	world_start(w);
	UNTIL_MS(w, 1000, UP(w, "b1") && UP(w, "b3"));
	if (world_now() - start < CONNECT_MS) /* else its time may be over */
		assert_int_equal(world_blade(w, "b2")->host, HOST_CONNECTING);
	UNTIL(w, world_blade(w, "b2")->host == HOST_BACKOFF);
	assert_string_equal(world_blade(w, "b2")->why_id, "fleet.timeout");
	assert_int_equal(fake_open_now("b2"), 0);
	UNTIL(w, fake_called("b2", FAKE_OPEN) >= 3);
	fake_way("b2", FAKE_OPEN, FAKE_OK);
	UNTIL(w, UP(w, "b2"));
}

static void hung_first_list(void **state)
{
	three_up();
	w->config.short_ms = 150;
	fake_way("b2", FAKE_LIST, FAKE_HANG);
	world_start(w);
	UNTIL(w, world_blade(w, "b2")->host == HOST_BACKOFF);
	assert_null(world_vm(w, 3));
	fake_way("b2", FAKE_LIST, FAKE_OK);
	UNTIL(w, UP(w, "b2") && world_vm(w, 3));
}

static void silence_is_shown_early(void **state)
{
	struct blade *b;
	struct vm *v;

	three_up();
	w->config.short_ms = 2000;
	all_up();
	w->ntold = 0;
	b = world_blade(w, "b1");
	v = world_vm(w, 1);
	fake_way("b1", FAKE_LIST, FAKE_HANG);
	fleet_refresh(w->fleet, "b1");
	UNTIL_MS(w, 1700, b->host != HOST_UP);
	assert_false(v->live);
	assert_int_equal(v->state, VM_RUNNING); /* last known, not off */
	assert_true(v->seen > 0);
	if (b->host == HOST_STALE) /* not where the machine stood still until all its time was over */
		assert_string_equal(b->why_id, "fleet.stale");
	assert_int_equal(fleet_steady_ms(w->fleet, "b1"), -1);
	UNTIL(w, b->host == HOST_DOWN || b->host == HOST_BACKOFF || b->host == HOST_CONNECTING);
	assert_string_equal(b->why_id, "fleet.timeout");
	fake_way("b1", FAKE_LIST, FAKE_OK);
	UNTIL(w, b->host == HOST_UP);
	assert_true(v->live);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0); /* it never was known to be in another */
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
}

static void slow_call_recovers(void **state)
{
	struct blade *b;

	three_up();
	w->config.short_ms = 1000;
	all_up();
	b = world_blade(w, "b1");
	fake_slow("b1", 700);
	fake_way("b1", FAKE_LIST, FAKE_SLOW);
	for (int i = 0;; i++) {
		int opens = fake_called("b1", FAKE_OPEN);
		int64_t start = world_now();

		fleet_refresh(w->fleet, "b1");
		UNTIL(w, b->host == HOST_STALE || fake_called("b1", FAKE_OPEN) > opens);
		assert_false(b->host == HOST_STALE && world_vm(w, 1)->live);
		UNTIL(w, b->host == HOST_UP);
		assert_true(world_vm(w, 1)->live);
		assert_string_equal(b->why, "");
		if (fake_called("b1", FAKE_OPEN) == opens) /* the same connection */
			break;
		assert_true(i < 4 && world_now() - start >= 1000); /* the machine stood still until its time was over */
	}
	assert_true(fleet_steady_ms(w->fleet, "b1") < 500 * patience());
}

static void an_action_through_the_lanes(void **state)
{
	struct acted a, b;
	struct fleet_act act = world_act(&a);

	three_up();
	all_up();
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	assert_int_equal(a.done, 0); /* never at once */
	UNTIL(w, a.done && world_vm(w, 1)->state == VM_OFF);
	assert_true(a.ok);
	assert_int_equal(a.sent, 1);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_DESTROYED);
	assert_int_equal(fake_open_now("b1"), 1);
	act = world_act(&b);
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_ON, &act);
	UNTIL(w, b.done && world_vm(w, 1)->state == VM_RUNNING);
	assert_true(b.ok);
	assert_int_equal(fake_open_now("b1"), 2); /* the long lane */
	assert_int_equal(fake_called("b1", FAKE_OPEN), 2);
	/* one lane for all where there is only one world */
	fake_one_lane("b2");
	fake_break("b2", "test");
	UNTIL(w, !UP(w, "b2"));
	UNTIL(w, UP(w, "b2"));
	act = world_act(&b);
	fleet_act(w->fleet, world_vm(w, 3), VERB_POWER_ON, &act);
	UNTIL(w, b.done);
	assert_int_equal(fake_open_now("b2"), 1);
	/* a host that is not up: known not to have been sent */
	fake_way("b1", FAKE_OPEN, FAKE_FAIL);
	fake_break("b1", "test");
	UNTIL(w, !UP(w, "b1"));
	act = world_act(&b);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_ON, &act);
	UNTIL(w, b.done);
	assert_int_equal(b.sent, 0);
	assert_int_equal(b.class, ERR_UNREACHABLE);
}

static void long_lane_failing_leaves_the_short_one(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	three_up();
	w->config.connect_ms = CONNECT_MS;
	all_up();
	fake_long_way("b1", FAKE_HANG);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_ON, &act);
	UNTIL(w, a.done);
	assert_int_equal(a.sent, 0);
	assert_int_equal(a.class, ERR_UNREACHABLE);
	assert_string_equal(a.id, "fleet.timeout");
	assert_true(UP(w, "b1"));
	UNTIL(w, fake_open_now("b1") == 1);
	fake_long_way("b1", FAKE_OK);
	act = world_act(&a);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_ON, &act);
	UNTIL(w, a.done && a.ok);
	assert_int_equal(world_told(w, NEWS_HOST, "b1"), 2); /* connecting, up: nothing since */
}

static void long_lane_is_closed_when_idle(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	three_up();
	clock_fake(1000000, 1700000000);
	all_up();
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_ON, &act);
	UNTIL(w, a.done);
	assert_int_equal(fake_open_now("b1"), 2);
	world_later(w, 50000);
	world_run(w, 50);
	assert_int_equal(fake_open_now("b1"), 2);
	world_later(w, 11000);
	UNTIL(w, fake_open_now("b1") == 1);
	assert_true(UP(w, "b1"));
}

static void hung_action(void **state)
{
	struct acted a, b;
	struct fleet_act act = world_act(&a);

	three_up();
	w->config.short_ms = 300;
	all_up();
	fake_way("b1", FAKE_ACT, FAKE_HANG);
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	act = world_act(&b);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_OFF, &act);
	UNTIL(w, world_blade(w, "b1")->host == HOST_STALE || a.done);
	UNTIL(w, a.done);
	assert_int_equal(a.sent, 1);
	assert_int_equal(a.class, ERR_TIMEOUT); /* may still happen */
	UNTIL(w, b.done);
	assert_int_equal(b.sent, 0);            /* and this one surely not */
	UNTIL(w, UP(w, "b1"));
	world_run(w, 100);
	assert_int_equal(a.done, 1);
	assert_int_equal(b.done, 1);
	assert_int_equal(fake_calls_at_once("b1"), 1);
}

static void stuck_call_is_not_tried_again(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	three_up();
	clock_fake(1000000, 1700000000);
	all_up();
	fake_way("b1", FAKE_ACT, FAKE_STUCK);
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	UNTIL(w, fake_called("b1", FAKE_ACT) == 1);
	world_later_but(w, 2100, 1);
	UNTIL(w, a.done);
	assert_int_equal(a.class, ERR_TIMEOUT);
	assert_int_equal(world_blade(w, "b1")->host, HOST_DOWN);
	world_later_but(w, 6000, 1);
	UNTIL(w, !strcmp(world_blade(w, "b1")->why_id, "fleet.stuck"));
	world_later_but(w, 600000, 1);
	fleet_refresh(w->fleet, "b1");
	world_run(w, 100);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1); /* not before it returns */
	assert_true(UP(w, "b2"));
	fake_unstick();
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(a.done, 1);
	assert_int_equal(fake_open_now("b1"), 1);
}

static void hung_close(void **state)
{
	three_up();
	w->config.short_ms = 100;
	all_up();
	fake_way("b1", FAKE_CLOSE, FAKE_STUCK);
	fake_break("b1", "gone");
	UNTIL(w, world_blade(w, "b1")->host == HOST_DOWN);
	world_run(w, 400);
	assert_int_equal(world_blade(w, "b1")->host, HOST_DOWN);
	assert_string_equal(world_blade(w, "b1")->why_id, "fleet.lost");
	assert_true(UP(w, "b2"));
	fake_unstick();
	fake_way("b1", FAKE_CLOSE, FAKE_OK);
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(fake_open_now("b1"), 1);
}

static void lost_and_back(void **state)
{
	struct vm *v;

	three_up();
	all_up();
	w->ntold = 0;
	v = world_vm(w, 1);
	fake_way("b1", FAKE_OPEN, FAKE_FAIL);
	fake_break("b1", "cable");
	UNTIL(w, world_blade(w, "b1")->host == HOST_BACKOFF);
	assert_false(v->live);
	assert_true(llabs(clock_wall_s() - v->seen) < 100);
	assert_int_equal(v->state, VM_RUNNING);
	assert_true(llabs(clock_wall_s() - world_blade(w, "b1")->seen) < 100);
	assert_int_equal(world_blade(w, "b1")->vms, 2);
	UNTIL(w, ((struct site *)registry_at(w->reg, KIND_SITE, 0))->hosts_live == 2);
	/* it changed while nobody looked */
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_vm_drop("b1", 2);
	fake_vm("b1", 9, "acme-9", VM_RUNNING);
	fake_way("b1", FAKE_OPEN, FAKE_OK);
	UNTIL(w, UP(w, "b1") && world_vm(w, 9));
	assert_true(v->live);
	assert_int_equal(v->state, VM_OFF);
	assert_int_equal(v->since, 0);
	assert_null(world_vm(w, 2));
	assert_int_equal(world_told(w, NEWS_VM_STATE, v->id), 1);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_UNKNOWN);
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 1);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 1);
}

static void late_events_are_dropped(void **state)
{
	three_up();
	all_up();
	w->ntold = 0;
	fake_break("b1", "gone");
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_CRASHED); /* the same connection, after its end */
	UNTIL(w, !UP(w, "b1"));
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(world_vm(w, 1)->state, VM_RUNNING);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0);
}

static void events_of_the_first_list_come_after_it(void **state)
{
	world_new(w, 1);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_slow("b1", 300);
	fake_way("b1", FAKE_LIST, FAKE_SLOW);
	world_start(w);
	UNTIL(w, fake_called("b1", FAKE_LIST) == 1);
	/* the list says running and new; what happens meanwhile is newer */
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_GUEST);
	fake_vm("b1", 2, "acme-2", VM_RUNNING);
	fake_event("b1", HOST_EVENT_STATE, 2, VM_RUNNING, WHY_BOOTED);
	world_run(w, 50);
	assert_null(world_vm(w, 1)); /* kept */
	UNTIL(w, world_vm(w, 1) && world_vm(w, 2));
	assert_int_equal(world_vm(w, 1)->state, VM_OFF);
	assert_int_equal(world_vm(w, 2)->state, VM_RUNNING);
}

static void an_event_beats_the_list_under_way(void **state)
{
	three_up();
	all_up();
	fake_slow("b1", 300);
	fake_way("b1", FAKE_LIST, FAKE_SLOW);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, fake_called("b1", FAKE_LIST) == 2);
	w->ntold = 0;
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_GUEST);
	UNTIL(w, world_vm(w, 1)->state == VM_OFF);
	UNTIL(w, world_told(w, NEWS_LISTED, "b1"));
	assert_int_equal(world_vm(w, 1)->state, VM_OFF);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 1); /* not on and off again */
}

static void storm(void **state)
{
	int64_t longest = 0, start;

	three_up();
	all_up();
	for (int i = 0; i < 30000; i++)
		fake_event("b1", HOST_EVENT_STATE, 1, i & 1 ? VM_RUNNING : VM_PAUSED, WHY_UNKNOWN);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_GUEST);
	fake_vm("b2", 3, "web", VM_RUNNING);
	fake_event("b2", HOST_EVENT_STATE, 3, VM_RUNNING, WHY_UNKNOWN);
	start = world_now();
	while (world_vm(w, 1)->state != VM_OFF && world_now() - start < 60000) {
		int64_t turn = world_now();

		loop_step(w->loop, 5);
		if (world_now() - turn > longest)
			longest = world_now() - turn;
	}
	assert_int_equal(world_vm(w, 1)->state, VM_OFF); /* the last one spilled: a list made up for it */
	assert_int_equal(world_vm(w, 3)->state, VM_RUNNING);
	assert_true(longest < 200 * patience());
	assert_true(fake_called("b1", FAKE_LIST) >= 2);
}

static int said;
static char answers[64];
static void on_detail(void *ctx, struct err *e, const struct host_vm_detail *d)
{
	answers[said++] = *(const char *)ctx;
	if (!strcmp(ctx, "d") && !e)
		assert_string_equal(d->guest, "Fake OS 1");
	err_free(e);
}
static void on_order(void *ctx, struct err *e)
{
	on_detail(ctx, e, NULL);
}

static void power_before_detail_before_list(void **state)
{
	struct fleet_act act = { .ctx = (void *)(uintptr_t)"p", .done = on_order };

	three_up();
	all_up();
	said = 0;
	fake_slow("b1", 100);
	fake_way("b1", FAKE_DETAIL, FAKE_SLOW);
	fleet_detail(w->fleet, world_vm(w, 1), on_detail, (void *)(uintptr_t)"d"); /* under way */
	fleet_refresh(w->fleet, "b1");
	fleet_detail(w->fleet, world_vm(w, 1), on_detail, (void *)(uintptr_t)"d");
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	UNTIL(w, said == 3 && fake_called("b1", FAKE_LIST) == 2);
	assert_memory_equal(answers, "dpd", 3);
	assert_string_equal(world_vm(w, 1)->guest, "Fake OS 1");
	assert_int_equal(fake_calls_at_once("b1"), 1);
	/* no end of orders may wait, whatever is asked beside them */
	fake_way("b1", FAKE_DETAIL, FAKE_HANG);
	said = 0;
	for (int i = 0; i < 60; i++)
		fleet_detail(w->fleet, world_vm(w, 1), on_detail, (void *)(uintptr_t)"x");
	UNTIL(w, fake_called("b1", FAKE_DETAIL) == 3); /* else the orders are before it */
	struct acted a;
	act = world_act(&a);
	for (int i = 0; i < 70; i++)
		fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	UNTIL(w, a.done >= 1);
	assert_int_equal(a.class, ERR_STATE);
	UNTIL(w, said == 60 && a.done == 70); /* the rest with the connection */
	assert_int_equal(a.sent, 0);
}

static void waiting_has_a_deadline(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	three_up();
	clock_fake(1000000, 1700000000);
	w->config.short_ms = 10000;
	all_up();
	fake_way("b1", FAKE_LIST, FAKE_HANG);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, fake_called("b1", FAKE_LIST) == 2);
	clock_fake_advance(-2000); /* the list began later than the action came */
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	clock_fake_advance(10500);
	UNTIL(w, a.done);
	assert_int_equal(a.sent, 0);
	assert_int_equal(a.class, ERR_TIMEOUT);
	assert_string_equal(a.id, "fleet.waited");
}

static void what_a_host_can(void **state)
{
	const char *why, *driver;

	three_up();
	all_up();
	assert_int_equal(fleet_can(w->fleet, world_vm(w, 1), VERB_REBOOT, &why, &driver), OUTCOME_STATE);
	assert_null(why);
	assert_string_equal(driver, "fake");
	assert_int_equal(fleet_can(w->fleet, world_vm(w, 1), VERB_RESET, &why, &driver), OUTCOME_NO);
	assert_string_equal(why, "text");
}

static void lists_now_and_then(void **state)
{
	three_up();
	clock_fake(1000000, 1700000000);
	w->config.list_every_s = 300;
	all_up();
	assert_int_equal(fake_called("b1", FAKE_LIST), 1);
	fake_vm("b1", 1, "acme-1", VM_OFF); /* and its event was lost */
	world_later(w, 300001);
	UNTIL(w, world_vm(w, 1)->state == VM_OFF);
	assert_int_equal(fake_called("b1", FAKE_LIST), 2);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
}

static void a_refused_list_is_asked_for_again(void **state)
{
	three_up();
	clock_fake(1000000, 1700000000);
	all_up();
	fake_way("b1", FAKE_LIST, FAKE_FAIL);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, fake_called("b1", FAKE_LIST) == 2);
	world_run(w, 50);
	assert_true(UP(w, "b1"));
	fake_way("b1", FAKE_LIST, FAKE_OK);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	UNTIL_LATER(w, 10001, world_vm(w, 1)->state == VM_OFF);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
}

static void wrong_uri(void **state)
{
	three_up();
	free(w->model->blades[1].uri);
	w->model->blades[1].uri = strdup("nonsense:///");
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b3"));
	assert_int_equal(world_blade(w, "b2")->host, HOST_DOWN);
	assert_int_equal(world_blade(w, "b2")->retry, 0);
	assert_string_equal(world_blade(w, "b2")->why, "no such kind of URI");
}

static void host_uuids(void **state)
{
	three_up();
	fake_uuid("b2", "99999999-0000-0000-0000-000000000000");
	fake_uuid("b3", "99999999-0000-0000-0000-000000000000");
	all_up();
	assert_string_equal(world_blade(w, "b1")->alert, "");
	assert_non_null(strstr(world_blade(w, "b2")->alert, "b3"));
	assert_non_null(strstr(world_blade(w, "b3")->alert, "b2"));
	assert_int_equal(world_told(w, NEWS_ALERT, NULL), 2);
	fake_uuid("b3", "88888888-0000-0000-0000-000000000000");
	fake_break("b3", "test");
	UNTIL(w, !UP(w, "b3"));
	UNTIL(w, UP(w, "b3"));
	assert_string_equal(world_blade(w, "b2")->alert, "");
	assert_non_null(strstr(world_blade(w, "b3")->alert, "99999999-"));
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.uuid.changed");
}

static void five_hundred_dead_and_one_live(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);
	char name[16];
	int64_t start;

	world_new(w, 501);
	w->config.connect_ms = 3000;
	for (int i = 1; i <= 500; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		fake_way(name, FAKE_OPEN, i % 3 ? FAKE_HANG : FAKE_FAIL);
	}
	fake_vm("b501", 1, "acme-1", VM_RUNNING);
	start = world_now();
	world_start(w);
	UNTIL_MS(w, 8000, UP(w, "b501")); /* it stands last of all */
	/* and while it is up it notices nothing of the others */
	for (int i = 0; i < 20; i++) {
		int64_t began = world_now();

		act = world_act(&a);
		fleet_act(w->fleet, world_vm(w, 1), i & 1 ? VERB_POWER_OFF : VERB_RESET, &act);
		UNTIL(w, a.done);
		assert_true(world_now() - began < 200 * patience());
		world_run(w, 20);
	}
	/* lost, it comes back at once among all those that try again and again */
	start = world_now();
	fake_break("b501", "test");
	UNTIL(w, !UP(w, "b501"));
	UNTIL(w, UP(w, "b501"));
	assert_true(world_now() - start < 3000 * patience());
	assert_true(world_threads() < 1000);
}

static void a_hundred_rounds_leave_nothing(void **state)
{
	struct acted a;
	struct fleet_act act;
	int fds = 0;

	three_up();
	all_up();
	for (int i = 0; i < 100; i++) {
		if (i == 10)
			fds = world_fds();
		act = world_act(&a);
		fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_ON, &act);
		if (i % 3 == 0)
			UNTIL(w, a.done);
		if (i % 7 == 0)
			fake_way("b1", FAKE_FACTS, FAKE_FAIL);
		fake_break("b1", "flap");
		UNTIL(w, !UP(w, "b1"));
		UNTIL(w, a.done);
		fake_way("b1", FAKE_FACTS, FAKE_OK);
		UNTIL(w, UP(w, "b1"));
	}
	assert_true(fake_open_now("b1") <= 2);
	assert_true(fake_called("b1", FAKE_CLOSE) >= 100);
	assert_true(world_threads() < 40);
	assert_true(world_fds() <= fds);
	assert_int_equal(fake_calls_at_once("b1"), 1);
	assert_int_equal(world_blade(w, "b1")->vms, 2);
}

static void ends_while_calls_hang(void **state)
{
	struct acted a, b;
	struct fleet_act act = world_act(&a);
	int64_t start;
	int before = world_threads(), n = 0;

	three_up();
	all_up();
	fake_way("b1", FAKE_ACT, FAKE_HANG);
	fake_way("b2", FAKE_LIST, FAKE_HANG);
	fake_slow("b3", 300);
	fake_way("b3", FAKE_CLOSE, FAKE_SLOW);
	fleet_refresh(w->fleet, "b2");
	fleet_act(w->fleet, world_vm(w, 1), VERB_POWER_OFF, &act);
	act = world_act(&b);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_OFF, &act);
	UNTIL(w, a.sent);
	start = world_now();
	world_stop(w);
	assert_true(world_now() - start < 2000 * patience());
	assert_int_equal(a.done, 1);
	assert_int_equal(b.done, 1);
	assert_int_equal(b.sent, 0);
	assert_int_equal(fake_open_now(NULL), 0);
	while (world_threads() > before && n++ < 200)
		world_run(w, 5);
	assert_int_equal(world_threads(), before);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(comes_up), T(events_move_states), T(fails_and_backs_off), T(backoff_doubles_up_to_its_limit),
		T(hung_open), T(hung_first_list), T(silence_is_shown_early), T(slow_call_recovers),
		T(an_action_through_the_lanes), T(long_lane_failing_leaves_the_short_one), T(long_lane_is_closed_when_idle),
		T(hung_action), T(stuck_call_is_not_tried_again), T(hung_close), T(lost_and_back),
		T(late_events_are_dropped), T(events_of_the_first_list_come_after_it), T(an_event_beats_the_list_under_way),
		T(storm), T(power_before_detail_before_list), T(waiting_has_a_deadline), T(what_a_host_can),
		T(lists_now_and_then), T(a_refused_list_is_asked_for_again), T(wrong_uri), T(host_uuids), T(five_hundred_dead_and_one_live),
		T(a_hundred_rounds_leave_nothing), T(ends_while_calls_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
