/* Previews: what a dialog makes of the broker's answer, and when a later answer counts as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "link/preview.h"

#include <stdio.h>
#include <string.h>

static json_t *answer(const char *kind, const char *text, const char *refused, const char *state, const char *impact)
{
	json_t *j = json_pack("{s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:n}], s:[{s:s, s:{}, s:s}], s:[], s:[], s:[{s:s}], s:{s:s, s:s}, s:s, s:i}", "plan", "p-1",
		"verb", "power-off", "targets", "id", "vm:1", "name", "db01a", "place", "rack A, A2, bay 12", "state", state, "live", 1, "tenant", "acme", "ok", 1, "why",
		"impact", "msg", "x", "args", "text", impact, "warnings", "refused", "gentler", "verb", "shutdown", "confirm", "kind", kind, "text", text,
		"command", "tana power-off vm:db01a --confirm db01a", "expires_s", 60);

	assert_non_null(j);
	if (refused)
		json_array_append_new(json_object_get(j, "refused"), json_pack("{s:s, s:{}, s:s}", "msg", "x", "args", "text", refused));
	return j;
}

static void read_one(struct preview *p, json_t *j, const struct preview *before)
{
	preview_read(p, j, before);
	json_decref(j);
}

static void test_kinds(void **state)
{
	static const struct { const char *kind, *text; enum confirm_kind want; } rows[] = {
		{"enter", "", CONFIRM_ENTER}, {"yes", "", CONFIRM_YES}, {"name", "db01a", CONFIRM_TEXT}, {"count", "3 a2-12", CONFIRM_TEXT},
		/* A kind that this console does not know is never less than typing; with nothing to type it cannot be done. */
		{"two-person", "OPEN-7", CONFIRM_TEXT}, {"two-person", "", CONFIRM_NONE}, {"", "", CONFIRM_NONE}, {"name", "", CONFIRM_NONE},
	};
	struct preview p;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		read_one(&p, answer(rows[i].kind, rows[i].text, NULL, "running", "1 running VM loses power"), NULL);
		assert_int_equal(p.kind, rows[i].want);
		preview_clear(&p);
	}
	/* Refused: no field, whatever else it says. */
	read_one(&p, answer("enter", "", "it is protected", "running", "x"), NULL);
	assert_int_equal(p.kind, CONFIRM_NONE);
	assert_string_equal(p.words.list[0].text, "it is protected");
	preview_clear(&p);
	read_one(&p, answer("name", "db01a", NULL, "running", "1 running VM loses power"), NULL);
	assert_string_equal(p.confirm, "db01a");
	assert_string_equal(p.place, "rack A, A2, bay 12");
	assert_string_equal(p.command, "tana power-off vm:db01a --confirm db01a");
	assert_int_equal(p.ngentler, 1);
	assert_string_equal(p.gentler[0].verb, "shutdown");
	assert_int_equal(p.targets.n, 1);
	preview_clear(&p);
}

static void test_same(void **state)
{
	struct preview a, b;

	read_one(&a, answer("name", "db01a", NULL, "running", "1 running VM loses power"), NULL);
	read_one(&b, answer("name", "db01a", NULL, "running", "1 running VM loses power"), &a);
	assert_true(preview_same(&a, &b));
	preview_clear(&b);
	/* A changed target, a changed price, a changed word to type, a refusal: none of them is the same. */
	read_one(&b, answer("name", "db01a", NULL, "paused", "1 running VM loses power"), &a);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	read_one(&b, answer("name", "db01a", NULL, "running", "2 running VMs lose power"), &a);
	assert_false(preview_same(&a, &b));
	assert_string_equal(b.words.list[0].head, "new");
	preview_clear(&b);
	read_one(&b, answer("name", "k7f3", NULL, "running", "1 running VM loses power"), &a);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	read_one(&b, answer("name", "db01a", "it is off", "running", "1 running VM loses power"), &a);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	preview_clear(&a);
}

