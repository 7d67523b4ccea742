/* What a preview of a snapshot verb says: impact and warnings, what is to be typed, how a shell says it. */
#include "safety/plan_snap.h"

#include "common/clock.h"
#include "safety/book_words.h"
#include "safety/calendar.h"
#include "safety/plan_words.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_SHOWN 10

static void bytes_words(char out[24], uint64_t bytes)
{
	char none[24];

	book_words_bytes(out, none, 24, bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes, -1);
}

/* A limit before and after. */
static void say_line(struct plan *p, const char *id, const struct quota_line *l, int64_t more)
{
	struct msg before, after;

	book_words(&before, l);
	book_words_after(&after, l, more);
	/* What comes back may be too little to be seen in such words. */
	if (more > 0 || strcmp(before.text, after.text) != 0)
		plan_note(&p->impact, p->targets[0].id, id, "{s:o, s:o, s:s, s:s}", "before", msg_to_json(&before), "after",
			msg_to_json(&after), "kind", limit_kind_name(l->kind), "scope", l->scope == QUOTA_SERVER ? "server" : "tenant");
	msg_free(&before);
	msg_free(&after);
}

/* Disks that other servers write to are in a server's snapshots like its others (hosts/libvirt_snap.c). */
static void warn_shared(struct plan *p, const struct snap_look *l, const char *id)
{
	if (l->seen->shared[0])
		plan_note(&p->warnings, p->targets[0].id, id, "{s:s, s:s}", "name", l->vm->name, "disks", l->seen->shared);
}

/* ---- create ---- */

static void say_kind(struct plan *p, const struct snap_look *l)
{
	const struct plan_snap *s = p->snap;
	bool active = vm_state_is_active(l->seen->state);
	char size[24];

	bytes_words(size, s->bytes);
	const char *id = s->external ? "impact.snapshot-create.disks" : s->memory ? "impact.snapshot-create.memory" :
		"impact.snapshot-create.off";
	plan_note(&p->impact, p->targets[0].id, id, "{s:s, s:s, s:s}", "name", l->vm->name, "snapshot", s->name, "size", size);
	if (s->quiesce)
		plan_note(&p->impact, p->targets[0].id, "impact.snapshot-create.quiesce", NULL);
	else if (s->external && active)
		plan_note(&p->warnings, p->targets[0].id, "warn.snapshot.crash", NULL);
}

static void say_use(struct plan *p, const struct snap_look *l)
{
	const char *tenant = l->vm->tenant, *object = p->targets[0].id;

	if (p->snap->charged[0])
		plan_note(&p->impact, object, "impact.snapshot.tenant", "{s:s}", "tenant", p->snap->charged);
	else
		plan_note(&p->impact, object, tenant[0] ? "impact.snapshot.provider" : "impact.snapshot.nobody", "{s:s}", "tenant", tenant);
	for (size_t i = 0; i < l->quota.n && p->snap->charged[0]; i++) {
		const struct quota_line *line = &l->quota.lines[i];
		bool grows = line->kind == LIMIT_SPACE && line->needed == 0;
		say_line(p, grows ? "impact.snapshot.grows" : "impact.snapshot.uses", line, line->needed);
	}
}

static void warn_exceeded(struct plan *p, const struct snap_look *l)
{
	for (size_t i = 0; i < l->quota.n && p->snap->exceed; i++) {
		const struct quota_line *line = &l->quota.lines[i];
		struct msg words;
		char by[24];

		if (!line->full)
			continue;
		int64_t needed = line->needed > 0 ? line->needed : 1, over = line->used + line->busy + needed - line->max;
		if (line->kind == LIMIT_SPACE)
			bytes_words(by, (uint64_t)(over > 0 ? over : 0));
		else
			snprintf(by, sizeof by, "%lld", (long long)over);
		book_words(&words, line);
		plan_note(&p->warnings, p->targets[0].id, "warn.snapshot.exceed", "{s:o, s:s, s:I, s:s, s:s}", "words", msg_to_json(&words),
			"by", by, "over", (json_int_t)over, "kind", limit_kind_name(line->kind), "scope",
			line->scope == QUOTA_SERVER ? "server" : "tenant");
		msg_free(&words);
	}
}

