/* What the scripted broker (peer.c) has for a customer's first screen. */
#ifndef TANA_TESTS_PEER_CUSTOMER_H
#define TANA_TESTS_PEER_CUSTOMER_H

#include <jansson.h>
#include <stdbool.h>

/* A word of its command line: notices, one, empty, long, idle. False: none of these. */
bool customer_word(const char *word);
/* All that the customer has in place of peer.c's own; false: peer.c's it is. */
bool customer_objects(void (*put)(json_t *line));
/* Adds what hello says beside who he is. */
void customer_hello(json_t *ret);

#endif
