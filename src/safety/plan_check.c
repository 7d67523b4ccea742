/* A preview worked out again when it is committed: refused when anything got worse; and what was typed. Called by who commits. */
#include "safety/plan_inside.h"

#include <string.h>

void plan_worse(json_t *changes, const char *id, const char *name, const char *was, const char *is)
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
		plan_worse(changes, "plan.renamed", was->name, was->name, is->name);
	if (was->blade != is->blade)
		plan_worse(changes, v == VIEWER_TENANT ? "plan.elsewhere" : "plan.moved", is->name, v == VIEWER_TENANT ? "" : was->blade,
			v == VIEWER_TENANT ? "" : is->blade);
	if (was->tenant != is->tenant)
		plan_worse(changes, "plan.owner", is->name, was->tenant[0] ? was->tenant : "-", is->tenant[0] ? is->tenant : "-");
	/* Running work that was not there when it was shown; the other way round somebody only gains. */
	if (!vm_state_is_active(was->state) && vm_state_is_active(is->state))
		plan_worse(changes, "plan.state", is->name, vm_state_name(was->state), vm_state_name(is->state));
	if (!was->takeover && is->takeover)
		plan_worse(changes, "plan.takeover", is->name, "", is->takeover_job);
	if (was->can != OUTCOME_UNSEEN && is->can == OUTCOME_UNSEEN)
		plan_worse(changes, "plan.unseen", is->name, "", "");
}

static struct err *compare(const struct plan *was, const struct plan *is)
{
	json_t *changes = json_array();

	for (size_t i = 0; is->kind == KIND_VM && i < was->n && i < is->n; i++)
		compare_target(changes, is->viewer, &was->targets[i], &is->targets[i]);
	if (is->kind == KIND_BLADE)
		plan_blade_compare(changes, was, is);
	if (was->snap && is->snap)
		plan_snap_compare(changes, was, is);
	for (size_t i = 0; i < is->warnings.n; i++)
		if (!told(&was->warnings, &is->warnings.list[i]))
			json_array_append_new(changes, msg_to_json(&is->warnings.list[i].msg));
	if (was->confirm != is->confirm ||
		(was->confirm_text && is->confirm_text && strcmp(was->confirm_text, is->confirm_text) != 0))
		plan_worse(changes, "plan.confirm", "", was->confirm_text ? was->confirm_text : "", is->confirm_text ? is->confirm_text : "");
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

static struct err *gone(const char *name)
{
	json_t *changes = json_array();

	plan_worse(changes, "plan.gone", name, "", "");
	return err_new(ERR_CONFIRM, "plan.changed", "{s:o}", "what", changes);
}

struct err *plan_check(const struct plan_world *w, const struct actor *a, const struct plan *shown, struct plan **out)
{
	struct vm *vms[POLICY_POWER_ON_MAX];
	struct blade *blades[POLICY_POWER_ON_MAX];
	struct plan *again;

	*out = NULL;
	for (size_t i = 0; i < shown->n; i++) {
		void *o = registry_find(w->objects, shown->kind, shown->targets[i].id);
		if (!o || !w->gate->sees(w->gate->ctx, a, shown->kind, o))
			return gone(shown->targets[i].name);
		if (shown->kind == KIND_BLADE)
			blades[i] = o;
		else
			vms[i] = o;
	}
	if (shown->kind == KIND_BLADE) {
		struct plan_args args = { .vms_first = shown->vms_first, .consent = shown->consent };
		again = plan_make_blades(w, a, shown->verb, blades, shown->n, &args);
	} else {
		struct plan_args args;
		if (shown->snap)
			args = plan_snap_args(shown);
		again = plan_make_vms(w, a, shown->verb, vms, shown->n, shown->snap ? &args : NULL, shown);
	}
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
