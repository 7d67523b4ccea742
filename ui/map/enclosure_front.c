/* Cards of bays (enclosure_front.h). */
#include "map/enclosure_front.h"

#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

#define CARD_MOST 22     /* cells of a card: wider ones would only hold air */
#define CARD_LEAST 4     /* a sign, a count, and the bracket */
#define LINES_MOST 5

void front_shape_make(struct front_shape *s, const struct metal_enclosure *e, int h, int w)
{
	int inside = w - 3, rows;

	s->metal = inside / e->columns >= CARD_LEAST;
	s->columns = s->metal ? e->columns : inside / CARD_LEAST > 0 ? inside / CARD_LEAST : 1;
	s->rows = s->metal ? e->rows : (e->bays + s->columns - 1) / s->columns;
	s->w = inside / s->columns;
	s->w = s->w > CARD_MOST ? CARD_MOST : s->w < 2 ? 2 : s->w;
	rows = h - 2 > 1 ? h - 2 : 1;
	s->h = rows / s->rows;
	s->h = s->h > LINES_MOST ? LINES_MOST : s->h < 1 ? 1 : s->h;
	s->shown = s->rows < rows / s->h ? s->rows : rows / s->h;
}

int front_shape_height(const struct front_shape *s)
{
	return s->shown * s->h + 2 - (s->h > 2);
}

void front_shape_spot(const struct front_shape *s, const struct metal_enclosure *e, int bay, int *row, int *column)
{
	int columns = s->columns > 0 ? s->columns : 1; /* a key came before the first picture */

	if (s->metal) {
		metal_spot(e, bay, row, column);
		return;
	}
	*row = bay / columns;
	*column = bay % columns;
}

int front_shape_step(const struct front_shape *s, const struct metal_enclosure *e, int bay, int dy, int dx)
{
	int row, column;

	front_shape_spot(s, e, bay, &row, &column);
	for (int i = 0; i < e->bays; i++) {
		int y, x;

		front_shape_spot(s, e, i, &y, &x);
		if (y == row + dy && x == column + dx)
			return i;
	}
	return bay;
}

bool front_spot(const struct front_shape *s, const struct metal_enclosure *e, struct box b, int top, int bay, struct box *out)
{
	int row, column;

	front_shape_spot(s, e, bay, &row, &column);
	if (row < top || row >= top + s->shown)
		return false;
	*out = (struct box){b.y + 1 + (row - top) * s->h, b.x + 1 + column * s->w, s->h > 2 ? s->h - 1 : s->h, s->w};
	return true;
}

/* The blade's sign, or its load, and how many VMs run there. */
static void draw_count(const struct blade *b, struct look l, int y, int x, int w)
{
	char count[24] = "";

	if (l.rank != LOOK_EMPTY && l.rank != LOOK_OFF && !look_unheard(b) && !((l.rank == LOOK_ACTIVE || l.rank == LOOK_UNKNOWN) && b->vms == 0))
		snprintf(count, sizeof count, "%lld", (long long)(b->running > 9999 ? 9999 : b->running));
	if (*l.sign)
		screen_text(y, x, 1, l.ink, l.sign);
	else
		screen_text(y, x, 1, INK_LOAD, glyph_load(look_load(b), screen_tier()));
	screen_right(y, x + 1, w - 1, l.rank == LOOK_WELL ? INK_NORMAL : l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink, count);
}

static void bay_text(const struct blade *b, int bay, char *out, size_t size)
{
	if (b && *b->bay)
		snprintf(out, size, "%.8s", b->bay);
	else
		snprintf(out, size, "%d", bay + 1);
}

/* The word on a card, which may be eight cells wide: shorter ones for those that would be cut. */
static const char *card_word(const char *word, int w)
{
	static const struct { const char *word, *brief; } briefs[] = {
		{N_("not known"), N_("unknown")}, {N_("connecting"), N_("trying")}, {N_("on, no host"), N_("on")}, {N_("powering on"), N_("to on")},
		{N_("powering off"), N_("to off")}, {N_("shutting down"), N_("to off")}, {N_("rebooting"), N_("reboot")}, {N_("resetting"), N_("reset")},
		{N_("lighting up"), N_("light")}, {N_("darkening"), N_("light")},
	};

	for (size_t i = 0; text_width(word) > w && i < sizeof briefs / sizeof briefs[0]; i++)
		if (strcmp(word, _(briefs[i].word)) == 0)
			return _(briefs[i].brief);
	return word;
}

/* From above: bay and load; name; what it is; power, or since when. */
static void draw_card(const struct blade *b, int bay, struct box c, bool here)
{
	int x = c.x + 1, w = c.w - 1, y = c.y, label;
	char text[32];
	struct look l;

	for (int i = 0; here && i < c.h; i++) {
		screen_text(c.y + i, c.x, 1, INK_ACCENT, "[");
		screen_text(c.y + i, c.x + c.w, 1, INK_ACCENT, "]");
	}
	bay_text(b, bay, text, sizeof text);
	if (!b) {
		screen_text(y, x, w, INK_DIM, w >= 3 || c.h > 1 ? text : "");
		if (c.h > 2 && w >= 5)
			screen_text(y + 1, x, w, INK_DIM, _("empty"));
		return;
	}
	l = look_blade(b, screen_tier());
	label = text_width(text);
	if (w < label + 1 + 4) { /* one above the other */
		if (c.h > 1)
			screen_text(y++, x, w, INK_DIM, text);
		draw_count(b, l, y++, x, w < 4 ? w : 4);
	} else {
		screen_text(y, x, label, INK_DIM, text);
		draw_count(b, l, y++, w > 12 ? x + 5 : x + w - 5 < x + label + 1 ? x + label + 1 : x + w - 5, 4);
	}
	if (y < c.y + c.h)
		screen_text(y++, x, w, l.rank >= LOOK_WARN ? INK_BOLD : l.rank <= LOOK_OFF && l.rank != LOOK_WELL ? INK_DIM : INK_NORMAL, b->name);
	if (y < c.y + c.h)
		screen_text(y++, x, w, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink == INK_GOOD ? INK_DIM : l.ink, card_word(l.word, w));
	if (y < c.y + c.h && w >= 8) {
		struct look p = look_power(b, screen_tier());
		char age[24];

		look_age(age, sizeof age, b->power_live ? b->power_since : b->power_seen);
		snprintf(text, sizeof text, "%s%s%s", p.word, *age ? " " : "", age);
		/* Where both words are the same one of them is enough. */
		if (strcmp(p.word, l.word) == 0)
			snprintf(text, sizeof text, "%s", age);
		else if (text_width(text) > w) /* half an age is another one */
			snprintf(text, sizeof text, "%s", p.word);
		if (l.rank != LOOK_EMPTY && b->power != POWER_UNKNOWN)
			screen_text(y, x, w, b->power_live ? INK_DIM : p.ink, text);
	}
}

void front_draw(const struct front_shape *s, const struct metal_enclosure *e, struct registry *objects, struct box b, int top, int at, const char *right)
{
	screen_box(b, INK_LINE, INK_BOLD, e->name, right);
	screen_clip((struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2});
	for (int i = 0; i < e->bays; i++) {
		struct box c;

		if (front_spot(s, e, b, top, i, &c))
			draw_card(e->blade[i] == METAL_NONE ? NULL : registry_at(objects, KIND_BLADE, e->blade[i]), i, c, i == at);
	}
}