static json_t *snapshot_answer(const char *class, const char *msg)
{
	json_t *j = answer("enter", "", NULL, "running", "what it holds now is kept");

	json_object_set_new(j, "snapshot", json_pack("{s:s, s:[s, s]}", "name", "before upgrade", "victims", "before upgrade", "nightly"));
	json_object_set_new(j, "limits", json_pack("[{s:b, s:{s:s, s:{}, s:s}}]", "full", 1, "words", "msg", "x", "args", "text", "3 of 3 kept (this server)"));
	if (class)
		json_array_append_new(json_object_get(j, "refused"), json_pack("{s:s, s:s, s:{}, s:s}", "class", class, "msg", msg, "args", "text", "no"));
	return j;
}

/* What a snapshot's preview has beside: its name, the limits, all that go, and what a reason would overcome. */
static void test_snapshot(void **state)
{
	struct preview a, b;
	json_t *j;

	read_one(&a, snapshot_answer(NULL, NULL), NULL);
	assert_string_equal(a.snapshot, "before upgrade");
	assert_int_equal(a.targets.n, 2);
	assert_string_equal(a.targets.list[1].text, "nightly");
	assert_string_equal(a.words.list[a.words.n - 1].text, "3 of 3 kept (this server): full");
	assert_int_equal(a.words.list[a.words.n - 1].ink, INK_WARN);
	assert_false(a.reason || a.over_limit || a.pair_runs);
	/* A limit that the impact tells is not told twice; a warning stands before what only informs. */
	j = snapshot_answer(NULL, NULL);
	json_array_append_new(json_object_get(j, "impact"), json_pack("{s:s, s:{}, s:s}", "msg", "x", "args", "text", "3 of 3 kept (this server); with this one 4"));
	json_array_append_new(json_object_get(j, "warnings"), json_pack("{s:s, s:{}, s:s}", "msg", "x", "args", "text", "a shared disk"));
	read_one(&b, j, NULL);
	assert_string_equal(b.words.list[0].text, "a shared disk");
	assert_string_equal(b.words.list[b.words.n - 1].text, "3 of 3 kept (this server); with this one 4");
	preview_clear(&b);
	/* A reason that is needed now, one victim more, another limit: none of them is the same. */
	j = snapshot_answer(NULL, NULL);
	json_object_set_new(j, "reason", json_true());
	read_one(&b, j, &a);
	assert_true(b.reason);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	j = snapshot_answer(NULL, NULL);
	json_array_append_new(json_object_get(json_object_get(j, "snapshot"), "victims"), json_string("weekly"));
	read_one(&b, j, &a);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	j = snapshot_answer(NULL, NULL);
	json_object_set_new(json_array_get(json_object_get(j, "limits"), 0), "full", json_false());
	read_one(&b, j, &a);
	assert_false(preview_same(&a, &b));
	preview_clear(&b);
	preview_clear(&a);
	read_one(&a, snapshot_answer("limit", "snapshot.kept.full"), NULL);
	assert_true(a.over_limit && !a.pair_runs && a.kind == CONFIRM_NONE);
	preview_clear(&a);
	read_one(&a, snapshot_answer("state", "snapshot.pair.runs"), NULL);
	assert_true(a.pair_runs && !a.over_limit);
	preview_clear(&a);
	/* Where something else stands in the way too, no reason helps. */
	j = snapshot_answer("limit", "snapshot.kept.full");
	json_array_append_new(json_object_get(j, "refused"), json_pack("{s:s, s:s, s:{}, s:s}", "class", "lease", "msg", "lease.held", "args", "text", "no"));
	read_one(&a, j, NULL);
	assert_false(a.over_limit || a.pair_runs);
	preview_clear(&a);
}

