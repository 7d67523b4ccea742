/* Serial consoles over the socket, as data/protocol.md has them: credit, what is lost, who types, what ends it, who may. */
#include "patience.h"
#include "streams_talk.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS "role operator { users = { \"%s\", \"games\" } }\n" \
	"role viewer { users = { \"news\" } }\n" \
	"role customer { tenant = \"acme\" users = { \"daemon\", \"bin\" } }\n" \
	"role customer { tenant = \"globex\" users = { \"sys\" } }\n"

static struct daemon d;
static char acme[64], acme2[64], globex[64], acme_name[64], nobodys[64], nobodys_uuid[64];

static void touch(const char *name, bool there)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", d.dir, name);
	if (there)
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	else
		unlink(path);
}

static void reload(const char *roles, const char *more_lines)
{
	static int times;
	char text[2048];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof text, roles, getenv("TEST_ME"));
#pragma GCC diagnostic pop
	daemon_roles(&d, text);
	if (more_lines)
		daemon_append(&d, more_lines);
	kill(d.pid, SIGHUP);
	times++;
	for (int i = 0; i < TALK_MS / 20; i++) {
		char *said = daemon_said(&d);
		int n = 0;
		for (char *at = said; (at = strstr(at, "was read again")); at++)
			n++;
		free(said);
		if (n == times)
			return;
		usleep(20000);
	}
	fail_msg("the site file was not read again: %s", daemon_said(&d));
}

static int start(void **state)
{
	char text[1024], path[600];

	snprintf(path, sizeof path, "%s/tests/broker/consoled", getenv("TANA_BUILD") ? getenv("TANA_BUILD") : ".");
	setenv("TEST_TANAD", path, 1);
	daemon_site(&d, 2, 16, 0);
	setenv("TEST_CONSOLES", d.dir, 1);
	snprintf(text, sizeof text, USERS, getenv("TEST_ME"));
	daemon_roles(&d, text);
	daemon_shared(&d, NULL);
	chmod(d.dir, 0711);
	struct user *u = enter(&d, NULL);
	talk_subscribe(u->t);
	talk_wait_live(u->t, 2, 32);
	const char *id;
	json_t *o;
	json_object_foreach(u->t->objects, id, o) {
		if (strcmp(field_of(o, "state"), "running") != 0)
			continue;
		bool is_acme = strcmp(field_of(o, "tenant"), "acme") == 0;
		if (is_acme && !acme[0]) {
			snprintf(acme, sizeof acme, "%s", id);
			snprintf(acme_name, sizeof acme_name, "%s", field_of(o, "name"));
		} else if (is_acme) {
			snprintf(acme2, sizeof acme2, "%s", id);
		} else if (strcmp(field_of(o, "tenant"), "globex") == 0) {
			snprintf(globex, sizeof globex, "%s", id);
		} else if (!field_of(o, "tenant")[0]) {
			snprintf(nobodys, sizeof nobodys, "%s", id);
			snprintf(nobodys_uuid, sizeof nobodys_uuid, "%s", field_of(o, "uuid"));
		}
	}
	assert_true(acme[0] && acme2[0] && globex[0] && nobodys[0]);
	leave(u);
	return 0;
}

static int stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

/* ---- */

static void there_and_back(void **state)
{
	struct user *u = enter(&d, NULL);
	struct stream *s = open_it(u, acme, "write", 65536, false);

	UNTIL(u, s->data.len == 7);
	line(u, s, "hello");
	UNTIL(u, s->data.len == 12);
	assert_memory_equal(s->data.data, "login: hello", 12);
	assert_int_equal(s->lost, 0);
	json_t *r = record(u, acme, "console-open");
	assert_string_equal(field_of(r, "by"), getenv("TEST_ME"));
	assert_string_equal(field_of(json_object_get(r, "detail"), "mode"), "write");
	json_decref(r);
	close_it(u, s);
	assert_string_equal(type(u, s, "x", 1), "console.stream");
	r = record(u, acme, "console-close");
	assert_string_equal(field_of(json_object_get(r, "detail"), "bytes_out"), "12");
	assert_string_equal(field_of(json_object_get(r, "detail"), "bytes_in"), "5");
	assert_string_equal(field_of(json_object_get(r, "outcome"), "msg"), "console.closed");
	json_decref(r);
	leave(u);
}