static void say_create(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	p->limits = book_limits_json(w->book, &(struct book_ask){ .vm = l->vm, .charged = p->snap->charged, .bytes = p->snap->bytes,
		.but = w->row ? w->row : "" }, a->role == ROLE_OPERATOR);
	if (!l->seen)
		return;
	say_kind(p, l);
	say_use(p, l);
	warn_exceeded(p, l);
	warn_shared(p, l, "warn.snapshot.shared");
}

/* ---- revert ---- */

static void say_back_to(const struct plan_world *w, struct plan *p, const struct snap_look *l)
{
	char date[48] = "", age[24] = "";
	int64_t created = l->hit->created;

	if (created) {
		calendar_text(date, sizeof date, plan_snap_zone(w, l->vm), created);
		policy_age(age, sizeof age, clock_wall_s() - created);
	}
	plan_note(&p->impact, p->targets[0].id, created ? "impact.snapshot-revert" : "impact.snapshot-revert.undated",
		"{s:s, s:s, s:s, s:s, s:I}", "name", l->vm->name, "snapshot", p->snap->name, "date", date, "age", age, "created",
		(json_int_t)created);
}

static void say_lost(struct plan *p, const struct snap_look *l)
{
	bool active = vm_state_is_active(l->seen->state);
	const char *after = "impact.snapshot-revert.off";

	plan_note(&p->impact, p->targets[0].id, active ? "impact.snapshot-revert.lost.running" : "impact.snapshot-revert.lost", "{s:s}",
		"name", l->vm->name);
	if (l->hit->memory && vm_state_is_active(l->hit->state))
		after = l->hit->state == VM_PAUSED ? "impact.snapshot-revert.paused" : "impact.snapshot-revert.running";
	plan_note(&p->impact, p->targets[0].id, after, "{s:s}", "name", l->vm->name);
	if (l->seen->n > 1)
		plan_note(&p->impact, p->targets[0].id, "impact.snapshot-revert.stay", "{s:I}", "count", (json_int_t)l->seen->n);
}

static void say_pair(struct plan *p, const struct snap_look *l)
{
	const char *pair = l->vm->pair;

	if (!pair[0])
		return;
	if (l->half_hidden)
		plan_note(&p->warnings, p->targets[0].id, "warn.snapshot.pair.hidden", "{s:s}", "name", l->vm->name);
	else if (!l->half)
		plan_note(&p->warnings, p->targets[0].id, "warn.snapshot.pair.missing", "{s:s, s:s}", "name", l->vm->name, "pair", pair);
	else if (l->half_runs || l->half_unsure)
		plan_note(&p->warnings, p->targets[0].id, l->half_runs ? "warn.snapshot.pair" : "warn.snapshot.pair.unsure", "{s:s, s:s}",
			"name", l->vm->name, "pair", pair);
	else
		plan_note(&p->impact, p->targets[0].id, "impact.snapshot-revert.pair", "{s:s, s:s}", "name", l->vm->name, "pair", pair);
}

static void say_revert(const struct plan_world *w, struct plan *p, const struct snap_look *l)
{
	if (!l->hit)
		return;
	say_back_to(w, p, l);
	say_lost(p, l);
	if (l->seen->shared[0])
		warn_shared(p, l, "warn.snapshot.shared.back");
	else
		plan_note(&p->impact, p->targets[0].id, "impact.snapshot-revert.unshared", NULL);
	say_pair(p, l);
}

/* ---- delete ---- */

