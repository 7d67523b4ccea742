/* Talking with a tanad. */
#include "talk.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct talk *talk_on(int fd)
{
	struct talk *t = xcalloc(1, sizeof *t);

	t->fd = fd;
	t->objects = json_object();
	t->happened = json_array();
	t->stats = json_object();
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
	json_decref(t->stats);
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
	} else if (strcmp(event, "stat") == 0) {
		size_t i;
		json_t *row;

		json_array_foreach(json_object_get(line, "rows"), i, row)
			json_object_set(t->stats, json_string_value(json_array_get(row, 0)), row);
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
		int known = 0, up = 0;
		json_object_foreach(t->objects, id, o) {
			known += strcmp(field_of(o, "kind"), "vm") == 0;
			up += strcmp(field_of(o, "kind"), "blade") == 0 && strcmp(field_of(o, "host"), "up") == 0;
		}
		if (known >= vms && up >= hosts)
			return;
		if (!talk_read(t, TALK_MS))
			fail_msg("%d VMs, not %d, and %d hosts, not %d", known, vms, up, hosts);
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

void talk_wait_happened(struct talk *t, const char *id)
{
	while (!talk_happened(t, id))
		if (!talk_read(t, TALK_MS))
			fail_msg("%s did not happen", id);
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

json_t *in_list(json_t *answer, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "snapshots"), i, one)
		if (strcmp(field_of(one, "name"), name) == 0)
			return one;
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
