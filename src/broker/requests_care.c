/* Requests about what needs somebody: alert-set, note-set, events; and by what the audit log is narrowed. */
#include "broker/care.h"

#include "broker/commands.h"
#include "common/clock.h"
#include "common/text.h"
#include "safety/calendar.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 366
#define EVENTS_LIMIT 100        /* when none is asked for */
#define EVENTS_COST 25          /* so many events count as one request more */
#define NARROW_COST 19          /* what an audit log narrowed by more than its object counts for, beside itself: much may be looked at */

/* Both change one row, write a record of it, and show it when that is on the disk. */
struct change {
	struct change *next;        /* under way */
	struct request *q;
	struct broker *b;
	struct store_alert alert;
	struct store_note note;
	enum kind kind;
	char *object, *name, *text, *id, *state, *by, *ticket, *words;
	char when[40];
	const char *said;           /* row of the news; NULL none */
};

static struct change *under_way; /* newest first; the loop's */

static void change_free(struct change *c)
{
	struct change **at = &under_way;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	free(c->object);
	free(c->name);
	free(c->text);
	free(c->id);
	free(c->state);
	free(c->by);
	free(c->ticket);
	free(c->words);
	free(c);
}

static struct err *read_until(const struct broker *b, const char *text, int64_t now, const char *row, int64_t *out)
{
	if (calendar_parse_time(site_zone_of(b->site, ""), text, now, out) && *out > now && *out <= now + DAYS_MAX * 86400LL)
		return NULL;
	return err_new(ERR_USAGE, row, "{s:s, s:i}", "until", text, "days", DAYS_MAX);
}

static struct store_tx *record(const struct change *c, const char *what, const char *request_detail, json_t *detail)
{
	struct store_tx *tx = store_begin(c->b->store);
	json_t *objects = NULL;
	struct msg m;

	msg_make(&m, c->said, "{s:s, s:s, s:s, s:s, s:s}", "by", c->by, "name", c->name, "text", c->text, "when", c->when, "alert",
		c->id ? c->id : "");
	audit_object(&objects, c->object, c->name, "");
	json_t *r = audit_record(&(struct audit){ .what = what, .actor = peer_actor(c->q->peer), .objects = objects, .outcome = &m,
		.reason = *request_detail ? request_detail : NULL, .detail = detail });
	/* The record first: what cannot be recorded is not done. */
	store_append(tx, r);
	json_decref(r);
	json_decref(objects);
	msg_free(&m);
	return tx;
}

/* ---- who was first ---- */

/* Somebody else's that is on its way to the disk: what it changes is not shown yet. NULL none. id NULL: a note. */
static const struct change *others(const struct change *c)
{
	for (const struct change *o = under_way; o; o = o->next)
		if (!o->id == !c->id && strcmp(o->id ? o->id : o->object, c->id ? c->id : c->object) == 0)
			return strcmp(o->by, c->by) != 0 ? o : NULL;
	return NULL;
}

static const char *or_none(const char *text)
{
	return *text ? text : "-";
}

static struct err *alert_held(const struct change *c, const char *state, const char *by, int64_t at, int64_t until, const char *ticket, const char *note)
{
	bool muted = strcmp(state, "muted") == 0;
	const char *zone = site_zone_of(c->b->site, "");
	char when[40] = "-", end[40] = "-";

	if (at)
		calendar_text(when, sizeof when, zone, at);
	if (until)
		calendar_text(end, sizeof end, zone, until);
	return err_new(ERR_LEASE, muted ? "alert.held.muted" : "alert.held.acknowledged", "{s:s, s:s, s:s, s:s, s:s}", "by", by, "when", when, "until", end,
		"ticket", or_none(ticket), "note", or_none(note));
}

/* Somebody else attends to it, and who asks has not seen that, or saw something else. What is one's own stands in nobody's way. */
static struct err *alert_taken(const struct change *c, const struct alert *a, json_t *args)
{
	const struct change *o = others(c);
	char now[512];

