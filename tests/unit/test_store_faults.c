/* The store when its files turn bad under it: full disk, read-only, damaged, moved away, killed. What is refused says
 * why, nothing is half done, and it goes on when it can. */
#include "test_store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void overwrite(const struct place *p, const char *file, size_t from, size_t n)
{
	char *path = place_path(p, file), *junk = xmalloc(n);
	int fd = open(path, O_WRONLY);

	for (size_t i = 0; i < n; i++)
		junk[i] = (char)(i * 7 + 13);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, n, (off_t)from), n);
	close(fd);
	free(junk);
	free(path);
}

static bool there(const struct place *p, const char *file)
{
	char *path = place_path(p, file);
	bool yes = !access(path, F_OK);

	free(path);
	return yes;
}

static void write_vms(struct place *p, int from, int n)
{
	struct store_tx *tx = store_begin(p->store);

	for (int i = from; i < from + n; i++) {
		char id[32], uuid[64];

		snprintf(id, sizeof id, "vm:%016x", i);
		snprintf(uuid, sizeof uuid, "%08x-0000-4000-8000-%012x", (unsigned)i * 2654435761u, i);
		put_vm(tx, id, uuid, "a name of some length, as people give them");
	}
	append(tx, "begin", "vm:1", "");
	commit_ok(p, tx);
}

static size_t count_vms(struct place *p)
{
	struct loaded l;

	loaded_read(p, &l);
	size_t n = l.vms;
	loaded_free(&l);
	return n;
}

static void assert_chain(struct place *p)
{
	json_t *v = verify(p);

	if (!json_is_true(json_object_get(v, "ok")))
		fail_msg("%s", json_string_value(json_object_get(json_object_get(v, "reason"), "text")));
	json_decref(v);
}

/* ---- damage ---- */

/* The disk goes bad under a running broker: what needs the bad pages fails and says so, and nothing else happens. */
static void damaged_while_open(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db");
	struct stat st;
	int failed = 0;

	write_vms(p, 1, 60000);
	place_close(p);
	place_open(p);
	assert_int_equal(stat(path, &st), 0);
	overwrite(p, "ledger.db", 4096, (size_t)st.st_size - 4096);
	for (int i = 0; i < 50; i++) {
		struct store_tx *tx = store_begin(p->store);
		char id[32];

		snprintf(id, sizeof id, "vm:%016x", i * 1000 + 7);
		put_vm(tx, id, id, "x");
		struct err *e = commit_wait(p, tx);
		if (e) {
			assert_string_equal(e->msg.id, "store.write");
			assert_string_equal(error_arg(e, "reason"), "the file is damaged");
			failed++;
		}
		err_free(e);
	}
	assert_true(failed > 0);
	place_close(p);
	assert_error(place_try(p), "store.damaged");
	free(path);
}

static void fill_cache(struct place *p)
{
	struct blade b = {.name = "a1-01", .driver = "qemu"};
	struct vm vm = {.name = "db01a", .uuid = "u1", .guest = ""};
	const struct vm *vms[] = {&vm};

	store_cache_host(p->store, &b, vms, 1);
	place_close(p);
}

static void assert_cache(struct place *p, size_t hosts)
{
	struct loaded l;

	loaded_read(p, &l);
	assert_int_equal(l.hosts, hosts);
	assert_int_equal(l.placements, hosts);
	assert_int_equal(l.vms, 3);
	loaded_free(&l);
}

static void cache_is_thrown_away(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "cache.db"), *aside = place_path(p, "cache.db.damaged");

	write_vms(p, 1, 3);
	fill_cache(p);
	place_open(p);
	assert_cache(p, 1);
	place_close(p);
	overwrite(p, "cache.db", 0, 8192);
	place_open(p);
	assert_cache(p, 0);
	assert_true(there(p, "cache.db.damaged"));
	assert_int_equal(unlink(aside), 0);
	fill_cache(p);
	place_sql(p, "cache.db", "PRAGMA user_version = 99");
	place_open(p);
	assert_cache(p, 0);
	assert_false(there(p, "cache.db.damaged"));
	fill_cache(p);
	place_open(p);
	assert_cache(p, 1);
	place_close(p);
	assert_int_equal(truncate(path, 5000), 0);
	place_open(p);
	assert_cache(p, 0);
	fill_cache(p);
	place_open(p);
	assert_cache(p, 1);
	/* Where there can be none, the broker works without. */
	place_close(p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	place_open(p);
	fill_cache(p);
	place_open(p);
	assert_cache(p, 0);
	write_vms(p, 1, 3);
	free(path);
	free(aside);
}

