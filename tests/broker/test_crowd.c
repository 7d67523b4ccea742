/* 64 clients at once on 8 VMs with limits, random verbs, some killed in mid word. What the audit log and the report then tell
 * is played again: no two jobs on one VM at a time, no limit exceeded at any moment, not one snapshot lost or counted twice,
 * and the hosts agree with the count at the end. CI: some seconds; with TANA_LONG minutes. TANA_SEED repeats a run's choices. */
#include "talk.h"

#include "common/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 64
#define VMS 8
#define KEPT 2        /* of a server */
#define ACME_KEPT 5   /* of all servers of acme, which are 4 */
#define TAKEN 20      /* in PERIOD_S, of a server */
#define ACME_TAKEN 50 /* in PERIOD_S, of all servers of acme */
#define PERIOD_S 60
#define QUIET_MS 1500 /* longer than a broker needs to take up what it has read */

/* ---- one client: a process of its own, which may be killed at any moment ---- */

static unsigned roll(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) % n;
}

static int limited = -1; /* a byte for each answer that a limit refused: of many the report has no row */

static json_t *ask(struct talk *t, const char *name, json_t *args)
{
	json_t *answer = talk_answer(t, talk_start(t, name, args));
	json_t *ret = json_incref(json_object_get(answer, "return"));

	if (strcmp(field_of(json_object_get(answer, "error"), "class"), "limit") == 0 && write(limited, "", 1) != 1)
		exit(1);
	json_decref(answer);
	return ret; /* NULL: refused, which is as good */
}

static json_t *args_for(struct talk *t, unsigned *seed, const char *vm, int n)
{
	static const char *const verbs[] = { "snapshot-create", "snapshot-create", "snapshot-create", "snapshot-delete", "snapshot-delete",
		"snapshot-revert", "power-off", "power-on" };
	const char *verb = verbs[roll(seed, sizeof verbs / sizeof *verbs)];
	json_t *args = json_pack("{s:s, s:[s]}", "verb", verb, "targets", vm);
	char name[64];

	if (strcmp(verb, "snapshot-create") == 0) {
		snprintf(name, sizeof name, "s%d-%d", (int)getpid(), n);
		json_object_set_new(args, "name", json_string(name));
		json_object_set_new(args, "charge", json_string("tenant"));
	} else if (strncmp(verb, "snapshot-", 9) == 0) {
		json_t *ret = ask(t, "snapshots", json_pack("{s:s}", "object", vm)), *list = json_object_get(ret, "snapshots");
		size_t count = json_array_size(list);
		json_t *one = count ? json_array_get(list, roll(seed, (unsigned)count)) : NULL;
		json_object_set_new(args, "snapshot", json_string(one ? field_of(one, "id") : "none"));
		json_decref(ret);
	}
	return args;
}

