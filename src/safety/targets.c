/* Resolving words and filters to the objects that an actor may know. */
#include "safety/targets.h"

#include "common/buf.h"
#include "common/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SAME_NAME_MAX 64     /* VMs of one name that are looked at; more are as ambiguous as these */
#define CANDIDATES_SHOWN 5

static bool sees(const struct gate *g, const struct actor *a, enum kind k, const void *o)
{
	return g->sees(g->ctx, a, k, o);
}

static bool is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return s[36] == '\0';
}

static bool is_vm_id(const char *s)
{
	if (strncmp(s, "vm:", 3) != 0)
		return false;
	return strlen(s + 3) == 16 && strspn(s + 3, "0123456789abcdef") == 16;
}

static struct err *not_found(const char *word)
{
	return err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", word);
}

/* ---- by name ---- */

struct found {
	struct vm *list[SAME_NAME_MAX];
	size_t n;
};

static void found_add(struct found *f, struct vm *vm)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i] == vm)
			return;
	if (f->n < SAME_NAME_MAX)
		f->list[f->n++] = vm;
}

static void by_name(struct registry *r, const struct gate *g, const struct actor *a, const char *name, struct found *f)
{
	void *same[SAME_NAME_MAX];
	size_t n = registry_named(r, KIND_VM, name, same, SAME_NAME_MAX);

	if (n > SAME_NAME_MAX) {
		/* More than we look at by the index: a customer's own may be behind them. */
		for (uint32_t s = 0; s < registry_slots(r, KIND_VM); s++) {
			struct vm *vm = registry_at(r, KIND_VM, s);
			if (vm && strcmp(vm->name, name) == 0 && sees(g, a, KIND_VM, vm))
				found_add(f, vm);
		}
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (sees(g, a, KIND_VM, same[i]))
			found_add(f, same[i]);
}

/* BLADE/NAME; both may hold slashes, so every one is tried. Staff only: a customer does not know blades. */
static void by_place(struct registry *r, const struct gate *g, const struct actor *a, const char *word, struct found *f)
{
	if (!actor_is_staff(a))
		return;
	for (const char *slash = strchr(word, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *blade = xstrdup(word);
		blade[slash - word] = '\0';
		size_t n;
		struct vm *const *vms = registry_vms_on(r, blade, &n);
		for (size_t i = 0; i < n; i++)
			if (strcmp(vms[i]->name, slash + 1) == 0 && sees(g, a, KIND_VM, vms[i]))
				found_add(f, vms[i]);
		free(blade);
	}
}

static struct err *ambiguous(const struct actor *a, const char *word, const struct found *f)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < f->n && i < CANDIDATES_SHOWN; i++) {
		if (i)
			buf_str(&b, ", ");
		/* Two of one name on one blade (two hosts claim it, or a rename) are told apart by their ids. */
		bool same_place = false;
		for (size_t j = 0; j < f->n; j++)
			same_place |= j != i && strcmp(f->list[j]->blade, f->list[i]->blade) == 0;
		if (actor_is_staff(a) && f->list[i]->blade[0] && !same_place)
			buf_printf(&b, "%s/%s", f->list[i]->blade, f->list[i]->name);
		else
			buf_str(&b, f->list[i]->id);
	}
	if (f->n > CANDIDATES_SHOWN)
		buf_str(&b, ", ...");
	buf_append(&b, "", 1);
	struct err *e = err_new(ERR_USAGE, "target.ambiguous", "{s:s, s:i, s:s}", "target", word, "count", (int)f->n, "candidates",
		b.data);
	buf_free(&b);
	return e;
}

static struct err *resolve_vm(struct registry *r, const struct gate *g, const struct actor *a, const char *word, struct vm **out)
{
	struct found f = { .n = 0 };
	const char *name = word;

	if (!word[0])
		return not_found(word);
	if (is_vm_id(word)) {
		struct vm *vm = registry_find(r, KIND_VM, word);
		if (vm && sees(g, a, KIND_VM, vm)) {
			*out = vm;
			return NULL;
		}
	}
	if (is_uuid(word)) {
		struct vm *vm = registry_vm_uuid(r, word);
		if (vm && sees(g, a, KIND_VM, vm)) {
			*out = vm;
			return NULL;
		}
	}
	if (strncmp(word, "vm:", 3) == 0)
		name = word + 3;
	by_name(r, g, a, name, &f);
	if (f.n == 0)
		by_place(r, g, a, name, &f);
	if (f.n == 1) {
		*out = f.list[0];
		return NULL;
	}
	return f.n ? ambiguous(a, word, &f) : not_found(word);
}

/* A word like "blade:a2-12", which names another kind. */
static bool other_kind(const char *word, enum kind *k)
{
	char kind[16];
	const char *colon = strchr(word, ':');

	if (!colon || (size_t)(colon - word) >= sizeof kind)
		return false;
	memcpy(kind, word, (size_t)(colon - word));
	kind[colon - word] = '\0';
	return kind_from_name(kind, k) && *k != KIND_VM;
}

/* ---- for plans ---- */

