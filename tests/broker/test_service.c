/* A broker as a service: its service manager is played by this test. And what a restart under load costs: no console, no job. */
#include "patience.h"
#include "talk.h"

#include "link/client.h"
#include "common/clock.h"
#include "link/mirror.h"

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

#define CONSOLES 30
#define BLADES 3
#define VMS 16      /* on each */
#define JOBS 8      /* under way when it is told to end */
#define NOBODY_UID 65534

/* ---- what the service manager hears ---- */

static int notify_open(struct daemon *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%.80s/notify", d->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(chmod(a.sun_path, 0666), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = TALK_MS / 1000 }, sizeof(struct timeval)), 0);
	setenv("NOTIFY_SOCKET", a.sun_path, 1);
	return fd;
}

static void notify_close(int fd)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
}

/* Reads on until one that begins with this comes; so many pings on the way. */
static int wait_notified(int fd, const char *word)
{
	char text[1024];
	int pings = 0;

	for (ssize_t n; (n = recv(fd, text, sizeof text - 1, 0)) > 0 || (n < 0 && errno == EINTR); ) {
		if (n < 0)
			continue;
		text[n] = '\0';
		if (strncmp(text, word, strlen(word)) == 0)
			return pings;
		pings += strcmp(text, "WATCHDOG=1") == 0;
	}
	fail_msg("the service manager never hears %s", word);
	return -1;
}

static void test_notifies(void **state)
{
	struct daemon d;

	daemon_site(&d, 1, 2, 0);
	int fd = notify_open(&d);
	setenv("WATCHDOG_USEC", "150000", 1);
	daemon_shared(&d, NULL);
	wait_notified(fd, "READY=1");
	wait_notified(fd, "STATUS=serving generated: ");
	wait_notified(fd, "WATCHDOG=1");
	wait_notified(fd, "WATCHDOG=1");
	kill(d.pid, SIGHUP);
	wait_notified(fd, "RELOADING=1");
	wait_notified(fd, "READY=1");
	daemon_append(&d, "nonsense\n");
	kill(d.pid, SIGHUP);
	wait_notified(fd, "RELOADING=1");
	wait_notified(fd, "READY=1"); /* with the site as it was */
	/* One whose loop stands still is not alive. */
	daemon_pause(&d);
	char text[256];
	while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0)
		;
	usleep(300000);
	assert_int_equal(recv(fd, text, sizeof text, MSG_DONTWAIT), -1);
	kill(d.pid, SIGCONT);
	wait_notified(fd, "WATCHDOG=1");
	kill(d.pid, SIGTERM);
	wait_notified(fd, "STOPPING=1\nSTATUS=ending");
	assert_int_equal(daemon_end(&d, 0), 0);
	notify_close(fd);
	daemon_remove(&d);
}

/* ---- its socket, and a user of its own ---- */

/* As the unit has it: a user that may do nothing, a folder of its own for its state, the socket's folder not its own. */
static void test_given_socket(void **state)
{
	struct daemon d;
	char path[300];
	struct stat st;
	uid_t uid = geteuid() == 0 ? NOBODY_UID : 0;

	if (!uid)
		print_message("not root: tanad runs as who runs this test\n");
	daemon_site(&d, 1, 2, 0);
	int notified = notify_open(&d), listener = daemon_listen(&d);
	assert_int_equal(chmod(d.dir, 0755), 0);
	snprintf(path, sizeof path, "%s/state", d.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	if (uid)
		assert_int_equal(chown(path, uid, uid), 0);
	daemon_given(&d, listener, uid, NULL);
	struct talk *t = talk_hello(&d); /* it waited in the queue */
	wait_notified(notified, "READY=1");
	talk_subscribe(t);
	talk_wait_live(t, 1, 2);
	if (uid) {
		snprintf(path, sizeof path, "/proc/%d", (int)d.pid);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, uid);
	}
	free(talk_act(t, "power-off", "vm:acme-web01"));
	/* The site file is read again, by a child of its own. */
	daemon_append(&d, "# read again\n");
	kill(d.pid, SIGHUP);
	wait_notified(notified, "RELOADING=1");
	wait_notified(notified, "READY=1");
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	while (talk_read(t, TALK_MS))
		;
	assert_string_equal(field_of(t->other, "event"), "stopping");
	assert_true(json_is_true(json_object_get(t->other, "back")));
	talk_end(t);
	snprintf(path, sizeof path, "%s/state/ledger.db", d.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* The path is the service manager's: it is there still, and who comes meanwhile is served by the next one. */
	assert_int_equal(stat(d.socket, &st), 0);
	int early = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof a.sun_path, "%s", d.socket);
	assert_int_equal(connect(early, (struct sockaddr *)&a, sizeof a), 0);
	daemon_given(&d, listener, uid, NULL);
	talk_end(talk_on(early));
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	close(listener);
	notify_close(notified);
	daemon_remove(&d);
}

/* ---- a restart under load ---- */

struct console {
	struct client *client;
	struct mirror *mirror;
	int ready;
	int64_t worst;       /* ms away */
};
static struct console consoles[CONSOLES];
static struct loop *loop;