	if (!json_object_get(args, "seen"))
		return NULL;
	if (o && strcmp(o->state, "new") == 0)
		return NULL;
	if (o)
		return alert_held(c, o->state, o->by, o->alert.at, o->alert.until, o->ticket, o->words);
	alert_holder(a, now, sizeof now);
	if (!*now || strcmp(a->by, c->by) == 0 || strcmp(now, arg_text(args, "seen")) == 0)
		return NULL;
	return alert_held(c, a->state, a->by, alerts_marked(c->b->alerts, a->id), a->muted_until, a->ticket, a->note);
}

static struct err *note_taken(const struct change *c, const struct store_note *was, json_t *args)
{
	const struct change *o = others(c);
	const struct store_note *n = o ? &o->note : was;
	char when[40] = "-";

	if (!json_object_get(args, "seen") || !n || !*n->text || strcmp(n->by, c->by) == 0 || strcmp(n->text, arg_text(args, "seen")) == 0)
		return NULL;
	calendar_text(when, sizeof when, site_zone_of(c->b->site, ""), n->at);
	return err_new(ERR_LEASE, "note.held", "{s:s, s:s, s:s, s:s}", "by", n->by, "name", c->name, "when", when, "text", n->text);
}

static void begin(struct change *c, struct store_tx *tx, void (*written)(void *ctx, struct err *e))
{
	c->next = under_way;
	under_way = c;
	store_commit(tx, written, c);
}

static void tell(const struct change *c)
{
	struct msg m;

	msg_make(&m, c->said, "{s:s, s:s, s:s, s:s, s:s}", "by", c->by, "name", c->name, "text", c->text, "when", c->when, "alert",
		c->id ? c->id : "");
	care_happened(c->b, c->kind, c->object, c->name, &m);
	msg_free(&m);
}

/* ---- alert-set ---- */

static void alert_written(void *ctx, struct err *e)
{
	struct change *c = ctx;

	if (e) {
		request_error(c->q, e);
	} else {
		if (c->b->alerts) {
			alerts_set(c->b->alerts, &c->alert);
			tell(c);
		}
		request_return(c->q, json_pack("{s:s, s:s, s:I}", "alert", c->id, "state", c->state, "until", (json_int_t)c->alert.until));
	}
	change_free(c);
}

/* An alert's id; an object at which one stands, by the words for it; or the id of one that nothing else names ("site"). */
static struct err *find_alert(struct request *q, const char *word, struct alert **out)
{
	struct broker *b = q->broker;
	struct err *e = alerts_find(b->alerts, word, out);
	enum kind k;
	void *o;

	if (!e || e->class != ERR_NOTFOUND || strncmp(word, "alert:", 6) == 0)
		return e;
	struct err *not = targets_object(b->objects, &b->gate, peer_actor(q->peer), word, &k, &o);
	if (not) {
		err_free(e);
		return not;
	}
	err_free(e);
	return alerts_find(b->alerts, ((struct object *)o)->id, out);
}

static struct err *read_alert(struct change *c, const struct alert *a, json_t *args)
{
	const char *state = arg_text(args, "state"), *until = arg_text(args, "until");
	int64_t now = clock_wall_s();
	struct err *e = NULL;

