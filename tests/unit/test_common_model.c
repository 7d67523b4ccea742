/* Objects: names, tables, JSON there and back for every kind and viewer, and what a viewer must not see. */
#include "common/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool shown(const struct field *f, enum viewer v)
{
	return f->viewers >> v & 1;
}

static istr *str_at(const struct field *f, void *o)
{
	return (istr *)(void *)((char *)o + f->offset);
}

/* An object whose every field has a value of its own. */
static void *filled(enum kind k)
{
	void *o = object_new(k);

	for (int i = 0; i < models[k].nfields; i++) {
		const struct field *f = &models[k].fields[i];
		const char *const *names;
		char text[64];
		int n = field_names(f->type, &names);
		snprintf(text, sizeof text, "%s \"%s\" 棚", f->name, kind_name(k));
		if (f->type == FIELD_STR)
			intern_set(str_at(f, o), text);
		else
			field_set_int(f, o, n ? n - 1 : f->type == FIELD_BOOL ? 1 : 1000 + i);
	}
	return o;
}

/* Each field of got is that of o if this viewer sees it, else empty. */
static void assert_seen(enum kind k, enum viewer v, void *o, void *got)
{
	for (int i = 0; i < models[k].nfields; i++) {
		const struct field *f = &models[k].fields[i];
		if (f->type == FIELD_STR)
			assert_string_equal(*str_at(f, got), shown(f, v) ? *str_at(f, o) : "");
		else if (f->type == FIELD_JOB_STATE && !shown(f, v))
			assert_int_equal(field_int(f, got), JOB_UNKNOWN);
		else
			assert_int_equal(field_int(f, got), shown(f, v) ? field_int(f, o) : 0);
	}
}

static json_t *parse(struct buf *b)
{
	json_error_t why;
	json_t *j = json_loadb(b->data, b->len, JSON_REJECT_DUPLICATES, &why);

	if (!j)
		fail_msg("%s: %.*s", why.text, (int)b->len, b->data);
	buf_free(b);
	return j;
}

static bool sees_kind(enum kind k, enum viewer v)
{
	return shown(&models[k].fields[0], v);
}

static void objects_round_trip(void **state)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		for (int v = 0; v < VIEWER_COUNT; v++) {
			void *o = filled((enum kind)k), *got = filled((enum kind)k);
			struct buf b = {0};
			object_write(&b, (enum kind)k, o, (enum viewer)v);
			json_t *j = parse(&b);
			assert_string_equal(json_string_value(json_object_get(j, "kind")), kind_name((enum kind)k));
			assert_int_equal(object_read((enum kind)k, got, j), sees_kind((enum kind)k, (enum viewer)v));
			if (sees_kind((enum kind)k, (enum viewer)v))
				assert_seen((enum kind)k, (enum viewer)v, o, got);
			json_decref(j);
			object_free((enum kind)k, o);
			object_free((enum kind)k, got);
		}
	}
}

static void rows_round_trip(void **state)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		for (int v = 0; v < VIEWER_COUNT; v++) {
			void *o = filled((enum kind)k), *got = object_new((enum kind)k);
			struct buf b = {0};
			int columns[64];
			object_write_columns(&b, (enum kind)k, (enum viewer)v);
			json_t *names = parse(&b);
			object_write_row(&b, (enum kind)k, o, (enum viewer)v);
			json_t *row = parse(&b);
			int n = columns_read((enum kind)k, names, columns, 64);
			assert_int_equal(n, json_array_size(row));
			assert_int_equal(object_read_row((enum kind)k, got, row, columns, n), sees_kind((enum kind)k, (enum viewer)v));
			if (n)
				assert_seen((enum kind)k, (enum viewer)v, o, got);
			json_decref(names);
			json_decref(row);
			object_free((enum kind)k, o);
			object_free((enum kind)k, got);
		}
	}
}

