/* libvterm behind the screen tests' terminal (term.h): what it tells us, what the program has set, and new sizes. */
#include "term_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- what it tells us ---- */

static bool is_ambiguous(uint32_t c)
{
	return (c >= 0x2190 && c <= 0x21ff) || (c >= 0x2500 && c <= 0x25ff) || c == 0xb7 || c == 0x2026;
}

/* What libvterm writes: keys, mouse reports and answers. In a cursor report of a terminal whose ambiguous characters are
 * wide each of them to the left of the cursor counts once more. */
static void on_output(const char *s, size_t len, void *user)
{
	struct term *t = user;
	int row, col;
	char report[32];

	if (t->probing) {
		t->probed += len;
		return;
	}
	if (t->ambiguous == 2 && len < sizeof report) {
		memcpy(report, s, len);
		report[len] = '\0';
		if (len && report[len - 1] == 'R' && sscanf(report, "\033[%d;%dR", &row, &col) == 2) {
			int more = 0, n;

			for (VTermPos pos = {.row = row - 1}; pos.col < col - 1; pos.col++) {
				VTermScreenCell c;

				if (vterm_screen_get_cell(t->screen, pos, &c) && is_ambiguous(c.chars[0]))
					more++;
			}
			n = snprintf(report, sizeof report, "\033[%d;%dR", row, col + more);
			term_queue(t, report, (size_t)n);
			return;
		}
	}
	term_queue(t, s, len);
}

static int on_prop(VTermProp prop, VTermValue *v, void *user)
{
	struct term *t = user;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alternate = v->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		t->mouse = v->number != VTERM_PROP_MOUSE_NONE;
	return 1;
}

static int on_bell(void *user)
{
	((struct term *)user)->bells++;
	return 1;
}

static int on_unknown_csi(const char *leader, const long args[], int n, const char *intermed, char command, void *user)
{
	((struct term *)user)->unknown++;
	return 1;
}

static int on_unknown_control(unsigned char control, void *user)
{
	((struct term *)user)->unknown++;
	return 1;
}

/* ---- what the program has set ---- */

static void set_mode(struct term *t, int number, bool on)
{
	int i = 0;

	while (i < t->nmodes && t->modes[i].number != number)
		i++;
	if (i == (int)(sizeof t->modes / sizeof t->modes[0]))
		return;
	if (i == t->nmodes)
		t->modes[t->nmodes++].number = number;
	t->modes[i].on = on;
}

bool term_mode(const struct term *t, int number, bool unless_set)
{
	for (int i = 0; i < t->nmodes; i++)
		if (t->modes[i].number == number)
			return t->modes[i].on;
	return unless_set;
}

/* Follows "ESC [ ? numbers h" and "l" beside libvterm, which cannot be asked for them, and which also brings back whether
 * the cursor was seen when the other page was opened: terminals do not. */
void term_watch_modes(struct term *t, const char *s, size_t len)
{
	static const char start[] = "\033[?";

	for (size_t i = 0; i < len; i++) {
		if (t->mode_at < 3) {
			t->mode_at = s[i] == start[t->mode_at] ? t->mode_at + 1 : s[i] == start[0];
			t->nmode = 0;
			t->mode[0] = 0;
		} else if (s[i] >= '0' && s[i] <= '9') {
			t->mode[t->nmode] = (t->mode[t->nmode] * 10 + (s[i] - '0')) % 100000;
		} else if (s[i] == ';') {
			if (t->nmode < (int)(sizeof t->mode / sizeof t->mode[0]) - 1)
				t->nmode++;
			t->mode[t->nmode] = 0;
		} else {
			for (int n = 0; n <= t->nmode && (s[i] == 'h' || s[i] == 'l'); n++)
				set_mode(t, t->mode[n], s[i] == 'h');
			t->mode_at = s[i] == start[0];
		}
	}
}

/* ---- sizes ---- */

static void put_colour(FILE *f, const VTermColor *c, int base)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return;
	if (VTERM_COLOR_IS_INDEXED(c))
		fprintf(f, ";%d;5;%d", base, c->indexed.idx);
	else
		fprintf(f, ";%d;2;%d;%d;%d", base, c->rgb.red, c->rgb.green, c->rgb.blue);
}

static void put_look(FILE *f, const VTermScreenCell *c)
{
	fprintf(f, "\033[0%s%s%s%s%s", c->attrs.bold ? ";1" : "", c->attrs.italic ? ";3" : "", c->attrs.underline ? ";4" : "",
		c->attrs.blink ? ";5" : "", c->attrs.reverse ? ";7" : "");
	put_colour(f, &c->fg, 38);
	put_colour(f, &c->bg, 48);
	fputc('m', f);
}

