/* The broker is killed, or loses its power, at every write and sync of a run of transactions, also while the disk fails
 * before that. After the next start exactly those transactions are there that were said to be written, and at most one
 * that had not been answered; what was said to have failed never comes back.
 *
 * A child does the work, on a file layer that ends it (crash_vfs.h), and leaves its answers in shared memory. Tries
 * some points of each kind; with TANA_LONG=1 all. TANA_SEED=N repeats a choice. */
#include "crash_vfs.h"
#include "test_store_help.h"

#include "store/takeback.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TXS = 16, OPS_MAX = 2000, PAGES = 40 };
enum answer { UNANSWERED, WRITTEN, REFUSED, UNKNOWN };

static struct board {             /* shared with the child */
	struct crash_count count; /* first */
	unsigned char answer[TXS];
	unsigned char turn[TXS]; /* in which order they were answered, from 1 */
	unsigned char begun[TXS];
	int answers;
	bool open;      /* the store was opened */
	bool seen[TXS]; /* what a start that came between found, and may have acted on */
	bool done;      /* all that was planned is done */
} * board;

static unsigned long points, comebacks;
static uint64_t dice = 1;

static uint64_t roll(uint64_t n)
{
	dice ^= dice << 13; /* xorshift64 */
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % n;
}

static bool all(void)
{
	const char *s = getenv("TANA_LONG");

	return s && *s;
}

static bool was_sent(int i)
{
	return i % 2;
}

/* ---- the child ---- */

static void answered(void *ctx, struct err *e)
{
	ptrdiff_t i = (unsigned char *)ctx - board->begun;

	board->turn[i] = (unsigned char)++board->answers;
	board->answer[i] = !e ? WRITTEN : !strcmp(e->msg.id, "store.unknown") ? UNKNOWN : REFUSED;
	if (board->answer[i] == REFUSED && strcmp(e->msg.id, "store.write"))
		_exit(3);
	err_free(e);
}

/* What a snapshot needs, together: job, lease, row, limit and record of this one; and of the one before, if that was
 * written, job and lease go, and its row where that was not sent. */
static void hand_over(struct place *p, int i)
{
	struct store_tx *tx = store_begin(p->store);
	char id[32], snap[32], job[32], before[32], words[16];
	struct store_target t = {id, id, JOB_PENDING, words, words};

	snprintf(words, sizeof words, "%d", i);
	snprintf(id, sizeof id, "vm:%d", i);
	snprintf(snap, sizeof snap, "snap:%d", i);
	snprintf(job, sizeof job, "job:%06d", i);
	put_vm(tx, id, id, "web");
	append(tx, "begin", id, job);
	store_put_job(tx, &(struct store_job){.targets = &t,
				  .ntargets = 1,
				  .detail = words,
				  .job = {.id = job,
					  .verb = "snapshot-create",
					  .target = id,
					  .targets = id,
					  .by = "",
					  .origin = "",
					  .reason = "",
					  .text = "",
					  .text_id = ""}});
	store_put_snapshot(tx, &(struct store_snapshot){.id = snap,
				       .vm = id,
				       .job = job,
				       .at = 1000 + i,
				       .state = was_sent(i) ? SNAP_SENT : SNAP_RESERVED});
	store_put_limit(tx, &(struct store_limit){.object = "tenant:acme", .kind = "kept", .value = words});
	store_take_lease(
		tx, &(struct lease){.object = id, .name = "", .by = "", .job = job, .verb = "snapshot-create"});
	if (i > 0) {
		snprintf(before, sizeof before, "job:%06d", i - 1);
		store_drop_job(tx, before);
		snprintf(before, sizeof before, "vm:%d", i - 1);
		store_drop_lease(tx, before);
	}
	board->begun[i] = 1;
	store_commit(tx, answered, &board->begun[i]);
}

static void wait_for(struct place *p, int answers)
{
	while (board->answers < answers)
		loop_step(p->loop, 1000);
}

static void saw_vm(void *ctx, const struct store_vm *v)
{
	if (strcmp(v->id, "vm:old"))
		board->seen[atoi(v->id + 3)] = true;
}

