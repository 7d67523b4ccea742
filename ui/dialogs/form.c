/* The small dialog with fields and lines (form.h). */
#include "dialogs/form.h"

#include "common/text.h"
#include "dialogs/dialog_inside.h"
#include "term/screen.h"
#include "tr.h"
#include "words/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_WIDTH 44
#define FIELD_LEAST 24   /* beside what is said of it */
#define ERROR_ROWS 3

struct form_line {
	char *label, *value, *why;  /* value: of what fills a field, NULL: it acts */
	int field, what;
};

struct form {
	struct view view;
	const struct form_ops *ops;
	void *ctx;
	char *title, *right;
	struct lines words;
	struct { char *label, *hint; struct input input; } field[FORM_FIELDS];
	int nfields;
	struct form_line line[FORM_LINES];
	int nlines;
	int at;                     /* fields, then lines, then Cancel */
	int row[FORM_FIELDS + FORM_LINES + 1]; /* where each stands on the screen, -1 not there */
	struct box box;
	uint64_t request;
	char *done;
	int below;
	char error[512];
};

static struct form *of(struct view *v)
{
	return (struct form *)v;
}

/* ---- what it is made of ---- */

void form_words(struct view *v, enum ink ink, const char *text)
{
	lines_add(&of(v)->words, ink, "", "%s", text);
}

void form_field(struct view *v, const char *label, const char *hint, const char *text, size_t max)
{
	struct form *f = of(v);

	if (f->nfields == FORM_FIELDS)
		return;
	f->field[f->nfields].label = xstrdup(label);
	f->field[f->nfields].hint = xstrdup(hint);
	f->field[f->nfields].input.max = max;
	input_set(&f->field[f->nfields].input, text);
	f->nfields++;
}

static struct form_line *line_new(struct form *f, const char *label)
{
	struct form_line *l = f->nlines < FORM_LINES ? &f->line[f->nlines++] : NULL;

	if (l)
		*l = (struct form_line){.label = xstrdup(label)};
	return l;
}

void form_fill(struct view *v, const char *label, int field, const char *value)
{
	struct form_line *l = line_new(of(v), label);

	if (l) {
		l->value = xstrdup(value);
		l->field = field;
	}
}

void form_act(struct view *v, const char *label, int what, const char *why)
{
	struct form_line *l = line_new(of(v), label);

	if (l) {
		l->why = xstrdup(why);
		l->what = what;
	}
}

const char *form_text(struct view *v, int field)
{
	return of(v)->field[field].input.text;
}

void form_word(char *out, size_t size, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:._/+-,@%";
	size_t n = strlen(out);

	if (*word && word[strspn(word, plain)] == '\0') {
		snprintf(out + n, size - n, " %s", word);
		return;
	}
	if (n + 4 >= size)
		return;
	n += (size_t)snprintf(out + n, size - n, " '");
	for (; *word && n + 6 < size; word++)
		n += (size_t)(*word == '\'' ? snprintf(out + n, size - n, "'\\''") : snprintf(out + n, size - n, "%c", *word));
	snprintf(out + n, size - n, "'");
}

void form_show(char *out, size_t size, enum kind k, const char *name)
{
	char word[320];

	snprintf(word, sizeof word, "%s:%.300s", kind_name(k), name);
	form_word(out, size, "show");
	form_word(out, size, word);
}

/* ---- drawing ---- */

static int cancel_at(const struct form *f)
{
	return f->nfields + f->nlines;
}

static const struct form_line *line_at(const struct form *f, int at)
{
	return at >= f->nfields && at < cancel_at(f) ? &f->line[at - f->nfields] : NULL;
}

/* What Enter would do here, or further down. -1 nothing */
static int what_now(const struct form *f)
{
	for (int i = f->at < f->nfields ? f->nfields : f->at; i < cancel_at(f); i++)
		if (!line_at(f, i)->value && !*line_at(f, i)->why)
			return line_at(f, i)->what;
	return -1;
}

static void command_of(struct form *f, char *out, size_t size)
{
	int what = what_now(f);

	out[0] = '\0';
	if (f->ops->command && what >= 0)
		f->ops->command(&f->view, f->ctx, what, out, size);
	text_mend(out);
}

static int error_height(const struct form *f, int width)
{
	return dialog_text(-1, 0, width - 6, ERROR_ROWS, INK_WARN, f->error);
}

