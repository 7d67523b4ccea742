/* A link as a tunnel: to a Unix socket on the far side, or to what a command there says and hears. Opened by a host driver
 * on a worker; then the relay alone reads and writes, without ever blocking. */
#include "ssh/link.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

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
	return link_or_given_up(l, e);
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
