/* The questions that are under way, and who waits for each. */
#include "broker/looks.h"

#include <stdlib.h>
#include <string.h>

struct waiter {
	struct waiter *next;
	looks_done *done;
	details_done *told;      /* instead of done, of a question about details */
	void *ctx;
};
struct look {
	struct look *next;
	struct broker *b;
	char *vm;
	bool detail;             /* what is asked: details, or snapshots */
	struct waiter *now;      /* answered by the question that is under way */
	struct waiter *later;    /* came after it was asked */
};
static struct look *looks;       /* the loop's */

static void add(struct waiter **list, const struct waiter *who)
{
	struct waiter *w = xcalloc(1, sizeof *w);

	*w = *who;
	while (*list)
		list = &(*list)->next;
	*list = w;
}

static void answer(struct waiter *list, const struct err *e, const struct host_vm_detail *d)
{
	for (struct waiter *w = list, *next; w; w = next) {
		next = w->next;
		if (w->told)
			w->told(w->ctx, e, d);
		else
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

/* Who is answered now; those who came since are asked for next. k may be gone. */
static struct waiter *take(struct look *k, const struct vm *vm)
{
	struct waiter *list = k->now, **end = &list;

	k->now = k->later;
	k->later = NULL;
	if (k->now && vm) {
		ask(k, vm);
		return list;
	}
	/* It went away: who came meanwhile finds it gone as the others do. */
	while (*end)
		end = &(*end)->next;
	*end = k->now;
	untie(k);
	free(k->vm);
	free(k);
	return list;
}

static struct vm *asked_of(const struct look *k)
{
	/* At the end there are no peers: nothing is asked any more. */
	return k->b->peers ? registry_find(k->b->objects, KIND_VM, k->vm) : NULL;
}

static void answered(void *ctx, struct err *e, struct host_snaps *snaps)
{
	struct look *k = ctx;
	struct vm *vm = asked_of(k);

	if (vm && !e)
		book_saw(k->b->book, vm, snaps);
	answer(take(k, vm), e, NULL);
	err_free(e);
}

static void detailed(void *ctx, struct err *e, const struct host_vm_detail *d)
{
	struct look *k = ctx;

	answer(take(k, asked_of(k)), e, d);
	err_free(e);
}

static void ask(struct look *k, const struct vm *vm)
{
	if (k->detail)
		fleet_detail(k->b->fleet, vm, detailed, k);
	else
		fleet_snapshots(k->b->fleet, vm, NULL, answered, k);
}

static void begin(struct broker *b, const struct vm *vm, bool detail, const struct waiter *who)
{
	for (struct look *k = looks; k; k = k->next)
		if (k->detail == detail && strcmp(k->vm, vm->id) == 0) {
			add(&k->later, who);
			return;
		}
	struct look *k = xcalloc(1, sizeof *k);
	k->b = b;
	k->vm = xstrdup(vm->id);
	k->detail = detail;
	k->next = looks;
	looks = k;
	add(&k->now, who);
	ask(k, vm);
}

void looks_ask(struct broker *b, const struct vm *vm, looks_done *done, void *ctx)
{
	begin(b, vm, false, &(struct waiter){ .done = done, .ctx = ctx });
}

void looks_detail(struct broker *b, const struct vm *vm, details_done *told, void *ctx)
{
	begin(b, vm, true, &(struct waiter){ .told = told, .ctx = ctx });
}
