/* Help: the key table as a page, in as many columns as there is room for. What works in the view below comes first; / narrows it to what
 * one looks for. */
#include "app.h"
#include "common/text.h"
#include "jail/sandbox.h"
#include "term/input.h"
#include "term/screen.h"
#include "tr.h"
#include "words/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST 320
#define COLUMN_LEAST 58      /* cells of a column, with the gap behind it */
#define COLUMNS_MOST_HERE 3
#define GAP 3
#define HEAD_LEAST 9

/* One row of the screen: a heading, a key with the first line of what it does, or what is left of that. */
struct help_row {
	const char *heading;       /* NULL: it is none */
	const char *key;           /* "" of what goes on, or of plain words */
	int head;                  /* cells of the keys, the same within a place */
	char text[160];
};

struct help {
	struct view view;
	unsigned here;             /* where the view below stands */
	struct input find;
	bool finding;
	struct help_row rows[ROWS_MOST];
	int n;
	int width;                 /* of a column, as the rows were made for; 0: they are not made */
	int top, room;             /* first row on the screen; rows that it has in all columns */
};

static struct help *of(struct view *v)
{
	return (struct help *)v;
}

/* ---- rows ---- */

static bool belongs(const struct binding *b, unsigned place)
{
	if (place == WHERE_VIEWS)
		return (b->where & WHERE_VIEWS) == WHERE_VIEWS;
	if ((b->where & WHERE_VIEWS) == WHERE_VIEWS)
		return false;
	/* What lists have in common stands with the lists; with the alerts what is theirs. */
	if (place == WHERE_ROWS)
		return b->where & (WHERE_LIST | WHERE_JOBS | WHERE_BLADE);
	return b->where & place && !(place == WHERE_ALERTS && b->where & WHERE_LIST);
}

/* Is it what is looked for? Its keys or its words have it. */
static bool fits(const struct help *h, const struct binding *b)
{
	char *all, *folded, *wanted;
	bool yes;

	if (h->find.len == 0)
		return true;
	all = xasprintf("%s %s %s", b->shown, _(b->help), b->label ? _(b->label) : "");
	folded = text_fold(all);
	wanted = text_fold(h->find.text);
	/* One sign alone is a key, and not a letter in every word. */
	yes = text_width(h->find.text) == 1 ? strstr(b->shown, h->find.text) != NULL : strstr(folded, wanted) != NULL;
	free(wanted);
	free(folded);
	free(all);
	return yes;
}

static struct help_row *add(struct help *h, const char *heading, const char *key)
{
	struct help_row *r = &h->rows[h->n < ROWS_MOST ? h->n++ : ROWS_MOST - 1];

	*r = (struct help_row){heading, key, 0, ""};
	return r;
}

static void add_words(struct help *h, const char *key, int head, const char *text)
{
	size_t next;
	int room = h->width - head - GAP;

	do {
		size_t n = wrap_line(text, room, &next);

		struct help_row *r = add(h, NULL, key);

		r->head = head;
		snprintf(r->text, sizeof r->text, "%.*s", (int)n, text);
		text += next;
		key = "";
	} while (*text);
}

/* Is it said in a row above, of the same place? */
static bool told(const struct keymap_place *p, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (strcmp(keymap[i].help, keymap[row].help) == 0 && strcmp(keymap[i].shown, keymap[row].shown) == 0 && belongs(&keymap[i], p->where))
			return true;
	return false;
}

static void add_place(struct help *h, const struct keymap_place *p, bool customer)
{
	bool begun = false;
	int head = HEAD_LEAST;

	if (customer && !(p->where & ~(WHERE_RACKS | WHERE_ENCLOSURE | WHERE_ALERTS | WHERE_RECORDS | WHERE_HANDOVER | WHERE_TREE | WHERE_WHAT_IF)))
		return;
	for (size_t i = 0; i < keymap_rows; i++)
		if (belongs(&keymap[i], p->where) && text_width(keymap[i].shown) + 2 > head)
			head = text_width(keymap[i].shown) + 2;
	for (size_t i = 0; i < keymap_rows; i++) {
		if (!belongs(&keymap[i], p->where) || (customer && keymap_is_staffs(keymap[i].command)) || !fits(h, &keymap[i]))
			continue;
		if (!begun) {
			if (h->n > 0)
				add(h, NULL, "");
			add(h, customer && p->where == WHERE_ROWS ? _("Servers, jobs") : _(p->heading), "");
		}
		begun = true;
		/* One key with and without a place in the key line is told once. */
		if (told(p, i))
			continue;
		add_words(h, keymap[i].shown, head, _(keymap[i].help));
	}
}

static void make(struct help *h, int width)
{
	bool customer = app_is_customer(h->view.app);

	h->n = 0;
	h->width = width;
	for (const struct keymap_place *p = keymap_places; p->heading; p++)
		if (p->where & h->here && p->where != WHERE_VIEWS)
			add_place(h, p, customer);
	for (const struct keymap_place *p = keymap_places; p->heading; p++)
		if ((!(p->where & h->here) || p->where == WHERE_VIEWS) && (p->where != WHERE_SERVERS || customer))
			add_place(h, p, customer);
	if (h->find.len > 0)
		return;
	add(h, NULL, "");
	add(h, _("This console"), "");
	add_words(h, "", 0, sandbox_entered() ? _("It is in its sandbox: it reads and writes its terminal and its broker, no more.") :
		_("It is in no sandbox: its broker is its own, and it starts that again when it ends."));
}

