/* The limits of snapshots and their changes, by reload and for a time, the month's report, and the audit chain with its anchors:
 * through the socket of a real tanad. */
#include "snaps_bed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A reload tells consoles of the VMs whose limits it changed, and of no other. */
static void test_reload_marks(void **state)
{
	char *command = xasprintf("sed -i 's/kept = \"2\"/kept = \"4\"/' %s/site.conf", d.dir);
	const char *id;
	json_t *o;

	talk_wait(t, vm, "snaps_max", "2");
	while (!talk_happened(t, "reload.done"))
		assert_true(talk_read(t, TALK_MS));
	json_array_clear(t->happened);
	while (talk_read(t, 500)) /* what is looked up when a host comes is told by then */
		;
	json_t *before = json_deep_copy(t->told);
	assert_int_equal(system(command), 0);
	kill(d.pid, SIGHUP);
	talk_wait(t, vm, "snaps_max", "4");
	while (!talk_happened(t, "reload.done"))
		assert_true(talk_read(t, TALK_MS));
	json_decref(talk_get(t, "ping", NULL));
	while (talk_read(t, 300))
		;
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0)
			continue;
		json_int_t more = json_integer_value(json_object_get(t->told, id)) - json_integer_value(json_object_get(before, id));
		assert_int_equal(more, strcmp(id, vm) == 0);
	}
	json_decref(before);
	free(command);
	command = xasprintf("sed -i 's/kept = \"4\"/kept = \"2\"/' %s/site.conf", d.dir);
	assert_int_equal(system(command), 0);
	kill(d.pid, SIGHUP);
	talk_wait(t, vm, "snaps_max", "2");
	free(command);
}

/* What the tests below start from: both that may be kept, one beyond them, one of the provider's, and one that was refused. */
static void test_use(void **state)
{
	act(vm, "snapshot-create", named_of_tenant("one"));
	act(vm, "snapshot-create", named_of_tenant("two"));
	talk_wait(t, vm, "snap", "full");
	json_t *p = plan_on(vm, "snapshot-create", named_of_tenant("refused"));
	commit_refused(p, "please", "limit", "snapshot.kept.full");
	json_decref(p);
	json_t *more = named_of_tenant("three");
	json_object_set_new(more, "exceed", json_string("yes"));
	act(vm, "snapshot-create", more);
	act(vm, "snapshot-create", named("ours"));
	act(vm, "snapshot-delete", of("three"));
	talk_wait(t, vm, "snaps", "2");
	talk_wait(t, vm, "snap", "full");
}

static void test_limits_words(void **state)
{
	static const struct { const char *kind, *limit; } bad[] = {
		{ "kept", "-1" }, { "kept", "three" }, { "kept", "100001" }, { "kept", "3 per day" }, { "kept", "disks" }, { "taken", "4" },
		{ "taken", "4 per fortnight" }, { "taken", "4 per 400 d" }, { "taken", "4 per 0 h" }, { "space", "-1 GiB" }, { "space", "some" },
		{ "space", "10 apples" },
	};
	static const char *const until[] = { "soon", "2026-13-01", "+0 d", "-1 d", "+367 d", "2026-04-12 25:00", "99999999999999999999" };
	char ref[220];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_t *answer = talk_ask(t, "limits-set", "{s:s, s:s, s:s, s:s}", "object", vm, "kind", bad[i].kind, "limit", bad[i].limit,
			"until", "+1 h");
		if (strcmp(field_of(json_object_get(answer, "error"), "class"), "usage") != 0)
			fail_msg("%s %s: %s", bad[i].kind, bad[i].limit, json_dumps(answer, 0));
		json_decref(answer);
	}
	for (size_t i = 0; i < sizeof until / sizeof until[0]; i++)
		talk_refused(t, "usage", "limit.until", "limits-set", "{s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until",
			until[i]);
	memset(ref, 'x', 201);
	ref[201] = '\0';
	talk_refused(t, "usage", "args.long", "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until",
		"+1 h", "ref", ref);
	talk_refused(t, "usage", "args.missing", "limits-set", "{s:s, s:s}", "object", vm, "kind", "kept");
	talk_refused(t, "usage", "limit.object", "limits-set", "{s:s, s:s, s:s, s:s}", "object", "site", "kind", "kept", "limit", "3", "until",
		"+1 h");
	/* For what it is; and what cannot be known of all servers together. */
	talk_refused(t, "usage", "limit.ref", "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until",
		"+1 h", "ref", "  ");
	talk_refused(t, "usage", "site.limit.disks", "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", "tenant:acme", "kind", "space",
		"limit", "disks", "until", "+1 h", "ref", "T-1");
	talk_refused(t, "notfound", "target.none", "limits-set", "{s:s, s:s, s:s, s:s}", "object", "tenant:nobody", "kind", "kept", "limit",
		"3", "until", "+1 h");
	json_t *r = talk_get(t, "limits", "{s:s}", "object", vm);
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	json_decref(r);
}

