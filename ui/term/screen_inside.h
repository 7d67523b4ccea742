/* What the files of the screen share: screen.c (its life, its pictures), screen_inks.c (colours) and screen_cells.c (what stands in the
 * cells). They alone include ncurses, with terminfo.c. */
#ifndef TANA_SCREEN_INSIDE_H
#define TANA_SCREEN_INSIDE_H

#include "term/screen.h"

#include <curses.h>
#include <termios.h>

#define PAIRS_MOST 30000 /* of colours; pictures of guests have many */

struct screen_now {
	bool on;
	SCREEN *curses;
	struct termios was;
	char name[64];
	char note[256];
	bool utf8, paste, mono;
	bool own;             /* the terminal's own colours can be asked for */
	bool coloured;        /* ncurses has been told to use colours */
	short fg, bg;         /* where an ink names none and the terminal's own cannot be asked for, or are not wanted */
	int colours;
	bool can_mouse, mouse;/* it has one; it reports it now */
	bool mouse_rests;     /* what is shown has no use for it */
	char site_colour[16];
	int ambiguous;        /* 1 or 2 */
	bool asked;           /* the user did not say: a late answer counts */
	enum tier tier;
	attr_t attr[INK_COUNT];
	short pair[INK_COUNT];
	struct box clip;
	int rows, cols;
	char typed[256];
	size_t ntyped;
	int cursor;           /* as last told to ncurses: 0 hidden, 1 shown */
	short (*pairs)[257];  /* of cells: by background and foreground, from -1; 0 not made yet. NULL: none was asked for */
	short npairs;
};
extern struct screen_now scr;

/* What was wished for, before or after the start. */
struct screen_wish { enum theme theme; enum tier tier; bool mouse; };
extern struct screen_wish scr_wish;

/* screen_inks.c */
attr_t screen_attr(unsigned style);
short screen_pair(short fg, short bg);   /* of 256 colours, -1 the terminal's own; 0: none can be had */
void screen_make_inks(void);             /* as the theme and the terminal have it */
void screen_drop_pairs(void);            /* those of cells: the next picture has room */

#endif
