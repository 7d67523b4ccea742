/* The stream to a peer: whatever happens, and however slowly it reads, what it holds in the end is what it may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/feed.h"
#include "whole_right.h"

#define VMS 600

static struct registry *reg;
static struct jobs *jobs;
static struct view *view;
static struct news *news;
static struct loop *loop;
static struct registry_watch watch;
static unsigned seed;

/* One reader: its feed, and the objects as it holds them, {"vm:...":{...}}. */
struct reader {
	struct feed *feed;
	struct actor actor;
	json_t *objects;
	int synced, resets, lines, happened;
};
static struct reader readers[4];
static int nreaders;

static unsigned dice(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	view_changed(view, k, slot);
	for (int i = 0; i < nreaders; i++)
		feed_changed(readers[i].feed, k, slot);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	view_changed(view, k, slot);
	for (int i = 0; i < nreaders; i++)
		feed_gone(readers[i].feed, k, slot, o);
}

static int setup(void **state)
{
	reg = registry_new();
	loop = loop_new();
	jobs = jobs_new(&(struct jobs_config){ .loop = loop, .objects = reg });
	view = view_new(reg, jobs);
	news = news_new(reg, jobs, NULL);
	watch = (struct registry_watch){ NULL, on_changed, on_gone };
	registry_watch(reg, &watch);
	nreaders = 0;
	seed = 42;
	return 0;
}

static int teardown(void **state)
{
	for (int i = 0; i < nreaders; i++) {
		feed_free(readers[i].feed);
		json_decref(readers[i].objects);
	}
	news_free(news);
	view_free(view);
	jobs_free(jobs);
	registry_free(reg);
	loop_free(loop);
	return 0;
}

static struct reader *reader(enum role role, const char *tenant, bool batch)
{
	struct reader *r = &readers[nreaders++];

	*r = (struct reader){ .feed = feed_new(reg, view, news), .objects = json_object() };
	r->actor = (struct actor){ .role = role, .user = "somebody", .uid = 1000, .origin = "", .tenant = tenant, .row = &whole_right };
	feed_subscribe(r->feed, &r->actor, (1u << KIND_COUNT) - 1, batch);
	return r;
}

static void take_object(struct reader *r, json_t *o)
{
	json_object_set(r->objects, json_string_value(json_object_get(o, "id")), o);
}

static void take_batch(struct reader *r, json_t *line)
{
	json_t *columns = json_object_get(line, "columns"), *rows = json_object_get(line, "rows"), *row, *name;
	size_t i, k;

	json_array_foreach(rows, i, row) {
		json_t *o = json_object();
		json_object_set(o, "kind", json_object_get(line, "kind"));
		assert_int_equal(json_array_size(row), json_array_size(columns));
		json_array_foreach(columns, k, name)
			json_object_set(o, json_string_value(name), json_array_get(row, k));
		take_object(r, o);
		json_decref(o);
	}
}

static void take_line(struct reader *r, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	const char *event = json_string_value(json_object_get(line, "event"));

	assert_non_null(event);
	r->lines++;
	if (strcmp(event, "put") == 0) {
		take_object(r, json_object_get(line, "object"));
	} else if (strcmp(event, "batch") == 0) {
		take_batch(r, line);
	} else if (strcmp(event, "gone") == 0) {
		/* What it never had cannot go. */
		assert_int_equal(json_object_del(r->objects, json_string_value(json_object_get(line, "id"))), 0);
	} else if (strcmp(event, "reset") == 0) {
		json_object_clear(r->objects);
		r->resets++;
	} else if (strcmp(event, "synced") == 0) {
		r->synced++;
	} else {
		r->happened++;
	}
	json_decref(line);
}

static void take(struct reader *r, size_t until)
{
	struct buf out = { 0 };

	feed_produce(r->feed, &out, until);
	for (size_t at = 0; at < out.len; ) {
		const char *end = memchr(out.data + at, '\n', out.len - at);
		assert_non_null(end);
		take_line(r, out.data + at, (size_t)(end - out.data) - at);
		at = (size_t)(end - out.data) + 1;
	}
	buf_free(&out);
}

