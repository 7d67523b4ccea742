/* Interned strings: each text is kept once, equal texts are equal pointers, packed rows hold pointers.
 * One table a process, used by the loop thread only. Reference counted. */
#ifndef TANA_INTERN_H
#define TANA_INTERN_H

#include <stdbool.h>
#include <stddef.h>

typedef const char *istr;  /* never NULL in an object: the empty text is "" interned */

istr intern(const char *s);               /* takes a reference; NULL becomes "" */
istr intern_n(const char *s, size_t len); /* ends at a NUL, should there be one sooner */
istr intern_ref(istr s);                  /* one more reference to s */
istr intern_find(const char *s);          /* the interned text or NULL; takes no reference */
void intern_free(istr s);                 /* gives a reference back; NULL is allowed */
void intern_set(istr *slot, const char *s); /* replaces what *slot holds (NULL at first) */
bool intern_change(istr *slot, const char *s); /* the same; true: it was another text */
size_t intern_bytes(void);                /* memory held, for the bench */

#endif
