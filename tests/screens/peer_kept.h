/* For peer: what the kept screens show beside metal, alerts and clusters (test_kept.c): VMs in every state, jobs, a plan over many, a
 * guest's screen. */
#ifndef TANA_TESTS_PEER_KEPT_H
#define TANA_TESTS_PEER_KEPT_H

#include <jansson.h>

void kept_objects(void (*put)(json_t *j));
void kept_site(void (*put)(json_t *j)); /* its numbers, with these VMs */
/* What a request returns; NULL: another part of peer knows. */
json_t *kept_answer(const char *name, json_t *args);

#endif
