/* The folders a broker lives in: its runtime folder (removed at the end) and where its state is. Called by broker.c. */
#ifndef TANA_DIRS_H
#define TANA_DIRS_H

#include "common/error.h"

/* Makes a private 0700 folder under $XDG_RUNTIME_DIR or /tmp, its path short enough for sockets in it, and removes those that
 * brokers of this user left behind when they were killed. Caller frees *out, and closes *lock when the folder is gone. */
struct err *dirs_runtime(char **out, int *lock);
/* Removes a folder and all in it; never follows a link. */
void dirs_remove(const char *dir);
/* $XDG_STATE_HOME/tana/NAME or ~/.local/state/tana/NAME, made with its parents; NAME is made fit for a folder. */
struct err *dirs_private_state(const char *name, char **out);
/* "hosts-" and 8 hex digits that stand for these addresses in whatever order. Caller frees. */
char *dirs_name_of_uris(const char *const *uris, int n);
struct err *dirs_make(const char *path); /* with its parents, 0700 */

#endif
