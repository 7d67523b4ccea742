/* The saved filters: use one, save the filter of now, forget one. Opened by f; what is saved is in saved.c. */
#include "dialogs/form.h"

#include "common/text.h"
#include "settings/saved.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

#define SHOWN 9             /* lines; the others are reached by "@NAME" in the filter line */

enum { ACT_SAVE = 1000, ACT_FORGET };

/* "night   state:off tenant:acme", in straight columns. */
static void name_line(char *out, size_t size, const char *name, int width)
{
	char padded[SAVED_NAME_MAX * 4];

	text_fit(padded, sizeof padded, name, width, "~", false);
	snprintf(out, size, "%s  %.120s", padded, saved_get(name) ? saved_get(name) : "");
	text_mend(out);
}

/* A line for each of them. */
static size_t add_names(struct view *f)
{
	const char *names[SAVED_MOST];
	size_t n = saved_names("", names, SAVED_MOST), shown = n < SHOWN ? n : SHOWN;
	int width = 0;

	for (size_t i = 0; i < shown; i++)
		width = text_width(names[i]) > width ? text_width(names[i]) : width;
	for (size_t i = 0; i < shown; i++) {
		char line[256];

		name_line(line, sizeof line, names[i], width);
		form_act(f, line, (int)i, "");
	}
	if (n > shown) {
		char more[160];

		snprintf(more, sizeof more, _("%zu more: @ and Tab in the filter line offer them all."), n - shown);
		form_words(f, INK_DIM, more);
	}
	return n;
}

static const char *name_at(int which)
{
	const char *names[SAVED_MOST];
	size_t n = saved_names("", names, SAVED_MOST);

	return which >= 0 && (size_t)which < n && which < SAVED_MOST ? names[which] : NULL;
}

/* ---- a new one ---- */

static void act_save(struct view *f, void *ctx, int what)
{
	struct app *a = f->app;
	const char *name = form_text(f, 0);

	if (!saved_is_name(name)) {
		app_say(a, INK_WARN, "%s", _("a name has letters, digits, \".\" and \"-\", at most 40"));
		return;
	}
	if (!saved_set(name, a->filter)) {
		app_say(a, INK_WARN, "%s", _("there is no room for another saved filter"));
		return;
	}
	app_say(a, INK_NORMAL, _("saved: @%s stands for it; f lists what is saved"), name);
	app_back(a);
}

static void open_save(struct app *a)
{
	static const struct form_ops ops = {.act = act_save};
	struct view *f = form_new(a, _("Save the filter"), "", &ops, NULL);

	form_words(f, INK_NORMAL, a->filter);
	form_field(f, _("Name:"), _("letters, digits, \".\" and \"-\""), "", SAVED_NAME_MAX);
	form_act(f, _("Save it"), 0, "");
	app_push(a, f);
}

/* ---- one less ---- */

static void act_forget(struct view *f, void *ctx, int what)
{
	struct app *a = f->app;
	const char *name = name_at(what);

	if (name) {
		app_say(a, INK_NORMAL, _("@%s is forgotten"), name);
		saved_set(name, NULL);
	}
	app_back(a);
}

static void open_forget(struct app *a)
{
	static const struct form_ops ops = {.act = act_forget};
	struct view *f = form_new(a, _("Forget which filter?"), "", &ops, NULL);

	add_names(f);
	app_push(a, f);
}

/* ---- all ---- */

static void act(struct view *f, void *ctx, int what)
{
	struct app *a = f->app;
	const char *name = name_at(what);
	char text[APP_FILTER_MAX];

	if (what == ACT_SAVE || what == ACT_FORGET) {
		app_back(a);
		(what == ACT_SAVE ? open_save : open_forget)(a);
		return;
	}
	snprintf(text, sizeof text, "%s", name ? saved_get(name) : a->filter);
	app_back(a);
	app_filter_set(a, text);
}

struct view *dialog_filters_new(struct app *a)
{
	static const struct form_ops ops = {.act = act};
	struct view *f = form_new(a, _("Saved filters"), "", &ops, NULL);
	size_t n = add_names(f);

	if (n == 0)
		form_words(f, INK_NORMAL, _("None yet. In the filter line (/) ^S saves what was typed under a name; @NAME stands for it there and in \"tana list vms @NAME\"."));
	form_act(f, _("Save the filter of now under a name"), ACT_SAVE, *a->filter ? "" : _("there is no filter now"));
	if (n > 0)
		form_act(f, _("Forget one"), ACT_FORGET, "");
	return f;
}
