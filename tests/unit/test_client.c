/* The console's end of the protocol, against a broker that is played by this test: line by line, on a real socket through
 * the real connector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/client.h"
#include "common/buf.h"
#include "common/clock.h"

#define GREETING "{\"tana\":{\"protocols\":[1],\"version\":\"0.1.0\",\"site\":\"t\"}}\n"
#define WELCOME "{\"return\":{\"user\":\"sato\",\"uid\":1000,\"role\":\"operator\",\"tenant\":\"\",\"site\":\"tokyo-1\",\"private\":false," \
	"\"version\":\"0.1.0\",\"time\":1},\"id\":1}\n"

static char dir[64], path[128];
static struct loop *loop;
static int listener = -1, peer = -1;
static struct buf heard; /* what the client said and nobody took yet */

/* What the client told its owner. */
static struct client *client;
static int nready, nlost, nended, nevents;
static char why[512], event[64];
static bool close_on_state, close_on_event;

static void on_state(void *ctx, enum client_state s, const struct err *e)
{
	nready += s == CLIENT_READY;
	nlost += s == CLIENT_LOST;
	nended += s == CLIENT_ENDED;
	assert_int_equal(client ? client_state(client) : s, s);
	snprintf(why, sizeof why, "%s: %s", e ? e->msg.id : "", e ? e->msg.text : "");
	if (close_on_state) {
		client_close(client);
		client = NULL;
	}
}

static void on_event(void *ctx, json_t *line)
{
	nevents++;
	snprintf(event, sizeof event, "%s", json_string_value(json_object_get(line, "event")));
	if (close_on_event) {
		client_close(client);
		client = NULL;
	}
}

static const struct client_ops ops = { .state = on_state, .event = on_event };

/* ---- the broker's side ---- */

