/* What the provider tells its customers, on the screen: the first lines of "My servers", and all of it in a view of its own. */
#ifndef TANA_UI_NOTICES_H
#define TANA_UI_NOTICES_H

#include "app.h"
#include "term/screen.h"

/* Those that are there now into out, warnings first, then the newest; returns how many there are, which may be more than max. */
size_t notices_now(const struct registry *r, const struct notice **out, size_t max);
int notice_cmp(const struct notice *x, const struct notice *y); /* that order */
/* Its words in the language of now. Borrowed until it changes. */
const char *notice_words(const struct notice *n);

/* Draws them into b, a few lines each, and as the last line how many did not fit and the key that shows them. Returns the rows that
 * were used: at most b.h, 0 where there are none. */
int notices_draw(struct app *a, struct box b);

/* All of them, whole, with their times. */
struct view *view_notices_new(struct app *a);

#endif
