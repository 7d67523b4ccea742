/* For the tests of previews of blades: the world of test_plan_help.h with managers, clusters and a start order. */
#ifndef TEST_PLAN_BLADE_HELP_H
#define TEST_PLAN_BLADE_HELP_H

#include "test_plan_help.h"

/* a2-12, a2-13 and b1-01 have managers, are on, and what they are agrees; all three are of cluster K1, which needs two votes. a2-12 has
 * db01a, one not ASCII and "it's me" running; db01a and db01b (on a2-13) are a pair. Power-ons: b1-*, db*, then the rest, 2 s apart. */
extern struct site_model metal_site;
extern struct blade *b12, *b13, *b01;
extern enum host_outcome blade_can_now;
extern const char *blade_why_now;
extern enum verb blade_cannot;      /* this one it cannot; VERB_COUNT none */

int blade_setup(void **state);
struct plan *blade_plan(enum verb v, struct blade *one, struct blade *two, const struct plan_args *args);
/* The text of this note, NULL when it is not said. */
const char *note(const struct plan_notes *n, const char *id);
/* plan_check of it: id of the error expected, NULL none; its text. */
const char *again(const struct plan *shown, const char *id);

#define B(f) cmocka_unit_test_setup_teardown(f, blade_setup, plan_teardown)

#endif