static void within_credit(void **state)
{
	struct user *u = enter(&d, NULL);
	struct stream *s = open_it(u, acme, "write", 10, false);

	line(u, s, "say 1000\r");
	UNTIL(u, s->data.len == 10);
	more(u, 100);
	assert_int_equal(s->data.len, 10);
	assert_string_equal(credit(u, s, 90), "");
	UNTIL(u, s->data.len == 100);
	more(u, 100);
	assert_int_equal(s->data.len, 100);
	assert_string_equal(credit(u, s, 262144), "");
	UNTIL(u, s->data.len == 7 + 9 + 1000);
	assert_string_equal(credit(u, s, 2000), "console.credit");
	assert_string_equal(credit(u, s, 1), "");
	leave(u);
}

static void what_is_lost(void **state)
{
	struct user *u = enter(&d, NULL);
	struct stream *s = open_it(u, acme, "write", 0, false), *w;

	line(u, s, "say 200000\r");
	line(u, s, "SAID"); /* its echo comes when all of that was said */
	struct user *fast = enter(&d, "games");
	w = open_it(fast, acme, "watch", 262144, false);
	UNTIL(fast, w->data.len >= 4 && memcmp(w->data.data + w->data.len - 4, "SAID", 4) == 0);
	assert_string_equal(credit(u, s, 262144), "");
	UNTIL(u, s->data.len + (size_t)s->lost == 7 + 11 + 200000 + 4);
	assert_int_equal(s->data.len, 65536);
	assert_memory_equal(s->data.data + 65532, "SAID", 4);
	assert_int_equal(s->data.data[65531], 'a' + (200000 % 1300 - 1) % 26);
	leave(fast);
	leave(u);
}

static void one_types(void **state)
{
	struct user *a = enter(&d, NULL), *b = enter(&d, "games"), *c = enter(&d, "daemon"), *again = enter(&d, NULL);
	struct stream *sa = open_it(a, acme, "write", 65536, false), *sb, *sc;

	assert_string_equal(open_refused(b, acme, "write", false), "console.held");
	assert_string_equal(open_refused(c, acme, "write", true), "console.held"); /* not from the provider */
	sb = open_it(b, acme, "watch", 65536, false);
	assert_string_equal(sb->by, getenv("TEST_ME"));
	sc = open_it(c, acme, "watch", 65536, false);
	assert_string_equal(sc->by, "provider");
	assert_string_equal(type(b, sb, "x", 1), "console.watching");
	line(a, sa, "seen by all");
	UNTIL(b, sb->data.len == 18);
	UNTIL(c, sc->data.len == 18);
	/* An operator takes it. */
	sb = open_it(b, acme, "write", 65536, true);
	UNTIL(a, sa->told);
	assert_false(sa->writer);
	assert_string_equal(sa->by, "games");
	UNTIL(c, sc->told);
	assert_string_equal(sc->by, "provider");
	assert_string_equal(type(a, sa, "x", 1), "console.watching");
	json_t *r = record(b, acme, "console-open");
	assert_string_equal(field_of(json_object_get(r, "detail"), "taken"), getenv("TEST_ME"));
	json_decref(r);
	UNTIL(b, sb->data.len == 18); /* what is kept since the first one looked */
	close_it(b, sb);
	UNTIL(a, sa->by[0] == '\0');
	/* From oneself elsewhere. */
	struct stream *s = open_it(a, acme2, "write", 100, false);
	assert_string_equal(open_refused(again, acme2, "write", false), "console.held");
	open_it(again, acme2, "write", 100, true);
	UNTIL(a, s->told);
	/* A customer's own people see each other's names, and do not take from each other. */
	struct user *mate = enter(&d, "bin");
	open_it(c, acme, "write", 100, false);
	assert_string_equal(open_refused(mate, acme, "write", true), "console.held");
	s = open_it(mate, acme, "watch", 100, false);
	assert_string_equal(s->by, "daemon");
	/* The one who types goes away. */
	leave(c);
	UNTIL(mate, s->told && s->by[0] == '\0');
	bool left = false;
	for (int64_t end = now_ms() + TALK_MS; !left && now_ms() < end; ) {
		r = record(a, acme, "console-close");
		left = strcmp(field_of(json_object_get(r, "outcome"), "msg"), "console.left") == 0;
		json_decref(r);
	}
	assert_true(left);
	leave(mate);
	leave(again);
	leave(b);
	leave(a);
}

