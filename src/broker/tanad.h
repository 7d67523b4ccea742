/* tanad's options and what each of them starts. Called by main.c, and by tests that want a broker in a program of their own. */
#ifndef TANA_TANAD_H
#define TANA_TANAD_H

int tanad_main(int argc, char **argv); /* exit status */

#endif
