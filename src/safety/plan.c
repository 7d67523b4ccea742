/* Making a preview of VMs from what is there, and what every preview has. What its words say is in plan_words.c, blades are in
 * plan_blade.c, the same again at commit in plan_check.c, its life at a peer in plans.c. */
#include "safety/plan_inside.h"

#include "common/clock.h"
#include "common/random.h"
#include "safety/lease.h"
#include "safety/plan_words.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the rules need to know ---- */

static enum reach reach_of(const struct vm *vm, const struct blade *b)
{
	if (!b)
		return REACH_SILENT;
	if (b->host == HOST_UP && vm->live)
		return REACH_LIVE;
	return b->host == HOST_UP || b->host == HOST_STALE ? REACH_STALE : REACH_SILENT;
}

static struct blade *blade_of(const struct plan_world *w, const struct vm *vm)
{
	void *b = NULL;

	return registry_named(w->objects, KIND_BLADE, vm->blade, &b, 1) >= 1 ? b : NULL;
}

static const struct site_tenant *tenant_of(const struct plan_world *w, const struct vm *vm)
{
	for (size_t i = 0; w->site && i < w->site->ntenants; i++)
		if (strcmp(w->site->tenants[i].name, vm->tenant) == 0)
			return &w->site->tenants[i];
	return NULL;
}

static void gather(const struct plan_world *w, enum verb v, const struct vm *vm, struct facts *f)
{
	const struct blade *b = blade_of(w, vm);
	const struct site_tenant *t = vm->tenant[0] ? tenant_of(w, vm) : NULL;

	memset(f, 0, sizeof *f);
	f->vm = vm;
	f->reach = reach_of(vm, b);
	f->host_why = b ? b->why : "";
	f->can = v >= VERB_PROTECT ? OUTCOME_STATE : w->can(w->ctx, vm, v, &f->why_not, &f->driver);
	f->lease = lease_on(w->objects, vm);
	if (f->lease && w->job && w->job[0] && strcmp(f->lease->job, w->job) == 0)
		f->lease = NULL; /* its own */
	if (f->lease) {
		const struct job *j = registry_find(w->objects, KIND_JOB, f->lease->job);
		f->lease_job_known = j != NULL;
		f->lease_job = j ? j->state : JOB_PENDING;
	}
	/* A tenant that left the site file owns it still, but nobody acts in its name. */
	f->tenant = !vm->tenant[0] ? TENANT_ACTIVE : t ? t->state : TENANT_LEAVING;
	f->now = clock_wall_s();
}

struct err *plan_right_now(const struct plan_world *w, const struct actor *a, enum verb v, const struct vm *vm)
{
	struct facts f;

	gather(w, v, vm, &f);
	return policy_right_now(a, v, &f);
}

struct err *plan_may_console(const struct plan_world *w, const struct actor *a, bool write, const struct vm *vm)
{
	struct facts f;

	gather(w, VERB_PROTECT, vm, &f);
	return policy_may_console(a, write, &f);
}

static struct err *one_at_a_time(size_t n)
{
	return err_new(ERR_LIMIT, "snapshot.one", "{s:I}", "count", (json_int_t)n);
}

struct err *plan_may(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct facts f;
		gather(w, v, vms[i], &f);
		struct err *e = policy_may(a, v, &f);
		if (e)
			return e;
	}
	if (verb_is_snapshot(v) && n > 1)
		return one_at_a_time(n);
	/* What an operator takes is the provider's, if he does not say otherwise. */
	if (v == VERB_SNAP_CREATE && n == 1 && a->role == ROLE_CUSTOMER)
		return book_may_take(w->book, &(struct book_ask){ .vm = vms[0], .charged = vms[0]->tenant, .but = "" });
	return NULL;
}

/* ---- making one ---- */

char *plan_place(const struct blade *b)
{
	if (!b)
		return xstrdup("");
	if (!b->enclosure[0])
		return xstrdup(b->rack[0] ? b->rack : "");
	return xasprintf("rack %s, %s, bay %s", b->rack, b->enclosure, b->bay);
}

static void make_target(const struct plan_world *w, const struct actor *a, struct plan *p, struct plan_target *t, struct vm *vm,
	struct snap_look *look)
{
	struct facts f;

	gather(w, p->verb, vm, &f);
	if (look) {
		f.snap_why_not = look->why_not;
		f.disk = look->seen ? look->seen->disk : "";
	}
	t->kind = KIND_VM;
	t->serial = intern("");
	t->id = intern(vm->id);
	t->name = intern(vm->name);
	t->uuid = intern(vm->uuid);
	t->blade = intern(vm->blade);
	t->tenant = intern(vm->tenant);
	t->grade = intern(vm->grade);
	t->place = plan_place(blade_of(w, vm));
	t->state = vm->state;
	t->live = f.reach == REACH_LIVE;
	t->seen = vm->seen;
	t->can = f.can;
	t->shutdown_ms = w->shutdown_ms ? w->shutdown_ms :
		(int64_t)site_shutdown_s(w->site, vm->name, vm->tenant, vm->grade, vm->guest) * 1000;
	t->why = policy_may(a, p->verb, &f);
	if (!t->why && look)
		t->why = plan_snap_check(w, a, p, look);
	if (!t->why && p->snap && !look)
		t->why = one_at_a_time(p->n);
	t->takeover = !t->why && f.lease && policy_takes_over(p->verb, &f);
	t->takeover_job = intern(t->takeover ? f.lease->job : "");
}

