/* Signs of the screen in three tiers: what a good terminal has, what the fonts of a text console have (CP437), ASCII.
 * Every sign is one cell in every tier. Pure. */
#ifndef TANA_GLYPHS_H
#define TANA_GLYPHS_H

enum tier { TIER_FULL, TIER_CP437, TIER_ASCII };

enum glyph {
	GLYPH_H, GLYPH_V, GLYPH_TL, GLYPH_TR, GLYPH_BL, GLYPH_BR, /* lines of a box */
	GLYPH_DOT,      /* live, running */
	GLYPH_OFF,      /* off */
	GLYPH_CRUMB,    /* between the parts of a breadcrumb */
	GLYPH_CUT,      /* a text goes on */
	GLYPH_UP, GLYPH_DOWN,         /* which way a list is sorted; there is more above, below */
	GLYPH_BAR, GLYPH_BAR_REST,    /* progress */
	GLYPH_TEE,      /* a branch leaves a line */
	GLYPH_FOLDED, GLYPH_UNFOLDED, /* a branch that is closed, that is open */
	GLYPH_NODE, GLYPH_NODE_NOW, /* of a tree; the one that is in use */
	GLYPH_COUNT
};

const char *glyph_text(enum glyph g, enum tier t);
/* A load of 0 to 1 as a block of that height; more is drawn as full. */
const char *glyph_load(double load, enum tier t);
/* The same where nothing stands beside it: in ASCII a digit, 0 to 9. */
const char *glyph_load_alone(double load, enum tier t);

#endif
