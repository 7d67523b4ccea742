/* A real tanad whose files or clock are not what they should be, at its start and in the middle of its work: what is wrong is
 * said, every action is refused, looking goes on where it can, nothing is half done, and it goes on when it is mended. */
#include "talk.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLADES 2
#define VMS 4

static struct daemon d;
static struct talk *t;
static char vm[64];          /* runs, is acme's, is not protected */
static bool mounts;          /* file systems can be mounted that nobody else sees */

static void serve(void)
{
	const char *id;
	json_t *o;

	daemon_shared(&d, "--steady-ms", "500", NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
	/* The driver of the tests forgets: what was off runs again. */
	json_object_foreach(t->objects, id, o)
		if (!vm[0] && strcmp(field_of(o, "tenant"), "acme") == 0 && strcmp(field_of(o, "state"), "running") == 0 &&
			strcmp(field_of(o, "protect"), "false") == 0)
			snprintf(vm, sizeof vm, "%s", id);
	assert_true(vm[0]);
}

static void end(void)
{
	talk_end(t);
	t = NULL;
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
}

static int start(void **state)
{
	daemon_site(&d, BLADES, VMS, 0);
	vm[0] = '\0';
	return 0;
}

static int stop(void **state)
{
	char *path = xasprintf("%s/state", d.dir);

	if (t)
		talk_end(t);
	t = NULL;
	if (d.pid > 0)
		daemon_end(&d, SIGKILL);
	if (mounts)
		umount2(path, MNT_DETACH);
	daemon_remove(&d);
	free(path);
	return 0;
}

/* A shell's line about the folder of the state; it must succeed. */
__attribute__((format(printf, 1, 2))) static void shell(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	char *whole = xasprintf("cd %s && %s", d.dir, line);
	assert_int_equal(system(whole), 0);
	free(whole);
}

/* A start that must not come to be: what it says. */
static char *refused_start(void)
{
	char *site = xasprintf("%s/site.conf", d.dir), *state = xasprintf("%s/state", d.dir), *said;

	assert_int_equal(daemon_try(&d, &said, "--site", site, "--socket", d.socket, "--state", state, NULL), 1);
	assert_int_not_equal(access(d.socket, F_OK), 0);
	free(site);
	free(state);
	return said;
}

static void says(char *said, const char *words)
{
	if (!strstr(said, words))
		fail_msg("not \"%s\" but: %s", words, said);
	free(said);
}

/* ---- words ---- */

static json_t *preview(struct talk *with, const char *verb, json_t *more)
{
	json_t *args = json_pack("{s:s, s:[s]}", "verb", verb, "targets", vm);

	if (more)
		json_object_update(args, more);
	json_decref(more);
	json_t *answer = talk_answer(with, talk_start(with, "plan", args)), *plan = json_incref(json_object_get(answer, "return"));
	if (!plan || json_array_size(json_object_get(plan, "refused")))
		fail_msg("%s: %s", verb, json_dumps(answer, 0));
	json_decref(answer);
	return plan;
}

static json_t *commit(struct talk *with, json_t *plan)
{
	json_t *args = json_pack("{s:O, s:s, s:s}", "plan", json_object_get(plan, "plan"), "confirm", "yes", "reason", "a test");
	json_t *text = json_object_get(json_object_get(plan, "confirm"), "text");

	if (text)
		json_object_set(args, "confirm", text);
	json_decref(plan);
	return talk_answer(with, talk_start(with, "commit", args));
}

static json_t *charged(const char *name)
{
	return json_pack("{s:s, s:s}", "name", name, "charge", "tenant");
}

static void act(const char *verb, json_t *more)
{
	json_t *answer = commit(t, preview(t, verb, more));
	const char *job = field_of(json_object_get(answer, "return"), "job");

	if (!job[0])
		fail_msg("%s: %s", verb, json_dumps(answer, 0));
	assert_string_equal(talk_job(t, job), "done");
	json_decref(answer);
}

static void use_is(const char *kind, int used)
{
	json_t *r = talk_get(t, "limits", "{s:s}", "object", vm), *one;
	size_t i, found = 0;

	json_array_foreach(json_object_get(r, "limits"), i, one) {
		if (strcmp(field_of(one, "kind"), kind) != 0 || strcmp(field_of(one, "scope"), "server") != 0)
			continue;
		found++;
		assert_int_equal(json_integer_value(json_object_get(one, "used")), used);
		assert_int_equal(json_integer_value(json_object_get(one, "busy")), 0);
	}
	assert_int_equal(found, 1);
	json_decref(r);
}

static bool any_lease(void)
{
	const char *id;
	json_t *o;

	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "lease") == 0)
			return true;
	return false;
}

/* Looking goes on, and it shows what was there before. */
static void untouched(int kept)
{
	while (any_lease())
		assert_true(talk_read(t, TALK_MS));
	assert_string_equal(field_of(json_object_get(t->objects, vm), "state"), "running");
	talk_wait(t, vm, "job", "");
	json_t *r = talk_get(t, "snapshots", "{s:s}", "object", vm);
	assert_string_equal(field_of(r, "live"), "true");
	assert_int_equal(json_array_size(json_object_get(r, "snapshots")), kept);
	json_decref(r);
	use_is("kept", kept);
	use_is("taken", kept);
	json_decref(talk_get(t, "show", "{s:s}", "object", vm));
}