static void who_may(void **state)
{
	struct user *viewer = enter(&d, "news"), *c = enter(&d, "sys"), *own = enter(&d, "daemon");

	assert_string_equal(open_refused(viewer, acme, "watch", false), "request.role");
	assert_string_equal(open_refused(c, acme, "watch", false), "target.none");
	assert_string_equal(open_refused(c, "vm:0000000000000000", "watch", false), "target.none");
	assert_string_equal(open_refused(own, acme, "read", false), "console.mode");
	assert_string_equal(open_refused(own, "site", "watch", false), "console.kind");
	struct stream *s = open_it(own, acme, "write", 100, false);
	/* Another's stream is none. */
	assert_string_equal(type(c, s, "x", 1), "console.stream");
	assert_string_equal(credit(c, s, 1), "console.stream");
	assert_string_equal(asked(c, "stream-close", json_pack("{s:s}", "stream", s->name)), "console.stream");
	assert_string_equal(asked(own, "stream-data", json_pack("{s:s, s:s}", "stream", s->name, "data", "no base64")), "console.data");
	/* His own history has it; the other's does not. */
	close_it(own, s);
	json_t *r = record(own, acme, "console-open");
	assert_string_equal(field_of(r, "by"), "daemon");
	json_decref(r);
	assert_null(record(c, globex, "console-open"));
	leave(viewer);
	leave(c);
	leave(own);
}

static void bounds(void **state)
{
	struct user *u[3];

	for (int i = 0; i < 3; i++)
		u[i] = enter(&d, i < 2 ? "daemon" : "bin");
	for (int i = 0; i < 4; i++)
		open_it(u[0], acme, "watch", 10, false);
	assert_string_equal(open_refused(u[0], acme, "watch", false), "console.peer");
	for (int i = 0; i < 4; i++)
		open_it(u[1], acme2, "watch", 10, false);
	assert_string_equal(open_refused(u[2], acme, "watch", false), "console.tenant");
	struct user *other = enter(&d, "sys");
	open_it(other, globex, "write", 10, false);
	/* Closed by him, there is room again. */
	leave(u[0]);
	for (int i = 0, refused = 1; i < TALK_MS / 20 && refused; i++) { /* until the broker has heard of it */
		json_t *answer = ask(u[2], "stream-open", args_of(acme, "watch", 1, false)), *ret = json_object_get(answer, "return");
		refused = !ret;
		if (ret)
			asked(u[2], "stream-close", json_pack("{s:s}", "stream", field_of(ret, "stream")));
		else
			usleep(20000);
		json_decref(answer);
	}
	open_it(u[2], acme, "watch", 10, false);
	/* Opening in a loop is slowed. */
	char often[64] = "";
	for (int i = 0; i < 400 && !often[0]; i++) {
		json_t *answer = ask(other, "stream-open", args_of(globex, "watch", 1, false));
		snprintf(often, sizeof often, "%s", field_of(json_object_get(answer, "error"), "msg"));
		if (!often[0])
			asked(other, "stream-close", json_pack("{s:s}", "stream", field_of(json_object_get(answer, "return"), "stream")));
		json_decref(answer);
	}
	assert_string_equal(often, "console.often");
	leave(other);
	leave(u[1]);
	leave(u[2]);
}

static void takes_nothing(void **state)
{
	struct user *u = enter(&d, NULL);
	struct stream *s = open_it(u, acme, "write", 262144, false);
	char typed[4096], over[4097];
	int taken = 0;

	memset(typed, 'x', sizeof typed);
	memset(over, 'x', sizeof over);
	touch("stuck", true);
	line(u, s, "stick\r");
	UNTIL(u, s->data.len == 7 + 6); /* the guest has it */
	while (taken < 20 && !type(u, s, typed, sizeof typed)[0])
		taken++;
	assert_int_equal(taken, 3); /* and the line that it did take */
	assert_string_equal(type(u, s, over, sizeof over), "console.data");
	touch("stuck", false);
	UNTIL(u, s->data.len >= 3 * sizeof typed);
	assert_string_equal(type(u, s, "x", 1), "");
	leave(u);
}

