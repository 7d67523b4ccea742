/* Cells and order of the table of alerts. Called by cli_listing.c. */
#ifndef TANA_CLI_ALERTS_H
#define TANA_CLI_ALERTS_H

#include "common/registry.h"

/* Order and cells, as struct listing has them: o is an alert. */
int cli_alert_cmp(const struct registry *r, const void *a, const void *b);
void cli_alert_since(struct buf *b, const struct registry *r, const void *o);
void cli_alert_id(struct buf *b, const struct registry *r, const void *o);
void cli_alert_behind(struct buf *b, const struct registry *r, const void *o);
void cli_alert_text(struct buf *b, const struct registry *r, const void *o);
void cli_alert_care(struct buf *b, const struct registry *r, const void *o);

#endif
