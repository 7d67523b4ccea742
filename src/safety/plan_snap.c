/* What a preview of a snapshot verb hits, and what stands in its way. Reads the book, whose host was asked just before. */
#include "safety/plan_snap.h"

#include "common/clock.h"
#include "common/random.h"
#include "safety/book_words.h"
#include "safety/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_S 120    /* what a host told is good for a preview and its commit */
#define NAME_BYTES 64   /* bytes of a name, data/protocol.md */
#define NOTE_BYTES 500

const char *plan_snap_called(const struct actor *a, const struct snapshot *row, const char *host_name)
{
	bool his = row && a->role == ROLE_CUSTOMER && strcmp(row->tenant, a->tenant) != 0;

	return row && row->name[0] && !his ? row->name : host_name;
}

const char *plan_snap_zone(const struct plan_world *w, const struct vm *vm)
{
	const char *zone = w->site ? site_zone_of(w->site, vm->tenant) : "";

	return zone ? zone : "";
}

static struct plan_snap *snap_new(void)
{
	struct plan_snap *s = xcalloc(1, sizeof *s);

	s->host_name = xstrdup("");
	s->name = xstrdup("");
	s->note = xstrdup("");
	s->charged = xstrdup("");
	s->now = xstrdup("");
	return s;
}

void plan_snap_free(struct plan_snap *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nvictims; i++) {
		free(s->victims[i]);
		free(s->victim_names[i]);
	}
	free(s->victims);
	free(s->victim_names);
	free(s->host_name);
	free(s->name);
	free(s->note);
	free(s->charged);
	free(s->now);
	free(s);
}

void plan_snap_set(char **slot, const char *s)
{
	char *copy = xstrdup(s ? s : "");

	free(*slot);
	*slot = copy;
}

void plan_snap_err(struct snap_look *l, struct err *e)
{
	if (l->err)
		err_free(e);
	else
		l->err = e;
}

/* Without the blanks at its ends. */
static void set_trimmed(char **slot, const char *s)
{
	const char *from = s + strspn(s, " ");
	size_t n = strlen(from);

	while (n > 0 && from[n - 1] == ' ')
		n--;
	char *copy = xasprintf("%.*s", (int)(n < 65536 ? n : 65536), from);
	free(*slot);
	*slot = copy;
}

/* ---- create ---- */

static bool is_name_taken(const struct plan_world *w, const struct snap_look *l, const char *name)
{
	for (const struct snapshot *s = book_rows(w->book, l->vm->id); s; s = s->next) {
		bool open = s->state == SNAP_RESERVED || s->state == SNAP_SENT;
		if ((open || s->state == SNAP_KEPT) && strcmp(s->name, name) == 0 && !(w->row && strcmp(s->id, w->row) == 0))
			return true;
	}
	for (size_t i = 0; l->seen && i < l->seen->n; i++)
		if (strcmp(l->seen->list[i].name, name) == 0)
			return true;
	return false;
}

/* By its time, in the tenant's zone; the second one of a minute is told apart. */
static void name_by_time(const struct plan_world *w, struct plan_snap *s, const struct snap_look *l)
{
	char text[64];

	calendar_text(text, sizeof text, plan_snap_zone(w, l->vm), clock_wall_s());
	text[strlen("2026-04-12 02:41")] = '\0';
	plan_snap_set(&s->name, text);
	for (int i = 2; i < 10000 && is_name_taken(w, l, s->name); i++) {
		char *next = xasprintf("%s (%d)", text, i);
		plan_snap_set(&s->name, next);
		free(next);
	}
}

