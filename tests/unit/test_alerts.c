/* The alerts: which situations make which lines, what stands behind what, and how a line lives. */
#include "watch/alerts.h"

#include "common/buf.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START INT64_C(1795222000)

/* ---- a small site: two racks, each two enclosures of four hosts ---- */

static struct loop *loop;
static struct registry *objects;
static struct alerts *alerts;
static struct buf told;   /* ids of what was told, a line each */
static json_t *seen, *dropped;

static void on_happened(void *ctx, enum kind k, const char *object, const char *name, const struct msg *m)
{
	buf_printf(&told, "%s %s\n", m->id, object);
}

static void on_dropped(void *ctx, const char *id)
{
	json_object_set_new(dropped, id, json_true());
}

static void on_seen(void *ctx, const char *id, int64_t since)
{
	if (since)
		json_object_set_new(seen, id, json_integer(since));
	else
		json_object_del(seen, id);
}

static void *object(enum kind k, const char *id)
{
	void *o = registry_find(objects, k, id);

	assert_non_null(o);
	return o;
}

static struct blade *blade(const char *name)
{
	char id[64];

	snprintf(id, sizeof id, "blade:%s", name);
	return object(KIND_BLADE, id);
}

static struct enclosure *enclosure(const char *name)
{
	char id[64];

	snprintf(id, sizeof id, "enclosure:%s", name);
	return object(KIND_ENCLOSURE, id);
}

static void set(istr *slot, const char *value)
{
	intern_set(slot, value);
}

static void add_blade(const char *rack, const char *enc, int bay)
{
	struct blade *b = object_new(KIND_BLADE);
	char text[64];

	snprintf(text, sizeof text, "blade:%s-%d", enc, bay);
	set(&b->id, text);
	set(&b->name, strchr(text, ':') + 1);
	set(&b->enclosure, enc);
	set(&b->rack, rack);
	snprintf(text, sizeof text, "%d", bay);
	set(&b->bay, text);
	b->host = HOST_UP;
	b->manager = MANAGER_UP;
	b->power = POWER_ON;
	b->power_live = true;
	b->health = HEALTH_OK;
	b->running = 3;
	registry_add(objects, KIND_BLADE, b);
}

static void add_enclosure(const char *rack, const char *name)
{
	struct enclosure *e = object_new(KIND_ENCLOSURE);
	char id[64];

	snprintf(id, sizeof id, "enclosure:%s", name);
	set(&e->id, id);
	set(&e->name, name);
	set(&e->rack, rack);
	e->manager = MANAGER_UP;
	e->health = HEALTH_OK;
	registry_add(objects, KIND_ENCLOSURE, e);
	for (int bay = 1; bay <= 4; bay++)
		add_blade(rack, name, bay);
}

static struct vm *add_vm(const char *name, const char *on)
{
	struct vm *vm = object_new(KIND_VM);
	char id[64];

	snprintf(id, sizeof id, "vm:%s", name);
	set(&vm->id, id);
	set(&vm->name, name);
	set(&vm->blade, on);
	vm->state = VM_RUNNING;
	vm->live = true;
	registry_add(objects, KIND_VM, vm);
	return vm;
}

static void turn(void)
{
	for (int i = 0; i < 50; i++)
		loop_step(loop, 0);
}

/* The clock moves on, in steps that timers can follow. */
static void pass(int seconds)
{
	for (; seconds > 0; seconds -= 5) {
		clock_fake_advance((seconds < 5 ? seconds : 5) * INT64_C(1000));
		turn();
	}
}

static void start(void)
{
	alerts = alerts_new(&(struct alerts_config){ .loop = loop, .objects = objects, .happened = on_happened, .dropped = on_dropped,
		.seen = on_seen });
}

