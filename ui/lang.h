/* The language of the screens: English or Japanese, by the environment at first, switched while the console runs. gettext does the
 * work; both catalogues are read before the sandbox shuts. Called by main.c (lang_start), views (lang_switch), and by tr.h's macros. */
#ifndef TANA_LANG_H
#define TANA_LANG_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the locale: what the environment asks for if it is installed, else C.UTF-8 where it asked for UTF-8, else C; reads the
 * catalogues; from then on the broker's messages are told in this language too. wish: "en", "ja", or NULL: by LANGUAGE, LC_ALL, LC_MESSAGES, LANG. */
void lang_start(const char *wish);
const char *lang_now(void);            /* "en" or "ja" */
/* To the next language. False: this terminal cannot show it (no UTF-8). */
bool lang_switch(void);
const char *lang_name(const char *code); /* in its own words: "English", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"; borrowed */

#endif