static void mint_id(struct plan_snap *s)
{
	char hex[33];

	random_hex(hex, "", 32);
	hex[12] = '4';
	hex[16] = "89ab"[hex[16] & 3];
	snprintf(s->id, sizeof s->id, "snap:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* Whose allowance it uses. */
static struct err *charge(const struct actor *a, struct plan_snap *s, const struct snap_look *l, const char *wanted)
{
	if (wanted[0] && strcmp(wanted, "tenant") != 0 && strcmp(wanted, "provider") != 0)
		return err_new(ERR_USAGE, "snapshot.charge", "{s:s}", "value", wanted);
	if (a->role != ROLE_OPERATOR) {
		plan_snap_set(&s->charged, l->vm->tenant);
		return strcmp(wanted, "provider") == 0 ? err_new(ERR_ROLE, "snapshot.operators", "{s:s}", "what", "--charge") : NULL;
	}
	if (strcmp(wanted, "tenant") != 0)
		return NULL;
	if (!l->vm->tenant[0])
		return err_new(ERR_USAGE, "snapshot.charge.nobody", "{s:s}", "name", l->vm->name);
	plan_snap_set(&s->charged, l->vm->tenant);
	return NULL;
}

static struct err *check_words(const struct plan_snap *s)
{
	if (strlen(s->name) > NAME_BYTES)
		return err_new(ERR_USAGE, "snapshot.name.long", "{s:i}", "max", NAME_BYTES);
	/* These mean one snapshot by its id and by its host's name for it; nothing else may look so. */
	if (strncmp(s->name, "snap:", 5) == 0 || strncmp(s->name, "tana-", 5) == 0)
		return err_new(ERR_USAGE, "snapshot.name.reserved", "{s:s}", "snapshot", s->name);
	if (strlen(s->note) > NOTE_BYTES)
		return err_new(ERR_USAGE, "snapshot.note.long", "{s:i}", "max", NOTE_BYTES);
	return NULL;
}

static void look_create(const struct plan_world *w, const struct actor *a, struct plan_snap *s, struct snap_look *l,
	const struct plan_args *args, const struct plan_snap *shown)
{
	enum vm_state state = l->seen ? l->seen->state : l->vm->state;

	set_trimmed(&s->name, args->name);
	set_trimmed(&s->note, args->note);
	s->named = s->name[0] != '\0';
	s->external = args->external;
	s->quiesce = args->quiesce;
	s->exceed = args->exceed;
	s->memory = !s->external && vm_state_is_active(state);
	s->bytes = s->memory && l->vm->mem_kib > 0 ? (uint64_t)l->vm->mem_kib * 1024 : 0;
	/* The same one again, unless it was begun already and refused. */
	const struct snapshot *begun = shown && shown->id[0] ? book_find(w->book, shown->id) : NULL;
	if (shown && shown->id[0] && (!begun || (w->row && strcmp(w->row, shown->id) == 0)))
		memcpy(s->id, shown->id, sizeof s->id);
	else
		mint_id(s);
	free(s->host_name);
	s->host_name = xasprintf("tana-%s", s->id + strlen("snap:"));
	if (!s->named && shown && shown->name[0] && !is_name_taken(w, l, shown->name))
		plan_snap_set(&s->name, shown->name);
	else if (!s->named)
		name_by_time(w, s, l);
	plan_snap_err(l, charge(a, s, l, args->charge));
	plan_snap_err(l, check_words(s));
	if (s->exceed && a->role != ROLE_OPERATOR)
		plan_snap_err(l, err_new(ERR_ROLE, "snapshot.operators", "{s:s}", "what", "--exceed"));
	if (s->quiesce && !s->external)
		plan_snap_err(l, err_new(ERR_USAGE, "snapshot.quiesce", NULL));
	if (l->seen)
		l->why_not = s->external ? l->seen->no_external : l->seen->no_internal;
	if (l->seen && !l->why_not && s->quiesce && s->external)
		l->why_not = l->seen->no_quiesce;
	book_quota(w->book, &(struct book_ask){ .vm = l->vm, .charged = s->charged, .bytes = s->bytes, .but = w->row ? w->row : "" },
		&l->quota);
	l->fits = true;
}

/* Snapshots in the disks and in files of their own on one VM lost data elsewhere. */
static struct err *check_mixed(const struct plan_snap *s, const struct snap_look *l)
{
	for (size_t i = 0; i < l->seen->n; i++)
		if (l->seen->list[i].external != s->external)
			return err_new(ERR_STATE, s->external ? "snapshot.mixed.internal" : "snapshot.mixed.external", "{s:s}", "name",
				l->vm->name);
	return NULL;
}

static struct err *check_create(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	struct plan_snap *s = p->snap;

	if (is_name_taken(w, l, s->name))
		return err_new(ERR_STATE, "snapshot.name.taken", "{s:s, s:s}", "name", l->vm->name, "snapshot", s->name);
	struct err *e = check_mixed(s, l);
	if (e)
		return e;
	const struct quota_line *full = quota_full(&l->quota);
	/* Asked for, but not needed: then nobody goes over a limit, now or at the second count. */
	bool over = full != NULL;
	if (over && !s->exceed)
		return book_words_full(full, l->vm->name, s->charged, plan_snap_zone(w, l->vm));
	s->exceed = over;
	p->reason_needed |= over;
	return NULL;
}

/* ---- for plan.c ---- */

void plan_snap_none(struct plan *p)
{
	p->snap = snap_new();
}

static const struct host_snaps *fresh(const struct plan_world *w, const struct vm *vm)
{
	int64_t at, now = clock_wall_s();
	const struct host_snaps *seen = book_seen(w->book, vm->id, &at);

	return seen && at >= now - FRESH_S && at <= now + FRESH_S ? seen : NULL;
}

void plan_snap_look(const struct plan_world *w, const struct actor *a, struct plan *p, const struct vm *vm,
	const struct plan_args *args, const struct plan_snap *shown, struct snap_look *l)
{
	static const struct plan_args nothing = { .snapshot = "", .name = "", .note = "", .charge = "" };
	struct plan_snap *s = p->snap = snap_new();

	memset(l, 0, sizeof *l);
	l->vm = vm;
	l->seen = fresh(w, vm);
	book_need_seen(w->book, vm->id, FRESH_S * 1000);
	if (!args)
		args = &nothing;
	if (p->verb == VERB_SNAP_CREATE) {
		look_create(w, a, s, l, args, shown);
		return;
	}
	s->children = args->children;
	s->override_pair = args->override_pair;
	if (s->override_pair && a->role != ROLE_OPERATOR)
		plan_snap_err(l, err_new(ERR_ROLE, "snapshot.operators", "{s:s}", "what", "--override-pair"));
	plan_snap_hit(w, a, p, l, args, shown);
}

struct err *plan_snap_check(const struct plan_world *w, const struct actor *a, struct plan *p, struct snap_look *l)
{
	if (l->err) {
		struct err *e = l->err;
		l->err = NULL;
		return e;
	}
	if (!l->seen)
		return err_new(ERR_UNREACHABLE, "snapshot.unasked", "{s:s}", "name", l->vm->name);
	if (l->seen->busy)
		return err_new(ERR_STATE, "snapshot.busy", "{s:s}", "name", l->vm->name);
	if (p->verb == VERB_SNAP_CREATE)
		return check_create(w, a, p, l);
	return plan_snap_hit_check(w, p, l);
}

struct plan_args plan_snap_args(const struct plan *p)
{
	const struct plan_snap *s = p->snap;
	bool create = p->verb == VERB_SNAP_CREATE;
	const char *which = s->id[0] ? s->id : s->host_name[0] ? s->host_name : s->name;

	return (struct plan_args){ .snapshot = create ? "" : which, .name = create && s->named ? s->name : "",
		.note = create ? s->note : "", .charge = create && s->charged[0] ? "tenant" : "", .external = create && s->external,
		.quiesce = s->quiesce, .children = s->children, .exceed = s->exceed, .override_pair = s->override_pair };
}

/* ---- no worse at commit ---- */

static void worse(json_t *changes, const char *id, const char *name, const char *was, const char *is)
{
	struct msg m;

	msg_make(&m, id, "{s:s, s:s, s:s}", "name", name, "was", was, "is", is);
	json_array_append_new(changes, msg_to_json(&m));
	msg_free(&m);
}

/* Over a limit by more than was shown. */
static void compare_exceeded(json_t *changes, const struct plan *was, const struct plan_note *n)
{
	json_t *args = n->msg.args, *over = json_object_get(args, "over");

	for (size_t i = 0; i < was->warnings.n; i++) {
		const struct msg *m = &was->warnings.list[i].msg;
		if (strcmp(m->id, n->msg.id) == 0 && json_equal(json_object_get(m->args, "kind"), json_object_get(args, "kind")) &&
			json_equal(json_object_get(m->args, "scope"), json_object_get(args, "scope")) &&
			json_integer_value(json_object_get(m->args, "over")) >= json_integer_value(over))
			return;
	}
	json_array_append_new(changes, msg_to_json(&n->msg));
}

static bool was_victim(const struct plan_snap *s, const char *host_name)
{
	for (size_t i = 0; i < s->nvictims; i++)
		if (strcmp(s->victims[i], host_name) == 0)
			return true;
	return false;
}

void plan_snap_compare(json_t *changes, const struct plan *was, const struct plan *is)
{
	const struct plan_snap *a = was->snap, *b = is->snap;
	const char *vm = is->n ? is->targets[0].name : "";

	for (size_t i = 0; i < b->nvictims; i++)
		if (!was_victim(a, b->victims[i]))
			worse(changes, "plan.victim", vm, "", b->victim_names[i]);
	if (is->verb == VERB_SNAP_REVERT && strcmp(a->now, b->now) != 0)
		worse(changes, "plan.current", vm, "", "");
	if (is->verb != VERB_SNAP_CREATE && (a->created != b->created || a->external != b->external))
		worse(changes, "plan.snapshot", vm, a->name, b->name);
	for (size_t i = 0; i < is->warnings.n; i++)
		if (strcmp(is->warnings.list[i].msg.id, "warn.snapshot.exceed") == 0)
			compare_exceeded(changes, was, &is->warnings.list[i]);
}

/* ---- on the wire ---- */

json_t *plan_snap_json(const struct plan_snap *s)
{
	json_t *victims = json_array();

	for (size_t i = 0; i < s->nvictims; i++)
		json_array_append_new(victims, json_string(s->victim_names[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:o}", "id", s->id[0] ? s->id : s->host_name, "name", s->name, "note", s->note,
		"external", s->external, "memory", s->memory, "charged", s->charged, "victims", victims);
}
