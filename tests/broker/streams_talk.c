/* The other end of serial consoles. */
#include "streams_talk.h"

#include "common/base64.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct stream *stream(struct user *u, const char *name)
{
	for (int i = 0; i < u->n; i++)
		if (strcmp(u->s[i].name, name) == 0)
			return &u->s[i];
	assert_true(u->n < STREAMS);
	struct stream *s = &u->s[u->n++];
	snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

static void take(struct user *u)
{
	json_t *o = u->t->other;
	const char *event = field_of(o, "event");

	if (!o || strncmp(event, "stream-", 7) != 0)
		return;
	struct stream *s = stream(u, field_of(o, "stream"));
	if (strcmp(event, "stream-data") == 0) {
		const char *text = field_of(o, "data");
		assert_true(base64_read(&s->data, text, strlen(text), 65536));
		s->lost += json_integer_value(json_object_get(o, "lost"));
	} else if (strcmp(event, "stream-end") == 0) {
		assert_string_equal(s->why, "");
		snprintf(s->why, sizeof s->why, "%s", field_of(json_object_get(o, "why"), "msg"));
		assert_true(field_of(json_object_get(o, "why"), "text")[0]);
	} else if (strcmp(event, "stream-writer") == 0) {
		s->told = true;
		s->writer = json_is_true(json_object_get(o, "writer"));
		snprintf(s->by, sizeof s->by, "%s", field_of(o, "by"));
	}
	json_decref(u->t->other);
	u->t->other = NULL;
}

bool more(struct user *u, int ms)
{
	bool any = talk_read(u->t, ms);

	take(u);
	return any;
}

json_t *ask(struct user *u, const char *name, json_t *args)
{
	int id = talk_start(u->t, name, args);

	for (int64_t end = now_ms() + TALK_MS; now_ms() < end;) {
		if (!talk_read(u->t, 1000) && u->t->ended)
			break;
		take(u);
		if (u->t->other && json_integer_value(json_object_get(u->t->other, "id")) == id) {
			json_t *answer = u->t->other;
			u->t->other = NULL;
			return answer;
		}
	}
	fail_msg("%s: no answer", name);
	return NULL;
}

const char *asked(struct user *u, const char *name, json_t *args)
{
	static char id[64];
	json_t *answer = ask(u, name, args);

	snprintf(id, sizeof id, "%s", field_of(json_object_get(answer, "error"), "msg"));
	json_decref(answer);
	return id;
}

struct user *enter(struct daemon *d, const char *name)
{
	struct user *u = xcalloc(1, sizeof *u);
	struct passwd *pw = name ? getpwnam(name) : NULL;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(!name || pw);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", d->socket);
	if (pw)
		assert_int_equal(seteuid(pw->pw_uid), 0);
	int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
	if (pw)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, 0);
	u->t = talk_on(fd);
	json_decref(talk_get(u->t, "hello", "{s:i, s:[s]}", "protocol", 1, "features", "batch"));
	return u;
}

void leave(struct user *u)
{
	talk_end(u->t);
	for (int i = 0; i < u->n; i++)
		buf_free(&u->s[i].data);
	free(u);
}

json_t *args_of(const char *vm, const char *mode, int credit, bool take_it)
{
	json_t *args = json_pack("{s:s, s:s, s:i}", "object", vm, "mode", mode, "credit", credit);

	if (take_it)
		json_object_set_new(args, "take", json_string("yes"));
	return args;
}

struct stream *open_it(struct user *u, const char *vm, const char *mode, int credit, bool take_it)
{
	json_t *answer = ask(u, "stream-open", args_of(vm, mode, credit, take_it)), *r = json_object_get(answer, "return");

	if (!r)
		fail_msg("%s", json_dumps(answer, 0));
	struct stream *s = stream(u, field_of(r, "stream"));
	s->writer = json_is_true(json_object_get(r, "writer"));
	snprintf(s->by, sizeof s->by, "%s", field_of(r, "by"));
	assert_true(s->writer == (strcmp(mode, "write") == 0));
	json_decref(answer);
	return s;
}

const char *open_refused(struct user *u, const char *vm, const char *mode, bool take_it)
{
	return asked(u, "stream-open", args_of(vm, mode, 1000, take_it));
}

const char *type(struct user *u, const struct stream *s, const char *data, size_t n)
{
	struct buf b = { 0 };

	base64_write(&b, data, n);
	buf_append(&b, "", 1);
	const char *id = asked(u, "stream-data", json_pack("{s:s, s:s}", "stream", s->name, "data", b.data));
	buf_free(&b);
	return id;
}

void line(struct user *u, const struct stream *s, const char *text)
{
	assert_string_equal(type(u, s, text, strlen(text)), "");
}

const char *credit(struct user *u, const struct stream *s, int bytes)
{
	return asked(u, "stream-credit", json_pack("{s:s, s:i}", "stream", s->name, "bytes", bytes));
}

void close_it(struct user *u, const struct stream *s)
{
	assert_string_equal(asked(u, "stream-close", json_pack("{s:s}", "stream", s->name)), "");
}

json_t *record(struct user *u, const char *vm, const char *what)
{
	json_t *answer = ask(u, "audit", json_pack("{s:s, s:i}", "object", vm, "limit", 100)), *one, *found = NULL;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(answer, "return"), "records"), i, one)
		if (strcmp(field_of(one, "what"), what) == 0)
			found = one;
	json_incref(found);
	json_decref(answer);
	return found;
}