/* How the program would write now. */
static void put_pen(FILE *f, const struct term *t)
{
	const VTermState *state = vterm_obtain_state(t->vt);
	VTermScreenCell c = {0};
	VTermValue v;

	vterm_state_get_penattr(state, VTERM_ATTR_BOLD, &v);
	c.attrs.bold = v.boolean != 0;
	vterm_state_get_penattr(state, VTERM_ATTR_ITALIC, &v);
	c.attrs.italic = v.boolean != 0;
	vterm_state_get_penattr(state, VTERM_ATTR_UNDERLINE, &v);
	c.attrs.underline = v.number != 0;
	vterm_state_get_penattr(state, VTERM_ATTR_BLINK, &v);
	c.attrs.blink = v.boolean != 0;
	vterm_state_get_penattr(state, VTERM_ATTR_REVERSE, &v);
	c.attrs.reverse = v.boolean != 0;
	vterm_state_get_penattr(state, VTERM_ATTR_FOREGROUND, &v);
	c.fg = v.color;
	vterm_state_get_penattr(state, VTERM_ATTR_BACKGROUND, &v);
	c.bg = v.color;
	put_look(f, &c);
}

/* All that makes another terminal of cols x rows look and behave like this one: the page, its cells, cursor, pen, modes. */
static void put_picture(FILE *f, const struct term *t, int cols, int rows)
{
	VTermPos at;

	if (term_mode(t, 1049, false))
		fputs("\033[?1049h", f);
	for (VTermPos pos = {0}; pos.row < rows && pos.row < t->rows; pos.row++) {
		fprintf(f, "\033[%d;1H", pos.row + 1);
		for (pos.col = 0; pos.col < cols && pos.col < t->cols; pos.col++) {
			VTermScreenCell c;
			char text[TERM_CELL_MAX];

			if (!vterm_screen_get_cell(t->screen, pos, &c) || c.chars[0] == TERM_SECOND_HALF)
				continue;
			put_look(f, &c);
			if (pos.col + c.width > cols)
				fputc(' ', f);
			else
				fwrite(text, 1, term_put_cell(text, &c), f);
		}
	}
	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &at);
	fprintf(f, "\033[%d;%dH", at.row < rows ? at.row + 1 : rows, at.col < cols ? at.col + 1 : cols);
	put_pen(f, t);
	for (int i = 0; i < t->nmodes; i++)
		if (t->modes[i].number != 1049)
			fprintf(f, "\033[?%d%c", t->modes[i].number, t->modes[i].on ? 'h' : 'l');
}

/* libvterm 0.1 breaks its memory when the size of a screen is changed, and when a wide character meets a screen of one
 * column: so a new size is a new libvterm, never narrower than two. */
void term_new_screen(struct term *t, int cols, int rows)
{
	static const VTermScreenCallbacks callbacks = {.settermprop = on_prop, .bell = on_bell};
	static const VTermParserCallbacks unknowns = {.csi = on_unknown_csi, .control = on_unknown_control};
	unsigned bells = t->bells, unknown = t->unknown;
	VTerm *old = t->vt;
	char *picture = NULL;
	size_t len = 0;

	if (cols < 1 || rows < 1 || cols > 1000 || rows > 1000) {
		errno = ERANGE;
		term_die("size");
	}
	if (old) {
		FILE *f = term_must(open_memstream(&picture, &len));

		put_picture(f, t, cols, rows);
		if (fclose(f) != 0)
			term_die("memory");
	}
	t->cols = cols;
	t->rows = rows;
	t->vt = term_must(vterm_new(rows, cols < 2 ? 2 : cols));
	vterm_set_utf8(t->vt, 1);
	vterm_output_set_callback(t->vt, on_output, t);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_set_unrecognised_fallbacks(t->screen, &unknowns, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	if (old) {
		t->probing = true;
		vterm_input_write(t->vt, picture, len);
		t->probing = false;
		t->bells = bells;
		t->unknown = unknown;
		free(picture);
		vterm_free(old);
	}
	t->stale = true;
}

void term_resize(struct term *t, int cols, int rows)
{
	struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	term_take(t); /* what was written for the old size */
	term_new_screen(t, cols, rows);
	if (t->fd >= 0 && ioctl(t->fd, TIOCSWINSZ, &ws) < 0 && t->running)
		term_die("TIOCSWINSZ");
}
