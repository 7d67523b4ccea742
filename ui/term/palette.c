/* The themes as tables (palette.h). A row for each ink, a column for each kind of terminal. */
#include "term/palette.h"

#include <string.h>

#define B STYLE_BOLD
#define D STYLE_DIM
#define U STYLE_UNDERLINE
#define R STYLE_REVERSE

struct row {
	struct style c256, c16, c8;
	unsigned char mono;
};

/* 0 black 1 red 2 green 3 yellow 4 blue 5 magenta 6 cyan 7 white, 8 to 15 the bright ones. */
static const struct row dark[INK_COUNT] = {
	[INK_NORMAL] = {{-1, -1, 0}, {-1, -1, 0}, {-1, -1, 0}, 0},
	[INK_BOLD] = {{-1, -1, B}, {-1, -1, B}, {-1, -1, B}, B},
	[INK_DIM] = {{245, -1, 0}, {8, -1, 0}, {-1, -1, D}, 0},
	[INK_ACCENT] = {{216, -1, 0}, {11, -1, 0}, {3, -1, 0}, B},
	[INK_GOOD] = {{108, -1, 0}, {2, -1, 0}, {2, -1, 0}, 0},
	[INK_ALERT] = {{231, 160, B}, {15, 1, B}, {7, 1, B}, R | B},
	[INK_ALERT_TEXT] = {{203, -1, B}, {9, -1, B}, {1, -1, B}, B},
	[INK_WARN] = {{221, -1, B}, {11, -1, B}, {3, -1, B}, B},
	[INK_ACTIVE] = {{37, -1, 0}, {6, -1, 0}, {6, -1, 0}, 0},
	[INK_UNKNOWN] = {{176, -1, 0}, {13, -1, 0}, {5, -1, 0}, B},
	[INK_MAINT] = {{75, -1, 0}, {12, -1, 0}, {4, -1, B}, 0},
	[INK_LOAD] = {{66, -1, 0}, {6, -1, D}, {6, -1, D}, 0},
	[INK_LOAD_MANY] = {{23, -1, 0}, {6, -1, D}, {6, -1, D}, 0},
	[INK_LINE] = {{240, -1, 0}, {8, -1, 0}, {-1, -1, D}, 0},
	[INK_HEAD] = {{-1, -1, B | U}, {-1, -1, B | U}, {-1, -1, B | U}, B | U},
	[INK_BAR] = {{251, 236, 0}, {0, 7, 0}, {0, 7, 0}, R},
	[INK_BAR_BOLD] = {{231, 236, B}, {0, 7, 0}, {0, 7, 0}, R | B},
	[INK_BAR_DIM] = {{246, 236, 0}, {0, 7, 0}, {0, 7, 0}, R},
	[INK_BAR_ACCENT] = {{216, 236, B}, {4, 7, B}, {4, 7, 0}, R | B},
	[INK_BAR_ALERT] = {{231, 160, B}, {15, 1, B}, {7, 1, B}, B},
	[INK_SITE] = {{231, 236, B}, {0, 7, 0}, {0, 7, 0}, R | B},
	[INK_CURSOR] = {{16, 252, 0}, {0, 7, 0}, {0, 7, 0}, R},
	[INK_CURSOR_BOLD] = {{16, 252, B}, {0, 7, 0}, {0, 7, 0}, R | B}, /* bold black is grey on many */
	[INK_FIELD] = {{231, 238, 0}, {15, 8, 0}, {-1, -1, U}, U},
};

/* On white: nothing yellow or bright, dim is a middle grey; what must be seen lies on a ground of its own. Every ink of 256 has a contrast of
 * 4.5 to 1 and more. */
