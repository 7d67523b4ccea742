/* A real sshd on a free loopback port with keys of its own, and an echo server on a Unix socket behind it. Needs root. */
#ifndef TANA_SSHD_FIXTURE_H
#define TANA_SSHD_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sshd {
	char dir[64];
	int port;
	pid_t pid, echo_pid;
	char host_key[96], user_key[96], wrong_key[96], locked_key[96], known[96], echo[96], host_line[512];
};

/* False when it cannot be here (not root, no sshd); it has said why. */
bool sshd_up(struct sshd *s);
bool sshd_up_with(struct sshd *s, const char *config); /* these lines of sshd_config come first */
/* A new ed25519 key without a passphrase; pub: its public line. */
bool sshd_new_key(const char *path, char *pub, size_t size);
void sshd_down(struct sshd *s);
/* SIGSTOP or SIGCONT to those of its processes that serve connections; the number of them. */
int sshd_signal_children(const struct sshd *s, int sig);

/* A process that echoes on a Unix socket. */
pid_t echo_up(const char *path);

/* For leak checks: entries of /proc/self/fd and /proc/self/task. Waits up to 3 s until both are at most what they were. */
struct counts { int fds, tasks; };
struct counts counts_now(void);
bool counts_settle(struct counts was);
/* CPU time of the thread with that name, in clock ticks; -1 when there is none. */
long thread_ticks(const char *name);

void write_text(const char *path, const char *text);
char *read_text(const char *path);
int listen_tcp(int backlog, int *port); /* 127.0.0.1, any port */

#endif
