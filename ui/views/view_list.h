/* Lists in views of their own, and with something above them: what a cluster or a volume consists of. */
#ifndef TANA_VIEW_LIST_H
#define TANA_VIEW_LIST_H

#include "lists/list.h"

struct list_head {
	/* Draws above the list into at most so much; returns the lines that it took. */
	int (*draw)(void *ctx, struct box b, const void *under); /* under: what the cursor of the list stands on, NULL nothing */
	void (*info)(void *ctx, struct pen *p);                  /* line 2, before the counts of the list */
	void (*crumb)(void *ctx, char *out, size_t size);
	void (*retold)(void *ctx);                               /* may be NULL */
	void (*closed)(void *ctx);                               /* frees ctx */
};
/* Only those whose field (a filter key, static) is this value, or has it among others. ctx is taken over. */
struct view *view_list_of(struct app *a, enum kind k, const struct columns *c, const char *field, const char *value, const struct list_head *head, void *ctx);

#endif
