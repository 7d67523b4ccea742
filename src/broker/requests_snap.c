/* Requests about snapshots: the list of a VM's, closing one whose host cannot be asked, and the month's report. */
#include "broker/commands.h"

#include "broker/looks.h"
#include "common/clock.h"
#include "common/text.h"
#include "safety/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who of the provider's staff did something is not for its customers. */
static const char *who(const struct actor *a, const char *by, enum role role, const char *tenant)
{
	if (a->role != ROLE_CUSTOMER)
		return by;
	return role == ROLE_CUSTOMER && strcmp(tenant, a->tenant) == 0 ? by : "provider";
}

/* Another's name is nobody's business: a VM may have had another owner. */
static const char *whose(const struct actor *a, const char *tenant)
{
	return a->role != ROLE_CUSTOMER || strcmp(tenant, a->tenant) == 0 ? tenant : "";
}

/* ---- snapshots ---- */

#define LISTED_MAX 1000        /* of one answer: what a console takes in one line */

struct listing {
	struct broker *b;
	const struct actor *a;
	const struct vm *vm;
	json_t *list;
};

static const char *id_of_host(const struct listing *l, const char *host_name)
{
	const struct snapshot *s = host_name[0] ? book_of_host(l->b->book, l->vm->id, host_name) : NULL;

	return s ? s->id : host_name;
}

/* row: NULL of one made outside. h: NULL of one that the host did not list. */
static void add_snapshot(const struct listing *l, const struct snapshot *row, const struct host_snap *h)
{
	/* What a former owner wrote is not for the present one. */
	bool his = row && l->a->role == ROLE_CUSTOMER && strcmp(row->tenant, l->a->tenant) != 0;
	enum snap_state state = row ? row->state : SNAP_KEPT;

	/* A row that the host lists is there, whatever was written of it; while its outcome is open it stays so. */
	if (h && state != SNAP_RESERVED && state != SNAP_SENT)
		state = SNAP_KEPT;
	uint64_t bytes = h && h->bytes ? h->bytes : row ? row->bytes : 0;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:s, s:b, s:b, s:b, s:s, s:s, s:I, s:s}",
		"id", row ? row->id : h->name,
		"name", row && row->name[0] && !his ? row->name : h ? h->name : row->host_name,
		"host_name", h ? h->name : row->host_name,
		"parent", h ? id_of_host(l, h->parent ? h->parent : "") : "",
		"created", (json_int_t)(h && h->created ? h->created : row ? row->at : 0),
		"by", row ? who(l->a, row->by, row->role, row->tenant) : "",
		"outside", row == NULL,
		"charged", row ? whose(l->a, row->charged) : whose(l->a, l->vm->tenant),
		"current", h && h->current,
		"memory", h ? h->memory : row->memory,
		"external", h ? h->external : row->external,
		"state", snap_state_name(state),
		"vm_state", h ? vm_state_name(h->state) : "unknown",
		"bytes", (json_int_t)bytes,
		"job", row && !his ? row->job : "");
	/* Notes are a tenant's own; a wall does not show them. */
	if (l->a->role != ROLE_VIEWER)
		json_object_set_new(o, "note", json_string(row && !his ? row->note : h && h->note && !row ? h->note : ""));
	json_array_append_new(l->list, o);
}

static bool is_listed(const struct host_snaps *seen, const char *host_name)
{
	for (size_t i = 0; seen && i < seen->n; i++)
		if (strcmp(seen->list[i].name, host_name) == 0)
			return true;
	return false;
}

/* Those that count and that the host did not list: under way, or the host was never asked. */
static void add_unlisted(const struct listing *l, const struct host_snaps *seen)
{
	const struct snapshot *rows[256];
	size_t n = 0;

	for (const struct snapshot *s = book_rows(l->b->book, l->vm->id); s && n < 256; s = s->next)
		if ((s->state == SNAP_RESERVED || s->state == SNAP_SENT || (s->state == SNAP_KEPT && !seen)) &&
			!is_listed(seen, s->host_name))
			rows[n++] = s;
	while (n-- > 0) /* by date: the newest row comes first */
		add_snapshot(l, rows[n], NULL);
}

