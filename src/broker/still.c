/* Whoever began something, by the site file as it is when its turn comes. */
#include "broker/still.h"

#include <string.h>

/* Who acted a while ago, as the site file has him now: his row, in *a. ERR_ROLE role.taken when his role or tenant is another. */
static struct err *actor_now(struct broker *b, struct actor *a)
{
	const char *user;
	const struct site_role *row = b->private_broker ? NULL : roles_of(b->roles, (uid_t)a->uid, a->gids, a->ngids, &user);
	enum role role = b->private_broker ? ROLE_OPERATOR : row ? row->role : ROLE_NONE;

	a->row = row;
	if (role == a->role && (role != ROLE_CUSTOMER || strcmp(row->tenant, a->tenant) == 0))
		return NULL;
	return err_new(ERR_ROLE, "role.taken", "{s:s}", "user", a->user);
}

/* Once more, for a job that has asked the host and holds what it needs. */
struct err *still_recheck(void *ctx, const struct actor *a, const struct plan *shown, const char *job, const char *row)
{
	struct broker *b = ctx;
	struct plan_world w = b->world;
	struct plan *again = NULL;
	struct actor now = *a;

	w.job = job;
	w.row = row;
	struct err *e = actor_now(b, &now);
	if (!e)
		e = plan_check(&w, &now, shown, &again);
	plan_free(again);
	return e;
}

/* The turn of a target has come: by the site file as it is now, may he? */
struct err *still_may(void *ctx, const struct actor *a, enum verb v, enum kind k, const char *id)
{
	struct broker *b = ctx;
	struct actor now = *a;
	const struct vm *vm = k == KIND_VM ? registry_find(b->objects, KIND_VM, id) : NULL;
	json_t *objects = NULL;

	struct err *e = actor_now(b, &now);
	if (!e && vm)
		e = plan_right_now(&b->world, &now, v, vm);
	if (!e)
		return NULL;
	audit_object(&objects, id, vm ? vm->name : "", vm ? vm->blade : NULL);
	broker_denied(b, a, "job", verb_name(v), objects, e);
	json_decref(objects);
	return e;
}
