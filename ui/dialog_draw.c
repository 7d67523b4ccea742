/* Drawing the action dialog, beside what it is about (dialog_inside.h). */
#include "dialog_inside.h"

#include "common/text.h"
#include "facts.h"
#include "look.h"
#include "screen.h"
#include "tr.h"

#include <stdio.h>

#define WIDTH 76
#define WIDTH_LEAST 44   /* beside the target; narrower, it is better covered */
#define AIR_FROM 20      /* rows of the screen from which there is a blank line below the title */

static void line_text(const struct dialog *d, const struct choice *c, char *out, size_t size)
{
	switch (c->kind) {
	case LINE_CANCEL:
		snprintf(out, size, "%s", d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_NONE ? _("Close") : _("Cancel, change nothing"));
		break;
	case LINE_VERB:
		snprintf(out, size, "%s", look_verb_title(c->verb));
		break;
	case LINE_TARGETS:
		snprintf(out, size, d->show_targets ? _("Show what it does") : _("Show the %zu VMs"), d->preview.targets.n);
		break;
	case LINE_GENTLER:
		snprintf(out, size, _("%s instead"), look_verb_title(c->verb));
		break;
	case LINE_REASON:
		snprintf(out, size, "%s", _("Reason, for the audit log:"));
		break;
	case LINE_CONFIRM:
		if (d->preview.kind == CONFIRM_ENTER)
			snprintf(out, size, _("%s now"), look_verb_title(d->verb));
		else if (d->preview.kind == CONFIRM_YES)
			snprintf(out, size, _("%s now: press y"), look_verb_title(d->verb));
		else
			snprintf(out, size, _("%s now: type %s"), look_verb_title(d->verb), d->preview.confirm);
		break;
	}
}

static const struct lines *words_of(const struct dialog *d)
{
	static const struct lines none;

	if (d->state != STATE_PREVIEW && d->state != STATE_COMMITTING)
		return &none;
	return d->show_targets ? &d->preview.targets : &d->preview.words;
}

/* Lines that the words take at this width. */
static int words_height(const struct lines *l, int width)
{
	int left = l->head > 0 ? l->head + 2 : 0, h = 0;

	for (size_t i = 0; i < l->n; i++) {
		const char *s = l->list[i].text;
		size_t next;

		do {
			facts_wrap(s, width - left, &next);
			s += next;
			h++;
		} while (*s);
	}
	return h;
}

/* Lines of the command that does the same, wrapped: it is there to be copied. 0: there is none. */
static int command_height(const struct dialog *d, int width)
{
	const char *s = d->preview.command;
	size_t next;
	int h = 0;

	if (d->state != STATE_PREVIEW && d->state != STATE_COMMITTING)
		return 0;
	for (; *s; s += next, h++)
		facts_wrap(s, width - 6, &next);
	return h;
}

/* Border, words, air, lines, air, notice or command. */
static int height(const struct dialog *d, int width)
{
	int words = words_height(words_of(d), width - 6);
	int lines = d->state == STATE_ASKING || d->state == STATE_PLANNING ? 1 : d->nlines;

	int command = command_height(d, width);
	int h = 2 + (words ? words + 1 : 0) + lines + (*d->notice ? 2 : 0) + (command ? command + 1 : 0);

	return screen_rows() >= AIR_FROM ? h + 1 : h;
}

/* Where it covers neither the target nor the first and last line, when there is such a place. */
static struct box place(struct dialog *d)
{
	struct app *a = d->view.app;
	struct view *below = a->depth > 1 ? a->stack[a->depth - 2] : NULL;
	int rows = screen_rows(), cols = screen_cols();
	struct box in = {rows > 4 ? 1 : 0, 0, rows > 4 ? rows - 2 : rows, cols}, spot, b;
	bool known = below && below->ops->spot && below->ops->spot(below, &spot);

	b.w = cols > WIDTH + 4 ? WIDTH : cols > 8 ? cols - 2 : cols;
	b.h = height(d, b.w);
	b.x = (cols - b.w) / 2;
	b.y = in.y + (in.h - b.h) / 2;
	if (known && spot.y + spot.h + b.h <= in.y + in.h) {
		b.y = spot.y + spot.h;
	} else if (known && spot.y - b.h >= in.y) {
		b.y = spot.y - b.h;
	} else if (known && cols - spot.x - spot.w - 1 >= WIDTH_LEAST) {
		b.x = spot.x + spot.w + 1;
		b.w = cols - b.x < WIDTH ? cols - b.x : WIDTH;
		b.h = height(d, b.w);
		b.y = in.y + (in.h - b.h) / 2;
	} else if (known && spot.x - 1 >= WIDTH_LEAST) {
		b.w = spot.x - 1 < WIDTH ? spot.x - 1 : WIDTH;
		b.x = spot.x - 1 - b.w;
		b.h = height(d, b.w);
		b.y = in.y + (in.h - b.h) / 2;
	}
	if (b.h > in.h)
		b.h = in.h;
	if (b.y < in.y)
		b.y = in.y;
	return b;
}

