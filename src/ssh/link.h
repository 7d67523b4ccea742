/* Inside of the SSH room: one connection as link.c, login.c, tunnel.c and talk.c share it. */
#ifndef TANA_SSH_LINK_H
#define TANA_SSH_LINK_H

#include "common/buf.h"
#include "common/error.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"

#include <libssh/libssh.h>
#include <pthread.h>

#define LINK_WORDS 400 /* bytes of the far side's stderr that are kept */

struct talk;             /* talk.c's, of links to managers */

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
	struct buf preface;      /* the lines before the version */
	struct talk *talk;       /* NULL until the first shell or command */
};

/* Waits until libssh can go on. NULL, or the error: late_id's row ({host}, {seconds}), given up. */
struct err *link_wait(struct ssh_link *l, int64_t deadline, const char *late_id);
/* What libssh says, cleaned; caller frees. */
char *link_reason(const struct ssh_link *l);
/* A link that was given up fails in many ways, all of them for that one reason: e, or "ssh.given-up" in its place. */
struct err *link_or_given_up(struct ssh_link *l, struct err *e);
/* Logs in, in the order that ssh.h promises. */
struct err *login_run(struct ssh_link *l, const struct ssh_login *login);

#endif
