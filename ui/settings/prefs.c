/* The table of what can be chosen, and what it does (prefs.h). */
#include "settings/prefs.h"

#include "app_inside.h"
#include "settings/settings.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lang.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *value_of(const char *name)
{
	for (size_t i = 0; i < prefs_rows; i++)
		if (strcmp(prefs[i].name, name) == 0)
			return prefs_get(&prefs[i]);
	return "";
}

/* ---- effects ---- */

static bool no_color(void)
{
	const char *v = getenv("NO_COLOR");

	return v && *v;
}

static void apply_theme(struct app *a)
{
	screen_theme(palette_theme(value_of("theme"), getenv("COLORFGBG"), no_color()));
}

static void theme_comes_to(char *out, size_t size)
{
	const char *wish = value_of("theme");

	if (no_color() && strcmp(wish, "mono") != 0)
		snprintf(out, size, "%s", _("NO_COLOR is set: black and white"));
	else if (strcmp(wish, "mono") != 0 && screen_mono())
		snprintf(out, size, "%s", _("this terminal has no colours"));
	else if (strcmp(wish, "auto") == 0)
		snprintf(out, size, _("here: %s"), palette_theme(wish, getenv("COLORFGBG"), false) == THEME_LIGHT ? C_("setting", "light") : C_("setting", "dark"));
}

static enum tier wished_tier(void)
{
	const char *v = value_of("lines");

	return strcmp(v, "ascii") == 0 ? TIER_ASCII : strcmp(v, "cp437") == 0 ? TIER_CP437 : TIER_FULL;
}

static void apply_lines(struct app *a)
{
	screen_lines(wished_tier());
}

static void lines_come_to(char *out, size_t size)
{
	enum tier t = screen_tier();

	if (strcmp(value_of("lines"), "auto") == 0)
		snprintf(out, size, _("here: %s"), t == TIER_FULL ? C_("setting", "full") : t == TIER_CP437 ? C_("setting", "of a text console") : "ASCII");
	else if (t != wished_tier())
		snprintf(out, size, "%s", _("this terminal, or its locale, cannot show them"));
}

static void apply_ambiguous(struct app *a)
{
	if (a)
		screen_width(prefs_ambiguous());
}

static void ambiguous_comes_to(char *out, size_t size)
{
	if (prefs_ambiguous() == 0)
		snprintf(out, size, P_(_("here: %d cell"), _("here: %d cells"), (size_t)screen_ambiguous()), screen_ambiguous());
}

static void apply_mouse(struct app *a)
{
	screen_mouse(strcmp(value_of("mouse"), "on") == 0);
}

static void mouse_comes_to(char *out, size_t size)
{
	if (!screen_has_mouse())
		snprintf(out, size, "%s", _("this terminal has none"));
	else if (screen_mouse_now())
		snprintf(out, size, "%s", _("hold Shift to select text for copying"));
}

static char language_at_start[8];

static void apply_language(struct app *a)
{
	const char *wish = value_of("language");

	if (strcmp(wish, "auto") == 0)
		wish = language_at_start;
	if (*wish && strcmp(wish, lang_now()) != 0) {
		if (a)
			app_switch_language(a);
		else
			lang_switch();
	}
}

static void language_comes_to(char *out, size_t size)
{
	const char *wish = value_of("language");

	if (strcmp(wish, "auto") == 0)
		snprintf(out, size, _("here: %s"), lang_name(lang_now()));
	else if (strcmp(wish, lang_now()) != 0)
		snprintf(out, size, "%s", _("this terminal cannot show it: it needs UTF-8"));
}

static void apply_redraw(struct app *a)
{
	if (a)
		app_draw(a);
}

/* ---- the table ---- */

const struct pref prefs[] = {
	{"theme", N_("Theme"), N_("Colours. Whatever they say, a letter or a sign says too."),
		{{"auto", NC_("setting", "auto")}, {"dark", NC_("setting", "dark")}, {"light", NC_("setting", "light")}, {"contrast", NC_("setting", "high contrast")}, {"mono", NC_("setting", "black and white")}},
		apply_theme, theme_comes_to},
	{"lines", N_("Lines and signs"), N_("What boxes, loads and marks are drawn with. Fewer where a font lacks them."),
		{{"auto", NC_("setting", "auto")}, {"full", NC_("setting", "full")}, {"cp437", NC_("setting", "of a text console")}, {"ascii", NC_("setting", "ASCII")}}, apply_lines, lines_come_to},
	{"ambiguous", N_("Cells of a line"), N_("How many cells your terminal draws a line or a dot in: many Japanese ones take two. TANA_AMBIGUOUS goes before this."),
		{{"auto", NC_("setting", "auto")}, {"1", NC_("setting", "1 cell")}, {"2", NC_("setting", "2 cells")}}, apply_ambiguous, ambiguous_comes_to},
	{"language", N_("Language"), N_("Of all that is written here. Names stay as they are."),
		{{"auto", NC_("setting", "auto")}, {"en", "English"}, {"ja", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"}}, apply_language, language_comes_to},
	{"mouse", N_("Mouse"), N_("A click selects, on what is selected it opens; the wheel scrolls; keys and headings can be clicked. Off: the terminal selects text as ever."),
		{{"on", NC_("setting", "on")}, {"off", NC_("setting", "off")}}, apply_mouse, mouse_comes_to},
	{"clock", N_("Clock"), N_("In the first line. Off: a screen on which nothing happens sends nothing at all."),
		{{"on", NC_("setting", "on")}, {"off", NC_("setting", "off")}}, apply_redraw, NULL},
	{"bell", N_("Bell"), N_("Rings when there is a new alert."),
		{{"off", NC_("setting", "off")}, {"on", NC_("setting", "on")}}, NULL, NULL},
};
const size_t prefs_rows = sizeof prefs / sizeof prefs[0];

const char *prefs_get(const struct pref *p)
{
	const char *v = settings_get(p->name, p->values[0].value);

	for (int i = 0; i < PREF_VALUES && p->values[i].value; i++)
		if (strcmp(p->values[i].value, v) == 0)
			return p->values[i].value;
	return p->values[0].value; /* of another version, or of somebody's editor */
}

void prefs_set(struct app *a, const struct pref *p, const char *value)
{
	settings_set(p->name, strcmp(value, p->values[0].value) == 0 ? NULL : value);
	if (p->apply)
		p->apply(a);
}

int prefs_ambiguous(void)
{
	const char *v = value_of("ambiguous");

	return *v == '1' || *v == '2' ? *v - '0' : 0;
}

bool prefs_clock(void)
{
	return strcmp(value_of("clock"), "on") == 0;
}

bool prefs_bell(void)
{
	return strcmp(value_of("bell"), "on") == 0;
}

void prefs_start(void)
{
	snprintf(language_at_start, sizeof language_at_start, "%s", lang_now());
	for (size_t i = 0; i < prefs_rows; i++)
		if (prefs[i].apply)
			prefs[i].apply(NULL);
}
