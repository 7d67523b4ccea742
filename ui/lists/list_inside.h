/* Inside a list: what list.c, list_build.c, list_match.c, list_command.c and list_draw.c share. */
#ifndef TANA_LIST_INSIDE_H
#define TANA_LIST_INSIDE_H

#include "common/filter.h"
#include "lists/list.h"
#include "lists/list_order.h"

#define LIST_LEVELS 32

/* The user's filter: it, and those that were typed on the way to it, each narrower than the one before (list_match.c). */
struct list_match {
	struct filter *levels[LIST_LEVELS];
	int n;                      /* 0: none */
	unsigned char *fits;        /* of a slot: how many of them, from the first on; of those that were dropped, too */
	size_t room;
};

struct list {
	struct app *app;
	enum kind kind;
	const struct columns *columns;
	istr blade;                 /* NULL: all of the kind */
	struct filter *within;      /* only these (list_within), NULL all */
	const char *within_field;   /* what it makes the same in all rows */
	uint64_t *ours;             /* a bit for each slot that is within, only where there is such a filter; how many there are */
	size_t ours_words, nours;
	struct registry_watch watch;
	struct order *order;

	/* What changed since the last picture. */
	bool all;                   /* everything is to be looked at anew */
	int64_t built;              /* boot ms when it last was */
	uint32_t *pending;
	size_t npending, room;
	uint64_t *waiting;          /* a bit for each slot in pending */
	size_t words;

	/* Names compared once: a slot's rank holds as long as it has the name that was ranked. */
	struct list_name { istr name; uint32_t rank; } *names;
	uint32_t nnames;
	size_t unranked;            /* rows that came or were renamed since */

	struct list_match match;
	bool narrowed;              /* ... since the last picture, and nothing else: rows only leave */
	uint32_t filter_gen;
	struct err *filter_error;

	int sort;
	bool reverse;
	int seen[COLUMNS_MOST];     /* widest text of a column so far; of those that are shown */
	int shown[COLUMNS_MOST], nshown; /* in this order; the first of all is always first */
	bool chosen;                /* by the user */
	uint32_t settings;          /* version that this was read from */
	int left[COLUMNS_MOST], right[COLUMNS_MOST]; /* where its heading stood in the last picture; right 0: it did not */

	uint32_t cursor;            /* slot, ORDER_NONE: none */
	bool moved;                 /* the user has: from now on the cursor stays on its object, not on the first row */
	size_t rank, top;           /* row of the cursor, first row on the screen */
	size_t page;                /* rows on the screen */
	struct box rows;            /* where they are */
	int name_end;               /* column behind the names */
	char constant[COLUMNS_MOST];/* columns that the filter has made all the same */
};

bool list_is_listed(struct list *l, uint32_t slot, const void *o);   /* ought it to be a row, as things are now? */

/* ---- list_build.c ---- */

void list_build(struct list *l);   /* all rows anew */
void list_narrow(struct list *l);  /* those that do not match leave */
bool list_is_ranked(const struct list *l, uint32_t slot, const void *o);
order_compare list_compare_rows;   /* ctx: the list */

/* ---- list_match.c ---- */

bool list_match_set(struct list *l, struct filter *f);        /* takes f, NULL none. True: it leaves only rows that were left before */
bool list_matches(struct list *l, uint32_t slot, const void *o);
void list_match_forget(struct list_match *m, uint32_t slot);  /* it has changed, or is another one */
void list_match_age(struct list_match *m);                    /* time went on */
const struct filter *list_match_filter(const struct list_match *m); /* NULL none */
void list_match_free(struct list_match *m);

/* Takes in what changed: order, filter and cursor are true afterwards. */
void list_settle(struct list *l);
static inline struct marks *list_marks(const struct list *l) /* NULL: nothing here can be marked */
{
	return app_marks(l->app, l->kind);
}
/* Takes in what was chosen, here or in another list of the sort. True: other columns are shown, and are to be measured. */
bool list_reread(struct list *l);
/* Which columns are drawn at this width: their cells, 0 for those that are not. */
void list_lay_out(const struct list *l, int width, int *cells);

#endif
