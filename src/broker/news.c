/* From the fleet's news to sentences, and the ring that keeps them. */
#include "broker/news.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

/* Numbers begin with the time: a broker never gives one again, even where what it had told was not on the disk when it died. */
#define SEQ_A_SECOND 1000

struct item {
	int64_t at, seq;
	enum kind kind;
	char *object, *name;
	istr tenant;             /* whose VM it was, should it be gone */
	struct msg msg, plain;
	bool has_plain;
};
struct news {
	struct registry *objects;
	struct jobs *jobs;
	struct fleet *fleet;
	struct item ring[NEWS_KEPT];
	uint64_t next;
	int64_t seq;             /* of the next one: grows over restarts, also where those before could not be written */
	void (*keep)(void *ctx, const struct store_event *e);
	void *keep_ctx;
	bool (*stood)(void *ctx, const char *cause, const char *object);
	void *stood_ctx;
	json_t *silent;          /* blades whose silence was told: "back" is told of these alone */
	json_t *power;           /* of blades, as it was last known: 1 on, 0 off. Only what differs from it is news */
	json_t *lost;            /* enclosures and blades whose manager's silence was told */
	json_t *active;          /* which manager was the active one last, where there are two */
};

struct news *news_new(struct registry *r, struct jobs *j, struct fleet *f)
{
	struct news *n = xcalloc(1, sizeof *n);

	n->objects = r;
	n->jobs = j;
	n->fleet = f;
	n->seq = clock_wall_s() * SEQ_A_SECOND;
	n->silent = json_object();
	n->power = json_object();
	n->lost = json_object();
	n->active = json_object();
	return n;
}

static void clear(struct item *i)
{
	free(i->object);
	free(i->name);
	intern_free(i->tenant);
	msg_free(&i->msg);
	if (i->has_plain)
		msg_free(&i->plain);
	memset(i, 0, sizeof *i);
}

void news_free(struct news *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < NEWS_KEPT; i++)
		clear(&n->ring[i]);
	json_decref(n->silent);
	json_decref(n->power);
	json_decref(n->lost);
	json_decref(n->active);
	free(n);
}

static void keep(const struct news *n, const struct item *i)
{
	if (!n->keep)
		return;
	json_t *what = msg_to_json(&i->msg);
	char *text = json_dumps(what, JSON_COMPACT);
	n->keep(n->keep_ctx, &(struct store_event){ .seq = i->seq, .at = i->at, .kind = i->kind, .object = i->object, .name = i->name,
		.what = text ? text : "{}" });
	free(text);
	json_decref(what);
}

void news_add(struct news *n, enum kind k, const char *object, const char *name, const struct msg *m, const struct msg *plain)
{
	struct item *i = &n->ring[n->next % NEWS_KEPT];
	const struct vm *vm = k == KIND_VM ? registry_find(n->objects, KIND_VM, object) : NULL;

	clear(i);
	i->at = clock_wall_s();
	i->seq = n->seq++;
	i->kind = k;
	i->object = xstrdup(object);
	i->name = xstrdup(name);
	i->tenant = intern(vm ? vm->tenant : "");
	msg_copy(&i->msg, m);
	if (plain) {
		msg_copy(&i->plain, plain);
		i->has_plain = true;
	}
	n->next++;
	keep(n, i);
}

void news_load(struct news *n, const struct store_event *e)
{
	struct item *i = &n->ring[n->next % NEWS_KEPT];
	json_t *what = json_loads(e->what, JSON_REJECT_DUPLICATES, NULL);
	struct msg m;

	if (what && msg_from_json(&m, what)) {
		clear(i);
		*i = (struct item){ .at = e->at, .seq = e->seq, .kind = e->kind, .object = xstrdup(e->object), .name = xstrdup(e->name),
			.tenant = intern(""), .msg = m };
		n->next++;
		if (n->seq <= e->seq)
			n->seq = e->seq + 1;
	}
	json_decref(what);
}

void news_keep(struct news *n, void (*keep_fn)(void *ctx, const struct store_event *e), void *ctx)
{
	n->keep = keep_fn;
	n->keep_ctx = ctx;
}

