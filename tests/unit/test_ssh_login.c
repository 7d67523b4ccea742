/* Logging in to enclosure managers: passwords, questions, what is said before, and who says that it is full. */
#include "ssh/farewell.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"
#include "ssh_help.h"
#include "sshd_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


/* The error says each of these words. */
static struct err *with(const struct server *s, const char *password)
{
	struct ssh_login login = ssh_login_of(s);

	login.password = password;
	return ssh_try(&login);
}

static void password(void **state)
{
	struct server s;
	struct ssh_login login;

	char agent[80];
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(agent, sizeof agent, "%s/agent", ssh_dir);
	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", agent);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, 8), 0);
	setenv("SSH_AUTH_SOCK", agent, 1);
	server_up(&s, &(struct server_order){ .login = LOGIN_PASSWORD });
	fine(with(&s, SERVER_PASSWORD));
	assert_true(s.seen->no_password);
	assert_int_equal(s.seen->passwords, 1);
	assert_int_equal(s.seen->keys, 0); /* it takes them, and is shown none */
	struct err *e = with(&s, "wr0ng");
	says(e, "the password", "publickey, password");
	assert_null(strstr(e->msg.text, "wr0ng"));
	expect(e, "ssh.login.refused");
	assert_int_equal(s.seen->passwords, 2); /* one guess, not more */
	assert_int_equal(s.seen->keys, 0);
	login = ssh_login_of(&s); /* a key that is named is tried first */
	char key[80], pub[600];
	snprintf(key, sizeof key, "%s/key", ssh_dir);
	assert_true(sshd_new_key(key, pub, sizeof pub));
	login.key_file = key;
	fine(ssh_try(&login));
	assert_true(s.seen->keys > 0);
	assert_int_equal(s.seen->passwords, 3);
	unlink(key);
	assert_int_equal(accept(fd, NULL, NULL), -1); /* nobody has asked the agent */
	unsetenv("SSH_AUTH_SOCK");
	unlink(agent);
	close(fd);
	server_down(&s);
}

static void questions(void **state)
{
	struct server s;

	server_up(&s, &(struct server_order){ .login = LOGIN_QUESTIONS });
	fine(with(&s, SERVER_PASSWORD));
	assert_int_equal(s.seen->questions, 1);
	assert_int_equal(s.seen->passwords, 0);
	struct err *e = with(&s, "wr0ng");
	says(e, "answer to questions", "keyboard-interactive");
	expect(e, "ssh.login.refused");
	server_down(&s);

	server_up(&s, &(struct server_order){ .login = LOGIN_BOTH });
	fine(with(&s, SERVER_PASSWORD));
	assert_int_equal(s.seen->questions, 0);
	expect(with(&s, "wr0ng"), "ssh.login.refused");
	assert_int_equal(s.seen->passwords, 2);
	assert_int_equal(s.seen->questions, 1);
	server_down(&s);

	server_up(&s, &(struct server_order){ .login = LOGIN_ENDLESS });
	e = with(&s, SERVER_PASSWORD);
	says(e, "on and on", "");
	expect(e, "ssh.login.refused");
	assert_in_range(s.seen->questions, 2, 16);
	server_down(&s);

	server_up(&s, &(struct server_order){ .login = LOGIN_KEYS });
	e = with(&s, SERVER_PASSWORD);
	says(e, "the password (not taken there)", "The server takes: publickey");
	expect(e, "ssh.login.refused");
	assert_int_equal(s.seen->passwords + s.seen->questions + s.seen->keys, 0);
	server_down(&s);
}

static void expired(void **state)
{
	struct server s;

	server_up(&s, &(struct server_order){ .login = LOGIN_EXPIRED });
	struct err *e = with(&s, SERVER_PASSWORD);
	says(e, "Enter current password", "expired");
	expect(e, "ssh.login.expired");
	usleep(100000);
	assert_int_equal(s.seen->questions, 1);
	assert_false(s.seen->changed);
	server_down(&s);

	server_up(&s, &(struct server_order){ .login = LOGIN_CHANGE });
	expect(with(&s, SERVER_PASSWORD), "ssh.login.expired");
	assert_int_equal(s.seen->passwords, 1);
	server_down(&s);
}

static void hangs_up(void **state)
{
	struct server s;

	server_up(&s, &(struct server_order){ .login = LOGIN_HANGS_UP });
	struct err *e = with(&s, "wr0ng");
	says(e, "the password, ", "(it hung up)");
	expect(e, "ssh.login.refused");
	expect(with(&s, "wr0ng"), "ssh.login.lost"); /* at the first try of a connection: nobody can tell why */
	server_down(&s);
}

/* -- full -- */

struct stub { int fd; const char *says; };

static void *stub_run(void *arg)
{
	struct stub *s = arg;
	char data[4096];
	int c = accept(s->fd, NULL, NULL);

	for (const char *p = s->says; *p; p++) { /* byte by byte, as a slow one would */
		(void)!send(c, p, 1, MSG_NOSIGNAL);
		usleep(1000);
	}
	shutdown(c, SHUT_WR);
	(void)!read(c, data, sizeof data);
	close(c);
	return NULL;
}