/* What hangs on the one that goes, and what is left. */
static void say_rest(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	const char *parent = l->hit->parent ? l->hit->parent : "", *object = p->targets[0].id;
	size_t left = l->seen->n - p->snap->nvictims;

	if (l->children && p->snap->nvictims == 1 && parent[0])
		plan_note(&p->impact, object, "impact.snapshot-delete.hang", "{s:I, s:s}", "count", (json_int_t)l->children, "parent",
			plan_snap_called(a, book_of_host(w->book, l->vm->id, parent), parent));
	else if (l->children && p->snap->nvictims == 1)
		plan_note(&p->impact, object, "impact.snapshot-delete.root", "{s:I}", "count", (json_int_t)l->children);
	plan_note(&p->impact, object, left ? "impact.snapshot-delete.rest" : "impact.snapshot-delete.last", "{s:I, s:s}", "count",
		(json_int_t)left, "name", l->vm->name);
	if (p->snap->external)
		plan_note(&p->impact, object, "impact.snapshot-delete.merge", NULL);
}

/* What the victims counted for, and what room comes back. */
static void say_given_back(const struct plan_world *w, struct plan *p, const struct snap_look *l)
{
	const char *tenant = l->vm->tenant;
	int64_t count[2] = { 0, 0 }, space[2] = { 0, 0 }, all = 0; /* of this server; of its tenant */
	size_t k = 0;
	struct quota q;
	char size[24];

	/* The victims stand in the order of the list. */
	for (size_t i = 0; i < l->seen->n && k < p->snap->nvictims; i++) {
		const struct host_snap *h = &l->seen->list[i];
		if (strcmp(h->name, p->snap->victims[k]) != 0)
			continue;
		k++;
		const struct snapshot *row = book_of_host(w->book, l->vm->id, h->name);
		uint64_t bytes = row && row->bytes ? row->bytes : h->bytes;
		int64_t n = bytes > INT64_MAX / 2 ? 0 : (int64_t)bytes;
		const char *charged = row ? row->charged : tenant;
		bool counts = !row || charged[0], here = counts && strcmp(charged, tenant) == 0;
		all = all > INT64_MAX / 2 ? all : all + n;
		count[0] += counts;
		space[0] += counts ? n : 0;
		count[1] += here;
		space[1] += here ? n : 0;
	}
	book_quota(w->book, &(struct book_ask){ .vm = l->vm, .charged = tenant, .but = "" }, &q);
	for (size_t i = 0; i < q.n; i++) {
		const struct quota_line *line = &q.lines[i];
		bool servers = line->scope == QUOTA_SERVER;
		int64_t back = line->kind == LIMIT_KEPT ? count[!servers] : line->kind == LIMIT_SPACE ? space[!servers] : 0;
		if (back)
			say_line(p, p->snap->nvictims == 1 ? "impact.snapshot.back" : "impact.snapshot.back.many", line, -back);
	}
	bytes_words(size, (uint64_t)all);
	if (all)
		plan_note(&p->impact, p->targets[0].id, "impact.snapshot-delete.bytes", "{s:s, s:I}", "size", size, "bytes", (json_int_t)all);
}

static void say_delete(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	const struct plan_snap *s = p->snap;
	json_t *names = json_array();

	if (!l->hit) {
		json_decref(names);
		return;
	}
	for (size_t i = 0; i < s->nvictims && i < NAMES_SHOWN; i++)
		json_array_append_new(names, json_string(s->victim_names[i]));
	const char *id = s->nvictims == 1 ? "impact.snapshot-delete" : s->nvictims <= NAMES_SHOWN ? "impact.snapshot-delete.many" :
		"impact.snapshot-delete.more";
	plan_note(&p->impact, p->targets[0].id, id, "{s:s, s:I, s:I, s:o}", "name", l->vm->name, "count", (json_int_t)s->nvictims, "more",
		(json_int_t)(s->nvictims > NAMES_SHOWN ? s->nvictims - NAMES_SHOWN : 0), "names", names);
	say_rest(w, a, p, l);
	say_given_back(w, p, l);
}

void plan_snap_words(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	switch (p->verb) {
	case VERB_SNAP_CREATE:
		say_create(w, a, p, l);
		break;
	case VERB_SNAP_REVERT:
		say_revert(w, p, l);
		break;
	default:
		say_delete(w, a, p, l);
	}
}

