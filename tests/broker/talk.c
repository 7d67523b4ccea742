/* A tanad of the test's own, and talking with it. */
#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *program(void)
{
	static char path[512];
	const char *build = getenv("TANA_BUILD");

	snprintf(path, sizeof path, "%s/tanad", build ? build : ".");
	return path;
}

/* ---- files ---- */

static char *read_file(const char *path)
{
	struct buf b = { 0 };
	char chunk[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (ssize_t n; fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0; )
		buf_append(&b, chunk, (size_t)n);
	if (fd >= 0)
		close(fd);
	buf_append(&b, "", 1);
	return b.data;
}

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void site_path(const struct daemon *d, char *out, size_t size)
{
	snprintf(out, size, "%s/site.conf", d->dir);
}

/* ---- a broker ---- */

static pid_t spawn(struct daemon *d, char **argv, int keep)
{
	char path[300];

	snprintf(path, sizeof path, "%s/stderr", d->dir);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int err = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (err >= 0)
			dup2(err, 2);
		for (int fd = 3; fd < 256; fd++)
			if (fd != keep)
				close(fd);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static int wait_end(pid_t pid, int ms)
{
	int status;

	for (int64_t until = now_ms() + ms; now_ms() < until; usleep(10000)) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("it does not end");
	return -1;
}

static size_t collect(char **argv, size_t n, va_list ap)
{
	for (char *a; n < ARGS_MAX && (a = va_arg(ap, char *)); )
		argv[n++] = a;
	argv[n] = NULL;
	return n;
}

int daemon_try(struct daemon *d, char **said, ...)
{
	char *argv[ARGS_MAX + 1] = { (char *)program() };
	va_list ap;

	va_start(ap, said);
	collect(argv, 1, ap);
	va_end(ap);
	pid_t pid = spawn(d, argv, -1);
	int status = wait_end(pid, TALK_MS);
	if (said)
		*said = daemon_said(d);
	return status;
}

char *daemon_said(const struct daemon *d)
{
	char path[300];

	snprintf(path, sizeof path, "%s/stderr", d->dir);
	return read_file(path);
}

void daemon_site(struct daemon *d, int bays, int vms, int dead)
{
	char number[3][16];

	memset(d, 0, sizeof *d);
	d->fd = -1;
	snprintf(d->dir, sizeof d->dir, "/tmp/tana-test-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->socket, sizeof d->socket, "%.60s/broker.sock", d->dir);
	snprintf(number[0], sizeof number[0], "%d", bays);
	snprintf(number[1], sizeof number[1], "%d", vms);
	snprintf(number[2], sizeof number[2], "%d", dead);
	assert_int_equal(daemon_try(d, NULL, "--generate", d->dir, "--racks", "1", "--enclosures", "1", "--bays", number[0], "--vms",
		number[1], "--dead", number[2], NULL), 0);
	daemon_roles(d, NULL);
}

void daemon_roles(struct daemon *d, const char *lines)
{
	char path[300], me[128];
	struct buf b = { 0 };

	site_path(d, path, sizeof path);
	char *text = read_file(path), *rest = text;
	for (char *line; (line = strsep(&rest, "\n")); )
		if (strncmp(line, "role ", 5) != 0)
			buf_printf(&b, "%s\n", line);
	while (b.len > 1 && b.data[b.len - 2] == '\n')
		b.len--;
	snprintf(me, sizeof me, "role operator { users = { \"%s\" } }\n", getenv("TEST_ME"));
	buf_str(&b, lines ? lines : me);
	write_file(path, b.data, b.len);
	buf_free(&b);
	free(text);
}

void daemon_append(struct daemon *d, const char *lines)
{
	char path[300];
	struct buf b = { 0 };

	site_path(d, path, sizeof path);
	char *text = read_file(path);
	buf_printf(&b, "%s%s", text, lines);
	write_file(path, b.data, b.len);
	buf_free(&b);
	free(text);
}

void daemon_shared(struct daemon *d, ...)
{
	static char site[300], state[300];
	char *argv[ARGS_MAX + 1] = { (char *)program(), (char *)"--site", site, (char *)"--socket", d->socket, (char *)"--state", state };
	va_list ap;

	site_path(d, site, sizeof site);
	snprintf(state, sizeof state, "%s/state", d->dir);
	va_start(ap, d);
	collect(argv, 7, ap);
	va_end(ap);
	d->fd = -1;
	d->pid = spawn(d, argv, -1);
	for (int64_t until = now_ms() + TALK_MS; now_ms() < until; usleep(10000)) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0), status;
		snprintf(a.sun_path, sizeof a.sun_path, "%s", d->socket);
		int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
		close(fd);
		if (rc == 0)
			return;
		if (waitpid(d->pid, &status, WNOHANG) == d->pid) {
			char *said = daemon_said(d);
			fail_msg("tanad ended at once: %s", said);
		}
	}
	fail_msg("tanad does not listen");
}

void daemon_private(struct daemon *d, ...)
{
	char number[16];
	char *argv[ARGS_MAX + 1] = { (char *)program(), (char *)"--private", number };
	int pair[2];
	va_list ap;

	va_start(ap, d);
	collect(argv, 3, ap);
	va_end(ap);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	snprintf(number, sizeof number, "%d", pair[1]);
	d->pid = spawn(d, argv, pair[1]);
	close(pair[1]);
	d->fd = pair[0];
}

int daemon_end(struct daemon *d, int signo)
{
	if (signo)
		kill(d->pid, signo);
	int status = wait_end(d->pid, TALK_MS);
	d->pid = 0;
	if (status != 0 && signo != SIGKILL) {
		char *said = daemon_said(d);
		fprintf(stderr, "tanad said: %s\n", said); /* cmocka's own cuts long texts */
		free(said);
	}
	return status;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

void daemon_remove(struct daemon *d)
{
	if (d->pid > 0)
		daemon_end(d, SIGKILL);
	nftw(d->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- a peer ---- */

struct talk *talk_on(int fd)
{
	struct talk *t = xcalloc(1, sizeof *t);

	t->fd = fd;
	t->objects = json_object();
	t->happened = json_array();
	t->told = json_object();
	assert_true(talk_read(t, TALK_MS)); /* the greeting */
	return t;
}

struct talk *talk_to(struct daemon *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = d->fd;

	if (fd < 0) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		snprintf(a.sun_path, sizeof a.sun_path, "%s", d->socket);
		assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	}
	d->fd = -1;
	return talk_on(fd);
}

struct talk *talk_hello(struct daemon *d)
{
	struct talk *t = talk_to(d);

	json_decref(talk_get(t, "hello", "{s:i, s:[s], s:s}", "protocol", 1, "features", "batch", "origin", "test"));
	return t;
}

void talk_end(struct talk *t)
{
	close(t->fd);
	buf_free(&t->in);
	json_decref(t->objects);
	json_decref(t->happened);
	json_decref(t->told);
	json_decref(t->other);
	free(t);
}

void talk_send(struct talk *t, const char *text)
{
	for (size_t at = 0, n = strlen(text); at < n; ) {
		ssize_t w = send(t->fd, text + at, n - at, MSG_NOSIGNAL);
		if (w <= 0)
			return; /* it has ended; reading says so */
		at += (size_t)w;
	}
}

const char *field_of(json_t *object, const char *field)
{
	static char text[8][1024];
	static int next;
	json_t *v = json_object_get(object, field);
	char *out = text[next++ % 8];

	out[0] = '\0';
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		snprintf(out, sizeof text[0], "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(out, sizeof text[0], "%s", json_is_true(v) ? "true" : "false");
	return out;
}

static void told_of(struct talk *t, const char *id)
{
	json_object_set_new(t->told, id, json_integer(json_integer_value(json_object_get(t->told, id)) + 1));
}

static void take_batch(struct talk *t, json_t *line)
{
	json_t *columns = json_object_get(line, "columns"), *row, *name;
	size_t i, k;

	json_array_foreach(json_object_get(line, "rows"), i, row) {
		json_t *o = json_object();
		json_object_set(o, "kind", json_object_get(line, "kind"));
		json_array_foreach(columns, k, name)
			json_object_set(o, json_string_value(name), json_array_get(row, k));
		told_of(t, field_of(o, "id"));
		json_object_set_new(t->objects, field_of(o, "id"), o);
	}
}

static void take(struct talk *t, json_t *line)
{
	const char *event = field_of(line, "event");

	if (strcmp(event, "put") == 0) {
		json_t *o = json_object_get(line, "object");
		told_of(t, field_of(o, "id"));
		json_object_set(t->objects, field_of(o, "id"), o);
	} else if (strcmp(event, "batch") == 0) {
		take_batch(t, line);
	} else if (strcmp(event, "gone") == 0) {
		json_object_del(t->objects, field_of(line, "id"));
	} else if (strcmp(event, "reset") == 0) {
		json_object_clear(t->objects);
		t->resets++;
	} else if (strcmp(event, "synced") == 0) {
		t->synced++;
	} else if (strcmp(event, "happened") == 0) {
		json_array_append(t->happened, line);
	} else {
		json_decref(t->other);
		t->other = json_incref(line);
	}
}

bool talk_read(struct talk *t, int wait_ms)
{
	char chunk[65536];
	int64_t until = now_ms() + wait_ms;

	for (;;) {
		char *end = t->in.len ? memchr(t->in.data, '\n', t->in.len) : NULL;
		if (end) {
			size_t n = (size_t)(end - t->in.data);
			json_t *line = json_loadb(t->in.data, n, JSON_REJECT_DUPLICATES, NULL);
			if (!line)
				fail_msg("not JSON: %.*s", (int)n, t->in.data);
			buf_drop(&t->in, n + 1);
			take(t, line);
			json_decref(line);
			return true;
		}
		struct pollfd p = { t->fd, POLLIN, 0 };
		int64_t left = until - now_ms();
		if (left < 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		ssize_t n = recv(t->fd, chunk, sizeof chunk, 0);
		if (n <= 0) {
			t->ended = true;
			return false;
		}
		buf_append(&t->in, chunk, (size_t)n);
	}
}

int talk_start(struct talk *t, const char *name, json_t *args)
{
	int id = ++t->next_id;
	json_t *line = json_pack("{s:s, s:o, s:i}", "execute", name, "arguments", args ? args : json_object(), "id", id);
	char *text = json_dumps(line, JSON_COMPACT), *whole = xasprintf("%s\n", text);

	talk_send(t, whole);
	free(whole);
	free(text);
	json_decref(line);
	return id;
}

json_t *talk_answer(struct talk *t, int id)
{
	for (;;) {
		if (!talk_read(t, TALK_MS)) {
			fail_msg("%s", t->ended ? "the broker ended the connection" : "no answer");
			return NULL;
		}
		if (t->other && json_integer_value(json_object_get(t->other, "id")) == id) {
			json_t *answer = t->other;
			t->other = NULL;
			return answer;
		}
	}
}

static json_t *pack(const char *fmt, va_list ap)
{
	json_t *args = fmt ? json_vpack_ex(NULL, 0, fmt, ap) : json_object();

	assert_non_null(args);
	return args;
}

json_t *talk_ask(struct talk *t, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	json_t *args = pack(fmt, ap);
	va_end(ap);
	return talk_answer(t, talk_start(t, name, args));
}

json_t *talk_get(struct talk *t, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	json_t *args = pack(fmt, ap);
	va_end(ap);
	json_t *answer = talk_answer(t, talk_start(t, name, args)), *value = json_object_get(answer, "return");
	if (!value)
		fail_msg("%s: %s", name, json_dumps(answer, 0));
	json_incref(value);
	json_decref(answer);
	return value;
}

void talk_refused(struct talk *t, const char *class, const char *id, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	json_t *args = pack(fmt, ap);
	va_end(ap);
	json_t *answer = talk_answer(t, talk_start(t, name, args)), *error = json_object_get(answer, "error");
	if (!error || strcmp(field_of(error, "msg"), id) != 0 || strcmp(field_of(error, "class"), class) != 0)
		fail_msg("%s: not %s %s but %s", name, class, id, json_dumps(answer, 0));
	assert_true(field_of(error, "text")[0] != '\0');
	json_decref(answer);
}

void talk_subscribe(struct talk *t)
{
	int before = t->synced;

	json_decref(talk_get(t, "subscribe", NULL));
	while (t->synced == before)
		if (!talk_read(t, TALK_MS))
			fail_msg("never synced");
}

void talk_wait(struct talk *t, const char *object, const char *field, const char *value)
{
	int64_t until = now_ms() + TALK_MS;

	while (strcmp(field_of(json_object_get(t->objects, object), field), value) != 0) {
		int64_t left = until - now_ms();
		if (left > 0 && talk_read(t, (int)left))
			continue;
		fail_msg("%s.%s is %s, not %s", object, field, field_of(json_object_get(t->objects, object), field), value);
	}
}

void talk_wait_live(struct talk *t, int hosts, int vms)
{
	char n[16];

	snprintf(n, sizeof n, "%d", hosts);
	talk_wait(t, "site", "hosts_live", n);
	snprintf(n, sizeof n, "%d", vms);
	talk_wait(t, "site", "vms", n);
	/* The numbers may come before the last of what they count. */
	for (;;) {
		const char *id;
		json_t *o;
		int known = 0;
		json_object_foreach(t->objects, id, o)
			known += strcmp(field_of(o, "kind"), "vm") == 0;
		if (known >= vms)
			return;
		if (!talk_read(t, TALK_MS))
			fail_msg("%d VMs, not %d", known, vms);
	}
}

bool talk_happened(struct talk *t, const char *id)
{
	size_t i;
	json_t *h;

	json_array_foreach(t->happened, i, h)
		if (strcmp(field_of(json_object_get(h, "what"), "msg"), id) == 0)
			return true;
	return false;
}

json_t *talk_vm(struct talk *t, const char *name)
{
	const char *id;
	json_t *o;

	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "name"), name) == 0)
			return o;
	fail_msg("no VM %s", name);
	return NULL;
}

const char *talk_id(struct talk *t, const char *name)
{
	return field_of(talk_vm(t, name), "id");
}

char *talk_act(struct talk *t, const char *verb, const char *target)
{
	json_t *plan = talk_get(t, "plan", "{s:s, s:[s]}", "verb", verb, "targets", target);
	json_t *confirm = json_object_get(plan, "confirm"), *args = json_object();

	json_object_set(args, "plan", json_object_get(plan, "plan"));
	if (strcmp(field_of(confirm, "kind"), "yes") == 0)
		json_object_set_new(args, "confirm", json_string("yes"));
	else if (json_object_get(confirm, "text"))
		json_object_set(args, "confirm", json_object_get(confirm, "text"));
	json_object_set_new(args, "reason", json_string("a test"));
	json_t *answer = talk_answer(t, talk_start(t, "commit", args)), *done = json_object_get(answer, "return");
	if (!done)
		fail_msg("%s %s: %s", verb, target, json_dumps(answer, 0));
	char *job = xstrdup(field_of(done, "job"));
	json_decref(answer);
	json_decref(plan);
	return job;
}

const char *talk_job(struct talk *t, const char *job)
{
	for (;;) {
		const char *state = field_of(json_object_get(t->objects, job), "state");
		if (state[0] && strcmp(state, "pending") && strcmp(state, "running") && strcmp(state, "overdue") && strcmp(state, "unknown"))
			return state;
		if (!talk_read(t, TALK_MS))
			fail_msg("%s stays %s", job, state);
	}
}

/* The name that the site file must give for whoever runs the tests. */
__attribute__((constructor)) static void find_me(void)
{
	const struct passwd *pw = getpwuid(geteuid());

	setenv("TEST_ME", pw ? pw->pw_name : "root", 1);
}
