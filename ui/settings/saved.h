/* Filters that were saved under a name, in the settings ("filter.NAME"): "@NAME" stands for one, where a filter is typed and on the command
 * line. Used by filter_line.c, dialog_filters.c, view_setup.c and cli_filter.c. */
#ifndef TANA_SAVED_H
#define TANA_SAVED_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SAVED_NAME_MAX 40    /* letters, digits, "." and "-" */
#define SAVED_MOST 64        /* that are shown */

bool saved_is_name(const char *name);  /* ASCII letters, digits, . and -; 1 to SAVED_NAME_MAX */
/* Names, sorted; writes at most max, returns how many there are. Borrowed until one is set. */
size_t saved_names(const char *prefix, const char **out, size_t max);
const char *saved_get(const char *name);          /* NULL: there is none. Borrowed until one is set */
bool saved_set(const char *name, const char *text); /* NULL: it is forgotten. False: there is no room for more */
/* Every term "@NAME" of text replaced by what it stands for, once. ERR_USAGE filter.saved with {term} and {column} for a name that there
 * is not, filter.long when it does not fit into size bytes; out is "" then. */
struct err *saved_expand(const char *text, char *out, size_t size);

#endif
