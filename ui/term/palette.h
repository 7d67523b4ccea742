/* Inks: what a text means, and what that looks like on 256, 16, 8 colours and none. Pure; screen.c turns a row into
 * attributes. Every meaning is also a letter or a sign on the screen: no ink carries it alone. */
#ifndef TANA_PALETTE_H
#define TANA_PALETTE_H

#include <stdbool.h>

enum ink {
	INK_NORMAL,
	INK_BOLD,       /* headings, what the eye must find */
	INK_DIM,        /* labels, secondary facts */
	INK_ACCENT,     /* the program's own voice */
	INK_GOOD,       /* running, live */
	INK_ALERT,      /* hurts now: white on red */
	INK_ALERT_TEXT, /* a sentence about it */
	INK_WARN,       /* will hurt */
	INK_ACTIVE,     /* under way */
	INK_UNKNOWN,    /* not known */
	INK_MAINT,      /* maintenance */
	INK_LOAD,       /* load blocks: one dim hue */
	INK_LOAD_MANY,  /* a floor full of them: dimmer still */
	INK_LINE,       /* borders */
	INK_HEAD,       /* names of columns */
	INK_BAR,        /* first and last line */
	INK_BAR_BOLD,
	INK_BAR_DIM,
	INK_BAR_ACCENT,
	INK_BAR_ALERT,
	INK_SITE,       /* the site's name in the first line, in the colour of its file */
	INK_CURSOR,     /* the row under the cursor */
	INK_CURSOR_BOLD,
	INK_FIELD,      /* a text field */
	INK_COUNT
};

#define STYLE_BOLD 1
#define STYLE_DIM 2
#define STYLE_UNDERLINE 4
#define STYLE_REVERSE 8

struct style { short fg, bg; unsigned char attr; }; /* colour numbers, -1 the terminal's own */

/* Tables of what inks look like. Dark and light use the terminal's own ground and letters, high contrast brings its own; mono has no colour. */
enum theme { THEME_DARK, THEME_LIGHT, THEME_CONTRAST, THEME_MONO, THEME_COUNT };

const char *palette_theme_name(enum theme t);            /* "dark", "light", "contrast", "mono" */
/* What the user wishes (a name, "auto", "" or NULL), and what the terminal says of its colours in $COLORFGBG (NULL: nothing). no_color:
 * $NO_COLOR asks for none, and that goes before all else. Where nothing is sure: dark. */
enum theme palette_theme(const char *wish, const char *colorfgbg, bool no_color);
/* Colours of letters and ground where an ink names none: -1 the terminal's own. */
struct style palette_ground(enum theme t, int colours);

/* colours: how many the terminal has (0 = none). */
struct style palette_style(enum theme t, enum ink ink, int colours);
/* What INK_SITE looks like for a colour of the site file ("red" to "white"; "" none). */
struct style palette_site(enum theme t, const char *colour, int colours);
/* A colour of 256 where there are fewer: the nearest of 16 or 8. -1 stays. */
short palette_map(short colour, int colours);
/* The same ink on the row under the cursor: what hurts stays as it is, the rest gives way. */
enum ink palette_selected(enum ink ink);

#endif