void news_known(struct news *n, bool (*stood)(void *ctx, const char *cause, const char *object), void *ctx)
{
	n->stood = stood;
	n->stood_ctx = ctx;
}

json_t *news_json(const struct news *n, int64_t after, int64_t before, int64_t since, const char *object, size_t limit)
{
	json_t *list = json_array();

	for (uint64_t i = n->next; i > news_first(n) && json_array_size(list) < limit; i--) {
		const struct item *it = &n->ring[(i - 1) % NEWS_KEPT];
		if (it->seq <= after || (before > 0 && it->seq >= before) || it->at < since || (*object && strcmp(object, it->object) != 0))
			continue;
		json_array_insert_new(list, 0, json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "seq", (json_int_t)it->seq, "at", (json_int_t)it->at,
			"kind", kind_name(it->kind), "object", it->object, "name", it->name, "what", msg_to_json(&it->msg)));
	}
	return list;
}

uint64_t news_next(const struct news *n)
{
	return n->next;
}

uint64_t news_first(const struct news *n)
{
	return n->next > NEWS_KEPT ? n->next - NEWS_KEPT : 0;
}

bool news_write(const struct news *n, uint64_t i, struct view *v, const struct actor *a, struct buf *out)
{
	const struct item *it = &n->ring[i % NEWS_KEPT];
	enum viewer as;

	if (i >= n->next || i < news_first(n))
		return false;
	if (a->role == ROLE_CUSTOMER) {
		if (!it->has_plain || it->kind != KIND_VM)
			return false;
		const struct vm *vm = registry_find(n->objects, KIND_VM, it->object);
		/* His now, and his when it happened: what a former owner's people did is not for the present one. */
		if ((vm && !view_of(v, a, KIND_VM, vm, &as)) || actor_right_named(a, it->tenant, vm ? vm->name : it->name) < RIGHT_VIEW)
			return false;
	}
	json_t *what = msg_to_json(a->role == ROLE_CUSTOMER ? &it->plain : &it->msg);
	buf_str(out, "{\"event\":\"happened\",");
	/* A customer could count from it what happens to others. */
	if (a->role != ROLE_CUSTOMER)
		buf_printf(out, "\"seq\":%lld,", (long long)it->seq);
	buf_printf(out, "\"at\":%lld,\"kind\":\"%s\",\"object\":", (long long)it->at, kind_name(it->kind));
	buf_json_string(out, it->object);
	buf_str(out, ",\"name\":");
	buf_json_string(out, it->name);
	buf_str(out, ",\"what\":");
	buf_json(out, what);
	buf_str(out, "}\n");
	json_decref(what);
	return true;
}

/* ---- of VMs ---- */

static bool worth_telling(enum vm_state was, enum vm_state is)
{
	/* A guest that waits for its disk, or is on its way down, is no news. */
	bool run_was = was == VM_RUNNING || was == VM_BLOCKED || was == VM_SHUTTING_DOWN;
	bool run_is = is == VM_RUNNING || is == VM_BLOCKED || is == VM_SHUTTING_DOWN;

	return was != is && !(run_was && run_is) && was != VM_UNKNOWN && is != VM_UNKNOWN;
}

/* The sentence for a state that one of our jobs brought about; NULL: it is not its doing. */
static const char *by_job(enum verb v, enum vm_state is)
{
	if (v == VERB_POWER_ON && vm_state_is_active(is))
		return "event.started.by";
	if (v == VERB_SHUTDOWN && is == VM_OFF)
		return "event.shutdown.by";
	if (v == VERB_POWER_OFF && is == VM_OFF)
		return "event.power-off.by";
	return NULL;
}

static const char *by_host(enum vm_state was, enum vm_state is, enum host_why why)
{
	if (vm_state_is_active(is) && !vm_state_is_active(was))
		return why == WHY_BOOTED ? "event.started" : "event.state";
	if (is == VM_CRASHED || why == WHY_CRASHED)
		return "event.crashed";
	if (is != VM_OFF)
		return "event.state";
	switch (why) {
	case WHY_GUEST:
		return "event.guest-off";
	case WHY_DESTROYED:
		return "event.off";
	case WHY_SAVED:
		return "event.saved";
	case WHY_FAILED:
		return "event.failed";
	case WHY_MIGRATED:
		return "event.migrated";
	default:
		return "event.off.unknown";
	}
}

