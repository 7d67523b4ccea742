/* From words and filters to objects, for one actor: what he may not know answers exactly as what does not exist.
 * An empty, unmatched or ambiguous target is an error, never "all". Called by the broker's commands. */
#ifndef TANA_TARGETS_H
#define TANA_TARGETS_H

#include "common/registry.h"
#include "safety/policy.h"

#define TARGETS_WORDS_MAX 64 /* = POLICY_POWER_ON_MAX */

/* The one gate, view_of() in the broker, as seen from here. */
struct gate {
	void *ctx;
	bool (*sees)(void *ctx, const struct actor *a, enum kind k, const void *object);
};

/* VMs for words (ids, UUIDs, vm:NAME, NAME, BLADE/NAME), each once, in the order of the words. out has room for
 * POLICY_TARGETS_MAX. Errors: ERR_NOTFOUND target.none, ERR_USAGE target.ambiguous (candidates named), target.kind,
 * targets.none (no word), ERR_LIMIT targets.too-many. */
struct err *targets_words(struct registry *r, const struct gate *g, const struct actor *a, const char *const *words,
	size_t nwords, struct vm **out, size_t *n);
/* The same for a filter. It matches what this actor sees: fields that are not shown to him are empty to it. */
struct err *targets_filter(struct registry *r, const struct gate *g, const struct actor *a, const char *filter,
	struct vm **out, size_t *n);
/* Is the name of this VM's other half one that this person must not read? So where he sees no VM of that name. */
bool targets_hides_pair(struct registry *r, const struct actor *a, const struct vm *vm);
/* Any kind of targets by a filter; out has room for max. */
struct err *targets_filter_kind(struct registry *r, const struct gate *g, const struct actor *a, enum kind k, const char *filter,
	void **out, size_t max, size_t *n);
/* Blades for words (blade:NAME, their ids) or a filter; the same rules and errors. max: how many may be, and out has room for: at
 * most POLICY_POWER_ON_MAX. A bare NAME is a blade if no VM that he sees has it (else ERR_USAGE target.kinds). Bays without a
 * blade are no targets: ERR_NOTFOUND target.bay. (targets_blade.c) */
struct err *targets_blades(struct registry *r, const struct gate *g, const struct actor *a, const char *const *words, size_t nwords,
	struct blade **out, size_t max, size_t *n);
struct err *targets_blades_filter(struct registry *r, const struct gate *g, const struct actor *a, const char *filter,
	struct blade **out, size_t max, size_t *n);
/* One object of any kind: as above, or KIND:NAME, or an id. */
struct err *targets_object(struct registry *r, const struct gate *g, const struct actor *a, const char *word, enum kind *k,
	void **out);

/* The shortest word that means this VM and no other to this actor: vm:NAME, BLADE/NAME (staff) or its id. Caller frees. */
char *targets_word_for(struct registry *r, const struct gate *g, const struct actor *a, const struct vm *vm);
/* How many VMs of this name he sees. */
size_t targets_same_name(struct registry *r, const struct gate *g, const struct actor *a, const char *name);
/* Empties what this class of viewers may not see in a copy of an object. */
void targets_redact(enum kind k, void *copy, enum viewer v);

#endif
