/* Marks texts for people, so that they can be translated: _() where a text is used, N_() where it stands in a table,
 * P_() where a number decides between two forms. */
#ifndef TANA_TR_H
#define TANA_TR_H

#define N_(text) text
#define _(text) (text)
#define P_(one, many, n) ((n) == 1 ? (one) : (many))

#endif
