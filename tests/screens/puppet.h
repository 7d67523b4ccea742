/* A broker on strings for the tests of the wall: it greets, answers every request with nothing, and says to its one client whatever
 * the test tells it to say. A process of its own, so that a test may wait for the screen meanwhile. */
#ifndef TANA_TESTS_PUPPET_H
#define TANA_TESTS_PUPPET_H

#include <stdbool.h>
#include <sys/types.h>

struct puppet;

/* role: what hello answers. objects: lines of the stream that come with each subscription, single quotes for double ones; "synced" follows. */
struct puppet *puppet_start(const char *socket, const char *role, const char *const *objects);
void puppet_say(struct puppet *p, const char *line);   /* to the client, now; the same quotes */
void puppet_drop(struct puppet *p);                    /* closes the connection; the next one is served again */
void puppet_freeze(struct puppet *p, bool frozen);     /* as a broker that hangs */
/* True: a request with this text in it came within ms. */
bool puppet_asked(struct puppet *p, const char *text, int ms);
void puppet_end(struct puppet *p);                     /* NULL is allowed */

#endif
