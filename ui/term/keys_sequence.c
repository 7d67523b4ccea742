/* Which key stands in these bytes (keys_inside.h): characters, and what terminals send for special keys. Pure; called by keys.c. */
#include "term/keys_inside.h"

#define SEQUENCE_MAX 64     /* bytes of a CSI sequence that is still taken for one */
#define STRING_MAX 2048     /* bytes of an OSC or DCS string */

/* ---- tables ---- */

struct named { unsigned n; uint32_t code; };

/* CSI n ~ : VT220 and all that came after it; 1 and 4 are Find and Select there, Home and End on PuTTY, linux, screen. */
static const struct named tilde_keys[] = {
	{1, K_HOME}, {2, K_INSERT}, {3, K_DELETE}, {4, K_END}, {5, K_PAGE_UP}, {6, K_PAGE_DOWN}, {7, K_HOME}, {8, K_END},
	{11, K_F1}, {12, K_F2}, {13, K_F3}, {14, K_F4}, {15, K_F5}, {17, K_F6}, {18, K_F7}, {19, K_F8}, {20, K_F9},
	{21, K_F10}, {23, K_F11}, {24, K_F12}, {28, K_F1 /* Help of a VT220 */},
};
/* CSI [ letter: the linux console's F1 to F5. */
static const struct named linux_keys[] = {{'A', K_F1}, {'B', K_F2}, {'C', K_F3}, {'D', K_F4}, {'E', K_F5}};
/* The last letter of CSI and SS3 alike. */
static const struct named letter_keys[] = {
	{'A', K_UP}, {'B', K_DOWN}, {'C', K_RIGHT}, {'D', K_LEFT}, {'E', K_CENTER}, {'F', K_END}, {'G', K_CENTER}, {'H', K_HOME},
	{'P', K_F1}, {'Q', K_F2}, {'R', K_F3}, {'S', K_F4},
};
/* SS3 letter only: the keypad in application mode, and rxvt's End and Home. */
static const struct named keypad_keys[] = {
	{'I', K_TAB}, {'M', K_ENTER}, {'X', '='}, {'j', '*'}, {'k', '+'}, {'l', ','}, {'m', '-'}, {'n', '.'}, {'o', '/'},
	{'p', '0'}, {'q', '1'}, {'r', '2'}, {'s', '3'}, {'t', '4'}, {'u', '5'}, {'v', '6'}, {'w', '7'}, {'x', '8'}, {'y', '9'},
	{' ', ' '},
};
/* rxvt: arrows with Shift are CSI a to d, with Ctrl SS3 a to d. */
static const struct named rxvt_keys[] = {{'a', K_UP}, {'b', K_DOWN}, {'c', K_RIGHT}, {'d', K_LEFT}};

static uint32_t look_up(const struct named *t, size_t rows, unsigned n)
{
	for (size_t i = 0; i < rows; i++)
		if (t[i].n == n)
			return t[i].code;
	return 0;
}
#define LOOK_UP(t, n) look_up(t, sizeof(t) / sizeof((t)[0]), n)

/* ---- characters ---- */

size_t keys_utf8(uint32_t c, char out[5])
{
	size_t n = 0;

	if (c == 0 || c >= K_SPECIAL || (c >= 0xd800 && c <= 0xdfff)) {
		out[0] = '\0';
		return 0;
	}
	if (c < 0x80) {
		out[n++] = (char)c;
	} else if (c < 0x800) {
		out[n++] = (char)(0xc0 | c >> 6);
		out[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		out[n++] = (char)(0xe0 | c >> 12);
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | c >> 18);
		out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (c & 0x3f));
	}
	out[n] = '\0';
	return n;
}

uint32_t keys_ascii(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return c - 0xff01 + 0x21;
	return c == 0x3000 ? ' ' : c;
}

