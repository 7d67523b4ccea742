/* The server of ssh_server.h, made of libssh's server half. */
#include "ssh_server.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* libssh wants callbacks in place of some of these; it has none for keyboard-interactive */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct visit {
	ssh_session session;
	const struct server_order *order;
	struct server_seen *seen;
	ssh_channel channel;
	int rounds;
	bool right;                 /* the questions' first round was answered well */
};

static int methods_of(enum server_login login)
{
	switch (login) {
	case LOGIN_QUESTIONS:
	case LOGIN_ENDLESS:
	case LOGIN_EXPIRED:
		return SSH_AUTH_METHOD_INTERACTIVE;
	case LOGIN_KEYS:
		return SSH_AUTH_METHOD_PUBLICKEY;
	case LOGIN_BOTH:
	case LOGIN_HANGS_UP:
		return SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE | SSH_AUTH_METHOD_PUBLICKEY;
	default:
		return SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY;
	}
}

static void deny(struct visit *v, ssh_message m)
{
	ssh_message_auth_set_methods(m, methods_of(v->order->login));
	ssh_message_reply_default(m);
}

static void ask(struct visit *v, ssh_message m)
{
	static const char *first[] = { "User name: ", "Password: " };
	static const char *change[] = { "Enter current password: ", "New password: ", "Retype new password: " };
	char open_then_hidden[] = { 1, 0, 0 }, hidden[] = { 0, 0, 0 };

	v->rounds++;
	if (v->right)
		ssh_message_auth_interactive_request(m, "", "Your password has expired.", 3, change, hidden);
	else
		ssh_message_auth_interactive_request(m, "iLO", "", 2, first, open_then_hidden);
}

/* True when let in. */
static bool on_questions(struct visit *v, ssh_message m)
{
	int n = ssh_message_auth_kbdint_is_response(m) ? ssh_userauth_kbdint_getnanswers(v->session) : -1;

	if (n < 0) {
		ask(v, m);
		return false;
	}
	v->seen->questions++;
	if (v->right) {
		v->seen->changed = true;
		deny(v, m);
		return false;
	}
	const char *user = ssh_userauth_kbdint_getanswer(v->session, 0), *password = ssh_userauth_kbdint_getanswer(v->session, 1);
	bool good = n == 2 && strcmp(user, SERVER_USER) == 0 && strcmp(password, SERVER_PASSWORD) == 0;
	if (v->order->login == LOGIN_ENDLESS || (good && v->order->login == LOGIN_EXPIRED)) {
		v->right = v->order->login == LOGIN_EXPIRED;
		ask(v, m);
		return false;
	}
	if (!good) {
		deny(v, m);
		return false;
	}
	ssh_message_auth_reply_success(m, 0);
	return true;
}

/* True when let in. */
static bool on_login(struct visit *v, ssh_message m)
{
	static const char *new_one[] = { "x" };
	char hidden[] = { 0 };

	switch (ssh_message_subtype(m)) {
	case SSH_AUTH_METHOD_NONE:
		v->seen->no_password = true;
		if (v->order->login == LOGIN_FULL) {
			ssh_string text = ssh_string_from_char("Maximum number of sessions reached\r\nTry again later\r\n");
			ssh_send_issue_banner(v->session, text);
			ssh_string_free(text);
		}
		break;
	case SSH_AUTH_METHOD_PUBLICKEY:
		v->seen->keys++;
		break;
	case SSH_AUTH_METHOD_PASSWORD:
		v->seen->passwords++;
		if (v->order->login == LOGIN_CHANGE) { /* packet 60, which is the same number */
			ssh_message_auth_interactive_request(m, "", "", 1, new_one, hidden);
			return false;
		}
		if (v->order->login == LOGIN_HANGS_UP && v->seen->passwords > 1)
			_exit(0);
		if (v->order->login == LOGIN_FULL || strcmp(ssh_message_auth_user(m), SERVER_USER) != 0
			|| strcmp(ssh_message_auth_password(m), SERVER_PASSWORD) != 0)
			break;
		ssh_message_auth_reply_success(m, 0);
		return true;
	case SSH_AUTH_METHOD_INTERACTIVE:
		if (v->order->login == LOGIN_HANGS_UP)
			_exit(0);
		if (methods_of(v->order->login) & SSH_AUTH_METHOD_INTERACTIVE)
			return on_questions(v, m);
		break;
	default:
		break;
	}
	deny(v, m);
	return false;
}

