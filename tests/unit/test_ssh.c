/* The SSH room against a real sshd, and against the servers that are not what they seem. */
#include "common/clock.h"
#include "common/error.h"
#include "ssh/resolve.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"
#include "sshd_fixture.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sshd sshd;
static bool have_sshd;

#define NEED_SSHD() do { if (!have_sshd) skip(); } while (0)

static struct ssh_login login_of(int port)
{
	return (struct ssh_login){ .host = "127.0.0.1", .port = port, .user = "root", .key_file = sshd.user_key,
		.known_hosts = sshd.known, .step_ms = 5000 * patience() };
}

static void expect(struct err *e, enum err_class class, const char *id)
{
	assert_non_null(e);
	if (strcmp(e->msg.id, id) != 0)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	err_free(e);
}

static void fine(struct err *e)
{
	if (e)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_null(e);
}

/* Opens with this login; the error is the caller's. */
static struct err *try_open(const struct ssh_login *login)
{
	struct ssh_link *l = ssh_link_new();
	struct err *e = ssh_link_open(l, login);

	ssh_link_free(l);
	return e;
}

static int read_some(struct ssh_link *l, char *out, int size, int ms)
{
	int64_t deadline = clock_boot_ms() + ms * patience();
	int n = 0;

	while (n == 0 && clock_boot_ms() < deadline) {
		n = ssh_link_read(l, out, size);
		struct pollfd p = { .fd = ssh_link_fd(l), .events = (short)ssh_link_wants(l) };
		if (n == 0)
			poll(&p, 1, 50);
	}
	return n;
}

static void tunnels_to_a_socket(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	struct ssh_link *l = ssh_link_new();
	char got[64] = "";

	fine(ssh_link_open(l, &login));
	fine(ssh_link_tunnel(l, sshd.echo, NULL));
	assert_int_equal(ssh_link_write(l, "hello", 5), 5);
	assert_int_equal(read_some(l, got, sizeof got, 3000), 5);
	assert_memory_equal(got, "hello", 5);
	ssh_link_free(l);
}

static void falls_back_to_a_command(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	struct ssh_link *l = ssh_link_new();
	char got[64] = "";

	fine(ssh_link_open(l, &login));
	fine(ssh_link_tunnel(l, "/nonexistent/socket", "cat"));
	assert_int_equal(ssh_link_write(l, "moo", 3), 3);
	assert_int_equal(read_some(l, got, sizeof got, 3000), 3);
	ssh_link_free(l);
}

static void keeps_what_a_command_complains(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	struct ssh_link *l = ssh_link_new();
	char got[64];

	fine(ssh_link_open(l, &login));
	fine(ssh_link_tunnel(l, NULL, "echo no daemon here >&2; exit 3"));
	assert_int_equal(read_some(l, got, sizeof got, 3000), -1);
	char *words = ssh_link_words(l);
	assert_string_equal(words, "no daemon here");
	free(words);
	ssh_link_free(l);
}

static void tunnel_refused(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	struct ssh_link *l = ssh_link_new();

	fine(ssh_link_open(l, &login));
	expect(ssh_link_tunnel(l, "/nonexistent/socket", NULL), ERR_UNREACHABLE, "ssh.tunnel.refused");
	ssh_link_free(l);
}

/* Writes a known_hosts file and tries. */
static struct err *with_known(const char *text)
{
	struct ssh_login login = login_of(sshd.port);
	char path[128];

	snprintf(path, sizeof path, "%s/other", sshd.dir);
	write_text(path, text);
	login.known_hosts = path;
	struct err *e = try_open(&login);
	char *after = read_text(path);
	assert_string_equal(after, text); /* never written */
	free(after);
	unlink(path);
	return e;
}

#define OTHER_KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHZWznpjjYoBgr6sQKUWzN0R3QBLbHxk1cfEJq0bMPE"

static void unknown_key(void **state)
{
	NEED_SSHD();
	struct err *e = with_known("# nothing\n");
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "SHA256:"));
	assert_non_null(strstr(e->msg.text, "ssh-keyscan -p "));
	expect(e, ERR_UNREACHABLE, "ssh.key.unknown");
}

