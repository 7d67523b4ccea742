/* Requests about limits of snapshots: what holds and what is used of it, and temporary changes. */
#include "broker/commands.h"

#include "broker/bookkeeping.h"
#include "common/clock.h"
#include "common/text.h"
#include "safety/calendar.h"

#include <stdlib.h>
#include <string.h>

#define CHANGE_DAYS_MAX 366

/* ---- limits ---- */

struct changes { json_t *list; const struct actor *a; };

static void add_change(void *ctx, const struct store_limit *l)
{
	const struct changes *c = ctx;
	json_t *o = json_pack("{s:s, s:s, s:I, s:I}", "kind", l->kind, "limit", l->value, "until", (json_int_t)l->until, "at",
		(json_int_t)l->at);

	/* Who of the provider's staff, and under which ticket, is the provider's. */
	if (actor_is_staff(c->a))
		json_object_set_new(o, "by", json_string(l->by ? l->by : ""));
	if (c->a->role == ROLE_OPERATOR)
		json_object_set_new(o, "ref", json_string(l->ref ? l->ref : ""));
	json_array_append_new(c->list, o);
}

static json_t *answer_of(struct broker *b, const struct actor *a, const char *object, const char *name, const char *tenant,
	json_t *limits)
{
	struct changes c = { json_array(), a };
	const char *zone = site_zone_of(b->site, tenant);
	char tz[64];

	site_zone_rule(zone, tz, sizeof tz);
	book_each_change(b->book, object, add_change, &c);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "object", object, "name", name, "tenant", tenant, "zone", zone, "tz", tz,
		"limits", limits, "changes", c.list);
}

static json_t *of_tenant(struct broker *b, const struct actor *a, const char *tenant)
{
	char *object = xasprintf("tenant:%s", tenant);
	json_t *o = answer_of(b, a, object, tenant, tenant, book_tenant_json(b->book, tenant, a->role == ROLE_OPERATOR));

	free(object);
	return o;
}

static json_t *of_vm(struct broker *b, const struct actor *a, const struct vm *vm)
{
	struct book_ask ask = { .vm = vm, .charged = vm->tenant, .but = "" };

	return answer_of(b, a, vm->id, vm->name, vm->tenant, book_limits_json(b->book, &ask, a->role == ROLE_OPERATOR));
}

static bool may_know(const struct actor *a, const char *tenant)
{
	return actor_is_staff(a) || (a->role == ROLE_CUSTOMER && strcmp(a->tenant, tenant) == 0);
}

const struct site_tenant *request_tenant(struct request *q, const char *name, const char *word, struct err **e)
{
	const struct site_model *m = q->broker->site;

	for (size_t i = 0; i < m->ntenants; i++)
		if (strcmp(m->tenants[i].name, name) == 0 && may_know(peer_actor(q->peer), name))
			return &m->tenants[i];
	*e = err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", word);
	return NULL;
}

/* What "tenant:NAME" or the words for a VM mean: one of *tenant and *vm. */
static struct err *limit_object(struct request *q, const char *word, const struct site_tenant **tenant, struct vm **vm)
{
	struct broker *b = q->broker;
	struct err *e = NULL;
	enum kind k;
	void *o = NULL;

	*tenant = NULL;
	*vm = NULL;
	if (strncmp(word, "tenant:", 7) == 0) {
		*tenant = request_tenant(q, word + 7, word, &e);
		return e;
	}
	e = targets_object(b->objects, &b->gate, peer_actor(q->peer), word, &k, &o);
	if (!e && k != KIND_VM)
		e = err_new(ERR_USAGE, "limit.object", "{s:s}", "object", word);
	if (!e)
		*vm = o;
	return e;
}

void do_limits(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	const struct site_tenant *tenant;
	struct vm *vm;

	if (!json_object_get(args, "object")) {
		json_t *list = json_array();
		for (size_t i = 0; i < b->site->ntenants; i++)
			if (may_know(a, b->site->tenants[i].name))
				json_array_append_new(list, of_tenant(b, a, b->site->tenants[i].name));
		request_return(q, json_pack("{s:o}", "tenants", list));
		return;
	}
	struct err *e = limit_object(q, arg_text(args, "object"), &tenant, &vm);
	if (e)
		request_error(q, e);
	else
		request_return(q, tenant ? of_tenant(b, a, tenant->name) : of_vm(b, a, vm));
}

/* ---- limits-set ---- */

/* A change that is being written. */
struct setting {
	struct setting *next;
	struct request *q;
	struct broker *b;
	enum limit_kind kind;
	bool back;                 /* it is taken back */
	char *object, *name, *blade, *value, *ref, *by;
	int64_t until, at;
	char when[40];             /* until, as its tenant says it; "" when it is taken back */
};
static struct setting *settings; /* the loop's: those that are on their way to the store */

static void setting_free(struct setting *s)
{
	for (struct setting **at = &settings; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			break;
		}
	free(s->object);
	free(s->name);
	free(s->blade);
	free(s->value);
	free(s->ref);
	free(s->by);
	free(s);
}

bool limit_is_being_set(const char *object, const char *kind)
{
	for (const struct setting *s = settings; s; s = s->next)
		if (strcmp(s->object, object) == 0 && strcmp(limit_kind_name(s->kind), kind) == 0)
			return true;
	return false;
}

