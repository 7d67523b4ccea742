/* Marks texts for people, so that they can be translated: _() where a text is used, N_() where it stands in a table (and _() where that
 * is shown), C_() and NC_() the same where one English word is two in another language, with what it is said of; P_() where a number
 * decides between two forms, both of them in _(). */
#ifndef TANA_TR_H
#define TANA_TR_H

#include "words/lang.h"

#define N_(text) text
#define _(text) lang_text(text)
#define NC_(of, text) text
#define C_(of, text) lang_text_of(of, text)
#define P_(one, many, n) ((n) == 1 ? (one) : (many))

#endif
