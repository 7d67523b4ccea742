/* Making a preview of blades: what stands on them, what stands in the way, what is done before. What it says is in
 * plan_blade_words.c. */
#include "safety/plan_blade.h"

#include "common/clock.h"
#include "safety/lease.h"
#include "safety/plan_words.h"

#include <stdlib.h>
#include <string.h>

#define HOST_SHUTDOWN_S 600  /* without a site file */
#define STAGGER_MS 2000

/* ---- what stands there ---- */

/* Unknown is never off. And where the manager says off and no host answers, nothing runs, whatever was seen before. */
bool plan_may_run(const struct blade *b, const struct vm *vm)
{
	if (b->host != HOST_UP && b->power_live && b->power == POWER_OFF)
		return false;
	return vm_state_is_active(vm->state) || vm->state == VM_UNKNOWN;
}

static int by_name(const void *a, const void *b)
{
	const struct blade_vm *x = a, *y = b;
	int order = strcmp(x->vm->name, y->vm->name);

	return order ? order : strcmp(x->vm->id, y->vm->id);
}

static void look_at(const struct plan_world *w, const struct blade *b, size_t target, struct blade_look *look)
{
	size_t n, first = look->n;
	struct vm *const *vms = registry_vms_on(w->objects, b->name, &n);

	if (!n)
		return;
	look->vms = xrealloc(look->vms, (look->n + n) * sizeof *look->vms);
	for (size_t i = 0; i < n; i++)
		if (plan_may_run(b, vms[i]))
			look->vms[look->n++] = (struct blade_vm){ vms[i], target, b->host == HOST_UP && vms[i]->live };
	qsort(look->vms + first, look->n - first, sizeof *look->vms, by_name);
}

/* ---- what the rules need to know ---- */

static const char *contact_of(const struct plan_world *w, const char *tenant)
{
	for (size_t i = 0; w->site && i < w->site->ntenants; i++)
		if (strcmp(w->site->tenants[i].name, tenant) == 0)
			return w->site->tenants[i].contact;
	return NULL;
}

static bool own(const struct plan_world *w, const struct lease *l)
{
	return w->job && w->job[0] && strcmp(l->job, w->job) == 0;
}

static const struct lease *lease_there(const struct plan_world *w, enum verb v, const struct blade *b)
{
	const struct lease *l = lease_find(w->objects, b->id);
	size_t n;

	if (l && !own(w, l))
		return l;
	if (!policy_blade_ends_work(v))
		return NULL;
	/* Also of one that is off: it may just be starting. */
	struct vm *const *vms = registry_vms_on(w->objects, b->name, &n);
	for (size_t i = 0; i < n; i++) {
		l = lease_find(w->objects, vms[i]->id);
		if (l && !own(w, l))
			return l;
	}
	return NULL;
}