static int height(struct view *v, int width)
{
	struct form *f = of(v);
	char command[1024];
	int words = f->words.n ? lines_height(&f->words, width - 6) + 1 : 0, error = error_height(f, width);

	command_of(f, command, sizeof command);
	return 2 + words + (f->nfields > 0) + cancel_at(f) + 1 + (error ? error + 1 : 0) + (*command ? wrap_height(command, width - 6) + 1 : 0);
}

static void draw_field(struct form *f, int i, int y, struct box b, int fields)
{
	struct pen p = {y, b.x + 2, b.x + b.w - 2};
	int x, width;

	pen_f(&p, INK_NORMAL, "%s %s", f->at == i ? ">" : " ", f->field[i].label);
	p.x = fields < p.end - 8 ? fields : p.x + 1;
	width = p.end - p.x > FIELD_WIDTH ? FIELD_WIDTH : p.end - p.x;
	for (int j = 0; j < f->nfields; j++) { /* all fields are as wide as the longest hint leaves them */
		int w = p.end - p.x - text_width(f->field[j].hint) - 2;

		width = w >= FIELD_LEAST && w < width ? w : width;
	}
	if (width < 4)
		return;
	input_draw(&f->field[i].input, y, p.x, width, INK_FIELD, &x);
	if (f->at == i) {
		f->view.cursor_y = y;
		f->view.cursor_x = x;
	}
	p.x += width + 1;
	if (f->field[i].input.len == 0)
		pen_piece(&p, INK_DIM, "%s", f->field[i].hint);
}

/* beside: where the values stand. */
static void draw_line(struct form *f, int i, int y, struct box b, int beside)
{
	const struct form_line *l = line_at(f, i);
	bool here = f->at == i, ok = !l || l->value || !*l->why;
	struct pen p = {y, b.x + 2, b.x + b.w - 2};

	if (l && f->request && here) {
		pen_f(&p, INK_ACTIVE, "  %s", _("Asking the broker."));
		return;
	}
	pen_f(&p, here ? (ok ? INK_CURSOR_BOLD : INK_CURSOR) : ok ? INK_NORMAL : INK_DIM, "%s %s%s", here ? ">" : " ", l ? l->label : cancel_at(f) == 0 ? _("Close") : _("Cancel, change nothing"),
		here ? " " : "");
	pen_skip(&p, here ? 1 : 2);
	p.x = l && l->value && beside > p.x && beside < p.end - 12 ? beside : p.x;
	if (l && l->value)
		pen_text(&p, INK_DIM, l->value);
	else if (l && *l->why && p.end - p.x >= 12)
		pen_text(&p, INK_DIM, l->why);
}

static void draw(struct view *v, struct box area)
{
	struct form *f = of(v);
	struct box b;
	char command[1024];
	int y, all, room, tail, fields = 0, beside = 0, first, n = cancel_at(f) + 1, error;
	bool gap;

	if (app_top(v->app) != v) /* the one that it opened stands in its place */
		return;
	b = dialog_place(v, height);
	dialog_air(b);
	screen_box(b, INK_ACCENT, INK_BOLD, f->title, f->right);
	gap = f->nfields > 0 && b.h == height(v, b.w);
	command_of(f, command, sizeof command);
	error = error_height(f, b.w);
	all = f->words.n ? lines_height(&f->words, b.w - 6) : 0;
	tail = (error ? error + 1 : 0) + (*command ? wrap_height(command, b.w - 6) + 1 : 0);
	if (b.h - 2 - n < tail) { /* the command goes before what was refused */
		command[0] = '\0';
		tail = error ? error + 1 : 0;
	}
	if (b.h - 2 - n < tail)
		tail = error = 0;
	room = b.h - 2 - n - tail - 1 - gap;
	y = b.y + 1;
	if (all > 0 && room > 0) {
		lines_draw(&f->words, 0, (struct box){y, b.x + 3, room < all ? room : all, b.w - 6});
		y += (room < all ? room : all) + 1;
	}
	for (int i = 0; i < f->nfields; i++)
		fields = text_width(f->field[i].label) > fields ? text_width(f->field[i].label) : fields;
	fields += b.x + 2 + 2 + 1;
	for (int i = 0; i < f->nlines; i++)
		beside = f->line[i].value && text_width(f->line[i].label) > beside ? text_width(f->line[i].label) : beside;
	beside += b.x + 2 + 2 + 2;
	first = dialog_first(f->at, n, b.y + b.h - 1 - y);
	f->box = b;
	memset(f->row, -1, sizeof f->row);
	for (int i = first; i < n && y < b.y + b.h - 1; i++, y++) {
		f->row[i] = y;
		if (i < f->nfields)
			draw_field(f, i, y, b, fields);
		else
			draw_line(f, i, y, b, beside);
		if (gap && i == f->nfields - 1)
			y++;
	}
	if (error > 0)
		y += 1 + dialog_text(y + 1, b.x + 4, b.w - 6, error, INK_WARN, f->error);
	if (*command && b.y + b.h - 2 - y > 0)
		dialog_text(y + 1, b.x + 4, b.w - 6, b.y + b.h - 2 - y, INK_DIM, command);
}

