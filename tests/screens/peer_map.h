/* The part of peer that knows clusters and volumes: two clusters on the blades of peer_metal.c, three volumes with three VMs on a1-01, what
 * would be lost with any of it, and what is found by a few texts. */
#ifndef TANA_TESTS_PEER_MAP_H
#define TANA_TESTS_PEER_MAP_H

#include <jansson.h>
#include <stdbool.h>

void map_objects(void (*put)(json_t *j));
void map_vm(void (*put)(json_t *j), bool comes);   /* "aaa01" on a1-01, before all others there */
json_t *map_answer(const char *name, json_t *args); /* NULL: not a request of this part */

#endif
