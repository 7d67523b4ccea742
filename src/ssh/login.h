/* Inside of the SSH room: one login under way, as login.c and password.c share it. */
#ifndef TANA_SSH_LOGIN_H
#define TANA_SSH_LOGIN_H

#include "common/buf.h"
#include "common/error.h"
#include "ssh/link.h"

struct login {
	struct ssh_link *l;
	int64_t deadline;
	int methods;        /* SSH_AUTH_METHOD_* that the server takes, as it said at first */
	struct buf tried;   /* words for the refusal */
	bool partial;       /* one thing was right and the server wants more than that */
	bool denied;        /* a password was sent and refused */
};

/* One kind of login: an SSH_AUTH_* code, SSH_AUTH_AGAIN until it is known. */
typedef int login_fn(struct ssh_link *l, const void *with);

/* Runs fn to its end; what: its name, for a refusal. Errors: late, given up, and what a lost connection means. */
struct err *login_step(struct login *g, login_fn *fn, const void *with, const char *what, int *rc);
/* Notes for the refusal that this was tried; why: "" it was sent and refused. */
void login_tried(struct login *g, const char *what, const char *why);

/* The password, by each method that the server takes. *in when let in; "ssh.login.expired". */
struct err *password_try(struct login *g, const char *password, bool *in);

#endif
