/* The key decoder (keys.h). Works at the head of a small queue of bytes: each step takes one key or one unknown sequence
 * off it, or says that more must come. Every byte remembers in which read it came, since a person cannot type two keys
 * into one read, but a terminal always sends a sequence in one piece unless the network cuts it. */
#include "keys.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 4096
#define SEQUENCE_MAX 64     /* bytes of a CSI sequence that is still taken for one */
#define STRING_MAX 2048     /* bytes of an OSC or DCS string */
#define LATE_MS 3000        /* how long the rest of a sequence may stay behind */
#define SS3_MS 1000
#define PASTE_MS 5000       /* a paste that falls silent for so long has lost its end */

struct keys {
	unsigned char q[QUEUE_MAX];
	uint32_t feed[QUEUE_MAX]; /* number of the read that brought it */
	size_t head, n;           /* the queue is q[head..head+n) */
	uint32_t reads;
	int esc_ms;
	int64_t last;             /* when the newest byte came */
	int64_t late_until;       /* until then "[A" may be the late rest of an arrow whose ESC was given out */
	bool paste;
};

struct keys *keys_new(int esc_ms)
{
	struct keys *k = xcalloc(1, sizeof *k);

	k->esc_ms = esc_ms;
	k->late_until = INT64_MIN;
	return k;
}

void keys_free(struct keys *k)
{
	free(k);
}

void keys_feed(struct keys *k, const char *data, size_t len, int64_t now_ms)
{
	size_t room = QUEUE_MAX - k->n;

	if (len == 0)
		return;
	if (k->head > 0) {
		memmove(k->q, k->q + k->head, k->n);
		memmove(k->feed, k->feed + k->head, k->n * sizeof k->feed[0]);
		k->head = 0;
	}
	if (len > room)
		len = room;
	memcpy(k->q + k->n, data, len);
	k->reads++;
	for (size_t i = 0; i < len; i++)
		k->feed[k->n + i] = k->reads;
	k->n += len;
	k->last = now_ms;
}

static void drop(struct keys *k, size_t n)
{
	if (n > k->n)
		n = k->n;
	k->head += n;
	k->n -= n;
}

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

/* The character at q: its length, 0 when more bytes must come, -1 when it is none (drop one byte). */
static int utf8_at(const unsigned char *q, size_t n, uint32_t *out)
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

/* A control or printable character as the key it is; 0: none. */
static uint32_t key_of_char(uint32_t c)
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

/* What one step found at the head of the queue. take 0: more must come. key.code 0: swallow. */
struct found {
	size_t take;
	struct key key;
};

static unsigned mods_of(unsigned param)
{
	unsigned m = param > 1 && param <= 16 ? param - 1 : 0;

	return (m & 1 ? K_SHIFT : 0) | (m & (2 | 8) ? K_ALT : 0) | (m & 4 ? K_CTRL : 0);
}

/* A key given as a character number (CSI u, modifyOtherKeys). */
static void key_of_number(struct found *f, unsigned c, unsigned mods)
{
	if (mods & K_CTRL && ((c >= 'a' && c <= 'z') || (c >= '@' && c <= '_'))) {
		c = CTRL_KEY(c);
		mods &= ~K_CTRL;
	}
	/* Numbers that are no character; kitty's own keys, which it puts where Unicode has no letters. */
	if (c >= K_SPECIAL || (c >= 0xd800 && c <= 0xf8ff))
		c = 0;
	f->key.code = key_of_char(c);
	f->key.mods = f->key.code == c ? mods & K_ALT : mods;
}

/* A CSI sequence whose parameters begin at q[at]; q[0..n). */
static struct found csi_at(const unsigned char *q, size_t n, size_t at)
{
	struct found f = {0, {0, 0, 0, 0}};
	unsigned p[4] = {0, 0, 0, 0};
	unsigned np = 0;
	bool private = false, extra = false, number = false;
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
		return f;
	}
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

/* An SS3 sequence whose letter is at q[at]; old xterms put a modifier before it. */
static struct found ss3_at(const unsigned char *q, size_t n, size_t at)
{
	struct found f = {0, {0, 0, 0, 0}};
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

/* An OSC, DCS, APC, PM or SOS string from q[at]: up to BEL or ST. All of it is swallowed. */
static struct found string_at(const unsigned char *q, size_t n, size_t at)
{
	struct found f = {0, {0, 0, 0, 0}};

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

/* ---- the steps ---- */

static bool is_start(const unsigned char *q, size_t n, const char *whole, bool *all)
{
	size_t len = strlen(whole);

	*all = n >= len;
	return memcmp(q, whole, n < len ? n : len) == 0;
}

static struct found paste_step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	struct found f = {0, {0, 0, 0, 0}};
	uint32_t c = 0;
	bool all;
	int len;

	if (q[0] == 0x1b && is_start(q, k->n, "\033[201~", &all)) {
		if (all) {
			k->paste = false;
			f.take = 6;
		} else if (now - k->last >= LATE_MS) {
			f.take = k->n;
		}
		return f;
	}
	len = utf8_at(q, k->n, &c);
	if (len == 0) {
		f.take = now - k->last >= LATE_MS ? 1 : 0;
		return f;
	}
	f.take = len < 0 ? 1 : (size_t)len;
	if (len < 0)
		return f;
	c = c == '\t' ? ' ' : key_of_char(c);
	if (c == K_ENTER || (c >= 0x20 && c < K_SPECIAL))
		f.key = (struct key){.code = c, .mods = K_PASTED};
	return f;
}

/* ESC is at the head. */
static struct found escape_step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	const uint32_t *feed = k->feed + k->head;
	struct found f = {0, {0, 0, 0, 0}};
	bool one_read = k->n > 1 && feed[0] == feed[1];
	int64_t silent = now - k->last;
	uint32_t c = 0;
	int len;

