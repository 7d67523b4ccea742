/* One line typed to a manager, and all that it answers up to its next prompt. Blocking, on a worker. Called by manager.c. */
#ifndef TANA_EXCHANGE_H
#define TANA_EXCHANGE_H

#include "common/buf.h"
#include "enclosures/dialect.h"
#include "ssh/ssh.h"

struct exchange {
	struct ssh_link *link;          /* borrowed */
	const struct dialects *all;
	const struct dialect *dialect;  /* NULL: not known yet, any prompt is one */
	const char *who;                /* "A2 (oa1.example.net)": for words */
	int step_ms;                    /* a step's deadline, unless the dialect takes longer */
	unsigned long commands;         /* lines typed so far */
	enum { ECHO_UNKNOWN, ECHO_YES, ECHO_NO } echo;  /* where it echoes, a prompt before the echo is an old one */
	bool doubt;                     /* what was heard last made no sense: before the next line it is waited for what may still come */
	void (*leaves)(void *ctx);      /* called once, right before the next line's first byte leaves; NULL */
	void *leaves_ctx;
	struct buf heard;               /* since the last line was typed */
};

/* Until what has come ends with `until` (NULL: a prompt) and is quiet. Errors: ERR_TIMEOUT manager.late (also when the link was
 * aborted), ERR_UNREACHABLE manager.lost; the session is over after each of them. */
struct err *exchange_await(struct exchange *x, const struct pattern *until);
/* Types a line into the shell and awaits. Pagers are turned and the dialect's questions answered on the way. */
struct err *exchange_line(struct exchange *x, const char *line, const struct pattern *until);
/* Runs it on a channel of its own, to the channel's end. */
struct err *exchange_exec(struct exchange *x, const char *line);
/* Types a line and waits until the far side hangs up, at most ms. */
void exchange_goodbye(struct exchange *x, const char *line, int ms);
void exchange_free(struct exchange *x); /* what is inside */

#endif
