/* The `detail` of a `show` of an enclosure or a blade, in words: managers, power supplies, fans, temperatures, free room. Pure. */
#ifndef TANA_METAL_DETAIL_H
#define TANA_METAL_DETAIL_H

#include "term/glyphs.h"
#include "words/lines.h"

/* Managers first, then what is wrong, a line each; then a line for each kind with all that are well. Adds to l. */
void metal_detail_lines(struct lines *l, json_t *detail, enum tier t);
/* "2 more V20, 5 more V10": what still fits on a blade; "" where that is not known, or nothing is sold by grade. */
void metal_detail_room(char *out, size_t size, json_t *detail);

#endif