static void drain(struct reader *r)
{
	for (int i = 0; feed_has(r->feed); i++) {
		assert_true(i < 100000);
		take(r, 4096);
	}
}

static void compare(struct reader *r)
{
	size_t visible = 0;

	drain(r);
	for (int k = 0; k < KIND_COUNT; k++)
		for (uint32_t s = 0; s < registry_slots(reg, (enum kind)k); s++) {
			struct object *o = registry_at(reg, (enum kind)k, s);
			enum viewer as;
			if (!o || !view_of(view, &r->actor, (enum kind)k, o, &as))
				continue;
			visible++;
			json_t *mine = view_json(view, &r->actor, (enum kind)k, o, as), *his = json_object_get(r->objects, o->id);
			if (!json_equal(mine, his)) {
				char *a = json_dumps(mine, 0), *b = his ? json_dumps(his, 0) : strdup("nothing");
				fail_msg("%s\nis held as\n%s", a, b);
			}
			json_decref(mine);
		}
	assert_int_equal(json_object_size(r->objects), visible);
}

/* ---- a world that moves ---- */

static int made;

static void add_vm(void)
{
	struct vm *vm = object_new(KIND_VM);
	char text[64];

	snprintf(text, sizeof text, "vm:%016x", (unsigned)made++);
	intern_set(&vm->id, text);
	intern_set(&vm->name, text + 12);
	intern_set(&vm->uuid, text);
	intern_set(&vm->blade, "b1");
	intern_set(&vm->tenant, dice(3) ? "acme" : "globex");
	vm->state = VM_RUNNING;
	registry_add(reg, KIND_VM, vm);
}

static struct vm *any_vm(void)
{
	uint32_t n = registry_slots(reg, KIND_VM);

	for (int i = 0; n && i < 50; i++) {
		struct vm *vm = registry_at(reg, KIND_VM, dice(n));
		if (vm)
			return vm;
	}
	return NULL;
}

static void add_blade(const char *name)
{
	struct blade *b = object_new(KIND_BLADE);
	char id[32];

	snprintf(id, sizeof id, "blade:%s", name);
	intern_set(&b->id, id);
	intern_set(&b->name, name);
	registry_add(reg, KIND_BLADE, b);
}

static void move(void)
{
	struct vm *vm = any_vm();

	switch (dice(10)) {
	case 0:
		add_vm();
		break;
	case 1:
		if (vm)
			registry_remove(reg, KIND_VM, vm);
		break;
	case 2:
		if (vm) {
			intern_set(&vm->tenant, strcmp(vm->tenant, "acme") == 0 ? "globex" : "acme");
			registry_changed(reg, KIND_VM, vm, true);
		}
		break;
	case 3: { /* goes and comes again under the same id, as a blade does over two reloads */
		struct blade *b = registry_find(reg, KIND_BLADE, "blade:b1");
		registry_remove(reg, KIND_BLADE, b);
		if (dice(2))
			add_vm();
		add_blade("b1");
		break;
	}
	default:
		if (vm) {
			vm->state = (enum vm_state)dice(VM_STATE_COUNT);
			vm->vcpus++;
			registry_changed(reg, KIND_VM, vm, true);
		}
	}
}

static void world(int vms)
{
	struct site *s = object_new(KIND_SITE);

	intern_set(&s->id, "site");
	intern_set(&s->name, "tokyo-1");
	registry_add(reg, KIND_SITE, s);
	add_blade("b1");
	add_blade("b2");
	for (int i = 0; i < vms; i++)
		add_vm();
}

static void test_random_and_slow(void **state)
{
	world(VMS);
	struct reader *fast = reader(ROLE_OPERATOR, "", true), *slow = reader(ROLE_VIEWER, "", true),
		*customer = reader(ROLE_CUSTOMER, "acme", true), *plain = reader(ROLE_OPERATOR, "", false);
	for (int i = 0; i < 20000; i++) {
		move();
		take(fast, 100000);
		if (dice(50) == 0)
			take(slow, 700); /* a line or two, now and then: also in the middle of the sweep */
		if (dice(20) == 0)
			take(customer, 700);
		if (dice(100) == 0)
			take(plain, 300);
		if (i % 5000 == 4999)
			compare(customer);
	}
	compare(fast);
	compare(slow);
	compare(customer);
	compare(plain);
	for (int i = 0; i < nreaders; i++)
		assert_int_equal(readers[i].synced, 1);
	/* Slow is cheap: what changed often went once. */
	assert_true(slow->lines * 4 < fast->lines);
}

