/* Making a preview from what is there. What its words say is in plan_words.c, its life at a peer in plans.c. */
#include "safety/plan.h"

#include "common/clock.h"
#include "safety/lease.h"
#include "safety/plan_words.h"
#include "common/random.h"

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

static char *place_of(const struct blade *b)
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
	t->id = intern(vm->id);
	t->name = intern(vm->name);
	t->uuid = intern(vm->uuid);
	t->blade = intern(vm->blade);
	t->tenant = intern(vm->tenant);
	t->grade = intern(vm->grade);
	t->place = place_of(blade_of(w, vm));
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

static void make_confirm(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *look)
{
	p->confirm = policy_confirm(p->verb, p->n);
	if (look && p->verb == VERB_SNAP_DELETE) {
		plan_snap_confirm(w, a, p, look);
		return;
	}
	if (p->confirm == CONFIRM_COUNT) {
		char *parent = plan_common_parent(w, a, p);
		p->confirm_text = xasprintf("%zu %s", p->n, parent);
		free(parent);
	} else if (p->confirm == CONFIRM_NAME) {
		const struct plan_target *t = &p->targets[0];
		if (policy_typeable(t->name) && targets_same_name(w->objects, w->gate, a, t->name) <= 1)
			p->confirm_text = xstrdup(t->name);
		else
			p->confirm_text = plan_short_code(t->id);
	}
}

static void make_command(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms)
{
	struct buf b = { 0 };
	char *typed = p->confirm_text ? plan_quote(p->confirm_text) : NULL;
	char *confirm = typed ? xasprintf(" --confirm %s", typed) : xstrdup(" --yes");

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
	free(typed);
	buf_append(&b, "", 1);
	p->command = b.data;
}

/* shown: the preview that is worked out again, NULL. */
static struct plan *make(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args, const struct plan *shown)
{
	struct plan *p = xcalloc(1, sizeof *p);
	struct snap_look found, *look = NULL;

	random_hex(p->id, "p-", 32);
	p->verb = v;
	p->viewer = actor_viewer(a);
	p->n = n;
	p->targets = xcalloc(n ? n : 1, sizeof *p->targets);
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
	p->expires = clock_boot_ms() + (w->life_ms ? w->life_ms : PLAN_LIFE_MS);
	return p;
}

struct plan *plan_make(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args)
{
	return make(w, a, v, vms, n, args, NULL);
}

static void notes_free(struct plan_notes *n)
{
	for (size_t i = 0; i < n->n; i++) {
		msg_free(&n->list[i].msg);
		intern_free(n->list[i].object);
	}
	free(n->list);
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
		free(t->place);
		err_free(t->why);
	}
	free(p->targets);
	notes_free(&p->impact);
	notes_free(&p->warnings);
	notes_free(&p->refused);
	plan_snap_free(p->snap);
	json_decref(p->limits);
	free(p->confirm_text);
	free(p->command);
	free(p);
}

/* ---- no worse at commit ---- */

static void worse(json_t *changes, const char *id, const char *name, const char *was, const char *is)
{
	struct msg m;

	msg_make(&m, id, "{s:s, s:s, s:s}", "name", name, "was", was, "is", is);
	json_array_append_new(changes, msg_to_json(&m));
	msg_free(&m);
}

static bool told(const struct plan_notes *notes, const struct plan_note *n)
{
	for (size_t i = 0; i < notes->n; i++)
		if (strcmp(notes->list[i].msg.id, n->msg.id) == 0 && notes->list[i].object == n->object)
			return true;
	return false;
}

