/* What stands around every view: the first lines, the messages and running jobs, the keys. Called by app_draw.c. */
#ifndef TANA_FRAME_H
#define TANA_FRAME_H

#include "app.h"
#include "input.h"
#include "screen.h"

/* Where the view goes on a screen of this size. */
struct box frame_inside(int rows, int cols);
/* typing: the filter that is being typed, NULL when none is. *cursor_y, *cursor_x: set when it is. */
void frame_draw(struct app *a, struct input *typing, int *cursor_y, int *cursor_x);

#endif