static void client(const char *socket, const char *limited_path, unsigned seed)
{
	struct daemon d = { .fd = -1 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(d.socket, sizeof d.socket, "%s", socket);
	limited = open(limited_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (limited < 0)
		exit(1);
	struct talk *t = talk_hello(&d);
	json_t *vms = json_array(), *o;
	const char *id;
	talk_subscribe(t);
	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0)
			json_array_append_new(vms, json_string(id));
	for (int n = 0; !t->ended; n++) {
		const char *vm = json_string_value(json_array_get(vms, roll(&seed, VMS)));
		json_t *plan = ask(t, "plan", args_for(t, &seed, vm, n));
		if (!plan)
			continue;
		json_t *confirm = json_object_get(plan, "confirm");
		const char *text = field_of(confirm, "text");
		json_t *done = ask(t, "commit", json_pack("{s:s, s:s}", "plan", field_of(plan, "plan"), "confirm", *text ? text : "yes"));
		json_decref(done);
		json_decref(plan);
		usleep(roll(&seed, 20000));
	}
	exit(0);
}

/* ---- the crowd ---- */

static char limited_path[128];

static pid_t start_client(const struct daemon *d, unsigned seed)
{
	char number[32];
	pid_t pid = fork();

	snprintf(number, sizeof number, "%u", seed);
	if (pid == 0) {
		/* A program anew: a check that fails in it must end it, not go on with the tests. */
		execl("/proc/self/exe", "test_crowd", "--client", d->socket, limited_path, number, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void write_site(const struct daemon *d)
{
	char path[128];

	snprintf(path, sizeof path, "%s/site.conf", d->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "site \"crowd\" { }\n"
		"plan \"p\" { snapshots { kept = %d taken = \"%d per %d min\" space = none } }\n"
		"tenant \"acme\" { plan = p vms = { \"acme-*\" } snapshots { kept = %d taken = \"%d per %d min\" } }\n"
		"tenant \"rest\" { plan = p vms = { \"globex-*\", \"hooli-*\", \"gx-*\" } }\n"
		"blade \"h1\" { host = \"test://%s/nodes/1.xml\" }\n"
		"role operator { users = { \"%s\" } }\n", KEPT, TAKEN, PERIOD_S / 60, ACME_KEPT, ACME_TAKEN, PERIOD_S / 60,
		d->dir, getenv("TEST_ME"));
	assert_int_equal(fclose(f), 0);
}

/* What the log says of one VM, played again record by record. */
struct played {
	char job[24];
	int kept, taken;
};

static json_t *whole_log(struct talk *t)
{
	json_t *all = json_array();
	json_int_t before = 0;

	for (;;) {
		json_t *ret = before ? talk_get(t, "audit", "{s:i, s:I}", "limit", 1000, "before", before) : talk_get(t, "audit", "{s:i}", "limit", 1000);
		json_t *page = json_object_get(ret, "records"), *joined = json_array();
		if (!json_array_size(page)) {
			json_decref(joined);
			json_decref(ret);
			return all;
		}
		before = json_integer_value(json_object_get(json_array_get(page, 0), "seq"));
		json_array_extend(joined, page);
		json_array_extend(joined, all);
		json_decref(all);
		json_decref(ret);
		all = joined;
		if (before <= 1)
			return all;
	}
}

static int vm_number(struct talk *t, const char *id)
{
	int i = 0;
	const char *key;
	json_t *o;

	json_object_foreach(t->objects, key, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0)
			continue;
		if (strcmp(key, id) == 0)
			return i;
		i++;
	}
	fail_msg("no VM %s", id);
	return 0;
}

static void begin(struct played *p, struct played *all, struct talk *t, json_t *r)
{
	const char *job = field_of(r, "job");

	if (p->job[0])
		fail_msg("%s began while %s was under way on the same VM", job, p->job);
	snprintf(p->job, sizeof p->job, "%s", job);
	if (strcmp(field_of(r, "verb"), "snapshot-create") != 0)
		return;
	p->kept++;
	p->taken++;
	if (p->kept > KEPT)
		fail_msg("record %lld: %d kept of %d", (long long)json_integer_value(json_object_get(r, "seq")), p->kept, KEPT);
	int acme = 0;
	const char *key;
	json_t *o;
	json_object_foreach(t->objects, key, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "tenant"), "acme") == 0)
			acme += all[vm_number(t, key)].kept;
	if (acme > ACME_KEPT)
		fail_msg("acme keeps %d of %d", acme, ACME_KEPT);
}

static void end(struct played *p, json_t *r, json_t *object)
{
	const char *verb = field_of(r, "verb");
	bool done = strcmp(field_of(object, "state"), "done") == 0;

	assert_string_equal(p->job, field_of(r, "job"));
	p->job[0] = '\0';
	if (strcmp(verb, "snapshot-create") == 0 && !done) {
		p->kept--;
		p->taken--;
	} else if (strcmp(verb, "snapshot-delete") == 0 && done) {
		p->kept--;
	}
}

static void play(struct talk *t, struct played *all, int *jobs)
{
	json_t *log = whole_log(t), *r, *object;
	size_t i, k;

	*jobs = 0;
	json_array_foreach(log, i, r) {
		const char *what = field_of(r, "what");
		bool begins = strcmp(what, "begin") == 0, ends = strcmp(what, "end") == 0;
		if (!begins && !ends)
			continue;
		*jobs += begins;
		json_array_foreach(json_object_get(r, "objects"), k, object) {
			struct played *p = &all[vm_number(t, field_of(object, "id"))];
			if (begins)
				begin(p, all, t, r);
			else
				end(p, r, object);
		}
	}
	json_decref(log);
}

/* ---- what the report tells ---- */

static bool has_state(json_t *row, const char *a, const char *b)
{
	return strcmp(field_of(row, "state"), a) == 0 || strcmp(field_of(row, "state"), b) == 0;
}

/* Of those taken before this one (the report is in order of time), how many fell into the period that ended with it. */
static int taken_till(json_t *rows, size_t at, const char *key)
{
	json_t *last = json_array_get(rows, at);
	json_int_t then = json_integer_value(json_object_get(last, "at"));
	int n = 0;

	for (size_t i = 0; i <= at; i++) {
		json_t *row = json_array_get(rows, i);
		n += has_state(row, "kept", "gone") && strcmp(field_of(row, key), field_of(last, key)) == 0 &&
			json_integer_value(json_object_get(row, "at")) > then - PERIOD_S;
	}
	return n;
}

/* Every snapshot has one row, in the state that the log says; counted over every period, none was too many. */
static int check_report(struct talk *t, const struct played *all)
{
	char month[16];
	int kept[VMS] = { 0 }, taken[VMS] = { 0 }, refused = 0;
	json_t *row;
	size_t i;

	month_of(clock_wall_s(), 0, month);
	json_t *ret = talk_get(t, "report-snapshots", "{s:s}", "month", month), *rows = json_object_get(ret, "rows");
	json_array_foreach(rows, i, row) {
		int vm = vm_number(t, field_of(row, "vm"));
		refused += has_state(row, "refused", "refused");
		assert_false(has_state(row, "reserved", "sent"));
		if (!has_state(row, "kept", "gone"))
			continue;
		taken[vm]++;
		kept[vm] += has_state(row, "kept", "kept");
		if (taken_till(rows, i, "vm") > TAKEN)
			fail_msg("%s: %d taken of %d", field_of(row, "vm_name"), taken_till(rows, i, "vm"), TAKEN);
		if (strcmp(field_of(row, "charged"), "acme") == 0 && taken_till(rows, i, "charged") > ACME_TAKEN)
			fail_msg("acme: %d taken of %d", taken_till(rows, i, "charged"), ACME_TAKEN);
	}
	for (int n = 0; n < VMS; n++) {
		assert_int_equal(kept[n], all[n].kept);
		assert_int_equal(taken[n], all[n].taken);
	}
	json_decref(ret);
	return refused;
}

/* ---- what a console sees ---- */

static int acme_shown(struct talk *t)
{
	const char *id;
	json_t *o;
	int acme = 0;

	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0)
			continue;
		int n = (int)(json_integer_value(json_object_get(o, "snaps")) + json_integer_value(json_object_get(o, "snaps_busy")));
		if (n < 0 || n > KEPT)
			fail_msg("%s is shown with %d of %d", field_of(o, "name"), n, KEPT);
		acme += strcmp(field_of(o, "tenant"), "acme") == 0 ? n : 0;
	}
	return acme;
}

