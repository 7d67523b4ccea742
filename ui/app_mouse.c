/* What the mouse does: it points at what keys would reach, and opens what Enter would open. It commits nothing: no dialog takes a click but on
 * the keys that leave it or go on to the next line (app_inside.h). Called by app_keys.c. */
#include "app_inside.h"

#include "frame.h"
#include "lists/list.h"
#include "lists/records.h"
#include "term/screen.h"

#define WHEEL_ROWS 3

static void scroll(struct app *a, struct view *v, bool up)
{
	/* Where the cursor walks over the metal, three steps at once would lose the eye. */
	int steps = v->ops->list || v->ops->where & WHERE_TEXT ? WHEEL_ROWS : 1;

	for (int i = 0; i < steps && app_can(a, v, up ? CMD_UP : CMD_DOWN); i++) /* not from below a field that is typed in */
		v->ops->command(v, up ? CMD_UP : CMD_DOWN);
}

static void press(struct inner *in, const struct binding *b)
{
	unsigned where = app_top(&in->app)->ops->where;

	if (where & WHERE_DIALOG && b->command != CMD_ESCAPE && b->command != CMD_TAB && b->command != CMD_BACKTAB)
		return;
	app_obey(in, b, b->key[0]);
}

/* A view that says where its cursor stands, and no more: the cursor walks there, as keys would move it. */
static enum click walk(struct view *v, int y)
{
	struct box at, was;

	if (!v->ops->spot || !(v->ops->where & (WHERE_RECORDS | WHERE_VM)) || !v->ops->spot(v, &at))
		return CLICK_NONE;
	if (y >= at.y && y < at.y + at.h)
		return CLICK_AGAIN;
	for (int i = 0; i < screen_rows() && (y < at.y || y >= at.y + at.h); i++) {
		was = at;
		if (!v->ops->command(v, y < at.y ? CMD_UP : CMD_DOWN) || !v->ops->spot(v, &at) || at.y == was.y)
			break;
	}
	return CLICK_MOVED;
}

static void click(struct inner *in, struct view *v, int y, int x)
{
	struct list *l = v->ops->list ? v->ops->list(v) : NULL;
	enum click what = v->ops->click ? v->ops->click(v, y, x) : CLICK_NONE;

	if (what == CLICK_NONE && l)
		what = list_click(l, y, x);
	else if (what == CLICK_NONE && v->ops->records)
		what = records_click(v->ops->records(v), y, x);
	else if (what == CLICK_NONE && !v->ops->click && y >= frame_inside(screen_rows(), screen_cols()).y && y < screen_rows() - 2)
		what = walk(v, y);
	if (what == CLICK_AGAIN && !(v->ops->where & WHERE_DIALOG) && app_can(&in->app, v, CMD_OPEN))
		v->ops->command(v, CMD_OPEN);
}

void app_mouse(struct inner *in, const struct key *k)
{
	struct view *v = app_top(&in->app);
	const struct binding *b;

	if (!screen_mouse_now() || v->ops->whole) /* a serial console's screen is its guest's */
		return;
	if (k->code == K_WHEEL_UP || k->code == K_WHEEL_DOWN) {
		scroll(&in->app, v, k->code == K_WHEEL_UP);
	} else if (k->code == K_CLICK && k->row == screen_rows() && !in->filter.typing) {
		b = frame_key_at(k->col - 1);
		if (b)
			press(in, b);
	} else if (k->code == K_CLICK) {
		click(in, v, k->row - 1, k->col - 1);
	}
}
