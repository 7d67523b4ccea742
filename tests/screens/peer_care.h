/* Alerts, events, the audit log and notes of peer, the broker of a few words: on the metal of peer_metal.c. */
#ifndef TANA_TESTS_PEER_CARE_H
#define TANA_TESTS_PEER_CARE_H

#include <jansson.h>
#include <stdbool.h>

void care_objects(void (*put)(json_t *j)); /* before those of the metal; after those of others the notes: care_notes */
void care_notes(void (*put)(json_t *j));
/* A request about these was answered; false: it is about something else. */
bool care_answer(void (*put)(json_t *j), const char *name, json_t *args, json_t *id);
/* Something new: an alert with its events; or a job that somebody ended, with its record. */
void care_alert(void (*put)(json_t *j));
void care_job(void (*put)(json_t *j));

#endif
