/* For the broker's tests: a real tanad on libvirt's test driver. */
#ifndef TEST_DAEMON_H
#define TEST_DAEMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/types.h>

#define TALK_MS talk_ms() /* how long anything may take: 90 s, or $TANA_TALK_MS */
int talk_ms(void);

int64_t now_ms(void);   /* of a clock that nobody sets */

struct daemon {
	pid_t pid;
	char dir[64];       /* of the test: site.conf, nodes/, state/, broker.sock, stderr */
	char socket[100];
	int fd;             /* of a private one, -1 */
};
/* Makes a folder with a generated site: one rack, one enclosure, so many blades and VMs on each. */
void daemon_site(struct daemon *d, int bays, int vms, int dead);
/* Replaces the roles of the site file by these lines. */
void daemon_roles(struct daemon *d, const char *lines);
void month_of(int64_t at, int hours, char out[16]);  /* YYYY-MM, so far east of UTC: a generated site is 9 hours */
void daemon_append(struct daemon *d, const char *lines); /* to the site file */
/* Starts it and waits until it answers. Further options end with NULL. */
void daemon_shared(struct daemon *d, ...);
void daemon_private(struct daemon *d, ...);        /* --private with these options */
/* Runs it to its end: exit status; what it said on stderr in *said (caller frees, may be NULL). */
int daemon_try(struct daemon *d, char **said, ...);
/* As a service manager starts it: on this socket, which listens at d->socket already; uid not 0: as that user, without any right. Does not
 * wait: who connects waits in the queue. */
void daemon_given(struct daemon *d, int listener, uid_t uid, ...);
int daemon_listen(struct daemon *d);               /* such a socket; the test's */
/* From here on the hosts say nothing of what becomes of an order, or do again; of a daemon that is heldd.c, which daemon_holds() asks for. */
void daemon_hold(const struct daemon *d, bool hold);
void daemon_holds(void);
void daemon_pause(const struct daemon *d);         /* SIGSTOP, and it does stand still */
int daemon_end(struct daemon *d, int signo);       /* signals, waits; exit status, or 128 + signal */
void daemon_remove(struct daemon *d);              /* the folder */
char *daemon_said(const struct daemon *d);         /* its stderr so far; caller frees */

#endif