static json_t *why_not(const char *id, const struct host_snaps *s)
{
	struct msg m;

	if (!id)
		return json_null();
	msg_make(&m, id, "{s:s, s:s}", "driver", s->driver, "disk", s->disk);
	json_t *o = msg_to_json(&m);
	msg_free(&m);
	return o;
}

static json_t *can_json(const struct broker *b, const struct vm *vm, const struct host_snaps *seen)
{
	struct host_snaps never = { 0 };
	const char *why = NULL, *driver = NULL;

	if (fleet_can(b->fleet, vm, VERB_SNAP_CREATE, &why, &driver) == OUTCOME_NO) {
		memcpy(never.driver, driver ? driver : "", strnlen(driver ? driver : "", sizeof never.driver - 1));
		never.no_internal = never.no_external = never.no_quiesce = never.no_revert_external = never.no_delete_external =
			why ? why : "host.cannot";
		seen = &never;
	} else if (!seen) {
		seen = &never;
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "create", why_not(seen->no_internal, seen), "external",
		why_not(seen->no_external, seen), "quiesce", why_not(seen->no_quiesce, seen), "revert-external",
		why_not(seen->no_revert_external, seen), "delete-external", why_not(seen->no_delete_external, seen));
}

static json_t *snapshots_json(struct broker *b, const struct actor *a, const struct vm *vm, bool live)
{
	struct listing l = { b, a, vm, json_array() };
	struct book_ask ask = { .vm = vm, .charged = vm->tenant, .but = "" };
	int64_t at = 0;
	const struct host_snaps *seen = book_seen(b->book, vm->id, &at);

	size_t more = seen && seen->n > LISTED_MAX ? seen->n - LISTED_MAX : 0;

	for (size_t i = more; seen && i < seen->n; i++)
		add_snapshot(&l, book_of_host(b->book, vm->id, seen->list[i].name), &seen->list[i]);
	add_unlisted(&l, seen);
	return json_pack("{s:I, s:b, s:o, s:I, s:o, s:o}", "at", (json_int_t)at, "live", live, "snapshots", l.list, "more",
		(json_int_t)more, "limits", book_limits_json(b->book, &ask, a->role == ROLE_OPERATOR), "can", can_json(b, vm, seen));
}

struct looking { struct request *q; char *vm; };

static void looked(void *ctx, const struct err *e)
{
	struct looking *k = ctx;
	const struct vm *vm = request_still(k->q, k->vm);

	/* A host that does not answer is no reason to say nothing: this is what was last known. */
	if (vm)
		request_return(k->q, snapshots_json(k->q->broker, peer_actor(k->q->peer), vm, e == NULL));
	free(k->vm);
	free(k);
}

void do_snapshots(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	enum kind k;
	void *o = NULL;

	struct err *e = targets_object(b->objects, &b->gate, peer_actor(q->peer), arg_text(args, "object"), &k, &o);
	if (!e && k != KIND_VM)
		e = err_new(ERR_USAGE, "snapshots.kind", "{s:s}", "object", arg_text(args, "object"));
	if (e) {
		request_error(q, e);
		return;
	}
	struct vm *vm = o;
	if (!request_can_ask(b, vm)) {
		request_return(q, snapshots_json(b, peer_actor(q->peer), vm, false));
		return;
	}
	struct looking *looking = xcalloc(1, sizeof *looking);
	looking->q = q;
	looking->vm = xstrdup(vm->id);
	looks_ask(b, vm, looked, looking);
}

/* ---- snapshot-settle ---- */

static bool is_open(const struct snapshot *s)
{
	return s->state == SNAP_RESERVED || s->state == SNAP_SENT || s->state == SNAP_KEPT;
}

/* Among a VM's rows by id, by its name on the host, or by the user's name for it; of that the open ones alone. */
static struct err *find_row(struct broker *b, const char *vm_id, const char *name, const char *word, struct snapshot **out)
{
	struct snapshot *found = NULL;
	int same = 0;

