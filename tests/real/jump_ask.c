/* What the ssh program never sends: signals to what runs in a session. jump_ask PORT USER KEY SIGNAL: a session with a terminal of 0 x 0, in it the
 * console, then the signal; says how the session stands afterwards. Used by jump_cases.py. */
#include <libssh/libssh.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int die(ssh_session s, const char *what)
{
	printf("%s: %s\n", what, ssh_get_error(s));
	return 1;
}

/* Reads until text has been seen or ms are over. */
static int sees(ssh_channel c, const char *text, int ms)
{
	static char all[65536];
	size_t n = 0;

	for (; ms > 0 && !ssh_channel_is_eof(c) && n + 1 < sizeof all; ms -= 100) {
		int got = ssh_channel_read_timeout(c, all + n, (uint32_t)(sizeof all - 1 - n), 0, 100);
		if (got < 0)
			break;
		n += (size_t)got;
		all[n] = '\0';
		if (n && strstr(all, text))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	ssh_session s = ssh_new();
	ssh_key key = NULL;
	int strict = 0;

	if (argc != 5 || !s)
		return 2;
	ssh_options_set(s, SSH_OPTIONS_HOST, "127.0.0.1");
	ssh_options_set(s, SSH_OPTIONS_PORT_STR, argv[1]);
	ssh_options_set(s, SSH_OPTIONS_USER, argv[2]);
	ssh_options_set(s, SSH_OPTIONS_STRICTHOSTKEYCHECK, &strict);
	ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
	if (ssh_connect(s) != SSH_OK || ssh_pki_import_privkey_file(argv[3], NULL, NULL, NULL, &key) != SSH_OK ||
		ssh_userauth_publickey(s, NULL, key) != SSH_AUTH_SUCCESS)
		return die(s, "login");
	ssh_channel c = ssh_channel_new(s);
	if (ssh_channel_open_session(c) != SSH_OK || ssh_channel_request_pty_size(c, "xterm", 0, 0) != SSH_OK || ssh_channel_request_shell(c) != SSH_OK)
		return die(s, "session");
	if (!sees(c, "\033[", 10000))
		return die(s, "no console");
	if (ssh_channel_request_send_signal(c, argv[4]) != SSH_OK)
		return die(s, "signal");
	ssh_channel_change_pty_size(c, 80, 24);
	printf("%s\n", sees(c, "no such text", 1500) ? "?" : ssh_channel_is_eof(c) || ssh_channel_is_closed(c) ? "ended" : "goes on");
	ssh_channel_free(c);
	ssh_disconnect(s);
	ssh_free(s);
	ssh_key_free(key);
	return 0;
}
