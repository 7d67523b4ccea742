/* What the screen tests' terminal shows, and what is known of its program (term.h). */
#include "term_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

/* UTF-8 of a code point; the bytes used. */
static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | (c >> 18 & 7));
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t term_put_cell(char to[TERM_CELL_MAX], const VTermScreenCell *c)
{
	size_t n = 0;

	if (c->chars[0] == TERM_SECOND_HALF)
		return 0;
	if (c->chars[0] == 0) {
		to[0] = ' ';
		return 1;
	}
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c->chars[i]; i++)
		n += put_utf8(to + n, c->chars[i]);
	return n;
}

const char *term_screen(struct term *t)
{
	char *at;

	if (!t->stale && t->dump)
		return t->dump;
	t->dump = term_must(realloc(t->dump, (size_t)t->rows * ((size_t)t->cols * VTERM_MAX_CHARS_PER_CELL * 4 + 1) + 1));
	t->starts = term_must(realloc(t->starts, ((size_t)t->rows + 1) * sizeof t->starts[0]));
	at = t->dump;
	for (VTermPos pos = {0}; pos.row < t->rows; pos.row++) {
		char *start = at;

		t->starts[pos.row] = (size_t)(start - t->dump);
		for (pos.col = 0; pos.col < t->cols; pos.col++) {
			VTermScreenCell c;

			if (vterm_screen_get_cell(t->screen, pos, &c))
				at += term_put_cell(at, &c);
		}
		while (at > start && at[-1] == ' ')
			at--;
		*at++ = '\n';
	}
	t->starts[t->rows] = (size_t)(at - t->dump);
	*at = '\0';
	t->stale = false;
	return t->dump;
}

const char *term_row(struct term *t, int row)
{
	const char *all = term_screen(t);
	size_t len;

	if (row < 0 || row >= t->rows)
		return "";
	len = t->starts[row + 1] - t->starts[row] - 1;
	free(t->line);
	t->line = term_must(strndup(all + t->starts[row], len));
	return t->line;
}

bool term_find(struct term *t, const char *text, int *row, int *col)
{
	size_t len = strlen(text);

	for (VTermPos pos = {0}; pos.row < t->rows; pos.row++) {
		const char *line = term_row(t, pos.row), *hit = strstr(line, text);
		size_t bytes = 0;

		if (!hit || len == 0)
			continue;
		for (pos.col = 0; pos.col < t->cols; pos.col++) {
			VTermScreenCell c;
			char tmp[TERM_CELL_MAX];

			if (!vterm_screen_get_cell(t->screen, pos, &c) || c.chars[0] == TERM_SECOND_HALF)
				continue;
			if (bytes >= (size_t)(hit - line))
				break;
			bytes += term_put_cell(tmp, &c);
		}
		*row = pos.row;
		*col = pos.col;
		return true;
	}
	return false;
}

static int colour(const VTermColor *c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(c) || VTERM_COLOR_IS_DEFAULT_BG(c))
		return TERM_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(c))
		return c->indexed.idx;
	return 0x1000000 | c->rgb.red << 16 | c->rgb.green << 8 | c->rgb.blue;
}

bool term_cell(struct term *t, int row, int col, struct term_cell *out)
{
	VTermScreenCell c;

	memset(out, 0, sizeof *out);
	if (row < 0 || col < 0 || row >= t->rows || col >= t->cols ||
		!vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &c))
		return false;
	term_put_cell(out->text, &c);
	out->width = c.chars[0] == TERM_SECOND_HALF ? 0 : c.width;
	out->fg = colour(&c.fg);
	out->bg = colour(&c.bg);
	out->bold = c.attrs.bold;
	out->reverse = c.attrs.reverse;
	out->underline = c.attrs.underline != 0;
	out->italic = c.attrs.italic;
	out->blink = c.attrs.blink;
	return true;
}

void term_cursor(const struct term *t, int *row, int *col, bool *visible)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &pos);
	*row = pos.row;
	*col = pos.col;
	*visible = term_mode(t, 25, true);
}

int term_rows(const struct term *t)
{
	return t->rows;
}

int term_cols(const struct term *t)
{
	return t->cols;
}

bool term_alternate(const struct term *t)
{
	return t->alternate;
}

bool term_mouse(const struct term *t)
{
	return t->mouse;
}

bool term_raw(const struct term *t)
{
	struct termios tio;

	if (t->fd < 0)
		return t->raw_left;
	return tcgetattr(t->fd, &tio) == 0 && !(tio.c_lflag & ICANON);
}

uint64_t term_received(const struct term *t)
{
	return t->received;
}

unsigned term_bells(const struct term *t)
{
	return t->bells;
}

unsigned term_unknown(const struct term *t)
{
	return t->unknown;
}

pid_t term_pid(const struct term *t)
{
	return t->pid;
}

bool term_running(struct term *t)
{
	term_run(t, 0);
	return t->running;
}

size_t term_sent_left(const struct term *t)
{
	return t->out_len;
}

int64_t term_found_us(const struct term *t)
{
	return t->found_us;
}

int64_t term_last_us(const struct term *t)
{
	return t->last_us;
}

static long status_kib(const struct term *t, const char *line_of)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/status", (long)t->pid);
	f = t->running ? fopen(path, "re") : NULL;
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, line_of, strlen(line_of)) == 0) {
			kib = strtol(line + strlen(line_of), NULL, 10);
			break;
		}
	if (f)
		fclose(f);
	return kib;
}

long term_memory_kib(const struct term *t)
{
	return status_kib(t, "VmRSS:");
}

long term_own_kib(const struct term *t)
{
	return status_kib(t, "RssAnon:");
}
