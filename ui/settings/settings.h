/* What the user has chosen and wants to find again: theme, mouse, columns, saved filters. Small texts by name, kept in
 * ~/.config/tana/settings where the mode allows files, else for as long as the console runs. Called by whoever has something to keep;
 * view_setup.c shows them. No error here ever stops a console: what cannot be read or kept is said once. */
#ifndef TANA_SETTINGS_H
#define TANA_SETTINGS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_NAME_MAX 64    /* "theme", "columns.vm", "filter.night": letters, digits, "." and "-" */
#define SETTINGS_VALUE_MAX 512
#define SETTINGS_MOST 200

/* Reads them, before the sandbox shuts, and keeps the file open for writing. files: whether this mode may have any. A damaged line is
 * skipped and kept out of the way: *e (the caller's) says which, and the rest counts. */
void settings_open(bool files, struct err **e);
/* The same where nothing is ever chosen (a wall, a command): reads what is there, if it can be; makes, locks and keeps no file. */
void settings_look(void);
/* From now on no file of this process grows past what the settings may have: whoever takes a console over fills no disk with the one that it
 * holds. Before its sandbox shuts; not where a child with files of its own may still be started. */
void settings_bound(void);
void settings_close(void);                                   /* what was changed is written by then */
const char *settings_get(const char *name, const char *otherwise); /* borrowed until the next settings_set */
/* value NULL or "": as if never set. False: the name, the value or their number is too much. Written at once; where that fails it holds
 * for this session. */
bool settings_set(const char *name, const char *value);
/* Names that begin with this, sorted; at most max, returns how many there are. Borrowed until the next settings_set. */
size_t settings_names(const char *prefix, const char **out, size_t max);
bool settings_kept(void);                                    /* they will be there next time */
const char *settings_place(void);                            /* where: the path of their file */
uint32_t settings_version(void);                             /* moves with each change: who keeps what he made of one compares */

#endif
