/* The relay between libvirt and its transports: bytes both ways, ends, deadlines, frozen peers, nothing left behind. */
#include "common/clock.h"
#include "hosts/relay.h"
#include "sshd_fixture.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sshd sshd;
static bool have_sshd;
static char dir[64];
static struct counts at_start;

#define NEED_SSHD() do { if (!have_sshd) skip(); } while (0)

static void fine(struct err *e)
{
	if (e)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_null(e);
}

static int connect_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%.100s", path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
		return fd;
	close(fd);
	return -1;
}

static int listen_unix(char path[96], const char *name, int backlog)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, 96, "%s/%s", dir, name);
	unlink(path);
	snprintf(sa.sun_path, sizeof sa.sun_path, "%.100s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* A relay to a socket of ours, both ends in hand. */
struct pair { struct relay *r; int near, far; };

static struct pair pair_up(void)
{
	char path[96];
	struct pair p;
	int fd = listen_unix(path, "far", 4);

	fine(relay_new_socket(dir, path, 20000, -1, NULL, &p.r));
	p.far = accept(fd, NULL, NULL);
	p.near = connect_unix(relay_path(p.r));
	assert_true(p.near >= 0 && p.far >= 0);
	close(fd);
	unlink(path);
	return p;
}

static void pair_down(struct pair *p)
{
	relay_free(p->r);
	close(p->near);
	close(p->far);
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static enum relay_end ended_within(struct relay *r, int ms)
{
	for (int i = 0; i < ms * patience() / 5 && relay_ended(r) == RELAY_OPEN; i++)
		usleep(5000);
	return relay_ended(r);
}

static void private_socket_for_one(void **state)
{
	char path[96];
	struct relay *r;
	struct stat st;
	int fd = listen_unix(path, "far", 4);

	fine(relay_new_socket(dir, path, 20000, -1, NULL, &r));
	assert_int_equal(stat(relay_path(r), &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	int one = connect_unix(relay_path(r));
	assert_true(one >= 0);
	for (int i = 0; i < 200 * patience() && stat(relay_path(r), &st) == 0; i++)
		usleep(5000);
	assert_int_equal(stat(relay_path(r), &st), -1);
	assert_int_equal(connect_unix(relay_path(r)), -1);
	relay_free(r);
	close(one);
	close(fd);
}

static void nobody_comes(void **state)
{
	char path[96];
	struct relay *r;
	struct stat st;
	int fd = listen_unix(path, "far", 4);

	int64_t start = clock_boot_ms();
	fine(relay_new_socket(dir, path, 150, -1, NULL, &r));
	assert_int_equal(ended_within(r, 2000), RELAY_LATE);
	assert_in_range(clock_boot_ms() - start, 100, 600 * patience());
	assert_int_equal(stat(relay_path(r), &st), -1);
	relay_free(r);
	close(fd);
}

struct pour { int fd; size_t bytes; unsigned seed; bool ok; };

static void *pour(void *arg)
{
	struct pour *p = arg;
	static _Thread_local unsigned char data[8192];
	unsigned x = p->seed;

	for (size_t sent = 0; sent < p->bytes;) {
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = (unsigned char)((x = x * 1103515245u + 12345u) >> 16);
		for (size_t off = 0; off < sizeof data;) {
			ssize_t n = write(p->fd, data + off, sizeof data - off);
			if (n <= 0)
				return NULL;
			off += (size_t)n;
		}
		sent += sizeof data;
	}
	p->ok = true;
	return NULL;
}

static void *drink(void *arg)
{
	struct pour *p = arg;
	static _Thread_local unsigned char data[8192];
	unsigned x = p->seed;
	size_t got = 0;

	while (got < p->bytes) {
		ssize_t n = read(p->fd, data, sizeof data);
		if (n <= 0)
			return NULL;
		for (ssize_t i = 0; i < n; i++)
			if (data[i] != (unsigned char)((x = x * 1103515245u + 12345u) >> 16))
				return NULL;
		got += (size_t)n;
		if (got % (1 << 20) < 8192)
			usleep(3000); /* a slow reader now and then */
	}
	p->ok = true;
	return NULL;
}

#define MUCH (16 * 1024 * 1024)

static void much_both_ways(void **state)
{
	struct pair p = pair_up();
	struct pour out = { p.near, MUCH, 1, false }, in = { p.far, MUCH, 1, false };
	struct pour back = { p.far, MUCH, 2, false }, home = { p.near, MUCH, 2, false };
	pthread_t t[4];

	pthread_create(&t[0], NULL, pour, &out);
	pthread_create(&t[1], NULL, drink, &in);
	pthread_create(&t[2], NULL, pour, &back);
	pthread_create(&t[3], NULL, drink, &home);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_true(out.ok && in.ok && back.ok && home.ok);
	pair_down(&p);
}

static void last_words_arrive(void **state)
{
	struct pair p = pair_up();
	static char big[300000], got[300000];
	size_t n = 0;

	memset(big, 'x', sizeof big);
	int size = 1 << 20;
	setsockopt(p.far, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	for (size_t off = 0; off < sizeof big;) {
		ssize_t w = send(p.far, big + off, sizeof big - off, MSG_DONTWAIT);
		if (w <= 0) { /* the near side does not read: its room is full */
			ssize_t r = read(p.near, got + n, sizeof got - n);
			assert_true(r > 0);
			n += (size_t)r;
		} else {
			off += (size_t)w;
		}
	}
	close(p.far);
	p.far = -1;
	assert_int_equal(write(p.near, "x", 1), 1); /* it finds that the far side takes no more */
	usleep(50000);
	for (ssize_t r; n < sizeof got && (r = read(p.near, got + n, sizeof got - n)) > 0;)
		n += (size_t)r;
	assert_int_equal(n, sizeof big);
	assert_int_equal(read(p.near, got, 1), 0);
	assert_int_equal(ended_within(p.r, 1000), RELAY_FAR);
	pair_down(&p);
}

static void client_leaves(void **state)
{
	struct pair p = pair_up();
	char c;

	assert_int_equal(write(p.near, "bye", 3), 3);
	close(p.near);
	p.near = -1;
	assert_int_equal(read(p.far, &c, 1), 1);
	assert_int_equal(ended_within(p.r, 1000), RELAY_NEAR);
	while (read(p.far, &c, 1) > 0)
		;
	pair_down(&p);
}

static void *shut_later(void *arg)
{
	usleep(100000);
	relay_shut(arg);
	relay_shut(arg);
	return NULL;
}

static void shut_ends_a_hung_read(void **state)
{
	struct pair p = pair_up();
	pthread_t t;
	char c;

	int64_t start = clock_boot_ms();
	pthread_create(&t, NULL, shut_later, p.r);
	assert_int_equal(read(p.near, &c, 1), 0);
	assert_in_range(clock_boot_ms() - start, 80, 400 * patience());
	pthread_join(t, NULL);
	assert_int_equal(relay_ended(p.r), RELAY_SHUT);
	pair_down(&p);
}

static void deadline_ends_a_hung_read(void **state)
{
	struct pair p = pair_up();
	char c;

	relay_deadline(p.r, 400);
	relay_deadline(p.r, 0); /* taken off */
	assert_false(readable(p.near, 600));
	relay_deadline(p.r, 5000);
	int64_t start = clock_boot_ms();
	relay_deadline(p.r, 100);
	assert_int_equal(read(p.near, &c, 1), 0);
	assert_in_range(clock_boot_ms() - start, 80, 500 * patience());
	assert_int_equal(relay_ended(p.r), RELAY_LATE);
	pair_down(&p);
}

/* Fills the way to a side that never reads. */
static size_t stuff(int fd)
{
	static char data[65536];
	size_t total = 0;
	ssize_t n;

	for (int idle = 0; idle < 20;) {
		n = send(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			total += (size_t)n;
		else
			idle++;
		if (n <= 0)
			usleep(5000);
	}
	return total;
}

static void frozen_peers_cost_nothing(void **state)
{
	struct pair a = pair_up(), b = pair_up(), c = pair_up();

	assert_true(stuff(a.near) < 4 * 1024 * 1024); /* far does not read; what is held is bounded */
	assert_true(stuff(b.far) < 4 * 1024 * 1024);  /* near does not read */
	stuff(c.far);
	close(c.far); /* dead, with room for nothing */
	c.far = -1;
	usleep(100000);
	long before = thread_ticks("relay");
	assert_true(before >= 0);
	sleep(1);
	assert_true(thread_ticks("relay") - before <= 3); /* of 100 */
	/* and the others live */
	struct pair d = pair_up();
	assert_int_equal(write(d.near, "x", 1), 1);
	assert_true(readable(d.far, 1000 * patience()));
	pair_down(&a);
	pair_down(&b);
	pair_down(&c);
	pair_down(&d);
}

static void no_way_there(void **state)
{
	char path[96];
	struct relay *r;
	int why = 0;

	snprintf(path, sizeof path, "%s/nothing", dir);
	struct err *e = relay_new_socket(dir, path, 500, -1, &why, &r);
	assert_non_null(e);
	assert_int_equal(why, ENOENT);
	assert_int_equal(e->class, ERR_UNREACHABLE);
	err_free(e);

	int fd = listen_unix(path, "full", 0), fill[3]; /* never accepts, queue full */
	for (int i = 0; i < 3; i++) {
		struct sockaddr_un sa = { .sun_family = AF_UNIX };
		fill[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		snprintf(sa.sun_path, sizeof sa.sun_path, "%.100s", path);
		(void)!connect(fill[i], (struct sockaddr *)&sa, sizeof sa);
	}
	int64_t start = clock_boot_ms();
	e = relay_new_socket(dir, path, 300, -1, &why, &r);
	assert_non_null(e);
	assert_int_equal(why, ETIMEDOUT);
	assert_in_range(clock_boot_ms() - start, 250, 900 * patience());
	err_free(e);
	int stop = eventfd(1, EFD_CLOEXEC);
	e = relay_new_socket(dir, path, 20000, stop, &why, &r);
	assert_non_null(e);
	assert_int_equal(why, ECANCELED);
	err_free(e);
	close(stop);
	for (int i = 0; i < 3; i++)
		close(fill[i]);
	close(fd);
	char deep[200];
	memset(deep, 'd', sizeof deep - 1);
	deep[0] = '/';
	deep[sizeof deep - 1] = 0;
	e = relay_new_socket(deep, path, 300, -1, &why, &r);
	assert_non_null(e);
	err_free(e);
}

static struct relay *ssh_relay(void)
{
	struct ssh_login login = { .host = "127.0.0.1", .port = sshd.port, .user = "root", .key_file = sshd.user_key,
		.known_hosts = sshd.known, .step_ms = 5000 * patience() };
	struct ssh_link *l = ssh_link_new();
	struct relay *r = NULL;

	fine(ssh_link_open(l, &login));
	fine(ssh_link_tunnel(l, sshd.echo, NULL));
	fine(relay_new_ssh(dir, l, 20000, &r));
	return r;
}

static void much_through_ssh(void **state)
{
	NEED_SSHD();
	struct relay *r = ssh_relay();
	int fd = connect_unix(relay_path(r));
	struct pour out = { fd, MUCH / 2, 7, false }, home = { fd, MUCH / 2, 7, false };
	pthread_t t[2];

	pthread_create(&t[0], NULL, pour, &out);
	pthread_create(&t[1], NULL, drink, &home);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	assert_true(out.ok && home.ok);
	long before = thread_ticks("relay");
	sleep(1);
	assert_true(thread_ticks("relay") - before <= 2); /* at rest */
	relay_free(r);
	close(fd);
}

static void frozen_sshd(void **state)
{
	NEED_SSHD();
	struct relay *r = ssh_relay();
	int fd = connect_unix(relay_path(r));
	char c;

	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_true(sshd_signal_children(&sshd, SIGSTOP) > 0);
	assert_true(stuff(fd) < 32 * 1024 * 1024);
	struct pair other = pair_up(); /* the pump is not held up by the frozen one */
	assert_int_equal(write(other.near, "x", 1), 1);
	assert_true(readable(other.far, 500 * patience()));
	long before = thread_ticks("relay");
	sleep(1);
	assert_true(thread_ticks("relay") - before <= 3);
	pthread_t t;
	pthread_create(&t, NULL, shut_later, r);
	int64_t start = clock_boot_ms();
	assert_true(read(fd, &c, 1) <= 0); /* the end, or a reset: much was not taken */
	assert_true(clock_boot_ms() - start < 500 * patience());
	pthread_join(t, NULL);
	relay_free(r);
	assert_true(clock_boot_ms() - start < 1000 * patience());
	sshd_signal_children(&sshd, SIGCONT);
	pair_down(&other);
	close(fd);
}

static void sshd_dies(void **state)
{
	NEED_SSHD();
	struct relay *r = ssh_relay();
	int fd = connect_unix(relay_path(r));
	char c;

	sshd_signal_children(&sshd, SIGKILL);
	assert_int_equal(read(fd, &c, 1), 0);
	assert_int_equal(ended_within(r, 500), RELAY_FAR);
	relay_free(r);
	close(fd);
}

static void hundred_rounds_leave_nothing(void **state)
{
	struct counts was = counts_now();

	for (int i = 0; i < 100; i++) {
		struct pair p = pair_up();
		if (i % 3 == 0)
			relay_shut(p.r);
		if (i % 3 == 1)
			stuff(p.near);
		pair_down(&p);
		if (have_sshd && i % 5 == 0)
			relay_free(ssh_relay());
	}
	assert_true(counts_settle(was));
}

static int up(void **state)
{
	unsetenv("SSH_AUTH_SOCK");
	have_sshd = sshd_up(&sshd);
	snprintf(dir, sizeof dir, "/tmp/tana-relay-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	at_start = counts_now();
	struct err *e = relay_start();
	return e ? -1 : 0;
}

static int down(void **state)
{
	char path[96];

	relay_stop();
	bool clean = counts_settle(at_start);
	if (have_sshd)
		sshd_down(&sshd);
	snprintf(path, sizeof path, "%s/far", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/full", dir);
	unlink(path);
	return clean && rmdir(dir) == 0 ? 0 : -1; /* no socket is left in it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_socket_for_one), cmocka_unit_test(nobody_comes), cmocka_unit_test(much_both_ways),
		cmocka_unit_test(last_words_arrive), cmocka_unit_test(client_leaves), cmocka_unit_test(shut_ends_a_hung_read),
		cmocka_unit_test(deadline_ends_a_hung_read), cmocka_unit_test(frozen_peers_cost_nothing),
		cmocka_unit_test(no_way_there), cmocka_unit_test(much_through_ssh), cmocka_unit_test(frozen_sshd),
		cmocka_unit_test(sshd_dies), cmocka_unit_test(hundred_rounds_leave_nothing),
	};

	return cmocka_run_group_tests(tests, up, down);
}
