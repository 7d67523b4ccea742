/* The words of a preview: impact and warnings, what is to be typed, how a shell says it. Used by plan.c alone. */
#ifndef TANA_PLAN_WORDS_H
#define TANA_PLAN_WORDS_H

#include "safety/plan.h"

void plan_note_err(struct plan_notes *n, const char *object, const struct err *e);
/* Fills impact and warnings of a plan whose targets are made. */
void plan_words(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms);
/* The narrowest place that holds all targets and can be typed: blade, enclosure, rack, site; for a customer his account. */
char *plan_common_parent(const struct plan_world *w, const struct actor *a, const struct plan *p);
/* Six ASCII letters and digits that stand for this object; the same each time. */
char *plan_short_code(const char *id);

#endif