static void changed_key(void **state)
{
	NEED_SSHD();
	char text[1024], place[256];
	snprintf(text, sizeof text, "# first\n\nother.example %s\n[127.0.0.1]:%d,x %s\n", OTHER_KEY, sshd.port, OTHER_KEY);
	snprintf(place, sizeof place, "%s/other:4", sshd.dir);
	struct err *e = with_known(text);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, place));
	const char *first = strstr(e->msg.text, "SHA256:");
	assert_non_null(first);
	const char *second = strstr(first + 10, "SHA256:");
	assert_non_null(second);
	assert_true(strncmp(first, second, 50) != 0);
	expect(e, ERR_UNREACHABLE, "ssh.key.changed");
}

static void two_known_keys(void **state)
{
	NEED_SSHD();
	char text[1024];
	snprintf(text, sizeof text, "[127.0.0.1]:%d %s\n[127.0.0.1]:%d %s\n", sshd.port, OTHER_KEY, sshd.port, sshd.host_line);
	fine(with_known(text));
}

static void revoked_key(void **state)
{
	NEED_SSHD();
	char text[2048];
	snprintf(text, sizeof text, "[127.0.0.1]:%d %s\n@revoked * %s\n", sshd.port, sshd.host_line, sshd.host_line);
	expect(with_known(text), ERR_UNREACHABLE, "ssh.key.revoked");
}

static void wrong_login_keys(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);

	login.key_file = sshd.wrong_key;
	expect(try_open(&login), ERR_UNREACHABLE, "ssh.login.refused");
	login.key_file = sshd.locked_key; /* must not ask for its passphrase, which waits at stdin */
	int ask[2], old = dup(0);
	assert_int_equal(pipe(ask), 0);
	assert_int_equal(write(ask[1], "secret\n", 7), 7);
	dup2(ask[0], 0);
	setsid();
	struct err *e = try_open(&login);
	dup2(old, 0);
	close(ask[0]);
	close(ask[1]);
	close(old);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "with a passphrase"));
	expect(e, ERR_UNREACHABLE, "ssh.login.refused");
	login.key_file = "/nonexistent/key";
	e = try_open(&login);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "/nonexistent/key (No such file"));
	err_free(e);
}

static int listen_unix(const char *path, int backlog)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%.100s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void stuck_agent(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	char path[128];

	snprintf(path, sizeof path, "%s/agent", sshd.dir);
	int fd = listen_unix(path, 8); /* the kernel accepts; nobody answers */
	setenv("SSH_AUTH_SOCK", path, 1);
	login.key_file = sshd.wrong_key;
	login.step_ms = 1000;
	int64_t start = clock_boot_ms();
	expect(try_open(&login), ERR_TIMEOUT, "ssh.agent.late");
	assert_in_range(clock_boot_ms() - start, 900, 3000 * patience());
	login.key_file = sshd.user_key; /* a key that fits is tried first */
	fine(try_open(&login));
	unsetenv("SSH_AUTH_SOCK");
	close(fd);
	unlink(path);
}

static pid_t spawn(const char *a, const char *b, const char *c, const char *d)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp(a, a, b, c, d, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static void agent_lets_in(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	char path[128];
	int status = -1;

	snprintf(path, sizeof path, "%s/agent", sshd.dir);
	pid_t agent = spawn("ssh-agent", "-D", "-a", path);
	setenv("SSH_AUTH_SOCK", path, 1);
	for (int i = 0; i < 6000 && access(path, F_OK) != 0; i++)
		usleep(10000);
	waitpid(spawn("ssh-add", "-q", sshd.user_key, NULL), &status, 0);
	assert_int_equal(status, 0);
	login.key_file = sshd.wrong_key;
	fine(try_open(&login));
	unsetenv("SSH_AUTH_SOCK");
	kill(agent, SIGTERM);
	waitpid(agent, NULL, 0);
	unlink(path);
}

/* -- servers that do not do what a server should -- */

static void refused_port(void **state)
{
	struct ssh_login login = login_of(0);
	int fd = listen_tcp(1, &login.port);

	close(fd);
	expect(try_open(&login), ERR_UNREACHABLE, "ssh.connect.failed");
}

static void silent_server(void **state)
{
	struct ssh_login login = login_of(0);
	int fd = listen_tcp(8, &login.port);
	int64_t start = clock_boot_ms();

	login.step_ms = 700;
	expect(try_open(&login), ERR_TIMEOUT, "ssh.kex.late");
	assert_in_range(clock_boot_ms() - start, 600, 2000 * patience());
	close(fd);
}

static void deaf_server(void **state)
{
	struct ssh_login login = login_of(0);
	int fd = listen_tcp(0, &login.port), fill[4];
	int64_t start;

	for (int i = 0; i < 4; i++) { /* its queue is full: further SYNs are dropped */
		struct sockaddr_storage sa;
		socklen_t len = sizeof sa;
		getsockname(fd, (struct sockaddr *)&sa, &len);
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fill[i], (struct sockaddr *)&sa, len);
	}
	usleep(50000);
	start = clock_boot_ms();
	login.step_ms = 700;
	expect(try_open(&login), ERR_TIMEOUT, "ssh.connect.late");
	assert_in_range(clock_boot_ms() - start, 600, 2000 * patience());
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(fd);
}

