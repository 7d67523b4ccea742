/* What the filter line looks like (filter_line.h): the field, with what Tab would put there dim behind the cursor; below it hints, or what
 * is wrong and where. */
#include "lists/filter_line.h"

#include "common/text.h"
#include "term/screen.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

#define FIELD_LEAST 24

/* Cells of the first n characters of what the field shows. */
static int cells_to(const struct input *in, int characters)
{
	const char *s = in->text;
	char part[INPUT_MAX];
	size_t n = 0;

	while (s[n] && characters > 0) {
		n++;
		while (((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		characters--;
	}
	if (n <= in->from)
		return 0;
	snprintf(part, sizeof part, "%.*s", (int)(n - in->from), s + in->from);
	return text_width(part);
}

/* What the first hint adds to what stands there already. */
static void draw_ghost(const struct filter_line *l, int y, int x, int width)
{
	size_t typed = l->to - l->from;
	const char *hint = l->nhints > 0 ? l->hints[0] : "";
	int room;

	if (l->at >= 0 || typed == 0 || l->input.at < l->input.len || strlen(hint) <= typed || strncasecmp(hint, l->input.text + l->from, typed) != 0)
		return;
	room = text_width(hint + typed);
	if (room < width)
		screen_text(y, x, room, INK_DIM, hint + typed);
}

static void draw_hints(const struct filter_line *l, int y, int x, int end)
{
	struct pen p = {y, x, end};
	int first = 0;

	/* The one that Tab has put there is in sight. */
	for (int i = 0, width = 0; i <= l->at; i++) {
		width += text_width(l->hints[i]) + 2;
		if (width > end - x - 8) {
			first = i;
			width = text_width(l->hints[i]) + 2;
		}
	}
	for (int i = first; i < l->nhints; i++) {
		size_t rest = (size_t)(l->nhints - i) + l->more;

		if (p.x + text_width(l->hints[i]) + (rest > 1 ? 10 : 0) > end) {
			pen_f(&p, INK_DIM, _("%zu more"), rest);
			return;
		}
		pen_text(&p, i == l->at ? INK_CURSOR_BOLD : INK_DIM, l->hints[i]);
		pen_skip(&p, 2);
	}
	if (l->more > 0)
		pen_f(&p, INK_DIM, _("%zu more"), l->more);
	else if (l->nhints == 0 && l->note)
		pen_text(&p, INK_DIM, l->note);
}

/* Its place is marked already: the sentence need not say where. */
static void sentence(const struct err *e, char *out, size_t size)
{
	char *place;

	snprintf(out, size, "%s", e->msg.text);
	place = strstr(out, " (in \"");
	if (!place)
		return;
	char *rest = strstr(place, "); ");
	if (rest)
		memmove(place, rest + 1, strlen(rest));
	else
		*place = '\0';
}

static void draw_wrong(const struct filter_line *l, int y, int x, int width, int end)
{
	char words[512], text[600], marks[64];
	int column, length, from, to, room;

	filter_error_place(l->wrong, &column, &length);
	sentence(l->wrong, words, sizeof words);
	snprintf(text, sizeof text, _("not obeyed: %s"), words);
	from = x + cells_to(&l->input, column - 1);
	to = x + cells_to(&l->input, column - 1 + length);
	if (to > x + width)
		to = x + width;
	if (from >= to)
		from = to > x ? to - 1 : x;
	if (to <= from)
		to = from + 1;
	if (to - from > (int)sizeof marks - 1)
		to = from + (int)sizeof marks - 1;
	memset(marks, '^', sizeof marks);
	marks[to - from] = '\0';
	screen_text(y, from, to - from, INK_WARN, marks);
	room = text_width(text);
	if (room <= end - to - 2 || from - 2 < room)
		screen_text(y, to + 2, end - to - 2, INK_WARN, text);
	else
		screen_text(y, from - 1 - room, room, INK_WARN, text);
}

int filter_line_draw(struct filter_line *l, int y, int cols, int rows, int *cursor_y, int *cursor_x)
{
	struct input *in = l->naming ? &l->name : &l->input;
	struct pen p = {y, 1, cols};
	int width = text_width(in->text) + 2, most = cols - 10, x;

	if (l->naming)
		pen_f(&p, INK_ACCENT, _("save \"%.40s\" as "), l->app->filter);
	else
		pen_text(&p, INK_ACCENT, _("filter "));
	most = cols - p.x - 2 < most ? cols - p.x - 2 : most;
	if (!l->naming && l->nhints > 0 && l->at < 0 && l->to > l->from)
		width = text_width(in->text) + text_width(l->hints[0]) + 2;
	width = width < FIELD_LEAST ? FIELD_LEAST : width;
	width = width > most ? most : width;
	x = p.x;
	if (width <= 0)
		return p.x;
	input_draw(in, y, x, width, INK_FIELD, cursor_x);
	*cursor_y = y;
	if (!l->naming)
		draw_ghost(l, y, *cursor_x, x + width - *cursor_x);
	if (rows > 0 && l->naming) {
		screen_text(y + 1, x, cols - x - 1, l->bad_name ? INK_WARN : INK_DIM, l->bad_name ? l->bad_name : _("Enter saves it, Esc does not"));
	} else if (rows > 0 && l->wrong && !filter_line_is_half(l)) {
		draw_wrong(l, y + 1, x, width, cols - 1);
	} else if (rows > 0) {
		draw_hints(l, y + 1, x, cols - 1);
	}
	return x + width + 2;
}