static void tell_vm(struct news *n, const struct vm *vm, const char *id, enum vm_state was, const struct job *job, bool customers)
{
	struct msg m, plain;
	const char *plain_id = id;

	msg_make(&m, id, "{s:s, s:s, s:s, s:s, s:s, s:s}", "name", vm->name, "was", vm_state_name(was), "is",
		vm_state_name(vm->state), "by", job ? job->by : "", "job", job ? job->id : "", "blade", vm->blade);
	/* A customer reads who of his own it was, and else what became of it. */
	if (strcmp(id, "event.guest-off") != 0 && strcmp(id, "event.crashed") != 0 && strcmp(id, "event.reboot") != 0 &&
		!(job && jobs_by_customer(n->jobs, job->id)))
		plain_id = strncmp(id, "event.reboot", 12) == 0 ? "event.reboot" : "event.state";
	bool own = job && jobs_by_customer(n->jobs, job->id);
	msg_make(&plain, plain_id, "{s:s, s:s, s:s, s:s, s:s}", "name", vm->name, "was", vm_state_name(was), "is",
		vm_state_name(vm->state), "by", own ? job->by : "", "job", own ? job->id : "");
	news_add(n, KIND_VM, vm->id, vm->name, &m, customers ? &plain : NULL);
	msg_free(&m);
	msg_free(&plain);
}

static void vm_state(struct news *n, const struct fleet_news *f)
{
	enum verb v;
	const struct job *job = jobs_acting(n->jobs, f->vm, &v);
	const char *id = job ? by_job(v, f->vm->state) : NULL;

	if (!worth_telling(f->was, f->vm->state))
		return;
	if (!id) {
		job = NULL;
		id = by_host(f->was, f->vm->state, f->why);
	}
	tell_vm(n, f->vm, id, f->was, job, true);
}

static void vm_rebooted(struct news *n, const struct fleet_news *f)
{
	enum verb v;
	const struct job *job = jobs_acting(n->jobs, f->vm, &v);

	if (job && v != VERB_REBOOT && v != VERB_RESET)
		job = NULL;
	tell_vm(n, f->vm, job ? "event.reboot.by" : "event.reboot", f->vm->state, job, true);
}

/* ---- of hosts ---- */

static void host_moved(struct news *n, const struct blade *b, enum host_state was)
{
	struct msg m;
	bool told = json_object_get(n->silent, b->id) != NULL;

	if (b->host == HOST_UP && told) {
		json_object_del(n->silent, b->id);
		msg_make(&m, "event.back", "{s:s}", "blade", b->name);
	} else if ((b->host == HOST_BACKOFF || b->host == HOST_DOWN) && !told && was != HOST_NONE) {
		json_object_set_new(n->silent, b->id, json_true());
		if (n->stood && n->stood(n->stood_ctx, "host", b->id))
			return;
		msg_make(&m, "event.silent", "{s:s, s:s}", "blade", b->name, "why", b->why[0] ? b->why : "-");
	} else {
		return;
	}
	news_add(n, KIND_BLADE, b->id, b->name, &m, NULL);
	msg_free(&m);
}

/* ---- of blades and their managers ---- */

/* On its way is no news, and neither is what is read anew after it was not known. */
static void blade_told(struct news *n, const struct blade *b)
{
	json_t *was = json_object_get(n->power, b->id);
	bool on = b->power == POWER_ON, first = was == NULL, by = b->doing[0] && strcmp(b->doing, "locate") != 0;
	struct msg m;

	if ((!on && b->power != POWER_OFF) || !b->power_live || (was && (json_integer_value(was) == 1) == on))
		return;
	json_object_set_new(n->power, b->id, json_integer(on));
	if (first)
		return;
	msg_make(&m, on ? (by ? "event.blade.on.by" : "event.blade.on") : by ? "event.blade.off.by" : "event.blade.off",
		"{s:s, s:s, s:s, s:s}", "name", b->name[0] ? b->name : b->id, "by", b->by, "verb", b->doing, "job", b->job);
	news_add(n, KIND_BLADE, b->id, b->name, &m, NULL);
	msg_free(&m);
}

