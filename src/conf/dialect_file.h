/* The sections and options of a dialect file, and its shapes, which two rooms read: site (where bays stand) and enclosures
 * (everything). Called by shape.c and src/enclosures/dialect_read.c. */
#ifndef TANA_DIALECT_FILE_H
#define TANA_DIALECT_FILE_H

#include "conf/conf.h"
#include "conf/shape.h"

#define SHAPE_CELLS_MAX 64 /* rows, and columns */
#define SHAPE_BAYS_MAX 256

/* man 5 tana-dialect describes the same rows. */
extern cfg_opt_t dialect_file_options[];

/* The shapes of a `dialect` section; what is wrong with them goes to r. */
void shapes_build(const struct conf_node *dialect, struct report *r, struct shapes *out);
/* May this be the name of a bay? Letters, digits, '.', '-' and '_', at most 16 bytes: it is typed into commands. */
bool shape_bay_is(const char *name);

#endif
