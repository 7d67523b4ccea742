/* What the tests of jobs of blades share: blades b1 to b8 on the ground of jobs_ground.h, plans made by hand, and a manager
 * that tells what the test says. */
#ifndef TEST_BLADE_GROUND_H
#define TEST_BLADE_GROUND_H

#include "jobs_ground.h"

#define BLADES 8

/* b1 is on, is driven by acme, and has the ten VMs, of which 1, 2 and 4 run; b2 to b8 are off and have no host. */
int blade_setup(void **state);
struct blade *blade_of(int n);
/* A plan for b<from> to b<to>, as if it had been confirmed. */
struct plan *blade_plan(enum verb v, int from, int to);
void plan_step(struct plan *p, int vm, int on, unsigned rank);   /* one step more, and vms_first */
char *blade_commit(struct plan *p);          /* lets the intent be written: its job, or "" (see refused) */
char *blade_begin(enum verb v, int n);       /* one blade */
char *blade_first(void);                     /* b1 after vm1 and vm2 together, and then vm4 */
void told_power(int n, enum power_state p);  /* its manager was asked after the last second, and says so */
void told_for(int n, enum power_state p, int64_t ms); /* all the time, every 2 s */
void host_is(int n, enum host_state s);
void taken(int act);                         /* it is sent, and its manager or host takes it */
void broker_dies_with_blades(void);

#define SAYS(id, text) assert_string_equal(job_of(id)->text_id, text)
#define TARGET(id, n, s) assert_string_equal(job_state_name(ground_target(id, n)), job_state_name(s))

#endif