int keys_utf8_at(const unsigned char *q, size_t n, uint32_t *out)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char b = q[0];
	int len = b < 0x80 ? 1 : b >= 0xc2 && b <= 0xdf ? 2 : b >= 0xe0 && b <= 0xef ? 3 : b >= 0xf0 && b <= 0xf4 ? 4 : -1;
	uint32_t c;

	if (len < 0)
		return -1;
	c = len == 1 ? b : (uint32_t)(b & (0xff >> (len + 1)));
	for (int i = 1; i < len; i++) {
		if ((size_t)i >= n)
			return 0;
		if ((q[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (q[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*out = c;
	return len;
}

uint32_t keys_of_char(uint32_t c)
{
	switch (c) {
	case 0:
		return 0;
	case '\t':
		return K_TAB;
	case '\r':
	case '\n':
		return K_ENTER;
	case 0x08:
	case 0x7f:
		return K_BACKSPACE;
	case 0x1b:
		return K_ESC;
	default:
		return c >= 0x80 && c < 0xa0 ? 0 : c;
	}
}

/* ---- sequences ---- */

/* A report of the mouse: what a button's number and its modifiers mean. */
static void key_of_button(struct keys_found *f, unsigned b, unsigned col, unsigned row)
{
	static const uint32_t buttons[] = {K_CLICK, K_CLICK_MIDDLE, K_CLICK_RIGHT, 0}, wheels[] = {K_WHEEL_UP, K_WHEEL_DOWN, 0, 0};

	if (b & (32 | 128) || b > 255 || row == 0 || col == 0 || row > 9999 || col > 9999) /* it moved, or it is no place */
		return;
	f->key = (struct key){.code = (b & 64 ? wheels : buttons)[b & 3], .row = (int)row, .col = (int)col,
		.mods = (b & 4 ? K_SHIFT : 0) | (b & 8 ? K_ALT : 0) | (b & 16 ? K_CTRL : 0)};
}

static unsigned mods_of(unsigned param)
{
	unsigned m = param > 1 && param <= 16 ? param - 1 : 0;

	return (m & 1 ? K_SHIFT : 0) | (m & (2 | 8) ? K_ALT : 0) | (m & 4 ? K_CTRL : 0);
}

/* A key given as a character number (CSI u, modifyOtherKeys). */
static void key_of_number(struct keys_found *f, unsigned c, unsigned mods)
{
	if (mods & K_CTRL && ((c >= 'a' && c <= 'z') || (c >= '@' && c <= '_'))) {
		c = CTRL_KEY(c);
		mods &= ~K_CTRL;
	}
	/* Numbers that are no character; kitty's own keys, which it puts where Unicode has no letters. */
	if (c >= K_SPECIAL || (c >= 0xd800 && c <= 0xf8ff))
		c = 0;
	f->key.code = keys_of_char(c);
	f->key.mods = f->key.code == c ? mods & K_ALT : mods;
}

struct keys_found keys_csi_at(const unsigned char *q, size_t n, size_t at)
{
	struct keys_found f = {0, {0, 0, 0, 0}};
	unsigned p[4] = {0, 0, 0, 0};
	unsigned np = 0;
	bool private = false, extra = false, number = false, mouse;
	size_t i = at;

	if (i < n && q[i] == '[') { /* linux console */
		if (i + 1 >= n)
			return f;
		f.take = i + 2;
		f.key.code = LOOK_UP(linux_keys, q[i + 1]);
		return f;
	}
	if (i < n && q[i] == 'M') { /* the old mouse report: three bytes follow */
		if (i + 3 >= n)
			return f;
		f.take = i + 4;
		if (q[i + 1] >= 32 && q[i + 2] > 32 && q[i + 3] > 32)
			key_of_button(&f, q[i + 1] - 32u, q[i + 2] - 32u, q[i + 3] - 32u);
		return f;
	}
	mouse = i < n && q[i] == '<';
	for (; i < n; i++) {
		unsigned char b = q[i];

		if (i - at > SEQUENCE_MAX || b < 0x20 || b > 0x7e) {
			f.take = i; /* no sequence after all: what came is dropped, this byte begins anew */
			return f;
		}
		if (b >= '0' && b <= '9') {
			number = true;
			if (np < 4 && p[np] < 0x110000)
				p[np] = p[np] * 10 + (b - '0');
		} else if (b == ';' || b == ':') {
			np++;
		} else if (b >= 0x3c && b <= 0x3f) {
			private = true;
		} else if (b == '$' && number && np == 0 && !private) {
			break; /* rxvt: Shift */
		} else if (b <= 0x2f) {
			extra = true;
		} else {
			break;
		}
	}
	if (i >= n)
		return f;
	f.take = i + 1;
	if (mouse && !extra && np == 2 && q[i] == 'M')
		key_of_button(&f, p[0], p[1], p[2]);
	if (private || extra)
		return f;
	switch (q[i]) {
	case '~':
		if (p[0] == 27 && np == 2)
			key_of_number(&f, p[2], mods_of(p[1]));
		else
			f.key = (struct key){.code = LOOK_UP(tilde_keys, p[0]), .mods = mods_of(p[1])};
		return f;
	case '$':
	case '^':
	case '@': /* rxvt: Shift, Ctrl, both */
		if (number)
			f.key = (struct key){.code = LOOK_UP(tilde_keys, p[0]),
				.mods = q[i] == '$' ? K_SHIFT : q[i] == '^' ? K_CTRL : K_SHIFT | K_CTRL};
		return f;
	case 'u':
		if (number)
			key_of_number(&f, p[0], mods_of(p[1]));
		return f;
	case 'Z':
		f.key.code = K_BACKTAB;
		return f;
	case 'R':
		/* The answer to our question about the cursor, which is never asked in row 1; in row 1 it is F3 with modifiers. */
		if (np == 1 && p[0] > 1) {
			f.key = (struct key){.code = K_REPORT, .row = (int)p[0], .col = (int)p[1]};
			return f;
		}
		break;
	default:
		break;
	}
	f.key.code = LOOK_UP(letter_keys, q[i]);
	f.key.mods = np >= 1 ? mods_of(p[1]) : 0;
	if (f.key.code == 0 && !number) {
		f.key.code = LOOK_UP(rxvt_keys, q[i]);
		f.key.mods = f.key.code ? K_SHIFT : 0;
	}
	return f;
}

struct keys_found keys_ss3_at(const unsigned char *q, size_t n, size_t at)
{
	struct keys_found f = {0, {0, 0, 0, 0}};
	unsigned p = 0, last = 0;
	size_t i = at;

	for (; i < n && i - at < 4 && ((q[i] >= '0' && q[i] <= '9') || q[i] == ';'); i++) {
		last = q[i] == ';' ? 0 : q[i] - '0';
		p = last;
	}
	if (i >= n)
		return f;
	if (q[i] < 0x20 || q[i] > 0x7e) {
		f.take = i;
		return f;
	}
	f.take = i + 1;
	f.key = (struct key){.code = LOOK_UP(letter_keys, q[i]), .mods = mods_of(p)};
	if (f.key.code == 0)
		f.key.code = LOOK_UP(keypad_keys, q[i]);
	if (f.key.code == 0) {
		f.key.code = LOOK_UP(rxvt_keys, q[i]);
		f.key.mods = f.key.code ? K_CTRL : 0;
	}
	return f;
}

struct keys_found keys_string_at(const unsigned char *q, size_t n, size_t at)
{
	struct keys_found f = {0, {0, 0, 0, 0}};

	for (size_t i = at; i < n; i++) {
		if (q[i] == 0x07 || i - at >= STRING_MAX) {
			f.take = i + 1;
			return f;
		}
		if (q[i] == 0x1b && i + 1 < n) {
			f.take = q[i + 1] == '\\' ? i + 2 : i;
			return f;
		}
	}
	return f;
}