static int setup(void **state)
{
	clock_fake(1000, START);
	loop = loop_new();
	objects = registry_new();
	seen = json_object();
	dropped = json_object();
	struct site *s = object_new(KIND_SITE);
	set(&s->id, "site");
	set(&s->name, "tokyo-1");
	registry_add(objects, KIND_SITE, s);
	add_enclosure("A", "a1");
	add_enclosure("A", "a2");
	add_enclosure("B", "b1");
	add_enclosure("B", "b2");
	start();
	alerts_start(alerts);
	turn();
	return 0;
}

static int teardown(void **state)
{
	alerts_free(alerts);
	registry_free(objects);
	loop_free(loop);
	json_decref(seen);
	json_decref(dropped);
	buf_free(&told);
	told = (struct buf){ 0 };
	clock_real();
	return 0;
}

/* ---- what is listed: "level object text_id behind state", sorted ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *lines(void)
{
	char *list[64];
	size_t n = 0;
	struct buf b = { 0 };

	for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++) {
		const struct alert *a = registry_at(objects, KIND_ALERT, s);
		if (a && n < 64)
			list[n++] = xasprintf("%s %s %s %d %s%s", a->level, a->object, a->text_id, (int)a->behind, a->state, a->flapping ? " flapping" : "");
	}
	qsort(list, n, sizeof *list, by_text);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s\n", list[i]);
		free(list[i]);
	}
	buf_append(&b, "", 1);
	return b.data;
}

static void check(int line, const char *expected)
{
	char *is = lines();

	if (strcmp(is, expected) != 0)
		fail_msg("line %d: expected\n%sbut there is\n%s", line, expected, is);
	free(is);
}
#define LISTED(expected) check(__LINE__, expected)

static const struct alert *only(void)
{
	const struct alert *one = NULL;

	for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++)
		if (registry_at(objects, KIND_ALERT, s)) {
			assert_null(one);
			one = registry_at(objects, KIND_ALERT, s);
		}
	assert_non_null(one);
	return one;
}

static void silence(const char *name)
{
	struct blade *b = blade(name);

	b->host = HOST_BACKOFF;
	set(&b->why, "no route");
	registry_changed(objects, KIND_BLADE, b, false);
}

static void back(const char *name)
{
	struct blade *b = blade(name);

	b->host = HOST_UP;
	set(&b->why, "");
	registry_changed(objects, KIND_BLADE, b, false);
}

static void silence_all(const char *enc, bool silent)
{
	for (int bay = 1; bay <= 4; bay++) {
		char name[32];
		snprintf(name, sizeof name, "%s-%d", enc, bay);
		if (silent)
			silence(name);
		else
			back(name);
	}
	turn();
}

/* ---- one blade in each situation ---- */

