/* A terminal inside the terminal: what a guest writes to its serial console becomes cells here, and keys become what an xterm would
 * send. The only user of libvterm in the program. Nothing of a guest leaves a pane but as cells, and as the answers named below.
 * Owned by console.c; no ncurses, no protocol here. */
#ifndef TANA_PANE_H
#define TANA_PANE_H

#include "term/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PANE_ROWS 24          /* what a guest takes for granted on a serial line, which cannot tell it any size */
#define PANE_COLS 80
#define PANE_ROWS_MIN 4
#define PANE_COLS_MIN 20
#define PANE_SIZE_MAX 500     /* rows, and columns */
#define PANE_HISTORY 500      /* lines that are kept when they leave at the top */
#define PANE_CHARS 5          /* of one cell: a character and four marks */
#define PANE_KEY_MAX 64       /* bytes that a key becomes, at most */
#define PANE_SLICE 512        /* bytes of output in one call of pane_write that are still quick */

struct pane;

struct pane_cell {
	uint32_t chars[PANE_CHARS]; /* 0 ends them; the first is 0 in an empty cell */
	short fg, bg;             /* of 256 colours; -1: none was asked for */
	unsigned char cells;      /* 1, 2, or 0: the second half of the one before */
	unsigned char attr;       /* STYLE_ bits of palette.h */
};

/* rows and cols are brought within their bounds. answer: what the terminal says of itself when the guest asks for its kind, its health
 * or its cursor; nothing in it was chosen by the guest. May be NULL. */
struct pane *pane_new(int rows, int cols, void (*answer)(void *ctx, const char *bytes, size_t len), void *ctx);
void pane_free(struct pane *p);
/* What the guest said. Any bytes, cut anywhere. */
void pane_write(struct pane *p, const char *data, size_t len);
void pane_gap(struct pane *p);    /* bytes were left out here: what had begun is over */
void pane_restart(struct pane *p);/* what stands there goes up into the history, the terminal is as new */
void pane_resize(struct pane *p, int rows, int cols);

void pane_size(const struct pane *p, int *rows, int *cols);
int pane_history(const struct pane *p); /* lines that left at the top and are still there */
/* One cell; rows from -pane_history to the last. False: there is none (and *out is empty). */
bool pane_cell(const struct pane *p, int row, int col, struct pane_cell *out);
void pane_cursor(const struct pane *p, int *row, int *col, bool *visible);
unsigned pane_bells(const struct pane *p); /* so far */

/* What the guest is sent for a key: at most PANE_KEY_MAX bytes to out, returns how many. */
size_t pane_key(struct pane *p, const struct key *k, char *out);
/* Before the first and behind the last key of a paste: what a guest that asked for it is told of that. */
size_t pane_paste(struct pane *p, bool begins, char *out);

#endif
