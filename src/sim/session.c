/* One connection: the SSH server side by libssh, in a process of its own. Callbacks only take notes; what is to be done
 * about them is done in the loop, since answers take their time. */
#include "sim/sim.h"
#include "common/clock.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNELS 8
#define INPUT_MAX 65536
#define LOGIN_MS 30000

struct host_keys {
	ssh_key ed25519, rsa;
};

struct chan {
	ssh_channel ch;                       /* NULL: free */
	struct term term;
	struct ssh_channel_callbacks_struct cb;
	struct conn *conn;
	char *command;                        /* of exec, until it has run */
	bool shell, started, eof, closed;
	struct buf in;
};

struct conn {
	struct sim *s;
	ssh_session session;
	ssh_key authorized;
	struct chan chans[CHANNELS];
	int opened, tries;
	bool greeted, asked_user, logged_in, counted;
};

struct host_keys *session_keys(const char *file)
{
	struct host_keys *k = xcalloc(1, sizeof *k);
	int rc;

	if (file) {
		ssh_key one = NULL;
		rc = ssh_pki_import_privkey_file(file, NULL, NULL, NULL, &one);
		if (rc == SSH_OK && ssh_key_type(one) == SSH_KEYTYPE_RSA)
			k->rsa = one;
		else if (rc == SSH_OK)
			k->ed25519 = one;
	} else {
		rc = ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &k->ed25519) == SSH_OK &&
			ssh_pki_generate(SSH_KEYTYPE_RSA, 2048, &k->rsa) == SSH_OK ? SSH_OK : SSH_ERROR;
	}
	if (rc != SSH_OK) {
		fprintf(stderr, "tana-enclosure-sim: %s: is no host key\n", file ? file : "made key");
		session_keys_free(k);
		return NULL;
	}
	return k;
}

void session_keys_free(struct host_keys *k)
{
	if (!k)
		return;
	ssh_key_free(k->ed25519);
	ssh_key_free(k->rsa);
	free(k);
}

/* --- logging in --- */

/* All of the password is looked at, wherever it differs. */
static bool same(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned char diff = la != lb;

	for (size_t i = 0; i < la; i++)
		diff |= (unsigned char)(a[i] ^ b[lb ? i % lb : 0]);
	return !diff;
}

static bool let_in(struct conn *c, const char *user, bool right)
{
	if (right && same(user ? user : "", c->s->user) && !sim_fault(c->s, F_DENIED_LOGIN, -1, NULL)) {
		c->logged_in = true;
		return true;
	}
	c->tries++;
	sim_sleep(300); /* as devices do, so that guessing is slow */
	return false;
}

/* The first thing a client asks; from here on a banner is allowed. */
static int on_none(ssh_session session, const char *user, void *arg)
{
	struct conn *c = arg;

	if (c->s->d->issue && !c->greeted) {
		ssh_string text = ssh_string_from_char(c->s->d->issue);
		ssh_send_issue_banner(session, text);
		ssh_string_free(text);
	}
	c->greeted = true;
	return SSH_AUTH_DENIED;
}

