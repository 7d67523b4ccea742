/* For the tests of targets and previews: a small world without hosts. */
#ifndef TEST_PLAN_HELP_H
#define TEST_PLAN_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "safety/plan.h"

/* vm1 db01a, vm3 web (off), one not ASCII, and "it's me" on a2-12; vm2 db01b on a2-13, both of enclosure A2; vm4, another web, on
 * b1-01. The first three are acme's, vm6 nobody's, the others globex's. */
extern const struct actor operator, customer /* of acme */;
extern struct registry *reg;
extern struct site_tenant tenants[2];
extern struct plan_world world;
extern struct gate gate;
extern enum host_outcome can_now;
extern bool open_now;               /* a job on everything has no known end */

int plan_setup(void **state);
int plan_teardown(void **state);
/* Its id is vm:id. */
struct vm *add_vm(const char *id, const char *name, const char *blade, const char *tenant, enum vm_state s);
struct vm *vm_of(int n);

#define T(f) cmocka_unit_test_setup_teardown(f, plan_setup, plan_teardown)

#endif