/* The first VM that cannot be shut down before its blade, and why. Caller frees *why. */
static const struct vm *stuck(const struct plan_world *w, const struct actor *a, const struct blade *b, size_t target,
	const struct blade_look *look, char **why)
{
	size_t n;
	struct vm *const *vms = registry_vms_on(w->objects, b->name, &n);

	*why = NULL;
	for (size_t i = 0; i < look->n; i++) {
		struct blade_vm *at = &look->vms[i];
		if (at->target != target)
			continue;
		if (!at->live) {
			*why = xstrdup(msg_template("blade.vm.silent"));
			return at->vm;
		}
		struct err *e = plan_may(w, a, VERB_SHUTDOWN, &at->vm, 1);
		if (e) {
			*why = xstrdup(e->msg.text);
			err_free(e);
			return at->vm;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (vms[i]->state == VM_CRASHED) {
			*why = xstrdup(msg_template("blade.vm.crashed"));
			return vms[i];
		}
	return NULL;
}

/* look: holds the VMs of this blade, under this index. */
static struct err *judge(const struct plan_world *w, const struct actor *a, enum verb v, const struct blade *b, size_t target,
	const struct blade_look *look, const struct plan_args *args, enum host_outcome *can)
{
	struct blade_facts f = { .blade = b, .can = OUTCOME_STATE, .consent = args && args->consent,
		.vms_first = args && args->vms_first, .now = clock_wall_s() };
	char *why = NULL;

	if (v != VERB_PAIR)
		f.can = w->can_blade ? w->can_blade(w->ctx, b, v, &f.why_not, &f.dialect) : OUTCOME_NO;
	f.lease = lease_there(w, v, b);
	if (f.lease) {
		const struct job *j = registry_find(w->objects, KIND_JOB, f.lease->job);
		f.lease_job_known = j != NULL;
		f.lease_job = j ? j->state : JOB_PENDING;
	}
	for (size_t i = 0; i < look->n && !f.protected; i++)
		if (look->vms[i].target == target && look->vms[i].vm->protect)
			f.protected = look->vms[i].vm;
	f.contact = contact_of(w, b->owner);
	if (f.vms_first && a->role == ROLE_OPERATOR)
		f.stuck = stuck(w, a, b, target, look, &why);
	f.stuck_why = why;
	struct err *e = policy_may_blade(a, v, &f);
	free(why);
	if (can)
		*can = f.can;
	return e;
}

static struct err *may(const struct plan_world *w, const struct actor *a, enum verb v, struct blade *const *blades, size_t n,
	const struct plan_args *args)
{
	struct blade_look look = { .blades = blades };
	struct err *e = NULL;

	for (size_t i = 0; i < n && !e; i++) {
		look.n = 0;
		look_at(w, blades[i], 0, &look);
		e = judge(w, a, v, blades[i], 0, &look, args, NULL);
	}
	free(look.vms);
	return e;
}

struct err *plan_may_blades(const struct plan_world *w, const struct actor *a, enum verb v, struct blade *const *blades, size_t n)
{
	if (v != VERB_POWER_ON && n > POLICY_TARGETS_MAX)
		return err_new(ERR_LIMIT, "targets.too-many", "{s:I, s:i}", "count", (json_int_t)n, "max", POLICY_TARGETS_MAX);
	return may(w, a, v, blades, n, NULL);
}

/* ---- making one ---- */

static size_t rank_of(const struct plan_world *w, const char *name)
{
	return w->site ? site_start_rank(w->site, name) : 0;
}

struct ranked { struct blade *blade; size_t rank, at; };

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Those that are to be up first come first; the rest as they were asked for. */
static struct blade **in_order(const struct plan_world *w, enum verb v, struct blade *const *blades, size_t n)
{
	struct ranked *r = xcalloc(n ? n : 1, sizeof *r);
	struct blade **out = xcalloc(n ? n : 1, sizeof *out);

	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){ blades[i], v == VERB_POWER_ON && n > 1 ? rank_of(w, blades[i]->name) : 0, i };
	qsort(r, n, sizeof *r, by_rank);
	for (size_t i = 0; i < n; i++)
		out[i] = r[i].blade;
	free(r);
	return out;
}

static void make_target(const struct plan_world *w, struct plan *p, struct plan_target *t, const struct blade *b)
{
	bool staff = p->viewer != VIEWER_TENANT;

	t->kind = KIND_BLADE;
	t->id = intern(b->id);
	t->name = intern(b->name);
	t->uuid = intern("");
	t->blade = intern(b->name);
	t->tenant = intern(staff ? b->owner : "");
	t->grade = intern("");
	t->takeover_job = intern("");
	t->serial = intern(b->bay_serial[0] ? b->bay_serial : b->serial);
	t->place = plan_place(b);
	t->power = b->power;
	t->power_live = b->power_live;
	t->state = VM_UNKNOWN;
	t->live = b->host == HOST_UP;
	t->seen = b->seen;
	t->shutdown_ms = w->shutdown_ms ? w->shutdown_ms : (int64_t)(w->site ? w->site->shutdown_s : HOST_SHUTDOWN_S) * 1000;
}

static void make_victims(struct plan *p, const struct blade_look *look)
{
	p->victims = xcalloc(look->n ? look->n : 1, sizeof *p->victims);
	for (size_t i = 0; i < look->n; i++) {
		const struct vm *vm = look->vms[i].vm;
		p->victims[p->nvictims++] = (struct plan_victim){ intern(vm->id), intern(vm->name), intern(vm->tenant), vm->state,
			look->vms[i].live, vm->protect };
	}
}

struct first { struct vm *vm; size_t rank; };

/* The start order from its end: who comes up last goes down first. */
static int by_rank_down(const void *a, const void *b)
{
	const struct first *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	int order = strcmp(x->vm->name, y->vm->name);
	return order ? order : strcmp(x->vm->id, y->vm->id);
}

static void make_steps(const struct plan_world *w, struct plan *p, const struct blade_look *look)
{
	struct first *list = xcalloc(look->n ? look->n : 1, sizeof *list);
	unsigned rank = 0;

	for (size_t i = 0; i < look->n; i++)
		list[i] = (struct first){ look->vms[i].vm, rank_of(w, look->vms[i].vm->name) };
	qsort(list, look->n, sizeof *list, by_rank_down);
	p->steps = xcalloc(look->n ? look->n : 1, sizeof *p->steps);
	for (size_t i = 0; i < look->n; i++) {
		const struct vm *vm = list[i].vm;
		const char *why, *driver;
		struct plan_step *s = &p->steps[p->nsteps++];
		rank += i > 0 && list[i].rank != list[i - 1].rank;
		s->id = intern(vm->id);
		s->name = intern(vm->name);
		s->tenant = intern(vm->tenant);
		s->blade = intern(vm->blade);
		s->verb = VERB_SHUTDOWN;
		s->rank = rank;
		s->shutdown_ms = w->shutdown_ms || !w->site ? w->shutdown_ms :
			(int64_t)site_shutdown_s(w->site, vm->name, vm->tenant, vm->grade, vm->guest) * 1000;
		s->can = w->can(w->ctx, vm, VERB_SHUTDOWN, &why, &driver);
	}
	free(list);
}

static void make_gentler(const struct plan_world *w, const struct actor *a, struct plan *p, const struct blade_look *look)
{
	p->has_gentler = policy_gentler_blade(p->verb, look->n > 0, p->vms_first, &p->gentler, &p->gentler_vms_first);
	if (!p->has_gentler)
		return;
	struct plan_args args = { .vms_first = p->gentler_vms_first, .consent = p->consent };
	struct err *e = may(w, a, p->gentler, look->blades, p->n, &args);
	p->has_gentler = e == NULL;
	p->gentler_vms_first &= p->has_gentler;
	err_free(e);
}

static void make_command(const struct plan_world *w, struct plan *p)
{
	struct buf b = { 0 };
	char *confirm = plan_confirm_option(p);

	buf_printf(&b, "%s %s", w->command, verb_name(p->verb));
	for (size_t i = 0; i < p->n; i++) {
		char *quoted = plan_quote(p->targets[i].id);
		buf_printf(&b, " %s", quoted);
		free(quoted);
	}
	if (p->vms_first)
		buf_str(&b, " --vms-first");
	if (p->consent)
		buf_str(&b, " --consent");
	if (p->reason_needed)
		buf_str(&b, " --reason WHY");
	buf_str(&b, confirm);
	buf_append(&b, "", 1);
	p->command = b.data;
	free(confirm);
}

/* Does work end with them that nobody asks first? Also where a customer drives one himself: who knows what runs there. */
static bool unasked(const struct plan *p, struct blade *const *blades)
{
	for (size_t i = 0; i < p->n; i++)
		if (blades[i]->host == HOST_NONE && blades[i]->owner[0])
			return true;
	return p->nvictims > 0 && !p->vms_first;
}

struct plan *plan_make_blades(const struct plan_world *w, const struct actor *a, enum verb v, struct blade *const *asked, size_t n,
	const struct plan_args *args)
{
	struct plan *p = plan_new(w, a, KIND_BLADE, v, n);
	struct blade **blades = in_order(w, v, asked, n);
	struct blade_look look = { .blades = blades };
	/* What stands there is of no matter to a verb that takes nothing along; and is nothing for a customer's eyes. */
	bool hits = policy_blade_ends_work(v) && actor_is_staff(a);

	p->vms_first = args && args->vms_first;
	for (size_t i = 0; i < n; i++) {
		struct plan_target *t = &p->targets[i];
		if (hits)
			look_at(w, blades[i], i, &look);
		make_target(w, p, t, blades[i]);
		t->why = judge(w, a, v, blades[i], i, &look, args, &t->can);
		if (t->why)
			plan_note_err(&p->refused, t->id, t->why);
		p->consent |= args && args->consent && blades[i]->owner[0] && (hits || v == VERB_POWER_ON);
	}
	p->reason_needed = p->consent;
	p->stagger_ms = v == VERB_POWER_ON && n > 1 ? w->site ? w->site->stagger_ms : STAGGER_MS : 0;
	make_victims(p, &look);
	if (p->vms_first && v == VERB_SHUTDOWN)
		make_steps(w, p, &look);
	plan_blade_words(w, a, p, &look);
	make_gentler(w, a, p, &look);
	p->confirm = policy_confirm_blade(v, n, unasked(p, blades));
	plan_confirm_text(w, a, p, true);
	make_command(w, p);
	free(look.vms);
	free(blades);
	return p;
}

void plan_blade_free(struct plan *p)
{
	for (size_t i = 0; i < p->nsteps; i++) {
		intern_free(p->steps[i].id);
		intern_free(p->steps[i].name);
		intern_free(p->steps[i].tenant);
		intern_free(p->steps[i].blade);
	}
	for (size_t i = 0; i < p->nvictims; i++) {
		intern_free(p->victims[i].id);
		intern_free(p->victims[i].name);
		intern_free(p->victims[i].tenant);
	}
	for (size_t i = 0; i < p->nquorums; i++)
		intern_free(p->quorums[i].cluster);
	free(p->steps);
	free(p->victims);
	free(p->quorums);
}
