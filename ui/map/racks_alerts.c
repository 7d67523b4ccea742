/* The alerts beside or below the racks: what is wrong and who has it (racks_inside.h). */
#include "map/racks_inside.h"

#include "common/text.h"
#include "tr.h"

#include <stdio.h>

#define NAME_MOST 14
#define HOLDER_FROM 60   /* columns from which it is said who has it */

static void draw_one(const struct alert *a, struct pen *p, int name, int holder)
{
	enum ink ink = look_alarm_ink(a);
	char age[32], who[128], says[320];
	int text = p->end - p->x - 10 - name - (holder ? holder + 2 : 0);

	look_age(age, sizeof age, a->since);
	screen_right(p->y, p->x, 6, ink, age);
	screen_text(p->y, p->x + 8, name, ink, a->name);
	look_alarm_says(says, sizeof says, a);
	if (text > 0)
		screen_text(p->y, p->x + 10 + name, text, ink, says);
	if (holder == 0)
		return;
	look_alarm_holder(who, sizeof who, a);
	screen_text(p->y, p->end - holder, holder, INK_DIM, look_alarm_is(a, "acknowledged") ? who : _("nobody has taken it"));
}

int racks_draw_alerts(struct racks *r, struct box b, bool titled)
{
	const struct alert *list[64];
	size_t n = tally_alerts(r->view.app->tally, list, 64), lines;
	int name = 5, holder = 0;

	if (n == 0)
		return racks_draw_troubles(r, b, titled); /* a broker that tells of none */
	screen_clip(b);
	if (b.h < 2)
		return 0;
	if (titled)
		racks_title(&b, _("alerts"));
	lines = n < (size_t)b.h ? n : (size_t)b.h;
	for (size_t i = 0; i < lines && i < 64; i++) {
		int w = text_width(list[i]->name);

		name = w > name ? w : name;
	}
	name = name > NAME_MOST ? NAME_MOST : name;
	if (b.w >= HOLDER_FROM) {
		holder = text_width(_("nobody has taken it"));
		holder = holder > b.w / 3 ? b.w / 3 : holder;
	}
	for (size_t i = 0; i < lines; i++) {
		struct pen p = {b.y + (int)i, b.x + 1, b.x + b.w};

		if ((i + 1 == lines && n > lines) || i == 64) {
			pen_f(&p, INK_DIM, _("%zu more"), n - i);
			return (int)i + 1 + titled;
		}
		draw_one(list[i], &p, name, holder);
	}
	return (int)lines + titled;
}
