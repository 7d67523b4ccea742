/* What test_plan_snap_help.h says. */
#include "test_plan_snap_help.h"
#include "whole_right.h"

#include <stdio.h>
#include <string.h>

const struct actor guest = { .role = ROLE_CUSTOMER, .user = "globex-ops", .uid = 1003, .origin = "", .tenant = "globex", .row = &whole_right };
struct plan_args args;

int plan_snap_setup(void **state)
{
	args = no_args;
	return jobs_setup(state);
}

void refuses(const struct actor *a, enum verb v, int n, const char *id, enum err_class class)
{
	struct plan *p = snap_plan(a, v, n, &args);

	if (p->refused.n == 0 || strcmp(p->refused.list[0].msg.id, id) != 0)
		fail_msg("%s: %s instead of %s", verb_name(v), p->refused.n ? p->refused.list[0].msg.id : "nothing", id);
	assert_string_equal(err_class_name(p->refused.list[0].class), err_class_name(class));
	plan_free(p);
}

struct plan *lets(const struct actor *a, enum verb v, int n)
{
	struct plan *p = snap_plan(a, v, n, &args);

	if (p->refused.n)
		fail_msg("%s: %s", verb_name(v), p->refused.list[0].msg.text);
	return p;
}

void passes(const struct actor *a, enum verb v, int n)
{
	plan_free(lets(a, v, n));
}

const char *again(const struct actor *a, const struct plan *shown)
{
	static char text[1000];
	struct plan *now = NULL;
	struct err *e = plan_check(&world, a, shown, &now);

	snprintf(text, sizeof text, "%s", e ? e->msg.text : "");
	err_free(e);
	plan_free(now);
	return text;
}
