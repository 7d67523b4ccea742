/* What raw.h says. Stricter than any terminal: what it does not know is wrong. */
#include "raw.h"

#include <stdio.h>
#include <string.h>

enum { TEXT, ESCAPE, CSI, CHARSET };

static void bad(struct raw *r, const char *what)
{
	size_t n = 0;

	if (*r->bad)
		return;
	n = (size_t)snprintf(r->bad, sizeof r->bad, "%s:", what);
	for (size_t i = 0; i < r->n && n + 4 < sizeof r->bad; i++)
		n += (size_t)snprintf(r->bad + n, sizeof r->bad - n, r->seq[i] > 0x20 && r->seq[i] < 0x7f ? " %c" : " %02x", (unsigned char)r->seq[i]);
}

/* Private modes: the cursor, wrapping for the last cell, and the mouse (which a serial console leaves to the terminal) at any time; else only while the screen is set up: keys, the other page, pastes. */
static bool mode_allowed(const struct raw *r, const char *numbers)
{
	static const char *const set_up[] = {"1", "1000", "1002", "1006", "1049", "2004"};

	if (strcmp(numbers, "1000") == 0 || strcmp(numbers, "1006") == 0)
		return true;
	if (strcmp(numbers, "25") == 0 || strcmp(numbers, "12") == 0 || strcmp(numbers, "7") == 0 || strcmp(numbers, "12;25") == 0)
		return true;
	for (size_t i = 0; !r->drawing && i < sizeof set_up / sizeof *set_up; i++)
		if (strcmp(numbers, set_up[i]) == 0)
			return true;
	return false;
}

static void end_csi(struct raw *r)
{
	char last = r->seq[r->n - 1], *body = r->seq + 2;

	r->seq[r->n - 1] = '\0';
	bool plain = strspn(body, "0123456789;") == strlen(body), ok;
	switch (last) {
	case 'h':
	case 'l':
		if (strcmp(body, "?7") == 0)
			r->unwrapped = last == 'l';
		ok = *body == '?' ? mode_allowed(r, body + 1) : strcmp(body, "4") == 0 && last == 'l';
		break;
	case 'r': /* ncurses scrolls with it, and takes it back: see region */
		ok = plain;
		r->top = r->bottom = 0;
		sscanf(body, "%d;%d", &r->top, &r->bottom);
		break;
	case 't': /* keeps the title, puts it back */
		ok = !r->drawing && (strcmp(body, "22;0;0") == 0 || strcmp(body, "23;0;0") == 0);
		break;
	case 'n':
		ok = !r->drawing && strcmp(body, "6") == 0;
		break;
	default:
		ok = plain && strchr("ABCDGHJKLMPSTX@dbm", last) != NULL;
	}
	r->seq[r->n - 1] = last;
	if (!ok)
		bad(r, "sequence");
	r->sequences++;
	r->state = TEXT;
}

static void take_text(struct raw *r, unsigned char c)
{
	if (r->need > 0) {
		r->seq[r->n++] = (char)c;
		r->wide = r->wide << 6 | (c & 0x3f);
		if ((c & 0xc0) != 0x80)
			bad(r, "no UTF-8");
		/* C1, zero width, line ends of Unicode, what turns the direction, what belongs to nobody, tags and selectors. */
		if (--r->need == 0 && (r->wide < 0xa0 || (r->wide >= 0x200b && r->wide <= 0x200f) || (r->wide >= 0x2028 && r->wide <= 0x202e) ||
			(r->wide >= 0x2060 && r->wide <= 0x206f) || r->wide == 0xfeff || r->wide == 0xad || (r->wide >= 0xd800 && r->wide <= 0xf8ff) ||
			(r->wide >= 0xfe00 && r->wide <= 0xfe0f) || (r->wide & 0xfffe) == 0xfffe || r->wide >= 0xe0000))
			bad(r, "character");
		return;
	}
	r->n = 0;
	r->seq[r->n++] = (char)c;
	if (c == 0x1b)
		r->state = ESCAPE;
	else if (c >= 0xc2 && c < 0xf5)
		r->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3, r->wide = c & (0xffu >> (r->need + 2));
	else if (c >= 0x7f || (c < 0x20 && c != '\r' && c != '\n' && c != '\b'))
		bad(r, "byte");
}

void raw_take(void *ctx, const char *bytes, size_t len)
{
	struct raw *r = ctx;

	r->bytes += len;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (r->state == TEXT) {
			take_text(r, c);
			continue;
		}
		if (r->n + 1 < sizeof r->seq)
			r->seq[r->n++] = (char)c;
		if (r->state == CHARSET) {
			if (c != 'B' || r->seq[1] != '(')
				bad(r, "charset");
			r->state = TEXT;
		} else if (r->state == ESCAPE) {
			r->state = c == '[' ? CSI : c == '(' ? CHARSET : TEXT;
			if (r->state == TEXT && !strchr(r->drawing ? "78M" : "=>78M", c))
				bad(r, "escape");
			r->sequences++;
		} else if (c >= 0x40 && c <= 0x7e) {
			end_csi(r);
		} else if (c < 0x20 || c > 0x7e || r->n + 1 >= sizeof r->seq) {
			bad(r, "sequence");
			r->state = TEXT;
		}
	}
}