static int on_password(ssh_session session, const char *user, const char *password, void *arg)
{
	struct conn *c = arg;

	if (sim_fault(c->s, F_KBDINT, -1, NULL))
		return SSH_AUTH_DENIED;
	return let_in(c, user, same(password, c->s->password)) ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

static int on_pubkey(ssh_session session, const char *user, struct ssh_key_struct *key, char signature, void *arg)
{
	struct conn *c = arg;

	if (!c->authorized || ssh_key_cmp(key, c->authorized, SSH_KEY_CMP_PUBLIC) || !same(user, c->s->user))
		return SSH_AUTH_DENIED;
	if (signature == SSH_PUBLICKEY_STATE_NONE)
		return SSH_AUTH_SUCCESS;
	if (signature != SSH_PUBLICKEY_STATE_VALID)
		return SSH_AUTH_DENIED;
	return let_in(c, user, true) ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

/* libssh has no callback for keyboard-interactive; it comes as a message. */
static int on_message(ssh_session session, ssh_message m, void *arg)
{
	static const char *prompts[] = {"Password: "};
	static char echo_off[] = {0};
	struct conn *c = arg;

	if (ssh_message_type(m) != SSH_REQUEST_AUTH || ssh_message_subtype(m) != SSH_AUTH_METHOD_INTERACTIVE)
		return 1;
	if (!ssh_message_auth_kbdint_is_response(m)) {
		c->asked_user = same(ssh_message_auth_user(m) ? ssh_message_auth_user(m) : "", c->s->user); /* answers name none */
		ssh_message_auth_interactive_request(m, "", "", 1, prompts, echo_off);
		return 0;
	}
	const char *answer = ssh_userauth_kbdint_getnanswers(session) == 1 ? ssh_userauth_kbdint_getanswer(session, 0) : NULL;
	if (!let_in(c, c->s->user, c->asked_user && answer && same(answer, c->s->password)))
		return 1;
	ssh_message_auth_reply_success(m, 0);
	return 0;
}

/* --- channels --- */

static int on_data(ssh_session session, ssh_channel ch, void *data, uint32_t len, int is_stderr, void *arg)
{
	struct chan *n = arg;

	if (!is_stderr && n->in.len + len <= INPUT_MAX)
		buf_append(&n->in, data, len);
	return (int)len;
}

static void on_eof(ssh_session session, ssh_channel ch, void *arg)
{
	((struct chan *)arg)->eof = true;
}

static void on_close(ssh_session session, ssh_channel ch, void *arg)
{
	((struct chan *)arg)->closed = true;
}

static int on_pty(ssh_session session, ssh_channel ch, const char *kind, int w, int h, int pw, int ph, void *arg)
{
	((struct chan *)arg)->term.pty = true;
	return 0;
}

static int on_resize(ssh_session session, ssh_channel ch, int w, int h, int pw, int ph, void *arg)
{
	return 0;
}

static int on_shell(ssh_session session, ssh_channel ch, void *arg)
{
	struct chan *n = arg;

	if (n->shell || n->command || sim_fault(n->conn->s, F_NO_SHELL, -1, NULL))
		return 1;
	n->shell = true;
	return 0;
}

static int on_exec(ssh_session session, ssh_channel ch, const char *command, void *arg)
{
	struct chan *n = arg;

	if (n->shell || n->command || !n->conn->s->d->exec || sim_fault(n->conn->s, F_NO_EXEC, -1, NULL))
		return 1;
	n->command = xstrdup(command);
	return 0;
}

static void write_out(void *arg, const char *data, size_t len)
{
	struct chan *n = arg;

	if (n->closed || !ssh_channel_is_open(n->ch))
		return;
	ssh_channel_write(n->ch, data, (uint32_t)len);
	ssh_blocking_flush(n->conn->session, 1000);
}

static ssh_channel on_open(ssh_session session, void *arg)
{
	struct conn *c = arg;
	struct chan *n = NULL;

	/* IBM's managers handle one channel and no second on a connection. */
	if (!c->logged_in || (c->s->d->one_channel && c->opened))
		return NULL;
	for (int i = 0; i < CHANNELS && !n; i++)
		if (!c->chans[i].ch)
			n = &c->chans[i];
	if (!n)
		return NULL;
	memset(n, 0, sizeof *n);
	n->ch = ssh_channel_new(session);
	if (!n->ch)
		return NULL;
	n->conn = c;
	term_open(&n->term, c->s);
	n->term.write = write_out;
	n->term.arg = n;
	n->cb = (struct ssh_channel_callbacks_struct){
		.userdata = n,
		.channel_data_function = on_data,
		.channel_eof_function = on_eof,
		.channel_close_function = on_close,
		.channel_pty_request_function = on_pty,
		.channel_pty_window_change_function = on_resize,
		.channel_shell_request_function = on_shell,
		.channel_exec_request_function = on_exec,
	};
	ssh_callbacks_init(&n->cb);
	ssh_set_channel_callbacks(n->ch, &n->cb);
	c->opened++;
	return n->ch;
}

static void end_channel(struct chan *n)
{
	struct fault f;
	struct sim *s = n->conn->s;

	if (!n->closed) {
		if (!sim_fault(s, F_NO_STATUS, -1, NULL))
			ssh_channel_request_send_exit_status(n->ch, n->term.status);
		ssh_channel_send_eof(n->ch);
		ssh_blocking_flush(n->conn->session, 1000);
		if (sim_fault(s, F_LATE_CLOSE, -1, &f))
			sim_sleep(f.num ? (int)f.num : 2000);
		ssh_channel_close(n->ch);
	}
	ssh_remove_channel_callbacks(n->ch, &n->cb);
	ssh_channel_free(n->ch);
	term_close(&n->term);
	buf_free(&n->in);
	free(n->command);
	memset(n, 0, sizeof *n);
}

/* Whether this login is one too many. The count is kept by process, so that a killed session is none. */
static bool too_many(struct conn *c)
{
	struct member *m = c->s->me;
	struct fault f;
	int limit = c->s->d->sessions, n = 0;
	pid_t me = getpid();

	if (sim_fault(c->s, F_SESSIONS, -1, &f))
		limit = (int)f.num;
	else if (!limit)
		limit = SIM_CLIENTS;
	sim_lock(c->s);
	for (int i = 0; i < SIM_CLIENTS; i++)
		n += m->clients[i].pid && m->clients[i].pid != me && m->clients[i].logged_in;
	if (n >= limit)
		m->refused++;
	for (int i = 0; i < SIM_CLIENTS; i++)
		if (m->clients[i].pid == me)
			m->clients[i].logged_in = n < limit;
	sim_unlock(c->s);
	return n >= limit;
}

/* One channel: starts what was asked for, gives it its input, ends it. Whether the whole connection shall end. */
static bool tend(struct chan *n)
{
	struct conn *c = n->conn;
	bool last;

	if (n->closed) {
		end_channel(n);
		return c->s->d->one_channel;
	}
	if ((n->shell || n->command) && !n->started) {
		n->started = true;
		bool fresh = !c->counted;
		c->counted = true;
		if (fresh && too_many(c)) {
			write_out(n, c->s->d->refusal_text, strlen(c->s->d->refusal_text));
			n->term.status = 1;
			end_channel(n);
			return true;
		}
		if (n->command)
			term_run(&n->term, n->command);
		else
			term_start(&n->term);
	}
	while (n->shell && n->in.len && !n->term.done && !n->term.dead) {
		char byte = n->in.data[0];
		buf_drop(&n->in, 1);
		term_byte(&n->term, byte);
	}
	if (n->term.dead)
		return false; /* silence, for as long as the other side bears it */
	if (n->term.done || (n->shell && n->eof)) {
		last = n->shell;
		end_channel(n);
		return last; /* leaving the shell hangs up, as devices do */
	}
	return false;
}

static void serve_channels(struct conn *c, ssh_event ev)
{
	int64_t deadline = clock_boot_ms() + LOGIN_MS;

	for (;;) {
		if (ssh_event_dopoll(ev, c->logged_in ? 30000 : 1000) == SSH_ERROR)
			return;
		if (ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR))
			return;
		if (!c->logged_in && (c->tries >= 3 || clock_boot_ms() > deadline))
			return;
		for (int i = 0; i < CHANNELS; i++)
			if (c->chans[i].ch && tend(&c->chans[i])) {
				/* The other side reads what is still on its way. */
				ssh_disconnect(c->session);
				return;
			}
	}
}

static void set_up_bind(struct sim *s, ssh_bind b, struct host_keys *keys)
{
	bool no = false, legacy = sim_fault(s, F_LEGACY, -1, NULL);

	ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_BANNER, legacy ? "mpSSH_0.2.1" : s->d->banner);
	if (keys->rsa)
		ssh_bind_options_set(b, SSH_BIND_OPTIONS_IMPORT_KEY, keys->rsa);
	if (keys->ed25519 && !legacy)
		ssh_bind_options_set(b, SSH_BIND_OPTIONS_IMPORT_KEY, keys->ed25519);
	if (!legacy)
		return;
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_KEY_EXCHANGE, "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1");
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, "ssh-rsa");
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_CIPHERS_C_S, "aes128-cbc,3des-cbc");
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_CIPHERS_S_C, "aes128-cbc,3des-cbc");
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_HMAC_C_S, "hmac-sha1");
	ssh_bind_options_set(b, SSH_BIND_OPTIONS_HMAC_S_C, "hmac-sha1");
}

