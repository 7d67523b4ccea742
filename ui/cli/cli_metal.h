/* Cells of `tana list` that tell of the metal: what hosts and managers say of blades and enclosures. Used by cli_listing.c. */
#ifndef TANA_CLI_METAL_H
#define TANA_CLI_METAL_H

#include "common/registry.h"

void cli_age_cell(struct buf *b, int64_t then);   /* "4 min", "<30 s", "never" */

/* Cells, as struct listing has them: o is a blade, an enclosure. */
void cli_blade_seen(struct buf *b, const struct registry *r, const void *o);
void cli_blade_memory(struct buf *b, const struct registry *r, const void *o);
void cli_blade_power(struct buf *b, const struct registry *r, const void *o);
void cli_blade_health(struct buf *b, const struct registry *r, const void *o);
void cli_blade_manager(struct buf *b, const struct registry *r, const void *o);
void cli_blade_note(struct buf *b, const struct registry *r, const void *o);
void cli_enclosure_health(struct buf *b, const struct registry *r, const void *o);
void cli_enclosure_manager(struct buf *b, const struct registry *r, const void *o);
void cli_enclosure_power_on(struct buf *b, const struct registry *r, const void *o);
void cli_enclosure_note(struct buf *b, const struct registry *r, const void *o);

#endif