struct stub { int fd; const char *says; };

static void *stub_run(void *arg)
{
	struct stub *s = arg;
	char data[4096];
	int c = accept(s->fd, NULL, NULL);

	(void)!write(c, s->says, strlen(s->says));
	(void)!read(c, data, sizeof data);
	close(c);
	return NULL;
}

static void closes_in_kex(void **state)
{
	static const char *const says[] = { "", "SSH-2.0-stub\r\n", "HTTP/1.0 400 no\r\n\r\n",
		"SSH-2.0-stub\r\n\x7f\xff\xff\xff garbage garbage garbage garbage" };

	for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		struct ssh_login login = login_of(0);
		struct stub s = { listen_tcp(8, &login.port), says[i] };
		pthread_t t;
		pthread_create(&t, NULL, stub_run, &s);
		expect(try_open(&login), ERR_UNREACHABLE, "ssh.kex.failed");
		pthread_join(t, NULL);
		close(s.fd);
	}
}

struct aborter { struct ssh_link *l; int ms; };

static void *abort_later(void *arg)
{
	struct aborter *a = arg;

	usleep((useconds_t)a->ms * 1000);
	ssh_link_abort(a->l);
	return NULL;
}

static void aborts_at_each_step(void **state)
{
	struct ssh_login login = login_of(0);
	struct ssh_link *l = ssh_link_new();
	int fd = listen_tcp(8, &login.port);
	pthread_t t;

	login.step_ms = 20000;
	ssh_link_abort(l); /* before: it sticks */
	expect(ssh_link_open(l, &login), ERR_TIMEOUT, "ssh.given-up");
	ssh_link_free(l);
	l = ssh_link_new();
	struct aborter a = { l, 150 };
	int64_t start = clock_boot_ms();
	pthread_create(&t, NULL, abort_later, &a);
	expect(ssh_link_open(l, &login), ERR_TIMEOUT, "ssh.given-up"); /* in the key exchange */
	assert_in_range(clock_boot_ms() - start, 100, 1000 * patience());
	pthread_join(t, NULL);
	ssh_link_free(l);
	close(fd);
}

static void frozen_sshd(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port);
	struct ssh_link *l = ssh_link_new();
	static char big[65536];
	int sent = 0, n;

	fine(ssh_link_open(l, &login));
	assert_true(sshd_signal_children(&sshd, SIGSTOP) > 0);
	login.step_ms = 500;
	struct aborter a = { l, 300 };
	pthread_t t;
	int64_t start = clock_boot_ms();
	pthread_create(&t, NULL, abort_later, &a);
	expect(ssh_link_tunnel(l, sshd.echo, "cat"), ERR_TIMEOUT, "ssh.given-up");
	assert_in_range(clock_boot_ms() - start, 200, 1500 * patience());
	pthread_join(t, NULL);
	ssh_link_free(l); /* must not wait for the frozen one */
	assert_true(clock_boot_ms() - start < 2000 * patience());
	sshd_signal_children(&sshd, SIGCONT);

	/* a tunnel that freezes while much is written to it: no call blocks, and memory is bounded */
	l = ssh_link_new();
	fine(ssh_link_open(l, &login));
	fine(ssh_link_tunnel(l, sshd.echo, NULL));
	assert_true(sshd_signal_children(&sshd, SIGSTOP) > 0);
	start = clock_boot_ms();
	while (clock_boot_ms() - start < 1000) {
		n = ssh_link_write(l, big, sizeof big);
		assert_true(n >= 0);
		sent += n;
		assert_int_equal(ssh_link_read(l, NULL, 0), 0); /* lets it flush what it can */
		if (n == 0)
			usleep(1000);
	}
	assert_true(sent < 32 * 1024 * 1024);
	sshd_signal_children(&sshd, SIGCONT);
	ssh_link_free(l);
}

/* -- names -- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: the resolver hangs */
static int wrong;