static const struct situation {
	const char *what;
	enum host_state host;
	const char *why;
	enum power_state power;
	bool live, spare;
	const char *owner, *fitted, *alert_id, *doing;
	enum health health;
	const char *expected;
} situations[] = {
	{ "well", HOST_UP, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "silent", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "silent, power not known", HOST_BACKOFF, "x", POWER_UNKNOWN, false, false, "", "", "", "", HEALTH_UNKNOWN,
		"alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "tried again", HOST_CONNECTING, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "not tried yet", HOST_CONNECTING, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "never tried", HOST_DOWN, "", POWER_UNKNOWN, false, false, "", "", "", "", HEALTH_OK, "" },
	{ "slow", HOST_STALE, "slow", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "warning blade:a1-1 alert.host.stale 3 new\n" },
	{ "off", HOST_BACKOFF, "x", POWER_OFF, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "was off", HOST_BACKOFF, "x", POWER_OFF, false, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "spare", HOST_BACKOFF, "x", POWER_ON, true, true, "", "yes", "", "", HEALTH_OK, "" },
	{ "its owner's", HOST_BACKOFF, "x", POWER_ON, true, false, "acme", "yes", "", "", HEALTH_OK, "" },
	{ "no blade in it", HOST_BACKOFF, "x", POWER_UNKNOWN, true, false, "", "no", "", "", HEALTH_UNKNOWN, "" },
	{ "being switched", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "reboot", HEALTH_OK, "" },
	{ "silent, its manager says on", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "blade.alert.on", "", HEALTH_OK,
		"alert blade:a1-1 blade.alert.on 3 new\n" },
	{ "off with work", HOST_DOWN, "", POWER_OFF, true, false, "", "yes", "blade.alert.vms", "", HEALTH_OK,
		"alert blade:a1-1 blade.alert.vms 3 new\n" },
	{ "another blade", HOST_UP, "", POWER_ON, true, false, "", "yes", "blade.alert.identity", "", HEALTH_OK,
		"warning blade:a1-1 blade.alert.identity 0 new\n" },
	{ "failed", HOST_UP, "", POWER_ON, true, false, "", "yes", "blade.alert.health", "", HEALTH_FAILED,
		"alert blade:a1-1 blade.alert.health 0 new\n" },
	{ "warns", HOST_UP, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_WARNING, "warning blade:a1-1 alert.health.warning 0 new\n" },
	{ "failed and silent", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_FAILED,
		"alert blade:a1-1 alert.host.silent 3 new\nalert blade:a1-1 blade.alert.health 0 new\n" },
	/* its enclosure's line says so */
	{ "its manager is silent", HOST_UP, "", POWER_ON, false, false, "", "yes", "manager.alert.silent", "", HEALTH_OK, "" },
};

static void test_situations(void **state)
{
	for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
		const struct situation *s = &situations[i];
		struct blade *b;

		if (i) {
			teardown(state);
			setup(state);
		}
		b = blade("a1-1");
		b->host = s->host;
		set(&b->why, s->why);
		b->power = s->power;
		b->power_live = s->live;
		b->spare = s->spare;
		set(&b->owner, s->owner);
		set(&b->fitted, s->fitted);
		set(&b->alert, *s->alert_id ? "what contradicts" : "");
		set(&b->alert_id, s->alert_id);
		set(&b->doing, s->doing);
		b->health = s->health;
		registry_changed(objects, KIND_BLADE, b, false);
		pass(15); /* its manager had time to say that it is off */
		char *is = lines();
		if (strcmp(is, s->expected) != 0)
			fail_msg("%s: expected\n%sbut there is\n%s", s->what, s->expected, is);
		free(is);
	}
}

static void test_others(void **state)
{
	struct enclosure *e = enclosure("a1");
	struct vm *vm = add_vm("db01", "a1-1");
	struct cluster *c = object_new(KIND_CLUSTER);
	struct volume *v = object_new(KIND_VOLUME);
	struct job *j = object_new(KIND_JOB);

	set(&c->id, "cluster:K1");
	set(&c->name, "K1");
	set(&c->quorum, "kept");
	registry_add(objects, KIND_CLUSTER, c);
	set(&v->id, "volume:v1");
	set(&v->name, "v1");
	v->size_kib = 1000;
	v->vms_max = 2;
	registry_add(objects, KIND_VOLUME, v);
	set(&j->id, "job:000001");
	set(&j->verb, "shutdown");
	set(&j->targets, "db01");
	j->state = JOB_RUNNING;
	registry_add(objects, KIND_JOB, j);
	turn();
	LISTED("");
	e->health = HEALTH_WARNING;
	set(&e->wrong, "Fan-3 warning");
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	vm->state = VM_CRASHED;
	registry_changed(objects, KIND_VM, vm, false);
	set(&c->quorum, "lost");
	registry_changed(objects, KIND_CLUSTER, c, false);
	v->vms = 3;
	registry_changed(objects, KIND_VOLUME, v, false);
	j->state = JOB_UNKNOWN;
	registry_changed(objects, KIND_JOB, j, false);
	turn();
	LISTED("alert cluster:K1 alert.quorum.lost 0 new\nalert vm:db01 alert.vm.crashed 0 new\nwarning enclosure:a1 enclosure.alert.wrong 0 new\n"
	       "warning job:000001 alert.job.unknown 0 new\nwarning volume:v1 alert.volume.vms 3 new\n");
	/* What is gone leaves no line, not even a cleared one. */
	registry_remove(objects, KIND_CLUSTER, c);
	registry_remove(objects, KIND_VM, vm);
	j->state = JOB_DONE;
	registry_changed(objects, KIND_JOB, j, false);
	turn();
	LISTED("warning enclosure:a1 enclosure.alert.wrong 0 new\nwarning job:000001 alert.job.unknown 0 cleared\nwarning volume:v1 alert.volume.vms 3 new\n");
}

