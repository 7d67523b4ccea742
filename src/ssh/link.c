/* One SSH connection from dialling to login. libssh runs without blocking, each step waits here with a deadline and can be
 * called off from any thread. A worker opens it for a host driver or for a manager's session; tunnel.c and talk.c go on. */
#include "ssh/link.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "ssh/algos.h"
#include "ssh/farewell.h"
#include "ssh/known.h"
#include "ssh/preface.h"
#include "ssh/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct ssh_link *ssh_link_new(void)
{
	struct ssh_link *l = xcalloc(1, sizeof *l);

	wait_ignore_sigpipe();
	pthread_mutex_init(&l->lock, NULL);
	l->fd = -1;
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return l;
}

void ssh_link_free(struct ssh_link *l)
{
	if (!l)
		return;
	/* Shut first: a goodbye to a frozen peer must not wait for room in the socket. */
	ssh_link_abort(l);
	talk_free(l);
	if (l->channel)
		ssh_channel_free(l->channel);
	if (l->session) {
		/* not ssh_disconnect: it forgets a descriptor that was handed to it instead of closing it */
		ssh_silent_disconnect(l->session);
		ssh_free(l->session);
	}
	if (l->fd >= 0)
		close(l->fd);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	buf_free(&l->preface);
	free(l->host);
	free(l->user);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void ssh_link_abort(struct ssh_link *l)
{
	uint64_t one = 1;

	pthread_mutex_lock(&l->lock);
	if (write(l->stop_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		abort(); /* an eventfd takes ones up to 2^64 - 2 */
	if (l->fd >= 0)
		shutdown(l->fd, SHUT_RDWR);
	pthread_mutex_unlock(&l->lock);
}

int ssh_link_fd(const struct ssh_link *l)
{
	return l->fd;
}

char *link_reason(const struct ssh_link *l)
{
	const char *s = l->session ? ssh_get_error(l->session) : NULL;

	return text_clean_dup(s && *s ? s : "the connection was closed");
}

struct err *link_wait(struct ssh_link *l, int64_t deadline, const char *late_id)
{
	int64_t now = clock_boot_ms(), slice = now + 200; /* libssh may hold what it has read already */
	short events = POLLIN;

	if (ssh_get_poll_flags(l->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	switch (wait_fd(l->fd, events, l->stop_fd, slice < deadline ? slice : deadline)) {
	case WAIT_STOPPED:
		return err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", l->host);
	case WAIT_READY:
	case WAIT_LATE:
		break;
	}
	if (clock_boot_ms() >= deadline)
		return err_new(ERR_TIMEOUT, late_id, "{s:s, s:i}", "host", l->host, "seconds", (l->step_ms + 999) / 1000);
	return NULL;
}

struct err *link_or_given_up(struct ssh_link *l, struct err *e)
{
	if (!e || wait_fd(-1, 0, l->stop_fd, 0) != WAIT_STOPPED)
		return e;
	err_free(e);
	return err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", l->host);
}

/* An option that libssh refuses is a bug here, but for those that come from outside. */
static bool option(struct ssh_link *l, enum ssh_options_e name, const void *value)
{
	return ssh_options_set(l->session, name, value) == 0;
}

static struct err *prepare(struct ssh_link *l, bool legacy, const struct known *k)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	char address[NI_MAXHOST] = "127.0.0.1";
	char *algorithms = known_algorithms(k, legacy);
	unsigned port = (unsigned)l->port;
	long timeout = (l->step_ms + 999) / 1000;
	bool no = false;

	if (getpeername(l->fd, (struct sockaddr *)&peer, &len) == 0)
		(void)getnameinfo((struct sockaddr *)&peer, len, address, sizeof address, NULL, 0, NI_NUMERICHOST);
	address[strcspn(address, "%")] = 0;
	int theirs = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
	bool ok = theirs >= 0 && option(l, SSH_OPTIONS_PROCESS_CONFIG, &no) && option(l, SSH_OPTIONS_HOST, address)
		&& option(l, SSH_OPTIONS_PORT, &port) && option(l, SSH_OPTIONS_TIMEOUT, &timeout)
		/* the host key is judged by known.c, under the name that was asked for */
		&& option(l, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") && option(l, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null")
		&& option(l, SSH_OPTIONS_FD, &theirs);
	/* libssh reads the user name of the process where none is set; a name that it refuses goes with each request */
	if (ok)
		(void)option(l, SSH_OPTIONS_USER, l->user);
	if (ok && algorithms)
		(void)option(l, SSH_OPTIONS_HOSTKEYS, algorithms);
	free(algorithms);
	if (ok)
		return NULL;
	if (theirs >= 0)
		close(theirs);
	char *why = link_reason(l);
	struct err *e = err_new(ERR_INTERNAL, "ssh.kex.failed", "{s:s, s:s}", "host", l->host, "reason", why);
	free(why);
	return e;
}

/* libssh overwrites "no match" when the server hangs up over it at once, so the sentence is taken from its log, which is a
 * thread's own. */
static void overhear(int priority, const char *function, const char *line, void *arg)
{
	char **heard = arg;
	const char *p = strstr(line, "no match for method");

	if (p && !*heard)
		*heard = text_clean_dup(p);
}

static int connect_overheard(struct ssh_link *l, char **heard)
{
	int level = ssh_get_log_level();
	ssh_logging_callback was = ssh_get_log_callback();
	void *arg = ssh_get_log_userdata();

	ssh_set_log_callback(overhear);
	ssh_set_log_userdata(heard);
	ssh_set_log_level(SSH_LOG_WARN);
	int rc = ssh_connect(l->session);
	ssh_set_log_level(level);
	ssh_set_log_callback(was);
	ssh_set_log_userdata(arg);
	return rc;
}

static struct err *no_handshake(struct ssh_link *l, const struct ssh_login *login, const char *heard)
{
	char *why = link_reason(l);
	struct err *e = heard ? algos_refusal(heard, l->host, login) : NULL;

	if (!e)
		e = err_new(ERR_UNREACHABLE, farewell_of(why) == FAREWELL_BUSY ? "ssh.busy" : "ssh.kex.failed", "{s:s, s:s}",
			"host", l->host, "reason", why);
	free(why);
	return e;
}

static struct err *handshake(struct ssh_link *l, const struct ssh_login *login, const struct known *k)
{
	int64_t deadline = clock_boot_ms() + l->step_ms;
	ssh_key key = NULL;
	char *heard = NULL;
	struct err *e = algos_offer(l->session, l->host, login);
	int rc = SSH_ERROR;

	if (!e)
		e = preface_read(l, deadline);
	if (!e)
		e = prepare(l, login->legacy, k);
	if (e)
		return e;
	ssh_set_blocking(l->session, 0);
	while (!e && (rc = connect_overheard(l, &heard)) == SSH_AGAIN)
		e = link_wait(l, deadline, "ssh.kex.late");
	if (!e && (rc != SSH_OK || ssh_get_server_publickey(l->session, &key) != SSH_OK))
		e = no_handshake(l, login, heard);
	free(heard);
	if (e)
		return e;
	/* libssh has made the descriptor block; a frozen peer would then hold the relay in send(2) */
	(void)fcntl(l->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	e = known_check(k, key);
	ssh_key_free(key);
	return e;
}

static char *own_name(void)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	if (getpwuid_r(geteuid(), &pw, room, sizeof room, &found) == 0 && found)
		return xstrdup(pw.pw_name);
	return xstrdup("root");
}

struct err *ssh_link_open(struct ssh_link *l, const struct ssh_login *login)
{
	struct known known;
	int fd;

	l->host = text_clean_dup(login->host);
	l->user = login->user && *login->user ? xstrdup(login->user) : own_name();
	l->port = login->port ? login->port : 22;
	l->step_ms = login->step_ms > 0 ? login->step_ms : 10000;
	if (l->stop_fd < 0)
		return err_sys(ERR_FAILED, "open", "eventfd", EMFILE);
	struct err *e = ssh_dial(login->host, l->port, l->step_ms, &l->stop_fd, &fd);
	if (e)
		return link_or_given_up(l, e);
	pthread_mutex_lock(&l->lock);
	l->fd = fd;
	pthread_mutex_unlock(&l->lock);
	e = known_read(login->known_hosts, login->host, l->port, &known);
	if (e)
		return e;
	l->session = ssh_new();
	if (!l->session)
		e = err_sys(ERR_FAILED, "open", "SSH session", ENOMEM);
	if (!e)
		e = handshake(l, login, &known);
	known_free(&known);
	return link_or_given_up(l, e ? e : login_run(l, login));
}
