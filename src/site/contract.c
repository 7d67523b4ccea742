/* What is contracted: plans, and what single VMs have beside them (limits, shutdown times). Called by build.c, people.c. */
#include "site/build.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define PLANS_MAX 1000
#define VMS_MAX 10000

void build_limits(struct build *b, const struct conf_node *n, bool together, struct limits *out)
{
	const struct conf_node *s = conf_child(n, "snapshots");

	for (int k = 0; s && k < LIMIT_KIND_COUNT; k++) {
		const char *name = limit_kind_name((enum limit_kind)k), *text = conf_text(s, name);
		if (text)
			build_item(b, s, name, limit_parse((enum limit_kind)k, text, &out->of[k]));
		if (text && together)
			build_item(b, s, name, limit_of_all((enum limit_kind)k, &out->of[k]));
	}
}

char *build_plan_ref(struct build *b, const struct conf_node *n)
{
	const char *name = conf_text(n, "plan");

	return xstrdup(name && build_ref(b, n, "plan", "plan", b->plans, name) >= 0 ? name : "");
}

static void build_plan(struct build *b, const struct conf_node *n)
{
	struct site_model *m = b->m;
	size_t count = m->nplans;

	if (!build_name(b, n, n->line, "plan", n->title) ||
		!build_new(b, n, "plan", b->plans, n->title, (int)count, b->plan_at))
		return;
	b->plan_at = build_grow(b->plan_at, &count, sizeof *b->plan_at);
	b->plan_at[count - 1] = (struct place){n->file, n->line};
	m->plans = build_grow(m->plans, &m->nplans, sizeof *m->plans);
	struct site_plan *p = &m->plans[m->nplans - 1];
	p->name = xstrdup(n->title);
	p->title = build_text(n, "title");
	build_limits(b, n, false, &p->limits);
	/* what the provider contracts where nothing else is said */
	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		if (p->limits.of[k].set == LIMIT_UNSAID)
			p->limits.of[k].set = k == LIMIT_SPACE ? LIMIT_DISKS : LIMIT_NONE;
	if (m->nplans == PLANS_MAX + 1)
		build_say(
			b, n, n->line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "plans", "max", PLANS_MAX));
}

void build_plans(struct build *b)
{
	build_each(b, "plan", build_plan);
}

static bool vm_is_new(struct build *b, const struct conf_node *n)
{
	if (build_find(b->vms, n->title) >= 0) {
		build_say(b, n, n->line, err_new(ERR_USAGE, "site.twice.vm", "{s:s}", "name", n->title));
		return false;
	}
	json_object_set_new_nocheck(b->vms, n->title, json_integer(0));
	if (json_object_size(b->vms) == VMS_MAX + 1)
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "sections for VMs", "max", VMS_MAX));
	return true;
}

/* A section may say how long a shutdown takes, what is contracted, or both: each is the first match's of its own list. */
static void build_vm(struct build *b, const struct conf_node *n)
{
	bool shutdown = conf_item(n, "shutdown") != NULL, plan = conf_item(n, "plan") || conf_child(n, "snapshots");
	struct site_model *m = b->m;

	if (!*n->title || strlen(n->title) > BUILD_RULE_MAX) {
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.rule.long", "{s:s, s:i}", "rule", n->title, "max", BUILD_RULE_MAX));
		return;
	}
	if (!shutdown && !plan)
		build_missing(b, n, "shutdown, plan or snapshots");
	else if (!vm_is_new(b, n))
		return;
	if (shutdown) {
		m->shutdowns = build_grow(m->shutdowns, &m->nshutdowns, sizeof *m->shutdowns);
		m->shutdowns[m->nshutdowns - 1] =
			(struct site_shutdown){.vm = xstrdup(n->title), .seconds = build_shutdown(b, n)};
	}
	if (plan) {
		m->vms = build_grow(m->vms, &m->nvms, sizeof *m->vms);
		struct site_vm *v = &m->vms[m->nvms - 1];
		v->vm = xstrdup(n->title);
		v->plan = build_plan_ref(b, n);
		build_limits(b, n, false, &v->limits);
	}
}

void build_vms(struct build *b)
{
	build_each(b, "vm", build_vm);
}
