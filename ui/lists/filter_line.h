/* The filter while it is typed: its text, what could stand where the cursor is, what is wrong with it, and those that were typed before.
 * Called by app_keys.c (keys) and by frame.c (drawing); views obey app.filter, which it sets with every key. */
#ifndef TANA_FILTER_LINE_H
#define TANA_FILTER_LINE_H

#include "app.h"
#include "common/filter.h"
#include "term/input.h"
#include "words/values.h"

#define FILTER_HINTS 24
#define FILTER_HISTORY 20

struct filter_line {
	struct app *app;
	struct input input, name;      /* name: under which it is to be saved */
	bool typing, naming;
	char was[APP_FILTER_MAX];      /* before it was opened */
	struct values *values;

	/* What could stand where the cursor is, in place of text[from..to). */
	char hints[FILTER_HINTS][APP_FILTER_MAX];
	int nhints;
	size_t more;                   /* that there are beside these */
	size_t from, to;
	bool keys;                     /* they are keys: their value follows */
	int at;                        /* the one that Tab has put there, -1 none */
	const char *note;              /* what can be written there, where nothing can be offered; NULL */

	struct err *wrong;             /* why the view below cannot obey it, NULL: it does */
	bool refused;                  /* Enter was pressed on it as it is: half a word is wrong too */
	const char *bad_name;          /* the same of the name */
	char history[FILTER_HISTORY][APP_FILTER_MAX]; /* newest first */
	int nhistory, back;            /* back: which one is shown, -1 the user's own */
	char own[APP_FILTER_MAX];
	enum { FILTER_SETTLED, FILTER_MOVED, FILTER_EDITED } late; /* what the text's last keys ask for and filter_line_settle does */
};

void filter_line_start(struct filter_line *l, struct app *a);  /* when the app starts; a is borrowed */
void filter_line_end(struct filter_line *l);
void filter_line_open(struct filter_line *l);                  /* from here on it gets the keys, until typing is false */
bool filter_line_key(struct filter_line *l, const struct key *k); /* false: the key is for the view below */
/* After the last of the keys that came together, and before anything else looks: hints and the view below follow the text. */
void filter_line_settle(struct filter_line *l);
/* Line y: the field. Line y + 1, where rows says that it is free: hints, or what is wrong. Returns the column behind the field. */
int filter_line_draw(struct filter_line *l, int y, int cols, int rows, int *cursor_y, int *cursor_x);
bool filter_line_is_half(const struct filter_line *l);         /* what is wrong may be a word that is not whole yet */
/* Kinds of objects that the filter narrows in this view: bits 1 << kind. */
unsigned filter_line_kinds(struct view *v);

#endif
