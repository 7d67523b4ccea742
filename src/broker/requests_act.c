/* Requests that change something, or say what would change: plan, commit, actions, lease-break. */
#include "broker/commands.h"

#include "broker/looks.h"
#include "common/text.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

#define COMMIT_COST 39          /* requests that a customer's counts for, beside itself */

bool request_can_ask(struct broker *b, const struct vm *vm)
{
	void *o = NULL;
	const char *why, *driver;
	const struct blade *blade = registry_named(b->objects, KIND_BLADE, vm->blade, &o, 1) >= 1 ? o : NULL;

	return blade && blade->host == HOST_UP && vm->live &&
		fleet_can(b->fleet, vm, VERB_SNAP_CREATE, &why, &driver) != OUTCOME_NO;
}

struct vm *request_still(struct request *q, const char *vm_id)
{
	struct broker *b = q->broker;

	if (!q->peer) {
		request_return(q, NULL); /* goes nowhere */
		return NULL;
	}
	const struct actor *a = peer_actor(q->peer);
	struct vm *vm = registry_find(b->objects, KIND_VM, vm_id);
	/* A reload may have made him another while the host was asked. */
	if (!(q->command->roles & (1u << a->role))) {
		request_error(q, err_new(ERR_ROLE, "request.role", "{s:s, s:s}", "role", role_name(a->role), "request",
			q->command->name));
		return NULL;
	}
	if (!vm || !b->gate.sees(b->gate.ctx, a, KIND_VM, vm)) {
		request_error(q, err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", vm_id));
		return NULL;
	}
	return vm;
}

/* ---- plan ---- */

/* Arguments that belong to some verbs only. */
#define V(verb) (1u << VERB_SNAP_##verb)
#define POWER_VERBS (1u << VERB_POWER_ON | 1u << VERB_SHUTDOWN | 1u << VERB_POWER_OFF | 1u << VERB_REBOOT | 1u << VERB_RESET)
static const struct { const char *name; unsigned verbs; bool operators, yes, of_blades; } plan_words[] = {
	{ "name", V(CREATE), false, false, false }, { "note", V(CREATE), false, false, false }, { "external", V(CREATE), false, true, false },
	{ "quiesce", V(CREATE), false, true, false }, { "charge", V(CREATE), true, false, false }, { "exceed", V(CREATE), true, true, false },
	{ "snapshot", V(REVERT) | V(DELETE), false, false, false }, { "children", V(DELETE), false, true, false },
	{ "override-pair", V(REVERT), true, true, false }, { "vms-first", 1u << VERB_SHUTDOWN, true, true, true },
	{ "consent", POWER_VERBS, true, true, true },
};
#undef V

static struct err *check_plan_words(const struct actor *a, enum verb v, json_t *args)
{
	for (size_t i = 0; i < sizeof plan_words / sizeof plan_words[0]; i++) {
		const char *name = plan_words[i].name, *value = json_string_value(json_object_get(args, name));
		if (!value)
			continue;
		if (!(plan_words[i].verbs & (1u << v)))
			return err_new(ERR_USAGE, "args.verb", "{s:s, s:s}", "verb", verb_name(v), "name", name);
		if (plan_words[i].yes && strcmp(value, "yes") != 0)
			return err_new(ERR_USAGE, "args.yes", "{s:s, s:s, s:s}", "verb", verb_name(v), "name", name, "value", value);
		if (strcmp(name, "charge") == 0 && strcmp(value, "tenant") != 0 && strcmp(value, "provider") != 0)
			return err_new(ERR_USAGE, "args.charge", "{s:s}", "value", value);
		if (plan_words[i].operators && a->role != ROLE_OPERATOR)
			return err_new(ERR_ROLE, "args.role", "{s:s, s:s, s:s}", "role", role_name(a->role), "verb", verb_name(v), "name",
				name);
	}
	if ((v == VERB_SNAP_REVERT || v == VERB_SNAP_DELETE) && !arg_text(args, "snapshot")[0])
		return err_new(ERR_USAGE, "args.missing", "{s:s, s:s}", "request", verb_name(v), "name", "snapshot");
	return NULL;
}

/* Those that only blades take. */
static struct err *check_blade_words(enum verb v, enum kind k, json_t *args)
{
	for (size_t i = 0; i < sizeof plan_words / sizeof plan_words[0]; i++)
		if (plan_words[i].of_blades && k != KIND_BLADE && json_object_get(args, plan_words[i].name))
			return err_new(ERR_USAGE, "args.of.blade", "{s:s, s:s}", "name", plan_words[i].name, "verb", verb_name(v));
	return NULL;
}

/* Words as they are kept: without blanks at their ends, cleaned. */
static char *clean_words(json_t *args, const char *name, char *clean(const char *in))
{
	const char *from = arg_text(args, name) + strspn(arg_text(args, name), " ");
	size_t n = strlen(from);

	while (n > 0 && from[n - 1] == ' ')
		n--;
	char *words = xasprintf("%.*s", (int)n, from), *out = clean(words);
	free(words);
	return out;
}

static json_t *objects_of(const struct plan *plan)
{
	json_t *objects = NULL;

	for (size_t i = 0; i < plan->n; i++)
		audit_object(&objects, plan->targets[i].id, plan->targets[i].name, plan->targets[i].blade);
	return objects;
}

/* A preview tells whoever has no right so, and its answer is no error; it is a refusal all the same. */
static void note_plan(struct request *q, const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct err *why = p->targets[i].why;
		if (!why || why->class != ERR_ROLE)
			continue;
		json_t *objects = objects_of(p);
		broker_denied(q->broker, peer_actor(q->peer), "plan", verb_name(p->verb), objects, why);
		json_decref(objects);
		return;
	}
}