static void put(struct visit *v, const char *text)
{
	ssh_channel_write(v->channel, text, (uint32_t)strlen(text));
}

static void finish(struct visit *v, int status)
{
	enum server_talk talk = v->order->talk;

	ssh_channel_send_eof(v->channel);
	if (talk == TALK_LATE_CLOSE)
		sleep(3);
	else if (talk != TALK_NO_STATUS)
		ssh_channel_request_send_exit_status(v->channel, status);
	ssh_channel_close(v->channel);
	v->channel = NULL;
}

static void run(struct visit *v, const char *command)
{
	char line[256], *big;

	if (strcmp(command, "merge") == 0) {
		for (int i = 0; i < 200; i++) {
			snprintf(line, sizeof line, "%d\n", i);
			if (i % 2)
				ssh_channel_write_stderr(v->channel, line, (uint32_t)strlen(line));
			else
				put(v, line);
		}
	} else if (strcmp(command, "big") == 0) {
		big = malloc(1024 * 1024);
		memset(big, 'x', 1024 * 1024);
		ssh_channel_write(v->channel, big, 1024 * 1024);
		free(big);
	} else if (strcmp(command, "sleep") == 0) {
		sleep(60); /* for as long as anybody waits: it ends with the server */
	} else {
		snprintf(line, sizeof line, "ran %s\n", command);
		put(v, line);
		if (v->order->talk == TALK_DROPS) {
			usleep(50000);
			_exit(0);
		}
	}
	finish(v, 7);
}

static void shell(struct visit *v)
{
	static const char *const pieces[] = { "Wel", "come\r", "\n", ">", " " };
	char line[256], answer[300], c;
	size_t n = 0;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		put(v, pieces[i]);
		usleep(20000);
	}
	while (ssh_channel_read(v->channel, &c, 1, 0) == 1) {
		if (c != '\r' && n < sizeof line - 1) {
			line[n++] = c;
			continue;
		}
		line[n] = 0;
		n = 0;
		if (strcmp(line, "exit") == 0)
			break;
		snprintf(answer, sizeof answer, "[%s]\r\n> ", line);
		put(v, answer);
	}
	finish(v, 0);
}

static void on_open(struct visit *v, ssh_message m)
{
	enum server_talk talk = v->order->talk;

	v->seen->channels++;
	/* one that the client has closed is none */
	if (v->channel && ssh_channel_is_closed(v->channel))
		v->channel = NULL;
	if (talk == TALK_MUTE)
		return;
	if (talk == TALK_NO_SESSION || (talk == TALK_ONE_CHANNEL && v->channel))
		ssh_message_reply_default(m);
	else
		v->channel = ssh_message_channel_request_open_reply_accept(m);
}

static void on_request(struct visit *v, ssh_message m)
{
	enum server_talk talk = v->order->talk;
	int kind = ssh_message_subtype(m);

	if (kind == SSH_CHANNEL_REQUEST_PTY) {
		v->seen->ptys++;
		v->seen->columns = ssh_message_channel_request_pty_width(m);
		v->seen->rows = ssh_message_channel_request_pty_height(m);
	}
	if (!v->channel || (kind == SSH_CHANNEL_REQUEST_PTY && talk == TALK_NO_PTY)
		|| (kind == SSH_CHANNEL_REQUEST_SHELL && talk == TALK_NO_SHELL)
		|| (kind != SSH_CHANNEL_REQUEST_PTY && kind != SSH_CHANNEL_REQUEST_SHELL && kind != SSH_CHANNEL_REQUEST_EXEC)) {
		ssh_message_reply_default(m);
		return;
	}
	char *command = kind == SSH_CHANNEL_REQUEST_EXEC ? strdup(ssh_message_channel_request_command(m)) : NULL;
	ssh_message_channel_request_reply_success(m);
	if (command)
		run(v, command);
	else if (kind == SSH_CHANNEL_REQUEST_SHELL)
		shell(v);
	free(command);
}

