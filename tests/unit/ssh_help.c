/* What the tests of the ssh room share (ssh_help.h). */
#include "ssh_help.h"

#include "ssh/wait.h"
#include "sshd_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char ssh_dir[] = "/tmp/tana-sshtest-XXXXXX", ssh_known[64];

int ssh_up(void **state)
{
	wait_ignore_sigpipe();
	unsetenv("SSH_AUTH_SOCK");
	assert_non_null(mkdtemp(ssh_dir));
	snprintf(ssh_known, sizeof ssh_known, "%s/known", ssh_dir);
	return 0;
}

int ssh_down(void **state)
{
	unlink(ssh_known);
	rmdir(ssh_dir);
	return 0;
}

struct ssh_login ssh_login_of(const struct server *s)
{
	write_text(ssh_known, s->known);
	return (struct ssh_login){ .host = "127.0.0.1", .port = s->port, .user = SERVER_USER, .known_hosts = ssh_known,
		.step_ms = 5000, .password = SERVER_PASSWORD };
}

struct err *ssh_try(const struct ssh_login *login)
{
	struct ssh_link *l = ssh_link_new();
	struct err *e = ssh_link_open(l, login);

	ssh_link_free(l);
	return e;
}

void expect(struct err *e, const char *id)
{
	assert_non_null(e);
	if (strcmp(e->msg.id, id) != 0)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_string_equal(e->msg.id, id);
	assert_null(strstr(e->msg.text, SERVER_PASSWORD));
	err_free(e);
}

void fine(struct err *e)
{
	if (e)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_null(e);
}

void says(const struct err *e, const char *a, const char *b)
{
	assert_non_null(e);
	if (!strstr(e->msg.text, a) || !strstr(e->msg.text, b))
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_non_null(strstr(e->msg.text, a));
	assert_non_null(strstr(e->msg.text, b));
}
