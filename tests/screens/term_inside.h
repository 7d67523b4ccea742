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
	char *out;               /* what the program has not taken yet */
	size_t out_len, out_size;
	bool probing;            /* what libvterm writes now is counted, not sent */
	size_t probed;
	uint64_t received;
	int64_t last_us;
	unsigned bells, unknown;
	bool raw_left;           /* how it left its terminal */
	bool cursor_visible, alternate, mouse;
	char *dump;              /* the screen as text, and where its rows begin */
	size_t *starts;
	char *line;              /* what term_row gave */
	bool stale;              /* the dump is older than the screen */
};

_Noreturn void term_die(const char *what);
void *term_must(void *p);                                    /* ends the program when p is NULL */
void term_queue(struct term *t, const char *s, size_t len);  /* for the program, sent by and by */
void term_flush(struct term *t);                             /* sends what the pty takes */

#endif