static struct err *stubbed(const char *text, int step_ms)
{
	struct ssh_login login = { .host = "127.0.0.1", .user = "u", .known_hosts = "/dev/null", .password = "p", .step_ms = step_ms };
	struct stub s = { listen_tcp(8, &login.port), text };
	pthread_t t;

	pthread_create(&t, NULL, stub_run, &s);
	struct err *e = ssh_try(&login);
	pthread_join(t, NULL);
	close(s.fd);
	return e;
}

static void full(void **state)
{
	struct server s;
	struct err *e = stubbed("Maximum number of sessions reached\r\n", 5000);

	says(e, "Maximum number of sessions", "no session free");
	expect(e, "ssh.busy");
	expect(stubbed("Exceeded MaxStartups\r\n", 5000), "ssh.busy");
	expect(stubbed("All sessions are in use", 5000), "ssh.busy"); /* no end of line */
	e = stubbed("Not today\r\n", 5000);
	says(e, "Not today", "");
	expect(e, "ssh.kex.failed");

	server_up(&s, &(struct server_order){ .login = LOGIN_FULL });
	expect(with(&s, SERVER_PASSWORD), "ssh.busy");
	server_down(&s);
	server_up(&s, &(struct server_order){ .login = LOGIN_FULL_AFTER });
	struct ssh_login login = ssh_login_of(&s);
	struct ssh_link *l = ssh_link_new();
	fine(ssh_link_open(l, &login));
	expect(ssh_link_shell(l, true), "ssh.busy");
	assert_true(ssh_link_lost(l));
	ssh_link_free(l);
	server_down(&s);
}

static void farewells(void **state)
{
	static const struct { const char *said; enum farewell is; } rows[] = {
		{ "Received SSH_MSG_DISCONNECT: 12:bye", FAREWELL_BUSY },
		{ "Received SSH_MSG_DISCONNECT: 11:Session limit reached", FAREWELL_BUSY },
		{ "Received SSH_MSG_DISCONNECT: 11:Too many connections", FAREWELL_BUSY },
		{ "Received SSH_MSG_DISCONNECT: 2:Too many authentication failures", FAREWELL_DENIED },
		{ "Received SSH_MSG_DISCONNECT: 14:no more", FAREWELL_DENIED },
		{ "Received SSH_MSG_DISCONNECT: 1:what", FAREWELL_NONE },
		{ "Socket error: disconnected", FAREWELL_NONE },
		{ "This system may be in use by staff of the company only", FAREWELL_NONE },
		{ "Too many failed logins lock the account", FAREWELL_DENIED },
		{ "", FAREWELL_NONE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (farewell_of(rows[i].said) != rows[i].is)
			printf("%s\n", rows[i].said);
		assert_int_equal(farewell_of(rows[i].said), rows[i].is);
	}
}

/* A server that takes its time, says something first, and is a server all the same. */
struct relay { int fd, to; };

static void *relay_run(void *arg)
{
	struct relay *r = arg;
	char data[8192];
	int c = accept(r->fd, NULL, NULL);

	(void)!send(c, "Authorised use", 14, MSG_NOSIGNAL);
	usleep(50000);
	(void)!send(c, " only\r\nAsset 12\x1b[1m\r\n", 21, MSG_NOSIGNAL);
	for (;;) {
		struct pollfd p[2] = { { .fd = c, .events = POLLIN }, { .fd = r->to, .events = POLLIN } };
		if (poll(p, 2, 10000) <= 0)
			break;
		int from = p[0].revents ? 0 : 1;
		ssize_t n = read(p[from].fd, data, sizeof data);
		if (n <= 0 || write(p[1 - from].fd, data, (size_t)n) != n)
			break;
	}
	close(c);
	return NULL;
}

static void words_before_the_version(void **state)
{
	struct server s;
	struct relay r;
	char text[1100], *colon;
	int port;
	pthread_t t;

	server_up(&s, &(struct server_order){ 0 });
	struct ssh_login login = ssh_login_of(&s);
	r.fd = listen_tcp(8, &port);
	fine(ssh_dial("127.0.0.1", s.port, 20000, NULL, &r.to));
	pthread_create(&t, NULL, relay_run, &r);
	colon = strstr(s.known, "]:");
	snprintf(text, sizeof text, "[127.0.0.1]:%d%s", port, strchr(colon, ' '));
	write_text(ssh_known, text);
	login.port = port;
	struct ssh_link *l = ssh_link_new();
	char *greeting = ssh_link_greeting(l);
	assert_string_equal(greeting, "");
	free(greeting);
	fine(ssh_link_open(l, &login));
	greeting = ssh_link_greeting(l);
	assert_string_equal(greeting, "SSH-2.0-mpSSH_0.2.1\nAuthorised use only\nAsset 12\\x1b[1m");
	free(greeting);
	ssh_link_free(l);
	pthread_join(t, NULL);
	close(r.to);
	close(r.fd);
	server_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password), cmocka_unit_test(questions), cmocka_unit_test(expired), cmocka_unit_test(hangs_up),
		cmocka_unit_test(full), cmocka_unit_test(farewells), cmocka_unit_test(words_before_the_version),
	};

	return cmocka_run_group_tests(tests, ssh_up, ssh_down);
}