static void on_state(void *ctx, enum client_state s, const struct err *why)
{
	struct console *c = ctx;

	if (s == CLIENT_READY) {
		c->ready++;
		if (client_away_ms(c->client) > c->worst)
			c->worst = client_away_ms(c->client);
		mirror_subscribe(c->mirror, c->client);
	} else if (s == CLIENT_LOST) {
		mirror_lost(c->mirror);
	} else if (s == CLIENT_ENDED) {
		fail_msg("a console gives up: %s", why ? why->msg.text : "");
	}
}

static void on_event(void *ctx, json_t *line)
{
	mirror_event(((struct console *)ctx)->mirror, line);
}

static void consoles_open(const char *socket)
{
	loop = loop_new();
	for (int i = 0; i < CONSOLES; i++) {
		struct console *c = &consoles[i];
		*c = (struct console){ .mirror = mirror_new() };
		struct client_ops ops = { .ctx = c, .state = on_state, .event = on_event };
		assert_null(client_open(loop, &(struct client_target){ .socket = socket }, "", &ops, &c->client));
	}
}

static void consoles_close(void)
{
	for (int i = 0; i < CONSOLES; i++) {
		client_close(consoles[i].client);
		mirror_free(consoles[i].mirror);
	}
	loop_free(loop);
}

/* Is this so for every console? Turns the loop until it is. */
static void consoles_until(bool so(const struct console *c, const char *arg), const char *arg, const char *what)
{
	for (int64_t until = now_ms() + TALK_MS; now_ms() < until; loop_step(loop, 20)) {
		int n = 0;
		while (n < CONSOLES && so(&consoles[n], arg))
			n++;
		if (n == CONSOLES)
			return;
	}
	fail_msg("not every console is %s", what);
}

static bool is_synced(const struct console *c, const char *arg)
{
	return c->ready == atoi(arg) && client_state(c->client) == CLIENT_READY && mirror_synced(c->mirror);
}

static bool knows_end(const struct console *c, const char *job)
{
	const struct job *j = registry_find(mirror_objects(c->mirror), KIND_JOB, job);

	return j && !job_state_is_open(j->state);
}

struct begun { char plan[64], confirm[64], vms[2][64]; int request; };

/* Previews of power-off, of two running VMs each. */
static void plan_jobs(struct talk *t, struct begun *b)
{
	const char *id;
	json_t *o;
	int n = 0;

	json_object_foreach(t->objects, id, o)
		if (n < 2 * JOBS && strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "state"), "running") == 0) {
			snprintf(b[n / 2].vms[n % 2], sizeof b->vms[0], "%s", id);
			n++;
		}
	assert_int_equal(n, 2 * JOBS);
	for (int i = 0; i < JOBS; i++) {
		json_t *p = talk_get(t, "plan", "{s:s, s:[s, s]}", "verb", "power-off", "targets", b[i].vms[0], b[i].vms[1]);
		snprintf(b[i].plan, sizeof b->plan, "%s", field_of(p, "plan"));
		snprintf(b[i].confirm, sizeof b->confirm, "%s", field_of(json_object_get(p, "confirm"), "text"));
		json_decref(p);
	}
}

/* One answer to any of the commits, in whatever order they come. True: there is no further one. */
static bool take_answer(struct talk *t, struct begun *b, int *begun)
{
	while (talk_read(t, TALK_MS)) {
		json_int_t id = json_integer_value(json_object_get(t->other, "id"));
		for (int i = 0; id && i < JOBS; i++) {
			json_t *e = json_object_get(t->other, "error");
			if (b[i].request != id)
				continue;
			b[i].request = 0;
			*begun += !e;
			if (e) {
				assert_string_equal(field_of(e, "msg"), "broker.restarting");
				assert_string_equal(field_of(e, "class"), "unreachable");
			}
			return false;
		}
	}
	assert_true(t->ended);
	return true;
}

/* All at once, and the end in the middle of them. What is not begun is refused with the reason. */
static int commit_and_end(struct daemon *d, struct talk *t, struct begun *b, bool hand_over)
{
	int begun = 0, answers = 1;
	bool over = false;

	for (int i = 0; i < JOBS; i++) {
		b[i].request = talk_start(t, "commit", json_pack("{s:s, s:s}", "plan", b[i].plan, "confirm", b[i].confirm));
		if (i != JOBS - 3)
			continue;
		take_answer(t, b, &begun);
		kill(d->pid, SIGTERM);
		if (!hand_over)
			usleep(5000);
	}
	while (answers < JOBS && !(over = take_answer(t, b, &begun)))
		answers++;
	/* One that may not wait leaves some unanswered: what became of them is seen after the restart. */
	assert_true(hand_over || !over);
	return begun;
}

