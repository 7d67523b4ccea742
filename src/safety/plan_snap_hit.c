/* Which snapshot a revert or a delete means, what goes with it, and what stands in the way of just that. */
#include "safety/plan_snap.h"

#include "common/text.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define SAME_NAME_MAX 64

static struct snapshot *row_of(const struct plan_world *w, const struct snap_look *l, const char *host_name)
{
	return book_of_host(w->book, l->vm->id, host_name);
}

/* ---- which one ---- */

static void hit(const struct plan_world *w, const struct actor *a, struct plan_snap *s, struct snap_look *l, size_t i)
{
	const struct host_snap *h = &l->seen->list[i];
	const struct snapshot *row = row_of(w, l, h->name);
	bool his = row && a->role == ROLE_CUSTOMER && strcmp(row->tenant, a->tenant) != 0;

	l->hit = h;
	if (row)
		memcpy(s->id, row->id, sizeof s->id);
	plan_snap_set(&s->host_name, h->name);
	plan_snap_set(&s->name, plan_snap_called(a, row, h->name));
	plan_snap_set(&s->note, his ? "" : row ? row->note : h->note);
	plan_snap_set(&s->charged, his ? "" : row ? row->charged : l->vm->tenant);
	s->external = h->external;
	s->memory = h->memory;
	s->bytes = h->bytes ? h->bytes : row ? row->bytes : 0;
	s->created = h->created;
	s->current = h->current;
	for (size_t k = 0; k < l->seen->n; k++) {
		l->children += l->seen->list[k].parent && strcmp(l->seen->list[k].parent, h->name) == 0;
		if (l->seen->list[k].current)
			plan_snap_set(&s->now, l->seen->list[k].name);
	}
	if (row && (row->state == SNAP_SENT || row->state == SNAP_RESERVED))
		plan_snap_err(l, err_new(ERR_STATE, "snapshot.open", "{s:s, s:s}", "name", l->vm->name, "snapshot", s->name));
}

/* What is meant and is not on the host: it may just be on its way there. */
static struct err *not_listed(const struct plan_world *w, const struct actor *a, const struct snap_look *l, const char *word,
	const char *typed)
{
	for (const struct snapshot *r = book_rows(w->book, l->vm->id); r; r = r->next) {
		const char *called = plan_snap_called(a, r, r->host_name);
		bool meant = strcmp(r->id, word) == 0 || strcmp(called, word) == 0 || strcmp(called, typed) == 0;
		if (meant && (r->state == SNAP_SENT || r->state == SNAP_RESERVED))
			return err_new(ERR_STATE, "snapshot.open", "{s:s, s:s}", "name", l->vm->name, "snapshot", word);
	}
	return err_new(ERR_NOTFOUND, "snapshot.none", "{s:s, s:s}", "name", l->vm->name, "snapshot", word);
}

/* False: there is none. */
static bool find_as(const struct plan_world *w, const struct actor *a, struct plan_snap *s, struct snap_look *l, const char *word,
	const char *host_name)
{
	size_t found = 0, at = 0;

	for (size_t i = 0; i < l->seen->n; i++) {
		const char *name = l->seen->list[i].name;
		const struct snapshot *row = row_of(w, l, name);
		if (host_name ? strcmp(name, host_name) == 0 : row && strcmp(row->id, word) == 0) {
			hit(w, a, s, l, i);
			return true;
		}
		if (!host_name && (strcmp(name, word) == 0 || strcmp(plan_snap_called(a, row, name), word) == 0)) {
			found++;
			at = i;
		}
	}
	if (found == 1)
		hit(w, a, s, l, at);
	else if (found > 1)
		plan_snap_err(l, err_new(ERR_USAGE, "snapshot.ambiguous", "{s:s, s:s, s:I}", "name", l->vm->name, "snapshot", word, "count",
			(json_int_t)found));
	return found > 0;
}

/* Names are kept cleaned: the word is one as it is shown, or else as it was typed at first. */
static void find(const struct plan_world *w, const struct actor *a, struct plan_snap *s, struct snap_look *l, const char *word,
	const char *host_name)
{
	char *typed = text_clean_name_dup(word);

	if (l->seen && !find_as(w, a, s, l, word, host_name) && (host_name || !find_as(w, a, s, l, typed, NULL)))
		plan_snap_err(l, not_listed(w, a, l, word, typed));
	free(typed);
}

/* ---- delete ---- */

