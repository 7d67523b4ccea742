/* Text that comes from outside: cleaned once where it enters and once more where it is drawn.
 * All strings are UTF-8. Widths are terminal cells. */
#ifndef TANA_TEXT_H
#define TANA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define TEXT_NAME_MAX 255 /* bytes of a cleaned name, without the NUL */

/* Writes a printable, reversible form of in[0..len) to out (size bytes, always terminated): controls, DEL, C1, bidi
 * and zero-width formatting, private use, unassigned, invalid UTF-8, more than 4 combining marks on one base and the
 * backslash itself become \xNN for each byte. Two different inputs never become one unless cut; a cut one ends in
 * "\x~". Returns bytes written. Cleaning cleaned text again with text_is_clean() true leaves it as it is. */
size_t text_clean(char *out, size_t size, const char *in, size_t len);
char *text_clean_dup(const char *in);              /* caller frees; NULL becomes "" */
/* The same for a name that a host gives, where two must not look alike: blanks that cannot be told apart (at either end,
 * one after the other, of unusual kinds) become \xNN too. At most TEXT_NAME_MAX bytes: no host may make an object so
 * large that it fits no line of the protocol. */
char *text_clean_name_dup(const char *in);
bool text_is_clean(const char *s);                 /* may reach a terminal as it stands */
bool text_is_clean_n(const char *s, size_t len);
/* For showing what was cleaned where it entered: as it stands when it is clean, else cleaned. Caller frees; NULL becomes "". */
char *text_shown_dup(const char *s);
/* The same of s[0..len), and no more of it than fits into cells: for a sentence that quotes somebody. Caller frees. */
char *text_shown_cut(const char *s, size_t len, int cells);

/* Takes the characters out of s, in place, through which a limit in bytes went ("%.40s"): of a text that was clean before that. */
void text_mend(char *s);

/* Cells that s takes as the console's terminal draws it (wcwidth of the locale; ambiguous_cells 1 or 2). */
int text_width(const char *s);
void text_set_ambiguous(int cells);                /* 1 (default) or 2, measured by the console at start */
/* Bytes of s that fit into cells, never through a character; *used gets the cells really taken. */
size_t text_cut(const char *s, int cells, int *used);
/* Copy of s that takes exactly cells: cut with mark ("…" or "~", "" for none) or padded with blanks (left of it if right). */
void text_fit(char *out, size_t size, const char *s, int cells, const char *mark, bool right);

/* Case- and width-folded form for searching (NFKC casefold); caller frees. */
char *text_fold(const char *s);
bool text_glob(const char *pattern, const char *s); /* '*' and '?', both already folded */

/* Sorts names as people read them: a2-9 before a2-10. Like strcmp. */
int text_natural_cmp(const char *a, const char *b);

/* "running 3 min", coarse steps: "31 s".."59 s" in steps of 10, then min, h, d. "" under 30 s. size >= 16 */
void text_age(char *out, size_t size, long long seconds);
void text_bytes_kib(char *out, size_t size, unsigned long long kib); /* "4 GiB", "512 MiB" */

#endif