static void test_limits_set(void **state)
{
	talk_refused(t, "usage", "limit.kind", "limits-set", "{s:s, s:s, s:s}", "object", vm, "kind", "colour", "limit", "3");
	talk_refused(t, "usage", "limit.until", "limits-set", "{s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3");
	talk_refused(t, "usage", "limit.until", "limits-set", "{s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until",
		"2020-01-01");
	talk_refused(t, "usage", "limit.until", "limits-set", "{s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until",
		"+400 d");
	talk_refused(t, "notfound", "limit.no-change", "limits-set", "{s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "");
	talk_wait(t, vm, "snap", "full");
	json_t *r = talk_get(t, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "3", "until", "+2 h",
		"ref", "T-4711");
	int64_t until = json_integer_value(json_object_get(r, "until")), left = until - (int64_t)time(NULL);
	assert_true(left > 7100 && left <= 7200);
	json_decref(r);
	talk_wait(t, vm, "snaps_max", "3");
	talk_wait(t, vm, "snap", "room");
	r = talk_get(t, "limits", "{s:s}", "object", vm);
	json_t *kept = limit_of(r, "kept"), *change = json_array_get(json_object_get(r, "changes"), 0);
	assert_string_equal(field_of(kept, "max"), "3");
	assert_int_equal(json_integer_value(json_object_get(kept, "until")), until);
	assert_string_equal(field_of(kept, "ref"), "T-4711");
	assert_string_equal(field_of(change, "limit"), "3");
	assert_string_equal(field_of(change, "ref"), "T-4711");
	assert_string_equal(field_of(change, "by"), getenv("TEST_ME"));
	json_decref(r);
	act(vm, "snapshot-create", named_of_tenant("extra"));
	talk_wait(t, vm, "snap", "full");
	/* It is written down. */
	r = talk_get(t, "audit", "{s:s, s:i}", "object", vm, "limit", 1000);
	json_t *one, *record = NULL;
	size_t i;
	json_array_foreach(json_object_get(r, "records"), i, one)
		if (strcmp(field_of(one, "what"), "limit") == 0)
			record = one;
	assert_non_null(record);
	assert_string_equal(field_of(json_object_get(record, "detail"), "ref"), "T-4711");
	json_decref(r);
	/* Of a tenant, and taken back. */
	json_decref(talk_get(t, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", "tenant:acme", "kind", "taken", "limit", "1 per day", "until",
		"+1 d", "ref", "T-2"));
	r = talk_get(t, "limits", "{s:s}", "object", "tenant:acme");
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 1);
	assert_int_equal(json_array_size(json_object_get(r, "limits")), 1);
	json_decref(r);
	json_decref(talk_get(t, "limits-set", "{s:s, s:s, s:s}", "object", "tenant:acme", "kind", "taken", "limit", ""));
	r = talk_get(t, "limits", NULL);
	json_array_foreach(json_object_get(r, "tenants"), i, one)
		assert_int_equal(json_array_size(json_object_get(one, "changes")), 0);
	assert_true(i >= 2);
	json_decref(r);

	/* Its end comes by time alone: the broker is started shortly before it, by what a start takes here. */
	int64_t from = now_ms();
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	serve();
	talk_wait(t, vm, "snaps_max", "3");
	int64_t start_s = (now_ms() - from) / 1000;
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	char sql[200];
	snprintf(sql, sizeof sql, "UPDATE snapshot_limit SET until = %lld", (long long)(time(NULL) + 4 + 4 * start_s));
	ledger(sql);
	serve();
	talk_wait(t, vm, "snaps_max", "3");
	assert_false(talk_happened(t, "limit.ended"));
	talk_wait(t, vm, "snaps_max", "2");
	while (!talk_happened(t, "limit.ended"))
		assert_true(talk_read(t, TALK_MS));
	r = talk_get(t, "limits", "{s:s}", "object", vm);
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	json_decref(r);
	talk_refused(t, "notfound", "limit.no-change", "limits-set", "{s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "");
}

static void test_report(void **state)
{
	char month[16];

	month_of(time(NULL), 9, month);
	json_t *r = talk_get(t, "report-snapshots", "{s:s, s:s}", "month", month, "tenant", "acme"), *one;
	size_t i, kept = 0, gone = 0, refused = 0, exceeded = 0, ours = 0;
	assert_true(json_integer_value(json_object_get(r, "from")) < json_integer_value(json_object_get(r, "to")));
	int64_t last = 0;
	json_array_foreach(json_object_get(r, "rows"), i, one) {
		const char *s = field_of(one, "state");
		kept += strcmp(s, "kept") == 0;
		gone += strcmp(s, "gone") == 0;
		exceeded += strcmp(field_of(one, "exceeded"), "true") == 0;
		ours += strcmp(field_of(one, "charged"), "") == 0;
		assert_string_equal(field_of(one, "tenant"), "acme");
		assert_string_equal(field_of(one, "vm"), vm);
		assert_string_equal(field_of(one, "by"), getenv("TEST_ME"));
		assert_true(json_integer_value(json_object_get(one, "at")) >= last);
		last = json_integer_value(json_object_get(one, "at"));
		if (strcmp(s, "refused") == 0) {
			refused++;
			assert_true(field_of(one, "why")[0] != '\0');
		}
	}
	/* one, two, three (exceeded), ours, extra; and the one that was refused. */
	assert_int_equal(kept + gone, 5);
	assert_int_equal(exceeded, 1);
	assert_true(ours >= 1);
	assert_true(refused >= 1);
	json_decref(r);
	r = talk_get(t, "report-snapshots", "{s:s}", "month", "2020-01");
	assert_int_equal(json_array_size(json_object_get(r, "rows")), 0);
	json_decref(r);
}

/* A month with more than one answer holds, many rows of one moment. */
static void test_report_pages(void **state)
{
	enum { ROWS = 5000 };
	char after[64] = "", sql[900];
	size_t n = 0, pages = 0, i;
	int64_t last = -1;
	json_t *one;

	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	snprintf(sql, sizeof sql, "WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < %d) "
		"INSERT INTO snapshot (id, vm, vm_name, tenant, charged, name, note, who, origin, job, uid, role, state, memory, external, exceeded, "
		"at, ended, bytes, xml, why) SELECT 'snap:many-' || i, 'vm:x', 'x', 'acme', 'acme', 'n' || i, '', 'sato', '', '', 1, 'operator', 'gone', "
		"0, 0, 0, 1615000000 + i / 2500, 1615100000, 1, '', '' FROM k", ROWS - 1);
	ledger(sql);
	serve();
	do {
		json_t *args = json_pack("{s:s, s:s}", "month", "2021-03", "tenant", "acme");
		if (after[0])
			json_object_set_new(args, "after", json_string(after));
		json_t *answer = talk_answer(t, talk_start(t, "report-snapshots", args)), *r = json_object_get(answer, "return");
		assert_non_null(r);
		json_array_foreach(json_object_get(r, "rows"), i, one) {
			assert_int_equal(atoi(field_of(one, "name") + 1), last + 1);
			last++;
			n++;
		}
		snprintf(after, sizeof after, "%s", field_of(r, "next"));
		json_decref(answer);
		pages++;
	} while (after[0] && pages < 100);
	assert_int_equal(n, ROWS);
	assert_true(pages > 1);
	talk_refused(t, "usage", "report.after", "report-snapshots", "{s:s, s:s}", "month", "2021-03", "after", "snap:none");
}

/* ---- anchors ---- */

/* The newest anchor that was sent so far, waiting for one at least. */
static void read_anchor(long long *seq, char hash[65])
{
	char line[512];
	ssize_t n;

	while ((n = recv(log_fd, line, sizeof line - 1, 0)) < 0 && errno == EINTR)
		;
	assert_true(n > 0);
	do {
		line[n] = '\0';
		/* authpriv.notice, as any log service reads it */
		assert_int_equal(strncmp(line, "<85>", 4), 0);
		assert_non_null(strstr(line, " tanad["));
		char *at = strstr(line, "tana-audit anchor seq=");
		assert_non_null(at);
		assert_int_equal(sscanf(at, "tana-audit anchor seq=%lld hash=%64[0-9a-f] site=generated", seq, hash), 2);
		assert_int_equal(strlen(hash), 64);
	} while ((n = recv(log_fd, line, sizeof line - 1, MSG_DONTWAIT)) > 0);
}

static void test_verify(void **state)
{
	long long seq = 0;
	char hash[80], wrong[160], anchor[160];

	/* What happens now is anchored soon. */
	act(other, "snapshot-create", named("anchored"));
	json_t *r = talk_get(t, "audit", "{s:i}", "limit", 1);
	int64_t newest = json_integer_value(json_object_get(json_array_get(json_object_get(r, "records"), 0), "seq"));
	json_decref(r);
	while (seq < newest)
		read_anchor(&seq, hash);
	snprintf(anchor, sizeof anchor, "%lld:%s", seq, hash);
	r = talk_get(t, "audit-verify", "{s:[s]}", "anchors", anchor);
	assert_string_equal(field_of(r, "ok"), "true");
	assert_int_equal(json_integer_value(json_object_get(r, "given")), 1);
	assert_true(json_integer_value(json_object_get(r, "records")) >= seq);
	assert_true(json_integer_value(json_object_get(r, "head_seq")) >= seq);
	assert_int_equal(json_integer_value(json_object_get(r, "anchored")), seq);
	assert_int_equal(json_integer_value(json_object_get(r, "tail")),
		json_integer_value(json_object_get(r, "head_seq")) - seq);
	json_decref(r);
	/* One that is not of this chain. */
	snprintf(wrong, sizeof wrong, "%lld:%s", seq, hash);
	char *digit = strchr(wrong, ':') + 5;
	*digit = *digit == '0' ? '1' : '0';
	r = talk_get(t, "audit-verify", "{s:[s, s]}", "anchors", anchor, wrong);
	assert_string_equal(field_of(r, "ok"), "false");
	json_decref(r);

	/* A record is changed while nobody runs: found, and which. */
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	/* The end is anchored too. */
	long long last = 0;
	read_anchor(&last, hash);
	assert_true(last > seq);
	ledger("DROP TRIGGER IF EXISTS audit_no_update; UPDATE audit SET body = replace(body, 'a test', 'my will') WHERE seq = "
		"(SELECT min(seq) FROM audit WHERE body LIKE '%a test%')");
	serve();
	r = talk_get(t, "audit-verify", NULL);
	assert_string_equal(field_of(r, "ok"), "false");
	assert_true(json_integer_value(json_object_get(r, "bad")) > 0);
	assert_string_equal(field_of(json_object_get(r, "reason"), "msg"), "audit.changed");
	json_decref(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload_marks),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_limits_words),
		cmocka_unit_test(test_limits_set),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_pages),
		cmocka_unit_test(test_verify),
	};
	return cmocka_run_group_tests(tests, snaps_start, snaps_stop);
}
