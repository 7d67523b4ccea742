/* The words of a preview: impact and warnings, what is to be typed, how a shell says it. Used by plan.c and plan_snap_words.c alone. */
#ifndef TANA_PLAN_WORDS_H
#define TANA_PLAN_WORDS_H

#include "safety/plan_snap.h"

void plan_note_err(struct plan_notes *n, const char *object, const struct err *e);
/* object: id of the VM that it is about, "" the whole; fmt as for msg_make. */
void plan_note(struct plan_notes *n, const char *object, const char *id, const char *fmt, ...);
/* Fills impact and warnings of a plan whose targets are made. look: of a snapshot verb with one target, NULL else. */
void plan_words(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms, const struct snap_look *look);
/* The narrowest place that holds all targets and can be typed: blade, enclosure, rack, site; for a customer his account. */
char *plan_common_parent(const struct plan_world *w, const struct actor *a, const struct plan *p);
/* Six ASCII letters and digits that stand for this object; the same each time. */
char *plan_short_code(const char *id);

#endif