/* The keys that a viewer gets, in order, written out by hand: whoever widens a view changes this test. */
static void views_are_these(void **state)
{
	static const struct { enum kind k; enum viewer v; const char *columns; } rows[] = {
		{KIND_VM, VIEWER_TENANT, "[\"id\",\"gen\",\"name\",\"uuid\",\"grade\",\"guest\",\"state\",\"live\",\"protect\",\"seen\","
			"\"since\",\"vcpus\",\"mem_kib\",\"job\",\"doing\",\"pair\",\"snaps\",\"snaps_busy\",\"snaps_max\",\"snap\",\"addresses\",\"macs\"]"},
		{KIND_JOB, VIEWER_TENANT, "[\"id\",\"gen\",\"verb\",\"target\",\"targets\",\"count\",\"done\",\"by\",\"state\",\"started\","
			"\"ended\",\"deadline\",\"text\",\"text_id\"]"},
		{KIND_LEASE, VIEWER_TENANT, "[\"id\",\"gen\",\"object\",\"name\",\"job\",\"verb\",\"since\"]"},
		{KIND_SITE, VIEWER_TENANT, "[\"id\",\"gen\",\"name\",\"colour\",\"zone\",\"tz\"]"},
		{KIND_RACK, VIEWER_TENANT, "[]"},
		{KIND_ENCLOSURE, VIEWER_TENANT, "[]"},
		{KIND_BLADE, VIEWER_TENANT, "[]"},
		{KIND_RACK, VIEWER_VIEWER, "[\"id\",\"gen\",\"name\",\"order\"]"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = {0};
		object_write_columns(&b, rows[i].k, rows[i].v);
		buf_append(&b, "", 1);
		assert_string_equal(b.data, rows[i].columns);
		buf_free(&b);
	}
	for (int k = 0; k < KIND_COUNT; k++) {
		for (int i = 0; i < models[k].nfields; i++) {
			const struct field *f = &models[k].fields[i];
			assert_true(shown(f, VIEWER_OPERATOR));
			/* A wall shows no URIs, and not why and from where somebody did something, nor with which ticket. */
			assert_int_equal(shown(f, VIEWER_VIEWER), strcmp(f->name, "uri") != 0 && strcmp(f->name, "origin") != 0 &&
				strcmp(f->name, "reason") != 0 && strcmp(f->name, "ticket") != 0 && (k != KIND_ALERT || strcmp(f->name, "note") != 0));
		}
	}
}

static void tables_are_whole(void **state)
{
	/* each table names every member: their sizes fill the struct but for padding */
	for (int k = 0; k < KIND_COUNT; k++) {
		size_t sum = 0;
		assert_string_equal(models[k].fields[0].name, "id");
		assert_string_equal(models[k].fields[1].name, "gen");
		assert_string_equal(models[k].name, kind_name((enum kind)k));
		assert_in_range(models[k].nfields, 2, 64);
		for (int i = 0; i < models[k].nfields; i++) {
			const struct field *f = &models[k].fields[i];
			assert_ptr_equal(field_find((enum kind)k, f->name), f);
			sum += f->size;
		}
		assert_in_range(models[k].size - sum, 0, 15);
		assert_null(field_find((enum kind)k, "nonsense"));
	}
}

/* A small member holds the nearest number; a gen counts round. */
static void small_numbers(void **state)
{
	struct vm *vm = object_new(KIND_VM);
	const struct { const char *name; int64_t least, most; } rows[] = {{"vcpus", INT16_MIN, INT16_MAX}, {"snaps_busy", INT8_MIN, INT8_MAX},
		{"mem_kib", INT64_MIN, INT64_MAX}, {"live", 1, 1}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct field *f = field_find(KIND_VM, rows[i].name);
		field_set_int(f, vm, INT64_MAX);
		assert_true(field_int(f, vm) == rows[i].most);
		field_set_int(f, vm, INT64_MIN);
		assert_true(field_int(f, vm) == rows[i].least);
		field_set_int(f, vm, 1);
		assert_true(field_int(f, vm) == 1);
	}
	field_set_int(field_find(KIND_VM, "gen"), vm, UINT32_MAX);
	assert_true(field_int(field_find(KIND_VM, "gen"), vm) == UINT32_MAX);
	object_free(KIND_VM, vm);
}

static void foreign_objects(void **state)
{
	struct vm *vm = object_new(KIND_VM);
	json_t *j = json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:n, s:[], s:i}", "id", "vm:1", "name", "x", "state", "dreaming",
		"vcpus", 2, "mem_kib", "lots", "live", 1, "tenant", "blade", "future", 1);

	intern_set(&vm->tenant, "before");
	vm->mem_kib = 5;
	assert_true(object_read(KIND_VM, vm, j));
	assert_string_equal(vm->name, "x");
	assert_int_equal(vm->state, VM_UNKNOWN);
	assert_int_equal(vm->vcpus, 2);
	assert_int_equal(vm->mem_kib, 0);
	assert_true(vm->live);
	assert_string_equal(vm->tenant, "");
	assert_string_equal(vm->blade, "");
	/* no id: nothing is touched */
	json_object_set_new(j, "id", json_string(""));
	json_object_set_new(j, "name", json_string("y"));
	assert_false(object_read(KIND_VM, vm, j));
	json_object_del(j, "id");
	assert_false(object_read(KIND_VM, vm, j));
	assert_false(object_read(KIND_VM, vm, NULL));
	assert_string_equal(vm->name, "x");
	json_decref(j);
	object_free(KIND_VM, vm);

	struct job *job = object_new(KIND_JOB);
	j = json_pack("{s:s, s:s}", "id", "job:1", "state", "dreaming");
	assert_true(object_read(KIND_JOB, job, j));
	assert_int_equal(job->state, JOB_UNKNOWN); /* never "pending": nobody knows */
	json_object_set_new(j, "state", json_string("pending"));
	assert_true(object_read(KIND_JOB, job, j));
	assert_int_equal(job->state, JOB_PENDING);
	json_decref(j);
	object_free(KIND_JOB, job);
}