/* A VM that is paused for a moment, a manager that is busy for one: nobody's business. */
static void test_delays(void **state)
{
	struct vm *vm = add_vm("db01", "a1-1");
	struct enclosure *e = enclosure("a1");

	vm->state = VM_PAUSED;
	registry_changed(objects, KIND_VM, vm, false);
	e->manager = MANAGER_BUSY;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	pass(30);
	LISTED("");
	pass(40);
	LISTED("warning vm:db01 alert.vm.paused 0 new\n");
	vm->state = VM_RUNNING;
	registry_changed(objects, KIND_VM, vm, false);
	e->manager = MANAGER_UP;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	pass(60);
	LISTED("warning vm:db01 alert.vm.paused 0 cleared\n");
}

/* ---- one cause, one line ---- */

static void test_behind_manager(void **state)
{
	struct enclosure *e = enclosure("a1");

	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 new\n");
	e->manager = MANAGER_SILENT;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 1 new\n");
	silence("a1-2");
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 2 new\n");
	/* All of them: still that one. */
	silence_all("a1", true);
	LISTED("alert enclosure:a1 manager.alert.silent 4 new\n");
	/* It is tried again meanwhile. */
	e->manager = MANAGER_CONNECTING;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 4 new\n");
	e->manager = MANAGER_UP;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 alert.hosts.enclosure 4 new\nalert enclosure:a1 manager.alert.silent 0 cleared\n");
	silence_all("a1", false);
	LISTED("alert enclosure:a1 alert.hosts.enclosure 0 cleared\nalert enclosure:a1 manager.alert.silent 0 cleared\n");
}

/* VMs of "acme globex hooli", one each, on this blade. */
static void fill(const char *on, const char *tenants)
{
	char list[64], name[64];

	snprintf(list, sizeof list, "%s", tenants);
	for (char *rest, *t = strtok_r(list, " ", &rest); t; t = strtok_r(NULL, " ", &rest)) {
		static int n;

		snprintf(name, sizeof name, "%s-%d", t, n++);
		set(&add_vm(name, on)->tenant, t);
	}
}

static void customers(const char *object, int expected)
{
	for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++) {
		const struct alert *a = registry_at(objects, KIND_ALERT, s);

		if (a && strcmp(a->object, object) == 0 && *a->state == 'n') {
			if (a->tenants != expected)
				fail_msg("%s: %d customers, and not %d", object, (int)a->tenants, expected);
			return;
		}
	}
	fail_msg("no alert of %s", object);
}

/* Each customer counts once, wherever its VMs stood, and goes with the last of them. */
static void test_customers(void **state)
{
	struct vm *off = add_vm("off", "a1-1");

	off->state = VM_OFF;
	set(&off->tenant, "sleepers");
	fill("a1-1", "acme acme globex");
	fill("a1-2", "globex hooli");
	fill("a2-1", "hooli");
	fill("b1-1", "initech");
	add_vm("nobodys", "a1-1");
	silence("a1-1");
	silence("a1-2");
	turn();
	customers("blade:a1-1", 2);
	customers("blade:a1-2", 2);
	silence_all("a1", true);
	customers("enclosure:a1", 3);
	silence_all("a2", true);
	customers("rack:A", 3);
	silence_all("b1", true);
	silence_all("b2", true);
	customers("site", 4);
	/* One that moves away on its own takes its customer with it where that was the last one. */
	struct vm *vm = add_vm("late", "a1-3");
	set(&vm->tenant, "umbrella");
	registry_changed(objects, KIND_BLADE, blade("a1-3"), false);
	turn();
	customers("site", 5);
	registry_remove(objects, KIND_VM, vm);
	registry_changed(objects, KIND_BLADE, blade("a1-3"), false);
	turn();
	customers("site", 4);
	silence_all("b1", false);
	silence_all("b2", false);
	customers("rack:A", 3);
	back("a1-1");
	turn();
	customers("rack:A", 2);
	/* A blade that is taken out goes with what it had. */
	registry_remove(objects, KIND_BLADE, blade("a1-2"));
	turn();
	customers("rack:A", 1);
	silence_all("a2", false);
	silence("a2-1");
	turn();
	customers("blade:a2-1", 1);
}

