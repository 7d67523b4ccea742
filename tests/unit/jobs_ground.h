/* What the tests of jobs, previews and the book share: a site of ten VMs on cardboard, its book, and the way from a preview to
 * a job. The clock is ours and stands still but for pass(). */
#ifndef TEST_JOBS_GROUND_H
#define TEST_JOBS_GROUND_H

#include "fake_ground.h"
#include "safety/jobs.h"

/* vm1 and vm2 are acme's, the others globex's, all on b1; vm3 is off. */
extern const struct actor sato /* operator */, ops /* customer of acme */;
extern struct registry *reg;
extern struct loop *loop;
extern struct jobs *jobs;
extern struct book *book;
extern struct site_tenant tenants[2];
extern struct site_vm site_vms[4];  /* sections of servers; site.nvms says how many */
extern struct site_model site;
extern struct plan_world world;
extern enum host_outcome can_now;
extern char said[4][300];           /* the newest news for people */
extern int nsaid;
extern char started[64], refused[64], refused_text[600]; /* what jobs_start answered last */
extern enum err_class refused_class;
extern int answers;
extern bool taken_away;             /* whoever begins something may do it no more when its turn comes */

int jobs_setup(void **state);
int jobs_teardown(void **state);
void make_jobs(void);               /* and a new book */
void broker_dies(void);             /* and a new one loads what was written; its host is not known yet */
void host_comes(void);              /* it is seen, and has been steady for ever */

struct vm *vm_of(int n);
struct job *job_of(const char *id);
void on_started(void *ctx, struct err *e, const char *job);
struct plan *plan_for(const struct actor *a, enum verb v, int from, int to);
char *begin(const struct actor *a, enum verb v, int from, int to);   /* commits and lets the intent be written: its job */
void news(int n, enum vm_state s);
void rebooted(int n);
void pass(int64_t ms);              /* time passes, in steps that let the room's own timer run */
const char *record(int n, const char *key);                          /* of audit record n, from the end below 0 */

/* ---- snapshots ---- */
extern const struct plan_args no_args;
void limit_server(int n, enum limit_kind k, const char *text);       /* in the site file; takes effect at once */
void limit_tenant(const char *tenant, enum limit_kind k, const char *text);
void see(int n);                    /* its host is asked, and the book hears what it lists */
struct plan *snap_plan(const struct actor *a, enum verb v, int n, const struct plan_args *args); /* after see() */
/* Up to the question: previews (it must be let through), commits, and the reservation is written. The question's number. */
int snap_start(const struct actor *a, enum verb v, int n, const struct plan_args *args);
/* Further, until the order is at the host: its number. Fails the test when it is refused. */
int snap_send(const struct actor *a, enum verb v, int n, const struct plan_args *args);
/* All of it, at a host that does as it is told; the name that the host has for it (borrowed). */
const char *snap_take(const struct actor *a, int n, const char *name);
struct snapshot *newest(int n);
int64_t used_of(int n, enum limit_kind k, int64_t *busy);            /* as the limit of the server is shown; -1 none is set */
struct host_snaps *told(int n);     /* what its host says beside the list, to be changed */
struct snapshot *reserve(int n, const char *name, const char *charged, uint64_t bytes);  /* straight in the book */
struct quota_line line(int n, enum quota_scope scope, enum limit_kind k);  /* fails the test when there is no such limit */
const char *text_of(const struct plan_notes *notes, const char *id);       /* NULL: it is not said */
struct err *says_no(void);          /* a host's own no */
struct err *lost(void);             /* no answer came */
void assert_free(int n);            /* nothing is held, nothing is under way, and the store agrees */

#define STATE(id, s) assert_string_equal(job_state_name(job_of(id)->state), job_state_name(s))
#define ROW(n, s) assert_string_equal(snap_state_name(newest(n)->state), snap_state_name(s))
#define WRITTEN(n, s) assert_string_equal(snap_state_name(ground_row(newest(n)->id)->state), snap_state_name(s))

#endif
