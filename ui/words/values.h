/* Which values a field has in the mirror, for completion: made when first asked for, kept by changes, so that no key looks at a fleet.
 * Used by filter_line.c. */
#ifndef TANA_VALUES_H
#define TANA_VALUES_H

#include "common/registry.h"

#define VALUES_MOST 8192     /* different ones of a field; with more of them it has none to offer */

struct values;

struct values *values_new(struct registry *r);   /* r is borrowed until values_free */
void values_free(struct values *v);
/* Those of this text field that begin with prefix (case does not count), sorted, without the empty one; writes at most max, returns how
 * many there are. Borrowed until the mirror changes or values_forget. */
size_t values_find(struct values *v, enum kind k, const struct field *f, const char *prefix, const char **out, size_t max);
/* What left the mirror is offered no more: the next question looks anew. */
void values_forget(struct values *v);

#endif