static void the_guest_ends(void **state)
{
	struct user *u = enter(&d, NULL), *c = enter(&d, "daemon");
	struct stream *s = open_it(u, acme, "write", 20, false), *w = open_it(c, acme, "watch", 65536, false);

	line(u, s, "say 100\rend\r");
	UNTIL(c, w->why[0]);
	assert_string_equal(w->why, "console.ended");
	assert_int_equal(w->data.len, 7 + 12 + 100); /* all of it before the end */
	UNTIL(u, s->why[0]); /* who gives no credit is not waited for for ever */
	assert_int_equal(s->data.len + (size_t)s->lost, 7 + 12 + 100);
	assert_string_equal(type(u, s, "x", 1), "console.stream");
	/* It can be opened anew. */
	s = open_it(u, acme, "write", 20, false);
	UNTIL(u, s->data.len == 7);
	leave(u);
	leave(c);
}

static void held_elsewhere(void **state)
{
	struct user *u = enter(&d, NULL), *c = enter(&d, "daemon");

	touch("held", true);
	assert_string_equal(open_refused(u, acme, "write", false), "host.console.held");
	assert_string_equal(open_refused(c, acme, "watch", false), "host.console.held");
	assert_string_equal(open_refused(c, acme, "write", true), "host.console.held");
	json_t *r = record(u, acme, "console-close");
	assert_string_equal(field_of(json_object_get(r, "outcome"), "msg"), "host.console.held");
	json_decref(r);
	open_it(u, acme, "write", 100, true);
	r = record(u, acme, "console-open");
	assert_true(json_is_true(json_object_get(json_object_get(r, "detail"), "forced")));
	json_decref(r);
	touch("held", false);
	/* The host's words are not for customers. */
	touch("broken", true);
	json_t *answer = ask(c, "stream-open", args_of(acme2, "watch", 1, false));
	char *text = json_dumps(answer, 0);
	assert_non_null(strstr(text, "console.failed"));
	assert_null(strstr(text, "secret"));
	free(text);
	json_decref(answer);
	touch("broken", false);
	leave(u);
	leave(c);
}

/* One who gave credit and does not read costs nobody anything. */
static void slow_reader(void **state)
{
	struct user *u = enter(&d, NULL), *slow = enter(&d, "games");
	struct stream *s = open_it(u, acme, "write", 262144, false);

	open_it(slow, acme, "watch", 262144, false);
	int64_t worst = 0, end = now_ms() + TALK_MS;
	size_t credited = 0;
	for (int i = 0; (i < 60 || s->data.len + (size_t)s->lost < 60 * 30000) && now_ms() < end; i++) {
		if (i < 60)
			line(u, s, "say 30000\r");
		int64_t at = now_ms();
		assert_string_equal(asked(u, "ping", NULL), "");
		if (now_ms() - at > worst)
			worst = now_ms() - at;
		while (more(u, i < 60 ? 0 : 20))
			;
		if (s->data.len > credited)
			assert_string_equal(credit(u, s, (int)(s->data.len - credited)), "");
		credited = s->data.len;
	}
	assert_true(s->data.len + (size_t)s->lost >= 60 * 30000);
	print_message("a ping beside a flood and a reader that sleeps: %d ms at most\n", (int)worst);
	assert_true(worst < 2000 * patience());
	leave(slow);
	leave(u);
}

/* What cannot be written down is not done: the host is not even asked. */
static void no_record_no_console(void **state)
{
	struct user *u = enter(&d, NULL);
	struct rlimit none = { 0, RLIM_INFINITY }, was;

	touch("asked", false);
	assert_int_equal(prlimit(d.pid, RLIMIT_FSIZE, &none, &was), 0);
	assert_true(strncmp(open_refused(u, acme, "write", false), "store.", 6) == 0);
	char path[200];
	snprintf(path, sizeof path, "%s/asked", d.dir);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(prlimit(d.pid, RLIMIT_FSIZE, &was, NULL), 0);
	struct stream *s = open_it(u, acme, "write", 100, false);
	UNTIL(u, s->data.len == 7);
	assert_int_equal(access(path, F_OK), 0);
	leave(u);
}