static void serve(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	memcpy(a.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_return_code(bind(listener, (struct sockaddr *)&a, sizeof a), errno);
	assert_return_code(listen(listener, 4), errno);
}

static void serve_no_more(void)
{
	close(listener);
	listener = -1;
	unlink(path);
}

static void hang_up(void)
{
	if (peer >= 0)
		close(peer);
	peer = -1;
	heard.len = 0;
}

static void say(const char *text)
{
	assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Turns the loop until *what is at least n, or a minute of real time is over. */
static void until(const int *what, int n)
{
	for (int i = 0; i < 12000 && *what < n; i++)
		if (!loop_step(loop, 0))
			usleep(5000);
	assert_true(*what >= n);
}

static void turns(int n)
{
	while (n--)
		if (!loop_step(loop, 0))
			usleep(1000);
}

static void take_peer(void)
{
	for (int i = 0; i < 12000 && peer < 0; i++) {
		loop_step(loop, 0);
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (peer < 0)
			usleep(5000);
	}
	assert_true(peer >= 0);
}

/* The next request; the caller's. */
static json_t *request(void)
{
	char chunk[4096];

	for (int i = 0; i < 30000; i++) {
		char *nl = heard.len ? memchr(heard.data, '\n', heard.len) : NULL;
		if (nl) {
			json_t *j = json_loadb(heard.data, (size_t)(nl - heard.data), 0, NULL);
			assert_non_null(j);
			buf_drop(&heard, (size_t)(nl - heard.data) + 1);
			return j;
		}
		loop_step(loop, 0);
		ssize_t n = recv(peer, chunk, sizeof chunk, 0);
		if (n > 0)
			buf_append(&heard, chunk, (size_t)n);
		else
			usleep(2000);
	}
	fail_msg("no request came");
	return NULL;
}

static void expect_request(const char *name, json_int_t *id)
{
	json_t *r = request();

	assert_string_equal(json_string_value(json_object_get(r, "execute")), name);
	*id = json_integer_value(json_object_get(r, "id"));
	json_decref(r);
}

/* body: the answer without its braces. */
static void answer(json_int_t id, const char *body)
{
	char line[512];

	snprintf(line, sizeof line, "{%s,\"id\":%lld}\n", body, (long long)id);
	say(line);
}

static void open_client(void)
{
	struct client_target t = { .socket = path };

	assert_null(client_open(loop, &t, "ssh 192.0.2.7", &ops, &client));
}

static void welcome(void)
{
	json_int_t id;
	char line[512];
	int before = nready;

	take_peer();
	say(GREETING);
	expect_request("hello", &id);
	snprintf(line, sizeof line, "%.*s%lld}\n", (int)(strlen(WELCOME) - 3), WELCOME, (long long)id);
	say(line);
	until(&nready, before + 1);
}

/* ---- each test ---- */

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int fds_before;

static int setup(void **state)
{
	fds_before = count_fds();
	snprintf(dir, sizeof dir, "/tmp/tana-client-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/broker.sock", dir);
	loop = loop_new();
	nready = nlost = nended = nevents = 0;
	close_on_state = close_on_event = false;
	why[0] = event[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	client_close(client);
	client = NULL;
	hang_up();
	if (listener >= 0)
		serve_no_more();
	loop_free(loop);
	buf_free(&heard);
	clock_real();
	rmdir(dir);
	/* Nothing stays behind: no descriptor, no child, not even a zombie. */
	assert_int_equal(count_fds(), fds_before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static void test_hello(void **state)
{
	serve();
	open_client();
	assert_int_equal(client_state(client), CLIENT_CONNECTING);
	take_peer();
	say(GREETING);
	json_t *r = request(), *args = json_object_get(r, "arguments");
	assert_string_equal(json_string_value(json_object_get(r, "execute")), "hello");
	assert_int_equal(json_integer_value(json_object_get(args, "protocol")), 1);
	assert_string_equal(json_string_value(json_object_get(args, "origin")), "ssh 192.0.2.7");
	assert_string_equal(json_string_value(json_array_get(json_object_get(args, "features"), 0)), "batch");
	json_decref(r);
	say(WELCOME);
	until(&nready, 1);
	const struct client_user *u = client_user(client);
	assert_string_equal(u->user, "sato");
	assert_string_equal(u->role, "operator");
	assert_string_equal(u->site, "tokyo-1");
	assert_int_equal(u->uid, 1000);
	assert_false(u->private_broker);
	assert_int_equal(nlost + nended, 0);
}

/* Bytes may come one by one, and several lines at once. */
static void test_pieces(void **state)
{
	serve();
	open_client();
	take_peer();
	for (const char *c = GREETING; *c; c++) {
		char one[2] = { *c, '\0' };
		say(one);
		turns(2);
	}
	json_int_t id;
	expect_request("hello", &id);
	say(WELCOME "{\"event\":\"synced\"}\n{\"event\":\"reset\"}\n{\"event\":\"ha");
	until(&nevents, 2);
	assert_string_equal(event, "reset");
	say("ppened\"}\n");
	until(&nevents, 3);
	assert_string_equal(event, "happened");
}

struct got { int n; char id[64]; int64_t value; };

static void on_done(void *ctx, struct err *e, json_t *ret)
{
	struct got *g = ctx;

	g->n++;
	snprintf(g->id, sizeof g->id, "%s", e ? e->msg.id : "");
	g->value = json_integer_value(json_object_get(ret, "v"));
	err_free(e);
}

static void test_answers(void **state)
{
	struct got a = { 0 }, b = { 0 }, c = { 0 };
	json_int_t ida, idb, idc;

	serve();
	open_client();
	welcome();
	client_request(client, "show", json_pack("{s:s}", "object", "x"), on_done, &a);
	uint64_t forgotten = client_request(client, "audit", NULL, on_done, &b);
	client_request(client, "ping", NULL, on_done, &c);
	expect_request("show", &ida);
	expect_request("audit", &idb);
	expect_request("ping", &idc);
	assert_true(ida != idb && idb != idc);
	client_forget(client, forgotten);
	/* In another order, one with an error, one that nobody waits for any more, one that nobody asked. */
	answer(idc, "\"error\":{\"class\":\"lease\",\"msg\":\"lease.none\",\"args\":{\"object\":\"x\"},\"text\":\"t\"}");
	answer(idb, "\"return\":{\"v\":5}");
	answer(424242, "\"return\":{\"v\":6}");
	answer(ida, "\"return\":{\"v\":7}");
	until(&a.n, 1);
	assert_int_equal(a.value, 7);
	assert_string_equal(a.id, "");
	assert_int_equal(b.n, 0);
	assert_int_equal(c.n, 1);
	assert_string_equal(c.id, "lease.none");
	/* An answer twice is no answer to anything. */
	answer(ida, "\"return\":{\"v\":8}");
	turns(20);
	assert_int_equal(a.n, 1);
	assert_int_equal(nlost, 0);
}

static void test_not_ready(void **state)
{
	struct got a = { 0 };

	serve();
	open_client();
	client_request(client, "ping", NULL, on_done, &a);
	assert_int_equal(a.n, 0); /* never from inside client_request */
	until(&a.n, 1);
	assert_string_equal(a.id, "broker.lost");
	welcome();
	char *long_text = xmalloc(70000);
	memset(long_text, 'x', 69999);
	long_text[69999] = '\0';
	client_request(client, "show", json_pack("{s:s}", "object", long_text), on_done, &a);
	free(long_text);
	until(&a.n, 2);
	assert_string_equal(a.id, "client.too_long");
	assert_int_equal(nlost, 0);
}

static void test_lost_and_back(void **state)
{
	struct got a = { 0 }, b = { 0 };

	serve();
	open_client();
	welcome();
	client_request(client, "plan", NULL, on_done, &a);
	client_request(client, "commit", NULL, on_done, &b);
	hang_up();
	until(&nlost, 1);
	until(&b.n, 1);
	assert_string_equal(a.id, "broker.lost");
	assert_string_equal(b.id, "broker.lost");
	assert_memory_equal(why, "client.closed", 13);
	welcome();
	assert_int_equal(nready, 2);
	assert_int_equal(client_state(client), CLIENT_READY);
}

/* Nobody listens: tried again after 0.1 s, then twice as long each time, 1 s at most in the first 30 s and 5 s then, half of it more
 * or less by chance. */
static void test_backoff(void **state)
{
	int64_t wait = 100, passed = 0;

	clock_fake(1000000, 1000000);
	open_client();
	until(&nlost, 1);
	assert_memory_equal(why, "client.absent", 13);
	while (wait < 5000) {
		int before = nlost;
		clock_fake_advance(wait / 2 - 1);
		turns(2);
		assert_int_equal(nlost, before);
		clock_fake_advance(wait + 2);
		until(&nlost, before + 1);
		passed += wait / 2 - 1 + wait + 2;
		int64_t most = passed < 30000 ? 1000 : 5000;
		wait = wait * 2 > most ? most : wait * 2;
	}
	serve();
	clock_fake_advance(7600);
	welcome();
	assert_in_range(client_away_ms(client), passed + 7600, passed + 7600 + 100);
	/* Having been in, it begins anew with 0.1 s. */
	hang_up();
	int before = nlost;
	until(&nlost, before + 1);
	clock_fake_advance(151);
	welcome();
	assert_int_equal(client_away_ms(client), 151);
}

/* A broker that is restarted says so: then that is why nobody is there, for half a minute. */
static void test_restarting(void **state)
{
	clock_fake(1000000, 1000000);
	serve();
	open_client();
	welcome();
	say("{\"event\":\"stopping\",\"back\":true}\n");
	until(&nevents, 1);
	assert_false(client_restarting(client)); /* it is still there */
	assert_int_equal(client_state(client), CLIENT_READY);
	serve_no_more();
	hang_up();
	until(&nlost, 1);
	assert_true(client_restarting(client));
	assert_memory_equal(why, "client.restarting", 17);
	clock_fake_advance(151);
	until(&nlost, 2);
	assert_memory_equal(why, "client.restarting", 17);
	serve();
	clock_fake_advance(301);
	welcome();
	assert_false(client_restarting(client));
	assert_int_equal(client_away_ms(client), 452);
	char away[32];
	client_away(client, away, sizeof away);
	assert_string_equal(away, "1 s");
	/* Lost without a word it is lost; and one that should be back is too. */
	serve_no_more();
	hang_up();
	until(&nlost, 3);
	assert_memory_equal(why, "client.closed", 13);
	serve();
	clock_fake_advance(151);
	welcome();
	say("{\"event\":\"stopping\",\"back\":true}\n");
	until(&nevents, 2);
	serve_no_more();
	hang_up();
	until(&nlost, 4);
	clock_fake_advance(31000);
	until(&nlost, 5);
	assert_memory_equal(why, "client.absent", 13);
	assert_false(client_restarting(client));
}

static void test_silent(void **state)
{
	json_int_t id;

	clock_fake(1000000, 1000000);
	serve();
	open_client();
	welcome();
	clock_fake_advance(20001);
	turns(5);
	expect_request("ping", &id);
	answer(id, "\"return\":{}");
	turns(20);
	clock_fake_advance(20001);
	turns(5);
	expect_request("ping", &id);
	assert_int_equal(nlost, 0);
	clock_fake_advance(20001);
	until(&nlost, 1);
	assert_memory_equal(why, "client.silent", 13);
}

/* One that accepts and never greets. */
static void test_mute(void **state)
{
	clock_fake(1000000, 1000000);
	serve();
	open_client();
	int fds = count_fds();
	take_peer();
	for (int i = 0; i < 12000 && count_fds() < fds + 2; i++) { /* the connector, a process of its own, hands it over */
		loop_step(loop, 0);
		usleep(5000);
	}
	turns(20);
	clock_fake_advance(10001);
	until(&nlost, 1);
	assert_memory_equal(why, "client.silent", 13);
}

static void test_garbage(void **state)
{
	static const char *const lines[] = { "ELF\x7f\n", "[1,2]\n", "{\"event\":\n", "{}{}\n" };

	serve();
	open_client();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		welcome();
		say(lines[i]);
		until(&nlost, (int)i + 1);
		assert_memory_equal(why, "client.garbage", 14);
		hang_up();
	}
	take_peer();
	say("{\"hello\":\"SSH-2.0\"}\n");
	until(&nlost, 5);
	assert_memory_equal(why, "client.stranger", 15);
	assert_int_equal(nended, 0);
}

/* A line that never ends is not kept for ever. */
static void test_endless_line(void **state)
{
	char chunk[65536];

	memset(chunk, 'x', sizeof chunk);
	serve();
	open_client();
	welcome();
	for (int i = 0; i < 4000 && !nlost; i++) {
		send(peer, chunk, sizeof chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
		loop_step(loop, 0);
	}
	assert_int_equal(nlost, 1);
	assert_memory_equal(why, "client.garbage", 14);
}

#define FUTURE "{\"tana\":{\"protocols\":[2,3],\"version\":\"9.0\",\"site\":\"t\"}}\n"

static void test_version(void **state)
{
	serve();
	open_client();
	take_peer();
	say(FUTURE);
	until(&nended, 1);
	assert_string_equal(why, "client.version: the broker (tanad 9.0) speaks protocol 2, 3, this program speaks 1: update the older one");
	assert_int_equal(client_state(client), CLIENT_ENDED);
}

/* A wall that was in goes on trying: the other half may be on its way. */
static void test_version_later(void **state)
{
	serve();
	open_client();
	welcome();
	hang_up();
	take_peer();
	say(FUTURE);
	until(&nlost, 2);
	assert_memory_equal(why, "client.version", 14);
	hang_up();
	welcome();
	assert_int_equal(nready, 2);
	assert_int_equal(nended, 0);
}

static void test_refused(void **state)
{
	json_int_t id;

	serve();
	open_client();
	take_peer();
	say(GREETING);
	expect_request("hello", &id);
	answer(id, "\"error\":{\"class\":\"role\",\"msg\":\"text\",\"args\":{\"text\":\"no role\"},\"text\":\"no role\"}");
	hang_up();
	until(&nended, 1);
	assert_string_equal(why, "text: no role");
}

/* Instead of a greeting: too many consoles. Worth another try. */
static void test_goodbye(void **state)
{
	serve();
	open_client();
	take_peer();
	say("{\"error\":{\"class\":\"limit\",\"msg\":\"text\",\"args\":{\"text\":\"full\"},\"text\":\"full\"}}\n");
	until(&nlost, 1);
	assert_string_equal(why, "text: full");
	assert_int_equal(nended, 0);
}

static void test_close_inside(void **state)
{
	serve();
	open_client();
	close_on_state = true;
	take_peer();
	say(GREETING);
	json_int_t id;
	expect_request("hello", &id);
	say(WELCOME "{\"event\":\"synced\"}\n");
	until(&nready, 1);
	assert_null(client);
	turns(5);
	assert_int_equal(nevents, 0);
	hang_up();

	close_on_state = false;
	close_on_event = true;
	open_client();
	welcome();
	say("{\"event\":\"synced\"}\n{\"event\":\"synced\"}\n");
	until(&nevents, 1);
	assert_null(client);
	turns(5);
	assert_int_equal(nevents, 1);
}

static void test_path_too_long(void **state)
{
	char deep[300] = "/tmp/";
	struct client_target t = { .socket = deep };

	memset(deep + 5, 'x', 200);
	struct err *e = client_open(loop, &t, "", &ops, &client);
	assert_non_null(e);
	assert_string_equal(e->msg.id, "client.path");
	err_free(e);
	client = NULL;
}

static void test_origin(void **state)
{
	char out[64];

	setenv("SSH_CONNECTION", "2001:db8::7 50022 192.0.2.1 22", 1);
	client_origin(out, sizeof out);
	assert_string_equal(out, "ssh 2001:db8::7");
	setenv("SSH_CONNECTION", "\033]0;x\a 1", 1);
	client_origin(out, sizeof out);
	assert_string_equal(out, "ssh \\x1b]0;x\\x07");
	unsetenv("SSH_CONNECTION");
	client_origin(out, sizeof out);
	assert_string_equal(out, "");
}

/* The connector is a room with one door: it holds nothing of ours, and goes when we go. */
static void test_connector_is_bare(void **state)
{
	char name[64], fds[64];
	pid_t child = 0;

	serve();
	open_client();
	welcome();
	DIR *proc = opendir("/proc");
	for (struct dirent *d; (d = readdir(proc));) {
		long pid = strtol(d->d_name, NULL, 10);
		char text[512] = "";
		snprintf(name, sizeof name, "/proc/%ld/stat", pid);
		FILE *f = pid > 0 ? fopen(name, "re") : NULL;
		if (!f)
			continue;
		if (fgets(text, sizeof text, f)) {
			const char *paren = strrchr(text, ')');
			long ppid = 0, pgrp = 0, session = 0;
			if (paren && sscanf(paren + 2, "%*c %ld %ld %ld", &ppid, &pgrp, &session) == 3 && ppid == getpid()) {
				child = (pid_t)pid;
				assert_int_equal(session, pid);
			}
		}
		fclose(f);
	}
	closedir(proc);
	assert_true(child > 0);
	snprintf(fds, sizeof fds, "/proc/%d/fd", child);
	int n = 0;
	for (int i = 0; i < 12000 && n != 1; i++) { /* what it handed over it closes a moment later */
		DIR *d = opendir(fds);
		n = 0;
		for (struct dirent *e; d && (e = readdir(d));)
			n += e->d_name[0] != '.';
		if (d)
			closedir(d);
		if (n != 1)
			usleep(5000);
	}
	assert_int_equal(n, 1);
	/* Without it the connection that stands goes on; only the way back is gone. */
	kill(child, SIGKILL);
	turns(50);
	assert_int_equal(nlost + nended, 0);
	hang_up();
	until(&nended, 1);
	assert_memory_equal(why, "client.connector", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hello, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_backoff, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restarting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mute, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endless_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_goodbye, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_origin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connector_is_bare, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
