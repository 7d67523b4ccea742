/* Line editing (input.h). */
#include "term/input.h"

#include "common/text.h"
#include "term/screen.h"

#include <stdio.h>
#include <string.h>

/* What was done last. */
enum { DID_NOTHING, DID_TYPE, DID_ERASE, DID_CUT, DID_PUT, DID_OTHER };

void input_set(struct input *in, const char *text)
{
	snprintf(in->text, sizeof in->text, "%s", text);
	in->len = in->at = strlen(in->text);
	in->from = 0;
	in->nundo = 0;
	in->last = DID_NOTHING;
	in->blank = false;
}

/* ---- places ---- */

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80; /* a later byte of a character */
}

static size_t character_after(const struct input *in, size_t at)
{
	if (at < in->len)
		at++;
	while (at < in->len && is_inside(in->text[at]))
		at++;
	return at;
}

/* A mark that stands on the letter before it: the cursor never comes between. */
static bool is_mark(const struct input *in, size_t at)
{
	char one[8] = "";
	size_t n = character_after(in, at) - at;

	if (at == 0 || at >= in->len || n < 2 || n > 4)
		return false;
	memcpy(one, in->text + at, n);
	return text_width(one) == 0;
}

static size_t before(const struct input *in, size_t at)
{
	do {
		if (at > 0)
			at--;
		while (at > 0 && is_inside(in->text[at]))
			at--;
	} while (is_mark(in, at));
	return at;
}

