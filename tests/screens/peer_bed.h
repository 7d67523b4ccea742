/* For the screen tests of snapshots and blades: a console on the scripted broker (tests/screens/peer), and the ways through it. */
#ifndef TANA_TESTS_PEER_BED_H
#define TANA_TESTS_PEER_BED_H

#include "bed.h"

extern pid_t peer;

void end_peer(void);                /* also after the last test, which may have failed */
void start_peer(const char *role, const char *more);   /* as peer.c has them; more may be NULL */
struct term *peer_console(int cols, int rows, const char *const *env);   /* a console on it */
/* The same, in the list of VMs: one host has no racks to walk. */
struct term *scripted(int cols, int rows, const char *role, const char *more, const char *const *env);
void leave(struct term *t);
bool was_asked(const char *what);   /* of the scripted broker: so far */
void see_asked(const char *what);   /* soon: a key's picture may be there before its question is */

void open_vm(struct term *t, const char *name);   /* from the list to one VM's view */
/* Moves the cursor of a dialog, or of the tree, onto the line with these words. */
void go_to(struct term *t, const char *line);

#endif