static void test_no_power(void **state)
{
	struct enclosure *e = enclosure("a1");

	silence("a1-1");
	silence("a1-2");
	e->health = HEALTH_FAILED;
	set(&e->power, "0 of 6 OK, 0 W");
	set(&e->wrong, "PS-1 failed");
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 enclosure.alert.wrong 2 new\n");
}

static void test_rack(void **state)
{
	silence_all("a1", true);
	LISTED("alert enclosure:a1 alert.hosts.enclosure 4 new\n");
	silence_all("a2", true);
	LISTED("alert rack:A alert.hosts.rack 8 new\n");
	/* They come up one by one: no storm. Half of them are back: what is left is told by itself. */
	back("a1-1");
	back("a1-2");
	back("a1-3");
	turn();
	LISTED("alert rack:A alert.hosts.rack 5 new\n");
	silence_all("b1", true);
	silence_all("b2", true);
	LISTED("alert rack:A alert.hosts.rack 5 new\nalert rack:B alert.hosts.rack 8 new\n");
	silence_all("a1", true);
	LISTED("alert site alert.hosts.site 16 new\n");
	silence_all("a1", false);
	silence_all("a2", false);
	LISTED("alert rack:B alert.hosts.rack 8 new\nalert site alert.hosts.site 0 cleared\n");
}

static void test_crowd(void **state)
{
	char name[32];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "vm%d", i);
		struct vm *vm = add_vm(name, "a1-1");
		char *text = xasprintf("%s matches rules of acme and of globex: nobody owns it", name);
		set(&vm->alert, text);
		free(text);
		registry_changed(objects, KIND_VM, vm, false);
		turn();
		if (i == 1)
			LISTED("warning vm:vm0  0 new\nwarning vm:vm1  0 new\n");
	}
	LISTED("warning blade:a1-1 alert.vms 4 new\n");
	/* Another cause at one of them is its own. */
	struct vm *vm = object(KIND_VM, "vm:vm3");
	vm->state = VM_CRASHED;
	registry_changed(objects, KIND_VM, vm, false);
	turn();
	LISTED("alert vm:vm3 alert.vm.crashed 0 new\nwarning blade:a1-1 alert.vms 4 new\n");
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "vm:vm%d", i);
		vm = object(KIND_VM, name);
		set(&vm->alert, "");
		registry_changed(objects, KIND_VM, vm, false);
	}
	turn();
	LISTED("alert vm:vm3 alert.vm.crashed 0 new\nwarning blade:a1-1 alert.vms 0 cleared\nwarning vm:vm3  0 new\n");
}

/* ---- how a line lives ---- */

