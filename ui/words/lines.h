/* Lines of text with an ink each: what a scrolling view shows. */
#ifndef TANA_LINES_H
#define TANA_LINES_H

#include "term/palette.h"
#include "view.h"

#include <jansson.h>
#include <stddef.h>

struct line {
	char *text;         /* owned */
	enum ink ink;
	char head[64];      /* before it: a time, a label, a sign; " " keeps its room, "" begins at the left */
};
struct lines { /* lines_add: head stands before the line, "" none; what fmt makes is cleaned, cut at 2 KiB, and copied */
	struct line *list;
	size_t n;
	int head;           /* cells of the widest head */
	enum { HEADS_DIM, HEADS_BOLD /* they are what is looked for */, HEADS_INK /* as their line */ } heads;
};

void lines_add(struct lines *l, enum ink ink, const char *head, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void lines_clear(struct lines *l);   /* empty; frees what is inside */
/* Draws from line `top` on, long ones wrapped; returns how many lines of the list were begun. */
size_t lines_draw(const struct lines *l, size_t top, struct box b);
/* Rows of the screen that all of it takes at this width. */
int lines_height(const struct lines *l, int width);

/* Audit records (newest last, as the broker sends them) as lines, newest first: one for each action with its outcome and the number
 * of its job. To a customer, whom nobody names is the provider. */
void lines_history(struct lines *l, json_t *records, bool customer);

#endif