static void watch(struct talk *t)
{
	while (talk_read(t, 0))
		;
	/* Each server is a line of its own: one that has fewer may be told after one that has more. */
	while (acme_shown(t) > ACME_KEPT)
		if (!talk_read(t, 5000))
			fail_msg("acme is shown with %d of %d", acme_shown(t), ACME_KEPT);
}

static int open_now(struct talk *t)
{
	int open = 0;
	const char *id;
	json_t *o;

	json_object_foreach(t->objects, id, o)
		open += strcmp(field_of(o, "kind"), "lease") == 0 || (strcmp(field_of(o, "kind"), "vm") == 0 && field_of(o, "job")[0]);
	return open;
}

/* Until nothing has been under way for a while: what the dead had sent may still be taken up. */
static void wait_quiet(struct talk *t)
{
	int64_t now = clock_boot_ms(), until = now + TALK_MS, quiet = now;

	for (; now - quiet < QUIET_MS; now = clock_boot_ms()) {
		talk_read(t, 100);
		if (open_now(t) == 0)
			continue;
		quiet = clock_boot_ms();
		if (quiet > until)
			fail_msg("%d are never settled", open_now(t));
	}
}

/* On a slow machine it takes longer until there was a crowd. */
static bool enough(struct talk *t, int refused)
{
	struct stat st;
	const char *id;
	json_t *o;
	int jobs = 0, taken = 0;

	json_object_foreach(t->objects, id, o) {
		bool job = strcmp(field_of(o, "kind"), "job") == 0;
		jobs += job;
		taken += job && strcmp(field_of(o, "verb"), "snapshot-create") == 0 && strcmp(field_of(o, "state"), "done") == 0;
	}
	return jobs > 70 && taken > 2 * VMS && fstat(refused, &st) == 0 && st.st_size > 0;
}

