/* libvterm behind its gate (pane.h). */
#include "guest/pane.h"

#include "common/buf.h"
#include "guest/pane_gate.h"
#include "term/palette.h"

#include <stdlib.h>
#include <string.h>
#include <vterm.h>

struct line {
	struct pane_cell *cells;  /* without the blanks at its end */
	int n;
};

struct pane {
	VTerm *vt;
	VTermScreen *screen;
	int rows, cols;
	bool hidden;              /* the cursor */
	struct gate gate;
	struct line history[PANE_HISTORY]; /* a ring; the oldest at first */
	int first, lines;
	void (*answer)(void *ctx, const char *bytes, size_t len);
	void *ctx;
	char *key;                /* where what libvterm sends goes while it is given a key; NULL: it answers the guest */
	size_t key_len;
};

static int clamp(int n, int least, int most)
{
	return n < least ? least : n > most ? most : n;
}

/* ---- cells ---- */

static int distance(int a, int b)
{
	return (a - b) * (a - b);
}

/* The nearest of the 6 x 6 x 6 cube and the greys of 256 colours. */
static short nearest(int r, int g, int b)
{
	static const int step[6] = {0, 95, 135, 175, 215, 255};
	int at[3] = {r, g, b}, grey, cube;

	for (int i = 0; i < 3; i++)
		at[i] = at[i] < 48 ? 0 : at[i] < 115 ? 1 : (at[i] - 35) / 40;
	grey = clamp(((r + g + b) / 3 - 3) / 10, 0, 23);
	cube = distance(r, step[at[0]]) + distance(g, step[at[1]]) + distance(b, step[at[2]]);
	if (distance(r, 8 + 10 * grey) + distance(g, 8 + 10 * grey) + distance(b, 8 + 10 * grey) < cube)
		return (short)(232 + grey);
	return (short)(16 + 36 * at[0] + 6 * at[1] + at[2]);
}

static short colour(const VTermColor *c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return -1;
	return VTERM_COLOR_IS_INDEXED(c) ? c->indexed.idx : nearest(c->rgb.red, c->rgb.green, c->rgb.blue);
}

static void take_cell(struct pane_cell *out, const VTermScreenCell *c)
{
	static const uint32_t half = (uint32_t)-1;

	*out = (struct pane_cell){.cells = c->width == 2 ? 2 : 1, .fg = colour(&c->fg), .bg = colour(&c->bg)};
	out->attr = (unsigned char)((c->attrs.bold ? STYLE_BOLD : 0) | (c->attrs.underline ? STYLE_UNDERLINE : 0) | (c->attrs.reverse ? STYLE_REVERSE : 0));
	if (c->chars[0] == half)
		return; /* its other half was written over */
	for (int i = 0; i < PANE_CHARS && c->chars[i]; i++)
		out->chars[i] = c->chars[i];
}

static bool is_blank(const struct pane_cell *c)
{
	return (c->chars[0] == 0 || c->chars[0] == ' ') && c->chars[1] == 0 && c->bg < 0 && !(c->attr & (STYLE_REVERSE | STYLE_UNDERLINE));
}

/* A row as it stands; the second half of a wide character is marked as one. */
static int take_row(struct pane_cell *out, int cols, const VTermScreenCell *cells)
{
	int n = 0;

	for (int x = 0; x < cols; x++) {
		take_cell(&out[x], &cells[x]);
		if (x > 0 && out[x - 1].cells == 2)
			out[x] = (struct pane_cell){.fg = out[x - 1].fg, .bg = out[x - 1].bg};
		if (!is_blank(&out[x]))
			n = x + 1;
	}
	return n;
}

/* ---- what left at the top ---- */

