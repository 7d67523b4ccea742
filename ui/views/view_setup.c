/* Setup: what can be chosen, each with all its values in a row, columns of lists, saved filters. What is chosen counts at once and is kept in
 * the settings, where this mode may keep anything. Opened by S and F2 everywhere. */
#include "app.h"
#include "common/text.h"
#include "lists/list.h"
#include "settings/prefs.h"
#include "settings/saved.h"
#include "settings/settings.h"
#include "term/input.h"
#include "tr.h"
#include "words/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL 18      /* cells of the first column, at least */
#define FOOT 4        /* rows at the bottom: what it means, what it comes to here, whether it is kept */
#define ROWS_MOST 128

enum kind_of_row { ROW_BLANK, ROW_HEAD, ROW_PREF, ROW_LIST, ROW_FILTER, ROW_NONE /* a remark */ };

struct setup_row {
	enum kind_of_row kind;
	size_t n;         /* of prefs, of lists */
	const char *text; /* a heading, the name of a filter */
};

static const struct { enum tab tab; const char *label; } lists[] = {
	{TAB_VMS, N_("VMs")}, {TAB_BLADES, N_("Blades")}, {TAB_JOBS, N_("Jobs")}, {TAB_ALERTS, N_("Alerts")}, {TAB_CLUSTERS, N_("Clusters")}, {TAB_VOLUMES, N_("Volumes")},
};

struct setup {
	struct view view;
	struct setup_row rows[ROWS_MOST];
	int n, at, top;
	struct box area;          /* of the rows, in the last picture */
	struct input name;        /* of the filter under the cursor, while it is renamed */
	bool naming;
	char sure[SAVED_NAME_MAX + 1]; /* filter whose deletion was asked for once */
};

static struct setup *of(struct view *v)
{
	return (struct setup *)v;
}

/* ---- rows ---- */

static void add(struct setup *s, enum kind_of_row kind, size_t n, const char *text)
{
	if (s->n < ROWS_MOST)
		s->rows[s->n++] = (struct setup_row){kind, n, text};
}

static bool is_choice(const struct setup_row *r)
{
	return r->kind == ROW_PREF || r->kind == ROW_LIST || r->kind == ROW_FILTER;
}

static void fill(struct setup *s)
{
	struct app *a = s->view.app;
	const char *names[SAVED_MOST];
	size_t n = saved_names("", names, SAVED_MOST);

	s->n = 0;
	add(s, ROW_HEAD, 0, _("This console"));
	for (size_t i = 0; i < prefs_rows; i++)
		add(s, ROW_PREF, i, NULL);
	add(s, ROW_BLANK, 0, NULL);
	add(s, ROW_HEAD, 0, _("Columns of lists"));
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct view *v = app_tab_view(a, lists[i].tab);

		if (v && v->ops->list)
			add(s, ROW_LIST, i, NULL);
	}
	add(s, ROW_BLANK, 0, NULL);
	add(s, ROW_HEAD, 0, _("Saved filters"));
	for (size_t i = 0; i < n && i < SAVED_MOST; i++)
		add(s, ROW_FILTER, i, names[i]);
	if (n == 0)
		add(s, ROW_NONE, 0, _("none yet"));
	if (s->at >= s->n)
		s->at = s->n - 1;
	while (s->at > 0 && !is_choice(&s->rows[s->at]))
		s->at--;
	if (!is_choice(&s->rows[s->at]))
		s->at = 1;
}

static struct list *list_of(const struct setup *s, size_t n)
{
	struct view *v = app_tab_view(s->view.app, lists[n].tab);

	return v && v->ops->list ? v->ops->list(v) : NULL;
}

/* ---- drawing ---- */

static int label_width(const struct setup *s)
{
	int w = LABEL;

	for (int i = 0; i < s->n; i++) {
		const char *t = s->rows[i].kind == ROW_PREF ? _(prefs[s->rows[i].n].label) : s->rows[i].kind == ROW_FILTER ? s->rows[i].text : "";
		int mine = *t ? text_width(t) + 2 : 0;

		w = mine > w ? mine : w;
	}
	return w > 30 ? 30 : w;
}

/* A language is called as it calls itself, where that can be shown. */
static const char *label_of(const struct pref *p, int i)
{
	return strcmp(p->values[i].value, "ja") == 0 && !screen_utf8() ? "Japanese" : C_("setting", p->values[i].label);
}

/* All values, the one that counts in brackets; where there is no room for all, that one alone. */
static void draw_values(struct pen *p, const struct pref *pref)
{
	const char *now = prefs_get(pref);
	int width = 0;
	bool all;

	for (int i = 0; i < PREF_VALUES && pref->values[i].value; i++)
		width += text_width(label_of(pref, i)) + 3;
	all = width <= p->end - p->x;
	for (int i = 0; i < PREF_VALUES && pref->values[i].value; i++) {
		bool mine = pref->values[i].value == now;

		if (mine || all)
			pen_f(p, mine ? INK_BOLD : INK_DIM, mine ? "[%s]" : " %s ", label_of(pref, i));
		pen_skip(p, mine || all);
	}
}

