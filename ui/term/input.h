/* One line of text being typed, edited as readline users expect. No view: its owner draws it where it likes. */
#ifndef TANA_INPUT_H
#define TANA_INPUT_H

#include "term/keys.h"
#include "term/palette.h"

#include <stdbool.h>
#include <stddef.h>

#define INPUT_MAX 512
#define INPUT_CUTS 4        /* deleted texts that can be put back */
#define INPUT_UNDO 16       /* steps that can be taken back */

struct input {
	char text[INPUT_MAX];   /* UTF-8, terminated */
	size_t len, at;         /* bytes; at: the cursor, between characters */
	char cuts[INPUT_CUTS][INPUT_MAX]; /* what was deleted, newest first; what is deleted in one go is one */
	struct { char text[INPUT_MAX]; size_t at; } undo[INPUT_UNDO]; /* how it was, newest last */
	int nundo;
	unsigned last;          /* what was done last: more of the same belongs to it */
	int put;                /* which of cuts was put back last */
	size_t put_from;
	bool blank;             /* a line of a paste has ended: a blank, if more follows */
	size_t from;            /* first byte shown */
	size_t max;             /* bytes that it takes at most, 0 as many as there is room for */
	bool ascii;             /* full-width letters are typed as their ASCII selves */
};

enum input_result { INPUT_NOT_MINE, INPUT_MOVED, INPUT_CHANGED };

void input_set(struct input *in, const char *text); /* copied; the cursor goes to its end */
enum input_result input_key(struct input *in, const struct key *k);
/* Draws it into width cells; *cursor_x becomes the column of the cursor. */
void input_draw(struct input *in, int y, int x, int width, enum ink ink, int *cursor_x);

#endif