static void answer_plan(struct request *q, enum verb v, struct vm *const *vms, size_t n, const struct plan_args *args)
{
	struct plan *p = plan_make(&q->broker->world, peer_actor(q->peer), v, vms, n, args);
	json_t *answer = plan_to_json(p);

	note_plan(q, p);
	plans_add(peer_plans(q->peer), p);
	request_return(q, answer);
}

/* A preview of a snapshot verb, whose host is asked first. */
struct asking {
	struct request *q;
	enum verb verb;
	char *vm;
	char *snapshot, *name, *note, *charge;
	struct plan_args args;
};

static void asking_free(struct asking *s)
{
	free(s->vm);
	free(s->snapshot);
	free(s->name);
	free(s->note);
	free(s->charge);
	free(s);
}

static struct asking *asking_new(struct request *q, enum verb v, const struct vm *vm, json_t *args)
{
	struct asking *s = xcalloc(1, sizeof *s);

	s->q = q;
	s->verb = v;
	s->vm = xstrdup(vm->id);
	const char *word = arg_text(args, "snapshot");
	s->snapshot = text_is_clean(word) ? xstrdup(word) : text_clean_name_dup(word);
	/* Two names on one server must not look alike. */
	s->name = clean_words(args, "name", text_clean_name_dup);
	s->note = clean_words(args, "note", text_clean_dup);
	s->charge = xstrdup(arg_text(args, "charge"));
	s->args = (struct plan_args){ .snapshot = s->snapshot, .name = s->name, .note = s->note, .charge = s->charge,
		.external = arg_text(args, "external")[0], .quiesce = arg_text(args, "quiesce")[0],
		.children = arg_text(args, "children")[0], .exceed = arg_text(args, "exceed")[0],
		.override_pair = arg_text(args, "override-pair")[0] };
	return s;
}

static void asked(void *ctx, const struct err *e)
{
	struct asking *s = ctx;
	struct vm *vm = request_still(s->q, s->vm);

	if (vm && e && peer_actor(s->q->peer)->role != ROLE_OPERATOR) {
		/* A host's own words are the provider's. */
		request_error(s->q, err_new(e->class, "vm.silent", "{s:s}", "name", vm->name));
	} else if (vm && e) {
		request_error(s->q, err_copy(e));
	} else if (vm) {
		answer_plan(s->q, s->verb, &vm, 1, &s->args);
	}
	asking_free(s);
}