static size_t after(const struct input *in, size_t at)
{
	do
		at = character_after(in, at);
	while (is_mark(in, at));
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

static enum input_result go(struct input *in, size_t to)
{
	in->at = to;
	in->last = DID_NOTHING;
	return INPUT_MOVED;
}

/* ---- changes ---- */

/* Before each change. A word typed in one go, or erased letter by letter, is one step. */
static void remember(struct input *in, unsigned what)
{
	bool same = in->last == what && (what == DID_TYPE || what == DID_ERASE) && in->nundo > 0;

	in->last = what;
	if (same)
		return;
	if (in->nundo == INPUT_UNDO)
		memmove(in->undo, in->undo + 1, (size_t)--in->nundo * sizeof in->undo[0]);
	memcpy(in->undo[in->nundo].text, in->text, in->len + 1);
	in->undo[in->nundo++].at = in->at;
}

static enum input_result undo(struct input *in)
{
	in->last = DID_OTHER;
	if (in->nundo == 0)
		return INPUT_MOVED;
	in->nundo--;
	in->len = strlen(in->undo[in->nundo].text);
	memcpy(in->text, in->undo[in->nundo].text, in->len + 1);
	in->at = in->undo[in->nundo].at;
	return INPUT_CHANGED;
}

static bool insert(struct input *in, const char *text, size_t n, unsigned what)
{
	if (n == 0 || in->len + n >= sizeof in->text || (in->max && in->len + n > in->max))
		return false;
	remember(in, what);
	memmove(in->text + in->at + n, in->text + in->at, in->len - in->at + 1);
	memcpy(in->text + in->at, text, n);
	in->len += n;
	in->at += n;
	return true;
}

static void take_out(struct input *in, size_t from, size_t to)
{
	memmove(in->text + from, in->text + to, in->len - to + 1);
	in->len -= to - from;
	in->at = from;
}

static enum input_result erase(struct input *in, size_t from, size_t to)
{
	if (from >= to)
		return INPUT_MOVED;
	remember(in, DID_ERASE);
	take_out(in, from, to);
	return INPUT_CHANGED;
}

/* Erased, to be put back: what is cut in one go belongs together, in the order in which it stood. */
static enum input_result cut(struct input *in, size_t from, size_t to)
{
	bool same = in->last == DID_CUT, ahead = from == in->at;
	size_t had = same ? strlen(in->cuts[0]) : 0, n = to > from ? to - from : 0;

	if (from >= to) {
		in->last = DID_CUT;
		return INPUT_MOVED;
	}
	remember(in, DID_CUT);
	if (had + n >= INPUT_MAX) /* never of one text */
		had = 0;
	if (!same)
		memmove(in->cuts + 1, in->cuts, sizeof in->cuts - sizeof in->cuts[0]);
	if (!ahead)
		memmove(in->cuts[0] + n, in->cuts[0], had);
	memcpy(in->cuts[0] + (ahead ? had : 0), in->text + from, n);
	in->cuts[0][had + n] = '\0';
	take_out(in, from, to);
	return INPUT_CHANGED;
}

static enum input_result put_back(struct input *in, int which)
{
	size_t from = in->at;

	if (!insert(in, in->cuts[which], strlen(in->cuts[which]), DID_PUT))
		return INPUT_MOVED;
	in->put = which;
	in->put_from = from;
	return INPUT_CHANGED;
}

/* Alt-y after ^Y: the one that was cut before that, instead. */
static enum input_result put_other(struct input *in)
{
	int which = in->put;

	if (in->last != DID_PUT)
		return INPUT_MOVED;
	do
		which = (which + 1) % INPUT_CUTS;
	while (!in->cuts[which][0]);
	remember(in, DID_PUT);
	take_out(in, in->put_from, in->at);
	put_back(in, which);
	return INPUT_CHANGED;
}

/* The letter before the cursor goes over the one under it. */
static enum input_result transpose(struct input *in)
{
	char first[INPUT_MAX];
	size_t mid = in->at == in->len ? before(in, in->at) : in->at, from = before(in, mid), to = after(in, mid), n = mid - from;

	if (from == mid || mid == to)
		return INPUT_MOVED;
	remember(in, DID_OTHER);
	memcpy(first, in->text + from, n);
	memmove(in->text + from, in->text + mid, to - mid);
	memcpy(in->text + from + (to - mid), first, n);
	in->at = to;
	return INPUT_CHANGED;
}

/* The word from the cursor on: 'u' in capitals, 'l' in small letters, 'c' with one capital. ASCII alone. */
static enum input_result recase(struct input *in, uint32_t how)
{
	size_t to = word_after(in, in->at);
	bool first = true;

	if (to == in->at)
		return INPUT_MOVED;
	remember(in, DID_OTHER);
	for (size_t i = in->at; i < to; i++) {
		char *c = &in->text[i];
		bool big = how == 'u' || (how == 'c' && first);

		first = first && !is_word(*c);
		if (big && *c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (!big && *c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	in->at = to;
	return INPUT_CHANGED;
}

/* ---- keys ---- */

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
	case K_DELETE:
		return cut(in, in->at, word_after(in, in->at));
	case K_BACKSPACE:
		return cut(in, word_before(in, in->at), in->at);
	case 'y':
		return put_other(in);
	case 'u':
	case 'l':
	case 'c':
		return recase(in, code);
	default:
		return INPUT_NOT_MINE;
	}
}

static enum input_result type(struct input *in, const struct key *k)
{
	char utf8[6];
	size_t n = keys_utf8(in->ascii ? keys_ascii(k->code) : k->code, utf8);

	if (!text_is_clean(utf8) && strcmp(utf8, "\\") != 0) {
		/* A combining mark alone is no clean text, but may follow a letter. */
		char joined[INPUT_MAX + 8];

		snprintf(joined, sizeof joined, "%.*s%s", (int)in->at, in->text, utf8);
		if (!text_is_clean(joined))
			return INPUT_MOVED;
	}
	/* Lines of a paste are put together with blanks; its last line end is nothing. */
	if (k->mods & K_PASTED && in->blank && in->at > 0 && in->text[in->at - 1] != ' ')
		insert(in, " ", 1, DID_TYPE);
	in->blank = false;
	return insert(in, utf8, n, DID_TYPE) ? INPUT_CHANGED : INPUT_MOVED;
}

enum input_result input_key(struct input *in, const struct key *k)
{
	uint32_t code = k->code;

	if (k->mods & K_ALT)
		return alt_key(in, code);
	if (k->mods & K_PASTED && (code < 0x20 || code >= K_SPECIAL)) {
		in->blank = in->blank || code == K_ENTER;
		return INPUT_MOVED; /* the line ends of a paste confirm nothing */
	}
	if (!(k->mods & K_PASTED))
		in->blank = false;
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
		return k->mods & K_CTRL ? cut(in, word_before(in, in->at), in->at) : erase(in, before(in, in->at), in->at);
	case K_DELETE:
	case CTRL_KEY('d'):
		return k->mods & K_CTRL ? cut(in, in->at, word_after(in, in->at)) : erase(in, in->at, after(in, in->at));
	case CTRL_KEY('w'):
		return cut(in, blank_before(in, in->at), in->at);
	case CTRL_KEY('u'):
		return cut(in, 0, in->at);
	case CTRL_KEY('k'):
		return cut(in, in->at, in->len);
	case CTRL_KEY('y'):
		return put_back(in, 0);
	case CTRL_KEY('t'):
		return transpose(in);
	case CTRL_KEY('_'):
		return undo(in);
	default:
		break;
	}
	return code < 0x20 || code >= K_SPECIAL ? INPUT_NOT_MINE : type(in, k);
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
