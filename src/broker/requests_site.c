/* Requests about the site as a whole: what-if, find. */
#include "broker/commands.h"

#include "safety/finder.h"
#include "safety/what_if.h"

#include <stdlib.h>

#define FIND_LIMIT 20     /* when none is asked for */
#define WHAT_IF_COST 4    /* requests that it counts for, beside itself */
#define FIND_COST 4       /* the same: all names of the site are looked through */

void do_what_if(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	enum kind k;
	void *o = NULL;
	json_t *answer = NULL;
	struct err *e = targets_object(b->objects, &b->gate, a, arg_text(args, "object"), &k, &o);

	if (!e)
		peer_charge(q->peer, WHAT_IF_COST);
	if (!e)
		e = what_if(&b->world, a, k, o, &answer);
	if (e) {
		request_error(q, e);
		return;
	}
	request_return(q, answer);
}

/* Where it stands; a customer is not told. Caller frees. */
static char *place_of(struct broker *b, const struct actor *a, enum kind k, const void *object)
{
	const struct enclosure *x = object;
	void *blade = NULL;

	if (!actor_is_staff(a))
		return xstrdup("");
	switch (k) {
	case KIND_BLADE:
		return plan_place(object);
	case KIND_VM:
		registry_named(b->objects, KIND_BLADE, ((const struct vm *)object)->blade, &blade, 1);
		return plan_place(blade);
	case KIND_ENCLOSURE:
		return x->rack[0] ? xasprintf("rack %s", x->rack) : xstrdup("");
	case KIND_ALERT:
		return xstrdup(((const struct alert *)object)->place);
	default:
		return xstrdup("");
	}
}

/* What a person calls it. */
static const char *name_of(enum kind k, const void *object)
{
	return k == KIND_JOB ? ((const struct job *)object)->targets :
		*(const istr *)(const void *)((const char *)object + field_find(k, "name")->offset);
}

void do_find(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	struct finding found[FINDER_MAX];
	int64_t limit = arg_int(args, "limit");
	size_t more, n = finder_ask(b->finder, &b->gate, a, arg_text(args, "text"), found, (size_t)(limit ? limit : FIND_LIMIT), &more);
	json_t *list = json_array();

	peer_charge(q->peer, FIND_COST);
	for (size_t i = 0; i < n; i++) {
		char *place = place_of(b, a, found[i].kind, found[i].object);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind_name(found[i].kind), "id",
			((const struct object *)found[i].object)->id, "name", name_of(found[i].kind, found[i].object), "place", place, "by",
			found[i].by, "what", found[i].what));
		free(place);
	}
	request_return(q, json_pack("{s:o, s:I}", "found", list, "more", (json_int_t)more));
}
