/* Snapshots through the socket of a real tanad on libvirt's test driver: their life, their limits and the changes of these, the
 * report, the audit chain with its anchors, and closing what a lost host holds. */
#include "talk.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct daemon d;
static struct talk *t;
static int log_fd = -1;
static char log_path[100];
static char vm[64], other[64];    /* ids: one with limits, one without */
static char vm_name[64];

#define BLADES 2
#define VMS 4

/* What a log service would do. */
static void open_log(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(log_path, sizeof log_path, "%.60s/log.sock", d.dir);
	unlink(log_path);
	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", log_path);
	assert_int_equal(bind(log_fd, (struct sockaddr *)&a, sizeof a), 0);
	struct timeval wait = { .tv_sec = 10 };
	setsockopt(log_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

static void serve(void)
{
	daemon_shared(&d, "--steady-ms", "500", "--anchor-s", "1", "--anchor-socket", log_path, NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
}

static int start(void **state)
{
	const char *id;
	json_t *o;

	daemon_site(&d, BLADES, VMS, 0);
	open_log();
	serve();
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0 || strcmp(field_of(o, "state"), "running") != 0)
			continue;
		if (!vm[0] && strcmp(field_of(o, "tenant"), "acme") == 0) {
			snprintf(vm, sizeof vm, "%s", id);
			snprintf(vm_name, sizeof vm_name, "%s", field_of(o, "name"));
		} else if (strcmp(field_of(o, "tenant"), "acme") != 0) {
			snprintf(other, sizeof other, "%s", id);
		}
	}
	assert_true(vm[0] && other[0]);
	/* Limits come with the site file, at a reload. */
	char lines[400];
	snprintf(lines, sizeof lines, "\nvm \"%s\" {\n\tsnapshots {\n\t\tkept = \"2\"\n\t\ttaken = \"20 per day\"\n\t\tspace = \"none\"\n\t}\n}\n"
		"vm \"*\" {\n\tsnapshots {\n\t\tkept = \"none\"\n\t\ttaken = \"none\"\n\t\tspace = \"none\"\n\t}\n}\n", vm_name);
	daemon_append(&d, lines);
	kill(d.pid, SIGHUP);
	talk_wait(t, vm, "snaps_max", "2");
	return 0;
}

static int stop(void **state)
{
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	close(log_fd);
	daemon_remove(&d);
	return 0;
}

/* ---- words ---- */

/* Plans a snapshot verb: what is answered, with arguments beside the target. more: json_pack of an object, or NULL. */
static json_t *plan_on(const char *target, const char *verb, json_t *more)
{
	json_t *args = json_pack("{s:s, s:[s]}", "verb", verb, "targets", target);

	if (more)
		json_object_update(args, more);
	json_decref(more);
	json_t *answer = talk_answer(t, talk_start(t, "plan", args)), *plan = json_object_get(answer, "return");
	if (!plan)
		fail_msg("plan %s: %s", verb, json_dumps(answer, 0));
	json_incref(plan);
	json_decref(answer);
	return plan;
}

static json_t *commit(json_t *plan, const char *reason)
{
	json_t *confirm = json_object_get(plan, "confirm"), *args = json_object();

	json_object_set(args, "plan", json_object_get(plan, "plan"));
	if (strcmp(field_of(confirm, "kind"), "yes") == 0)
		json_object_set_new(args, "confirm", json_string("yes"));
	else if (json_object_get(confirm, "text"))
		json_object_set(args, "confirm", json_object_get(confirm, "text"));
	if (reason)
		json_object_set_new(args, "reason", json_string(reason));
	return talk_answer(t, talk_start(t, "commit", args));
}

/* Previews, commits, waits: it must end as done. */
static void act(const char *target, const char *verb, json_t *more)
{
	json_t *plan = plan_on(target, verb, more), *answer = commit(plan, "a test");
	const char *job = field_of(json_object_get(answer, "return"), "job");

	if (!job[0])
		fail_msg("%s: %s after %s", verb, json_dumps(answer, 0), json_dumps(plan, 0));
	if (strcmp(talk_job(t, job), "done") != 0)
		fail_msg("%s: %s", verb, json_dumps(json_object_get(t->objects, job), 0));
	json_decref(answer);
	json_decref(plan);
}

static void commit_refused(json_t *plan, const char *reason, const char *class, const char *id)
{
	json_t *answer = commit(plan, reason), *e = json_object_get(answer, "error");

	if (strcmp(field_of(e, "class"), class) != 0 || strcmp(field_of(e, "msg"), id) != 0)
		fail_msg("not %s %s but %s", class, id, json_dumps(answer, 0));
	json_decref(answer);
}

static json_t *named(const char *name)
{
	return json_pack("{s:s}", "name", name);
}

static json_t *named_of_tenant(const char *name)
{
	return json_pack("{s:s, s:s}", "name", name, "charge", "tenant");
}

static json_t *of(const char *snapshot)
{
	return json_pack("{s:s}", "snapshot", snapshot);
}

static json_t *list_of(const char *target)
{
	return talk_get(t, "snapshots", "{s:s}", "object", target);
}

/* The one with this name; borrowed from the answer. */
static json_t *in_list(json_t *answer, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "snapshots"), i, one)
		if (strcmp(field_of(one, "name"), name) == 0)
			return one;
	return NULL;
}