static void foreign_columns(void **state)
{
	struct vm *vm = object_new(KIND_VM);
	json_t *columns = json_pack("[s,s,s]", "future", "name", "id"), *row = json_pack("[i,s,s]", 1, "n", "vm:1");
	int out[64];

	int n = columns_read(KIND_VM, columns, out, 64);
	assert_int_equal(n, 3);
	assert_int_equal(out[0], -1);
	vm->vcpus = 9;
	assert_true(object_read_row(KIND_VM, vm, row, out, n));
	assert_string_equal(vm->name, "n");
	assert_string_equal(vm->id, "vm:1");
	assert_int_equal(vm->vcpus, 0);
	json_array_remove(row, 2); /* a short row has no id */
	assert_false(object_read_row(KIND_VM, vm, row, out, n));
	assert_false(object_read_row(KIND_VM, vm, NULL, out, n));
	assert_int_equal(columns_read(KIND_VM, columns, out, 2), -1);
	json_array_append_new(columns, json_string("name"));
	assert_int_equal(columns_read(KIND_VM, columns, out, 64), -1); /* twice */
	json_array_set_new(columns, 3, json_integer(1));
	assert_int_equal(columns_read(KIND_VM, columns, out, 64), -1);
	assert_int_equal(columns_read(KIND_VM, NULL, out, 64), -1);
	json_decref(columns);
	json_decref(row);
	object_free(KIND_VM, vm);
}

static void copies(void **state)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		void *a = filled((enum kind)k), *b = object_new((enum kind)k);
		object_copy((enum kind)k, b, a);
		assert_seen((enum kind)k, VIEWER_OPERATOR, a, b);
		object_copy((enum kind)k, b, b);
		object_free((enum kind)k, a);
		assert_true(strlen(((struct object *)b)->id) > 0);
		object_free((enum kind)k, b);
	}
	object_free(KIND_VM, NULL);
	assert_int_equal(intern_bytes(), 0);
}

