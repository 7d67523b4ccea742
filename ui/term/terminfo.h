/* The system's terminfo, by ncurses: which of its entries a terminal is drawn by. Called by screen.c when it starts. */
#ifndef TANA_TERMINFO_H
#define TANA_TERMINFO_H

#include "common/error.h"

#include <stddef.h>

/* The system's terminfo alone: an entry of the user's own may make the terminal do anything. Between these two ncurses sees neither what
 * the environment says of entries nor a home, whose .terminfo it would read first. What the first returns is given to the second. */
char *terminfo_hide_home(void);
void terminfo_show_home(char *home);

/* The name to draw by for $TERM; in note, when it is another one, a sentence that says so in the language of the screens, else "".
 * Error: "screen.dumb" (unknown, or it cannot place a cursor). */
struct err *terminfo_choose(char *name, size_t size, char *note, size_t note_size);
/* Appends a string of the entry that is drawn by to out, without its padding marks ("$<5>"); nothing when it has none. */
void terminfo_string(char *out, size_t size, const char *name);

#endif