static json_t *limit_of(json_t *answer, const char *kind)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "limits"), i, one)
		if (strcmp(field_of(one, "kind"), kind) == 0 && strcmp(field_of(one, "scope"), "server") == 0)
			return one;
	return NULL;
}

static int count_of(const char *target)
{
	json_t *l = list_of(target);
	int n = (int)json_array_size(json_object_get(l, "snapshots"));

	json_decref(l);
	return n;
}

/* ---- tests ---- */

static void test_life(void **state)
{
	json_t *l = list_of(other);
	assert_int_equal(json_array_size(json_object_get(l, "snapshots")), 0);
	assert_string_equal(field_of(l, "live"), "true");
	assert_true(json_integer_value(json_object_get(l, "at")) > 1700000000);
	assert_true(json_is_null(json_object_get(json_object_get(l, "can"), "create")));
	json_decref(l);

	act(other, "snapshot-create", json_pack("{s:s, s:s}", "name", "first", "note", "before \033[1m all"));
	talk_wait(t, other, "snaps_busy", "0");
	act(other, "snapshot-create", named(" second "));
	act(other, "snapshot-create", named("third"));
	l = list_of(other);
	assert_int_equal(json_array_size(json_object_get(l, "snapshots")), 3);
	json_t *first = in_list(l, "first"), *second = in_list(l, "second"), *third = in_list(l, "third");
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(third);
	assert_true(strncmp(field_of(first, "id"), "snap:", 5) == 0);
	assert_true(strncmp(field_of(first, "host_name"), "tana-", 5) == 0);
	assert_string_equal(field_of(first, "note"), "before \\x1b[1m all");
	assert_string_equal(field_of(first, "parent"), "");
	assert_string_equal(field_of(second, "parent"), field_of(first, "id"));
	assert_string_equal(field_of(third, "parent"), field_of(second, "id"));
	assert_string_equal(field_of(third, "current"), "true");
	assert_string_equal(field_of(second, "current"), "false");
	assert_string_equal(field_of(first, "by"), getenv("TEST_ME"));
	assert_string_equal(field_of(first, "outside"), "false");
	assert_string_equal(field_of(first, "state"), "kept");
	assert_string_equal(field_of(first, "charged"), ""); /* an operator's: the provider's, unless said otherwise */
	assert_true(strncmp(field_of(first, "job"), "job:", 4) == 0);
	assert_int_equal(json_integer_value(json_object_get(first, "created")) > 1700000000, 1);
	char id[80];
	snprintf(id, sizeof id, "%s", field_of(second, "id"));
	json_decref(l);

	/* A name is given once. */
	json_t *p = plan_on(other, "snapshot-create", named("second"));
	assert_true(json_array_size(json_object_get(p, "refused")) > 0);
	json_decref(p);

	p = plan_on(other, "snapshot-revert", of(id));
	assert_string_equal(field_of(json_object_get(p, "snapshot"), "id"), id);
	assert_string_equal(field_of(json_object_get(p, "snapshot"), "name"), "second");
	assert_true(json_array_size(json_object_get(p, "impact")) > 0);
	assert_string_equal(field_of(json_object_get(p, "confirm"), "kind"), "name");
	json_decref(p);
	act(other, "snapshot-revert", of(id));
	l = list_of(other);
	assert_string_equal(field_of(in_list(l, "second"), "current"), "true");
	assert_string_equal(field_of(in_list(l, "third"), "current"), "false");
	json_decref(l);

	/* The middle one alone, by name; then the rest with its children. */
	act(other, "snapshot-delete", of("second"));
	l = list_of(other);
	assert_int_equal(json_array_size(json_object_get(l, "snapshots")), 2);
	assert_string_equal(field_of(in_list(l, "third"), "parent"), field_of(in_list(l, "first"), "id"));
	json_decref(l);
	p = plan_on(other, "snapshot-delete", json_pack("{s:s, s:s}", "snapshot", "first", "children", "yes"));
	assert_int_equal(json_array_size(json_object_get(json_object_get(p, "snapshot"), "victims")), 2);
	json_decref(p);
	act(other, "snapshot-delete", json_pack("{s:s, s:s}", "snapshot", "first", "children", "yes"));
	assert_int_equal(count_of(other), 0);
	talk_wait(t, other, "snaps", "0");

	/* Each with a record before and one after. */
	json_t *r = talk_get(t, "audit", "{s:s, s:i}", "object", other, "limit", 1000), *one;
	size_t i, begun = 0, ended = 0;
	json_array_foreach(json_object_get(r, "records"), i, one) {
		begun += strcmp(field_of(one, "what"), "begin") == 0;
		ended += strcmp(field_of(one, "what"), "end") == 0;
	}
	assert_int_equal(begun, 6);
	assert_int_equal(ended, 6);
	json_decref(r);
}