	c->said = strcmp(state, "acknowledged") == 0 ? "alert.acknowledged" : strcmp(state, "muted") == 0 ? "alert.muted" : "alert.new";
	if (strcmp(c->said, "alert.new") == 0 && strcmp(state, "new") != 0)
		return err_new(ERR_USAGE, "alert.state", "{s:s}", "state", state);
	if (a->cleared && strcmp(state, "acknowledged") == 0)
		return err_new(ERR_STATE, "alert.over", "{s:s}", "object", a->name);
	if (strcmp(state, "muted") == 0)
		e = read_until(c->b, until, now, "alert.until", &c->alert.until);
	else if (*until)
		e = err_new(ERR_USAGE, "alert.until", "{s:s, s:i}", "until", until, "days", DAYS_MAX);
	if (e)
		return e;
	if (c->alert.until)
		calendar_text(c->when, sizeof c->when, site_zone_of(c->b->site, ""), c->alert.until);
	c->object = xstrdup(a->object);
	c->name = xstrdup(a->name);
	c->text = xstrdup(a->text);
	c->id = xstrdup(a->id);
	c->state = xstrdup(state);
	c->ticket = text_clean_dup(arg_text(args, "ticket"));
	c->words = text_clean_dup(arg_text(args, "note"));
	c->alert.id = c->id;
	c->alert.object = c->object;
	c->alert.state = c->state;
	c->alert.by = c->by;
	c->alert.ticket = c->ticket;
	c->alert.note = c->words;
	c->alert.at = now;
	return alert_taken(c, a, args);
}

/* What kind an alert's object is of, by its id. */
static enum kind kind_of(const char *object)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		size_t n = strlen(kind_name((enum kind)k));
		if (strncmp(object, kind_name((enum kind)k), n) == 0 && (object[n] == ':' || !object[n]))
			return (enum kind)k;
	}
	return KIND_SITE;
}

void do_alert_set(struct request *q, json_t *args)
{
	struct alert *a = NULL;
	struct err *e = find_alert(q, arg_text(args, "object"), &a);
	struct change *c;

	if (e) {
		request_error(q, e);
		return;
	}
	c = xcalloc(1, sizeof *c);
	c->q = q;
	c->b = q->broker;
	c->by = xstrdup(peer_actor(q->peer)->user);
	e = read_alert(c, a, args);
	if (e) {
		request_error(q, e);
		change_free(c);
		return;
	}
	c->kind = kind_of(c->object);
	json_t *detail = json_pack("{s:s, s:s, s:I, s:s}", "alert", c->id, "state", c->state, "until", (json_int_t)c->alert.until, "ref",
		c->ticket);
	struct store_tx *tx = record(c, "alert", c->words, detail);
	if (strcmp(c->state, "new") == 0)
		store_drop_alert(tx, c->id);
	else
		store_put_alert(tx, &c->alert);
	begin(c, tx, alert_written);
	json_decref(detail);
}

/* ---- note-set ---- */

static void note_written(void *ctx, struct err *e)
{
	struct change *c = ctx;

	if (e) {
		request_error(c->q, e);
	} else {
		if (c->b->notes) {
			notes_set(c->b->notes, &c->note);
			tell(c);
		}
		request_return(c->q, json_pack("{s:I}", "until", (json_int_t)c->note.until));
	}
	change_free(c);
}

static struct err *read_note(struct change *c, json_t *args)
{
	const char *word = arg_text(args, "object"), *until = arg_text(args, "until");
	const struct store_note *was;
	enum kind k;
	void *o;
	int64_t now = clock_wall_s();

	struct err *e = targets_object(c->b->objects, &c->b->gate, peer_actor(c->q->peer), word, &k, &o);
	if (e)
		return e;
	if (k != KIND_BLADE || !*((struct blade *)o)->name)
		return err_new(ERR_USAGE, "note.object", "{s:s}", "object", word);
	c->kind = k;
	c->object = xstrdup(((struct blade *)o)->id);
	c->name = xstrdup(((struct blade *)o)->name);
	c->words = text_clean_dup(arg_text(args, "text"));
	if (c->words[strspn(c->words, " ")] == '\0')
		c->words[0] = '\0';
	was = notes_of(c->b->notes, c->object);
	if ((e = note_taken(c, was, args)))
		return e;
	if (!*c->words && !was)
		return err_new(ERR_STATE, "note.none", "{s:s}", "name", c->name);
	if (*until && (e = read_until(c->b, until, now, "note.until", &c->note.until)))
		return e;
	c->text = xstrdup(*c->words ? c->words : was->text);
	c->said = *c->words ? "note.set" : "note.off";
	if (!*c->words)
		c->note.until = 0;
	c->note.object = c->object;
	c->note.text = c->words;
	c->note.by = c->by;
	c->note.at = now;
	return NULL;
}