static const struct row light[INK_COUNT] = {
	[INK_NORMAL] = {{-1, -1, 0}, {-1, -1, 0}, {-1, -1, 0}, 0},
	[INK_BOLD] = {{-1, -1, B}, {-1, -1, B}, {-1, -1, B}, B},
	[INK_DIM] = {{242, -1, 0}, {8, -1, 0}, {-1, -1, 0}, 0},
	[INK_ACCENT] = {{130, -1, B}, {5, -1, B}, {5, -1, 0}, B},
	[INK_GOOD] = {{22, -1, 0}, {2, -1, 0}, {2, -1, 0}, 0},
	[INK_ALERT] = {{231, 160, B}, {15, 1, B}, {7, 1, B}, R | B},
	[INK_ALERT_TEXT] = {{124, -1, B}, {1, -1, B}, {1, -1, B}, B},
	[INK_WARN] = {{94, -1, B}, {0, 11, 0}, {0, 3, 0}, B},
	[INK_ACTIVE] = {{24, -1, 0}, {6, -1, B}, {6, -1, 0}, 0},
	[INK_UNKNOWN] = {{90, -1, B}, {5, -1, B}, {5, -1, B}, B},
	[INK_MAINT] = {{26, -1, 0}, {4, -1, 0}, {4, -1, 0}, 0},
	[INK_LOAD] = {{66, -1, 0}, {6, -1, 0}, {6, -1, 0}, 0},
	[INK_LOAD_MANY] = {{109, -1, 0}, {6, -1, 0}, {6, -1, 0}, 0},
	[INK_LINE] = {{248, -1, 0}, {7, -1, 0}, {-1, -1, 0}, 0},
	[INK_HEAD] = {{-1, -1, B | U}, {-1, -1, B | U}, {-1, -1, B | U}, B | U},
	[INK_BAR] = {{236, 253, 0}, {0, 7, 0}, {7, 4, 0}, R},
	[INK_BAR_BOLD] = {{16, 253, B}, {0, 7, B}, {7, 4, B}, R | B},
	[INK_BAR_DIM] = {{240, 253, 0}, {0, 7, 0}, {7, 4, 0}, R},
	[INK_BAR_ACCENT] = {{88, 253, B}, {4, 7, B}, {7, 4, B}, R | B},
	[INK_BAR_ALERT] = {{231, 160, B}, {15, 1, B}, {7, 1, B}, B},
	[INK_SITE] = {{16, 253, B}, {0, 7, B}, {7, 4, B}, R | B},
	[INK_CURSOR] = {{231, 24, 0}, {15, 4, 0}, {7, 4, 0}, R},
	[INK_CURSOR_BOLD] = {{231, 24, B}, {15, 4, B}, {7, 4, B}, R | B},
	[INK_FIELD] = {{16, 254, U}, {0, 7, U}, {-1, -1, U}, U},
};

/* For eyes and screens that lose what is faint: white on black, nothing dim, pure colours. */
static const struct row contrast[INK_COUNT] = {
	[INK_NORMAL] = {{-1, -1, 0}, {-1, -1, 0}, {-1, -1, B}, 0},
	[INK_BOLD] = {{-1, -1, B}, {-1, -1, B}, {-1, -1, B}, B},
	[INK_DIM] = {{253, -1, 0}, {7, -1, 0}, {-1, -1, 0}, 0},
	[INK_ACCENT] = {{215, -1, B}, {14, -1, B}, {6, -1, B}, B},
	[INK_GOOD] = {{120, -1, 0}, {10, -1, 0}, {2, -1, B}, 0},
	[INK_ALERT] = {{15, 124, B}, {15, 1, B}, {7, 1, B}, R | B},
	[INK_ALERT_TEXT] = {{217, -1, B}, {15, 1, B}, {7, 1, B}, B},
	[INK_WARN] = {{226, -1, B}, {11, -1, B}, {3, -1, B}, R | B},
	[INK_ACTIVE] = {{51, -1, B}, {14, -1, B}, {6, -1, B}, 0},
	[INK_UNKNOWN] = {{219, -1, B}, {13, -1, B}, {5, -1, B}, B},
	[INK_MAINT] = {{123, -1, B}, {14, -1, B}, {6, -1, B}, 0},
	[INK_LOAD] = {{87, -1, 0}, {14, -1, 0}, {6, -1, B}, 0},
	[INK_LOAD_MANY] = {{80, -1, 0}, {6, -1, 0}, {6, -1, 0}, 0},
	[INK_LINE] = {{252, -1, 0}, {7, -1, 0}, {-1, -1, 0}, 0},
	[INK_HEAD] = {{-1, -1, B | U}, {-1, -1, B | U}, {-1, -1, B | U}, B | U},
	[INK_BAR] = {{0, 15, 0}, {0, 15, 0}, {0, 7, 0}, R},
	[INK_BAR_BOLD] = {{0, 15, B}, {0, 15, B}, {0, 7, 0}, R | B},
	[INK_BAR_DIM] = {{0, 15, 0}, {0, 15, 0}, {0, 7, 0}, R},
	[INK_BAR_ACCENT] = {{0, 15, B}, {0, 15, B}, {0, 7, 0}, R | B},
	[INK_BAR_ALERT] = {{15, 124, B}, {15, 1, B}, {7, 1, B}, B},
	[INK_SITE] = {{0, 15, B}, {0, 15, B}, {0, 7, 0}, R | B},
	[INK_CURSOR] = {{0, 15, B}, {0, 15, 0}, {0, 7, 0}, R},
	[INK_CURSOR_BOLD] = {{0, 15, B}, {0, 15, B}, {0, 7, 0}, R | B},
	[INK_FIELD] = {{15, 0, U}, {15, 0, U}, {7, 0, U}, U},
};

