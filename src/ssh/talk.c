/* Talking to an enclosure manager: one shell or command after the other on one connection, each on a channel of its own, what
 * it says kept in the order of its arrival. A worker of src/enclosures calls; ssh_link_abort ends every wait here at once. */
#include "ssh/talk.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "ssh/farewell.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEARD_MAX (256 * 1024) /* bytes kept here; more stays in libssh, whose window then closes */
#define PIECE (16 * 1024)      /* bytes written at a time */
#define STATUS_MS 500          /* how long after the end an exit status is waited for */
#define GOODBYE_MS 1000        /* ... and the far side's closing of a channel that was hung up */
#define GUARD_MS 1000          /* longest sleep on the descriptor alone */
#define GREETING_MAX 8192

struct talk {
	struct ssh_channel_callbacks_struct calls;
	ssh_event event;     /* lets libssh work; reading from a channel does so only until its end */
	struct buf heard;
	bool deaf;           /* what comes is thrown away */
	bool closed;         /* by the far side */
	bool gone;           /* the connection is lost, or in a state that nobody knows */
	int status;
	int channels;        /* begun so far */
};

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len, int is_stderr, void *arg)
{
	struct talk *t = arg;

	if (t->deaf)
		return (int)len;
	size_t room = HEARD_MAX > t->heard.len ? HEARD_MAX - t->heard.len : 0, n = len < room ? len : room;
	buf_append(&t->heard, data, n);
	return (int)n;
}

static void on_close(ssh_session session, ssh_channel channel, void *arg)
{
	struct talk *t = arg;

	t->closed = true;
}

static void on_status(ssh_session session, ssh_channel channel, int status, void *arg)
{
	struct talk *t = arg;

	t->status = status;
}

static bool gone(const struct ssh_link *l)
{
	return !l->session || !l->talk || l->talk->gone || !ssh_is_connected(l->session);
}

static bool given_up(const struct ssh_link *l)
{
	return wait_fd(-1, 0, l->stop_fd, 0) == WAIT_STOPPED;
}

/* Lets libssh read and write what it can without waiting. */
static void pump(struct ssh_link *l)
{
	if (ssh_event_dopoll(l->talk->event, 0) == SSH_ERROR)
		l->talk->gone = true;
}

