/* What the files of the tests' terminal share (term.c, term_keys.c, term_look.c). */
#ifndef TANA_TESTS_TERM_INSIDE_H
#define TANA_TESTS_TERM_INSIDE_H

#include "term.h"

#include <vterm.h>

struct term {
	VTerm *vt;
	VTermScreen *screen;
	int fd;                  /* -1: the other end is closed */
	pid_t pid;
	bool running;
	int status;              /* exit status as a shell says it, once it has ended */
	int rows, cols;
	int ambiguous;
	bool mute;
	void (*drawn)(struct term *t, void *ctx);
	void *drawn_ctx;
	char *out;               /* what the program has not taken yet */
	size_t out_len, out_size;
	bool probing;            /* what libvterm writes now is counted, not sent */
	size_t probed;
	uint64_t received;
	void (*tap)(void *ctx, const char *bytes, size_t len); /* may be NULL */
	void *tap_ctx;
	int64_t last_us;
	int64_t found_us;
	unsigned bells, unknown;
	bool raw_left;           /* how it left its terminal */
	int mode_at;             /* bytes of "ESC [ ?" seen, then 3 while its numbers come */
	int mode[8], nmode;      /* the numbers */
	struct { int number; bool on; } modes[32]; /* what the program has set, by the order of the first time */
	int nmodes;
	bool alternate, mouse;
	char *dump;              /* the screen as text, and where its rows begin */
	size_t *starts;
	char *line;              /* what term_row gave */
	bool stale;              /* the dump is older than the screen */
};

#define TERM_SECOND_HALF ((uint32_t)-1) /* what libvterm keeps in the second cell of a wide character */
#define TERM_CELL_MAX (VTERM_MAX_CHARS_PER_CELL * 4)
/* Bytes of a cell's text: its character with combining marks, a blank where nothing was written. */
size_t term_put_cell(char to[TERM_CELL_MAX], const VTermScreenCell *c);

_Noreturn void term_die(const char *what);
void *term_must(void *p);                                    /* ends the program when p is NULL */
void term_queue(struct term *t, const char *s, size_t len);  /* for the program, sent by and by */
void term_flush(struct term *t);                             /* sends what the pty takes */
bool term_take(struct term *t);                              /* takes in what is there; false: nothing was */
void term_new_screen(struct term *t, int cols, int rows);    /* the first one, or one with what the old one showed */
void term_watch_modes(struct term *t, const char *s, size_t len);
bool term_mode(const struct term *t, int number, bool unless_set);

#endif