static void test_arguments(void **state)
{
	talk_refused(t, "usage", "args.verb", "plan", "{s:s, s:[s], s:s}", "verb", "power-off", "targets", vm, "name", "x");
	talk_refused(t, "usage", "args.verb", "plan", "{s:s, s:[s], s:s, s:s}", "verb", "snapshot-delete", "targets", vm, "snapshot", "x",
		"note", "x");
	talk_refused(t, "usage", "args.yes", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", vm, "external", "no");
	talk_refused(t, "usage", "args.charge", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", vm, "charge", "me");
	talk_refused(t, "usage", "args.missing", "plan", "{s:s, s:[s]}", "verb", "snapshot-revert", "targets", vm);
	talk_refused(t, "usage", "args.one-target", "plan", "{s:s, s:[s, s]}", "verb", "snapshot-create", "targets", vm, other);
	char long_name[80];
	memset(long_name, 'x', 65);
	long_name[65] = '\0';
	talk_refused(t, "usage", "args.long", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", vm, "name", long_name);
	talk_refused(t, "usage", "snapshots.kind", "snapshots", "{s:s}", "object", "blade:a1-01");
	talk_refused(t, "notfound", "target.none", "snapshots", "{s:s}", "object", "vm:0000000000000000");
	talk_refused(t, "usage", "limit.object", "limits", "{s:s}", "object", "blade:a1-01");
	talk_refused(t, "notfound", "target.none", "limits", "{s:s}", "object", "tenant:nobody");
	talk_refused(t, "usage", "report.month", "report-snapshots", "{s:s}", "month", "2026-13");
	talk_refused(t, "notfound", "target.none", "report-snapshots", "{s:s, s:s}", "month", "2026-03", "tenant", "nobody");
	talk_refused(t, "usage", "audit.anchor", "audit-verify", "{s:[s]}", "anchors", "12:abc");
	/* What is not there is refused in the preview. */
	json_t *p = plan_on(vm, "snapshot-revert", of("no such"));
	assert_true(json_array_size(json_object_get(p, "refused")) > 0);
	json_decref(p);
	/* Snapshots are among the actions; of one VM at a time. */
	json_t *r = talk_get(t, "actions", "{s:[s, s]}", "targets", vm, other), *one;
	size_t i, seen = 0;
	json_array_foreach(json_object_get(r, "actions"), i, one) {
		if (strncmp(field_of(one, "verb"), "snapshot-", 9) != 0)
			continue;
		seen++;
		assert_string_equal(field_of(json_object_get(one, "why"), "msg"), "args.one-target");
	}
	assert_int_equal(seen, 3);
	json_decref(r);
}

static void test_limit(void **state)
{
	act(vm, "snapshot-create", named_of_tenant("one"));
	talk_wait(t, vm, "snaps", "1");
	talk_wait(t, vm, "snap", "room");
	act(vm, "snapshot-create", named_of_tenant("two"));
	talk_wait(t, vm, "snaps", "2");
	talk_wait(t, vm, "snap", "full");
	json_t *l = talk_get(t, "limits", "{s:s}", "object", vm), *kept = limit_of(l, "kept");
	assert_string_equal(field_of(l, "tenant"), "acme");
	assert_string_equal(field_of(kept, "limit"), "2");
	assert_string_equal(field_of(kept, "max"), "2");
	assert_string_equal(field_of(kept, "used"), "2");
	assert_string_equal(field_of(kept, "busy"), "0");
	assert_string_equal(field_of(kept, "full"), "true");
	assert_true(field_of(json_object_get(kept, "words"), "text")[0] != '\0');
	assert_string_equal(field_of(limit_of(l, "taken"), "used"), "2");
	assert_string_equal(field_of(limit_of(l, "taken"), "limit"), "20 per day");
	json_decref(l);

	/* The third: refused when it is shown, and when it is committed all the same. */
	json_t *p = plan_on(vm, "snapshot-create", named_of_tenant("three"));
	json_t *refused = json_array_get(json_object_get(p, "refused"), 0);
	assert_string_equal(field_of(refused, "class"), "limit");
	assert_true(json_array_size(json_object_get(p, "limits")) > 0);
	commit_refused(p, "please", "limit", "snapshot.kept.full");
	json_decref(p);
	assert_int_equal(count_of(vm), 2);
	/* An operator may, with a reason. */
	json_t *more = named_of_tenant("three");
	json_object_set_new(more, "exceed", json_string("yes"));
	p = plan_on(vm, "snapshot-create", more);
	assert_int_equal(json_array_size(json_object_get(p, "refused")), 0);
	assert_string_equal(field_of(p, "reason"), "true");
	commit_refused(p, NULL, "confirm", "confirm.reason");
	commit_refused(p, "   ", "confirm", "confirm.reason");
	json_t *answer = commit(p, "storage is moved tonight");
	assert_string_equal(talk_job(t, field_of(json_object_get(answer, "return"), "job")), "done");
	json_decref(answer);
	json_decref(p);
	talk_wait(t, vm, "snaps", "3");
	/* And at the provider's expense without any: nothing of the tenant's is used. */
	act(vm, "snapshot-create", named("ours"));
	assert_int_equal(count_of(vm), 4);
	l = talk_get(t, "limits", "{s:s}", "object", vm);
	assert_string_equal(field_of(limit_of(l, "kept"), "used"), "3");
	json_decref(l);
	/* Revert and delete ask no limit. */
	act(vm, "snapshot-revert", of("one"));
	act(vm, "snapshot-delete", of("three"));
	act(vm, "snapshot-delete", of("two"));
	talk_wait(t, vm, "snaps", "1");
	talk_wait(t, vm, "snap", "room");
}

static void test_last_one(void **state)
{
	/* Two at the same moment ask for the last one: exactly one gets it. */
	struct talk *his = talk_hello(&d);
	json_t *mine = plan_on(vm, "snapshot-create", named_of_tenant("last a"));
	json_t *theirs = talk_get(his, "plan", "{s:s, s:[s], s:s, s:s}", "verb", "snapshot-create", "targets", vm, "name", "last b", "charge",
		"tenant");

	kill(d.pid, SIGSTOP);
	int a = talk_start(t, "commit", json_pack("{s:s, s:s}", "plan", field_of(mine, "plan"), "confirm", "yes"));
	int b = talk_start(his, "commit", json_pack("{s:s, s:s}", "plan", field_of(theirs, "plan"), "confirm", "yes"));
	kill(d.pid, SIGCONT);
	json_t *first = talk_answer(t, a), *second = talk_answer(his, b);
	bool i_won = json_object_get(first, "return") != NULL;
	json_t *won = json_object_get(i_won ? first : second, "return"), *lost = json_object_get(i_won ? second : first, "error");
	assert_non_null(won);
	assert_non_null(lost);
	assert_true(strcmp(field_of(lost, "class"), "limit") == 0 || strcmp(field_of(lost, "class"), "lease") == 0);
	assert_string_equal(talk_job(t, field_of(won, "job")), "done");
	talk_wait(t, vm, "snaps", "2");
	json_decref(first);
	json_decref(second);
	json_decref(mine);
	json_decref(theirs);
	talk_end(his);
}

/* The ledger, changed behind a broker that does not run. */
static void ledger(const char *sql)
{
	char *command = xasprintf("sqlite3 %s/state/ledger.db \"%s\"", d.dir, sql);

	assert_int_equal(system(command), 0);
	free(command);
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
	json_decref(talk_get(t, "limits-set", "{s:s, s:s, s:s, s:s}", "object", "tenant:acme", "kind", "taken", "limit", "1 per day", "until",
		"+1 d"));
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

	/* Its end comes by time alone: the broker is started shortly before it. */
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	char sql[200];
	snprintf(sql, sizeof sql, "UPDATE snapshot_limit SET until = %lld", (long long)time(NULL) + 4);
	ledger(sql);
	serve();
	talk_wait(t, vm, "snaps_max", "3");
	talk_wait(t, vm, "snaps_max", "2");
	r = talk_get(t, "limits", "{s:s}", "object", vm);
	assert_int_equal(json_array_size(json_object_get(r, "changes")), 0);
	json_decref(r);
	talk_refused(t, "notfound", "limit.no-change", "limits-set", "{s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "");
}

static void test_report(void **state)
{
	char month[16];
	time_t now = time(NULL);
	struct tm at;

	gmtime_r(&now, &at);
	strftime(month, sizeof month, "%Y-%m", &at);
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
	/* one, two, three (exceeded), ours, last, extra; and the ones that were refused. */
	assert_int_equal(kept + gone, 6);
	assert_int_equal(exceeded, 1);
	assert_true(ours >= 1);
	assert_true(refused >= 1);
	json_decref(r);
	r = talk_get(t, "report-snapshots", "{s:s}", "month", "2020-01");
	assert_int_equal(json_array_size(json_object_get(r, "rows")), 0);
	json_decref(r);
}

/* ---- anchors ---- */

/* The newest anchor that was sent so far, waiting for one at least. */
static void read_anchor(long long *seq, char hash[65])
{
	char line[512];
	ssize_t n = recv(log_fd, line, sizeof line - 1, 0);

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

/* ---- a host that is lost ---- */

/* The node file under this blade; its address in the site file is turned to nowhere, or back. */
static void lose(const char *blade, bool lost)
{
	char *command = xasprintf("sed -i '/blade \"%s\"/,/}/s#nodes/%s#nodes/%s#' %s/site.conf", blade, lost ? "" : "gone-",
		lost ? "gone-" : "", d.dir);

	assert_int_equal(system(command), 0);
	free(command);
	kill(d.pid, SIGHUP);
}

static void test_settle(void **state)
{
	act(vm, "snapshot-create", named_of_tenant("held"));
	talk_wait(t, vm, "snaps", "1");
	talk_refused(t, "confirm", "settle.reason", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "held", "reason", " ");
	talk_refused(t, "notfound", "settle.none", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "none", "reason", "x");
	talk_refused(t, "state", "snapshot.host-up", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "held", "reason", "x");
	char blade[64], blade_id[80];
	snprintf(blade, sizeof blade, "%s", field_of(json_object_get(t->objects, vm), "blade"));
	snprintf(blade_id, sizeof blade_id, "blade:%s", blade);
	lose(blade, true);
	talk_wait(t, vm, "live", "false");
	/* Down means unknown, never free. */
	talk_wait(t, vm, "snaps", "1");
	json_t *l = list_of(vm);
	assert_string_equal(field_of(l, "live"), "false");
	json_t *held = in_list(l, "held");
	assert_non_null(held);
	char id[80];
	snprintf(id, sizeof id, "%s", field_of(held, "id"));
	json_decref(l);
	json_t *p = plan_on(vm, "snapshot-create", named_of_tenant("not now"));
	assert_true(json_array_size(json_object_get(p, "refused")) > 0);
	json_decref(p);
	json_decref(talk_get(t, "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", id, "reason", "its disks burnt"));
	talk_refused(t, "state", "snapshot.settled", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", id, "reason", "again");
	json_t *r = talk_get(t, "limits", "{s:s}", "object", vm);
	assert_string_equal(field_of(limit_of(r, "kept"), "used"), "0");
	json_decref(r);
	r = talk_get(t, "audit", "{s:s, s:i}", "object", vm, "limit", 50);
	json_t *one, *record = NULL;
	size_t i;
	json_array_foreach(json_object_get(r, "records"), i, one)
		if (strcmp(field_of(one, "what"), "settle") == 0)
			record = one;
	assert_non_null(record);
	assert_string_equal(field_of(record, "reason"), "its disks burnt");
	json_decref(r);
	lose(blade, false);
	talk_wait(t, blade_id, "host", "up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life), cmocka_unit_test(test_arguments), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_last_one), cmocka_unit_test(test_limits_set), cmocka_unit_test(test_report),
		cmocka_unit_test(test_verify), cmocka_unit_test(test_settle),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