/* together: so many transactions are handed over at once; 0: it only starts. */
static void __attribute__((noreturn)) work(struct place *p, int together, const struct crash_plan *plan)
{
	takeback_set_pages(PAGES);
	crash_vfs_uninstall(); /* what the parent's layer remembers of earlier files */
	if (!crash_vfs_install())
		_exit(4);
	crash_vfs_count_in(&board->count);
	crash_vfs_plan(plan);
	struct err *e = place_try(p);
	if (e)
		_exit(5); /* a disk that fails at the start: it says so, and nothing was answered */
	board->open = true;
	if (!together && store_load(p->store, &(struct store_reader){.vm = saw_vm}))
		_exit(6);
	for (int i = 0; i < TXS && together;) {
		int n = i + together;

		for (; i < n && i < TXS; i++)
			hand_over(p, i);
		wait_for(p, i);
	}
	board->done = true;
	crash_vfs_kill();
}

/* ---- the parent ---- */

static void copy_file(const char *from, const char *to)
{
	static char data[4 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n = read(in, data, sizeof data);

	assert_true(in >= 0 && out >= 0 && n > 0 && (size_t)n < sizeof data);
	assert_int_equal(write(out, data, (size_t)n), n);
	close(in);
	close(out);
}

/* As it was before: with a store that has something in it. */
static void put_back(struct place *p)
{
	static const char *const others[] = {"ledger.db-wal", "ledger.db-journal", "cache.db", "ledger.db.disk",
		"ledger.db.lost", "ledger.db-wal.disk", "ledger.db-wal.lost"};
	char *kept = place_path(p, "kept"), *ledger = place_path(p, "ledger.db");

	copy_file(kept, ledger);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char *path = place_path(p, others[i]);

		unlink(path);
		free(path);
	}
	free(kept);
	free(ledger);
	memset(board, 0, sizeof *board);
}

static void run_child(struct place *p, int together, const struct crash_plan *plan)
{
	int status;

	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2); /* what a broker would log */
		work(p, together, plan);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) && !(WIFEXITED(status) && WEXITSTATUS(status) == 5))
		fail_msg("the child ended with %x", (unsigned)status);
}

struct found {
	bool vm[TXS], snapshot[TXS], lease[TXS], job[TXS];
	int limit; /* of which transaction; -1 none */
};

static void found_vm(void *ctx, const struct store_vm *v)
{
	if (strcmp(v->id, "vm:old"))
		((struct found *)ctx)->vm[atoi(v->id + 3)] = true;
}

static void found_snapshot(void *ctx, const struct store_snapshot *s)
{
	((struct found *)ctx)->snapshot[atoi(s->id + 5)] = true;
}

static void found_job(void *ctx, const struct store_job *j)
{
	int i = atoi(j->job.id + 4);

	((struct found *)ctx)->job[i] = j->ntargets == 1 && atoi(j->detail) == i;
}

static void found_limit(void *ctx, const struct store_limit *l)
{
	((struct found *)ctx)->limit = atoi(l->value);
}

static void found_lease(void *ctx, const struct lease *l)
{
	((struct found *)ctx)->lease[atoi(l->object + 3)] = true;
}

static bool later_success(int i)
{
	for (int k = 0; k < TXS; k++)
		if (board->answer[k] == WRITTEN && board->turn[k] > board->turn[i])
			return true;
	return false;
}