static const struct { const char *name; const struct row *rows; } themes[THEME_COUNT] = {
	[THEME_DARK] = {"dark", dark}, [THEME_LIGHT] = {"light", light}, [THEME_CONTRAST] = {"contrast", contrast}, [THEME_MONO] = {"mono", dark},
};

const char *palette_theme_name(enum theme t)
{
	return themes[t].name;
}

/* "0;15", "15;default;0": its last part is the colour of the ground. */
static bool is_light(const char *colorfgbg)
{
	const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;

	return last && (strcmp(last, ";7") == 0 || strcmp(last, ";15") == 0);
}

enum theme palette_theme(const char *wish, const char *colorfgbg, bool no_color)
{
	if (no_color)
		return THEME_MONO;
	for (int i = 0; wish && i < THEME_COUNT; i++)
		if (strcmp(wish, themes[i].name) == 0)
			return (enum theme)i;
	return is_light(colorfgbg) ? THEME_LIGHT : THEME_DARK;
}

struct style palette_ground(enum theme t, int colours)
{
	if (t == THEME_CONTRAST && colours >= 8)
		return (struct style){(short)(colours >= 16 ? 15 : 7), 0, 0};
	return (struct style){-1, -1, 0};
}

struct style palette_style(enum theme t, enum ink ink, int colours)
{
	const struct row *r = &themes[t].rows[ink];

	if (t == THEME_MONO || colours < 8)
		return (struct style){-1, -1, r->mono};
	return colours >= 256 ? r->c256 : colours >= 16 ? r->c16 : r->c8;
}

struct style palette_site(enum theme t, const char *colour, int colours)
{
	static const struct { const char *name; short c256, bg, fg; } known[] = {
		{"red", 124, 1, 7}, {"green", 28, 2, 0}, {"yellow", 178, 3, 0}, {"blue", 25, 4, 7}, {"magenta", 90, 5, 7}, {"cyan", 30, 6, 0}, {"white", 255, 7, 0}};

	for (size_t i = 0; t != THEME_MONO && colours >= 8 && i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].name, colour) == 0)
			return (struct style){colours >= 256 ? (known[i].fg ? 231 : 16) : known[i].fg, colours >= 256 ? known[i].c256 : known[i].bg, B};
	return palette_style(t, INK_SITE, colours);
}

static void rgb_of(int colour, int out[3])
{
	static const unsigned char first[16][3] = {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205},
		{229, 229, 229}, {127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};
	static const int step[6] = {0, 95, 135, 175, 215, 255};

	for (int i = 0, part = 36; i < 3; i++, part /= 6)
		out[i] = colour < 16 ? first[colour][i] : colour < 232 ? step[(colour - 16) / part % 6] : 8 + 10 * (colour - 232);
}

short palette_map(short colour, int colours)
{
	int most = colours >= 16 ? 16 : 8, best = 0, want[3], have[3];
	long least = -1;

	if (colour < 0 || colours >= 256 || colour < most)
		return colour;
	if (colour < 16)
		return (short)(colour - 8);
	rgb_of(colour, want);
	for (int i = 0; i < most; i++) {
		long d = 0;

		rgb_of(i, have);
		for (int j = 0; j < 3; j++)
			d += (long)(want[j] - have[j]) * (want[j] - have[j]);
		if (least < 0 || d < least) {
			least = d;
			best = i;
		}
	}
	return (short)best;
}

enum ink palette_selected(enum ink ink)
{
	switch (ink) {
	case INK_ALERT:
		return INK_ALERT;
	case INK_BOLD:
	case INK_ACCENT:
	case INK_ALERT_TEXT:
	case INK_WARN:
	case INK_UNKNOWN:
		return INK_CURSOR_BOLD;
	default:
		return INK_CURSOR;
	}
}