	if (k->n == 1) {
		if (silent >= k->esc_ms) {
			f.take = 1;
			f.key.code = K_ESC;
			k->late_until = now + LATE_MS;
		}
		return f;
	}
	switch (q[1]) {
	case '[':
		f = csi_at(q, k->n, 2);
		if (f.take == 6 && memcmp(q, "\033[200~", 6) == 0)
			k->paste = true;
		if (f.take == 0 && silent >= LATE_MS)
			f.take = k->n;
		return f;
	case 'O':
		f = ss3_at(q, k->n, 2);
		if (f.take == 0 && silent >= SS3_MS)
			f.take = k->n;
		return f;
	case ']':
		f = string_at(q, k->n, 2);
		if (f.take == 0 && silent >= LATE_MS)
			f.take = k->n;
		return f;
	case 'P':
	case 'X':
	case '^':
	case '_':
		if (one_read && k->n > 2 && feed[2] == feed[0]) {
			f = string_at(q, k->n, 2);
			if (f.take == 0 && silent >= LATE_MS)
				f.take = k->n;
			return f;
		}
		break;
	case 0x1b: /* Alt with a special key, as rxvt and PuTTY send it; or Esc twice */
		if (one_read && k->n > 2 && feed[2] == feed[0] && (q[2] == '[' || q[2] == 'O')) {
			f = q[2] == '[' ? csi_at(q, k->n, 3) : ss3_at(q, k->n, 3);
			f.key.mods |= K_ALT;
			if (f.take == 0 && silent >= SS3_MS)
				f.take = k->n;
			return f;
		}
		f.take = 1;
		f.key.code = K_ESC;
		return f;
	default:
		break;
	}
	if (!one_read) { /* typed one after the other */
		f.take = 1;
		f.key.code = K_ESC;
		return f;
	}
	len = utf8_at(q + 1, k->n - 1, &c);
	if (len == 0) {
		f.take = silent >= LATE_MS ? k->n : 0;
		return f;
	}
	f.take = len < 0 ? 2 : 1 + (size_t)len;
	if (len > 0)
		f.key = (struct key){.code = key_of_char(c), .mods = K_ALT};
	return f;
}

/* ESC was given out because its rest did not come in time, and here may be that rest. True: *f says what to do. */
static bool late_step(struct keys *k, int64_t now, struct found *f)
{
	const unsigned char *q = k->q + k->head;

	*f = (struct found){0, {0, 0, 0, 0}};
	if (k->late_until == INT64_MIN)
		return false;
	if (now > k->late_until || (q[0] != '[' && q[0] != 'O')) {
		k->late_until = INT64_MIN;
		return false;
	}
	*f = q[0] == '[' ? csi_at(q, k->n, 1) : ss3_at(q, k->n, 1);
	if (f->take > 1 && f->key.code != 0) { /* a key that came in two halves: its time is over */
		f->key.code = 0;
		k->late_until = INT64_MIN;
		return true;
	}
	if (f->take == 0 && now - k->last < k->esc_ms)
		return true;
	k->late_until = INT64_MIN;
	return false;
}

static struct found step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	struct found f = {0, {0, 0, 0, 0}};
	uint32_t c = 0;
	int len;

	if (k->paste)
		return paste_step(k, now);
	if (late_step(k, now, &f))
		return f;
	switch (q[0]) {
	case 0x1b:
		return escape_step(k, now);
	case 0x9b: /* CSI and SS3 as one byte: a VT220 with 8-bit controls; no UTF-8 character begins so */
		f = csi_at(q, k->n, 1);
		if (f.take == 0 && now - k->last >= SS3_MS)
			f.take = k->n;
		return f;
	case 0x8f:
		f = ss3_at(q, k->n, 1);
		if (f.take == 0 && now - k->last >= SS3_MS)
			f.take = k->n;
		return f;
	default:
		break;
	}
	len = utf8_at(q, k->n, &c);
	if (len == 0) {
		f.take = now - k->last >= SS3_MS ? k->n : 0;
		return f;
	}
	f.take = len < 0 ? 1 : (size_t)len;
	if (len > 0)
		f.key.code = key_of_char(c);
	return f;
}

bool keys_next(struct keys *k, int64_t now, struct key *out)
{
	if (k->paste && now - k->last >= PASTE_MS)
		k->paste = false;
	while (k->n > 0) {
		struct found f = step(k, now);

		if (f.take == 0)
			return false;
		drop(k, f.take);
		if (f.key.code != 0) {
			*out = f.key;
			return true;
		}
	}
	return false;
}

int64_t keys_wait(const struct keys *k, int64_t now)
{
	int64_t silent = now - k->last, until;

	if (k->n == 0)
		return -1;
	if (silent < k->esc_ms)
		until = k->esc_ms;
	else if (silent < SS3_MS)
		until = SS3_MS;
	else
		until = LATE_MS;
	return until > silent ? until - silent : 1;
}