/* Waits until there is something for pump. False: the deadline has come, or the link was given up. */
static bool rest(struct ssh_link *l, int64_t deadline)
{
	int64_t guard = clock_boot_ms() + GUARD_MS;
	short events = POLLIN;

	if (ssh_get_poll_flags(l->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	switch (wait_fd(l->fd, events, l->stop_fd, guard < deadline ? guard : deadline)) {
	case WAIT_STOPPED:
		l->talk->gone = true;
		return false;
	case WAIT_READY:
		return true;
	case WAIT_LATE:
		break;
	}
	return clock_boot_ms() < deadline;
}

static struct talk *talk_of(struct ssh_link *l)
{
	struct talk *t = l->talk;

	if (t)
		return t;
	t = l->talk = xcalloc(1, sizeof *t);
	t->calls.userdata = t;
	t->calls.channel_data_function = on_data;
	t->calls.channel_close_function = on_close;
	t->calls.channel_exit_status_function = on_status;
	ssh_callbacks_init(&t->calls);
	t->status = -1;
	t->event = ssh_event_new();
	if (!t->event || ssh_event_add_session(t->event, l->session) != SSH_OK)
		t->gone = true;
	return t;
}

void talk_free(struct ssh_link *l)
{
	if (!l->talk)
		return;
	if (l->channel) /* its callbacks live in talk */
		ssh_remove_channel_callbacks(l->channel, &l->talk->calls);
	if (l->talk->event) {
		(void)ssh_event_remove_session(l->talk->event, l->session);
		ssh_event_free(l->talk->event);
	}
	buf_free(&l->talk->heard);
	free(l->talk);
	l->talk = NULL;
}

/* What there is to ask for, in this order. */
enum step { OPEN, PTY, SHELL, EXEC, STEPS };

static int ask(struct ssh_link *l, enum step what, const char *command)
{
	switch (what) {
	case OPEN:
		return ssh_channel_open_session(l->channel);
	case PTY:
		return ssh_channel_request_pty_size(l->channel, "vt100", 255, 500);
	case SHELL:
		return ssh_channel_request_shell(l->channel);
	case EXEC:
		return ssh_channel_request_exec(l->channel, command);
	case STEPS:
		break;
	}
	return SSH_ERROR;
}

static struct err *ended(struct ssh_link *l, const char *id)
{
	char *why = link_reason(l);
	struct err *e = err_new(ERR_UNREACHABLE, farewell_of(why) == FAREWELL_BUSY ? "ssh.busy" : id, "{s:s, s:s}",
		"host", l->host, "reason", why);

	free(why);
	return e;
}

static struct err *refused(struct ssh_link *l, const char *what)
{
	/* RFC 4254, 5.1: 4 is "resource shortage". On the first channel of a connection it means too many sessions, later it
	 * may be a manager that has one channel for each connection. */
	char *why = link_reason(l);
	bool full = farewell_of(why) == FAREWELL_BUSY || (l->talk->channels == 1 && strstr(why, "error (4)"));
	struct err *e = full ? err_new(ERR_UNREACHABLE, "ssh.busy", "{s:s, s:s}", "host", l->host, "reason", why)
		: err_new(ERR_UNREACHABLE, "ssh.talk.refused", "{s:s, s:s, s:s}", "host", l->host, "what", what, "reason", why);

	free(why);
	return e;
}

static struct err *start(struct ssh_link *l, const bool steps[STEPS], const char *command)
{
	struct err *e = NULL;

	ssh_link_hang_up(l);
	int64_t deadline = clock_boot_ms() + l->step_ms; /* the goodbye to the one before does not count */
	if (!l->session || !ssh_is_connected(l->session) || talk_of(l)->gone)
		return link_or_given_up(l, ended(l, "ssh.talk.lost"));
	struct talk *t = l->talk;
	t->status = -1;
	t->closed = t->deaf = false;
	t->channels++;
	l->channel = ssh_channel_new(l->session);
	if (!l->channel)
		return err_sys(ERR_FAILED, "open", "SSH channel", ENOMEM);
	if (ssh_set_channel_callbacks(l->channel, &t->calls) != SSH_OK)
		e = err_sys(ERR_FAILED, "open", "SSH channel", EINVAL);
	for (int i = 0; i < STEPS && !e; i++) {
		int rc = SSH_OK;
		while (steps[i] && !e && (rc = ask(l, (enum step)i, command)) == SSH_AGAIN)
			e = link_wait(l, deadline, "ssh.talk.late");
		if (e || rc == SSH_OK)
			continue;
		if (gone(l))
			e = ended(l, "ssh.talk.lost");
		else if (i != PTY) /* who has no terminals to give may have a shell all the same */
			e = refused(l, i == OPEN ? "a session" : i == SHELL ? "a shell" : "a command");
	}
	if (!e)
		return NULL;
	/* an answer that comes after all would be taken for one to the next question */
	if (e->class == ERR_TIMEOUT)
		t->gone = true;
	e = link_or_given_up(l, e);
	t->deaf = true;
	ssh_remove_channel_callbacks(l->channel, &t->calls);
	ssh_channel_free(l->channel);
	l->channel = NULL;
	buf_free(&t->heard);
	return e;
}

struct err *ssh_link_shell(struct ssh_link *l, bool pty)
{
	return start(l, (const bool[STEPS]){ [OPEN] = true, [PTY] = pty, [SHELL] = true }, NULL);
}

struct err *ssh_link_exec(struct ssh_link *l, const char *command)
{
	return start(l, (const bool[STEPS]){ [OPEN] = true, [EXEC] = true }, command);
}

/* What is here already: first what came in order, then what libssh kept because it was too much at a time. */
static int take(struct ssh_link *l, void *data, int len)
{
	struct talk *t = l->talk;
	size_t n = t->heard.len < (size_t)len ? t->heard.len : (size_t)len;

	if (n) {
		memcpy(data, t->heard.data, n);
		buf_drop(&t->heard, n);
		return (int)n;
	}
	for (int is_stderr = 0; l->channel && is_stderr < 2; is_stderr++) {
		int got = gone(l) ? 0 : ssh_channel_read_nonblocking(l->channel, data, (uint32_t)len, is_stderr);
		if (got > 0)
			return got;
		if (t->heard.len) /* that call has let libssh work */
			return take(l, data, len);
	}
	return 0;
}

/* After take has found nothing. */
static bool over(const struct ssh_link *l)
{
	return !l->channel || gone(l) || l->talk->closed || ssh_channel_is_eof(l->channel);
}

int ssh_link_hear(struct ssh_link *l, void *data, int len, int wait_ms)
{
	int64_t deadline = clock_boot_ms() + (wait_ms > 0 ? wait_ms : 0);

	if (!l->talk || len <= 0)
		return l->talk && !over(l) ? 0 : -1;
	for (bool more = true;; more = rest(l, deadline)) {
		int n = take(l, data, len);
		if (n > 0)
			return n;
		if (!over(l)) {
			pump(l);
			n = take(l, data, len);
			if (n > 0)
				return n;
		}
		if (over(l))
			return -1;
		if (!more)
			return 0;
	}
}

struct err *ssh_link_say(struct ssh_link *l, const void *data, size_t len, int deadline_ms)
{
	int64_t deadline = clock_boot_ms() + deadline_ms;
	const char *p = data;

	if (!l->talk || !l->channel)
		return err_new(ERR_UNREACHABLE, "ssh.talk.ended", "{s:s}", "host", l->host ? l->host : "?");
	for (;;) {
		bool pending = ssh_get_poll_flags(l->session) & SSH_WRITE_PENDING;
		if (gone(l))
			return link_or_given_up(l, ended(l, "ssh.talk.lost"));
		if (len == 0 && !pending)
			return NULL;
		if (len && (l->talk->closed || ssh_channel_is_closed(l->channel)))
			return err_new(ERR_UNREACHABLE, "ssh.talk.ended", "{s:s}", "host", l->host);
		/* what libssh has taken and not sent yet is unbounded memory: nothing new before that is gone */
		int n = len && !pending ? ssh_channel_write(l->channel, p, (uint32_t)(len < PIECE ? len : PIECE)) : 0;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && n != SSH_AGAIN)
			return link_or_given_up(l, ended(l, "ssh.talk.lost"));
		if (!rest(l, deadline))
			return link_or_given_up(l, err_new(ERR_TIMEOUT, "ssh.say.late", "{s:s, s:i}", "host", l->host,
				"seconds", (deadline_ms + 999) / 1000));
		pump(l);
	}
}

int ssh_link_status(struct ssh_link *l)
{
	int64_t deadline = clock_boot_ms() + STATUS_MS;

	if (!l->talk)
		return -1;
	while (l->talk->status < 0 && l->channel && over(l) && !gone(l) && !l->talk->closed && rest(l, deadline))
		pump(l);
	return l->talk->status;
}

bool ssh_link_lost(const struct ssh_link *l)
{
	char c;

	/* an idle connection that ended while nobody looked is found by a look at its descriptor */
	return !l->session || (l->talk && l->talk->gone) || !ssh_is_connected(l->session) || given_up(l)
		|| recv(l->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void ssh_link_hang_up(struct ssh_link *l)
{
	int64_t deadline = clock_boot_ms() + GOODBYE_MS;
	struct talk *t = l->talk;

	if (!t || !l->channel)
		return;
	t->deaf = true;
	if (!gone(l) && !given_up(l))
		(void)ssh_channel_close(l->channel);
	/* a manager with one channel for each connection refuses the next one until it has closed this one */
	while (!t->closed && !gone(l) && rest(l, deadline))
		pump(l);
	ssh_remove_channel_callbacks(l->channel, &t->calls);
	ssh_channel_free(l->channel);
	l->channel = NULL;
	buf_free(&t->heard);
}

char *ssh_link_greeting(struct ssh_link *l)
{
	const char *version = l->session ? ssh_get_serverbanner(l->session) : NULL;
	char *banner = version ? ssh_get_issue_banner(l->session) : NULL, *save = NULL;
	struct buf b = { 0 };
	char *raw = xasprintf("%s\n%.*s\n%s", version ? version : "", (int)l->preface.len,
		l->preface.len ? l->preface.data : "", banner ? banner : "");

	for (char *line = strtok_r(raw, "\r\n", &save); line && b.len < GREETING_MAX; line = strtok_r(NULL, "\r\n", &save)) {
		for (char *p = line; *p; p++)
			if (*p == '\t')
				*p = ' ';
		char *clean = text_clean_dup(line);
		buf_printf(&b, "%s%.*s", b.len ? "\n" : "", GREETING_MAX, clean);
		free(clean);
	}
	char *text = b.len ? xasprintf("%.*s", (int)b.len, b.data) : xstrdup("");
	free(raw);
	ssh_string_free_char(banner);
	buf_free(&b);
	return text;
}
