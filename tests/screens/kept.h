/* A screen as it is kept in a file: its text, and below it a letter for the ink of each cell. A file is a view; its sections are the
 * terminals that it was seen on. Called by test_kept. */
#ifndef TANA_TESTS_KEPT_H
#define TANA_TESTS_KEPT_H

#include "term.h"

#include <stdbool.h>

struct kept; /* one file, read or to be written */

/* path is read when it is there. */
struct kept *kept_open(const char *path);
/* What is seen now has this place in the file from now on. inks: with the letters. */
void kept_put(struct kept *k, const char *section, struct term *t, bool inks);
/* Is what is seen now what is kept? A section that is not there is not. */
bool kept_same(struct kept *k, const char *section, struct term *t, bool inks);
/* The rows that differ, to standard error. */
void kept_tell(struct kept *k, const char *section, struct term *t, bool inks);
/* Writes it when something was put; frees it. */
void kept_close(struct kept *k);

#endif
