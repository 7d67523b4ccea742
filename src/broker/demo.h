/* The demonstration: a made site whose enclosures have managers, each played by a tana-enclosure-sim of our own on loopback.
 * Called by broker.c. */
#ifndef TANA_DEMO_H
#define TANA_DEMO_H

#include "common/error.h"

struct demo;

/* Writes the site into this folder (which is there, private, and absolute) and starts the managers; *out is to be freed also after
 * an error. Without the simulator the demonstration has no managers, which is said on stderr. Waits a moment for them, all at once. */
struct err *demo_make(const char *dir, struct demo **out);
char *demo_site_file(const char *dir);   /* the caller frees */
void demo_free(struct demo *d);          /* ends the managers; NULL is nothing */

#endif
