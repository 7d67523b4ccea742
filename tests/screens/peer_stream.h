/* The scripted broker's serial console: one guest that obeys a few words. Used by peer.c. */
#ifndef TANA_TESTS_PEER_STREAM_H
#define TANA_TESTS_PEER_STREAM_H

#include <jansson.h>
#include <stdbool.h>

/* Answers stream-open and the like. False: it is another request. */
bool stream_answer(void (*put)(json_t *), const char *name, json_t *args, json_t *id);
/* Sends what there is credit for; returns how many ms may pass until the next call. *drop: the guest wants the connection cut. */
int stream_turn(void (*put)(json_t *), bool *drop);
void stream_held(void);      /* from now on somebody else types */
void stream_forget(void);    /* the connection is gone */

#endif