static void check(struct place *p, int together, const char *what)
{
	struct found f = {.limit = -1};
	struct store_reader r = {.ctx = &f,
		.vm = found_vm,
		.snapshot = found_snapshot,
		.lease = found_lease,
		.job = found_job,
		.limit = found_limit};
	int64_t records = 1;
	int surprises = 0, newest = -1;

	place_open(p);
	assert_null(store_load(p->store, &r));
	for (int i = 0; i < TXS; i++) {
		bool open = f.vm[i] && !(i + 1 < TXS && f.vm[i + 1]); /* nothing came after it that ended it */

		if (f.job[i] != open || f.lease[i] != open || f.snapshot[i] != (open || (f.vm[i] && was_sent(i))))
			fail_msg("%s: half of transaction %d is there", what, i);
		newest = f.vm[i] ? i : newest;
		if (board->answer[i] == WRITTEN && !f.vm[i])
			fail_msg("%s: transaction %d was said to be written and is not there", what, i);
		if (board->answer[i] == REFUSED && f.vm[i])
			fail_msg("%s: transaction %d was said to have failed and is there", what, i);
		if (board->answer[i] == UNKNOWN && f.vm[i] && later_success(i))
			fail_msg("%s: transaction %d came back over later ones", what, i);
		if (board->seen[i] && !f.vm[i])
			fail_msg("%s: transaction %d was there at the start before, and is not any more", what, i);
		if (!board->begun[i] && f.vm[i])
			fail_msg("%s: transaction %d is there, which nobody handed over", what, i);
		surprises += f.vm[i] && board->answer[i] != WRITTEN;
		records += f.vm[i];
	}
	if (f.limit != newest)
		fail_msg("%s: the limit is that of transaction %d, the newest is %d", what, f.limit, newest);
	if (surprises > together)
		fail_msg("%s: %d transactions are there that were not said to be written", what, surprises);
	comebacks += surprises > 0;
	json_t *v = verify(p);
	if (!json_is_true(json_object_get(v, "ok")) || json_integer_value(json_object_get(v, "records")) != records)
		fail_msg("%s: the audit log does not agree", what);
	json_decref(v);
	/* And it goes on. */
	struct store_tx *tx = store_begin(p->store);
	append(tx, "after", "vm:old", "");
	commit_ok(p, tx);
	place_close(p);
	points++;
}

/* Runs once with this plan, starts once more with the other, and looks; how many operations the first came to. */
static int point_then(struct place *p, int together, struct crash_plan plan, const struct crash_plan *then)
{
	static const char *const disks[] = {"keep", "drop", "some"}, *const syncs[] = {"waits", "done", "lost"};
	char what[200];

	plan.seed = roll(UINT64_MAX);
	plan.hand_on = then;
	snprintf(what, sizeof what,
		"%d together, fail %d or sync %d run %d%s%s sync %s, kill %d or after %d%s disk %s seed %llu, then "
		"kill %d disk %s",
		together, plan.fail_at, plan.fail_sync, plan.fail_run, plan.full ? " full" : "",
		plan.whole ? " whole" : "", syncs[plan.sync], plan.kill_at, plan.kill_after, plan.torn ? " torn" : "",
		disks[plan.disk], (unsigned long long)plan.seed, then ? then->kill_at : 0,
		then ? disks[then->disk] : "keep");
	put_back(p);
	run_child(p, together, &plan);
	int ops = board->count.ops;
	if (then) {
		struct board first = *board;

		run_child(p, 0, then);
		memcpy(first.seen, board->seen, sizeof first.seen);
		*board = first;
	}
	check(p, together, what);
	return ops;
}

/* The end comes once more now and then, while the next start puts things in order. */
static int point(struct place *p, int together, struct crash_plan plan)
{
	struct crash_plan then = {.kill_at = (int)roll(13), .disk = (enum crash_disk)roll(3), .seed = roll(UINT64_MAX)};

	return point_then(p, together, plan, roll(3) ? NULL : &then);
}

static int crash_setup(void **state)
{
	const char *seed = getenv("TANA_SEED");

	board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || !crash_vfs_install() || place_setup(state))
		return -1;
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);
	put_vm(tx, "vm:old", "u", "old");
	append(tx, "begin", "vm:old", "");
	commit_ok(p, tx);
	place_close(p);
	char *kept = place_path(p, "kept"), *ledger = place_path(p, "ledger.db");
	copy_file(ledger, kept);
	free(kept);
	free(ledger);
	points = comebacks = 0;
	dice = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_boot_ms();
	dice = dice ? dice : 1;
	print_message("TANA_SEED=%llu\n", (unsigned long long)dice);
	return 0;
}

static int crash_teardown(void **state)
{
	int rc = place_teardown(state);

	crash_vfs_uninstall();
	munmap(board, sizeof *board);
	return rc;
}

static void told(const char *what, int ops)
{
	print_message(
		"%s: tried %lu points, of runs of up to %d writes and syncs; %lu times there was more than had been "
		"answered\n",
		what, points, ops, comebacks);
}