/* ---- what is to be typed ---- */

/* Six digits that stand for one made outside, which has no id of ours; the same each time. */
static char *code_of_name(const char *host_name)
{
	uint32_t hash = 2166136261u;

	for (const unsigned char *c = (const unsigned char *)host_name; *c; c++)
		hash = (hash ^ *c) * 16777619u;
	return xasprintf("%06x", (unsigned)(hash & 0xffffff));
}

static bool is_only_one(const struct plan_world *w, const struct actor *a, const struct snap_look *l, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < l->seen->n; i++) {
		const char *host_name = l->seen->list[i].name;
		const char *called = plan_snap_called(a, book_of_host(w->book, l->vm->id, host_name), host_name);
		n += strcmp(called, name) == 0 || strcmp(host_name, name) == 0;
	}
	return n == 1;
}

void plan_snap_confirm(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *l)
{
	const struct plan_snap *s = p->snap;

	if (s->nvictims > 1) {
		char *vm = policy_typeable(l->vm->name) ? xstrdup(l->vm->name) : plan_short_code(l->vm->id);
		p->confirm = CONFIRM_COUNT;
		p->confirm_text = xasprintf("%zu %s", s->nvictims, vm);
		free(vm);
		return;
	}
	p->confirm = CONFIRM_NAME;
	if (l->hit && policy_typeable(s->name) && is_only_one(w, a, l, s->name))
		p->confirm_text = xstrdup(s->name);
	else if (s->id[0])
		p->confirm_text = plan_short_code(s->id);
	else
		p->confirm_text = code_of_name(s->host_name[0] ? s->host_name : s->name);
}

/* ---- for a shell ---- */

static void put_word(struct buf *b, const char *option, const char *word)
{
	char *quoted = plan_quote(word);

	buf_printf(b, "%s %s", option, quoted);
	free(quoted);
}

/* A word that means this snapshot and no other. */
static const char *word_of(const struct plan_world *w, const struct actor *a, const struct plan *p)
{
	const struct plan_snap *s = p->snap;
	const struct host_snaps *seen = s->host_name[0] ? book_seen(w->book, p->targets[0].id, NULL) : NULL;
	size_t n = 0;

	for (size_t i = 0; seen && i < seen->n; i++) {
		const char *host_name = seen->list[i].name;
		const char *called = plan_snap_called(a, book_of_host(w->book, p->targets[0].id, host_name), host_name);
		n += strcmp(called, s->name) == 0 || strcmp(host_name, s->name) == 0;
	}
	if (n <= 1 && s->name[0] && s->name[0] != '-')
		return s->name;
	return s->id[0] ? s->id : s->host_name;
}

void plan_snap_command(const struct plan_world *w, const struct actor *a, const struct plan *p, const char *word,
	const char *confirm, struct buf *b)
{
	const struct plan_snap *s = p->snap;
	bool create = p->verb == VERB_SNAP_CREATE;
	const char *name = create ? s->named ? s->name : "" : word_of(w, a, p);

	buf_printf(b, "%s %s %s", w->command, create ? "snapshot create" : p->verb == VERB_SNAP_REVERT ? "snapshot revert" :
		"snapshot delete", word);
	if (name[0] && name[0] != '-')
		put_word(b, "", name);
	if (create && s->note[0])
		put_word(b, " --note", s->note);
	if (create && s->external)
		buf_str(b, " --disk-only");
	if (s->quiesce)
		buf_str(b, " --quiesce");
	if (create && a->role == ROLE_OPERATOR && s->charged[0])
		buf_str(b, " --charge tenant");
	if (s->exceed)
		buf_str(b, " --exceed");
	if (s->children)
		buf_str(b, " --children");
	if (s->override_pair)
		buf_str(b, " --override-pair");
	if (p->reason_needed)
		buf_str(b, " --reason WHY");
	buf_str(b, confirm);
	if (name[0] == '-')
		put_word(b, " --", name); /* behind all options */
}