static void compare_target(json_t *changes, enum viewer v, const struct plan_target *was, const struct plan_target *is)
{
	if (was->name != is->name)
		worse(changes, "plan.renamed", was->name, was->name, is->name);
	if (was->blade != is->blade)
		worse(changes, v == VIEWER_TENANT ? "plan.elsewhere" : "plan.moved", is->name, v == VIEWER_TENANT ? "" : was->blade,
			v == VIEWER_TENANT ? "" : is->blade);
	if (was->tenant != is->tenant)
		worse(changes, "plan.owner", is->name, was->tenant[0] ? was->tenant : "-", is->tenant[0] ? is->tenant : "-");
	/* Running work that was not there when it was shown; the other way round somebody only gains. */
	if (!vm_state_is_active(was->state) && vm_state_is_active(is->state))
		worse(changes, "plan.state", is->name, vm_state_name(was->state), vm_state_name(is->state));
	if (!was->takeover && is->takeover)
		worse(changes, "plan.takeover", is->name, "", is->takeover_job);
	if (was->can != OUTCOME_UNSEEN && is->can == OUTCOME_UNSEEN)
		worse(changes, "plan.unseen", is->name, "", "");
}

static struct err *compare(const struct plan *was, const struct plan *is)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < was->n && i < is->n; i++)
		compare_target(changes, is->viewer, &was->targets[i], &is->targets[i]);
	if (was->snap && is->snap)
		plan_snap_compare(changes, was, is);
	for (size_t i = 0; i < is->warnings.n; i++)
		if (!told(&was->warnings, &is->warnings.list[i]))
			json_array_append_new(changes, msg_to_json(&is->warnings.list[i].msg));
	if (was->confirm != is->confirm ||
		(was->confirm_text && is->confirm_text && strcmp(was->confirm_text, is->confirm_text) != 0))
		worse(changes, "plan.confirm", "", was->confirm_text ? was->confirm_text : "", is->confirm_text ? is->confirm_text : "");
	if (json_array_size(changes) == 0) {
		json_decref(changes);
		return NULL;
	}
	struct err *e = err_new(ERR_CONFIRM, "plan.changed", "{s:o}", "what", changes);
	return e;
}

static struct err *first_refusal(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->targets[i].why)
			return err_copy(p->targets[i].why);
	return NULL;
}

struct err *plan_check(const struct plan_world *w, const struct actor *a, const struct plan *shown, struct plan **out)
{
	struct vm *vms[POLICY_TARGETS_MAX];

	*out = NULL;
	for (size_t i = 0; i < shown->n; i++) {
		vms[i] = registry_find(w->objects, KIND_VM, shown->targets[i].id);
		if (!vms[i] || !w->gate->sees(w->gate->ctx, a, KIND_VM, vms[i])) {
			json_t *changes = json_array();
			worse(changes, "plan.gone", shown->targets[i].name, "", "");
			return err_new(ERR_CONFIRM, "plan.changed", "{s:o}", "what", changes);
		}
	}
	struct plan_args args;
	if (shown->snap)
		args = plan_snap_args(shown);
	struct plan *again = make(w, a, shown->verb, vms, shown->n, shown->snap ? &args : NULL, shown);
	struct err *e = first_refusal(again);
	if (!e)
		e = compare(shown, again);
	if (e) {
		plan_free(again);
		return e;
	}
	*out = again;
	return NULL;
}

static struct err *typed(const struct plan *p, const char *confirm)
{
	const char *kind = confirm_kind_name(p->confirm);
	const char *wanted = p->confirm == CONFIRM_YES ? "yes" : p->confirm_text;

	if (p->confirm == CONFIRM_ENTER)
		return NULL;
	if (!confirm || !confirm[0])
		return err_new(ERR_CONFIRM, "confirm.missing", "{s:s, s:s}", "kind", kind, "wanted", wanted);
	if (strcmp(confirm, wanted) != 0)
		return err_new(ERR_CONFIRM, "confirm.wrong", "{s:s, s:s, s:s}", "kind", kind, "wanted", wanted, "given", confirm);
	return NULL;
}

struct err *plan_confirmed(const struct plan *p, const char *confirm, const char *reason)
{
	struct err *e = typed(p, confirm);

	if (e || !p->reason_needed)
		return e;
	return !reason || !reason[strspn(reason, " \t\r\n")] ? err_new(ERR_CONFIRM, "confirm.reason", NULL) : NULL;
}
