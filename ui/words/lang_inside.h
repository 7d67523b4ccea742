/* What lang.c and lang_said.c have between them. */
#ifndef TANA_LANG_INSIDE_H
#define TANA_LANG_INSIDE_H

void lang_said_start(void);            /* from now on messages are told in the language of the screens */
void lang_said_forget(void);           /* the language is another one now */

#endif