void do_note_set(struct request *q, json_t *args)
{
	struct change *c = xcalloc(1, sizeof *c);

	c->q = q;
	c->b = q->broker;
	c->by = xstrdup(peer_actor(q->peer)->user);
	struct err *e = read_note(c, args);
	if (e) {
		request_error(q, e);
		change_free(c);
		return;
	}
	json_t *detail = json_pack("{s:I}", "until", (json_int_t)c->note.until);
	struct store_tx *tx = record(c, "note", "", detail);
	if (*c->words)
		store_put_note(tx, &c->note);
	else
		store_drop_note(tx, c->object);
	begin(c, tx, note_written);
	json_decref(detail);
}

/* ---- the audit log, narrowed ---- */

static json_t *vms_of(const struct broker *b, const char *tenant)
{
	json_t *ids = json_object();

	for (uint32_t s = 0; s < registry_slots(b->objects, KIND_VM); s++) {
		const struct vm *vm = registry_at(b->objects, KIND_VM, s);
		if (vm && strcmp(vm->tenant, tenant) == 0)
			json_object_set_new(ids, vm->id, json_true());
	}
	return ids;
}

struct err *request_audit_by(struct request *q, json_t *args, struct store_query *query)
{
	static const char *const names[] = { "by", "tenant", "verb", "what", "until" };
	const struct actor *a = peer_actor(q->peer);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_object_get(args, names[i]) && !actor_is_staff(a))
			return err_new(ERR_ROLE, "args.role", "{s:s, s:s, s:s}", "role", role_name(a->role), "verb", "audit", "name", names[i]);
	query->by = arg_text(args, "by");
	query->tenant = arg_text(args, "tenant");
	query->verb = arg_text(args, "verb");
	query->what = arg_text(args, "what");
	query->until = arg_int(args, "until");
	if (a->role != ROLE_OPERATOR && (*query->by || *query->tenant || *query->verb || *query->what))
		peer_charge(q->peer, NARROW_COST);
	if (*query->tenant)
		query->tenant_ids = vms_of(q->broker, query->tenant);
	return NULL;
}

/* ---- events ---- */

struct asking { struct request *q; struct broker *b; int64_t after, before, since; size_t limit; char *object; };

/* Where the file cannot be read there is what is remembered: the newest hundred. */
static void events_read(void *ctx, struct err *e, json_t *list)
{
	struct asking *a = ctx;

	if (!list)
		list = news_json(a->b->news, a->after, a->before, a->since, a->object, a->limit);
	err_free(e);
	request_return(a->q, json_pack("{s:o, s:s}", "events", list, "object", a->object));
	free(a->object);
	free(a);
}

void do_events(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const char *word = arg_text(args, "object");
	struct asking *a = xcalloc(1, sizeof *a);
	enum kind k;
	void *o;

	*a = (struct asking){ .q = q, .b = b, .after = arg_int(args, "after"), .before = arg_int(args, "before"), .since = arg_int(args, "since"),
		.limit = arg_int(args, "limit") ? (size_t)arg_int(args, "limit") : EVENTS_LIMIT };
	struct err *e = *word ? targets_object(b->objects, &b->gate, peer_actor(q->peer), word, &k, &o) : NULL;
	/* What is gone has its events still. */
	if (e && e->class != ERR_NOTFOUND) {
		request_error(q, e);
		free(a);
		return;
	}
	a->object = xstrdup(e || !*word ? word : ((struct object *)o)->id);
	err_free(e);
	if (peer_actor(q->peer)->role != ROLE_OPERATOR)
		peer_charge(q->peer, (int)a->limit / EVENTS_COST);
	struct store_query query = { .object = a->object, .since = a->since, .before = a->before, .limit = (int)a->limit };
	store_events(b->store, &query, a->after, events_read, a);
}
