/* A file layer for SQLite that fails, and ends the process, where a test wants it (crash_vfs.h). Sits on SQLite's own.
 *
 * The real file is always as the running process sees it. Beside it the layer remembers what the disk holds, and at a
 * loss of power it puts that into the file before it ends the process. */
#include "crash_vfs.h"

#include "common/buf.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct change { /* not on the disk yet */
	struct change *next;
	bool cut; /* truncated to at; otherwise data written there */
	size_t at, len;
	unsigned char data[];
};
struct image { /* a file by its path, whoever has it open; never freed before uninstall */
	struct image *next;
	char *path;
	bool apart;          /* the disk lacks what readers see, and no sync will put it there */
	unsigned char *disk; /* as of the last good sync */
	size_t len, size;
	struct change *first, **end;
};
struct file {
	sqlite3_file base;
	struct image *image; /* NULL: none of the ledger's */
	sqlite3_file *inner;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static sqlite3_vfs *real, shim;
static struct image *images;
static struct crash_plan plan;
static struct crash_count own_count, *count = &own_count;
static void (*at_kill)(void);

/* ---- what the disk holds ---- */

static void image_apply(struct image *m, const struct change *c, size_t len)
{
	size_t to = c->cut ? c->at : c->at + len;

	if (to > m->size) {
		m->size = to * 2;
		m->disk = xrealloc(m->disk, m->size);
	}
	if (to > m->len)
		memset(m->disk + m->len, 0, to - m->len);
	if (c->cut || to > m->len)
		m->len = to;
	if (!c->cut)
		memcpy(m->disk + c->at, c->data, len);
}

/* All that waits is now on the disk, or never will be. */
static void image_settle(struct image *m, bool written)
{
	for (struct change *c = m->first; c;) {
		struct change *next = c->next;

		if (written)
			image_apply(m, c, c->len);
		free(c);
		c = next;
	}
	m->first = NULL;
	m->end = &m->first;
}

static void image_add(struct image *m, bool cut, const void *data, size_t len, size_t at)
{
	struct change *c = xmalloc(sizeof *c + len);

	*c = (struct change){.cut = cut, .at = at, .len = len};
	if (len)
		memcpy(c->data, data, len);
	*m->end = c;
	m->end = &c->next;
}

static bool image_read(struct image *m, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	m->len = 0;
	if (fd < 0)
		return false;
	do {
		m->len += (size_t)n;
		if (m->size - m->len < 65536)
			m->disk = xrealloc(m->disk, m->size = m->size * 2 + 65536);
		n = read(fd, m->disk + m->len, m->size - m->len);
	} while (n > 0);
	close(fd);
	return true;
}

static void image_write(const struct image *m, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)m->len) || pwrite(fd, m->disk, m->len, 0) != (ssize_t)m->len) {
		fprintf(stderr, "crash_vfs: %s: %s\n", path, strerror(errno));
		abort();
	}
	close(fd);
}

static void image_add_difference(struct image *m, const struct image *shown)
{
	size_t same = 0;

	while (same < m->len && same < shown->len && m->disk[same] == shown->disk[same])
		same++;
	if (shown->len < m->len)
		image_add(m, true, NULL, 0, shown->len);
	if (shown->len > same)
		image_add(m, false, shown->disk + same, shown->len - same, same);
}

/* A process before us was killed: the kernel has what the file shows, the disk what that process left beside it. Nobody
 * writes it of itself; where a sync had failed, a sync of ours does not either. */
static void image_take_on(struct image *m)
{
	char *disk = xasprintf("%s.disk", m->path), *lost = xasprintf("%s.lost", m->path);
	struct image shown = {0};

	m->apart = image_read(m, lost);
	if (!m->apart && image_read(m, disk) && image_read(&shown, m->path))
		image_add_difference(m, &shown);
	unlink(disk);
	unlink(lost);
	free(shown.disk);
	free(disk);
	free(lost);
}

/* Somebody else may have changed a file for which nothing waits. */
static struct image *image_of(const char *path)
{
	struct image *m = images;

	while (m && strcmp(m->path, path))
		m = m->next;
	if (!m) {
		m = xcalloc(1, sizeof *m);
		*m = (struct image){.next = images, .path = xstrdup(path), .end = &m->first};
		images = m;
		image_take_on(m);
	}
	if (!m->first && !m->apart)
		image_read(m, m->path);
	return m;
}

