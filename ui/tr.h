/* Marks texts for people, so that they can be translated: _() where a text is used, N_() where it stands in a table (and _() where that
 * is shown), P_() where a number decides between two forms, both of them in _(). */
#ifndef TANA_TR_H
#define TANA_TR_H

#include "lang.h"

#define N_(text) text
#define _(text) lang_text(text)
#define P_(one, many, n) ((n) == 1 ? (one) : (many))

#endif