/* ---- asking ---- */

void form_refuse(struct view *v, const char *text)
{
	snprintf(of(v)->error, sizeof of(v)->error, "%s", text);
}

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct form *f = ctx;
	struct app *a = f->view.app;
	int leave = f->below + 1;
	char *done;

	f->request = 0;
	if (e) {
		snprintf(f->error, sizeof f->error, "%s", e->msg.text);
		text_mend(f->error);
		err_free(e);
		app_draw(a);
		return;
	}
	done = f->done;
	f->done = NULL;
	while (leave-- > 0 && a->depth > 1)
		app_back(a);
	app_say(a, INK_GOOD, "%s", done);
	free(done);
}

void form_send(struct view *v, const char *request, json_t *args, const char *done, int below)
{
	struct form *f = of(v);

	free(f->done);
	f->done = xstrdup(done);
	f->below = below;
	f->error[0] = '\0';
	f->request = app_request(v->app, request, args, on_answer, f);
}

/* ---- keys ---- */

static bool text(struct view *v, const struct key *k)
{
	struct form *f = of(v);

	if (f->request)
		return k->code != K_ESC && k->code != CTRL_KEY('c') && k->code != CTRL_KEY('g');
	if (f->at < f->nfields && input_key(&f->field[f->at].input, k) != INPUT_NOT_MINE)
		return true;
	return k->mods & K_PASTED;
}

static void choose(struct form *f)
{
	const struct form_line *l = line_at(f, f->at);

	if (f->at < f->nfields) {
		f->at++;
	} else if (!l) {
		app_back(f->view.app);
	} else if (l->value) {
		input_set(&f->field[l->field].input, l->value);
		while (f->at < cancel_at(f) && line_at(f, f->at)->value)
			f->at++;
	} else if (!*l->why) {
		f->ops->act(&f->view, f->ctx, l->what);
	}
}

static bool command(struct view *v, enum command c)
{
	struct form *f = of(v);
	int n = cancel_at(f) + 1;

	switch (c) {
	case CMD_UP:
	case CMD_BACKTAB:
		f->at = (f->at + n - 1) % n;
		return true;
	case CMD_DOWN:
	case CMD_TAB:
		f->at = (f->at + 1) % n;
		return true;
	case CMD_OPEN:
		choose(f);
		return true;
	case CMD_ESCAPE:
	case CMD_CANCEL:
		app_back(v->app);
		return true;
	default:
		return false;
	}
}

static enum click click(struct view *v, int y, int x)
{
	struct form *f = of(v);

	for (int i = 0; i <= cancel_at(f); i++)
		if (f->row[i] == y && x > f->box.x && x < f->box.x + f->box.w - 1) {
			bool again = f->at == i && i >= f->nfields;

			f->at = i;
			return again ? CLICK_AGAIN : CLICK_MOVED;
		}
	return CLICK_NONE;
}

static bool can(struct view *v, enum command c)
{
	return c != CMD_YES && c != CMD_PAGE_UP && c != CMD_PAGE_DOWN;
}

static void closed(struct view *v)
{
	struct form *f = of(v);

	app_forget(v->app, f->request);
	if (f->ops->closed)
		f->ops->closed(f->ctx);
	for (int i = 0; i < f->nfields; i++) {
		free(f->field[i].label);
		free(f->field[i].hint);
	}
	for (int i = 0; i < f->nlines; i++) {
		free(f->line[i].label);
		free(f->line[i].value);
		free(f->line[i].why);
	}
	lines_clear(&f->words);
	free(f->title);
	free(f->right);
	free(f->done);
	free(f);
}

static const struct view_ops ops = {
	.name = "form", .where = WHERE_DIALOG, .overlay = true, .draw = draw, .text = text, .command = command, .can = can,
	.click = click, .closed = closed,
};

struct view *form_new(struct app *a, const char *title, const char *right, const struct form_ops *form_ops, void *ctx)
{
	struct form *f = xcalloc(1, sizeof *f);

	f->view.ops = &ops;
	f->view.app = a;
	f->ops = form_ops;
	f->ctx = ctx;
	f->title = xstrdup(title);
	f->right = xstrdup(right);
	return &f->view;
}
