/* Cells of clusters and volumes in `tana list`. Used by cli_listing.c. */
#ifndef TANA_CLI_SITE_H
#define TANA_CLI_SITE_H

#include "common/registry.h"

/* Cells, as struct listing has them: o is a cluster, a volume. */
void cli_cluster_memory(struct buf *b, const struct registry *r, const void *o);
void cli_cluster_blade(struct buf *b, const struct registry *r, const void *o);
void cli_cluster_enclosure(struct buf *b, const struct registry *r, const void *o);
void cli_cluster_rack(struct buf *b, const struct registry *r, const void *o);
void cli_volume_fits(struct buf *b, const struct registry *r, const void *o);
void cli_volume_size(struct buf *b, const struct registry *r, const void *o);
void cli_volume_promised(struct buf *b, const struct registry *r, const void *o);
void cli_volume_overcommit(struct buf *b, const struct registry *r, const void *o);

#endif