static uint64_t roll(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void image_lose(struct image *m, uint64_t *seed)
{
	if (!m->first && !m->apart)
		return;
	for (const struct change *c = m->first; c && plan.disk == CRASH_SOME; c = c->next) {
		uint64_t dice = roll(seed);

		if (dice & 1)
			image_apply(m, c, !c->cut && !(dice & 6) ? (size_t)(dice >> 8) % (c->len + 1) : c->len);
	}
	image_write(m, m->path);
}

static void image_hand_on(const struct image *m)
{
	char *path = xasprintf("%s.%s", m->path, m->apart ? "lost" : "disk");

	if (m->first || m->apart)
		image_write(m, path);
	free(path);
}

/* With the mutex held, which nobody gets any more. */
static void __attribute__((noreturn)) end(void)
{
	uint64_t seed = plan.seed;

	for (struct image *m = images; m; m = m->next)
		if (plan.disk != CRASH_KEEP)
			image_lose(m, &seed);
		else if (plan.hand_on)
			image_hand_on(m);
	if (at_kill)
		at_kill();
	for (;;)
		kill(getpid(), SIGKILL);
}

void crash_vfs_kill(void)
{
	pthread_mutex_lock(&mutex);
	end();
}

/* ---- operations ---- */

enum fate { FATE_WORKS, FATE_FAILS, FATE_ENDS };

static enum fate next_fate(int *kind)
{
	int n = ++count->ops, run = plan.fail_run > 0 ? plan.fail_run : 1;

	if (kind)
		++*kind;
	if (kind == &count->syncs && plan.fail_sync == *kind) {
		plan.fail_at = n;
		plan.kill_at = plan.kill_after ? n + plan.kill_after : plan.kill_at;
	}
	if (plan.kill_at && n == plan.kill_at)
		return FATE_ENDS;
	if (!plan.fail_at || n < plan.fail_at || n - plan.fail_at >= run)
		return FATE_WORKS;
	return FATE_FAILS;
}

static struct file *of(sqlite3_file *f)
{
	return (struct file *)f;
}

static sqlite3_file *inner(sqlite3_file *f)
{
	return of(f)->inner;
}

static int put(struct file *f, const void *from, int n, sqlite3_int64 at)
{
	int rc = f->inner->pMethods->xWrite(f->inner, from, n, at);

	if (rc == SQLITE_OK && n)
		image_add(f->image, false, from, (size_t)n, (size_t)at);
	return rc;
}

static int write_counted(struct file *f, const void *from, int n, sqlite3_int64 at)
{
	enum fate fate = next_fate(&count->writes);

	if (fate == FATE_WORKS)
		return put(f, from, n, at);
	if (fate == FATE_ENDS) {
		if (plan.torn)
			put(f, from, n / 2, at);
		end();
	}
	count->failed++;
	put(f, from, plan.whole ? n : n / 2, at);
	return plan.full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

/* The real disk is not asked: nobody takes the power from the machine that runs a test, and it takes long. */
static int sync_counted(struct file *f)
{
	enum fate fate = next_fate(&count->syncs);

	if (fate == FATE_ENDS)
		end();
	if (fate == FATE_FAILS && !plan.full) {
		count->failed++;
		f->image->apart |= plan.sync == CRASH_SYNC_LOST && f->image->first;
		if (plan.sync != CRASH_SYNC_WAITS)
			image_settle(f->image, plan.sync == CRASH_SYNC_DONE);
		return SQLITE_IOERR_FSYNC;
	}
	image_settle(f->image, true);
	return SQLITE_OK;
}

static int truncate_counted(struct file *f, sqlite3_int64 size)
{
	enum fate fate = next_fate(NULL);

	if (fate == FATE_ENDS)
		end();
	if (fate == FATE_FAILS && !plan.full) {
		count->failed++;
		return SQLITE_IOERR_TRUNCATE;
	}
	int rc = f->inner->pMethods->xTruncate(f->inner, size);
	if (rc == SQLITE_OK)
		image_add(f->image, true, NULL, 0, (size_t)size);
	return rc;
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	if (!of(f)->image)
		return inner(f)->pMethods->xWrite(inner(f), from, n, at);
	pthread_mutex_lock(&mutex);
	int rc = write_counted(of(f), from, n, at);
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int shim_sync(sqlite3_file *f, int flags)
{
	if (!of(f)->image)
		return inner(f)->pMethods->xSync(inner(f), flags);
	pthread_mutex_lock(&mutex);
	int rc = sync_counted(of(f));
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (!of(f)->image)
		return inner(f)->pMethods->xTruncate(inner(f), size);
	pthread_mutex_lock(&mutex);
	int rc = truncate_counted(of(f), size);
	pthread_mutex_unlock(&mutex);
	return rc;
}

/* ---- what is passed on ---- */

static int shim_close(sqlite3_file *f)
{
	return inner(f)->pMethods ? inner(f)->pMethods->xClose(inner(f)) : SQLITE_OK;
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xRead(inner(f), to, n, at);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return inner(f)->pMethods->xFileSize(inner(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xLock(inner(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xUnlock(inner(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int shim_device(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

/* Version 1: no shared memory, which an exclusively locked WAL must not need. */
static const sqlite3_io_methods methods = {1, shim_close, shim_read, shim_write, shim_truncate, shim_sync, shim_size,
	shim_lock, shim_unlock, shim_reserved, shim_control, shim_sector, shim_device, NULL, NULL, NULL, NULL, NULL,
	NULL};

static bool is_counted(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	return name && !strncmp(name, "/ledger.db", 10);
}

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *to, int flags, int *out)
{
	struct file *f = of(to);

	*f = (struct file){.inner = (sqlite3_file *)(f + 1)};
	int rc = real->xOpen(real, path, f->inner, flags, out);
	f->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	if (rc == SQLITE_OK && is_counted(path)) {
		pthread_mutex_lock(&mutex);
		f->image = image_of(path);
		pthread_mutex_unlock(&mutex);
	}
	return rc;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	if (!is_counted(path))
		return real->xDelete(real, path, sync_dir);
	pthread_mutex_lock(&mutex);
	enum fate fate = next_fate(NULL);
	if (fate == FATE_ENDS)
		end();
	int rc = SQLITE_IOERR_DELETE;
	if (fate == FATE_WORKS || plan.full) {
		rc = real->xDelete(real, path, sync_dir);
		struct image *m = image_of(path);
		if (rc == SQLITE_OK) {
			image_settle(m, false);
			m->apart = false;
			m->len = 0;
		}
	} else {
		count->failed++;
	}
	pthread_mutex_unlock(&mutex);
	return rc;
}

/* ---- for tests ---- */

bool crash_vfs_install(void)
{
	real = sqlite3_vfs_find(NULL);
	shim = *real;
	shim.pNext = NULL;
	shim.zName = "tana-crash";
	shim.szOsFile = (int)sizeof(struct file) + real->szOsFile;
	shim.xOpen = shim_open;
	shim.xDelete = shim_delete;
	if (sqlite3_vfs_register(&shim, 0) != SQLITE_OK)
		return false;
	db_set_vfs(shim.zName);
	return true;
}

void crash_vfs_uninstall(void)
{
	db_set_vfs("");
	sqlite3_vfs_unregister(&shim);
	pthread_mutex_lock(&mutex);
	while (images) {
		struct image *m = images;

		images = m->next;
		image_settle(m, false);
		free(m->disk);
		free(m->path);
		free(m);
	}
	pthread_mutex_unlock(&mutex);
}

void crash_vfs_plan(const struct crash_plan *p)
{
	pthread_mutex_lock(&mutex);
	plan = p ? *p : (struct crash_plan){0};
	*count = (struct crash_count){0};
	pthread_mutex_unlock(&mutex);
}

struct crash_count crash_vfs_count(void)
{
	pthread_mutex_lock(&mutex);
	struct crash_count c = *count;
	pthread_mutex_unlock(&mutex);
	return c;
}

void crash_vfs_count_in(struct crash_count *c)
{
	pthread_mutex_lock(&mutex);
	struct crash_count now = *count;
	count = c ? c : &own_count;
	*count = now;
	pthread_mutex_unlock(&mutex);
}

void crash_vfs_at_kill(void (*fn)(void))
{
	at_kill = fn;
}
