/* The gate before libvterm (pane_gate.h). An allow-list: what no table below names does not pass. */
#include "guest/pane_gate.h"

#include "common/text.h"
#include "term/keys.h"

#include <stdio.h>
#include <string.h>

#define MARKS_MAX 4
#define REPEAT_MAX 500       /* characters of one CSI b: as many as the widest pane has columns */

static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD, in place of what is no character or is not shown */

void gate_reset(struct gate *g)
{
	unsigned bells = g->bells;

	*g = (struct gate){.marks = -1, .bells = bells};
}

static size_t give(char *out, const char *text, size_t n)
{
	memcpy(out, text, n);
	return n;
}

/* ---- characters ---- */

static size_t give_unknown(struct gate *g, char *out)
{
	g->last[0] = '\0';
	g->marks = -1;
	return give(out, unknown, 3);
}

static size_t give_char(struct gate *g, uint32_t c, char *out)
{
	char text[5], on_base[8];
	size_t n = keys_utf8(c, text);

	if (n == 0)
		return give_unknown(g, out);
	if (n > 1 && !text_is_clean(text)) {
		/* A mark is clean on something that it can stand on. */
		snprintf(on_base, sizeof on_base, "a%s", text);
		if (!text_is_clean(on_base))
			return give_unknown(g, out);
		if (g->marks < 0 || ++g->marks > MARKS_MAX)
			return 0;
		return give(out, text, n);
	}
	memcpy(g->last, text, n + 1);
	g->marks = 0;
	return give(out, text, n);
}

/* A byte of 0x80 and more. */
static size_t character(struct gate *g, unsigned char b, char *out)
{
	size_t n = 0;

	if (g->more > 0) {
		if ((b & 0xc0) == 0x80) {
			g->code = g->code << 6 | (b & 0x3f);
			if (--g->more > 0)
				return 0;
			if (g->code < g->least || g->code > 0x10ffff)
				return give_unknown(g, out);
			return give_char(g, g->code, out);
		}
		g->more = 0;
		n = give_unknown(g, out);
	}
	if (b >= 0xc2 && b <= 0xdf) {
		g->more = 1, g->code = b & 0x1f, g->least = 0x80;
	} else if (b >= 0xe0 && b <= 0xef) {
		g->more = 2, g->code = b & 0x0f, g->least = 0x800;
	} else if (b >= 0xf0 && b <= 0xf4) {
		g->more = 3, g->code = b & 0x07, g->least = 0x10000;
	} else {
		n += give_unknown(g, out + n);
	}
	return n;
}

/* ---- controls ---- */

static void begin(struct gate *g, enum gate_state s)
{
	g->state = s;
	g->leader = g->between = 0;
	g->params = 0;
	g->swallowed = 0;
	memset(g->param, 0, sizeof g->param);
	memset(g->given, 0, sizeof g->given);
	memset(g->sub, 0, sizeof g->sub);
}

/* Below 0x20, in the ground or inside a sequence, which goes on behind it as on a VT100. */
static size_t control(struct gate *g, unsigned char b, char *out)
{
	switch (b) {
	case 0x07:
		g->bells++;
		return 0;
	case 0x08: case 0x09: case 0x0a: case 0x0b: case 0x0c: case 0x0d: case 0x0e: case 0x0f:
		g->marks = -1;
		out[0] = (char)b;
		return 1;
	case 0x18:
	case 0x1a:
		g->state = GATE_GROUND;
		return 0;
	case 0x1b:
		begin(g, GATE_ESCAPE);
		return 0;
	default:
		return 0; /* NUL, ENQ (which asks for an answer) and the like */
	}
}

/* ---- escape sequences ---- */

static size_t escape(struct gate *g, unsigned char b, char *out)
{
	if (b == '[') {
		begin(g, GATE_CSI);
		return 0;
	}
	if (b == ']' || b == 'P' || b == 'X' || b == '^' || b == '_') {
		begin(g, GATE_STRING);
		g->leader = (char)b;
		return 0;
	}
	if (b >= 0x20 && b <= 0x2f) {
		g->between = g->state == GATE_ESCAPE ? (char)b : '?'; /* two of them: nothing that is known */
		g->state = GATE_ESCAPE_MORE;
		return 0;
	}
	g->state = GATE_GROUND;
	g->marks = -1;
	if (g->between == '(' || g->between == ')') {
		/* Line drawing, or plain; national sets would change letters into others. */
		return give(out, (char[]){0x1b, g->between, b == '0' ? '0' : 'B'}, 3);
	}
	if (g->between || !b || !strchr("78DEHMc=>", b))
		return 0;
	if (b == 'c')
		gate_reset(g);
	return give(out, (char[]){0x1b, (char)b}, 2);
}

/* Modes that stay inside the pane: cursor keys, reverse screen, origin, wrapping, the cursor, the other page, bracketed paste. */
static bool is_mode(uint32_t mode)
{
	static const uint32_t known[] = {1, 5, 6, 7, 25, 47, 1047, 1048, 1049, 2004};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i] == mode)
			return true;
	return false;
}

/* Keeps the modes that are known; false: none is left. */
static bool sift_modes(struct gate *g)
{
	int n = 0;

	for (int i = 0; i < g->params; i++)
		if (g->given[i] && !g->sub[i] && (g->leader ? is_mode(g->param[i]) : g->param[i] == 4 || g->param[i] == 20)) {
			g->param[n] = g->param[i];
			g->given[n++] = true;
		}
	g->params = n;
	return n > 0;
}

