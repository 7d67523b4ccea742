/* The small site of the tests of alerts (alerts_ground.h). */
#include "alerts_ground.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a small site: two racks, each two enclosures of four hosts ---- */

static struct loop *loop;
struct registry *objects;
struct alerts *alerts;
struct buf told;
json_t *seen, *dropped;

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

void *object_of(enum kind k, const char *id)
{
	void *o = registry_find(objects, k, id);

	assert_non_null(o);
	return o;
}

struct blade *blade_of(const char *name)
{
	char id[64];

	snprintf(id, sizeof id, "blade:%s", name);
	return object_of(KIND_BLADE, id);
}

struct enclosure *enclosure_of(const char *name)
{
	char id[64];

	snprintf(id, sizeof id, "enclosure:%s", name);
	return object_of(KIND_ENCLOSURE, id);
}

static void add_blade(const char *rack, const char *enc, int bay)
{
	struct blade *b = object_new(KIND_BLADE);
	char text[64];

	snprintf(text, sizeof text, "blade:%s-%d", enc, bay);
	intern_set(&b->id, text);
	intern_set(&b->name, strchr(text, ':') + 1);
	intern_set(&b->enclosure, enc);
	intern_set(&b->rack, rack);
	snprintf(text, sizeof text, "%d", bay);
	intern_set(&b->bay, text);
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
	intern_set(&e->id, id);
	intern_set(&e->name, name);
	intern_set(&e->rack, rack);
	e->manager = MANAGER_UP;
	e->health = HEALTH_OK;
	registry_add(objects, KIND_ENCLOSURE, e);
	for (int bay = 1; bay <= 4; bay++)
		add_blade(rack, name, bay);
}

struct vm *add_vm(const char *name, const char *on)
{
	struct vm *vm = object_new(KIND_VM);
	char id[64];

	snprintf(id, sizeof id, "vm:%s", name);
	intern_set(&vm->id, id);
	intern_set(&vm->name, name);
	intern_set(&vm->blade, on);
	vm->state = VM_RUNNING;
	vm->live = true;
	registry_add(objects, KIND_VM, vm);
	return vm;
}

void turn(void)
{
	for (int i = 0; i < 50; i++)
		loop_step(loop, 0);
}

/* The clock moves on, in steps that timers can follow. */
void pass(int seconds)
{
	for (; seconds > 0; seconds -= 5) {
		clock_fake_advance((seconds < 5 ? seconds : 5) * INT64_C(1000));
		turn();
	}
}

void start_alerts(void)
{
	alerts = alerts_new(&(struct alerts_config){ .loop = loop, .objects = objects, .happened = on_happened, .dropped = on_dropped,
		.seen = on_seen });
}

int alerts_setup(void **state)
{
	clock_fake(1000, START);
	loop = loop_new();
	objects = registry_new();
	seen = json_object();
	dropped = json_object();
	struct site *s = object_new(KIND_SITE);
	intern_set(&s->id, "site");
	intern_set(&s->name, "tokyo-1");
	registry_add(objects, KIND_SITE, s);
	add_enclosure("A", "a1");
	add_enclosure("A", "a2");
	add_enclosure("B", "b1");
	add_enclosure("B", "b2");
	start_alerts();
	alerts_start(alerts);
	turn();
	return 0;
}

int alerts_teardown(void **state)
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

char *listed(void)
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

void check_listed(int line, const char *expected)
{
	char *is = listed();

	if (strcmp(is, expected) != 0)
		fail_msg("line %d: expected\n%sbut there is\n%s", line, expected, is);
	free(is);
}

const struct alert *only_alert(void)
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

void silence(const char *name)
{
	struct blade *b = blade_of(name);

	b->host = HOST_BACKOFF;
	intern_set(&b->why, "no route");
	registry_changed(objects, KIND_BLADE, b, false);
}

void heard(const char *name)
{
	struct blade *b = blade_of(name);

	b->host = HOST_UP;
	intern_set(&b->why, "");
	registry_changed(objects, KIND_BLADE, b, false);
}

void silence_all(const char *enc, bool silent)
{
	for (int bay = 1; bay <= 4; bay++) {
		char name[32];
		snprintf(name, sizeof name, "%s-%d", enc, bay);
		if (silent)
			silence(name);
		else
			heard(name);
	}
	turn();
}
