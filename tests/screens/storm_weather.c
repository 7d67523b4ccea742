/* What a storm throws (storm.h): bursts of keys, text, clicks, pastes and broken sequences, each in one write, and sizes. None of it confirms
 * anything: Enter and y are not among it but in pastes and where deed_gate has looked; M neither, which behind ESC O is Enter. */
#include "storm.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

struct burst {
	char data[32000];
	size_t n;
};

/* Sequences of xterm, in both modes, of rxvt, PuTTY and linux. */
static const char *const moves[] = {
	"\033[A", "\033[B", "\033[C", "\033[D", "\033OA", "\033OB", "\033OC", "\033OD", "\033[A", "\033[B", "\033[C", "\033[D", "\033[5~", "\033[6~", "\033[H", "\033[F",
	"\033[1~", "\033[4~", "\t", "\033[Z", " ", "\177", "\b", "\033[2~", "\033[3~", "\033OP", "\033OQ", "\033OR", "\033OS", "\033[15~", "\033[17~", "\033[18~", "\033[19~", "\033[20~",
	"\033[23~", "\033[24~", "\033[1;5A", "\033[1;2B", "\033x", "\033b", "\033f", "\033d", "\033u", "\033c", "\007", "\007", "\025", "\027", "\013", "\031", "\001", "\005",
	"\017", "\026", "\002", "\006", "\024", "\022", "\037", "\036", "\004", "\016", "\020",
};
/* Keys that open things, from the key table; and what they lead to. */
static const char openers[] = "/FnN *ioOapPBAETHSCfgwvLJReW!?hjklc+z-Z:mtu<>1234567890/gSC:f";
/* What no decoder should trip over: unknown sequences, long ones, bytes that are no UTF-8. */
static const char *const odd[] = {
	"\033[<35;999;999M", "\033[<64;3;3M", "\033[<65;3;3M", "\033[<0;0;0M", "\033[<0;-3;5M", "\033[<99999999999;5;5m", "\033[M   ", "\033[M\xff\xff\xff", "\033[M !!", "\033[1;2;3;4;5;6;7;8;9~",
	"\033[99999999999999999999~", "\033[?1;2c", "\033[3;7R", "\033[24;80R", "\033[1;2R", "\033]0;title\007", "\033]52;c;AAAA\033\\", "\033P1$r0m\033\\", "\033_x\033\\", "\033[I", "\033[O",
	"\033[[A", "\033[11~", "\033[7~", "\033[8~", "\033Oj", "\033[27;5;9~", "\033[105;5u", "\x80", "\xff\xfe", "\xc3(", "\xf8\x88\x80\x80\x80", "\xed\xa0\x80", "\xe2\x80\xae", "\xe2\x80\x8b",
	"\xef\xbb\xbf", "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", "棚", "日本語", "ｊ", "Ｊ", "？", "　", "é", "─",
};
/* Halves, of which the rest never comes: they may swallow what stands behind them. */
static const char *const halves[] = {
	"\033[", "\033O", "\033[1;", "\033[200~", "\033[<0;1", "\033[M", "\033]0;", "\033P", "\033\033", "\033\033[", "\x9b", "\xe6\xa3", "\xf0\x9f", "\xc3",
};
static const char *const words[] = {
	"state:running", "state:off tenant:acme", "blade:a2-*", "!state:running", "grade:V20 ", "\"a b\"", "snap:full host:silent", ":", "\"", "!!", "(", "a2-1", "was:running", "node",
	"%s%n%d", "'; drop", "$(reboot)", "zzzzzzzz", "-", "* ? [a-", "st\tru\t", "te\t\t", "@", "@a", "cpu:>", "since:<1h", "mem:4G..16G", "vcpus:2..8", "a1", "acme-", "52:54:00",
};

static void put(struct burst *b, const char *bytes, size_t n)
{
	if (b->n + n > sizeof b->data)
		return;
	memcpy(b->data + b->n, bytes, n);
	b->n += n;
}

static void put_one(struct storm *s, struct burst *b, const char *const *list, size_t count)
{
	const char *one = list[storm_roll(s, (uint32_t)count)];

	put(b, one, strlen(one));
}

/* As text: bracketed where the console asked for that, and only there may it have what acts when it is typed. */
static void put_paste(struct storm *s, struct burst *b)
{
	bool brackets = term_pastes(s->t);
	size_t lines = storm_roll(s, 40) == 0 ? 300 : storm_roll(s, 6) + 1;

	if (brackets)
		put(b, "\033[200~", 6);
	for (size_t i = 0; i < lines && b->n + 256 < sizeof b->data; i++) {
		put_one(s, b, words, COUNT(words));
		if (brackets)
			put_one(s, b, (const char *const[]){" ", "\r", "\n\t\033[A", "\rp\r", "\r\ny\r", "\033[B\r", "yes\r", "a\rq"}, 8);
	}
	if (brackets)
		put(b, "\033[201~", 6);
}