static int methods(struct conn *c)
{
	if (sim_fault(c->s, F_KBDINT, -1, NULL))
		return SSH_AUTH_METHOD_INTERACTIVE;
	return SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE | (c->authorized ? SSH_AUTH_METHOD_PUBLICKEY : 0);
}

/* What was offered is still read by the other side: a reset would take it away. */
static void hear_out(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char waste[512];

	shutdown(fd, SHUT_WR);
	while (poll(&p, 1, 1000) == 1 && read(fd, waste, sizeof waste) > 0)
		;
}

static void speak(struct conn *c, struct host_keys *keys, int fd)
{
	struct ssh_server_callbacks_struct cb = {
		.userdata = c,
		.auth_none_function = on_none,
		.auth_password_function = on_password,
		.auth_pubkey_function = on_pubkey,
		.channel_open_request_session_function = on_open,
	};
	ssh_bind b = ssh_bind_new();

	c->session = ssh_new();
	if (!b || !c->session)
		return;
	set_up_bind(c->s, b, keys);
	if (c->s->key_file && ssh_pki_import_pubkey_file(c->s->key_file, &c->authorized) != SSH_OK)
		fprintf(stderr, "tana-enclosure-sim: %s: is no public key\n", c->s->key_file);
	if (ssh_bind_accept_fd(b, c->session, fd) != SSH_OK) {
		fprintf(stderr, "tana-enclosure-sim: %s\n", ssh_get_error(b));
		return;
	}
	ssh_callbacks_init(&cb);
	ssh_set_server_callbacks(c->session, &cb);
	ssh_set_message_callback(c->session, on_message, c);
	ssh_set_auth_methods(c->session, methods(c));
	int kept = dup(fd);
	if (ssh_handle_key_exchange(c->session) != SSH_OK) {
		ssh_blocking_flush(c->session, 1000);
		hear_out(kept);
		return;
	}
	close(kept);
	ssh_event ev = ssh_event_new();
	if (ev && ssh_event_add_session(ev, c->session) == SSH_OK)
		serve_channels(c, ev);
}

void session_serve(struct sim *s, struct host_keys *keys, int fd)
{
	struct conn *c = xcalloc(1, sizeof *c);
	int one = 1;

	c->s = s;
	signal(SIGPIPE, SIG_IGN);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	if (sim_fault(s, F_MUTE_LOGIN, -1, NULL))
		for (;;) { /* until the other side has had enough: nothing but its end is read */
			char waste[512];
			if (read(fd, waste, sizeof waste) <= 0 && errno != EINTR)
				break;
		}
	else
		speak(c, keys, fd);
	_exit(0); /* the process is the connection: with it goes all that it has */
}