/* What stands before " active" in "oa1 active, oa2 standby". The caller frees; NULL when none is. */
static char *active_of(const char *words)
{
	const char *end = strstr(words, " active");
	size_t len = end ? (size_t)(end - words) : 0;

	while (len > 0 && words[len - 1] != ' ')
		len--;
	return end ? xasprintf("%.*s", (int)(end - words - (long)len), words + len) : NULL;
}

static void active_moved(struct news *n, const struct enclosure *x)
{
	char *now = x->manager == MANAGER_UP ? active_of(x->managers) : NULL;
	const char *was = json_string_value(json_object_get(n->active, x->id));
	struct msg m;

	if (now && was && strcmp(now, was) != 0) {
		msg_make(&m, "event.manager.takeover", "{s:s, s:s, s:s}", "name", x->name, "active", now, "was", was);
		news_add(n, KIND_ENCLOSURE, x->id, x->name, &m, NULL);
		msg_free(&m);
	}
	if (now)
		json_object_set_new(n->active, x->id, json_string(now));
	free(now);
}

static void manager_moved(struct news *n, enum kind k, const char *id, const char *name, enum manager_state now, const char *why)
{
	bool told = json_object_get(n->lost, id) != NULL;
	struct msg m;

	if (now == MANAGER_UP && told) {
		json_object_del(n->lost, id);
		msg_make(&m, "event.manager.back", "{s:s}", "name", name);
	} else if ((now == MANAGER_SILENT || now == MANAGER_DENIED || now == MANAGER_BUSY) && !told) {
		json_object_set_new(n->lost, id, json_true());
		if (n->stood && n->stood(n->stood_ctx, "manager", id))
			return;
		msg_make(&m, "event.manager.silent", "{s:s, s:s, s:s}", "name", name, "state", manager_state_name(now), "why",
			why[0] ? why : "-");
	} else {
		return;
	}
	news_add(n, k, id, name, &m, NULL);
	msg_free(&m);
}

static void manager_told(struct news *n, const struct fleet_news *f)
{
	if (f->enclosure) {
		manager_moved(n, KIND_ENCLOSURE, f->enclosure->id, f->enclosure->name, f->enclosure->manager, f->enclosure->manager_why);
		active_moved(n, f->enclosure);
	} else if (f->blade) {
		manager_moved(n, KIND_BLADE, f->blade->id, f->blade->name, f->blade->manager, "");
	}
}

void news_fleet(struct news *n, const struct fleet_news *f)
{
	switch (f->kind) {
	case NEWS_VM_STATE:
		vm_state(n, f);
		break;
	case NEWS_VM_REBOOTED:
		vm_rebooted(n, f);
		break;
	case NEWS_VM_NEW:
		/* Not while a host's first list comes in: those are only new to us. */
		if (fleet_steady_ms(n->fleet, f->vm->blade) > 0)
			tell_vm(n, f->vm, "event.new", f->vm->state, NULL, false);
		break;
	case NEWS_VM_GONE:
		tell_vm(n, f->vm, "event.gone", f->vm->state, NULL, false);
		break;
	case NEWS_VM_MOVED:
		tell_vm(n, f->vm, "event.moved", f->vm->state, NULL, false);
		break;
	case NEWS_HOST:
		host_moved(n, f->blade, f->host_was);
		break;
	case NEWS_ALERT:
		if (f->vm)
			news_add(n, KIND_VM, f->vm->id, f->vm->name, f->msg, NULL);
		else if (f->blade)
			news_add(n, KIND_BLADE, f->blade->id, f->blade->name, f->msg, NULL);
		else if (f->enclosure)
			news_add(n, KIND_ENCLOSURE, f->enclosure->id, f->enclosure->name, f->msg, NULL);
		break;
	case NEWS_BLADE:
		blade_told(n, f->blade);
		break;
	case NEWS_MANAGER:
		manager_told(n, f);
		break;
	case NEWS_LISTED:
	case NEWS_VM_SNAPSHOTS:
		break;
	}
}
