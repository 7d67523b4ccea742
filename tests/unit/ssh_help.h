/* What the tests of the ssh room share: a folder with a known_hosts file, a login to the small server, and what to expect of errors. */
#ifndef TEST_SSH_HELP_H
#define TEST_SSH_HELP_H

#include "common/error.h"
#include "ssh/ssh.h"
#include "ssh_server.h"

extern char ssh_dir[], ssh_known[64];

/* Of a whole test program: no agent, a folder of its own. */
int ssh_up(void **state);
int ssh_down(void **state);

/* To that server, whose key is then known. */
struct ssh_login ssh_login_of(const struct server *s);
/* Opens and lets go. */
struct err *ssh_try(const struct ssh_login *login);

void expect(struct err *e, const char *id);                          /* frees e; no sentence holds the password */
void fine(struct err *e);
void says(const struct err *e, const char *a, const char *b);        /* both stand in its sentence */

#endif
