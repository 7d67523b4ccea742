/* Logging in, and doing so with keys: a key file, the agent, the user's default keys. Called by link.c once the host key is
 * known to be right; password.c does what a password can. */
#include "ssh/login.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "ssh/farewell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define KEY_FILE_MAX (64 * 1024)
#define BANNER_SHOWN 300 /* cells */

/* why: "" it was sent and refused */
void login_tried(struct login *g, const char *what, const char *why)
{
	char *clean = text_clean_dup(what);

	buf_printf(&g->tried, "%s%s", g->tried.len ? ", " : "", clean);
	if (*why)
		buf_printf(&g->tried, " (%s)", why);
	free(clean);
}

/* Asked for a passphrase: there is nobody to type one. Without it OpenSSL would read the terminal. */
static int no_passphrase(const char *prompt, char *room, size_t len, int echo, int verify, void *data)
{
	return -1;
}

/* Reads a private key. NULL with *why set (static). */
static ssh_key key_load(const char *file, const char **why)
{
	char *text = NULL;
	ssh_key key = NULL;
	struct stat st;
	ssize_t n = -1;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*why = "";
	if (fd < 0) {
		const char *s = strerrordesc_np(errno);
		*why = s ? s : "?";
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= KEY_FILE_MAX) {
		text = xcalloc(1, KEY_FILE_MAX + 1);
		n = read(fd, text, KEY_FILE_MAX);
	}
	close(fd);
	if (n <= 0 || ssh_pki_import_privkey_base64(text, NULL, no_passphrase, NULL, &key) != SSH_OK) {
		*why = "no private key, or one with a passphrase (put that one into an agent)";
		key = NULL;
	}
	if (text)
		explicit_bzero(text, KEY_FILE_MAX);
	free(text);
	return key;
}