/* Where both fields begin: behind the longer label. */
static int fields_at(const struct dialog *d, struct box b)
{
	int most = 0;

	for (int i = 0; i < d->nlines; i++) {
		char label[192];

		if (d->lines[i].kind != LINE_REASON && d->lines[i].kind != LINE_CONFIRM)
			continue;
		line_text(d, &d->lines[i], label, sizeof label);
		most = text_width(label) > most ? text_width(label) : most;
	}
	return b.x + 2 + 2 + most + 1;
}

static void draw_line(struct dialog *d, int i, int y, struct box b)
{
	const struct choice *c = &d->lines[i];
	int fields = fields_at(d, b);
	bool here = i == d->at;
	char label[192];
	struct pen p = {y, b.x + 2, b.x + b.w - 2};
	enum ink ink = !c->ok ? INK_DIM : INK_NORMAL;
	struct input *in = c->kind == LINE_REASON ? &d->reason : c->kind == LINE_CONFIRM && d->preview.kind == CONFIRM_TEXT ? &d->typed : NULL;

	line_text(d, c, label, sizeof label);
	if (d->state == STATE_COMMITTING && c->kind == LINE_CONFIRM) {
		pen_text(&p, INK_ACTIVE, "  ");
		pen_text(&p, INK_ACTIVE, _("Asking the broker."));
		return;
	}
	if (here && !in)
		ink = c->ok ? INK_CURSOR_BOLD : INK_CURSOR;
	pen_f(&p, ink, "%s %s", here ? ">" : " ", label);
	if (here && !in)
		pen_text(&p, ink, " ");
	if (in && p.end - p.x > 4) {
		int x;

		pen_skip(&p, 1);
		p.x = fields > p.x && p.end - fields > 8 ? fields : p.x;
		input_draw(in, y, p.x, p.end - p.x > 28 ? 28 : p.end - p.x, INK_FIELD, &x);
		if (here && d->state == STATE_PREVIEW) {
			d->view.cursor_y = y;
			d->view.cursor_x = x;
		}
	} else if (!c->ok && *c->why && p.x < b.x + 24 + 2) {
		p.x = b.x + 24;
		pen_text(&p, INK_DIM, c->why);
	}
}

void dialog_draw(struct view *v, struct box area)
{
	struct dialog *d = (struct dialog *)v;
	struct box b = place(d);
	const struct lines *words = words_of(d);
	int command = command_height(d, b.w), tail = (*d->notice ? 2 : 0) + (command ? command + 1 : 0);
	int lines = d->state == STATE_ASKING || d->state == STATE_PLANNING ? 1 : d->nlines;
	int y = b.y + 1, room, all = words_height(words, b.w - 6);
	char title[192];
	enum ink line = d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_TEXT ? INK_WARN : INK_ACCENT;

	screen_clip((struct box){b.y, b.x - 1, b.h, b.w + 2});
	for (int i = 0; i < b.h; i++) { /* air between it and what it covers */
		screen_fill(b.y + i, b.x - 1, 1, INK_NORMAL);
		screen_fill(b.y + i, b.x + b.w, 1, INK_NORMAL);
	}
	screen_clip(b);
	/* When there is little room, what can be chosen stays and the words scroll. */
	if (b.h - 2 - lines - tail < (all ? 1 : 0))
		tail = 0;
	room = b.h - 2 - lines - tail - (all ? 1 : 0);
	if (screen_rows() >= AIR_FROM && b.h == height(d, b.w)) { /* which counts it */
		y++;
		room -= 1;
	}
	if (d->state == STATE_MENU || d->state == STATE_ASKING)
		snprintf(title, sizeof title, "%s", d->title);
	else
		snprintf(title, sizeof title, "%s %s", look_verb_title(d->verb), d->title);
	screen_box(b, line, line == INK_WARN ? INK_WARN : INK_BOLD, title, d->preview.place);
	if (all > 0 && room > 0) {
		if (d->top + 1 > words->n)
			d->top = words->n - 1;
		if (all <= room)
			d->top = 0;
		lines_draw(words, d->top, (struct box){y, b.x + 3, room < all ? room : all, b.w - 6});
		if (all > room)
			screen_right(b.y + b.h - 1, b.x + b.w - 24, 22, INK_DIM, _(" PgDn shows more "));
		y += (room < all ? room : all) + 1;
	}
	if (d->state == STATE_ASKING || d->state == STATE_PLANNING)
		screen_text(y++, b.x + 4, b.w - 6, INK_DIM, _("Asking the broker."));
	else
		for (int i = 0; i < d->nlines && y < b.y + b.h - 1; i++)
			draw_line(d, i, y++, b);
	if (tail > 0 && *d->notice) {
		screen_text(y + 1, b.x + 4, b.w - 6, d->notice_ink, d->notice);
		y += 2;
	}
	if (tail > 0 && command > 0) {
		const char *s = d->preview.command;
		size_t next;

		for (int i = 1; i <= command; i++, s += next) {
			char part[sizeof d->preview.command];

			snprintf(part, sizeof part, "%.*s", (int)facts_wrap(s, b.w - 6, &next), s);
			screen_text(y + i, b.x + 4, b.w - 6, INK_DIM, part);
		}
	}
}