static void keep_row(struct pane *p, int cols, const VTermScreenCell *cells)
{
	struct pane_cell row[PANE_SIZE_MAX];
	struct line *l;

	cols = clamp(cols, 0, PANE_SIZE_MAX);
	if (p->lines == PANE_HISTORY) {
		free(p->history[p->first].cells);
		p->first = (p->first + 1) % PANE_HISTORY;
		p->lines--;
	}
	l = &p->history[(p->first + p->lines++) % PANE_HISTORY];
	l->n = take_row(row, cols, cells);
	l->cells = l->n ? xmalloc((size_t)l->n * sizeof row[0]) : NULL;
	if (l->n)
		memcpy(l->cells, row, (size_t)l->n * sizeof row[0]);
}

static int on_pushline(int cols, const VTermScreenCell *cells, void *ctx)
{
	keep_row(ctx, cols, cells);
	return 1;
}

/* ---- what libvterm tells ---- */

static int on_property(VTermProp prop, VTermValue *v, void *ctx)
{
	struct pane *p = ctx;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		p->hidden = !v->boolean;
	return 1;
}

static void on_output(const char *bytes, size_t len, void *ctx)
{
	struct pane *p = ctx;

	if (!p->key) {
		if (p->answer)
			p->answer(p->ctx, bytes, len);
	} else if (len <= PANE_KEY_MAX - p->key_len) {
		memcpy(p->key + p->key_len, bytes, len);
		p->key_len += len;
	}
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property, .sb_pushline = on_pushline};

static void start(struct pane *p)
{
	p->vt = vterm_new(p->rows, p->cols);
	if (!p->vt)
		abort();
	vterm_set_utf8(p->vt, 1);
	vterm_output_set_callback(p->vt, on_output, p);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_set_callbacks(p->screen, &callbacks, p);
	vterm_screen_set_damage_merge(p->screen, VTERM_DAMAGE_SCREEN);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_reset(p->screen, 1);
	p->hidden = false;
	gate_reset(&p->gate);
}

/* ---- life ---- */

struct pane *pane_new(int rows, int cols, void (*answer)(void *ctx, const char *bytes, size_t len), void *ctx)
{
	struct pane *p = xcalloc(1, sizeof *p);

	p->rows = clamp(rows, PANE_ROWS_MIN, PANE_SIZE_MAX);
	p->cols = clamp(cols, PANE_COLS_MIN, PANE_SIZE_MAX);
	p->answer = answer;
	p->ctx = ctx;
	start(p);
	return p;
}

void pane_free(struct pane *p)
{
	if (!p)
		return;
	for (int i = 0; i < PANE_HISTORY; i++)
		free(p->history[i].cells);
	vterm_free(p->vt);
	free(p);
}

void pane_write(struct pane *p, const char *data, size_t len)
{
	char tame[GATE_OUT_MAX];

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		/* As much at once as there is room for whatever the next byte becomes. */
		while (i < len && n < 1024)
			n += gate_byte(&p->gate, (unsigned char)data[i++], tame + n);
		if (n)
			vterm_input_write(p->vt, tame, n);
	}
}

void pane_gap(struct pane *p)
{
	gate_reset(&p->gate);
}

void pane_restart(struct pane *p)
{
	VTermScreenCell row[PANE_SIZE_MAX];
	int last = -1;

	for (int y = 0; y < p->rows; y++)
		for (int x = 0; x < p->cols; x++) {
			struct pane_cell c;

			if (pane_cell(p, y, x, &c) && !is_blank(&c))
				last = y;
		}
	for (int y = 0; y <= last; y++) {
		for (int x = 0; x < p->cols; x++)
			vterm_screen_get_cell(p->screen, (VTermPos){y, x}, &row[x]);
		keep_row(p, p->cols, row);
	}
	vterm_free(p->vt);
	start(p);
}

void pane_resize(struct pane *p, int rows, int cols)
{
	rows = clamp(rows, PANE_ROWS_MIN, PANE_SIZE_MAX);
	cols = clamp(cols, PANE_COLS_MIN, PANE_SIZE_MAX);
	if (rows == p->rows && cols == p->cols)
		return;
	p->rows = rows;
	p->cols = cols;
	vterm_set_size(p->vt, rows, cols);
}

/* ---- looking ---- */

void pane_size(const struct pane *p, int *rows, int *cols)
{
	*rows = p->rows;
	*cols = p->cols;
}

