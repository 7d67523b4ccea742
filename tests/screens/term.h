/* A terminal for tests: starts a program on a pseudo-terminal of its own and shows what a person would see there, as
 * libvterm reads it. Used by the screen tests and by drive, firstpicture and storm.
 * What cannot be had from the machine (a pty, a process) ends the test program with a message. One thread. */
#ifndef TANA_TESTS_TERM_H
#define TANA_TESTS_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct term;

struct term_options {
	int cols, rows;          /* 0: 80 x 24; 1 to 1000 */
	const char *name;        /* TERM; NULL: xterm-256color */
	/* "NAME=VALUE" sets, "NAME" takes away; ends with NULL; may be NULL. Beside it the program inherits our environment
	 * but for what makes terminals differ: LANG is C.UTF-8; LC_*, LANGUAGE, LINES, COLUMNS, NO_COLOR, COLORTERM, TANA_SOCKET are unset. */
	const char *const *env;
	const char *dir;         /* it starts there; NULL: here */
	const char *errors;      /* file its standard error goes to; NULL: the terminal, as in life */
	/* Cells that characters of ambiguous width take (1 or 2; 0: 1): cursor reports move by it. libvterm draws them in one. */
	int ambiguous;
	bool mute;               /* never answers a question (cursor report, device attributes) */
	/* Called for each picture on the way to the one that is seen: whenever some more bytes were drawn. It may look, not wait. */
	void (*drawn)(struct term *t, void *ctx);
	void *ctx;
};

/* Starts argv[0] (looked up in PATH). A program that cannot be executed exits with 127. */
struct term *term_start(const char *const argv[], const struct term_options *o);
/* Hangs up, kills what is still there after 3 s, reaps it, frees all. NULL is allowed. */
void term_end(struct term *t);

/* ---- what is seen; all of it as of the last wait ---- */

int term_rows(const struct term *t);
int term_cols(const struct term *t);
/* The screen as UTF-8: a line for each row, blanks at its end cut, each with "\n". Valid until the next wait or resize. */
const char *term_screen(struct term *t);
/* One row of it, without "\n"; "" outside. Valid until the next call of term_row or term_find. */
const char *term_row(struct term *t, int row);
/* A POSIX extended regular expression on the screen; ^ and $ stand for the ends of rows. */
bool term_shows(struct term *t, const char *regex);
/* Where plain text stands: row, and column in cells. The first from the top. */
bool term_find(struct term *t, const char *text, int *row, int *col);

#define TERM_DEFAULT (-1)    /* the terminal's own colour */
struct term_cell {
	char text[32];           /* UTF-8, with combining marks; "" for the second half of a wide character */
	int width;               /* 1 or 2; 0 for the second half */
	int fg, bg;              /* TERM_DEFAULT, 0 to 255, or 0x1000000 | rgb */
	bool bold, reverse, underline, italic, blink; /* libvterm 0.1 does not know "dim" */
};
/* False outside. */
bool term_cell(struct term *t, int row, int col, struct term_cell *c);
void term_cursor(const struct term *t, int *row, int *col, bool *visible);
bool term_alternate(const struct term *t);    /* the full-screen page is shown */
bool term_mouse(const struct term *t);        /* the program asked for mouse reports */
bool term_pastes(const struct term *t);       /* the program asked for bracketed pastes */
bool term_raw(const struct term *t);          /* the program reads keys, not lines; or has left it so */
uint64_t term_received(const struct term *t); /* bytes the program has written */
unsigned term_bells(const struct term *t);
unsigned term_unknown(const struct term *t);  /* sequences that libvterm did not understand */
/* From now on tap gets whatever the program writes, as it writes it. */
void term_tap(struct term *t, void (*tap)(void *ctx, const char *bytes, size_t len), void *ctx);

/* ---- what is done; bytes go out while waiting, and at once as far as the pty takes them ---- */

void term_send(struct term *t, const void *bytes, size_t len);
void term_type(struct term *t, const char *text);
/* One key, as an xterm sends it in the mode the program has set: Up Down Left Right Enter Esc Tab BackTab Space
 * Backspace PgUp PgDn Home End Ins Del F1 to F12; C-x, M-x, S-Up; one character. False: no such key. */
bool term_key(struct term *t, const char *name);
/* A paste: bracketed when the program asked for it. */
void term_paste(struct term *t, const char *text);
/* A click of button 1 to 5 (4, 5: the wheel), press and release, if the program asked for the mouse; SGR reports. */
void term_click(struct term *t, int row, int col, int button);
/* What is seen stays where it is, cut; what a shell wrote before a full-screen program is forgotten. */
void term_resize(struct term *t, int cols, int rows);

/* ---- waiting: all take in what the program writes ---- */

void term_run(struct term *t, int ms);
/* Until regex is seen (or is seen no more); false after ms, or when the program has ended without it. ms 0 looks once. */
/* Once found, the rest of the picture is taken in, too: until the program rests, for 5 s at most (not when ms is 0). */
bool term_wait(struct term *t, const char *regex, int ms);
bool term_wait_gone(struct term *t, const char *regex, int ms);
/* Until nothing was written for quiet ms by a program that had its turn; false when that did not come about within ms. */
bool term_quiet(struct term *t, int quiet, int ms);
/* A process that the programs on all terminals wait for, their broker: they are at rest only when it is, too. 0: none. */
void term_beside(pid_t pid);
/* Until more than so many bytes in all were received; false after ms or when it has ended. */
bool term_wait_bytes(struct term *t, uint64_t more_than, int ms);
/* Until it has ended: its exit status, 128 + N for signal N; -1 when it still runs after ms. */
int term_wait_exit(struct term *t, int ms);

pid_t term_pid(const struct term *t);
bool term_running(struct term *t);
size_t term_sent_left(const struct term *t);  /* bytes that the program has not taken yet */
long term_memory_kib(const struct term *t);   /* its resident memory; 0 when it has ended */
long term_own_kib(const struct term *t);      /* of that what is no file's: those pages come and go as the machine has room */
int64_t term_now_us(void);                    /* a clock for measuring */
int64_t term_last_us(const struct term *t);   /* when the last bytes came */
int64_t term_found_us(const struct term *t);  /* when the bytes came that made the last wait for a regex true */

#endif
