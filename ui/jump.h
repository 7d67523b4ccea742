/* tana as somebody's only program: a login shell, or what sshd forces. Takes the environment and the command line apart before
 * anything else looks at them. Called by main.c, first of all. */
#ifndef TANA_JUMP_H
#define TANA_JUMP_H

#include <stdbool.h>

/* Is this process a restricted one? As a login shell (argv[0] begins with '-'; or -c, as sshd calls a shell), or told so by --jump
 * as the first word (what a ForceCommand says). */
bool jump_is(int argc, char **argv);
/* For a restricted one: clears the environment but for what is allowed and in the form that is allowed, forbids core dumps and
 * suspending, and writes the words of the command that its user asked for (argv[0] = "tana") into *out, owned by the caller, never
 * longer than the allowed options; *wants_screen: no command, the full screen. False: said why on stderr; exit with *status. */
bool jump_enter(int argc, char **argv, int *nout, char ***out, bool *wants_screen, int *status);
bool jump_now(void);                   /* this process is restricted */

#endif
