/* Snapshots through the socket of a real tanad on libvirt's test driver: their life, the limit that stops them, many who ask at
 * once, and closing what a lost host holds. */
#include "snaps_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count_of(const char *target)
{
	json_t *l = list_of(target);
	int n = (int)json_array_size(json_object_get(l, "snapshots"));

	json_decref(l);
	return n;
}

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
	/* Blanks that cannot be told apart are shown. */
	json_t *p = plan_on(vm, "snapshot-create", named(" before\u00a0upgrade "));
	assert_string_equal(field_of(json_object_get(p, "snapshot"), "name"), "before\\xc2\\xa0upgrade");
	json_decref(p);
	/* What is not there is refused in the preview. */
	p = plan_on(vm, "snapshot-revert", of("no such"));
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

/* How often its host was asked for the snapshots of this VM. */
static int asked_of(const char *name)
{
	char *wanted = xasprintf("(VM: name=%s,", name), line[1024];
	FILE *f = fopen(calls_path, "re");
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		n += strstr(line, " virDomainListAllSnapshots:") && strstr(line, wanted);
	fclose(f);
	free(wanted);
	return n;
}

/* Many ask for the same at once: the host is asked once for those who came before, and once for those who came meanwhile. */
static void test_flood(void **state)
{
	enum { PEERS = 4, EACH = 12 };
	struct talk *peer[PEERS];
	int ids[PEERS][EACH];

	for (int i = 0; i < PEERS; i++)
		peer[i] = talk_hello(&d);
	json_decref(list_of(vm));
	int before = asked_of(vm_name);
	assert_true(before > 0);
	daemon_pause(&d);
	for (int i = 0; i < PEERS; i++)
		for (int k = 0; k < EACH; k++)
			ids[i][k] = k % 3 ? talk_start(peer[i], "snapshots", json_pack("{s:s}", "object", vm)) :
				talk_start(peer[i], "plan", json_pack("{s:s, s:[s]}", "verb", "snapshot-create", "targets", vm));
	kill(d.pid, SIGCONT);
	for (int i = 0; i < PEERS; i++)
		for (int k = 0; k < EACH; k++) {
			json_t *answer = talk_answer(peer[i], ids[i][k]);
			assert_non_null(json_object_get(answer, "return"));
			json_decref(answer);
		}
	/* A peer's lines may be read in turns of their own, with an answer between them. */
	int n = asked_of(vm_name) - before;
	if (n < 1 || n > PEERS * EACH / 3)
		fail_msg("%d requests were %d questions", PEERS * EACH, n);
	/* One who asks and goes away leaves nothing behind. */
	for (int i = 0; i < PEERS; i++) {
		talk_start(peer[i], "snapshots", json_pack("{s:s}", "object", vm));
		talk_end(peer[i]);
	}
	json_decref(list_of(vm));
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

	daemon_pause(&d);
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

/* ---- a host that is lost ---- */

/* The files under the blades: their addresses in the site file are turned to nowhere, or back. */
static void lose(bool lost)
{
	char *command = xasprintf("sed -i 's#/nodes/%s#/nodes/%s[#' %s/site.conf", lost ? "\\[" : "gone-\\[", lost ? "gone-" : "", d.dir);

	assert_int_equal(system(command), 0);
	free(command);
	kill(d.pid, SIGHUP);
}

static void delete_all(void)
{
	json_t *l = list_of(vm), *one;
	size_t i;

	json_array_foreach(json_object_get(l, "snapshots"), i, one)
		act(vm, "snapshot-delete", of(field_of(one, "id")));
	json_decref(l);
}

static void test_settle(void **state)
{
	delete_all();
	act(vm, "snapshot-create", named_of_tenant("held"));
	talk_wait(t, vm, "snaps", "1");
	talk_refused(t, "confirm", "settle.reason", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "held", "reason", " ");
	talk_refused(t, "notfound", "settle.none", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "none", "reason", "x");
	talk_refused(t, "state", "snapshot.host-up", "snapshot-settle", "{s:s, s:s, s:s}", "object", vm, "snapshot", "held", "reason", "x");
	char blade_id[80];
	snprintf(blade_id, sizeof blade_id, "blade:%.64s", field_of(json_object_get(t->objects, vm), "blade"));
	lose(true);
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
	lose(false);
	talk_wait(t, blade_id, "host", "up");
}

/* A server with more snapshots than fit one line to a console, as a host may have made them. */
static void write_many(const char *path, const char *uuid, int n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fprintf(f, "<node><memory>8000000</memory><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
		"<name>db1</name><uuid>%s</uuid><memory>1048576</memory><os><type>hvm</type></os><test:runstate>5</test:runstate>\n", uuid);
	for (int i = 0; i < n; i++) {
		fprintf(f, "<test:domainsnapshot><name>s%05d-%0200d</name><description>%0450d</description><state>shutoff</state>", i, 0, 0);
		if (i > 0)
			fprintf(f, "<parent><name>s%05d-%0200d</name></parent>", i - 1, 0);
		fprintf(f, "<creationTime>%d</creationTime><domain type='test'><name>db1</name><uuid>%s</uuid><memory>1048576</memory>"
			"<os><type>hvm</type></os></domain><active>0</active></test:domainsnapshot>\n", 1700000000 + i, uuid);
	}
	fputs("</domain></node>\n", f);
	assert_int_equal(fclose(f), 0);
}

static void test_too_many(void **state)
{
	struct daemon p;
	char path[200], uri[300], dir[200], name[220];

	daemon_site(&p, 1, 1, 0);
	snprintf(path, sizeof path, "%s/many.xml", p.dir);
	snprintf(dir, sizeof dir, "%s/state", p.dir);
	snprintf(uri, sizeof uri, "test://%s", path);
	write_many(path, "11111111-1111-4111-8111-111111111111", 10000);
	daemon_private(&p, "--state", dir, "--", uri, NULL);
	struct talk *many = talk_hello(&p);
	talk_subscribe(many);
	talk_wait_live(many, 1, 1);
	json_t *r = talk_get(many, "snapshots", "{s:s}", "object", "db1");
	assert_int_equal(json_array_size(json_object_get(r, "snapshots")), 1000);
	assert_int_equal(json_integer_value(json_object_get(r, "more")), 9000);
	char *text = json_dumps(r, JSON_COMPACT);
	assert_true(strlen(text) < 4 * 1024 * 1024);
	free(text);
	json_decref(r);
	/* What stands on it the host did not say in full: it goes alone or not at all. */
	snprintf(name, sizeof name, "s%05d-%0200d", 0, 0);
	r = talk_get(many, "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-delete", "targets", "db1", "snapshot", name);
	assert_int_equal(json_array_size(json_object_get(r, "refused")), 0);
	json_decref(r);
	r = talk_get(many, "plan", "{s:s, s:[s], s:s, s:s}", "verb", "snapshot-delete", "targets", "db1", "snapshot", name, "children",
		"yes");
	assert_string_equal(field_of(json_array_get(json_object_get(r, "refused"), 0), "msg"), "snapshot.children.many");
	json_decref(r);
	talk_end(many);
	assert_int_equal(daemon_end(&p, 0), 0);
	daemon_remove(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_last_one),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, snaps_start, snaps_stop);
}