/* Whatever the broker sends, nothing that drives a terminal is shown or typed. */
static void test_hostile(void **state)
{
	static const char *const lines[] = {
		"{}", "{\"plan\":5,\"targets\":7,\"impact\":{},\"confirm\":[]}",
		"{\"plan\":\"p\",\"confirm\":{\"kind\":\"name\",\"text\":\"a\\u001b[2J\"},\"command\":\"x\\u009b\",\"targets\":[{\"name\":\"a\\u202eb\"},3],\"impact\":[{\"msg\":\"a\",\"args\":{},\"text\":\"x\\r\\ny\"},1]}",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		json_t *j = json_loads(lines[i], 0, NULL);
		struct preview p;

		assert_non_null(j);
		read_one(&p, j, NULL);
		assert_int_equal(p.kind, CONFIRM_NONE);
		for (size_t n = 0; n < p.words.n; n++)
			assert_null(strpbrk(p.words.list[n].text, "\033\r\n"));
		for (size_t n = 0; n < p.targets.n; n++)
			assert_null(strpbrk(p.targets.list[n].text, "\033\r\n"));
		assert_string_equal(p.command, "");
		preview_clear(&p);
	}
}

/* Of blades: what runs there is what can be looked at; what hurts less may be the same verb in another way. */
static json_t *of_blade(const char *refused, const char *steps)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:n}], s:[{s:s, s:s, s:s, s:b, s:b}, {s:s, s:s, s:s, s:b, s:b}], s:[], s:[], s:[]}", "plan", "p-1",
		"verb", "power-off", "kind", "blade", "targets", "id", "blade:a2-12", "name", "a2-12", "place", "rack A, A2, bay 12", "serial", "CZJ0310B7K", "power", "on", "power_live", 1,
		"live", 1, "ok", 1, "why", "victims", "name", "db01a", "tenant", "acme", "state", "running", "live", 1, "protect", 0, "name", "mail-2", "tenant", "globex", "state", "running",
		"live", 0, "protect", 1, "impact", "warnings", "refused");

	assert_non_null(j);
	json_object_update_new(j, json_pack("{s:[{s:s, s:s}], s:{s:s, s:s}, s:i}", "gentler", "verb", "shutdown", "vms-first", "yes", "confirm", "kind", "name", "text", "a2-12", "expires_s", 60));
	if (refused)
		json_array_append_new(json_object_get(j, "refused"), json_pack("{s:s, s:{}, s:s}", "msg", refused, "args", "text", refused));
	json_object_set_new(j, "steps", steps ? json_loads(steps, 0, NULL) : json_array());
	return j;
}

static void test_blades(void **state)
{
	struct preview p, q;

	read_one(&p, of_blade(NULL, NULL), NULL);
	assert_true(p.blades);
	assert_string_equal(p.place, "rack A, A2, bay 12, CZJ0310B7K");
	assert_int_equal(p.nvms, 2);
	assert_int_equal(p.targets.n, 2);
	assert_string_equal(p.targets.list[0].text, "db01a  running  acme");
	assert_string_equal(p.targets.list[1].text, "mail-2  last seen running  globex  protected");
	assert_int_equal(p.ngentler, 1);
	assert_true(p.gentler[0].vms_first);
	/* In the order in which they are shut down; and another victim is another preview. */
	read_one(&q, of_blade(NULL, "[{\"name\":\"mail-2\",\"verb\":\"shutdown\",\"rank\":1},{\"name\":\"db01a\",\"verb\":\"shutdown\",\"rank\":2}]"), NULL);
	assert_string_equal(q.targets.list[0].text, "mail-2  shut down");
	assert_string_equal(q.targets.list[1].head, "2");
	assert_int_equal(q.nvms, 2);
	assert_false(preview_same(&p, &q));
	preview_clear(&p);
	preview_clear(&q);
	read_one(&p, of_blade("owner.consent.plain", NULL), NULL);
	assert_true(p.consent && !p.unpaired);
	assert_int_equal(p.kind, CONFIRM_NONE);
	preview_clear(&p);
	read_one(&p, of_blade("blade.identity.unknown", NULL), NULL);
	assert_true(p.unpaired && !p.consent);
	preview_clear(&p);
	/* Beside a refusal that neither overcomes they would be of no use. */
	read_one(&p, of_blade("blade.vm.protected", NULL), NULL);
	assert_false(p.unpaired || p.consent);
	preview_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_same), cmocka_unit_test(test_blades), cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_hostile)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
