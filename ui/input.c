/* Line editing (input.h). */
#include "input.h"

#include "common/text.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

void input_set(struct input *in, const char *text)
{
	snprintf(in->text, sizeof in->text, "%s", text);
	in->len = in->at = strlen(in->text);
	in->from = 0;
}

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80; /* a later byte of a character */
}

static size_t before(const struct input *in, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && is_inside(in->text[at]))
		at--;
	return at;
}

static size_t after(const struct input *in, size_t at)
{
	if (at < in->len)
		at++;
	while (at < in->len && is_inside(in->text[at]))
		at++;
	return at;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static size_t word_before(const struct input *in, size_t at)
{
	while (at > 0 && !is_word(in->text[at - 1]))
		at--;
	while (at > 0 && is_word(in->text[at - 1]))
		at--;
	return at;
}

static size_t word_after(const struct input *in, size_t at)
{
	while (at < in->len && !is_word(in->text[at]))
		at++;
	while (at < in->len && is_word(in->text[at]))
		at++;
	return at;
}

/* ^W of a shell: back to the blank. */
static size_t blank_before(const struct input *in, size_t at)
{
	while (at > 0 && in->text[at - 1] == ' ')
		at--;
	while (at > 0 && in->text[at - 1] != ' ')
		at--;
	return at;
}

static bool insert(struct input *in, const char *text, size_t n)
{
	if (n == 0 || in->len + n >= sizeof in->text || (in->max && in->len + n > in->max))
		return false;
	memmove(in->text + in->at + n, in->text + in->at, in->len - in->at + 1);
	memcpy(in->text + in->at, text, n);
	in->len += n;
	in->at += n;
	return true;
}

static enum input_result delete(struct input *in, size_t from, size_t to, bool keep)
{
	if (from >= to)
		return INPUT_MOVED;
	if (keep)
		snprintf(in->cut, sizeof in->cut, "%.*s", (int)(to - from), in->text + from);
	memmove(in->text + from, in->text + to, in->len - to + 1);
	in->len -= to - from;
	in->at = from;
	return INPUT_CHANGED;
}

static enum input_result go(struct input *in, size_t to)
{
	in->at = to;
	return INPUT_MOVED;
}

static enum input_result alt_key(struct input *in, uint32_t code)
{
	switch (code) {
	case 'b':
	case K_LEFT:
		return go(in, word_before(in, in->at));
	case 'f':
	case K_RIGHT:
		return go(in, word_after(in, in->at));
	case 'd':
		return delete(in, in->at, word_after(in, in->at), true);
	case K_BACKSPACE:
		return delete(in, word_before(in, in->at), in->at, true);
	default:
		return INPUT_NOT_MINE;
	}
}

enum input_result input_key(struct input *in, const struct key *k)
{
	uint32_t code = k->code;
	char utf8[5];
	size_t n;

	if (k->mods & K_ALT)
		return alt_key(in, code);
	if (k->mods & K_PASTED && (code < 0x20 || code >= K_SPECIAL))
		return INPUT_MOVED; /* the line ends of a paste confirm nothing */
	switch (code) {
	case K_LEFT:
	case CTRL_KEY('b'):
		return go(in, k->mods & K_CTRL ? word_before(in, in->at) : before(in, in->at));
	case K_RIGHT:
	case CTRL_KEY('f'):
		return go(in, k->mods & K_CTRL ? word_after(in, in->at) : after(in, in->at));
	case K_HOME:
	case CTRL_KEY('a'):
		return go(in, 0);
	case K_END:
	case CTRL_KEY('e'):
		return go(in, in->len);
	case K_BACKSPACE:
		return delete(in, before(in, in->at), in->at, false);
	case K_DELETE:
	case CTRL_KEY('d'):
		return delete(in, in->at, after(in, in->at), false);
	case CTRL_KEY('w'):
		return delete(in, blank_before(in, in->at), in->at, true);
	case CTRL_KEY('u'):
		return delete(in, 0, in->at, true);
	case CTRL_KEY('k'):
		return delete(in, in->at, in->len, true);
	case CTRL_KEY('y'):
		return insert(in, in->cut, strlen(in->cut)) ? INPUT_CHANGED : INPUT_MOVED;
	default:
		break;
	}
	if (code < 0x20 || code >= K_SPECIAL)
		return INPUT_NOT_MINE;
	n = keys_utf8(in->ascii ? keys_ascii(code) : code, utf8);
	if (!text_is_clean(utf8) && strcmp(utf8, "\\") != 0) {
		/* A combining mark alone is no clean text, but may follow a letter. */
		char joined[INPUT_MAX + 8];

		snprintf(joined, sizeof joined, "%.*s%s", (int)in->at, in->text, utf8);
		if (!text_is_clean(joined))
			return INPUT_MOVED;
	}
	return insert(in, utf8, n) ? INPUT_CHANGED : INPUT_MOVED;
}

/* Cells of text[from..to). */
static int cells_of(const struct input *in, size_t from, size_t to)
{
	char part[INPUT_MAX];

	snprintf(part, sizeof part, "%.*s", (int)(to - from), in->text + from);
	return text_width(part);
}

void input_draw(struct input *in, int y, int x, int width, enum ink ink, int *cursor_x)
{
	if (in->from > in->at)
		in->from = in->at;
	while (in->from < in->at && cells_of(in, in->from, in->at) >= width)
		in->from = after(in, in->from);
	/* What fits again comes back into view. */
	while (in->from > 0 && cells_of(in, before(in, in->from), in->len) < width)
		in->from = before(in, in->from);
	screen_text(y, x, width, ink, in->text + in->from);
	*cursor_x = x + cells_of(in, in->from, in->at);
}
