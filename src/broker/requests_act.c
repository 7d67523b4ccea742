/* Requests that change something, or say what would change: plan, commit, actions, lease-break. */
#include "broker/commands.h"

#include "common/text.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

struct err *request_targets(struct request *q, json_t *args, struct vm **out, size_t *n)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	json_t *words = json_object_get(args, "targets"), *filter = json_object_get(args, "filter");
	const char *list[TARGETS_WORDS_MAX + 1];
	size_t i, count = 0;
	json_t *word;

	*n = 0;
	if (words && filter)
		return err_new(ERR_USAGE, "args.targets", "{s:s}", "request", q->command->name);
	if (filter)
		return targets_filter(b->objects, &b->gate, a, json_string_value(filter), out, n);
	json_array_foreach(words, i, word)
		if (count <= TARGETS_WORDS_MAX)
			list[count++] = json_string_value(word);
	return targets_words(b->objects, &b->gate, a, list, count, out, n);
}

/* ---- plan, actions ---- */

void do_plan(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	struct vm *vms[POLICY_TARGETS_MAX];
	size_t n;
	enum verb v;

	if (!verb_from_name(arg_text(args, "verb"), &v)) {
		request_error(q, err_new(ERR_USAGE, "verb.unknown", "{s:s}", "verb", arg_text(args, "verb")));
		return;
	}
	struct err *e = request_targets(q, args, vms, &n);
	if (e) {
		request_error(q, e);
		return;
	}
	struct plan *p = plan_make(&b->world, peer_actor(q->peer), v, vms, n);
	json_t *answer = plan_to_json(p);
	plans_add(peer_plans(q->peer), p);
	request_return(q, answer);
}

void do_actions(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	struct vm *vms[POLICY_TARGETS_MAX];
	size_t n;
	json_t *list = json_array();

	struct err *e = request_targets(q, args, vms, &n);
	if (e) {
		json_decref(list);
		request_error(q, e);
		return;
	}
	for (int v = 0; v < VERB_COUNT; v++) {
		e = plan_may(&b->world, peer_actor(q->peer), (enum verb)v, vms, n);
		/* What is not for customers at all is not offered to them. */
		if (!e || peer_actor(q->peer)->role != ROLE_CUSTOMER || v < VERB_PROTECT)
			json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "verb", verb_name((enum verb)v), "ok", e == NULL, "why",
				e ? msg_to_json(&e->msg) : json_null()));
		err_free(e);
	}
	request_return(q, json_pack("{s:o}", "actions", list));
}

/* ---- commit ---- */

/* A commit whose intent is being written. The plan may die meanwhile (a reload); this is what remembers who asked. */
struct commit {
	struct commit *next;
	struct broker *b;
	uint64_t peer;             /* its serial */
	char plan[40];
	struct request *waiting[PEER_WAITING_MAX];
	int nwaiting;
};
static struct commit *commits;  /* the loop's */

static struct plan *plan_of(struct commit *c)
{
	struct peer *p = peers_find(c->b->peers, c->peer);
	struct plan *plan = NULL;

	if (!p)
		return NULL;
	struct err *e = plans_find(peer_plans(p), c->plan, &plan);
	err_free(e);
	return plan;
}

static void committed(void *ctx, struct err *e, const char *job)
{
	struct commit *c = ctx, **at = &commits;
	struct plan *plan = plan_of(c);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (plan) {
		plan->writing = false;
		if (!e)
			memcpy(plan->job, job, strnlen(job, sizeof plan->job - 1) + 1);
	}
	for (int i = 0; i < c->nwaiting; i++) {
		if (e)
			request_error(c->waiting[i], err_copy(e));
		else
			request_return(c->waiting[i], json_pack("{s:s}", "job", job));
	}
	err_free(e);
	free(c);
}

static void refuse(struct request *q, const struct plan *plan, struct err *e)
{
	json_t *objects = NULL;

	/* A preview that ran out is no attempt at anything. */
	for (size_t i = 0; plan && i < plan->n; i++)
		audit_object(&objects, plan->targets[i].id, plan->targets[i].name, plan->targets[i].blade);
	if (plan)
		broker_denied(q->broker, peer_actor(q->peer), "commit", verb_name(plan->verb), objects, e);
	json_decref(objects);
	request_error(q, e);
}

static bool join(struct request *q, const struct plan *plan)
{
	for (struct commit *c = commits; c; c = c->next) {
		if (strcmp(c->plan, plan->id) != 0)
			continue;
		/* A peer has no more than these waiting. */
		c->waiting[c->nwaiting++] = q;
		return true;
	}
	return false;
}

void do_commit(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	struct plan *shown = NULL, *now = NULL;

	struct err *e = plans_find(peer_plans(q->peer), arg_text(args, "plan"), &shown);
	if (e) {
		request_error(q, e);
		return;
	}
	if (shown->job[0]) {
		request_return(q, json_pack("{s:s}", "job", shown->job));
		return;
	}
	if (shown->writing && join(q, shown))
		return;
	e = plan_check(&b->world, a, shown, &now);
	if (!e)
		e = plan_confirmed(now, arg_text(args, "confirm"));
	if (e) {
		plan_free(now);
		refuse(q, shown, e);
		return;
	}
	struct commit *c = xcalloc(1, sizeof *c);
	c->b = b;
	c->peer = peer_serial(q->peer);
	memcpy(c->plan, shown->id, sizeof c->plan);
	memcpy(now->id, shown->id, sizeof now->id);
	c->waiting[c->nwaiting++] = q;
	c->next = commits;
	commits = c;
	shown->writing = true;
	char *reason = text_clean_dup(arg_text(args, "reason"));
	jobs_start(b->jobs, now, a, reason, committed, c);
	free(reason);
	plan_free(now);
}

/* ---- lease-break ---- */

static void broken(void *ctx, struct err *e)
{
	if (e)
		request_error(ctx, e);
	else
		request_return(ctx, NULL);
}

void do_lease_break(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	const char *object = arg_text(args, "object");
	enum kind k;
	void *o = NULL;

	char *reason = text_clean_dup(arg_text(args, "reason"));
	struct err *e = NULL;
	if (!reason[strspn(reason, " ")])
		e = err_new(ERR_CONFIRM, "lease.reason", NULL);
	/* "lease:vm:..." is the lease's own id. */
	if (!e)
		e = targets_object(b->objects, &b->gate, a, strncmp(object, "lease:", 6) == 0 ? object + 6 : object, &k, &o);
	if (!e)
		e = jobs_break(b->jobs, ((struct object *)o)->id, a, reason, broken, q);
	if (e)
		request_error(q, e);
	free(reason);
}