/* ---- no room ---- */

/* Writes until the disk is full, and a batch across that edge; then there is room again. Exactly what was said to be
 * written is there. reason: what must be said. */
static void against_the_wall(struct place *p, void (*wall)(struct place *p, bool up), const char *reason)
{
	enum { BATCH = 40 };
	struct outcome o[BATCH] = {{0}};
	size_t written = 0;
	char *words = xmalloc(12000);
	int failed = 0;

	memset(words, 'x', 11999);
	words[11999] = '\0';
	write_vms(p, 1, 50);
	wall(p, true);
	/* The first is too big for what is left, small ones behind it may fit; all stand together in the queue. */
	for (int i = 0; i < BATCH; i++) {
		struct store_tx *tx = store_begin(p->store);
		char id[32];

		snprintf(id, sizeof id, "vm:b%d", i);
		put_vm(tx, id, id, i ? "x" : "big");
		append(tx, "begin", id, "");
		for (int k = 0; k < (i ? i % 2 * 3 : 60); k++)
			append(tx, words, id, "");
		store_commit(tx, outcome_done, &o[i]);
	}
	for (int i = 0; i < BATCH; i++) {
		outcome_wait(p, &o[i], 1);
		if (!o[i].last) {
			written++;
			continue;
		}
		failed++;
		assert_int_equal(o[i].last->class, ERR_FAILED);
		assert_string_equal(o[i].last->msg.id, "store.write");
		assert_non_null(strstr(error_arg(o[i].last, "reason"), reason));
		err_free(o[i].last);
	}
	assert_true(failed > 0);
	assert_true(written > 0);
	assert_int_equal(count_vms(p), 50 + written);
	wall(p, false);
	write_vms(p, 1000, 50);
	assert_int_equal(count_vms(p), 100 + written);
	assert_chain(p);
	place_close(p);
	place_open(p);
	assert_int_equal(count_vms(p), 100 + written);
	assert_chain(p);
	print_message("%zu transactions written, %d refused\n", written, failed);
	free(words);
}

static void file_size(struct place *p, bool up)
{
	static struct rlimit before;
	struct rlimit now;
	char *path = place_path(p, "ledger.db-wal");
	struct stat st;

	if (up) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
		now = (struct rlimit){(rlim_t)st.st_size + 300000, before.rlim_max};
	} else {
		now = before;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	free(path);
}

static void file_cannot_grow(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	against_the_wall(*state, file_size, "disk I/O error");
}

static void ballast(struct place *p, bool up)
{
	char *path = place_path(p, "ballast"), *block = xcalloc(1, 4096);

	if (up) {
		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0);
		while (write(fd, block, 4096) == 4096)
			;
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 400000), 0);
		close(fd);
	} else {
		assert_int_equal(unlink(path), 0);
	}
	free(block);
	free(path);
}

/* A file system of 64 MB that nobody else sees; needs root or user namespaces. */
static bool own_mount(const char *dir)
{
	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return false;
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", dir, "tmpfs", 0, "size=64m,mode=0700");
}

static void on_small_disk(struct place *p)
{
	if (!own_mount(p->dir)) {
		print_message(
			"no small file system here: %s; the limit on a file's size stands for it\n", strerror(errno));
		if (getenv("TANA_NO_SKIP"))
			_exit(1);
		return;
	}
	place_open(p);
	against_the_wall(p, ballast, "the disk is full");
	/* A start needs no room. */
	place_close(p);
	ballast(p, true);
	char *path = place_path(p, "ballast");
	int fd = open(path, O_WRONLY | O_APPEND);
	char block[512] = {0};
	while (write(fd, block, sizeof block) == sizeof block)
		;
	close(fd);
	free(path);
	place_open(p);
	assert_true(count_vms(p) >= 100);
	struct store_tx *tx = store_begin(p->store);
	put_vm(tx, "vm:z", "z", "z");
	assert_error(commit_wait(p, tx), "store.write");
	ballast(p, false);
	write_vms(p, 5000, 1);
	place_close(p);
}

/* Runs a test's inside in a child, which may change what it is: cmocka's jumps must not leave it. */
static void in_child(struct place *p, void (*inside)(struct place *p))
{
	place_close(p);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		inside(p);
		fflush(stdout);
		_exit(0);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	place_open(p);
}

