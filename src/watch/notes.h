/* Notes on blades ("under observation until Friday: NIC"): kept in the ledger, shown in blade.watch, ended by their time. Made and fed by
 * broker/care.c. */
#ifndef TANA_NOTES_H
#define TANA_NOTES_H

#include "common/loop.h"
#include "common/registry.h"
#include "store/store.h"

struct notes;
struct notes_config {
	struct loop *loop;
	struct registry *objects;  /* outlives the notes */
	void *ctx;
	void (*ended)(void *ctx, const struct store_note *n); /* its time is over: it is to go from the ledger. Borrowed */
};
struct notes *notes_new(const struct notes_config *c); /* c is copied */
void notes_free(struct notes *n);
void notes_load(struct notes *n, const struct store_note *note); /* at start */
void notes_start(struct notes *n);                  /* shows them, also on blades that come later */
/* As it was written; text "": it is taken off. Copied. */
void notes_set(struct notes *n, const struct store_note *note);
const struct store_note *notes_of(struct notes *n, const char *object); /* NULL: none; until the next change */

#endif