static void plan_snapshot(struct request *q, enum verb v, struct vm *vm, json_t *args)
{
	struct asking *s = asking_new(q, v, vm, args);

	if (request_can_ask(q->broker, vm)) {
		looks_ask(q->broker, vm, asked, s);
		return;
	}
	/* It cannot be asked: the preview says why nothing can be done. */
	answer_plan(q, v, &vm, 1, &s->args);
	asking_free(s);
}

static void plan_blades(struct request *q, enum verb v, const struct aims *at, json_t *args)
{
	struct plan_args words = { .snapshot = "", .name = "", .note = "", .charge = "",
		.vms_first = arg_text(args, "vms-first")[0], .consent = arg_text(args, "consent")[0] };
	struct plan *p = plan_make_blades(&q->broker->world, peer_actor(q->peer), v, at->blades, at->n, &words);
	json_t *answer = plan_to_json(p);

	plans_add(peer_plans(q->peer), p);
	request_return(q, answer);
}

/* An argument that his role may not give. */
static void note_words(struct request *q, enum verb v, const struct err *e)
{
	broker_denied(q->broker, peer_actor(q->peer), "plan", verb_name(v), NULL, e);
	q->noted = true;
}

void do_plan(struct request *q, json_t *args)
{
	struct aims at;
	enum verb v;

	if (!verb_from_name(arg_text(args, "verb"), &v)) {
		request_error(q, err_new(ERR_USAGE, "verb.unknown", "{s:s}", "verb", arg_text(args, "verb")));
		return;
	}
	struct err *e = check_plan_words(peer_actor(q->peer), v, args);
	if (e && e->class == ERR_ROLE)
		note_words(q, v, e);
	if (!e)
		e = request_aims(q, args, v == VERB_POWER_ON ? POLICY_POWER_ON_MAX : POLICY_TARGETS_MAX, &at);
	if (!e)
		e = request_aims_fit(v, at.kind, at.n);
	if (!e)
		e = check_blade_words(v, at.kind, args);
	if (e)
		request_error(q, e);
	else if (at.kind == KIND_BLADE)
		plan_blades(q, v, &at, args);
	else if (verb_is_snapshot(v))
		plan_snapshot(q, v, at.vms[0], args);
	else
		answer_plan(q, v, at.vms, at.n, NULL);
}

/* ---- actions ---- */

static struct err *may(struct request *q, enum verb v, const struct aims *at)
{
	const struct plan_world *w = &q->broker->world;
	struct err *e = request_aims_fit(v, at->kind, at->n);

	if (e)
		return e;
	return at->kind == KIND_BLADE ? plan_may_blades(w, peer_actor(q->peer), v, at->blades, at->n) :
		plan_may(w, peer_actor(q->peer), v, at->vms, at->n);
}

/* Of several: how many of them, each for itself. Snapshots are of one at a time, and too many are too many for all. */
static int may_count(struct request *q, enum verb v, const struct aims *at)
{
	const struct plan_world *w = &q->broker->world;
	int n = 0;

	for (size_t i = 0; i < at->n && !verb_is_snapshot(v); i++) {
		struct err *e = at->kind == KIND_BLADE ? plan_may_blades(w, peer_actor(q->peer), v, &at->blades[i], 1) :
			plan_may(w, peer_actor(q->peer), v, &at->vms[i], 1);

		n += e == NULL;
		err_free(e);
	}
	return n;
}