/* One record before, one after. */
static void assert_written_once(struct talk *t, const char *job)
{
	json_t *r = talk_get(t, "audit", "{s:s}", "object", job), *one;
	size_t i, begun = 0, ended = 0;

	json_array_foreach(json_object_get(r, "records"), i, one) {
		begun += strcmp(field_of(one, "what"), "begin") == 0;
		ended += strcmp(field_of(one, "what"), "end") == 0;
	}
	assert_int_equal(begun, 1);
	assert_int_equal(ended, 1);
	json_decref(r);
}

/* How many jobs the broker that ended left to the next one. */
static int handed_over(const struct daemon *d)
{
	static const char *const words = " jobs are handed over to the next broker";
	char *said = daemon_said(d), *end = strstr(said, words), *n = end;

	while (n && n > said && n[-1] >= '0' && n[-1] <= '9')
		n--;
	int jobs = n ? atoi(n) : 0;
	free(said);
	return jobs;
}

/* After the restart. handed: they were cut off in the middle, so what the hosts say decides, and nothing is sent a second time. How many
 * there are. */
static int check_jobs(struct talk *t, const struct begun *b, int begun, bool handed)
{
	int n = 0;
	char jobs[JOBS][64];
	const char *id;
	json_t *o;

	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "job") != 0)
			continue;
		assert_in_range(n, 0, JOBS - 1);
		snprintf(jobs[n++], sizeof jobs[0], "%s", id);
		if (!handed)
			assert_string_equal(field_of(o, "state"), "done");
		if (strcmp(field_of(o, "state"), "unknown") != 0)
			continue;
		/* It is in use as before, or was settled while the stream told of it. */
		char lease[320];
		snprintf(lease, sizeof lease, "lease:%s", field_of(o, "target"));
		json_t *held = json_object_get(t->objects, lease);
		if (held)
			assert_string_equal(field_of(held, "job"), id);
	}
	assert_true(handed ? n >= begun : n == begun);
	for (int i = 0; i < n; i++) {
		talk_job(t, jobs[i]);
		assert_written_once(t, jobs[i]);
		consoles_until(knows_end, jobs[i], "told of the end of a job");
	}
	/* A driver that forgets: they run again, and would not if they had been told twice. */
	for (int i = 0; i < 2 * JOBS; i++)
		talk_wait(t, b[i / 2].vms[i % 2], "state", "running");
	return n;
}

/* given: the socket is the service manager's. hand_over: nothing may settle before the end. */
static void restart(bool given, bool hand_over)
{
	static const char *const names[2][2] = { { "its own socket, jobs settle", "its own socket, jobs are handed over" },
		{ "the service manager's socket, jobs settle", "the service manager's socket, jobs are handed over" } };
	const char *stop = hand_over ? "1" : "60000";
	struct begun b[JOBS] = { 0 };
	struct daemon d;
	int64_t worst = 0;

	daemon_site(&d, BLADES, VMS, 0);
	daemon_hold(&d, hand_over);
	int listener = given ? daemon_listen(&d) : -1;
#define START() (given ? daemon_given(&d, listener, 0, "--steady-ms", "500", "--stop-ms", stop, "--peers-of-user", "64", NULL) : \
	daemon_shared(&d, "--steady-ms", "500", "--stop-ms", stop, "--peers-of-user", "64", NULL))
	START();
	consoles_open(d.socket);
	consoles_until(is_synced, "1", "there");
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
	plan_jobs(t, b);
	int begun = commit_and_end(&d, t, b, hand_over);
	assert_true(begun > 0);
	int64_t told = now_ms();
	/* Meanwhile the consoles live on; the loop must turn for them. */
	int status = 0;
	while (waitpid(d.pid, &status, WNOHANG) == 0) {
		loop_step(loop, 5);
		if (handed_over(&d))
			daemon_hold(&d, false);
		assert_true(now_ms() < told + TALK_MS);
	}
	assert_int_equal(status, 0);
	int64_t ended = now_ms();
	int left = handed_over(&d);
	talk_end(t);
	START();
#undef START
	consoles_until(is_synced, "2", "back");
	t = talk_hello(&d);
	talk_subscribe(t);
	int jobs = check_jobs(t, b, begun, hand_over);
	/* Each that was written, and none of those that may settle first. */
	assert_int_equal(left, hand_over ? jobs : 0);
	for (int i = 0; i < CONSOLES; i++)
		worst = consoles[i].worst > worst ? consoles[i].worst : worst;
	print_message("%s: %d jobs begun, %d not, %d handed over; tanad ended after %d ms; %d consoles are back, the last after %d ms\n",
		names[given][hand_over], begun, JOBS - begun, left, (int)(ended - told), CONSOLES, (int)worst);
	assert_true(worst < 5000 * patience());
	talk_end(t);
	consoles_close();
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	if (given)
		close(listener);
	daemon_remove(&d);
}

static void test_restart(void **state)
{
	restart(false, false);
}

static void test_restart_hand_over(void **state)
{
	restart(false, true);
}

static void test_restart_given(void **state)
{
	restart(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notifies), cmocka_unit_test(test_given_socket), cmocka_unit_test(test_restart),
		cmocka_unit_test(test_restart_hand_over), cmocka_unit_test(test_restart_given),
	};

	daemon_holds();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
