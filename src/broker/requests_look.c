/* Requests that only look: hello, subscribe, show, refresh, audit, audit-verify, ping. */
#include "broker/commands.h"

#include "broker/fits.h"
#include "broker/looks.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "watch/clusters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUBSCRIBE_COST 19       /* requests that it counts for, beside itself */
#define HISTORY_SHOWN 20
#define AUDIT_LIMIT 100         /* when none is asked for */
#define AUDIT_COST 25           /* so many records count as one request more */
#define HASH_HEX 64

void do_ping(struct request *q, json_t *args)
{
	request_return(q, NULL);
}

/* ---- hello, subscribe ---- */

static bool has_text(json_t *list, const char *wanted)
{
	size_t i;
	json_t *s;

	json_array_foreach(list, i, s)
		if (strcmp(json_string_value(s), wanted) == 0)
			return true;
	return false;
}

void do_hello(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	struct peer *p = q->peer;
	struct err *e = NULL;

	if (peer_said_hello(p)) {
		request_error(q, err_new(ERR_USAGE, "peer.hello.again", NULL));
		return;
	}
	if (arg_int(args, "protocol") != PROTO_VERSION)
		e = err_new(ERR_UNSUPPORTED, "peer.version", "{s:I, s:i}", "theirs", (json_int_t)arg_int(args, "protocol"), "ours",
			PROTO_VERSION);
	if (!e && *arg_text(args, "read") && strcmp(arg_text(args, "read"), "only") != 0)
		e = err_new(ERR_USAGE, "peer.read", "{s:s}", "value", arg_text(args, "read"));
	if (!e)
		e = peer_hello(p, arg_text(args, "origin"), has_text(json_object_get(args, "features"), "batch"), *arg_text(args, "read"));
	if (e) {
		request_error(q, e);
		peer_end_after(p);
		return;
	}
	const struct actor *a = peer_actor(p);
	const struct site *s = registry_find(b->objects, KIND_SITE, "site");
	request_return(q, json_pack("{s:s, s:I, s:s, s:s, s:s, s:b, s:s, s:I, s:s, s:s, s:i}", "user", a->user, "uid", (json_int_t)a->uid, "role",
		role_name(a->role), "tenant", a->tenant, "site", s ? s->name : "", "private", b->private_broker, "version",
		TANA_VERSION, "time", (json_int_t)clock_wall_s(), "support", b->site->support, "escape", b->site->console_escape,
		"idle_s", peer_idle_s(p)));
}

void do_subscribe(struct request *q, json_t *args)
{
	json_t *list = json_object_get(args, "kinds"), *name;
	unsigned kinds = 0;
	size_t i;

	json_array_foreach(list, i, name) {
		enum kind k;
		if (!kind_from_name(json_string_value(name), &k)) {
			request_error(q, err_new(ERR_USAGE, "args.kind", "{s:s}", "name", json_string_value(name)));
			return;
		}
		kinds |= 1u << k;
	}
	struct peer *p = q->peer;
	request_return(q, NULL);
	/* All that he sees is said anew. No kinds at all: only what happens. */
	peer_charge(p, SUBSCRIBE_COST);
	peer_subscribe(p, list && !kinds ? FEED_NEWS_ALONE : list ? kinds : (1u << KIND_COUNT) - 1);
}

/* ---- show ---- */

/* Collects the two answers that come from elsewhere, and then answers. */
struct showing {
	struct request *q;
	enum kind kind;
	enum viewer as;          /* for whom it was made */
	char *id;
	json_t *answer;
	int waiting;
};

/* A reload, or a VM's first owner, may have changed what he sees while others were asked. */
static bool still_his(const struct showing *s)
{
	struct broker *b = s->q->broker;
	const struct actor *a = s->q->peer ? peer_actor(s->q->peer) : NULL;
	const void *o;

	if (!a || a->role == ROLE_OPERATOR)
		return true;
	if (actor_viewer(a) != s->as)
		return false;
	return a->role == ROLE_VIEWER || ((o = registry_find(b->objects, s->kind, s->id)) && b->gate.sees(b->gate.ctx, a, s->kind, o));
}