static void not_written(json_t *answer, const char *words)
{
	json_t *e = json_object_get(answer, "error");

	if (strcmp(field_of(e, "class"), "failed") != 0 || strcmp(field_of(e, "msg"), "store.write") != 0 ||
		!strstr(field_of(e, "text"), words))
		fail_msg("not \"%s\" but %s", words, json_dumps(answer, 0));
	json_decref(answer);
}

/* Each kind of action, refused with these words. */
static void all_refused(int kept, const char *words)
{
	not_written(commit(t, preview(t, "snapshot-create", charged("in vain"))), words);
	not_written(commit(t, preview(t, "power-off", NULL)), words);
	not_written(commit(t, preview(t, "protect", NULL)), words);
	talk_wait(t, vm, "protect", "false");
	not_written(talk_ask(t, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", vm, "kind", "kept", "limit", "9", "until", "+1 h",
		"ref", "T-1"), words);
	untouched(kept);
}

/* Every record that says that something began has one that says how it ended, and the chain holds. */
static void books_agree(int begun)
{
	json_t *r = talk_get(t, "audit", "{s:s, s:i}", "object", vm, "limit", 1000), *one;
	int began = 0, ended = 0;
	size_t i;

	json_array_foreach(json_object_get(r, "records"), i, one) {
		began += strcmp(field_of(one, "what"), "begin") == 0;
		ended += strcmp(field_of(one, "what"), "end") == 0;
	}
	assert_int_equal(began, begun);
	assert_int_equal(ended, begun);
	json_decref(r);
	r = talk_get(t, "audit-verify", NULL);
	if (!json_is_true(json_object_get(r, "ok")))
		fail_msg("%s", json_dumps(r, 0));
	json_decref(r);
}

/* ---- no room ---- */

static void no_more_bytes(bool yes)
{
	struct rlimit r;

	assert_int_equal(prlimit(d.pid, RLIMIT_FSIZE, NULL, &r), 0);
	r.rlim_cur = yes ? 1 : r.rlim_max;
	assert_int_equal(prlimit(d.pid, RLIMIT_FSIZE, &r, NULL), 0);
}

static void test_files_may_not_grow(void **state)
{
	serve();
	act("snapshot-create", charged("before"));
	no_more_bytes(true);
	all_refused(1, "cannot write");
	no_more_bytes(false);
	act("snapshot-create", charged("after"));
	use_is("kept", 2);
	books_agree(2);
	end();
	serve();
	books_agree(2);
	use_is("taken", 2);
	end();
}

/* The outcome cannot be written for a while: it is not lost, and not written twice. */
static void test_in_mid_job(void **state)
{
	serve();
	json_t *plan = preview(t, "snapshot-create", charged("long"));
	json_t *answer = commit(t, plan);
	no_more_bytes(true);
	const char *job = field_of(json_object_get(answer, "return"), "job");
	assert_true(job[0] != '\0');
	for (int i = 0; i < 10; i++)
		talk_read(t, 50);
	json_decref(talk_get(t, "ping", NULL));
	no_more_bytes(false);
	assert_string_equal(talk_job(t, job), "done");
	while (any_lease())
		assert_true(talk_read(t, TALK_MS));
	json_decref(answer);
	use_is("kept", 1);
	books_agree(1);
	end();
	serve();
	books_agree(1);
	use_is("taken", 1); /* the driver of the tests has forgotten what it kept */
	end();
}

/* Whose the broker's files are is no customer's business. */
static void test_customer_reads_no_path(void **state)
{
	char role[160];

	serve();
	end();
	snprintf(role, sizeof role, "role customer { tenant = \"acme\" users = { \"%s\" } }\n", getenv("TEST_ME"));
	daemon_roles(&d, role);
	daemon_shared(&d, "--steady-ms", "500", NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait(t, vm, "live", "true");
	no_more_bytes(true);
	json_t *answer = commit(t, preview(t, "snapshot-create", json_pack("{s:s}", "name", "mine"))), *e = json_object_get(answer, "error");
	char *text = json_dumps(answer, 0);
	assert_string_equal(field_of(e, "class"), "failed");
	assert_string_equal(field_of(e, "msg"), "store.plain");
	assert_null(strstr(text, d.dir));
	assert_null(strstr(text, "ledger"));
	free(text);
	json_decref(answer);
	no_more_bytes(false);
	end();
}

static bool small_disk(void)
{
	char *path = xasprintf("%s/state", d.dir);

	if (mounts) {
		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "size=16m,mode=0700"), 0);
	} else if (getenv("TANA_NO_SKIP")) {
		fail_msg("no file system can be mounted here");
	}
	free(path);
	return mounts;
}

