/* For the tests of snapshots: one broker with a log service of the test's own, two VMs to work on, and the words to do it. */
#ifndef TEST_SNAPS_BED_H
#define TEST_SNAPS_BED_H

#include "talk.h"

extern struct daemon d;
extern struct talk *t;               /* an operator, subscribed */
extern char vm[64], other[64];       /* ids: one of acme's with limits (2 kept, 20 taken a day), one without */
extern char vm_name[64];
extern int log_fd;                   /* what anchors come to */
extern char calls_path[100];         /* what libvirt was asked, in its own words */

int snaps_start(void **state);
int snaps_stop(void **state);
void serve(void);                    /* the broker anew, and a peer */
void ledger(const char *sql);        /* changes it behind a broker that does not run */

/* Plans a snapshot verb: what is answered, with arguments beside the target. more: json_pack of an object, or NULL; taken. */
json_t *plan_on(const char *target, const char *verb, json_t *more);
json_t *commit(json_t *plan, const char *reason);
void act(const char *target, const char *verb, json_t *more); /* previews, commits, waits: it must end as done */
void commit_refused(json_t *plan, const char *reason, const char *class, const char *id);
json_t *named(const char *name);
json_t *named_of_tenant(const char *name); /* charged to its tenant */
json_t *of(const char *snapshot);
json_t *list_of(const char *target);
json_t *limit_of(json_t *answer, const char *kind);  /* of the server; borrowed */

#endif
