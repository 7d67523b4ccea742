/* The inks on this terminal: what ncurses is told of colours, by theme, and pairs of colours for cells of other terminals (screen.h). */
#include "term/screen_inside.h"

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

attr_t screen_attr(unsigned style)
{
	return (style & STYLE_BOLD ? A_BOLD : 0) | (style & STYLE_DIM ? A_DIM : 0) | (style & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
		(style & STYLE_REVERSE ? A_REVERSE : 0);
}

/* Where the terminal's own colours cannot be asked for, or the theme has its own. */
static void settle_colours(short *fg, short *bg)
{
	if (scr.own)
		return;
	*fg = *fg < 0 ? scr.fg : *fg;
	*bg = *bg < 0 ? scr.bg : *bg;
}

static void drop_ink(enum ink ink)
{
	if (scr.pair[ink])
		free_pair(scr.pair[ink]);
	scr.pair[ink] = 0;
}

static void make_ink(enum ink ink, struct style st)
{
	bool coloured = scr.colours && (st.fg >= 0 || st.bg >= 0);

	if (coloured)
		settle_colours(&st.fg, &st.bg);
	if (coloured && init_pair((short)(ink + 1), st.fg, st.bg) == OK)
		scr.pair[ink] = (short)(ink + 1);
	else
		drop_ink(ink);
	scr.attr[ink] = screen_attr(st.attr);
}

/* How many colours the theme may use. Where it uses none, ncurses is never told of any: not one colour sequence is sent. */
static int colours_of(enum theme t)
{
	if (t == THEME_MONO || !has_colors() || (!scr.coloured && start_color() != OK))
		return 0;
	scr.coloured = true;
	return COLORS >= 8 ? COLORS : 0;
}

void screen_drop_pairs(void)
{
	for (short i = 0; i < scr.npairs; i++)
		free_pair(INK_COUNT + 1 + i);
	free(scr.pairs);
	scr.pairs = NULL;
	scr.npairs = 0;
}

void screen_make_inks(void)
{
	struct style ground;

	scr.colours = colours_of(scr_wish.theme);
	/* While there are pairs, ncurses loses some of its memory when the colours of the ground change. */
	screen_drop_pairs();
	for (int i = 0; i < INK_COUNT; i++)
		drop_ink((enum ink)i);
	ground = palette_ground(scr_wish.theme, scr.colours);
	scr.own = false;
	scr.fg = ground.fg < 0 ? 7 : ground.fg;
	scr.bg = ground.bg < 0 ? 0 : ground.bg;
	if (scr.coloured && ground.fg < 0)
		scr.own = use_default_colors() == OK;
	else if (scr.coloured)
		assume_default_colors(ground.fg, ground.bg);
	scr.mono = scr.colours == 0;
	for (int i = 0; i < INK_COUNT; i++)
		make_ink((enum ink)i, palette_style(scr_wish.theme, (enum ink)i, scr.colours));
	make_ink(INK_SITE, palette_site(scr_wish.theme, scr.site_colour, scr.colours));
}

void screen_theme(enum theme t)
{
	bool other = t != scr_wish.theme;

	scr_wish.theme = t;
	if (!scr.on || !other)
		return;
	screen_repaint(); /* first: then ncurses does not look for the cells of each pair that is dropped */
	screen_make_inks();
}

void screen_site_colour(const char *colour)
{
	if (strcmp(colour, scr.site_colour) == 0)
		return;
	snprintf(scr.site_colour, sizeof scr.site_colour, "%s", colour);
	make_ink(INK_SITE, palette_site(scr_wish.theme, colour, scr.colours));
}

/* Pairs are made when they are first seen; when the terminal has no more, cells go without colours. */
short screen_pair(short fg, short bg)
{
	short *p;

	if (!scr.colours)
		return 0;
	fg = palette_map(fg, scr.colours);
	bg = palette_map(bg, scr.colours);
	settle_colours(&fg, &bg);
	if (!scr.pairs)
		scr.pairs = xcalloc(257, sizeof *scr.pairs);
	p = &scr.pairs[bg + 1][fg + 1];
	if (*p == 0 && INK_COUNT + 1 + scr.npairs < COLOR_PAIRS && scr.npairs < PAIRS_MOST && init_pair((short)(INK_COUNT + 1 + scr.npairs), fg, bg) == OK)
		*p = (short)(INK_COUNT + 1 + scr.npairs++);
	return *p;
}

int screen_colours(void)
{
	return scr.colours;
}

bool screen_mono(void)
{
	return scr.mono;
}