	*out = NULL;
	for (struct snapshot *s = book_rows(b->book, vm_id); s; s = s->next)
		if (strcmp(s->id, word) == 0 || strcmp(s->host_name, word) == 0) {
			*out = s;
			return NULL;
		}
	for (struct snapshot *s = book_rows(b->book, vm_id); s && word[0]; s = s->next)
		if (is_open(s) && strcmp(s->name, word) == 0) {
			found = s;
			same++;
		}
	if (same > 1)
		return err_new(ERR_USAGE, "settle.ambiguous", "{s:s, s:s, s:i}", "name", name, "snapshot", word, "count", same);
	if (!found)
		return err_new(ERR_NOTFOUND, "settle.none", "{s:s, s:s}", "name", name, "snapshot", word);
	*out = found;
	return NULL;
}

/* A VM that went away with its host is known by its rows alone. */
static struct err *find_lost(struct broker *b, const char *object, const char *word, struct snapshot **out)
{
	struct snapshot *s = book_find(b->book, word);

	if (s && (strcmp(s->vm, object) == 0 || strcmp(s->vm_name, object) == 0)) {
		*out = s;
		return NULL;
	}
	return find_row(b, object, object, word, out);
}

static void settled(void *ctx, struct err *e)
{
	if (e)
		request_error(ctx, e);
	else
		request_return(ctx, NULL);
}

void do_snapshot_settle(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	const char *object = arg_text(args, "object"), *word = arg_text(args, "snapshot");
	struct snapshot *s = NULL;
	struct err *e = NULL;
	enum kind k;
	void *o = NULL;

	char *reason = text_clean_dup(arg_text(args, "reason"));
	if (!reason[strspn(reason, " ")])
		e = err_new(ERR_CONFIRM, "settle.reason", NULL);
	if (!e) {
		e = targets_object(b->objects, &b->gate, a, object, &k, &o);
		if (e && e->class == ERR_NOTFOUND) {
			struct err *lost = find_lost(b, object, word, &s);
			if (!lost) {
				err_free(e);
				e = NULL;
			}
			err_free(lost);
		} else if (!e && k != KIND_VM) {
			e = err_new(ERR_USAGE, "snapshots.kind", "{s:s}", "object", object);
		} else if (!e) {
			e = find_row(b, ((struct vm *)o)->id, ((struct vm *)o)->name, word, &s);
		}
	}
	if (!e)
		e = jobs_settle(b->jobs, s, a, reason, settled, q);
	if (e)
		request_error(q, e);
	free(reason);
}

/* ---- report-snapshots ---- */

#define REPORT_ROWS 2000       /* of one answer: what a peer takes in one line, and what holds up nobody else */
#define REPORT_COST 39          /* requests that it counts for, beside itself */

struct report {
	struct request *q;
	char *tenant;              /* "" all */
	bool unknown;              /* not in the site file: somebody who left, or a slip */
	int64_t from, to;
	char *zone;
	bool goes_on;              /* behind an earlier answer */
};

/* A row as a customer may read it; the report is of its own tenant alone. */
static json_t *customers_row(struct broker *b, const struct actor *a, json_t *row)
{
	const char *by = json_string_value(json_object_get(row, "by")), *charged = json_string_value(json_object_get(row, "charged"));
	const char *role = json_string_value(json_object_get(row, "role")), *state = json_string_value(json_object_get(row, "state"));
	const char *tenant = json_string_value(json_object_get(row, "tenant"));
	bool own = role && strcmp(role, role_name(ROLE_CUSTOMER)) == 0;

	/* Of a server that is there still, by its name as it is; of one that is gone, by the one it had. */
	const char *id = json_string_value(json_object_get(row, "vm")), *name = json_string_value(json_object_get(row, "vm_name"));
	const struct vm *vm = id ? registry_find(b->objects, KIND_VM, id) : NULL;
	if (!tenant || actor_right_named(a, tenant, vm ? vm->name : name ? name : "") < RIGHT_VIEW)
		return NULL;
	json_t *o = json_copy(row);
	json_object_set_new(o, "by", json_string(own && by ? by : "provider"));
	json_object_set_new(o, "role", json_string(own ? role : "provider"));
	json_object_set_new(o, "charged", json_string(whose(a, charged ? charged : "")));
	/* Why something failed is told in the host's own words. */
	if (!state || strcmp(state, snap_state_name(SNAP_REFUSED)) != 0)
		json_object_set_new(o, "why", json_string(""));
	return o;
}