void do_actions(struct request *q, json_t *args)
{
	struct aims at;
	json_t *list = json_array();

	struct err *e = request_aims(q, args, POLICY_POWER_ON_MAX, &at);
	if (e) {
		json_decref(list);
		request_error(q, e);
		return;
	}
	for (int i = 0; i < VERB_COUNT; i++) {
		enum verb v = (enum verb)i;
		if (!verb_is_of(v, at.kind))
			continue;
		e = may(q, v, &at);
		/* What is not for customers at all is not offered to them. */
		if (!e || peer_actor(q->peer)->role != ROLE_CUSTOMER || v < VERB_PROTECT) {
			json_t *row = json_pack("{s:s, s:b, s:o}", "verb", verb_name(v), "ok", e == NULL, "why", e ? msg_to_json(&e->msg) : json_null());

			if (at.n > 1)
				json_object_set_new(row, "can", json_integer(!e ? (json_int_t)at.n : e->class == ERR_LIMIT ? 0 : may_count(q, v, &at)));
			json_array_append_new(list, row);
		}
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
	/* who asked for what, should it be refused: */
	enum verb verb;
	enum role role;
	uint64_t uid;
	char *user, *origin, *tenant;
	json_t *objects;
	struct request *waiting[PEER_WAITING_MAX];
	int nwaiting;
};
static struct commit *commits;  /* the loop's */

static void commit_free(struct commit *c)
{
	struct commit **at = &commits;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	free(c->user);
	free(c->origin);
	free(c->tenant);
	json_decref(c->objects);
	free(c);
}

static struct commit *commit_new(struct request *q, const struct plan *plan)
{
	const struct actor *a = peer_actor(q->peer);
	struct commit *c = xcalloc(1, sizeof *c);

	c->b = q->broker;
	c->peer = peer_serial(q->peer);
	memcpy(c->plan, plan->id, sizeof c->plan);
	c->verb = plan->verb;
	c->role = a->role;
	c->uid = a->uid;
	c->user = xstrdup(a->user);
	c->origin = xstrdup(a->origin);
	c->tenant = xstrdup(a->tenant);
	c->objects = objects_of(plan);
	c->waiting[c->nwaiting++] = q;
	c->next = commits;
	commits = c;
	return c;
}

/* It was refused after its host was asked, or by another who was faster. What merely did not work is no refusal. */
static void note_refusal(const struct commit *c, const struct err *e)
{
	struct actor a = { .role = c->role, .user = c->user, .uid = c->uid, .origin = c->origin, .tenant = c->tenant };

	if (err_exit_status(e->class) == err_exit_status(ERR_LIMIT) && !c->b->stopping)
		broker_denied(c->b, &a, "commit", verb_name(c->verb), c->objects, e);
}

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
	struct commit *c = ctx;
	struct plan *plan = c->b->peers ? plan_of(c) : NULL;

	if (plan) {
		plan->writing = false;
		if (!e)
			memcpy(plan->job, job, strnlen(job, sizeof plan->job - 1) + 1);
	}
	for (int i = 0; i < c->nwaiting; i++) {
		c->waiting[i]->noted = true; /* once for all of them, below */
		if (e)
			request_error(c->waiting[i], err_copy(e));
		else
			request_return(c->waiting[i], json_pack("{s:s}", "job", job));
	}
	if (e)
		note_refusal(c, e);
	err_free(e);
	commit_free(c);
}

static void refuse(struct request *q, const struct plan *plan, struct err *e)
{
	const struct actor *a = peer_actor(q->peer);
	json_t *objects = objects_of(plan);

	/* The report counts those that a limit refused, as many as are written down. */
	if (broker_denied(q->broker, a, "commit", verb_name(plan->verb), objects, e) && e->class == ERR_LIMIT)
		jobs_refused(q->broker->jobs, plan, a, e);
	json_decref(objects);
	q->noted = true;
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
		e = plan_confirmed(now, arg_text(args, "confirm"), arg_text(args, "reason"));
	if (e) {
		plan_free(now);
		refuse(q, shown, e);
		return;
	}
	/* What it writes down is there for good. */
	if (a->role == ROLE_CUSTOMER)
		peer_charge(q->peer, COMMIT_COST);
	struct commit *c = commit_new(q, shown);
	memcpy(now->id, shown->id, sizeof now->id);
	shown->writing = true;
	char *reason = text_clean_dup(arg_text(args, "reason"));
	jobs_start(b->jobs, now, a, reason, committed, c);
	free(reason);
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
