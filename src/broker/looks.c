/* The questions that are under way, and who waits for each. */
#include "broker/looks.h"

#include <stdlib.h>
#include <string.h>

struct waiter {
	struct waiter *next;
	looks_done *done;
	void *ctx;
};
struct look {
	struct look *next;
	struct broker *b;
	char *vm;
	struct waiter *now;      /* answered by the question that is under way */
	struct waiter *later;    /* came after it was asked */
};
static struct look *looks;       /* the loop's */

static void add(struct waiter **list, looks_done *done, void *ctx)
{
	struct waiter *w = xcalloc(1, sizeof *w);

	w->done = done;
	w->ctx = ctx;
	while (*list)
		list = &(*list)->next;
	*list = w;
}

static void answer(struct waiter *list, const struct err *e)
{
	for (struct waiter *w = list, *next; w; w = next) {
		next = w->next;
		w->done(w->ctx, e);
		free(w);
	}
}

static void untie(struct look *k)
{
	struct look **at = &looks;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
}

static void ask(struct look *k, const struct vm *vm);

static void answered(void *ctx, struct err *e, struct host_snaps *snaps)
{
	struct look *k = ctx;
	struct waiter *list = k->now;
	bool ending = !k->b->peers; /* nothing is asked any more */
	struct vm *vm = ending ? NULL : registry_find(k->b->objects, KIND_VM, k->vm);

	k->now = k->later;
	k->later = NULL;
	if (vm && !e)
		book_saw(k->b->book, vm, snaps);
	if (k->now && vm) {
		ask(k, vm);
	} else {
		/* It went away: who came meanwhile finds it gone as the others do. */
		struct waiter **end = &list;
		while (*end)
			end = &(*end)->next;
		*end = k->now;
		untie(k);
		free(k->vm);
		free(k);
	}
	answer(list, e);
	err_free(e);
}

static void ask(struct look *k, const struct vm *vm)
{
	fleet_snapshots(k->b->fleet, vm, NULL, answered, k);
}

void looks_ask(struct broker *b, const struct vm *vm, looks_done *done, void *ctx)
{
	for (struct look *k = looks; k; k = k->next)
		if (strcmp(k->vm, vm->id) == 0) {
			add(&k->later, done, ctx);
			return;
		}
	struct look *k = xcalloc(1, sizeof *k);
	k->b = b;
	k->vm = xstrdup(vm->id);
	k->next = looks;
	looks = k;
	add(&k->now, done, ctx);
	ask(k, vm);
}
