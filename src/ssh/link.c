/* One SSH connection from dialling to tunnel. libssh runs without blocking, each step waits here with a deadline and can be
 * called off from any thread. A host driver opens it on a worker; then the relay alone reads and writes. */
#include "ssh/link.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "ssh/known.h"

#include <errno.h>
#include <fcntl.h>
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

/* A link that was given up fails in many ways, all of them for that one reason. */
static struct err *or_given_up(struct ssh_link *l, struct err *e)
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

static struct err *prepare(struct ssh_link *l, const struct known *k)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	char address[NI_MAXHOST] = "127.0.0.1";
	char *algorithms = known_algorithms(k);
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

static struct err *handshake(struct ssh_link *l, const struct known *k)
{
	int64_t deadline = clock_boot_ms() + l->step_ms;
	ssh_key key = NULL;
	struct err *e = prepare(l, k);
	int rc;

	if (e)
		return e;
	ssh_set_blocking(l->session, 0);
	while ((rc = ssh_connect(l->session)) == SSH_AGAIN) {
		e = link_wait(l, deadline, "ssh.kex.late");
		if (e)
			return e;
	}
	if (rc != SSH_OK || ssh_get_server_publickey(l->session, &key) != SSH_OK) {
		char *why = link_reason(l);
		e = err_new(ERR_UNREACHABLE, "ssh.kex.failed", "{s:s, s:s}", "host", l->host, "reason", why);
		free(why);
		return e;
	}
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
		return or_given_up(l, e);
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
		e = handshake(l, &known);
	known_free(&known);
	return or_given_up(l, e ? e : login_run(l, login->key_file));
}

/* One try: a channel to the socket, or one that runs the command. The reason when refused goes to *why. */
static struct err *channel_open(struct ssh_link *l, const char *remote_socket, const char *command, bool *ok, char **why)
{
	int64_t deadline = clock_boot_ms() + l->step_ms;
	struct err *e = NULL;
	int rc;

	*ok = false;
	l->channel = ssh_channel_new(l->session);
	if (!l->channel)
		return err_sys(ERR_FAILED, "open", "SSH channel", ENOMEM);
	while (!e && (rc = remote_socket ? ssh_channel_open_forward_unix(l->channel, remote_socket, "127.0.0.1", 0)
			: ssh_channel_open_session(l->channel)) == SSH_AGAIN)
		e = link_wait(l, deadline, "ssh.channel.late");
	if (!e && rc == SSH_OK && !remote_socket)
		while (!e && (rc = ssh_channel_request_exec(l->channel, command)) == SSH_AGAIN)
			e = link_wait(l, deadline, "ssh.channel.late");
	*ok = !e && rc == SSH_OK;
	if (*ok)
		return NULL;
	if (!e)
		*why = link_reason(l);
	if (!e && !ssh_is_connected(l->session))
		e = err_new(ERR_UNREACHABLE, "ssh.channel.lost", "{s:s, s:s}", "host", l->host, "reason", *why);
	ssh_channel_free(l->channel);
	l->channel = NULL;
	return e;
}

struct err *ssh_link_tunnel(struct ssh_link *l, const char *remote_socket, const char *command)
{
	char *why_socket = NULL, *why_command = NULL;
	struct err *e = NULL;
	bool ok = false;

	if (remote_socket)
		e = channel_open(l, remote_socket, NULL, &ok, &why_socket);
	if (!e && !ok && command)
		e = channel_open(l, NULL, command, &ok, &why_command);
	if (!e && !ok) {
		char *what = text_clean_dup(remote_socket ? remote_socket : command);
		e = err_new(ERR_UNREACHABLE, "ssh.tunnel.refused", "{s:s, s:s, s:s, s:s}", "host", l->host, "what", what,
			"reason", why_socket ? why_socket : why_command ? why_command : "?",
			"second", why_socket && why_command ? why_command : "-");
		free(what);
	}
	free(why_socket);
	free(why_command);
	return or_given_up(l, e);
}

/* Keeps the beginning of what the far side writes to stderr, and by reading it lets libssh work. False: it is over. */
static bool drive(struct ssh_link *l)
{
	char chunk[512];

	for (;;) {
		int n = ssh_channel_read_nonblocking(l->channel, chunk, sizeof chunk, 1);
		if (n <= 0)
			return n == 0 || n == SSH_AGAIN || n == SSH_EOF;
		size_t room = LINK_WORDS - 1 - l->nwords;
		pthread_mutex_lock(&l->lock);
		memcpy(l->words + l->nwords, chunk, (size_t)n < room ? (size_t)n : room);
		l->nwords += (size_t)n < room ? (size_t)n : room;
		pthread_mutex_unlock(&l->lock);
	}
}

int ssh_link_read(struct ssh_link *l, void *data, int len)
{
	if (l->failed || !drive(l)) {
		l->failed = true;
		return -1;
	}
	if (len <= 0)
		return 0;
	int n = ssh_channel_read_nonblocking(l->channel, data, (uint32_t)len, 0);
	if (n > 0)
		return n;
	if (n == SSH_ERROR || n == SSH_EOF || ssh_channel_is_eof(l->channel) || ssh_channel_is_closed(l->channel)) {
		l->failed = true;
		return -1;
	}
	return 0;
}

int ssh_link_write(struct ssh_link *l, const void *data, int len)
{
	if (l->failed)
		return -1;
	/* What libssh has taken and not sent yet is unbounded memory: nothing new before that is gone. */
	if (ssh_get_status(l->session) & SSH_WRITE_PENDING)
		return 0;
	int n = ssh_channel_write(l->channel, data, (uint32_t)len);
	if (n >= 0)
		return n;
	return n == SSH_AGAIN ? 0 : -1; /* what it said before can still be read */
}

int ssh_link_wants(struct ssh_link *l)
{
	if (l->failed)
		return 0;
	return POLLIN | (ssh_get_poll_flags(l->session) & SSH_WRITE_PENDING ? POLLOUT : 0);
}

char *ssh_link_words(struct ssh_link *l)
{
	pthread_mutex_lock(&l->lock);
	char *raw = xasprintf("%.*s", (int)l->nwords, l->words);
	pthread_mutex_unlock(&l->lock);
	for (char *p = raw; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	size_t n = strlen(raw);
	while (n && raw[n - 1] == ' ')
		raw[--n] = 0;
	char *clean = text_clean_dup(raw);
	free(raw);
	return clean;
}
