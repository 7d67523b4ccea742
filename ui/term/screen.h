/* The terminal as a board of cells. The only user of ncurses (with terminfo.c), which draws and sends what changed; keys are read by the
 * caller from screen_fd. One screen a process. All texts are UTF-8 from anywhere: they are cleaned and cut here. */
#ifndef TANA_SCREEN_H
#define TANA_SCREEN_H

#include "common/error.h"
#include "term/glyphs.h"
#include "term/palette.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>

/* Takes the terminal on stdin and stdout. ambiguous: cells of an ambiguous character, 1, 2, or 0 = ask the terminal.
 * Errors: "screen.notty", "screen.dumb" (cannot place a cursor), "screen.start". */
struct err *screen_start(int ambiguous);
void screen_stop(void);               /* gives the terminal back as it was; safe to call twice */
int screen_fd(void);                  /* where keys come from */
const char *screen_note(void);        /* what is not as the user's environment says, "" when all is */
/* Bytes that were typed while the terminal was asked about its widths; returns how many. */
size_t screen_typed(char *out, size_t size);
/* The terminal's late answer to that question (a K_REPORT key). True: it changed what is drawn. */
bool screen_report(int row, int col);

/* What the user wishes: before the start, or at any time after it, when the next picture shows it. Neither goes beyond what the terminal can. */
void screen_theme(enum theme t);
void screen_lines(enum tier most);    /* the richest signs that are drawn */
void screen_mouse(bool on);           /* reported as keys; off, the terminal's own selecting works as ever */
void screen_mouse_rest(bool rests);   /* what is shown has no use for it: the terminal selects text meanwhile */
bool screen_has_mouse(void);          /* this terminal has one */
bool screen_mouse_now(void);          /* and reports it now */
void screen_width(int ambiguous);     /* 1 or 2; 0: as it is */
int screen_ambiguous(void);           /* as it is drawn now */

int screen_rows(void);                /* of the terminal, in cells */
int screen_cols(void);
bool screen_utf8(void);               /* other letters than ASCII reach it */
enum tier screen_tier(void);
bool screen_mono(void);               /* no colours */
int screen_colours(void);             /* 0 none, 8, 16, 256 */
void screen_resized(void);            /* asks for the size anew */
void screen_site_colour(const char *colour); /* of the site file, for INK_SITE */
void screen_bell(void);               /* at once, whatever Setup says */
void screen_repaint(void);            /* the next picture is sent whole */

/* A picture: begin, draw, end. cursor_y, cursor_x: where the terminal's cursor is shown, -1: nowhere. */
void screen_begin(void);
void screen_end(int cursor_y, int cursor_x);
/* From now on everything is cut to b (and to the screen). */
void screen_clip(struct box b);
struct box screen_whole(void);

/* Text into exactly width cells from (y, x): cut with a mark, or filled up with blanks. */
void screen_text(int y, int x, int width, enum ink ink, const char *text);
/* As text is drawn: clean, without the characters through which a limit in bytes went. Caller frees. */
char *screen_cleaned(const char *text);
void screen_right(int y, int x, int width, enum ink ink, const char *text);
void screen_glyph(int y, int x, enum ink ink, enum glyph g);
void screen_fill(int y, int x, int width, enum ink ink);
/* One cell of a terminal inside this one: a character with its marks, from anywhere, that takes `cells` (1 or 2) there; colours of 256.
 * What would take another room here, or cannot be shown, is a "_". */
void screen_cell(int y, int x, int cells, const struct style *look, const char *text);
/* Underlines what stands there: a mark that takes no room and hides nothing. */
void screen_underline(int y, int x, int width);
/* A box with a title in its upper line and something dim at its right; NULL or "" for none. Clears what is inside. */
void screen_box(struct box b, enum ink line, enum ink title_ink, const char *title, const char *right);

/* A line that is written from left to right; what does not fit is cut, and later pieces are dropped. */
struct pen {
	int y, x, end;
};
void pen_text(struct pen *p, enum ink ink, const char *text);
void pen_f(struct pen *p, enum ink ink, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* All of it or nothing, and two blanks behind it. */
void pen_piece(struct pen *p, enum ink ink, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void pen_skip(struct pen *p, int cells);
void pen_glyph(struct pen *p, enum ink ink, enum glyph g);

#endif