static void show_done(struct showing *s)
{
	if (--s->waiting > 0)
		return;
	if (still_his(s)) {
		request_return(s->q, s->answer);
	} else {
		json_decref(s->answer);
		request_error(s->q, err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", s->id));
	}
	free(s->id);
	free(s);
}

static json_t *records_json(struct request *q, json_t *records)
{
	json_t *list = json_array(), *record;
	size_t i;

	json_array_foreach(records, i, record) {
		json_t *mine = q->peer ? view_record(q->broker->view, peer_actor(q->peer), record) : NULL;
		if (mine)
			json_array_append_new(list, mine);
	}
	return list;
}

static void show_history(void *ctx, struct err *e, json_t *records)
{
	struct showing *s = ctx;

	json_object_set_new(s->answer, "history", records_json(s->q, records));
	json_decref(records);
	err_free(e);
	show_done(s);
}

static json_t *disks_json(const struct host_vm_detail *d, bool staff)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->ndisks; i++) {
		const struct host_disk *k = &d->disks[i];
		json_t *o = json_pack("{s:s, s:s, s:I, s:b}", "target", k->target, "format", k->format, "bytes", (json_int_t)k->bytes,
			"shared", k->shared);
		/* Where the provider keeps it is the provider's. */
		if (staff)
			json_object_set_new(o, "source", json_string(k->source ? k->source : ""));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *nics_json(const struct host_vm_detail *d, bool staff)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nnics; i++) {
		const struct host_nic *k = &d->nics[i];
		json_t *o = json_pack("{s:s, s:s}", "mac", k->mac, "model", k->model);
		if (staff)
			json_object_set_new(o, "network", json_string(k->network ? k->network : ""));
		json_array_append_new(list, o);
	}
	return list;
}

/* Can its serial console be opened, as far as the host knows of it? */
static json_t *console_json(const struct host_vm_detail *d)
{
	struct msg why;

	if (!d->no_console)
		return json_pack("{s:b, s:n}", "ok", true, "why");
	msg_make(&why, d->no_console, "{s:s, s:s}", "driver", d->driver, "type", d->console);
	json_t *o = json_pack("{s:b, s:o}", "ok", false, "why", msg_to_json(&why));
	msg_free(&why);
	return o;
}

static json_t *error_json(const struct err *e)
{
	json_t *o = msg_to_json(&e->msg);

	json_object_set_new(o, "class", json_string(err_class_name(e->class)));
	return json_pack("{s:o}", "error", o);
}

static void show_detail(void *ctx, const struct err *e, const struct host_vm_detail *d)
{
	struct showing *s = ctx;
	bool staff = s->q->peer && actor_is_staff(peer_actor(s->q->peer));
	json_t *detail;

	if (e && !staff) {
		struct err *plain = err_new(e->class, "vm.silent", "{s:O}", "name", json_object_get(json_object_get(s->answer, "object"),
			"name"));
		detail = error_json(plain);
		err_free(plain);
	} else if (e) {
		detail = error_json(e);
	} else {
		detail = json_pack("{s:o, s:o, s:s, s:o}", "disks", disks_json(d, staff), "nics", nics_json(d, staff), "guest", d->guest,
			"console", console_json(d));
		if (staff) {
			json_object_set_new(detail, "machine", json_string(d->machine));
			json_object_set_new(detail, "autostart", json_boolean(d->autostart));
		}
	}
	json_object_set_new(s->answer, "detail", detail);
	show_done(s);
}

/* Not looked up at all: what is left out afterwards could be counted by how many are missing of those that were asked for. */
static const char *const *not_for(const struct actor *a)
{
	return actor_is_staff(a) ? NULL : view_staffs;
}

void do_show(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	enum viewer as = VIEWER_TENANT;
	enum kind k;
	void *o = NULL;

	struct err *e = targets_object(b->objects, &b->gate, a, arg_text(args, "object"), &k, &o);
	if (e) {
		request_error(q, e);
		return;
	}
	if (k == KIND_CLUSTER)
		clusters_now(b->clusters);
	view_of(b->view, a, k, o, &as);
	struct showing *s = xcalloc(1, sizeof *s);
	s->q = q;
	s->kind = k;
	s->as = as;
	s->id = xstrdup(((struct object *)o)->id);
	s->answer = json_pack("{s:o, s:{}, s:[]}", "object", view_json(b->view, a, k, o, as), "detail", "history");
	if (k == KIND_JOB)
		json_object_set_new(s->answer, "detail", json_pack("{s:o}", "targets", jobs_targets(b->jobs, s->id, !actor_is_staff(a))));
	json_t *metal = k == KIND_ENCLOSURE || k == KIND_BLADE ? fleet_metal_detail(b->fleet, k, o) : NULL;
	if (metal)
		json_object_set_new(s->answer, "detail", metal);
	json_t *fits = k == KIND_BLADE && fleet_site(b->fleet) ? blade_fits(fleet_site(b->fleet), b->objects, o) : NULL;
	if (fits)
		json_object_set_new(json_object_get(s->answer, "detail"), "free", fits);
	s->waiting = k == KIND_VM ? 3 : 2; /* one is ours: an answer may come before we are through here */
	store_audit(b->store, &(struct store_query){ .object = s->id, .limit = HISTORY_SHOWN, .without = not_for(a) }, show_history, s);
	if (k == KIND_VM)
		looks_detail(b, o, show_detail, s);
	show_done(s);
}

/* ---- refresh ---- */

static struct err *refresh_host(struct broker *b, const char *blade)
{
	fleet_refresh(b->fleet, blade);
	return NULL;
}