static void serve(struct visit *v)
{
	ssh_message m;
	bool in = false;

	if (ssh_handle_key_exchange(v->session) != SSH_OK)
		return;
	while ((m = ssh_message_get(v->session))) {
		int type = ssh_message_type(m);
		if (type == SSH_REQUEST_AUTH && !in)
			in = on_login(v, m);
		else if (type == SSH_REQUEST_CHANNEL_OPEN && in && v->order->login == LOGIN_FULL_AFTER)
			break;
		else if (type == SSH_REQUEST_CHANNEL_OPEN && in)
			on_open(v, m);
		else if (type == SSH_REQUEST_CHANNEL && in)
			on_request(v, m);
		else
			ssh_message_reply_default(m);
		ssh_message_free(m);
	}
	ssh_session_set_disconnect_message(v->session, "Too many sessions");
	ssh_disconnect(v->session);
}

static void accept_all(ssh_bind bind, const struct server_order *order, struct server_seen *seen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		ssh_session s = ssh_new();
		if (ssh_bind_accept(bind, s) != SSH_OK)
			_exit(1);
		if (fork() == 0) {
			struct visit v = { .session = s, .order = order, .seen = seen };
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(&v);
			_exit(0);
		}
		/* not a word to the client from here: the child talks to it */
		close(ssh_get_fd(s));
		ssh_silent_disconnect(s);
		ssh_free(s);
	}
}

static void set(ssh_bind b, enum ssh_bind_options_e name, const void *value)
{
	if (value && ssh_bind_options_set(b, name, value) != SSH_OK) {
		printf("the server's options: %s\n", ssh_get_error(b));
		abort();
	}
}

void server_up(struct server *s, const struct server_order *order)
{
	ssh_bind b = ssh_bind_new();
	ssh_key key = NULL;
	char *b64 = NULL;
	unsigned port;
	bool no = false;

	memset(s, 0, sizeof *s);
	s->seen = mmap(NULL, sizeof *s->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!b || s->seen == MAP_FAILED
		|| ssh_pki_generate(order->rsa ? SSH_KEYTYPE_RSA : SSH_KEYTYPE_ED25519, order->rsa ? 2048 : 0, &key) != SSH_OK
		|| ssh_pki_export_pubkey_base64(key, &b64) != SSH_OK)
		abort();
	set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
	set(b, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1");
	set(b, SSH_BIND_OPTIONS_IMPORT_KEY, key);
	set(b, SSH_BIND_OPTIONS_KEY_EXCHANGE, order->kex);
	set(b, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, order->host_keys);
	set(b, SSH_BIND_OPTIONS_CIPHERS_C_S, order->ciphers);
	set(b, SSH_BIND_OPTIONS_CIPHERS_S_C, order->ciphers);
	set(b, SSH_BIND_OPTIONS_HMAC_C_S, order->macs);
	set(b, SSH_BIND_OPTIONS_HMAC_S_C, order->macs);
	set(b, SSH_BIND_OPTIONS_BANNER, "mpSSH_0.2.1");
	/* a free port may be gone before it is bound: another one then */
	for (unsigned i = 0;; i++) {
		port = 20000 + ((unsigned)getpid() * 7 + i * 13 + (unsigned)(uintptr_t)s->seen / 4096) % 12000;
		set(b, SSH_BIND_OPTIONS_BINDPORT, &port);
		if (ssh_bind_listen(b) == SSH_OK)
			break;
		if (i > 200)
			abort();
	}
	s->port = (int)port;
	snprintf(s->known, sizeof s->known, "[127.0.0.1]:%u %s %s\n", port, order->rsa ? "ssh-rsa" : "ssh-ed25519", b64);
	ssh_string_free_char(b64);
	s->pid = fork();
	if (s->pid == 0) {
		accept_all(b, order, s->seen);
		_exit(1);
	}
	ssh_bind_free(b);
}

void server_down(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	munmap(s->seen, sizeof *s->seen);
}