static void test_role_changes(void **state)
{
	world(VMS);
	struct reader *r = reader(ROLE_CUSTOMER, "acme", true);
	drain(r);
	size_t acme = json_object_size(r->objects);
	r->actor.tenant = "globex";
	feed_restart(r->feed);
	compare(r);
	assert_int_equal(r->resets, 1);
	assert_int_equal(r->synced, 2);
	assert_int_equal(acme + json_object_size(r->objects), VMS + 2); /* the site is in both */
	r->actor.role = ROLE_OPERATOR;
	feed_restart(r->feed);
	compare(r);
	r->actor.role = ROLE_NONE;
	feed_restart(r->feed);
	compare(r);
	assert_int_equal(json_object_size(r->objects), 0);
}

static void test_kinds_and_order(void **state)
{
	struct buf out = { 0 };

	world(VMS);
	struct reader *r = reader(ROLE_OPERATOR, "", true);
	feed_produce(r->feed, &out, SIZE_MAX / 2);
	buf_append(&out, "", 1);
	/* What the first screen needs comes first. */
	char *site = strstr(out.data, "\"kind\":\"site\""), *blade = strstr(out.data, "\"kind\":\"blade\""),
		*vm = strstr(out.data, "\"kind\":\"vm\"");
	assert_true(site && blade && vm && site < blade && blade < vm);
	assert_string_equal(strrchr(out.data, '{'), "{\"event\":\"synced\"}\n");
	buf_free(&out);
	feed_subscribe(r->feed, &r->actor, 1u << KIND_BLADE, true);
	json_object_clear(r->objects);
	drain(r);
	assert_int_equal(r->resets, 1);
	assert_int_equal(json_object_size(r->objects), 2);
	add_vm();
	assert_false(feed_has(r->feed));
}

static void test_news(void **state)
{
	struct msg m, plain;

	world(3);
	struct vm *vm = any_vm();
	intern_set(&vm->tenant, "acme");
	struct reader *staff = reader(ROLE_OPERATOR, "", true), *own = reader(ROLE_CUSTOMER, "acme", true),
		*other = reader(ROLE_CUSTOMER, "globex", true);
	msg_make(&m, "text", "{s:s}", "text", "sato did it on b1");
	msg_make(&plain, "text", "{s:s}", "text", "it was done");
	for (int i = 0; i < NEWS_KEPT + 50; i++)
		news_add(news, KIND_VM, vm->id, vm->name, &m, &plain);
	news_add(news, KIND_BLADE, "blade:b1", "b1", &m, NULL);
	drain(staff);
	drain(own);
	drain(other);
	assert_int_equal(staff->happened, NEWS_KEPT); /* the newest */
	assert_int_equal(own->happened, NEWS_KEPT - 1);
	assert_int_equal(other->happened, 0);
	struct buf out = { 0 };
	news_add(news, KIND_VM, vm->id, vm->name, &m, &plain);
	assert_true(feed_has(own->feed));
	feed_produce(own->feed, &out, 10000);
	buf_append(&out, "", 1);
	assert_non_null(strstr(out.data, "it was done"));
	assert_null(strstr(out.data, "sato"));
	buf_free(&out);
	msg_free(&m);
	msg_free(&plain);
}

static void test_bodies_are_shared(void **state)
{
	world(VMS);
	for (int i = 0; i < 3; i++)
		drain(reader(ROLE_OPERATOR, "", true));
	size_t bytes = view_bytes(view);
	drain(reader(ROLE_OPERATOR, "", true));
	assert_int_equal(view_bytes(view), bytes);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_random_and_slow), T(test_role_changes), T(test_kinds_and_order), T(test_news), T(test_bodies_are_shared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