static void killed_anywhere(void **state)
{
	static const int together[] = {1, 4, TXS};
	struct place *p = *state;
	int most = 0;

	for (size_t t = 0; t < 3; t++) {
		int ops = point(p, together[t], (struct crash_plan){0});

		assert_true(board->done);
		assert_true(ops > 20 && ops < OPS_MAX);
		most = ops > most ? ops : most;
		for (int disk = CRASH_KEEP; disk <= CRASH_SOME; disk++)
			for (int at = all() ? 1 : 1 + (int)roll(8); at <= ops; at += all() ? 1 : 1 + (int)roll(24))
				for (int torn = 0; torn < (all() ? 2 : 1); torn++)
					point(p, together[t],
						(struct crash_plan){.kill_at = at,
							.disk = (enum crash_disk)disk,
							.torn = all() ? torn : (int)roll(2)});
	}
	for (int i = 0; i < 500 && !comebacks; i++) /* where the dice fell so */
		point(p, TXS, (struct crash_plan){.kill_at = 1 + (int)roll((uint64_t)most), .disk = CRASH_KEEP});
	assert_true(comebacks > 0); /* else it never killed between writing and answering */
	told("killed anywhere", most);
}

/* The disk fails, and then the end comes: at the very next operations, or much later. */
static void failed_and_killed(void **state)
{
	static const int runs[] = {1, 2, 3, OPS_MAX * 2};
	struct place *p = *state;
	int ops = point(p, 1, (struct crash_plan){0});
	int step = all() ? 1 : ops / 10;

	for (int at = 1 + (int)roll((uint64_t)step); at <= ops; at += all() ? 1 : 1 + (int)roll(2 * (uint64_t)step))
		for (int k = 0; k < 4; k++)
			for (int end = 0; end < (all() ? 12 : 4); end++) {
				int later = all() ? end : (int)roll(12);
				struct crash_plan plan = {.fail_at = at,
					.fail_run = runs[k],
					.whole = roll(2),
					.sync = (enum crash_sync)roll(3),
					.disk = (enum crash_disk)roll(3),
					.torn = roll(2),
					.kill_at = later == 11 ? 0 : at + 1 + later};

				point(p, roll(3) ? 1 : 4, plan);
			}
	told("failed and killed", ops);
}

/* The sync of some commits fails (in the long run: of all). Either the process goes on and is killed at once
 * after it has said so; or it is killed there, the next start finds what no sync will put on the disk, and the power
 * goes during that start or after it. */
static void failed_and_started(void **state)
{
	struct place *p = *state;
	struct crash_plan then = {0};
	int ops = point(p, 1, (struct crash_plan){0}), syncs = 0, step = all() ? 1 : 3;

	point_then(p, 1, (struct crash_plan){0}, NULL);
	syncs = board->count.syncs;
	assert_true(syncs > TXS);
	for (int at = all() ? 1 : 1 + (int)roll(6); at <= syncs; at += all() ? 1 : 1 + (int)roll(6)) {
		for (int later = 1; later <= 4; later++)
			point_then(p, 1,
				(struct crash_plan){
					.fail_sync = at, .sync = (enum crash_sync)roll(2), .kill_after = later},
				NULL);
		for (then.kill_at = (int)roll((uint64_t)step); then.kill_at < 20; then.kill_at += step) {
			then.disk = roll(2) ? CRASH_SOME : CRASH_DROP;
			then.seed = roll(UINT64_MAX);
			point_then(p, 1, (struct crash_plan){.fail_sync = at, .sync = CRASH_SYNC_LOST, .kill_after = 1},
				&then);
		}
	}
	told("failed and started", ops);
}

/* A full disk refuses, and what it refused stays away, whenever the end comes. */
static void full_and_killed(void **state)
{
	struct place *p = *state;
	int ops = point(p, 1, (struct crash_plan){0});
	size_t refused = 0, unknown = 0;

	for (int at = 1; at <= ops; at += all() ? 1 : 1 + (int)roll(12)) {
		point(p, 1 + 3 * (int)roll(2),
			(struct crash_plan){.fail_at = at,
				.fail_run = 1 + (int)roll(60),
				.full = true,
				.disk = (enum crash_disk)roll(3),
				.kill_at = roll(2) ? at + 1 + (int)roll(40) : 0});
		for (int i = 0; i < TXS; i++) {
			refused += board->answer[i] == REFUSED;
			unknown += board->answer[i] == UNKNOWN;
		}
	}
	assert_true(refused > 0);
	assert_int_equal(unknown, 0);
	told("full and killed", ops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed_anywhere, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(failed_and_killed, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(failed_and_started, crash_setup, crash_teardown),
		cmocka_unit_test_setup_teardown(full_and_killed, crash_setup, crash_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
