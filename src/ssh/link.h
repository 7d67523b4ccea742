/* Inside of the SSH room: one connection as link.c, known.c and login.c share it. */
#ifndef TANA_SSH_LINK_H
#define TANA_SSH_LINK_H

#include "common/error.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"

#include <libssh/libssh.h>
#include <pthread.h>

#define LINK_WORDS 400 /* bytes of the far side's stderr that are kept */

struct ssh_link {
	ssh_session session;
	ssh_channel channel;
	char *host, *user;       /* as in the login */
	int port, step_ms;
	int fd;                  /* our own duplicate: libssh may close its one at any moment */
	int stop_fd;             /* eventfd, readable for ever once aborted */
	bool failed;             /* the tunnel ended */
	pthread_mutex_t lock;    /* fd, words */
	char words[LINK_WORDS];
	size_t nwords;
};

/* Waits until libssh can go on. NULL, or the error: late_id's row ({host}, {seconds}), given up. */
struct err *link_wait(struct ssh_link *l, int64_t deadline, const char *late_id);
/* What libssh says, cleaned; caller frees. */
char *link_reason(const struct ssh_link *l);
/* Logs in: none, then keys, in the order that ssh.h promises. */
struct err *login_run(struct ssh_link *l, const char *key_file);

#endif