static int slow_resolver(const char *host, const struct addrinfo *hints, struct addrinfo **out)
{
	pthread_mutex_lock(&gate);
	int rc = wrong ? EAI_NONAME : getaddrinfo("127.0.0.1", NULL, hints, out);
	pthread_mutex_unlock(&gate);
	return rc;
}

static void names(void **state)
{
	struct counts was = counts_now();
	int port, fd = listen_tcp(16, &port), got = -1;

	resolve_use(slow_resolver);
	wrong = 1;
	expect(ssh_dial("blade1.example", port, 20000, NULL, &got), ERR_UNREACHABLE, "ssh.name.unknown");
	pthread_mutex_lock(&gate);
	wrong = 0;
	int64_t start = clock_boot_ms();
	expect(ssh_dial("blade1.example", port, 300, NULL, &got), ERR_TIMEOUT, "ssh.name.late");
	assert_in_range(clock_boot_ms() - start, 250, 1000 * patience());
	int stop = eventfd(1, EFD_CLOEXEC);
	expect(ssh_dial("blade1.example", port, 20000, &stop, &got), ERR_TIMEOUT, "ssh.given-up");
	close(stop);
	pthread_mutex_unlock(&gate);
	usleep(50000);
	fine(ssh_dial("blade1.example", port, 20000, NULL, &got));
	close(got);
	wrong = 1; /* the name service forgets: the last good address goes on */
	fine(ssh_dial("blade1.example", port, 20000, NULL, &got));
	close(got);
	pthread_mutex_lock(&gate);
	start = clock_boot_ms();
	fine(ssh_dial("blade1.example", port, 1000, NULL, &got));
	assert_true(clock_boot_ms() - start < 900 * patience());
	close(got);
	pthread_mutex_unlock(&gate);
	expect(ssh_dial("-oProxyCommand=x", port, 20000, NULL, &got), ERR_USAGE, "ssh.host.bad");
	expect(ssh_dial("a\033b", port, 20000, NULL, &got), ERR_USAGE, "ssh.host.bad");
	resolve_use(NULL);
	close(fd);
	assert_true(counts_settle(was));
}

static void hundred_rounds_leave_nothing(void **state)
{
	NEED_SSHD();
	struct ssh_login login = login_of(sshd.port), silent = login_of(0);
	int fd = listen_tcp(200, &silent.port);

	silent.step_ms = 5;
	fine(try_open(&login)); /* what the first one sets up for good */
	struct counts was = counts_now();
	for (int i = 0; i < 100; i++) {
		if (i % 4 == 0) {
			struct ssh_link *l = ssh_link_new();
			fine(ssh_link_open(l, &login));
			fine(ssh_link_tunnel(l, sshd.echo, NULL));
			ssh_link_free(l);
		} else if (i % 4 == 1) {
			expect(try_open(&silent), ERR_TIMEOUT, "ssh.kex.late");
		} else if (i % 4 == 2) {
			struct ssh_login bad = login;
			bad.known_hosts = "/dev/null";
			expect(try_open(&bad), ERR_UNREACHABLE, "ssh.key.unknown");
		} else {
			struct ssh_link *l = ssh_link_new();
			ssh_link_abort(l);
			expect(ssh_link_open(l, &login), ERR_TIMEOUT, "ssh.given-up");
			ssh_link_free(l);
		}
	}
	assert_true(counts_settle(was));
	close(fd);
}

static int up(void **state)
{
	wait_ignore_sigpipe();
	unsetenv("SSH_AUTH_SOCK");
	have_sshd = sshd_up(&sshd);
	return 0;
}

static int down(void **state)
{
	if (have_sshd)
		sshd_down(&sshd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_to_a_socket), cmocka_unit_test(falls_back_to_a_command),
		cmocka_unit_test(keeps_what_a_command_complains), cmocka_unit_test(tunnel_refused),
		cmocka_unit_test(unknown_key), cmocka_unit_test(changed_key), cmocka_unit_test(two_known_keys),
		cmocka_unit_test(revoked_key), cmocka_unit_test(wrong_login_keys), cmocka_unit_test(stuck_agent),
		cmocka_unit_test(agent_lets_in), cmocka_unit_test(refused_port), cmocka_unit_test(silent_server),
		cmocka_unit_test(deaf_server), cmocka_unit_test(closes_in_kex), cmocka_unit_test(aborts_at_each_step),
		cmocka_unit_test(frozen_sshd), cmocka_unit_test(names), cmocka_unit_test(hundred_rounds_leave_nothing),
	};

	return cmocka_run_group_tests(tests, up, down);
}