/* ---- drawing ---- */

static void draw_row(const struct help_row *r, int y, int x, int width)
{
	if (r->heading) {
		screen_text(y, x, width, INK_ACCENT, r->heading);
		return;
	}
	screen_text(y, x, r->head, INK_BOLD, r->key);
	screen_text(y, x + r->head, width - r->head, INK_NORMAL, r->text);
}

static void draw_find(struct view *v, struct box b)
{
	struct help *h = of(v);
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	int x;

	pen_text(&p, INK_ACCENT, _("find "));
	input_draw(&h->find, b.y, p.x, p.end - p.x > 40 ? 40 : p.end - p.x, h->finding ? INK_FIELD : INK_BOLD, &x);
	if (h->finding) {
		v->cursor_y = b.y;
		v->cursor_x = x;
	}
}

static void draw(struct view *v, struct box b)
{
	struct help *h = of(v);
	int columns = b.w / COLUMN_LEAST, at, width;

	screen_clip(b);
	if ((h->finding || h->find.len > 0) && b.h > 2) {
		draw_find(v, b);
		b.y += 2;
		b.h -= 2;
	}
	columns = columns < 1 ? 1 : columns > COLUMNS_MOST_HERE ? COLUMNS_MOST_HERE : columns;
	width = (b.w - 1) / columns;
	if (width != h->width)
		make(h, width);
	if ((h->n <= b.h * columns && h->n < h->room) || h->top >= h->n) /* rows were made anew, and may be fewer */
		h->top = 0;
	if (h->n == 0)
		screen_text(b.y, b.x + 1, b.w - 1, INK_DIM, _("No key does that."));
	at = h->top;
	for (int c = 0; c < columns && at < h->n; c++)
		for (int y = 0; y < b.h && at < h->n; y++) {
			if (h->rows[at].heading && y == b.h - 1 && b.h > 3)
				break; /* its keys come on the next column */
			if (y == 0 && c > 0 && !h->rows[at].heading && !*h->rows[at].key && !h->rows[at].text[0])
				at++; /* a blank line at its head */
			if (at < h->n)
				draw_row(&h->rows[at++], b.y + y, b.x + 1 + c * width, width - GAP + 1);
		}
	h->room = at - h->top;
}

static void info(struct view *v, struct pen *p)
{
	struct help *h = of(v);

	pen_text(p, INK_BOLD, _("help"));
	if (h->room > 0 && h->room < h->n) {
		pen_skip(p, 2);
		pen_f(p, INK_DIM, _("lines %d-%d of %d"), h->top + 1, h->top + h->room, h->n);
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("help"));
}

/* ---- keys ---- */

static void refill(struct help *h)
{
	h->width = 0;
	h->top = 0;
}

static bool text(struct view *v, const struct key *k)
{
	struct help *h = of(v);

	if (!h->finding)
		return false;
	if (k->code == K_ENTER && !(k->mods & K_PASTED)) {
		h->finding = false;
		return true;
	}
	if (k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g') || (k->code == K_BACKSPACE && h->find.len == 0)) {
		h->finding = false;
		input_set(&h->find, "");
		refill(h);
		return true;
	}
	if (input_key(&h->find, k) == INPUT_CHANGED)
		refill(h);
	return k->code != K_UP && k->code != K_DOWN && k->code != K_PAGE_UP && k->code != K_PAGE_DOWN;
}

static bool command(struct view *v, enum command c)
{
	struct help *h = of(v);
	int page = h->room > 1 ? h->room - 1 : 1, most = h->n > h->room ? h->n - h->room : 0, to = h->top;

	switch (c) {
	case CMD_UP:
		to--;
		break;
	case CMD_DOWN:
		to++;
		break;
	case CMD_PAGE_UP:
		to -= page;
		break;
	case CMD_PAGE_DOWN:
		to += page;
		break;
	case CMD_HOME:
		to = 0;
		break;
	case CMD_END:
		to = h->n;
		break;
	case CMD_FILTER:
		h->finding = true;
		return true;
	case CMD_ESCAPE:
		if (h->find.len == 0)
			return false;
		input_set(&h->find, "");
		refill(h);
		return true;
	default:
		return false;
	}
	/* Near the end less may fit than was counted above: where it fits whole, nothing moves. */
	if (h->room >= h->n && to > h->top)
		to = h->top;
	if (to > most && to > h->top && c != CMD_DOWN)
		to = most > h->top ? most : h->top;
	h->top = to < 0 || h->n == 0 ? 0 : to >= h->n ? h->n - 1 : to > h->top && h->top + h->room >= h->n ? h->top : to;
	return true;
}

static bool can(struct view *v, enum command c)
{
	return c != CMD_FILTER_CLEAR && c != CMD_HELP;
}

static void closed(struct view *v)
{
	free(v);
}

static void retold(struct view *v)
{
	refill(of(v));
}

static const struct view_ops ops = {
	.name = "help", .where = WHERE_TEXT, .draw = draw, .info = info, .crumb = crumb, .text = text, .command = command, .can = can, .closed = closed,
	.retold = retold,
};

bool view_help_is(const struct view *v)
{
	return v->ops == &ops;
}

struct view *view_help_new(struct app *a)
{
	struct help *h = xcalloc(1, sizeof *h);

	h->view.ops = &ops;
	h->view.app = a;
	h->here = app_top(a)->ops->where;
	return &h->view;
}