static void texts_of_fields(void **state)
{
	struct vm *vm = object_new(KIND_VM);
	char tmp[64], name[101];

	vm->state = VM_SHUTTING_DOWN;
	vm->gen = 4000000000u;
	vm->mem_kib = -1;
	memset(name, 'x', 62);
	snprintf(name + 62, sizeof name - 62, "棚棚");
	intern_set(&vm->name, name);
	assert_string_equal(field_text(field_find(KIND_VM, "state"), vm, tmp, sizeof tmp), "shutting-down");
	assert_string_equal(field_text(field_find(KIND_VM, "gen"), vm, tmp, sizeof tmp), "4000000000");
	assert_string_equal(field_text(field_find(KIND_VM, "mem_kib"), vm, tmp, sizeof tmp), "-1");
	assert_string_equal(field_text(field_find(KIND_VM, "live"), vm, tmp, sizeof tmp), "no");
	assert_string_equal(field_text(field_find(KIND_VM, "seen"), vm, tmp, sizeof tmp), "");
	assert_int_equal(strlen(field_text(field_find(KIND_VM, "name"), vm, tmp, sizeof tmp)), 62);
	intern_set(&vm->name, "short");
	assert_ptr_equal(field_text(field_find(KIND_VM, "name"), vm, tmp, sizeof tmp), vm->name);
	object_free(KIND_VM, vm);
}

static void names(void **state)
{
	static const char *const words[VERB_COUNT] = {"power-on", "shutdown", "power-off", "reboot", "reset",
		"locate", "locate-off", "snapshot-create", "snapshot-revert", "snapshot-delete", "protect", "unprotect", "pair"};

	for (int i = 0; i < VERB_COUNT; i++) {
		enum verb back;
		assert_string_equal(verb_name((enum verb)i), words[i]);
		assert_true(verb_from_name(words[i], &back));
		assert_int_equal(back, i);
	}
	for (int i = 0; i < KIND_COUNT; i++) {
		enum kind back;
		assert_true(kind_from_name(kind_name((enum kind)i), &back));
		assert_int_equal(back, i);
	}
	enum verb v;
	enum kind k;
	assert_false(verb_from_name("explode", &v));
	assert_false(verb_from_name(NULL, &v));
	assert_false(kind_from_name("toaster", &k));
	assert_string_equal(vm_state_name((enum vm_state)99), "?");
	assert_string_equal(host_state_name((enum host_state)-1), "?");
	assert_string_equal(job_state_name(JOB_PARTLY), "partly");
	assert_string_equal(role_name(ROLE_CUSTOMER), "customer");
	assert_int_equal(verb_effect(VERB_POWER_ON), EFFECT_NONE);
	assert_int_equal(verb_effect(VERB_REBOOT), EFFECT_SHORT);
	assert_int_equal(verb_effect(VERB_RESET), EFFECT_LOSS);
	assert_int_equal(verb_effect(VERB_SNAP_CREATE), EFFECT_SHORT);
	assert_int_equal(verb_effect(VERB_SNAP_REVERT), EFFECT_LOSS);
	assert_int_equal(verb_effect(VERB_SNAP_DELETE), EFFECT_LOSS);
	assert_int_equal(verb_effect((enum verb)99), EFFECT_LOSS);
	for (int i = 0; i < VERB_COUNT; i++)
		assert_int_equal(verb_is_snapshot((enum verb)i), strncmp(words[i], "snapshot-", 9) == 0);
	assert_true(vm_state_is_active(VM_PAUSED) && !vm_state_is_active(VM_SUSPENDED) && !vm_state_is_active(VM_UNKNOWN));
	assert_true(job_state_is_open(JOB_UNKNOWN) && !job_state_is_open(JOB_ACCEPTED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_round_trip), cmocka_unit_test(rows_round_trip), cmocka_unit_test(views_are_these),
		cmocka_unit_test(tables_are_whole),   cmocka_unit_test(small_numbers), cmocka_unit_test(foreign_objects), cmocka_unit_test(foreign_columns),
		cmocka_unit_test(copies),             cmocka_unit_test(texts_of_fields), cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
