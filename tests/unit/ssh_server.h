/* A small SSH server for what OpenSSH will not do: it behaves as ordered, one process for each connection, 127.0.0.1. */
#ifndef TANA_SSH_SERVER_H
#define TANA_SSH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

/* Its user is "CORP\\admin", the password "s3cret". */
#define SERVER_USER "CORP\\admin"
#define SERVER_PASSWORD "s3cret"

enum server_login {
	LOGIN_PASSWORD,
	LOGIN_QUESTIONS,       /* keyboard-interactive alone: the name openly, the password hidden */
	LOGIN_BOTH,
	LOGIN_ENDLESS,         /* asks on and on */
	LOGIN_EXPIRED,         /* by questions: right, and then it wants a new one */
	LOGIN_CHANGE,          /* by password: SSH_MSG_USERAUTH_PASSWD_CHANGEREQ */
	LOGIN_KEYS,            /* takes no password */
	LOGIN_HANGS_UP,        /* when it is asked for questions, and at every password but its first */
	LOGIN_FULL,            /* lets nobody in, and says in its banner that it is full */
	LOGIN_FULL_AFTER,      /* lets in, and disconnects at once for that reason */
};

enum server_talk {
	TALK_PLAIN,            /* shell and exec as below; as many channels as wanted */
	TALK_MUTE,             /* never answers to a channel's opening */
	TALK_ONE_CHANNEL,      /* refuses the second while the first one is open */
	TALK_NO_STATUS,        /* no exit status */
	TALK_LATE_CLOSE,       /* EOF at once, the rest 3 s later, the status never */
	TALK_NO_PTY,           /* refuses the terminal, gives the shell */
	TALK_NO_SHELL,
	TALK_NO_SESSION,       /* refuses any channel */
	TALK_DROPS,            /* ends the connection in the middle of a command's output */
};

/* Shell: "Welcome\r\n> " in pieces; then echoes each line as "[line]\r\n> "; "exit" ends it.
 * Exec: "merge": 200 numbered lines, output and errors in turn; "big": 1 MB of 'x'; "sleep": nothing for 5 s;
 * else "ran COMMAND\n", status 7. */
struct server_order {
	enum server_login login;
	enum server_talk talk;
	const char *kex, *host_keys, *ciphers, *macs; /* NULL: libssh's own */
	bool rsa;                                     /* its host key; else ed25519 */
};

/* What it has seen, kept across its processes. */
struct server_seen {
	int passwords, questions, keys, channels, ptys, columns, rows;
	bool changed;          /* a new password was given */
	bool no_password;      /* "none" came first */
};

struct server {
	int port;
	pid_t pid;
	struct server_seen *seen;
	char known[1024];      /* its line for a known_hosts file */
};

void server_up(struct server *s, const struct server_order *order);
void server_down(struct server *s);

#endif