static void test_full_disk(void **state)
{
	if (!small_disk()) {
		skip();
		return;
	}
	serve();
	act("snapshot-create", charged("before"));
	shell("! cat /dev/zero > state/ballast 2>/dev/null");
	all_refused(1, "full");
	/* The next start needs no room, and is the same. */
	talk_end(t);
	t = NULL;
	daemon_end(&d, SIGTERM);
	serve();
	not_written(commit(t, preview(t, "snapshot-create", charged("in vain"))), "full");
	use_is("taken", 1);
	shell("rm state/ballast");
	act("snapshot-create", charged("after"));
	books_agree(2);
	end();
}

/* ---- what cannot be opened ---- */

static void test_read_only(void **state)
{
	char *path = xasprintf("%s/state", d.dir);

	if (geteuid() == 0 && !small_disk()) {
		free(path);
		skip();
		return;
	}
	serve();
	act("snapshot-create", charged("before"));
	end();
	if (mounts)
		assert_int_equal(mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	else
		shell("chmod 0500 state && chmod 0400 state/*");
	says(refused_start(), "cannot");
	if (mounts)
		assert_int_equal(mount(NULL, path, NULL, MS_REMOUNT, NULL), 0);
	else
		shell("chmod 0700 state && chmod 0600 state/*");
	serve();
	books_agree(1);
	end();
	free(path);
}

/* Somebody moves the ledger away under the broker: nothing is written where nobody would find it. */
static void test_moved_away(void **state)
{
	serve();
	act("snapshot-create", charged("before"));
	shell("mkdir aside && mv state/ledger.db* aside");
	json_t *answer = commit(t, preview(t, "power-off", NULL));
	assert_string_equal(field_of(json_object_get(answer, "error"), "msg"), "store.write");
	json_decref(answer);
	assert_string_equal(field_of(json_object_get(t->objects, vm), "state"), "running");
	shell("mv aside/ledger.db* state");
	act("snapshot-create", charged("after"));
	books_agree(2);
	end();
}

static void test_newer(void **state)
{
	serve();
	act("snapshot-create", charged("before"));
	end();
	shell("version=$(sqlite3 state/ledger.db 'PRAGMA user_version') && echo $version > version && "
		"sqlite3 state/ledger.db 'PRAGMA user_version = 1000' && cp state/ledger.db as-it-was");
	says(refused_start(), "written by a newer Tana");
	shell("cmp state/ledger.db as-it-was");
	shell("sqlite3 state/ledger.db \"PRAGMA user_version = $(cat version)\"");
	serve();
	books_agree(1);
	end();
}

static void test_damaged(void **state)
{
	serve();
	act("snapshot-create", charged("before"));
	end();
	shell("cp state/ledger.db good && size=$(stat -c %%s good) && "
		"dd if=/dev/urandom of=state/ledger.db bs=4096 seek=$((size / 8192)) count=3 conv=notrunc 2>/dev/null && cp state/ledger.db bad");
	says(refused_start(), "is damaged");
	shell("cmp state/ledger.db bad");
	/* Not even a database. */
	shell("echo nothing of the kind, and long enough to be looked at > state/ledger.db");
	says(refused_start(), "is damaged");
	/* A copy that is put back serves. */
	shell("cp good state/ledger.db");
	serve();
	books_agree(1);
	end();
}

/* ---- the clock ---- */

/* What was taken while the clock ran forty days ahead is not given back when it was set right. */
static void test_clock_set_back(void **state)
{
	serve();
	for (int i = 0; i < 4; i++) {
		act("snapshot-create", charged("one"));
		act("snapshot-delete", json_pack("{s:s}", "snapshot", "one"));
	}
	use_is("taken", 4);
	end();
	shell("sqlite3 state/ledger.db 'UPDATE snapshot SET at = at + 40 * 86400'");
	serve();
	use_is("taken", 4);
	json_t *plan = talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", vm, "charge", "tenant");
	json_t *refused = json_array_get(json_object_get(plan, "refused"), 0);
	assert_string_equal(field_of(refused, "class"), "limit");
	assert_string_equal(field_of(refused, "msg"), "snapshot.taken.full");
	json_t *answer = commit(t, plan);
	assert_string_equal(field_of(json_object_get(answer, "error"), "class"), "limit");
	json_decref(answer);
	/* At the provider's expense it goes on, behind what there is. */
	act("snapshot-create", json_pack("{s:s}", "name", "ours"));
	use_is("taken", 4);
	books_agree(9);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files_may_not_grow, start, stop),
		cmocka_unit_test_setup_teardown(test_in_mid_job, start, stop),
		cmocka_unit_test_setup_teardown(test_customer_reads_no_path, start, stop),
		cmocka_unit_test_setup_teardown(test_full_disk, start, stop),
		cmocka_unit_test_setup_teardown(test_read_only, start, stop),
		cmocka_unit_test_setup_teardown(test_moved_away, start, stop),
		cmocka_unit_test_setup_teardown(test_newer, start, stop),
		cmocka_unit_test_setup_teardown(test_damaged, start, stop),
		cmocka_unit_test_setup_teardown(test_clock_set_back, start, stop),
	};

	mounts = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