static void full_disk(void **state)
{
	in_child(*state, on_small_disk);
}

/* ---- read-only ---- */

static void as_nobody(struct place *p)
{
	if (!geteuid() && (setgid(65534) || setuid(65534)))
		_exit(1);
	place_open(p);
	write_vms(p, 1, 3);
	place_close(p);
	char *path = place_path(p, "ledger.db");
	assert_int_equal(chmod(path, 0400), 0);
	struct err *e = place_try(p);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, path));
	assert_error(e, "store.readonly");
	assert_int_equal(chmod(path, 0600), 0);
	place_open(p);
	assert_int_equal(count_vms(p), 3);
	place_close(p);
	assert_int_equal(chmod(p->dir, 0500), 0);
	char *lock = place_path(p, "broker.lock");
	assert_int_equal(chmod(lock, 0400), 0);
	assert_error(place_try(p), "store.dir");
	assert_int_equal(chmod(lock, 0600), 0);
	assert_int_equal(chmod(p->dir, 0700), 0);
	free(lock);
	free(path);
}

static int chown_all(const struct place *p, uid_t to)
{
	static const char *const files[] = {"", "ledger.db", "cache.db", "broker.lock"};
	int bad = 0;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char *path = place_path(p, files[i]);

		bad |= chown(path, to, (gid_t)-1);
		free(path);
	}
	return bad;
}

static void read_only(void **state)
{
	struct place *p = *state;

	if (!geteuid())
		assert_int_equal(chown_all(p, 65534), 0);
	in_child(p, as_nobody);
}

/* Somebody moves the file away while the broker has it: nothing may be written into what nobody will find. */
static void moved_away(void **state)
{
	struct place *p = *state;
	char *from = place_path(p, "ledger.db"), *to = place_path(p, "elsewhere.db");

	write_vms(p, 1, 3);
	assert_int_equal(rename(from, to), 0);
	struct store_tx *tx = store_begin(p->store);
	put_vm(tx, "vm:z", "z", "z");
	assert_error(commit_wait(p, tx), "store.write");
	assert_int_equal(rename(to, from), 0);
	write_vms(p, 10, 3);
	place_close(p);
	place_open(p);
	assert_int_equal(count_vms(p), 6);
	free(from);
	free(to);
}

/* ---- killed ---- */

static void said(void *ctx, struct err *e)
{
	int fd = *(int *)ctx;
	char ok = e ? 'n' : 'y';

	if (write(fd, &ok, 1) != 1)
		_exit(2);
	err_free(e);
}

static void write_for_ever(struct place *p, int fd, int round)
{
	place_open(p);
	for (int i = 0;; i++) {
		struct store_tx *tx = store_begin(p->store);
		char id[48];

		snprintf(id, sizeof id, "vm:%d-%d", round, i);
		put_vm(tx, id, id, "x");
		append(tx, "begin", id, "");
		store_commit(tx, said, &fd);
		if (i % 16 == 0)
			loop_step(p->loop, 0);
	}
}

static void killed(void **state)
{
	enum { ROUNDS = 20 };
	struct place *p = *state;
	size_t acked = 0, least = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int fds[2];
		char said_yes;
		size_t n = 0, enough = (size_t)(1 + round * 37);

		place_close(p);
		assert_int_equal(pipe(fds), 0);
		pid_t pid = fork();
		if (!pid) {
			close(fds[0]);
			write_for_ever(p, fds[1], round);
		}
		close(fds[1]);
		while (n < enough && read(fds[0], &said_yes, 1) == 1)
			n += said_yes == 'y';
		kill(pid, SIGKILL);
		while (read(fds[0], &said_yes, 1) == 1)
			n += said_yes == 'y';
		close(fds[0]);
		waitpid(pid, NULL, 0);
		acked += n;
		least += n;
		place_open(p);
		size_t now = count_vms(p);
		assert_true(now >= least);
		least = now; /* what was written and not yet said is fine too */
		assert_chain(p);
		json_t *v = verify(p);
		assert_int_equal(json_integer_value(json_object_get(v, "records")), now);
		json_decref(v);
	}
	print_message("%d kills, %zu transactions said to be written, %zu there\n", ROUNDS, acked, least);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(damaged_while_open, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(cache_is_thrown_away, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(file_cannot_grow, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(full_disk, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(read_only, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(moved_away, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(killed, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