struct err *targets_words(struct registry *r, const struct gate *g, const struct actor *a, const char *const *words,
	size_t nwords, struct vm **out, size_t *n)
{
	*n = 0;
	if (nwords == 0)
		return err_new(ERR_USAGE, "targets.none", NULL);
	if (nwords > TARGETS_WORDS_MAX)
		return err_new(ERR_LIMIT, "targets.too-many", "{s:i, s:i}", "count", (int)nwords, "max", POLICY_TARGETS_MAX);
	for (size_t i = 0; i < nwords; i++) {
		struct vm *vm = NULL;
		struct err *e = resolve_vm(r, g, a, words[i], &vm);
		enum kind k;
		if (e && e->class == ERR_NOTFOUND && other_kind(words[i], &k)) {
			err_free(e);
			return err_new(ERR_USAGE, "target.kind", "{s:s}", "target", words[i]);
		}
		if (e)
			return e;
		bool known = false;
		for (size_t j = 0; j < *n; j++)
			known |= out[j] == vm;
		if (known)
			continue;
		if (*n == POLICY_TARGETS_MAX)
			return err_new(ERR_LIMIT, "targets.too-many", "{s:i, s:i}", "count", (int)nwords, "max", POLICY_TARGETS_MAX);
		out[(*n)++] = vm;
	}
	return NULL;
}

bool targets_hides_pair(struct registry *r, const struct actor *a, const struct vm *vm)
{
	void *same[SAME_NAME_MAX];

	if (a->role != ROLE_CUSTOMER || !vm->pair[0])
		return false;
	size_t n = registry_named(r, KIND_VM, vm->pair, same, SAME_NAME_MAX);
	for (size_t i = 0; i < n && i < SAME_NAME_MAX; i++)
		if (actor_sees(a, same[i]))
			return false;
	return true;
}

void targets_redact(enum kind k, void *copy, enum viewer v)
{
	const struct model *m = &models[k];

	for (int i = 0; i < m->nfields; i++) {
		const struct field *f = &m->fields[i];
		if (f->viewers & (1u << v))
			continue;
		if (f->type == FIELD_STR)
			intern_set((istr *)(void *)((char *)copy + f->offset), "");
		else
			field_set_int(f, copy, 0);
	}
}

struct err *targets_filter_kind(struct registry *r, const struct gate *g, const struct actor *a, enum kind k, const char *text,
	void **out, size_t max, size_t *n)
{
	struct filter *f = NULL;
	size_t count = 0;

	*n = 0;
	struct err *e = filter_new(k, text, &f);
	if (e)
		return e;
	if (filter_is_empty(f)) {
		filter_free(f);
		return err_new(ERR_USAGE, "targets.none", NULL);
	}
	void *seen = a->role == ROLE_OPERATOR ? NULL : object_new(k);
	for (uint32_t s = 0; s < registry_slots(r, k); s++) {
		void *o = registry_at(r, k, s);
		const void *as = o;
		/* A bay without a blade is a place, and no target. */
		if (!o || (k == KIND_BLADE && !((struct blade *)o)->name[0]) || !sees(g, a, k, o))
			continue;
		if (seen) {
			object_copy(k, seen, o);
			targets_redact(k, seen, actor_viewer(a));
			if (k == KIND_VM && targets_hides_pair(r, a, o))
				intern_set(&((struct vm *)seen)->pair, "");
			as = seen;
		}
		if (!filter_match(f, as))
			continue;
		if (count < max)
			out[count] = o;
		count++;
	}
	if (seen)
		object_free(k, seen);
	filter_free(f);
	if (count == 0)
		return err_new(ERR_NOTFOUND, "targets.unmatched", "{s:s}", "filter", text);
	if (count > max)
		return err_new(ERR_LIMIT, "targets.too-many", "{s:I, s:i}", "count", (json_int_t)count, "max", (int)max);
	*n = count;
	return NULL;
}

struct err *targets_filter(struct registry *r, const struct gate *g, const struct actor *a, const char *text, struct vm **out,
	size_t *n)
{
	void *found[POLICY_TARGETS_MAX];
	struct err *e = targets_filter_kind(r, g, a, KIND_VM, text, found, POLICY_TARGETS_MAX, n);

	for (size_t i = 0; i < *n; i++)
		out[i] = found[i];
	return e;
}

/* ---- for show, refresh, leases ---- */

struct err *targets_object(struct registry *r, const struct gate *g, const struct actor *a, const char *word, enum kind *k,
	void **out)
{
	if (strcmp(word, "site") == 0) {
		*k = KIND_SITE;
		*out = registry_find(r, KIND_SITE, "site");
		return *out && sees(g, a, KIND_SITE, *out) ? NULL : not_found(word);
	}
	if (other_kind(word, k)) {
		/* Their ids are KIND:NAME. */
		*out = registry_find(r, *k, word);
		if (*out && sees(g, a, *k, *out))
			return NULL;
	}
	struct vm *vm = NULL;
	struct err *e = resolve_vm(r, g, a, word, &vm);
	*k = KIND_VM;
	*out = vm;
	return e;
}

/* ---- and back ---- */

size_t targets_same_name(struct registry *r, const struct gate *g, const struct actor *a, const char *name)
{
	struct found f = { .n = 0 };

	by_name(r, g, a, name, &f);
	return f.n;
}

char *targets_word_for(struct registry *r, const struct gate *g, const struct actor *a, const struct vm *vm)
{
	char *words[2] = { xasprintf("vm:%s", vm->name), actor_is_staff(a) ? xasprintf("%s/%s", vm->blade, vm->name) : NULL };
	char *out = NULL;

	for (int i = 0; i < 2; i++) {
		struct vm *found = NULL;
		if (!out && words[i]) {
			struct err *e = resolve_vm(r, g, a, words[i], &found);
			/* A name that looks like a filter or an option would be read as one. */
			if (!e && found == vm && vm->name[0] && vm->name[0] != '-' && vm->blade[0] != '-') {
				out = words[i];
				words[i] = NULL;
			}
			err_free(e);
		}
		free(words[i]);
	}
	return out ? out : xstrdup(vm->id);
}