static void draw_list(struct pen *p, struct list *l)
{
	const struct columns *c = l ? list_columns(l) : NULL;
	int shown[COLUMNS_MOST], n;
	bool usual, reverse;

	if (!c)
		return;
	n = list_chosen(l, shown, &usual);
	if (usual)
		pen_text(p, INK_DIM, _("as at first"));
	for (int i = 0; !usual && i < n; i++)
		pen_f(p, INK_NORMAL, "%s%s", _(c->list[shown[i]].title), i + 1 < n ? "  " : "");
	n = list_sorted_by(l, &reverse);
	if (n != c->sort || reverse != c->list[n].down) {
		pen_skip(p, 2);
		pen_f(p, INK_DIM, _("by %s "), _(c->list[n].title));
		pen_glyph(p, INK_DIM, reverse ? GLYPH_DOWN : GLYPH_UP);
	}
}

static void draw_row(struct setup *s, int y, struct box b, int i, int label)
{
	const struct setup_row *r = &s->rows[i];
	bool here = i == s->at;
	struct pen p = {y, b.x + 3 + label, b.x + b.w - 1};
	const char *text = r->kind == ROW_PREF ? _(prefs[r->n].label) : r->kind == ROW_LIST ? _(lists[r->n].label) : r->text;

	if (r->kind == ROW_HEAD)
		screen_text(y, b.x + 1, b.w - 1, INK_ACCENT, text);
	if (r->kind == ROW_NONE)
		screen_text(y, b.x + 3, b.w - 3, INK_DIM, text);
	if (!is_choice(r))
		return;
	screen_text(y, b.x + 1, 1, here ? INK_CURSOR : INK_NORMAL, here ? ">" : " ");
	screen_text(y, b.x + 2, 1, here ? INK_CURSOR : INK_NORMAL, " ");
	if (here && s->naming) {
		input_draw(&s->name, y, b.x + 3, label, INK_FIELD, &s->view.cursor_x);
		s->view.cursor_y = y;
	} else {
		screen_text(y, b.x + 3, label - 1, here ? INK_CURSOR : INK_NORMAL, text);
	}
	if (r->kind == ROW_PREF)
		draw_values(&p, &prefs[r->n]);
	else if (r->kind == ROW_LIST)
		draw_list(&p, list_of(s, r->n));
	else if (saved_get(r->text))
		pen_text(&p, INK_DIM, saved_get(r->text));
}

static const char *help_of(const struct setup *s)
{
	const struct setup_row *r = &s->rows[s->at];

	if (s->naming)
		return _("Another name: Enter takes it, Esc leaves it as it was.");
	switch (r->kind) {
	case ROW_PREF:
		return _(prefs[r->n].help);
	case ROW_LIST:
		return _("Which columns, in which order, sorted by which: Enter. In the list itself C does the same.");
	case ROW_FILTER:
		return _("Enter gives it another name, d deletes it. f opens it in a list.");
	default:
		return "";
	}
}

static void draw_foot(const struct setup *s, struct box b)
{
	const struct setup_row *r = &s->rows[s->at];
	char here[200] = "";
	int y = b.y;

	y += wrap_draw(y, b.x + 1, b.w - 2, 2, INK_NORMAL, help_of(s), false);
	if (r->kind == ROW_PREF && prefs[r->n].comes_to)
		prefs[r->n].comes_to(here, sizeof here);
	if (*here && y < b.y + b.h - 1)
		screen_text(y, b.x + 1, b.w - 2, INK_DIM, here);
	screen_text(b.y + b.h - 1, b.x + 1, b.w - 2, INK_DIM,
		settings_kept() ? settings_place() : _("For this session: no file is kept here."));
}

static void draw(struct view *v, struct box b)
{
	struct setup *s = of(v);
	int foot = b.h >= 12 ? FOOT : b.h >= 6 ? 2 : 0, label;

	fill(s);
	label = label_width(s);
	screen_clip(b);
	s->area = (struct box){b.y, b.x, b.h - foot - (foot > 0), b.w};
	if (s->area.h < 1)
		return;
	if (s->at < s->top + 1)
		s->top = s->at > 0 ? s->at - 1 : 0; /* its heading too */
	if (s->at >= s->top + s->area.h)
		s->top = s->at - s->area.h + 1;
	if (s->n - s->top < s->area.h)
		s->top = s->n > s->area.h ? s->n - s->area.h : 0;
	for (int i = 0; i < s->area.h && s->top + i < s->n; i++)
		draw_row(s, b.y + i, b, s->top + i, label);
	if (foot > 0)
		draw_foot(s, (struct box){b.y + b.h - foot, b.x, foot, b.w});
}

static void info(struct view *v, struct pen *p)
{
	pen_text(p, INK_DIM, _("What is chosen counts at once."));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("setup"));
}

/* ---- keys ---- */

static void step(struct setup *s, int by)
{
	int to = s->at;

	s->sure[0] = '\0';
	do
		to += by;
	while (to >= 0 && to < s->n && !is_choice(&s->rows[to]));
	if (to >= 0 && to < s->n)
		s->at = to;
}

