/* Where things stand: racks from the left, their enclosures from the top, their bays row by row, with the blade in each.
 * Built from the mirror when something moved; asked by the Racks view for each picture. */
#ifndef TANA_METAL_H
#define TANA_METAL_H

#include "common/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METAL_NONE UINT32_MAX
#define METAL_BAYS_MAX 1024     /* of one enclosure that are shown */

struct metal_enclosure {
	const char *name;       /* borrowed from the mirror */
	int rack;               /* index */
	int rows, columns, bays; /* rows * columns >= bays, all at least 1 */
	bool by_column;         /* bays fill column by column; else row by row */
	uint32_t *blade;        /* slot of the blade in each bay, METAL_NONE: empty */
};
struct metal_rack {
	const char *name;
	int first, n;           /* its enclosures: indexes */
	int blades;
};
struct metal;

struct metal *metal_new(struct registry *r);   /* r is borrowed until metal_free */
void metal_free(struct metal *m);
/* The floor as of now; valid until the mirror changes. */
int metal_racks(struct metal *m);
const struct metal_rack *metal_rack(struct metal *m, int i);
int metal_enclosures(struct metal *m);
const struct metal_enclosure *metal_enclosure(struct metal *m, int i);
/* Where in the front of its enclosure a bay stands. */
void metal_spot(const struct metal_enclosure *e, int bay, int *row, int *column);
uint32_t metal_version(struct metal *m);       /* moves when the floor was built anew */

#endif