static void test_marks(void **state)
{
	struct alert *a;
	struct store_alert m = { .object = "blade:a1-1", .state = "acknowledged", .by = "sato", .ticket = "T-1", .note = "", .at = START };

	silence("a1-1");
	turn();
	assert_null(alerts_find(alerts, "blade:a1-1", &a));
	m.id = a->id;
	char *id = xstrdup(a->id);
	m.id = id;
	alerts_set(alerts, &m);
	LISTED("alert blade:a1-1 alert.host.silent 3 acknowledged\n");
	assert_string_equal(only()->by, "sato");
	back("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	assert_true(json_object_get(dropped, id) != NULL);
	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 new\n");
	assert_string_equal(only()->id, id);
	/* Muted: it may come and go, until then. */
	m.state = "muted";
	m.until = clock_wall_s() + 1000;
	alerts_set(alerts, &m);
	LISTED("alert blade:a1-1 alert.host.silent 3 muted\n");
	back("a1-1");
	turn();
	silence("a1-1");
	turn();
	assert_string_equal(only()->state, "muted");
	pass(1100);
	assert_string_equal(only()->state, "new");
	assert_int_equal(only()->muted_until, 0);
	buf_append(&told, "", 1);
	assert_non_null(strstr(told.data, "alert.unmuted blade:a1-1\n"));
	/* "new" by hand; and what nobody knows. */
	m.state = "new";
	alerts_set(alerts, &m);
	struct err *e = alerts_find(alerts, "blade:a1-2", &a);
	assert_string_equal(e->msg.id, "alert.none");
	err_free(e);
	free(id);
}

static void test_flapping(void **state)
{
	for (int i = 0; i < 2; i++) {
		silence("a1-1");
		pass(5);
		back("a1-1");
		pass(5);
	}
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	assert_int_equal(only()->changes, 4);
	silence("a1-1");
	pass(5);
	LISTED("alert blade:a1-1 alert.host.silent 3 new flapping\n");
	/* One line, whether it is there at the moment or not. */
	back("a1-1");
	pass(300);
	assert_string_equal(only()->state, "new");
	assert_true(only()->flapping);
	pass(400);
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	pass(ALERT_CLEARED_S + 30);
	LISTED("");
}

static void test_restart(void **state)
{
	struct alert *a;
	const char *id;
	json_t *since;

	silence("a1-1");
	silence("b1-1");
	turn();
	assert_null(alerts_find(alerts, "blade:a1-1", &a));
	char *known = xstrdup(a->id);
	clock_fake_advance(60000);
	/* The broker that comes next: nothing of this is new. */
	json_t *kept = json_deep_copy(seen);
	assert_int_equal(json_object_size(kept), 2);
	alerts_free(alerts);
	while (registry_count(objects, KIND_ALERT))
		for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++)
			if (registry_at(objects, KIND_ALERT, s))
				registry_remove(objects, KIND_ALERT, registry_at(objects, KIND_ALERT, s));
	start();
	json_object_foreach(kept, id, since)
		alerts_load_seen(alerts, id, json_integer_value(since));
	alerts_load_mark(alerts, &(struct store_alert){ .id = known, .object = "blade:a1-1", .state = "acknowledged", .by = "sato", .ticket = "T",
		.note = "", .at = START });
	back("b1-1");
	blade("a1-1")->host = HOST_CONNECTING;
	set(&blade("a1-1")->why, "");
	alerts_start(alerts);
	turn();
	LISTED(""); /* not tried yet */
	assert_true(alerts_stood(alerts, "host", "blade:a1-1"));
	assert_false(alerts_stood(alerts, "host", "blade:b1-1"));
	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 acknowledged\n");
	assert_int_equal(only()->since, START);
	assert_string_equal(only()->id, known);
	json_decref(kept);
	free(known);
}

static void test_bounded(void **state)
{
	char name[32];

	for (int i = 0; i < ALERT_CLEARED_MAX + 50; i++) {
		snprintf(name, sizeof name, "w%d", i);
		struct vm *vm = add_vm(name, ""); /* nowhere: no crowd */
		vm->state = VM_CRASHED;
		registry_changed(objects, KIND_VM, vm, false);
		turn();
		vm->state = VM_RUNNING;
		registry_changed(objects, KIND_VM, vm, false);
		turn();
	}
	pass(5);
	assert_int_equal(registry_count(objects, KIND_ALERT), ALERT_CLEARED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_situations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_behind_manager, setup, teardown),
		cmocka_unit_test_setup_teardown(test_customers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_power, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rack, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flapping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
