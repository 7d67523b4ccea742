/* For the tests of previews of the snapshot verbs: previews that must be let through or refused, on the site of jobs_ground. */
#ifndef TEST_PLAN_SNAP_HELP_H
#define TEST_PLAN_SNAP_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jobs_ground.h"

extern const struct actor guest /* customer of globex */;
extern struct plan_args args;       /* of every preview; empty when a test begins */

int plan_snap_setup(void **state);
/* The preview is refused, so and in this class. */
void refuses(const struct actor *a, enum verb v, int n, const char *id, enum err_class class);
struct plan *lets(const struct actor *a, enum verb v, int n);
void passes(const struct actor *a, enum verb v, int n);
/* Worked out again: "" no worse, else the sentence. */
const char *again(const struct actor *a, const struct plan *shown);

/* About the preview p. */
#define SAYS(notes, id, part) do { const char *t_ = text_of(&p->notes, id); assert_non_null(t_); \
	if (!strstr(t_, part)) fail_msg("%s", t_); } while (0)
#define SAYS_NOT(notes, id) assert_null(text_of(&p->notes, id))

#define T(f) cmocka_unit_test_setup_teardown(f, plan_snap_setup, jobs_teardown)

#endif