static struct err *refused(struct login *g)
{
	static const struct { int bit; const char *name; } table[] = {
		{ SSH_AUTH_METHOD_PUBLICKEY, "publickey" }, { SSH_AUTH_METHOD_PASSWORD, "password" },
		{ SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive" }, { SSH_AUTH_METHOD_HOSTBASED, "hostbased" },
		{ SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi" },
	};
	struct buf takes = { 0 };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (g->methods & table[i].bit)
			buf_printf(&takes, "%s%s", takes.len ? ", " : "", table[i].name);
	char *user = text_clean_dup(g->l->user);
	char *did = xasprintf("%.*s", (int)g->tried.len, g->tried.len ? g->tried.data : "");
	char *can = xasprintf("%.*s", (int)takes.len, takes.len ? takes.data : "");
	struct err *e = err_new(ERR_UNREACHABLE, g->partial ? "ssh.login.partial" : "ssh.login.refused",
		"{s:s, s:s, s:s, s:s}", "host", g->l->host, "user", user, "tried", *did ? did : "-", "methods", *can ? can : "?");
	free(user);
	free(did);
	free(can);
	buf_free(&takes);
	return e;
}

/* What it showed before the login may say that it is full: "ssh.busy" then, else NULL. */
static struct err *full(struct login *g)
{
	char *banner = ssh_get_issue_banner(g->l->session);
	struct err *e = NULL;

	if (banner && farewell_of(banner) == FAREWELL_BUSY) {
		char *clean = text_clean_dup(banner);
		if (strlen(clean) > BANNER_SHOWN)
			clean[text_cut(clean, BANNER_SHOWN, NULL)] = 0;
		e = err_new(ERR_UNREACHABLE, "ssh.busy", "{s:s, s:s}", "host", g->l->host, "reason", clean);
		free(clean);
	}
	ssh_string_free_char(banner);
	return e;
}

/* The connection ended in the middle of a login. */
static struct err *lost(struct login *g, const char *what)
{
	char *why = link_reason(g->l);
	enum farewell bye = farewell_of(why);
	struct err *e = bye == FAREWELL_NONE ? full(g) : NULL;

	/* who has refused once and then hangs up has refused; who hangs up at the first try may as well be broken */
	if (!e && (bye == FAREWELL_DENIED || (bye == FAREWELL_NONE && g->denied))) {
		login_tried(g, what, "it hung up");
		e = refused(g);
	}
	if (!e)
		e = err_new(ERR_UNREACHABLE, bye == FAREWELL_BUSY ? "ssh.busy" : "ssh.login.lost", "{s:s, s:s}",
			"host", g->l->host, "reason", why);
	free(why);
	return e;
}

struct err *login_step(struct login *g, login_fn *fn, const void *with, const char *what, int *rc)
{
	while ((*rc = fn(g->l, with)) == SSH_AUTH_AGAIN) {
		struct err *e = link_wait(g->l, g->deadline, "ssh.login.late");
		if (e)
			return e;
	}
	g->partial = g->partial || *rc == SSH_AUTH_PARTIAL;
	if (*rc == SSH_AUTH_SUCCESS || *rc == SSH_AUTH_INFO)
		return NULL;
	return ssh_is_connected(g->l->session) ? NULL : lost(g, what);
}

static struct err *step(struct login *g, login_fn *fn, const void *with, const char *what, bool *in)
{
	int rc;
	struct err *e = login_step(g, fn, with, what, &rc);

	*in = !e && rc == SSH_AUTH_SUCCESS;
	return e;
}

static int by_none(struct ssh_link *l, const void *with)
{
	return ssh_userauth_none(l->session, l->user);
}

static int by_key(struct ssh_link *l, const void *with)
{
	return ssh_userauth_publickey(l->session, l->user, (ssh_key)(uintptr_t)with); /* libssh knows no const here */
}

static int by_agent(struct ssh_link *l, const void *with)
{
	return ssh_userauth_agent(l->session, l->user);
}

static struct err *try_file(struct login *g, const char *file, bool *in)
{
	const char *why;
	ssh_key key = key_load(file, &why);

	if (!key) {
		login_tried(g, file, why);
		return NULL;
	}
	struct err *e = step(g, by_key, key, file, in);
	ssh_key_free(key);
	if (!e && !*in)
		login_tried(g, file, "");
	return e;
}

static struct err *try_defaults(struct login *g, bool *in)
{
	static const char *const names[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	struct passwd pw, *found = NULL;
	char room[4096];
	struct err *e = NULL;

	if (getpwuid_r(geteuid(), &pw, room, sizeof room, &found) != 0 || !found)
		return NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0] && !e && !*in; i++) {
		char *file = xasprintf("%s/.ssh/%s", pw.pw_dir, names[i]);
		if (access(file, F_OK) == 0)
			e = try_file(g, file, in);
		free(file);
	}
	return e;
}

/* libssh talks to the agent without any deadline, and an agent may ask a person first: this thread shuts the agent's
 * socket when the step is over or called off. */
struct agent_watch { int fd, stop_fd, done_fd; int64_t deadline; };

static void *agent_watch(void *arg)
{
	struct agent_watch *w = arg;

	if (wait_fd(w->done_fd, POLLIN, w->stop_fd, w->deadline) != WAIT_READY)
		shutdown(w->fd, SHUT_RDWR);
	return NULL;
}

static int agent_connect(struct login *g)
{
	const char *path = getenv("SSH_AUTH_SOCK");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (!path || !*path || strlen(path) >= sizeof sa.sun_path)
		return -1;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A Unix socket whose queue is full says EAGAIN and tells nobody when there is room: that agent is stuck. */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct err *try_agent(struct login *g, bool *in)
{
	struct agent_watch w = { .stop_fd = g->l->stop_fd, .deadline = g->deadline };
	pthread_t thread;
	uint64_t one = 1;
	struct err *e = NULL;
	int fd = agent_connect(g);

	if (fd < 0)
		return NULL;
	w.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	w.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w.fd < 0 || w.done_fd < 0 || !thread_start(agent_watch, &w, 0, &thread)) {
		close(fd);
	} else {
		if (ssh_set_agent_socket(g->l->session, fd) == SSH_OK)
			e = step(g, by_agent, NULL, "the agent", in);
		else
			close(fd);
		if (write(w.done_fd, &one, sizeof one) < 0)
			abort(); /* an eventfd at 0 takes a 1 */
		pthread_join(thread, NULL);
		login_tried(g, "the agent", "");
		if (!e && !*in)
			e = wait_fd(-1, 0, w.stop_fd, 0) == WAIT_STOPPED
				? err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", g->l->host)
				: clock_boot_ms() < g->deadline ? NULL
				: err_new(ERR_TIMEOUT, "ssh.agent.late", "{s:s, s:i}", "host", g->l->host, "seconds",
					(g->l->step_ms + 999) / 1000);
	}
	if (w.fd >= 0)
		close(w.fd);
	if (w.done_fd >= 0)
		close(w.done_fd);
	return e;
}

struct err *login_run(struct ssh_link *l, const struct ssh_login *login)
{
	struct login g = { .l = l, .deadline = clock_boot_ms() + l->step_ms };
	bool in = false, own = login->key_file && *login->key_file, password = login->password && *login->password;
	struct err *e = step(&g, by_none, NULL, "no password", &in);

	g.methods = e || in ? 0 : ssh_userauth_list(l->session, l->user);
	if (!e && !in && own)
		e = try_file(&g, login->key_file, &in);
	if (!e && !in && !password)
		e = try_agent(&g, &in);
	if (!e && !in && !own && !password)
		e = try_defaults(&g, &in);
	if (!e && !in && password)
		e = password_try(&g, login->password, &in);
	if (!e && !in)
		e = full(&g);
	if (!e && !in)
		e = refused(&g);
	buf_free(&g.tried);
	return e;
}
