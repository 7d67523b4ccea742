/* What a serial console looks like (console.h): a line above, the pane, a line below; on a very small screen the pane alone. */
#include "guest/console_inside.h"

#include "common/clock.h"
#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lines.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* It never was open: the reason is all that there is to see. */
static bool is_void(const struct console *c)
{
	return stream_state(c->stream) == STREAM_REFUSED && console_over(c);
}

static void title(struct console *c, int y, int x, int w)
{
	struct pen p = {y, x, x + w}, right;
	int rows, cols, width;
	char size[64], who[160];
	enum stream_state s = stream_state(c->stream);

	pane_size(c->pane, &rows, &cols);
	screen_fill(y, x, w, INK_BAR);
	snprintf(size, sizeof size, "%dx%d", cols, rows);
	if (w < cols)
		snprintf(size, sizeof size, _("%dx%d of %dx%d"), w, c->height < rows ? c->height : rows, cols, rows);
	else if (c->height < rows)
		snprintf(size, sizeof size, _("rows %d-%d of %dx%d"), c->top + 1, c->top + c->height, cols, rows);
	width = text_width(size) + 1;
	pen_text(&p, INK_BAR_ACCENT, " ");
	pen_text(&p, INK_BAR_BOLD, console_name(c));
	pen_skip(&p, 2);
	right = (struct pen){y, x + w - width, x + w};
	if (right.x > p.x + 20 && !is_void(c)) {
		pen_text(&right, INK_BAR_DIM, size);
		p.end = x + w - width - 1;
	}
	if (s == STREAM_LOST)
		pen_piece(&p, INK_BAR_ALERT, "%s", client_state(c->client) == CLIENT_ENDED ? _(" broker gone ") :
			client_restarting(c->client) ? _(" broker is restarting, reconnecting ") : _(" broker lost, trying again; this is old "));
	else if (s == STREAM_OPENING)
		pen_piece(&p, INK_BAR_ACCENT, "%s", _("opening the serial console"));
	else if (console_over(c))
		pen_piece(&p, INK_BAR_ALERT, "%s", s == STREAM_ENDED ? _(" it is over ") : _(" it cannot be opened "));
	else if (s == STREAM_REFUSED)
		pen_piece(&p, INK_BAR_ACCENT, "%s", _("waiting for its host"));
	if (s == STREAM_OPEN) {
		console_who(c, who, sizeof who);
		pen_piece(&p, stream_writer(c->stream) ? INK_BAR : INK_BAR_ACCENT, "%s", who);
	}
	if (c->lost) {
		char lost[32];

		if (c->lost < 1024)
			snprintf(lost, sizeof lost, _("%d bytes"), (int)c->lost);
		else
			text_bytes_kib(lost, sizeof lost, c->lost / 1024);
		pen_piece(&p, INK_BAR_ALERT, _(" lost %s "), lost);
	}
	if (c->bell_until > clock_boot_ms())
		pen_piece(&p, INK_BAR_ACCENT, "%s", _("bell"));
	if (s == STREAM_OPEN && stream_since(c->stream) > 0) {
		time_t t = (time_t)stream_since(c->stream);
		struct tm tm;

		if (localtime_r(&t, &tm))
			pen_piece(&p, INK_BAR_DIM, _("since %02d:%02d"), tm.tm_hour, tm.tm_min);
	}
	if (c->reopened) {
		time_t t = (time_t)c->reopened;
		struct tm tm;

		if (localtime_r(&t, &tm))
			pen_piece(&p, INK_BAR_DIM, _("reopened %02d:%02d"), tm.tm_hour, tm.tm_min);
	}
}

/* What helps who is here for the first time: where a key of the last line is, and that a guest which waits shows nothing. */
static void idle_line(struct console *c, struct pen *p)
{
	pen_f(p, INK_BAR_DIM, _("(Ctrl and %s)"), console_escape_name(c) + 1);
	if (stream_state(c->stream) != STREAM_OPEN || !stream_writer(c->stream) || c->heard)
		return;
	pen_skip(p, 2);
	pen_text(p, INK_BAR_DIM, _("nothing came yet: press Enter"));
}

static void key_line(struct console *c, int y, int x, int w)
{
	struct pen p = {y, x + 1, x + w};
	bool said = clock_boot_ms() < c->said_until;

	screen_fill(y, x, w, INK_BAR);
	if (console_over(c)) {
		pen_text(&p, INK_BAR_BOLD, "Enter");
		pen_text(&p, INK_BAR, _(" leaves"));
		return;
	}
	if (!c->menu) {
		pen_text(&p, INK_BAR_BOLD, console_escape_name(c));
		pen_text(&p, INK_BAR, _(" leaves"));
		pen_skip(&p, 2);
		if (said)
			pen_text(&p, INK_BAR_ACCENT, c->said);
		else if (stream_full(c->stream))
			pen_f(&p, INK_BAR_ACCENT, _("the guest takes nothing now; %zu bytes wait"), stream_waiting(c->stream));
		else
			idle_line(c, &p);
		return;
	}
	if (c->back > 0) {
		pen_f(&p, INK_BAR_ACCENT, P_(_("%d line back"), _("%d lines back"), c->back), c->back);
		pen_skip(&p, 2);
	}
	for (size_t i = 0; i < keymap_rows; i++) {
		char key[16];

		if (!(keymap[i].where & WHERE_CONSOLE) || !keymap[i].label)
			continue;
		if (stream_writer(c->stream) ? keymap[i].command == CMD_PEN || keymap[i].command == CMD_PEN_TAKE : keymap[i].command == CMD_SEND_ESCAPE)
			continue;
		keymap_first(&keymap[i], key, sizeof key);
		if (p.x + text_width(key) + 1 + text_width(_(keymap[i].label)) > p.end)
			continue;
		pen_text(&p, INK_BAR_BOLD, key);
		pen_skip(&p, 1);
		pen_text(&p, INK_BAR, _(keymap[i].label));
		pen_skip(&p, 2);
	}
}