void plan_confirm_text(const struct plan_world *w, const struct actor *a, struct plan *p, bool unique)
{
	if (p->confirm == CONFIRM_COUNT) {
		char *parent = plan_common_parent(w, a, p);
		p->confirm_text = xasprintf("%zu %s", p->n, parent);
		free(parent);
	} else if (p->confirm == CONFIRM_NAME) {
		const struct plan_target *t = &p->targets[0];
		p->confirm_text = unique && policy_typeable(t->name) ? xstrdup(t->name) : plan_short_code(t->id);
	}
}

static void make_confirm(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *look)
{
	p->confirm = policy_confirm(p->verb, p->n);
	if (look && p->verb == VERB_SNAP_DELETE)
		plan_snap_confirm(w, a, p, look);
	else
		plan_confirm_text(w, a, p, p->n == 1 && targets_same_name(w->objects, w->gate, a, p->targets[0].name) <= 1);
}

char *plan_confirm_option(const struct plan *p)
{
	char *typed = p->confirm_text ? plan_quote(p->confirm_text) : NULL;
	char *option = typed ? xasprintf(" --confirm %s", typed) : xstrdup(" --yes");

	free(typed);
	return option;
}

static void make_command(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms)
{
	struct buf b = { 0 };
	char *confirm = plan_confirm_option(p);

	if (!p->snap)
		buf_printf(&b, "%s %s", w->command, verb_name(p->verb));
	for (size_t i = 0; i < p->n; i++) {
		char *word = targets_word_for(w->objects, w->gate, a, vms[i]);
		char *quoted = plan_quote(word);
		if (!p->snap)
			buf_printf(&b, " %s", quoted);
		else if (i == 0)
			plan_snap_command(w, a, p, quoted, confirm, &b);
		free(quoted);
		free(word);
	}
	if (!p->snap)
		buf_str(&b, confirm);
	free(confirm);
	buf_append(&b, "", 1);
	p->command = b.data;
}

struct plan *plan_new(const struct plan_world *w, const struct actor *a, enum kind k, enum verb v, size_t n)
{
	struct plan *p = xcalloc(1, sizeof *p);

	random_hex(p->id, "p-", 32);
	p->kind = k;
	p->verb = v;
	p->viewer = actor_viewer(a);
	p->n = n;
	p->targets = xcalloc(n ? n : 1, sizeof *p->targets);
	p->expires = clock_boot_ms() + (w->life_ms ? w->life_ms : PLAN_LIFE_MS);
	return p;
}

struct plan *plan_make_vms(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args, const struct plan *shown)
{
	struct plan *p = plan_new(w, a, KIND_VM, v, n);
	struct snap_look found, *look = NULL;

	if (verb_is_snapshot(v) && n == 1) {
		look = &found;
		plan_snap_look(w, a, p, vms[0], args, shown ? shown->snap : NULL, look);
	} else if (verb_is_snapshot(v)) {
		plan_snap_none(p);
	}
	for (size_t i = 0; i < n; i++) {
		make_target(w, a, p, &p->targets[i], vms[i], look);
		if (p->targets[i].why)
			plan_note_err(&p->refused, vms[i]->id, p->targets[i].why);
	}
	plan_words(w, a, p, vms, look);
	p->has_gentler = policy_gentler(v, &p->gentler);
	if (p->has_gentler) {
		struct err *e = plan_may(w, a, p->gentler, vms, n);
		p->has_gentler = e == NULL;
		err_free(e);
	}
	make_confirm(w, a, p, look);
	make_command(w, a, p, vms);
	if (look)
		err_free(look->err);
	return p;
}

struct plan *plan_make(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args)
{
	return plan_make_vms(w, a, v, vms, n, args, NULL);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct plan_target *t = &p->targets[i];
		intern_free(t->id);
		intern_free(t->name);
		intern_free(t->uuid);
		intern_free(t->blade);
		intern_free(t->tenant);
		intern_free(t->grade);
		intern_free(t->takeover_job);
		intern_free(t->serial);
		free(t->place);
		err_free(t->why);
	}
	free(p->targets);
	plan_notes_free(&p->impact);
	plan_notes_free(&p->warnings);
	plan_notes_free(&p->refused);
	plan_blade_free(p);
	plan_snap_free(p->snap);
	json_decref(p->limits);
	free(p->confirm_text);
	free(p->command);
	free(p);
}
