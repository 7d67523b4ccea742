/* What the tests of alerts share: a small site of two racks, each with two enclosures of four blades, all of them live, and what its
 * alerts say. The clock is ours and stands still but for pass(). */
#ifndef TEST_ALERTS_GROUND_H
#define TEST_ALERTS_GROUND_H

#include "watch/alerts.h"

#include "common/buf.h"

#define START INT64_C(1795222000)

extern struct registry *objects;    /* racks A and B; enclosures a1, a2, b1, b2; blades a1-1 to b2-4, 3 VMs running on each */
extern struct alerts *alerts;
extern struct buf told;             /* what was told as news: "text_id object", a line each; no NUL at its end */
extern json_t *seen, *dropped;      /* what the store was told: since when by id; ids whose marks are over */

int alerts_setup(void **state);
int alerts_teardown(void **state);
void start_alerts(void);            /* a new `alerts`; not started yet */

/* Borrowed; one that is not there fails the test. */
void *object_of(enum kind k, const char *id);
struct blade *blade_of(const char *name);
struct enclosure *enclosure_of(const char *name);
struct vm *add_vm(const char *name, const char *on);   /* it runs; on: a blade's name, "" nowhere */

void turn(void);                    /* all that is due now is done */
void pass(int seconds);             /* the clock moves on, in steps that timers can follow */

/* The host of a blade, or of all blades of an enclosure, goes silent or is heard again; only the last one turns. */
void silence(const char *name);
void heard(const char *name);
void silence_all(const char *enc, bool silent);

char *listed(void);                 /* all alerts, sorted: "level object text_id behind state", a line each; to be freed */
void check_listed(int line, const char *expected);
#define LISTED(expected) check_listed(__LINE__, expected)
const struct alert *only_alert(void);   /* the one that there is; borrowed */

#endif