static void put_click(struct storm *s, struct burst *b)
{
	static const int buttons[] = {0, 0, 0, 0, 1, 2, 64, 65, 64, 65, 32, 35, 4, 16, 66, 128};
	int button = buttons[storm_roll(s, COUNT(buttons))], n;
	unsigned col = storm_roll(s, (uint32_t)term_cols(s->t)) + 1, row = storm_roll(s, (uint32_t)term_rows(s->t)) + 1;
	char report[64];

	if (storm_roll(s, 3) == 0) /* the keys in the last line are pressed too */
		row = (unsigned)term_rows(s->t);
	n = snprintf(report, sizeof report, "\033[<%d;%u;%uM", button, col, row);
	put(b, report, (size_t)n);
	n = snprintf(report, sizeof report, "\033[<%d;%u;%um", button, col, row);
	put(b, report, (size_t)n);
	if (storm_roll(s, 4) == 0) { /* twice */
		n = snprintf(report, sizeof report, "\033[<%d;%u;%uM\033[<%d;%u;%um", button, col, row, button, col, row);
		put(b, report, (size_t)n);
	}
}

static bool acts(char c, bool wall)
{
	return c == 'y' || c == 'Y' || c == 'M' || c == '\r' || c == '\n' || c == 'Q' || (wall && c == 'q');
}

static void put_event(struct storm *s, struct burst *b)
{
	uint32_t what = storm_roll(s, 1000);
	char byte;

	if (what < 350) {
		put_one(s, b, moves, COUNT(moves));
	} else if (what < 640) {
		put(b, openers + storm_roll(s, sizeof openers - 1), 1);
	} else if (what < 780) {
		byte = (char)(' ' + storm_roll(s, 95));
		put(b, acts(byte, s->wall) || byte == 'q' ? "j" : &byte, 1);
	} else if (what < 800) {
		put(b, s->wall ? "\f" : "q", 1);
	} else if (what < 850) {
		put_one(s, b, odd, COUNT(odd));
	} else if (what < 851) {
		put_one(s, b, halves, COUNT(halves));
	} else if (what < 880) {
		byte = (char)(storm_roll(s, 2) ? storm_roll(s, 32) : storm_roll(s, 256));
		/* Nor ^L: the redraw that storm_settled asks for must not be taken for one in the middle of a burst. */
		put(b, acts(byte, s->wall) || byte == '\f' || (s->wall && byte == 3) ? "\007" : &byte, 1);
	} else if (what < 910) {
		put_one(s, b, words, COUNT(words));
	} else if (what < 990) {
		put_click(s, b);
	} else {
		put_paste(s, b);
	}
}

/* Mostly small, as most are: a huge one takes long to draw and finds little. */
static void throw_size(struct storm *s)
{
	static const int sizes[][2] = {{80, 24}, {80, 24}, {80, 24}, {100, 30}, {100, 30}, {120, 36}, {40, 12}, {20, 5}, {1, 1}, {2, 2}, {1, 50}, {300, 1}, {5, 100}, {200, 60}};
	uint32_t which = storm_roll(s, COUNT(sizes) + 6);

	if (which < COUNT(sizes))
		storm_resize(s, sizes[which][0], sizes[which][1]);
	else if (storm_roll(s, 40))
		storm_resize(s, (int)storm_roll(s, 120) + 1, (int)storm_roll(s, 40) + 1);
	else
		storm_resize(s, (int)storm_roll(s, 500) + 1, (int)storm_roll(s, 200) + 1);
	s->event++;
}

/* So many events in one write. */
static void throw_burst(struct storm *s, uint32_t n)
{
	struct burst b;

	b.n = 0;
	for (; n > 0 && b.n + 5000 < sizeof b.data; n--, s->event++)
		put_event(s, &b);
	term_send(s->t, b.data, b.n);
}

/* One after the other, as a person's: mostly each is read and drawn by itself. */
static void throw_singles(struct storm *s, uint32_t n)
{
	for (; n > 0; n--) {
		uint64_t was = term_received(s->t);

		throw_burst(s, 1);
		term_wait_bytes(s->t, was, 3);
	}
}

void weather_gust(struct storm *s)
{
	/* Small and huge ones show little, and nothing is confirmed there. */
	if (storm_roll(s, 2) && (term_cols(s->t) < 80 || term_rows(s->t) < 24 || term_cols(s->t) > 250)) {
		storm_resize(s, 100, 30);
		s->event++;
	}
	switch (storm_roll(s, 16)) {
	case 0:
	case 1:
		throw_singles(s, storm_roll(s, 16) + 1);
		break;
	case 2:
	case 3:
	case 4:
		for (uint32_t i = storm_roll(s, 12) + 1; i > 0; i--)
			throw_burst(s, storm_roll(s, 8) + 1);
		break;
	case 5: /* somebody drags the corner of a window */
		for (uint32_t i = storm_roll(s, 6) ? 1 : 20; i > 0; i--)
			throw_size(s);
		throw_burst(s, storm_roll(s, 64) + 1);
		break;
	default:
		throw_burst(s, storm_roll(s, 3) ? storm_roll(s, 500) + 1 : storm_roll(s, 64) + 1);
		break;
	}
	if (storm_roll(s, 24) == 0)
		throw_size(s);
	if (storm_roll(s, 60) == 0) { /* Esc is a key when nothing stands behind it */
		term_type(s->t, "\033");
		term_run(s->t, 60);
		s->event++;
	}
}
