/* The user's settings (settings.h). In memory a sorted table; on disk lines `name = value`, of which the last one of a name counts.
 *
 * A change is appended as one line by one write: whatever ends this process, and at whatever byte, what stood there before stands there
 * still, and two consoles never lose each other's lines. A line that was torn is marked with a CAN when the next one is written behind
 * it. The file is tidied when the first console starts (nobody else holds its lock) by a new file that takes its place; a console that
 * runs needs no call for it but read, write and lseek, so its sandbox has no row for this. */
#include "settings/settings.h"

#include "settings/settings_file.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "settings"
#define FILE_NEW "settings.new"
#define TIDY_FROM 50            /* lines that count no more */
#define TORN '\030'             /* CAN at the end of a line: what stands before it is not whole */

struct setting { char *name, *value; };

static struct {
	struct setting list[SETTINGS_MOST];
	size_t n;
	uint32_t version;
	int fd;                 /* -1: nothing is kept */
	bool open;
} s = {.fd = -1};

/* What was read. */
struct text {
	char *data;
	size_t len;
	size_t dead;            /* lines that a later one replaces */
	size_t damaged;         /* number of the first one that says nothing; 0 none */
	bool torn;
};

/* ---- the table ---- */

static char *dup_of(const char *text, size_t n)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

static bool name_is_well(const char *name, size_t n)
{
	if (n == 0 || n > SETTINGS_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c >= 0x80))
			return false;
	}
	return true;
}