/* Why it is over, as many rows as it needs, above the key line, or where one begins to read; returns them. */
static int reason(struct console *c, struct box b)
{
	const struct err *e = stream_error(c->stream);
	struct lines l = {0};
	int h;

	if (!console_over(c) || !e)
		return 0;
	lines_add(&l, INK_WARN, "", "%s", e->msg.text);
	h = lines_height(&l, b.w - 2);
	if (h > b.h)
		h = b.h;
	lines_draw(&l, 0, (struct box){is_void(c) ? b.y + (b.h > h + 1) : b.y + b.h - h, b.x + 1, h, b.w - 2});
	lines_clear(&l);
	return h > 0 ? h : 0;
}

/* The window follows the cursor where the pane is larger. */
static int follow(int first, int seen, int all, int cursor)
{
	if (cursor >= first + seen)
		first = cursor - seen + 1;
	if (cursor < first)
		first = cursor;
	if (first > all - seen)
		first = all - seen;
	return first > 0 ? first : 0;
}

static void cells(struct console *c, struct box b, int rows, int cols)
{
	bool old = c->stale || console_over(c);
	int w = b.w < cols ? b.w : cols, h = b.h < rows ? b.h : rows;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			struct pane_cell cell;
			char text[PANE_CHARS * 4 + 1];
			size_t n = 0;

			pane_cell(c->pane, c->top + y - c->back, c->left + x, &cell);
			if (cell.cells == 0) {
				if (x == 0)
					screen_cell(b.y + y, b.x, 1, &(struct style){-1, -1, 0}, " ");
				continue; /* drawn with its first half */
			}
			for (int i = 0; i < PANE_CHARS && cell.chars[i]; i++)
				n += keys_utf8(cell.chars[i], text + n);
			text[n] = '\0';
			if (cell.cells == 2 && x + 1 >= w)
				cell.cells = 1, n = 0;
			screen_cell(b.y + y, b.x + x, cell.cells, old ? &(struct style){-1, -1, STYLE_DIM} :
				&(struct style){cell.fg, cell.bg, cell.attr}, n ? text : " ");
		}
}

/* Where the pane ends when there is more room than it takes. */
static void edges(struct box b, int rows, int cols)
{
	if (b.w > cols)
		for (int y = 0; y < b.h && y < rows; y++)
			screen_glyph(b.y + y, b.x + cols, INK_LINE, GLYPH_V);
	if (b.h > rows)
		for (int x = 0; x < b.w && x <= cols; x++)
			screen_glyph(b.y + rows, b.x + x, INK_LINE, x == cols ? GLYPH_BR : GLYPH_H);
}

void console_draw(struct console *c, struct box b, int *cursor_y, int *cursor_x)
{
	struct box whole = b;
	int rows, cols, y, x;
	bool visible;

	screen_clip(b);
	if (b.h >= 2)
		key_line(c, b.y + b.h - 1, b.x, b.w);
	b.y += b.h >= 3;
	b.h -= b.h >= 3 ? 2 : b.h >= 2 ? 1 : 0;
	b.h -= reason(c, b);
	c->height = b.h;
	if (c->room && !console_over(c)) {
		int was_rows, was_cols;

		pane_size(c->pane, &was_rows, &was_cols);
		pane_resize(c->pane, b.h, b.w);
		pane_size(c->pane, &rows, &cols);
		if (rows != was_rows || cols != was_cols)
			console_say(c, _("the guest does not see that; tell it: stty rows %d cols %d"), rows, cols);
	}
	pane_size(c->pane, &rows, &cols);
	pane_cursor(c->pane, &y, &x, &visible);
	if (b.h > 0 && b.w > 0) {
		c->top = follow(c->top, b.h, rows, y);
		c->left = x < b.w ? 0 : follow(c->left, b.w, cols, x); /* lines are read from their beginning */
		if (b.y > whole.y)
			title(c, whole.y, b.x, b.w);
		console_look_back(c, 0);
		screen_clip(b);
		if (!is_void(c)) {
			cells(c, b, rows, cols);
			edges(b, rows, cols);
		}
		y += b.y - c->top + c->back;
		x += b.x - c->left;
		if (visible && stream_state(c->stream) == STREAM_OPEN && !c->menu && y < b.y + b.h && x < b.x + b.w) {
			*cursor_y = y;
			*cursor_x = x;
		}
	}
	stream_drawn(c->stream, c->fed);
	c->fed = 0;
}
