/* What stands around every view: the first lines, the messages and running jobs, the keys. Called by app_draw.c. */
#ifndef TANA_FRAME_H
#define TANA_FRAME_H

#include "app.h"
#include "lists/filter_line.h"
#include "term/screen.h"

/* Where the view goes on a screen of this size. */
struct box frame_inside(int rows, int cols);
/* typing: the filter that is being typed, NULL when none is. *cursor_y, *cursor_x: set when it is. */
void frame_draw(struct app *a, struct filter_line *typing, int *cursor_y, int *cursor_x);
/* The key that stands at this column of the last line, as it was drawn last; NULL: none. */
const struct binding *frame_key_at(int x);

#endif
