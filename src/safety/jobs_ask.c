/* What others ask of jobs: which of them acts here, and what of it a customer may know. Changes nothing. */
#include "safety/jobs_run.h"

#include "safety/lease.h"

#include <string.h>

const struct job *jobs_acting(struct jobs *j, const struct vm *vm, enum verb *verb)
{
	struct run_target *t = run_target_of(j, vm->id);
	const struct lease *l = t ? NULL : lease_on(j->c.objects, vm);

	if (l && (t = run_target_of(j, l->object)) && (t->kind != KIND_BLADE || t->verb == VERB_POWER_ON))
		return NULL;
	if (!t || !t->sent)
		return NULL;
	*verb = t->verb;
	return t->run->job;
}

const struct job *jobs_acting_blade(struct jobs *j, const struct blade *b, enum verb *verb)
{
	const struct run_target *t = run_target_of(j, b->id);

	if (!t || !t->sent)
		return NULL;
	*verb = t->verb;
	return t->run->job;
}

bool jobs_seen_by(struct jobs *j, const struct job *job, const struct actor *a)
{
	const struct run *r = run_find(j, job->id);

	if (!r || r->n == 0)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct vm *vm = run_vm(&r->targets[i]);
		if (r->targets[i].kind == KIND_BLADE)
			return false;
		if (actor_right_named(a, vm ? vm->tenant : r->targets[i].tenant, vm ? vm->name : r->targets[i].name) < RIGHT_VIEW)
			return false;
	}
	return true;
}

bool jobs_by_customer(struct jobs *j, const char *job_id)
{
	const struct run *r = run_find(j, job_id);

	if (!r || r->role != ROLE_CUSTOMER)
		return false;
	/* One whose server has another owner since is a stranger to him. */
	for (size_t i = 0; i < r->n; i++) {
		const struct vm *vm = run_vm(&r->targets[i]);
		if (strcmp(vm ? vm->tenant : r->targets[i].tenant, r->tenant) != 0)
			return false;
	}
	return true;
}

bool jobs_text_is_plain(const char *text_id)
{
	static const char *const plain[] = { "job.pending", "job.sent", "job.waiting", "job.asked", "job.overdue", "job.unknown.restart",
		"job.seen", "job.seen.late", "job.accepted", "job.accepted.silent", "job.no-effect", "job.unseen", "job.went-off",
		"job.gone.off", "job.gone", "job.protected", "job.unprotected", "job.several", "job.several.ended", "job.snap.waits",
		"job.snap.taken", "job.snap.reverted", "job.snap.deleted", "job.snap.late", "job.snap.late.deleted", "job.snap.late.reverted",
		"job.snap.no-effect", "job.snap.cleared", "job.snap.unlisted", "job.snap.busy", "job.snap.left", "job.snap.undeleted",
		"job.snap.revert-unseen", "job.snap.unsent", "job.snap.gone", "job.right" };

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strcmp(plain[i], text_id) == 0)
			return true;
	return false;
}

json_t *jobs_targets(struct jobs *j, const char *job_id, bool plain)
{
	json_t *list = json_array();
	const struct run *r = run_find(j, job_id);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct run_target *t = &r->targets[i];
		json_t *o = json_pack("{s:s, s:s, s:s}", "id", t->id, "name", t->name, "state", job_state_name(t->shown));
		if (!plain || jobs_text_is_plain(t->text_id))
			json_object_set_new(o, "outcome", json_pack("{s:s, s:{}, s:s}", "msg", t->text_id, "args", "text", t->text));
		else
			json_object_set_new(o, "outcome", json_null());
		json_array_append_new(list, o);
	}
	return list;
}
