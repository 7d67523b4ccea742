/* tana as somebody's only program: a login shell, or what sshd forces. Takes the environment and the command line apart before
 * anything else looks at them. Called by main.c, first of all; cli_line.c asks what is restricted. */
#ifndef TANA_JUMP_H
#define TANA_JUMP_H

#include "common/error.h"

#include <stdbool.h>

/* Is this process a restricted one? As a login shell (argv[0] begins with '-'; or -c, as sshd calls a shell), or told so by --jump
 * as the first word (what a ForceCommand says). */
bool jump_is(int argc, char **argv);

/* For a restricted one, before anything else looks at the environment: clears it but for the terminal's name, the language and the claimed
 * origin, each in the form that is allowed; no descriptor above 2, no core dump, no suspending, no new privileges, "/". */
void jump_enter(int argc, char **argv);
bool jump_now(void);                   /* jump_enter was called */

/* Then: the words of the command that its user asked for, as an argv whose [0] is "tana"; *n 1: none, the full screen. Vector and words
 * are the caller's (jump_free_words). ERR_USAGE: it is no plain command, or the screen is wanted and there is no terminal. */
struct err *jump_command(int *n, char ***words);
/* The broker's socket: the one in the ForceCommand's own words, else the site's. Borrowed. */
const char *jump_socket(void);

/* Takes a command apart as a shell would that knows blanks, '...', "..." and \, and nothing else: no expansion of any kind. Whatever a
 * shell would give another meaning to outside quotes is refused. out[0..n) are the words, the caller's. Pure. Errors: ERR_USAGE. */
struct err *jump_split(const char *text, char ***out, int *n);
void jump_free_words(char **words, int n);

#endif