static void test_crowd(void **state)
{
	const char *text = getenv("TANA_SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)clock_wall_s();
	int seconds = getenv("TANA_LONG") ? 180 : 6, killed = 0, jobs, taken = 0;
	struct daemon d;
	pid_t pids[CLIENTS];
	struct played all[VMS];

	memset(all, 0, sizeof all);
	printf("seed %u\n", seed);
	daemon_site(&d, 1, VMS, 0);
	write_site(&d);
	snprintf(limited_path, sizeof limited_path, "%.100s/limited", d.dir);
	int fd = open(limited_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	daemon_shared(&d, "--steady-ms", "1000", "--peers-max", "200", "--peers-of-user", "150", NULL);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, 1, VMS);
	for (int i = 0; i < CLIENTS; i++)
		pids[i] = start_client(&d, seed + (unsigned)i);
	for (int64_t from = clock_boot_ms(), now; (now = clock_boot_ms() - from) < seconds * 1000 || (now < seconds * 1000 + TALK_MS && !enough(t, fd)); usleep(100000)) {
		int victim = (int)roll(&seed, CLIENTS);
		kill(pids[victim], SIGKILL);
		assert_int_equal(waitpid(pids[victim], NULL, 0), pids[victim]);
		pids[victim] = start_client(&d, seed);
		killed++;
		watch(t);
	}
	for (int i = 0; i < CLIENTS; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	wait_quiet(t);
	play(t, all, &jobs);
	int refused = check_report(t, all);

	int kept = 0;
	const char *id;
	json_t *o;
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0)
			continue;
		const struct played *p = &all[vm_number(t, id)];
		assert_string_equal(p->job, "");
		json_t *ret = talk_get(t, "snapshots", "{s:s}", "object", id);
		assert_int_equal(json_array_size(json_object_get(ret, "snapshots")), p->kept);
		assert_int_equal(json_integer_value(json_object_get(o, "snaps")), p->kept);
		assert_int_equal(json_integer_value(json_object_get(o, "snaps_busy")), 0);
		kept += p->kept;
		taken += p->taken;
		json_decref(ret);
	}
	json_t *verified = talk_get(t, "audit-verify", NULL);
	assert_true(json_is_true(json_object_get(verified, "ok")));
	json_decref(verified);
	printf("%d jobs of %d clients (%d killed) in %d s, %d snapshots taken, %d kept, %d refusals in the report: no overlap, no "
		"limit exceeded\n", jobs, CLIENTS, killed, seconds, taken, kept, refused);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(close(fd), 0);
	printf("%lld times a limit refused\n", (long long)st.st_size);
	assert_true(jobs > 50 && taken > 2 * VMS && st.st_size > 0);
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_crowd) };

	if (argc == 5 && strcmp(argv[1], "--client") == 0)
		client(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