static struct store_limit row_of(const struct setting *s)
{
	return (struct store_limit){ .object = s->object, .kind = limit_kind_name(s->kind), .value = s->value, .until = s->until,
		.ref = s->ref, .by = s->by, .at = s->at };
}

static void written(void *ctx, struct err *e)
{
	struct setting *s = ctx;

	if (e) {
		request_error(s->q, e);
		setting_free(s);
		return;
	}
	struct store_limit l = row_of(s);
	if (s->back)
		book_limit_drop(s->b->book, s->object, s->kind);
	else
		book_limit_set(s->b->book, &l);
	bookkeeping_arm(s->b);
	request_return(s->q, json_pack("{s:I}", "until", (json_int_t)s->until));
	setting_free(s);
}

static void write_setting(struct setting *s, const struct actor *a)
{
	struct store_tx *tx = store_begin(s->b->store);
	struct store_limit l = row_of(s);
	json_t *objects = NULL;
	json_t *detail = json_pack("{s:s, s:s, s:I, s:s}", "kind", l.kind, "limit", s->value, "until", (json_int_t)s->until, "ref",
		s->ref);
	struct msg m;

	msg_make(&m, s->back ? "limit.back" : "limit.changed", "{s:s, s:s, s:s, s:s}", "kind", l.kind, "name", s->name, "limit", s->value,
		"when", s->when);
	audit_object(&objects, s->object, s->name, s->blade);
	json_t *record = audit_record(&(struct audit){ .what = "limit", .actor = a, .objects = objects, .outcome = &m, .detail = detail });
	s->next = settings;
	settings = s;
	/* The record first: what cannot be recorded is not done. */
	store_append(tx, record);
	if (s->back)
		store_drop_limit(tx, s->object, l.kind);
	else
		store_put_limit(tx, &l);
	store_commit(tx, written, s);
	json_decref(record);
	json_decref(detail);
	json_decref(objects);
	msg_free(&m);
}

static struct err *read_until(const struct broker *b, const char *tenant, const char *text, int64_t now, int64_t *out)
{
	if (text[0] && calendar_parse_time(site_zone_of(b->site, tenant), text, now, out) && *out > now &&
		*out <= now + CHANGE_DAYS_MAX * 86400LL)
		return NULL;
	return err_new(ERR_USAGE, "limit.until", "{s:s, s:i}", "until", text, "days", CHANGE_DAYS_MAX);
}

struct find_change { const char *kind; bool found; };

static void is_change(void *ctx, const struct store_limit *l)
{
	struct find_change *f = ctx;

	f->found |= strcmp(l->kind, f->kind) == 0;
}

/* Fills what is to be written from the arguments. */
static struct err *read_setting(struct setting *s, const char *tenant, json_t *args)
{
	const char *text = arg_text(args, "limit"), *kind = arg_text(args, "kind");
	struct limit limit;
	char form[64];

	if (!limit_kind_from_name(kind, &s->kind))
		return err_new(ERR_USAGE, "limit.kind", "{s:s}", "kind", kind);
	s->at = clock_wall_s();
	s->back = text[strspn(text, " ")] == '\0';
	if (s->back) {
		struct find_change f = { limit_kind_name(s->kind), false };
		book_each_change(s->b->book, s->object, is_change, &f);
		s->value = xstrdup("");
		return f.found ? NULL : err_new(ERR_NOTFOUND, "limit.no-change", "{s:s, s:s}", "kind", f.kind, "name", s->name);
	}
	struct err *e = limit_parse(s->kind, text, &limit);
	if (!e && strncmp(s->object, "tenant:", 7) == 0)
		e = limit_of_all(s->kind, &limit);
	if (e)
		return e;
	limit_text(form, sizeof form, s->kind, &limit);
	s->value = xstrdup(form);
	e = read_until(s->b, tenant, arg_text(args, "until"), s->at, &s->until);
	if (!e && s->ref[strspn(s->ref, " ")] == '\0')
		e = err_new(ERR_USAGE, "limit.ref", NULL);
	if (!e)
		calendar_text(s->when, sizeof s->when, site_zone_of(s->b->site, tenant), s->until);
	return e;
}

void do_limits_set(struct request *q, json_t *args)
{
	const struct actor *a = peer_actor(q->peer);
	const struct site_tenant *tenant;
	struct vm *vm;

	struct err *e = limit_object(q, arg_text(args, "object"), &tenant, &vm);
	if (e) {
		request_error(q, e);
		return;
	}
	struct setting *s = xcalloc(1, sizeof *s);
	s->q = q;
	s->b = q->broker;
	s->object = tenant ? xasprintf("tenant:%s", tenant->name) : xstrdup(vm->id);
	s->name = xstrdup(tenant ? tenant->name : vm->name);
	s->blade = xstrdup(tenant ? "" : vm->blade);
	s->ref = text_clean_dup(arg_text(args, "ref"));
	s->by = xstrdup(a->user);
	e = read_setting(s, tenant ? tenant->name : vm->tenant, args);
	if (e) {
		request_error(q, e);
		setting_free(s);
		return;
	}
	write_setting(s, a);
}