static bool passes(struct gate *g, unsigned char final)
{
	if (g->between)
		return g->between == '!' && final == 'p' && !g->leader; /* soft reset */
	switch (g->leader) {
	case 0:
		if (final == 'h' || final == 'l')
			return sift_modes(g);
		if (final == 'n')
			return g->params == 1 && (g->param[0] == 5 || g->param[0] == 6);
		if (final == 'c')
			return g->params == 0 || (g->params == 1 && g->param[0] == 0);
		return final && strchr("@ABCDEFGHIJKLMPSTXZ`adefgjkmrsu", final);
	case '?':
		if (final == 'h' || final == 'l')
			return sift_modes(g);
		return final == 'J' || final == 'K' || (final == 'n' && g->params == 1 && g->param[0] == 6);
	case '>':
		return final == 'c' && (g->params == 0 || (g->params == 1 && g->param[0] == 0));
	default:
		return false;
	}
}

static size_t repeat(struct gate *g, char *out)
{
	size_t len = strlen(g->last), n = 0;
	uint32_t times = g->params && g->param[0] ? g->param[0] : 1;

	if (len == 0 || g->leader || g->between)
		return 0;
	for (uint32_t i = 0; i < times && i < REPEAT_MAX; i++)
		n += give(out + n, g->last, len);
	return n;
}

static size_t csi_end(struct gate *g, unsigned char final, char *out)
{
	size_t n = 0;

	g->state = GATE_GROUND;
	if (final == 'b')
		return repeat(g, out);
	g->marks = -1;
	if (!passes(g, final))
		return 0;
	out[n++] = 0x1b;
	out[n++] = '[';
	if (g->leader)
		out[n++] = g->leader;
	for (int i = 0; i < g->params; i++) {
		if (g->given[i])
			n += (size_t)snprintf(out + n, 8, "%u", (unsigned)g->param[i]);
		if (i + 1 < g->params)
			out[n++] = g->sub[i] && final == 'm' ? ':' : ';';
	}
	if (g->between)
		out[n++] = g->between;
	out[n++] = (char)final;
	return n;
}

static size_t csi(struct gate *g, unsigned char b, char *out)
{
	int at = g->params > 0 ? g->params - 1 : 0;

	if (b >= 0x40 && b <= 0x7e) {
		if (g->state == GATE_CSI)
			return csi_end(g, b, out);
		g->state = GATE_GROUND;
		return 0;
	}
	if (g->state == GATE_CSI_BAD)
		return 0;
	if (b >= '0' && b <= '9' && !g->between) {
		g->params = g->params ? g->params : 1;
		g->param[at] = g->param[at] * 10 + (uint32_t)(b - '0');
		if (g->param[at] > GATE_NUMBER_MAX)
			g->param[at] = GATE_NUMBER_MAX;
		g->given[at] = true;
	} else if ((b == ';' || b == ':') && !g->between) {
		g->params = g->params ? g->params : 1;
		at = g->params - 1;
		g->sub[at] = b == ':';
		if (g->params < GATE_PARAMS)
			g->params++;
		else
			g->state = GATE_CSI_BAD;
	} else if (b >= '<' && b <= '?' && g->params == 0 && !g->leader && !g->between) {
		g->leader = (char)b;
	} else if (b >= 0x20 && b <= 0x2f && !g->between) {
		g->between = (char)b;
	} else {
		g->state = GATE_CSI_BAD;
	}
	return 0;
}

/* Inside an OSC, DCS, APC, PM or SOS string. All of it is swallowed. */
static size_t string(struct gate *g, unsigned char b, char *out)
{
	if (g->state == GATE_STRING_ESC && b != '\\') {
		begin(g, GATE_ESCAPE); /* the ESC ended the string and begins a sequence */
		return gate_byte(g, b, out);
	}
	if (g->leader == ']' && g->swallowed == 0 && (b == 'P' || b == 'R')) {
		g->state = b == 'P' ? GATE_PALETTE : GATE_GROUND;
		return 0;
	}
	if (b == 0x1b)
		g->state = GATE_STRING_ESC;
	else if (g->state == GATE_STRING_ESC || b == 0x07 || b == 0x18 || b == 0x1a || ++g->swallowed >= GATE_STRING_MAX)
		g->state = GATE_GROUND;
	return 0;
}

static size_t palette(struct gate *g, unsigned char b, char *out)
{
	bool hex = (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');

	if (!hex) { /* an OSC with a name after all */
		g->state = GATE_STRING;
		g->swallowed++;
		return string(g, b, out);
	}
	if (++g->swallowed == 7)
		g->state = GATE_GROUND;
	return 0;
}

size_t gate_byte(struct gate *g, unsigned char b, char *out)
{
	size_t n = 0;

	if (g->state == GATE_STRING || g->state == GATE_STRING_ESC)
		return string(g, b, out);
	if (g->state == GATE_PALETTE)
		return palette(g, b, out);
	if (b >= 0x80) {
		if (g->state != GATE_GROUND) { /* no part of any sequence: what began is dropped */
			g->state = GATE_GROUND;
			g->more = 0;
		}
		return character(g, b, out);
	}
	if (g->more > 0) {
		g->more = 0;
		n = give_unknown(g, out);
	}
	if (b < 0x20)
		return n + control(g, b, out + n);
	switch (g->state) {
	case GATE_GROUND:
		return b == 0x7f ? n : n + give_char(g, b, out + n);
	case GATE_ESCAPE:
	case GATE_ESCAPE_MORE:
		return n + escape(g, b, out + n);
	default:
		return n + csi(g, b, out + n);
	}
}