int pane_history(const struct pane *p)
{
	return p->lines;
}

bool pane_cell(const struct pane *p, int row, int col, struct pane_cell *out)
{
	VTermScreenCell c;

	*out = (struct pane_cell){.cells = 1, .fg = -1, .bg = -1};
	if (col < 0 || col >= PANE_SIZE_MAX || row < -p->lines || row >= p->rows)
		return false;
	if (row < 0) {
		const struct line *l = &p->history[(p->first + p->lines + row) % PANE_HISTORY];

		if (col < l->n)
			*out = l->cells[col];
		return col < l->n;
	}
	if (col >= p->cols)
		return false;
	if (col > 0 && vterm_screen_get_cell(p->screen, (VTermPos){row, col - 1}, &c) && c.width == 2) {
		*out = (struct pane_cell){.fg = colour(&c.fg), .bg = colour(&c.bg)};
		return true;
	}
	if (!vterm_screen_get_cell(p->screen, (VTermPos){row, col}, &c))
		return false;
	take_cell(out, &c);
	return true;
}

void pane_cursor(const struct pane *p, int *row, int *col, bool *visible)
{
	VTermPos at;

	vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &at);
	*row = clamp(at.row, 0, p->rows - 1);
	*col = clamp(at.col, 0, p->cols - 1);
	*visible = !p->hidden;
}

unsigned pane_bells(const struct pane *p)
{
	return p->gate.bells;
}

/* ---- keys ---- */

static const struct { uint32_t code; VTermKey key; } special[] = {
	{K_UP, VTERM_KEY_UP}, {K_DOWN, VTERM_KEY_DOWN}, {K_LEFT, VTERM_KEY_LEFT}, {K_RIGHT, VTERM_KEY_RIGHT}, {K_HOME, VTERM_KEY_HOME},
	{K_END, VTERM_KEY_END}, {K_PAGE_UP, VTERM_KEY_PAGEUP}, {K_PAGE_DOWN, VTERM_KEY_PAGEDOWN}, {K_INSERT, VTERM_KEY_INS},
	{K_DELETE, VTERM_KEY_DEL},
};

/* Keys that are one byte on every terminal; 0: none of them. */
static char plain(uint32_t code)
{
	switch (code) {
	case K_ENTER:
		return '\r';
	case K_TAB:
		return '\t';
	case K_BACKSPACE:
		return 0x7f;
	case K_ESC:
		return 0x1b;
	case K_CENTER:
		return '5';
	default:
		return 0;
	}
}

size_t pane_key(struct pane *p, const struct key *k, char *out)
{
	VTermModifier mods = (k->mods & K_SHIFT ? VTERM_MOD_SHIFT : 0) | (k->mods & K_ALT ? VTERM_MOD_ALT : 0) |
		(k->mods & K_CTRL ? VTERM_MOD_CTRL : 0);
	char text[5] = {plain(k->code), '\0'};
	size_t n = text[0] ? 1 : keys_utf8(k->code, text);

	if (n > 0) {
		bool alt = (k->mods & K_ALT) && !(k->mods & K_PASTED);

		out[0] = 0x1b;
		memcpy(out + alt, text, n);
		return n + alt;
	}
	p->key = out;
	p->key_len = 0;
	if (k->code >= K_F1 && k->code <= K_F12)
		vterm_keyboard_key(p->vt, (VTermKey)VTERM_KEY_FUNCTION((int)(k->code - K_F1 + 1)), mods);
	else if (k->code == K_BACKTAB)
		vterm_keyboard_key(p->vt, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
		if (special[i].code == k->code)
			vterm_keyboard_key(p->vt, special[i].key, mods);
	p->key = NULL;
	return p->key_len;
}

size_t pane_paste(struct pane *p, bool begins, char *out)
{
	p->key = out;
	p->key_len = 0;
	if (begins)
		vterm_keyboard_start_paste(p->vt);
	else
		vterm_keyboard_end_paste(p->vt);
	p->key = NULL;
	return p->key_len;
}