static void turn(struct setup *s, int by)
{
	const struct pref *p = &prefs[s->rows[s->at].n];
	const char *now = prefs_get(p);
	int n = 0, at = 0;

	for (; n < PREF_VALUES && p->values[n].value; n++)
		at = p->values[n].value == now ? n : at;
	prefs_set(s->view.app, p, p->values[(at + by + n) % n].value);
}

static void open_row(struct setup *s, int by)
{
	const struct setup_row *r = &s->rows[s->at];
	struct list *l;

	if (r->kind == ROW_PREF) {
		turn(s, by);
	} else if (r->kind == ROW_LIST && by > 0) {
		l = list_of(s, r->n);
		if (l)
			app_push(s->view.app, dialog_columns_new(s->view.app, l));
	} else if (r->kind == ROW_FILTER && by > 0) {
		s->naming = true;
		s->name.max = SAVED_NAME_MAX;
		input_set(&s->name, r->text);
	}
}

/* What is lost is small, but it cannot be had back: once more, then. */
static void forget(struct setup *s)
{
	const struct setup_row *r = &s->rows[s->at];

	if (r->kind != ROW_FILTER)
		return;
	if (strcmp(s->sure, r->text) != 0) {
		snprintf(s->sure, sizeof s->sure, "%s", r->text);
		app_say(s->view.app, INK_WARN, _("Once more deletes the filter %s."), r->text);
		return;
	}
	app_say(s->view.app, INK_DIM, _("The filter %s is deleted."), s->sure);
	saved_set(s->sure, NULL);
	s->sure[0] = '\0';
}

static void rename_to(struct setup *s)
{
	const struct setup_row *r = &s->rows[s->at];
	const char *to = s->name.text, *text = r->kind == ROW_FILTER ? saved_get(r->text) : NULL;
	char from[SAVED_NAME_MAX + 1];
	char *kept;

	if (!text || strcmp(to, r->text) == 0) {
		s->naming = false;
		return;
	}
	if (!saved_is_name(to) || saved_get(to)) {
		app_say(s->view.app, INK_WARN, "%s", saved_get(to) ? _("There is a filter of this name already.") :
			_("A name has letters, digits, dots and dashes."));
		return;
	}
	snprintf(from, sizeof from, "%s", r->text);
	kept = xstrdup(text);
	saved_set(from, NULL);
	saved_set(to, kept);
	free(kept);
	s->naming = false;
	fill(s);
	for (int i = 0; i < s->n; i++)
		if (s->rows[i].kind == ROW_FILTER && strcmp(s->rows[i].text, to) == 0)
			s->at = i;
}

static bool text(struct view *v, const struct key *k)
{
	struct setup *s = of(v);

	if (!s->naming)
		return false;
	if (k->code == K_ENTER && !(k->mods & K_PASTED))
		rename_to(s);
	else if (k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g'))
		s->naming = false;
	else
		input_key(&s->name, k);
	return true;
}

static bool command(struct view *v, enum command c)
{
	struct setup *s = of(v);

	switch (c) {
	case CMD_UP:
	case CMD_DOWN:
		step(s, c == CMD_UP ? -1 : 1);
		return true;
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
		for (int i = 1; i < s->area.h; i++)
			step(s, c == CMD_PAGE_UP ? -1 : 1);
		return true;
	case CMD_HOME:
	case CMD_END:
		for (int i = 0; i < s->n; i++)
			step(s, c == CMD_HOME ? -1 : 1);
		return true;
	case CMD_OPEN:
	case CMD_RIGHT:
		open_row(s, 1);
		return true;
	case CMD_LEFT:
		open_row(s, -1);
		return true;
	case CMD_FORGET:
		forget(s);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	const struct setup *s = of(v);
	enum kind_of_row kind = s->n > 0 ? s->rows[s->at].kind : ROW_BLANK;

	return !s->naming && c != CMD_FILTER && c != CMD_FILTER_CLEAR && c != CMD_LANGUAGE && c != CMD_SETUP && (c != CMD_FORGET || kind == ROW_FILTER);
}

static enum click click(struct view *v, int y, int x)
{
	struct setup *s = of(v);
	int i = s->top + y - s->area.y;

	if (s->naming || y < s->area.y || y >= s->area.y + s->area.h || i >= s->n || !is_choice(&s->rows[i]))
		return CLICK_NONE;
	if (i == s->at)
		return CLICK_AGAIN;
	s->at = i;
	s->sure[0] = '\0';
	return CLICK_MOVED;
}

static void closed(struct view *v)
{
	free(v);
}

static const struct view_ops ops = {
	.name = "setup", .where = WHERE_TEXT | WHERE_SETUP, .draw = draw, .info = info, .crumb = crumb, .text = text, .command = command, .can = can,
	.click = click, .closed = closed,
};

struct view *view_setup_new(struct app *a)
{
	struct setup *s = xcalloc(1, sizeof *s);

	s->view.ops = &ops;
	s->view.app = a;
	fill(s);
	return &s->view;
}
