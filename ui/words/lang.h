/* The language of the screens: English or Japanese, by the environment at first, switched while the console runs. gettext does the
 * work; both catalogues are read before the sandbox shuts. Called by main.c (lang_start), views (lang_switch), and by tr.h's macros. */
#ifndef TANA_LANG_H
#define TANA_LANG_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the locale: what the environment asks for if it is installed, else C.UTF-8 where it asked for UTF-8, else C; reads the
 * catalogues; from then on the broker's messages are told in this language too. wish: "en", "ja", or NULL: by LANGUAGE, LC_ALL, LC_MESSAGES, LANG.
 * Where the wish cannot be shown it stays English, and lang_refused tells why. */
void lang_start(const char *wish);
void lang_start_from(const char *folder, const char *wish); /* with the catalogues of that folder, for tests */
const char *lang_now(void);            /* "en" or "ja" */
/* To the next language. False: this terminal cannot show it (no UTF-8), or its catalogue is not there. */
bool lang_switch(void);
const char *lang_refused(void);        /* why the language that was wished for is not shown, in English; NULL: nothing was refused */
const char *lang_name(const char *code); /* in its own words: "English", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"; borrowed */
/* What _() calls: text in the language of now; itself where it has no translation. */
const char *lang_text(const char *text) __attribute__((format_arg(1)));
/* What C_() calls: the same of a word that means something else elsewhere; of: what it is said of here, as the catalogue has it. */
const char *lang_text_of(const char *of, const char *text);
/* A sentence that the broker made (a job's text, why a host is silent, an alert), told in the language of now: its parts are found
 * by its template (id; NULL or "" tries every one). What cannot be told apart beyond doubt stays English. Borrowed: good for the
 * next 16 calls, and at least as long as english. */
const char *lang_said(const char *id, const char *english);
void lang_age(char *out, size_t size, long long seconds); /* text_age in the language of now; size >= 24 */

#endif