static struct err *refresh_blade(struct broker *b, const struct blade *blade)
{
	if (blade->host == HOST_NONE && blade->manager == MANAGER_NONE)
		return err_new(ERR_STATE, "refresh.none", "{s:s}", "name", blade->name);
	if (blade->manager != MANAGER_NONE)
		fleet_metal_refresh(b->fleet, KIND_BLADE, blade);
	if (blade->host != HOST_NONE)
		fleet_refresh(b->fleet, blade->name);
	return NULL;
}

static struct err *refresh_enclosure(struct broker *b, const struct enclosure *x)
{
	if (x->manager == MANAGER_NONE)
		return err_new(ERR_STATE, "refresh.manager", "{s:s}", "name", x->name);
	fleet_metal_refresh(b->fleet, KIND_ENCLOSURE, x);
	return NULL;
}

void do_refresh(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	enum kind k;
	void *o = NULL;

	struct err *e = targets_object(b->objects, &b->gate, peer_actor(q->peer), arg_text(args, "object"), &k, &o);
	if (!e && k != KIND_VM && k != KIND_BLADE && k != KIND_ENCLOSURE)
		e = err_new(ERR_USAGE, "refresh.kind", NULL);
	if (!e)
		e = k == KIND_VM ? refresh_host(b, ((struct vm *)o)->blade) : k == KIND_BLADE ? refresh_blade(b, o) : refresh_enclosure(b, o);
	if (e)
		request_error(q, e);
	else
		request_return(q, NULL);
}

/* ---- audit ---- */

static void audit_read(void *ctx, struct err *e, json_t *records)
{
	struct request *q = ctx;

	if (e)
		request_error(q, e);
	else
		request_return(q, json_pack("{s:o}", "records", records_json(q, records)));
	json_decref(records);
}

void do_audit(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	struct store_query query = { .object = "", .since = arg_int(args, "since"), .before = arg_int(args, "before"),
		.limit = AUDIT_LIMIT, .without = not_for(a) };
	const char *object = arg_text(args, "object");
	struct err *e = NULL;
	enum kind k;
	void *o = NULL;

	if (arg_int(args, "limit"))
		query.limit = (int)arg_int(args, "limit");
	if (!object[0] && a->role == ROLE_CUSTOMER)
		e = err_new(ERR_USAGE, "audit.object", NULL);
	/* He is not told what number a record has: by trying them he could count those of all others. */
	else if (query.before && a->role == ROLE_CUSTOMER)
		e = err_new(ERR_ROLE, "args.role", "{s:s, s:s, s:s}", "role", role_name(a->role), "verb", "audit", "name", "before");
	if (object[0] && !e) {
		e = targets_object(b->objects, &b->gate, a, object, &k, &o);
		/* What is gone has its history still, for those who see everything. */
		if (e && e->class == ERR_NOTFOUND && actor_is_staff(a)) {
			err_free(e);
			e = NULL;
			query.object = object;
		} else if (!e) {
			query.object = ((struct object *)o)->id;
		}
	}
	if (!e)
		e = request_audit_by(q, args, &query);
	if (e) {
		request_error(q, e);
		return;
	}
	if (a->role != ROLE_OPERATOR)
		peer_charge(q->peer, query.limit / AUDIT_COST);
	store_audit(b->store, &query, audit_read, q);
}

/* ---- audit-verify ---- */

/* "SEQ:HASH" as it stands in the system's log. */
static bool read_anchor(const char *text, json_t *list)
{
	char *colon, hash[HASH_HEX + 1];

	errno = 0;
	long long seq = strtoll(text, &colon, 10);
	if (errno || colon == text || *colon != ':' || seq < 1 || strlen(colon + 1) != HASH_HEX)
		return false;
	for (int i = 0; i < HASH_HEX; i++) {
		char c = colon[1 + i];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		hash[i] = c;
	}
	hash[HASH_HEX] = '\0';
	json_array_append_new(list, json_pack("{s:I, s:s}", "seq", (json_int_t)seq, "hash", hash));
	return true;
}

static void verified(void *ctx, struct err *e, json_t *result)
{
	struct request *q = ctx;

	if (e) {
		request_error(q, e);
		json_decref(result);
	} else {
		request_return(q, result);
	}
}

void do_audit_verify(struct request *q, json_t *args)
{
	json_t *anchors = json_array(), *one;
	size_t i;

	json_array_foreach(json_object_get(args, "anchors"), i, one) {
		if (read_anchor(json_string_value(one), anchors))
			continue;
		request_error(q, err_new(ERR_USAGE, "audit.anchor", "{s:s}", "anchor", json_string_value(one)));
		json_decref(anchors);
		return;
	}
	store_audit_verify(q->broker->store, anchors, verified, q);
	json_decref(anchors);
}