static bool may_vanish(json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	return !state || strcmp(state, snap_state_name(SNAP_RESERVED)) == 0;
}

/* Rows of one answer; it ends with one that will be found again. */
static size_t page_end(json_t *rows)
{
	size_t end = json_array_size(rows);

	if (end <= REPORT_ROWS)
		return end;
	for (end = REPORT_ROWS; end > 1 && may_vanish(json_array_get(rows, end - 1)); end--)
		;
	return end;
}

/* next: what is to be given as `after` for the page behind this one; "" it is the last. */
static json_t *report_rows(struct broker *b, const struct actor *a, json_t *rows, char *next, size_t size)
{
	size_t end = page_end(rows);
	json_t *list = json_array();

	next[0] = '\0';
	if (end < json_array_size(rows))
		snprintf(next, size, "%s", json_string_value(json_object_get(json_array_get(rows, end - 1), "id")));
	for (size_t i = 0; i < end; i++) {
		json_t *row = json_array_get(rows, i);
		json_t *mine = a->role == ROLE_CUSTOMER ? customers_row(b, a, row) : json_incref(row);
		if (!mine)
			continue;
		json_object_del(mine, "id");
		json_object_del(mine, "origin");
		json_array_append_new(list, mine);
	}
	return list;
}

static void reported(void *ctx, struct err *e, json_t *rows)
{
	struct report *r = ctx;
	struct request *q = r->q;
	const struct actor *a = q->peer ? peer_actor(q->peer) : NULL;

	/* Who asked may be gone, or another by now. */
	if (!a || !(q->command->roles & (1u << a->role)) || (a->role == ROLE_CUSTOMER && strcmp(a->tenant, r->tenant) != 0)) {
		request_error(q, err_new(ERR_ROLE, "request.role", "{s:s, s:s}", "role", role_name(a ? a->role : ROLE_NONE), "request",
			q->command->name));
		err_free(e);
	} else if (e) {
		request_error(q, e);
	} else if (r->unknown && !r->goes_on && json_array_size(rows) == 0) {
		char *word = xasprintf("tenant:%s", r->tenant);
		request_error(q, err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", word));
		free(word);
	} else {
		char next[64], tz[64];
		json_t *list = report_rows(q->broker, a, rows, next, sizeof next);
		site_zone_rule(r->zone, tz, sizeof tz);
		request_return(q, json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "from", (json_int_t)r->from, "to", (json_int_t)r->to, "zone",
			r->zone, "tz", tz, "next", next, "rows", list));
	}
	json_decref(rows);
	free(r->tenant);
	free(r->zone);
	free(r);
}

void do_report_snapshots(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	const char *tenant = arg_text(args, "tenant"), *month = arg_text(args, "month");
	bool unknown = false;
	int64_t from = 0, to = 0;
	struct err *e = NULL;

	if (tenant[0]) {
		char *word = xasprintf("tenant:%s", tenant);
		request_tenant(q, tenant, word, &e);
		/* Of one who left there are rows still; a customer asks for its own or for nothing. */
		if (e && a->role == ROLE_OPERATOR) {
			err_free(e);
			e = NULL;
			unknown = true;
		}
		free(word);
	} else if (a->role == ROLE_CUSTOMER) {
		tenant = a->tenant;
	}
	const char *zone = site_zone_of(b->site, tenant);
	if (!e && !calendar_parse_month(zone, month, &from, &to))
		e = err_new(ERR_USAGE, "report.month", "{s:s}", "month", month);
	if (e) {
		request_error(q, e);
		return;
	}
	if (a->role != ROLE_OPERATOR)
		peer_charge(q->peer, REPORT_COST);
	struct report *r = xcalloc(1, sizeof *r);
	r->q = q;
	r->tenant = xstrdup(tenant);
	r->unknown = unknown;
	r->from = from;
	r->to = to;
	r->zone = xstrdup(zone);
	r->goes_on = arg_text(args, "after")[0];
	store_report_snapshots(b->store, from, to, r->tenant, arg_text(args, "after"), reported, r);
}
