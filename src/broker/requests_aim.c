/* What a request is about: VMs or blades, as its words or its filter name them. Called by the requests that act. */
#include "broker/commands.h"

#include <string.h>

static bool is_blade_word(const char *word)
{
	return strncmp(word, "blade:", 6) == 0;
}

/* The kind that is said, or that the words mean; they must mean one. */
static struct err *kind_of(struct request *q, json_t *args, const char *const *list, size_t n, enum kind *out)
{
	const char *said = arg_text(args, "kind");
	size_t blades = 0;

	for (size_t i = 0; i < n; i++)
		blades += is_blade_word(list[i]);
	if (blades > 0 && blades < n)
		return err_new(ERR_USAGE, "args.mixed", "{s:s}", "request", q->command->name);
	*out = blades > 0 ? KIND_BLADE : KIND_VM;
	if (!said[0])
		return NULL;
	if (strcmp(said, "vm") != 0 && strcmp(said, "blade") != 0)
		return err_new(ERR_USAGE, "args.kind.vm-blade", "{s:s}", "value", said);
	if (blades > 0 && strcmp(said, "vm") == 0)
		return err_new(ERR_USAGE, "args.mixed", "{s:s}", "request", q->command->name);
	*out = strcmp(said, "blade") == 0 ? KIND_BLADE : KIND_VM;
	return NULL;
}

struct err *request_aims(struct request *q, json_t *args, size_t max_blades, struct aims *out)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	json_t *words = json_object_get(args, "targets"), *filter = json_object_get(args, "filter"), *word;
	const char *list[TARGETS_WORDS_MAX + 1], *text = json_string_value(filter);
	size_t i, count = 0;

	out->n = 0;
	if (words && filter)
		return err_new(ERR_USAGE, "args.targets", "{s:s}", "request", q->command->name);
	json_array_foreach(words, i, word)
		if (count <= TARGETS_WORDS_MAX)
			list[count++] = json_string_value(word);
	struct err *e = kind_of(q, args, list, count, &out->kind);
	if (e)
		return e;
	if (out->kind == KIND_BLADE)
		return filter ? targets_blades_filter(b->objects, &b->gate, a, text, out->blades, max_blades, &out->n) :
			targets_blades(b->objects, &b->gate, a, list, count, out->blades, max_blades, &out->n);
	return filter ? targets_filter(b->objects, &b->gate, a, text, out->vms, &out->n) :
		targets_words(b->objects, &b->gate, a, list, count, out->vms, &out->n);
}

struct err *request_aims_fit(enum verb v, enum kind k, size_t n)
{
	if (!verb_is_of(v, k))
		return err_new(ERR_USAGE, "args.verb.kind", "{s:s, s:s}", "verb", verb_name(v), "kind", kind_name(k));
	if (verb_is_snapshot(v) && n != 1)
		return err_new(ERR_USAGE, "args.one-target", "{s:s, s:I}", "verb", verb_name(v), "count", (json_int_t)n);
	if (k == KIND_BLADE && v != VERB_POWER_ON && n > POLICY_TARGETS_MAX)
		return err_new(ERR_LIMIT, "targets.too-many", "{s:I, s:i}", "count", (json_int_t)n, "max", POLICY_TARGETS_MAX);
	return NULL;
}
