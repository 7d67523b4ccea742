/* For the tests of blades: a site on the test driver whose enclosure has a manager, played by a tana-enclosure-sim. */
#ifndef TEST_BLADES_BED_H
#define TEST_BLADES_BED_H

#include "talk.h"

#define BLADES 4        /* a1-01 to a1-04, all on; a1-04 is driven by acme */
#define VMS 3           /* on each */

extern struct daemon d;
extern struct talk *t;  /* an operator's */

int blades_start(void **state);
void blades_serve(void); /* the broker, which may be told to hold (daemon_hold()) */
int blades_stop(void **state);
/* Tells the simulated manager something; its answer in *answer (size bytes). */
void sim_tell(const char *line, char *answer, size_t size);
/* The site file is read again with this line of roles; returns when somebody who says hello now is that. */
void blades_become(const char *role, const char *line);

#endif
