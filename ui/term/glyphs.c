/* The tables of signs (glyphs.h). */
#include "term/glyphs.h"

static const char *const signs[GLYPH_COUNT][3] = {
	[GLYPH_H] = {"─", "─", "-"},
	[GLYPH_V] = {"│", "│", "|"},
	[GLYPH_TL] = {"┌", "┌", "+"},
	[GLYPH_TR] = {"┐", "┐", "+"},
	[GLYPH_BL] = {"└", "└", "+"},
	[GLYPH_BR] = {"┘", "┘", "+"},
	[GLYPH_DOT] = {"●", "•", "o"},
	[GLYPH_OFF] = {"·", "·", "."},
	[GLYPH_CRUMB] = {"›", "»", ">"},
	[GLYPH_CUT] = {"…", "~", "~"},
	[GLYPH_UP] = {"▲", "^", "^"},
	[GLYPH_DOWN] = {"▼", "v", "v"},
	[GLYPH_BAR] = {"█", "█", "#"},
	[GLYPH_BAR_REST] = {"░", "░", "."},
	[GLYPH_TEE] = {"├", "├", "+"},
	[GLYPH_FOLDED] = {"▸", "+", "+"},
	[GLYPH_UNFOLDED] = {"▾", "-", "-"},
	[GLYPH_NODE] = {"○", "o", "o"},
	[GLYPH_NODE_NOW] = {"●", "•", "*"},
};

const char *glyph_text(enum glyph g, enum tier t)
{
	return signs[g][t];
}

/* A running load is never nothing: the lowest step is drawn for it. */
static int step_of(double load, int steps)
{
	int n = (int)(load * steps + 0.9999);

	return !(load > 0) || n < 1 ? 0 : n > steps ? steps - 1 : n - 1;
}

const char *glyph_load(double load, enum tier t)
{
	static const char *const full[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const cp437[] = {"_", "▄", "█"};
	static const char *const ascii[] = {"_", "-", "=", "#"};

	if (t == TIER_FULL)
		return full[step_of(load, 8)];
	return t == TIER_CP437 ? cp437[step_of(load, 3)] : ascii[step_of(load, 4)];
}

const char *glyph_load_alone(double load, enum tier t)
{
	static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

	return t == TIER_ASCII ? digits[step_of(load, 10)] : glyph_load(load, t);
}
