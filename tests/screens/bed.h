/* What the screen tests stand on: a folder of their own with a broker on the demonstration site, and what a person does at a
 * terminal and looks for. All of it fails the test that called it. Needs tana and tanad in $TANA_BUILD. */
#ifndef TANA_TESTS_BED_H
#define TANA_TESTS_BED_H

#include "term.h"

#include <sys/types.h>

/* The generated site in numbers: VMs that are seen, hosts that answer of all, bays with a count of VMs on their cell. */
#define SITE_VMS "742"
#define SITE_HOSTS "62/63"
#define SITE_COUNTED 62

#define WAIT 60000       /* ms: far more than it takes, also under sanitizers on a busy machine */

extern char bed_dir[64], bed_sock[80], bed_tana[512];
extern pid_t bed_broker;

int bed_set_up(void **state);       /* cmocka's; one broker serves all tests of a program */
int bed_set_up_alone(void **state); /* the folder without one, for tests that bring their own */
int bed_tear_down(void **state);
pid_t bed_run(const char *const argv[]);   /* its output goes to a file in the folder */
void bed_start_broker(void);
struct term *bed_start(int cols, int rows, const char *name, const char *const *env, int ambiguous);
struct term *console(int cols, int rows);  /* a console on which the site has come, whole */

void see(struct term *t, const char *regex);
void see_gone(struct term *t, const char *regex);
void press(struct term *t, const char *key);  /* and its answer */
void type(struct term *t, const char *text);
void quit(struct term *t);
void fail_with(struct term *t, const char *what, const char *regex);

#endif
