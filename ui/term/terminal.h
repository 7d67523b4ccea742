/* What is known of the terminal besides what terminfo says: which name to look up, whether it reads UTF-8, how wide it
 * draws what Unicode calls ambiguous, and how to give it back after a crash. Used by screen.c alone; no ncurses here. */
#ifndef TANA_TERMINAL_H
#define TANA_TERMINAL_H

#include "term/glyphs.h"

#include <stdbool.h>
#include <stddef.h>

/* Names to try in turn for $TERM: itself, what it is called after, what it resembles. Writes at most max, returns how
 * many. Strings are borrowed until the next call. */
size_t terminal_names(const char *term, const char **out, size_t max);
/* From now on only names of families that are known to behave (xterm, tmux, linux, vt...) are tried, each as it is or as what it is
 * called after. Returns what may stand in $TERM: term, or a name that nothing is known by. Borrowed. */
const char *terminal_restrict(const char *term);
/* Whether the user's locale (environment alone, no locale need be installed) speaks UTF-8. */
bool terminal_is_utf8(void);
enum tier terminal_tier(const char *name, bool utf8, int ambiguous);
/* Whether it may be told about bracketed paste. */
bool terminal_pastes(const char *name);
/* Whether it may be asked to report its mouse. */
bool terminal_has_mouse(const char *name);

/* Draws three ambiguous characters in row 2 of the empty screen and asks where the cursor is; the cursor must be in row 1,
 * column 1 and is there again afterwards. Waits wait_ms for the answer. Returns cells of one: 1 or 2, 0: no answer yet. What else was read
 * is put into typed[0..*ntyped), *ntyped holds its size before. */
int terminal_measure(int in, int out, int wait_ms, char *typed, size_t *ntyped);
/* What an answer in row, col means; 0: it is not the answer. */
int terminal_measured(int row, int col);

/* From now on a crash of this process writes `restore` and puts the line back as it was when this was called. */
void terminal_guard(int fd, const char *restore);
void terminal_unguard(void);

#endif
