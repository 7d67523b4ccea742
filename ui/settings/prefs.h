/* What can be chosen in Setup beside columns and filters: one row each, with its values and what they bring about. The values live in the
 * settings. app.c applies all at the start, view_setup.c shows and changes them. */
#ifndef TANA_PREFS_H
#define TANA_PREFS_H

#include "app.h"

#define PREF_VALUES 6

struct pref {
	const char *name;                 /* in the settings */
	const char *label, *help;         /* N_() */
	struct { const char *value, *label; } values[PREF_VALUES]; /* the first is what counts where nothing was chosen; label NC_("setting", ...) */
	void (*apply)(struct app *a);     /* makes it true, from the settings; a NULL: before the screen has started. NULL: who needs it asks */
	/* Writes what it comes to here where that is not what was chosen ("this terminal has no mouse"), "" else. May be NULL. */
	void (*comes_to)(char *out, size_t size);
};
extern const struct pref prefs[];
extern const size_t prefs_rows;

void prefs_start(void);               /* after settings_open, before screen_start */
const char *prefs_get(const struct pref *p); /* one of its values */
void prefs_set(struct app *a, const struct pref *p, const char *value); /* one of its values; counts at once. Its first one is kept as none */
int prefs_ambiguous(void);            /* 1, 2, 0: measure */
bool prefs_clock(void);               /* the clock in the first line is wanted */
bool prefs_bell(void);                /* a bell for new alerts */

#endif