static bool value_is_well(const char *value, size_t n)
{
	if (n > SETTINGS_VALUE_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	return true;
}

/* Where it stands, or where it would. */
static size_t place_of(const char *name, size_t n, bool *there)
{
	size_t low = 0, high = s.n;

	*there = false;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = strncmp(s.list[mid].name, name, n);

		c = c == 0 && s.list[mid].name[n] ? 1 : c;
		if (c == 0) {
			*there = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void take_out(size_t i)
{
	free(s.list[i].name);
	free(s.list[i].value);
	s.n--;
	memmove(s.list + i, s.list + i + 1, (s.n - i) * sizeof s.list[0]);
}

/* False: there is no room. n of value 0 takes it out. */
static bool put(const char *name, size_t nname, const char *value, size_t nvalue)
{
	bool there;
	size_t i = place_of(name, nname, &there);

	if (there && nvalue == 0) {
		take_out(i);
	} else if (there) {
		free(s.list[i].value);
		s.list[i].value = dup_of(value, nvalue);
	} else if (nvalue > 0) {
		if (s.n == SETTINGS_MOST)
			return false;
		memmove(s.list + i + 1, s.list + i, (s.n - i) * sizeof s.list[0]);
		s.list[i] = (struct setting){dup_of(name, nname), dup_of(value, nvalue)};
		s.n++;
	}
	s.version++;
	return true;
}

static void trim(const char **from, size_t *n)
{
	while (*n > 0 && (**from == ' ' || **from == '\t')) {
		(*from)++;
		(*n)--;
	}
	while (*n > 0 && ((*from)[*n - 1] == ' ' || (*from)[*n - 1] == '\t' || (*from)[*n - 1] == '\r'))
		(*n)--;
}

/* ---- lines ---- */

enum line { LINE_BLANK, LINE_NOTE, LINE_SET, LINE_DAMAGED, LINE_TORN };

static enum line line_of(const char *p, size_t n, const char **name, size_t *nname, const char **value, size_t *nvalue)
{
	const char *eq;

	if (n > 0 && p[n - 1] == TORN)
		return LINE_TORN;
	trim(&p, &n);
	if (n == 0)
		return LINE_BLANK;
	if (*p == '#')
		return LINE_NOTE;
	eq = memchr(p, '=', n);
	if (!eq)
		return LINE_DAMAGED;
	*name = p;
	*nname = (size_t)(eq - p);
	*value = eq + 1;
	*nvalue = n - *nname - 1;
	trim(name, nname);
	trim(value, nvalue);
	return name_is_well(*name, *nname) && value_is_well(*value, *nvalue) ? LINE_SET : LINE_DAMAGED;
}

static void take_lines(struct text *t)
{
	size_t number = 0;

	for (size_t at = 0; at < t->len;) {
		const char *p = t->data + at, *end = memchr(p, '\n', t->len - at), *name, *value;
		size_t n = end ? (size_t)(end - p) : t->len - at, nname, nvalue;
		enum line what = line_of(p, n, &name, &nname, &value, &nvalue);
		bool there = false;

		number++;
		at += n + 1;
		if (!end && what == LINE_SET) /* whoever wrote it was ended there, who knows where in it */
			what = LINE_DAMAGED;
		if (what == LINE_SET) {
			place_of(name, nname, &there);
			t->dead += there || nvalue == 0;
			if (!put(name, nname, value, nvalue))
				what = LINE_DAMAGED;
		}
		t->torn |= what == LINE_TORN;
		if (what == LINE_DAMAGED && t->damaged == 0)
			t->damaged = number;
	}
}

/* ---- tidying ---- */

/* What stands in it is what counts; remarks stay, and what could not be understood becomes one. */
static void tidy_text(const struct text *t, struct buf *out)
{
	for (size_t at = 0; at < t->len;) {
		const char *p = t->data + at, *end = memchr(p, '\n', t->len - at), *name, *value;
		size_t n = end ? (size_t)(end - p) : t->len - at, nname, nvalue;
		enum line what = line_of(p, n, &name, &nname, &value, &nvalue);

		at += n + 1;
		if (what == LINE_SET && !end)
			what = LINE_DAMAGED;
		if (what != LINE_NOTE && what != LINE_DAMAGED)
			continue;
		if (what == LINE_DAMAGED)
			buf_str(out, "# not understood: ");
		buf_append(out, p, n);
		buf_append(out, "\n", 1);
	}
	for (size_t i = 0; i < s.n; i++)
		buf_printf(out, "%s = %s\n", s.list[i].name, s.list[i].value);
}

/* A new file takes its place; where that cannot be made, the old one does. Returns the descriptor to go on with. */
static int tidy(int in, int fd, const struct text *t)
{
	struct buf b = {0};
	int new;

	tidy_text(t, &b);
	unlinkat(in, FILE_NEW, 0);
	new = openat(in, FILE_NEW, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (new >= 0 && flock(new, LOCK_SH | LOCK_NB) == 0 && settings_file_write(new, b.data, b.len) && fsync(new) == 0 &&
		renameat(in, FILE_NEW, in, FILE_NAME) == 0) {
		close(fd);
		fd = new;
	} else if (new >= 0) {
		unlinkat(in, FILE_NEW, 0);
		close(new);
	}
	buf_free(&b);
	return fd;
}

static struct err *not_kept(int why)
{
	char path[256];

	return err_new(ERR_FAILED, "settings.unkept", "{s:s, s:s}", "path", settings_file_path(path, sizeof path), "reason",
		why == ELOOP ? "it is a symbolic link" : why == EPERM ? "it, or its folder, is not this user's alone" : err_reason(why));
}

/* What stands in the file, with *fd open. False: *e says why it cannot be had, and there is none open. */
static bool take_file(int *fd, struct text *t, struct err **e)
{
	int why = *fd < 0 ? errno : settings_file_read(*fd, &t->data, &t->len);

	if (!why) {
		take_lines(t);
		return true;
	}
	*e = not_kept(why);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}

void settings_open(bool files, struct err **e)
{
	struct text t = {0};
	bool alone = false;
	int in;

	*e = NULL;
	settings_close();
	s.open = true;
	if (!files)
		return;
	in = settings_folder(true);
	s.fd = in < 0 ? -1 : settings_file_open(in, &alone);
	if (take_file(&s.fd, &t, e)) {
		if (alone && (t.dead > TIDY_FROM || t.damaged || t.torn))
			s.fd = tidy(in, s.fd, &t);
		flock(s.fd, LOCK_SH | LOCK_NB);
		if (t.damaged) {
			char path[256];

			*e = err_new(ERR_FAILED, "settings.damaged", "{s:s, s:i}", "path", settings_file_path(path, sizeof path), "line", (int)t.damaged);
		}
	}
	free(t.data);
	if (in >= 0)
		close(in);
}

void settings_look(void)
{
	struct text t = {0};
	struct err *e = NULL;
	int in, fd;

	settings_close();
	s.open = true;
	in = settings_folder(false);
	fd = in < 0 ? -1 : settings_file_look(in);
	if (take_file(&fd, &t, &e))
		close(fd);
	err_free(e); /* there is none yet, or none for us */
	free(t.data);
	if (in >= 0)
		close(in);
}

void settings_bound(void)
{
	const struct rlimit most = {SETTINGS_FILE_MOST, SETTINGS_FILE_MOST};

	if (s.fd < 0)
		return;
	signal(SIGXFSZ, SIG_IGN); /* a write that fails is enough */
	setrlimit(RLIMIT_FSIZE, &most);
}

void settings_close(void)
{
	if (s.fd >= 0)
		close(s.fd);
	while (s.n > 0)
		take_out(s.n - 1);
	s.fd = -1;
	s.open = false;
	s.version++;
}

/* One line at the end, by one write. What cannot be written is not tried again: it stays in memory. */
static void append(const char *name, const char *value)
{
	char line[SETTINGS_NAME_MAX + SETTINGS_VALUE_MAX + 16], last = '\n';
	off_t end;
	int n;

	if (s.fd < 0)
		return;
	end = lseek(s.fd, -1, SEEK_END);
	if (end >= 0 && read(s.fd, &last, 1) != 1)
		last = '\n';
	n = snprintf(line, sizeof line, "%s%s = %s\n", last == '\n' ? "" : "\030\n", name, value);
	if (end > SETTINGS_FILE_MOST - (off_t)sizeof line || write(s.fd, line, (size_t)n) != n) {
		close(s.fd); /* full, or gone: what comes is for this session, and the Setup view says so */
		s.fd = -1;
	}
}

const char *settings_get(const char *name, const char *otherwise)
{
	bool there;
	size_t i = place_of(name, strlen(name), &there);

	return there ? s.list[i].value : otherwise;
}

bool settings_set(const char *name, const char *value)
{
	size_t nname = strlen(name), n = value ? strlen(value) : 0;
	const char *was = settings_get(name, "");

	value = value ? value : "";
	trim(&value, &n);
	if (!name_is_well(name, nname) || !value_is_well(value, n))
		return false;
	if (strlen(was) == n && memcmp(was, value, n) == 0)
		return true;

	char *kept = dup_of(value, n); /* it may be a borrowed one of ours */
	bool done = put(name, nname, kept, n);

	if (done)
		append(name, kept);
	free(kept);
	return done;
}

size_t settings_names(const char *prefix, const char **out, size_t max)
{
	size_t n = 0, len = strlen(prefix);

	for (size_t i = 0; i < s.n; i++)
		if (strncmp(s.list[i].name, prefix, len) == 0) {
			if (n < max)
				out[n] = s.list[i].name;
			n++;
		}
	return n;
}

bool settings_kept(void)
{
	return s.fd >= 0;
}

const char *settings_place(void)
{
	static char path[256];

	return settings_file_path(path, sizeof path);
}

uint32_t settings_version(void)
{
	return s.version;
}
