/* The metal of peer, the broker of a few words: an enclosure in which every state of a blade stands, one whose manager is silent,
 * and what plans on blades answer. */
#ifndef TANA_TESTS_PEER_METAL_H
#define TANA_TESTS_PEER_METAL_H

#include <jansson.h>
#include <stdbool.h>

/* JSON with single quotes for double ones. */
json_t *metal_json(const char *text);
/* put takes its argument over. */
void metal_objects(void (*put)(json_t *j));
/* A blade of enclosure A2 again, under observation; text "": no more. */
void metal_watch(void (*put)(json_t *j), int bay, const char *text, const char *by, json_int_t until);
/* The answer to a request about blades and enclosures; NULL: it is about something else. */
json_t *metal_answer(const char *name, json_t *args);
/* A job on a blade was committed (its begin), or is done (its end). */
void metal_job(void (*put)(json_t *j), bool done);
/* The manager of a2-11 is there, which was just being connected to. */
void metal_connected(void);

#endif