static void look_victims(const struct plan_world *w, const struct actor *a, struct plan_snap *s, struct snap_look *l)
{
	const struct host_snaps *seen = l->seen;
	GHashTable *going = g_hash_table_new(g_str_hash, g_str_equal);
	size_t *at = xcalloc(seen->n, sizeof *at), n = 0;
	bool external = false;

	/* Parents come before their children. */
	for (size_t i = 0; i < seen->n; i++) {
		const struct host_snap *h = &seen->list[i];
		bool goes = h == l->hit || (s->children && h->parent && h->parent[0] && g_hash_table_contains(going, h->parent));
		if (!goes)
			continue;
		g_hash_table_add(going, h->name);
		external |= h->external;
		at[n++] = i;
	}
	s->victims = xcalloc(n, sizeof *s->victims);
	s->victim_names = xcalloc(n, sizeof *s->victim_names);
	for (; s->nvictims < n; s->nvictims++) {
		const char *name = seen->list[at[s->nvictims]].name;
		s->victims[s->nvictims] = xstrdup(name);
		s->victim_names[s->nvictims] = xstrdup(plan_snap_called(a, row_of(w, l, name), name));
	}
	g_hash_table_destroy(going);
	free(at);
	if (external)
		l->why_not = seen->no_delete_external;
}

/* libvirt merges files of one at a time: qemuSnapshotDeleteValidate of 9.0 and later. And what goes must not be on its way. */
static struct err *check_delete(const struct plan_world *w, struct plan *p, const struct snap_look *l)
{
	const struct plan_snap *s = p->snap;

	for (size_t i = 0; i < s->nvictims; i++) {
		const struct snapshot *row = row_of(w, l, s->victims[i]);
		if (row && (row->state == SNAP_SENT || row->state == SNAP_RESERVED))
			return err_new(ERR_STATE, "snapshot.open", "{s:s, s:s}", "name", l->vm->name, "snapshot", s->victim_names[i]);
	}
	if (s->children && l->seen->partial)
		return err_new(ERR_UNSUPPORTED, "snapshot.children.many", "{s:s, s:I}", "name", l->vm->name, "count",
			(json_int_t)l->seen->n);
	if (!s->external)
		return NULL;
	if (s->nvictims > 1)
		return err_new(ERR_UNSUPPORTED, "snapshot.external.children", "{s:s, s:s}", "name", l->vm->name, "snapshot", s->name);
	if (l->children > 1 || (l->children && s->current))
		return err_new(ERR_UNSUPPORTED, "snapshot.external.fork", "{s:s, s:s, s:I}", "name", l->vm->name, "snapshot", s->name,
			"count", (json_int_t)l->children);
	return NULL;
}

/* ---- revert ---- */

static void look_pair(const struct plan_world *w, struct snap_look *l)
{
	void *same[SAME_NAME_MAX];
	size_t n;

	if (!l->vm->pair[0])
		return;
	n = registry_named(w->objects, KIND_VM, l->vm->pair, same, SAME_NAME_MAX);
	for (size_t i = 0; i < n && i < SAME_NAME_MAX; i++) {
		const struct vm *half = same[i];
		if (half == l->vm || half->tenant != l->vm->tenant)
			continue;
		l->half = half;
		l->half_runs |= vm_state_is_active(half->state);
		l->half_unsure |= !half->live || half->state == VM_UNKNOWN;
	}
}

static struct err *check_revert(struct plan *p, const struct snap_look *l)
{
	struct plan_snap *s = p->snap;
	bool in_the_way = l->half_runs || l->half_unsure;

	if (in_the_way && !s->override_pair)
		return l->half_hidden ? err_new(ERR_STATE, "snapshot.pair.hidden", "{s:s}", "name", l->vm->name) :
			err_new(ERR_STATE, l->half_runs ? "snapshot.pair" : "snapshot.pair.unsure", "{s:s, s:s}", "name", l->vm->name,
				"pair", l->half->name);
	s->override_pair = in_the_way;
	p->reason_needed |= in_the_way;
	return NULL;
}

/* ---- for plan_snap.c ---- */

void plan_snap_hit(const struct plan_world *w, const struct actor *a, struct plan *p, struct snap_look *l,
	const struct plan_args *args, const struct plan_snap *shown)
{
	struct plan_snap *s = p->snap;

	if (!args->snapshot[0] && !shown)
		plan_snap_err(l, err_new(ERR_USAGE, "snapshot.which", NULL));
	else
		find(w, a, s, l, args->snapshot, shown && shown->host_name[0] ? shown->host_name : NULL);
	if (!l->hit)
		plan_snap_set(&s->name, args->snapshot);
	if (p->verb == VERB_SNAP_REVERT) {
		look_pair(w, l);
		l->half_hidden = targets_hides_pair(w->objects, a, l->vm);
		if (l->hit && l->hit->external)
			l->why_not = l->seen->no_revert_external;
	} else if (l->hit) {
		look_victims(w, a, s, l);
	}
}

struct err *plan_snap_hit_check(const struct plan_world *w, struct plan *p, const struct snap_look *l)
{
	return p->verb == VERB_SNAP_REVERT ? check_revert(p, l) : check_delete(w, p, l);
}
