/* Which VMs, or which blades, the user has marked. By slot of the mirror's registry; what goes loses its mark. */
#ifndef TANA_MARKS_H
#define TANA_MARKS_H

#include "common/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marks;

struct marks *marks_new(struct registry *r, enum kind k);   /* r is borrowed until marks_free */
void marks_free(struct marks *m);
bool marks_has(const struct marks *m, uint32_t slot);       /* O(1) */
void marks_set(struct marks *m, uint32_t slot, bool on);
void marks_clear(struct marks *m);
size_t marks_count(const struct marks *m);
/* Ids of the marked ones, borrowed; writes at most max, returns how many there are. */
size_t marks_ids(const struct marks *m, const char **out, size_t max);

#endif