/* Roles, rights, owners and states move under an open console. */
static void taken_away(void **state)
{
	struct user *op = enter(&d, NULL), *c = enter(&d, "daemon"), *games = enter(&d, "games");
	struct stream *sc = open_it(c, acme, "watch", 100, false), *so = open_it(op, acme2, "watch", 100, false), *sg;

	sg = open_it(games, acme, "write", 100, false);
	/* The operator becomes a viewer, the customer another's. */
	reload("role operator { users = { \"%s\" } }\nrole viewer { users = { \"news\", \"games\" } }\n"
		"role customer { tenant = \"globex\" users = { \"daemon\" } }\n", NULL);
	UNTIL(games, sg->why[0]);
	assert_string_equal(sg->why, "role.console");
	UNTIL(c, sc->why[0]);
	assert_string_equal(sc->why, "console.refused");
	assert_string_equal(so->why, "");
	leave(c);
	leave(games);
	reload(USERS, NULL);
	c = enter(&d, "daemon");
	sc = open_it(c, acme2, "write", 100, false);
	char *job = talk_act(op->t, "power-off", acme2);
	free(job);
	UNTIL(c, sc->why[0]);
	assert_string_equal(sc->why, "console.off");
	UNTIL(op, so->why[0]);
	assert_string_equal(open_refused(c, acme2, "write", false), "console.off");
	leave(c);
	leave(op);
}

/* A server that gets its first owner while an operator sets it up at its console: what was said before is not the owner's. */
static void not_from_before(void **state)
{
	struct user *op = enter(&d, NULL), *c;
	struct stream *so = open_it(op, nobodys, "write", 65536, false), *sc;
	char tenant[200];

	line(op, so, "the first password");
	UNTIL(op, so->data.len == 7 + 18);
	snprintf(tenant, sizeof tenant, "tenant initech { vms = { \"uuid:%s\" } }\n", nobodys_uuid);
	reload(USERS "role customer { tenant = \"initech\" users = { \"uucp\" } }\n", tenant);
	c = enter(&d, "uucp");
	for (int i = 0; i < TALK_MS / 20 && asked(c, "show", json_pack("{s:s}", "object", nobodys))[0]; i++)
		usleep(20000);
	sc = open_it(c, nobodys, "watch", 65536, false);
	line(op, so, "hello");
	UNTIL(c, sc->data.len >= 5);
	assert_int_equal(sc->data.len, 5);
	assert_memory_equal(sc->data.data, "hello", 5);
	UNTIL(op, so->data.len == 7 + 18 + 5);
	assert_string_equal(so->why, "");
	leave(c);
	leave(op);
	reload(USERS, NULL);
}

static void signed_out(void **state)
{
	char path[200], *text = NULL;
	size_t n = 0;

	/* In the site section, wherever it begins. */
	snprintf(path, sizeof path, "%s/site.conf", d.dir);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_true(getdelim(&text, &n, '\0', f) > 0);
	fclose(f);
	char *brace = strchr(strstr(text, "site "), '{');
	f = fopen(path, "w");
	fprintf(f, "%.*s console-idle = \"1 s\" %s", (int)(brace + 1 - text), text, brace + 1);
	fclose(f);
	free(text);
	reload(USERS, NULL);
	int64_t last = now_ms(), gap = 0;
	struct user *u = enter(&d, NULL), *w = enter(&d, "games");
	struct stream *s = open_it(u, acme, "write", 1000, false), *sw = open_it(w, acme, "watch", 1000, false);
	bool typed = true;
	for (int64_t end = now_ms() + 1500; now_ms() < end && !s->why[0] && !sw->why[0]; usleep(100000)) {
		typed &= !type(u, s, "x", 1)[0];
		assert_string_equal(asked(w, "show", json_pack("{s:s}", "object", "site")), "");
		gap = now_ms() - last > gap ? now_ms() - last : gap;
		last = now_ms();
	}
	if (gap < 800) { /* the machine did not stand still */
		assert_true(typed);
		assert_string_equal(s->why, "");
		assert_string_equal(sw->why, "");
	}
	UNTIL(u, s->why[0]);
	assert_string_equal(s->why, "console.idle");
	UNTIL(w, sw->why[0]);
	assert_string_equal(sw->why, "console.idle");
	leave(u);
	leave(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(within_credit), cmocka_unit_test(what_is_lost), cmocka_unit_test(one_types),
		cmocka_unit_test(who_may), cmocka_unit_test(bounds), cmocka_unit_test(takes_nothing), cmocka_unit_test(the_guest_ends),
		cmocka_unit_test(held_elsewhere), cmocka_unit_test(slow_reader), cmocka_unit_test(no_record_no_console),
		cmocka_unit_test(taken_away), cmocka_unit_test(not_from_before), cmocka_unit_test(signed_out),
	};

	if (geteuid() != 0) {
		print_message("skipped: needs root, to come as other users\n");
		return getenv("TANA_NO_SKIP") ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, start, stop);
}
