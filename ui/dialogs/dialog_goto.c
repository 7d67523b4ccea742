/* g: to anything by name, address, MAC, UUID, serial, job or ticket. What the mirror knows by name stands there at once, what the broker
 * finds takes its place. Customers find their own: the broker sees to that. */
#include "app.h"
#include "common/text.h"
#include "lists/view_rows.h"
#include "term/input.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 80       /* the broker is asked when nothing was typed for so long */
#define MOST 16
#define WIDTH 100

struct found {
	enum kind kind;
	char id[300], name[256], place[128], by[16], what[128];
};
struct goto_dialog {
	struct view view;
	struct input input;
	struct found found[MOST];
	int n, at;
	long long more;
	bool late;               /* found[] is not yet what the mirror knows of the text */
	bool answered;           /* by the broker, for what stands in the field now */
	bool enter;              /* pressed before there was an answer: it opens what comes first */
	char error[256];
	uint64_t request;
	struct loop_timer *timer;
	struct box box;          /* of the last picture */
};

static struct goto_dialog *of(struct view *v)
{
	return (struct goto_dialog *)v;
}

/* ---- what the mirror knows ---- */

static bool is_blank(const char *s)
{
	return s[strspn(s, " ")] == '\0';
}

/* What is looked for: blanks around what was pasted are nobody's name. Caller frees. */
static char *wanted(const struct goto_dialog *d)
{
	const char *s = d->input.text + strspn(d->input.text, " ");
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == ' ')
		n--;
	return xasprintf("%.*s", (int)n, s);
}

static const char *name_of(enum kind k, const void *o)
{
	const struct field *f = field_find(k, "name");

	return *(const istr *)(const void *)((const char *)o + f->offset);
}

static void place_of(struct app *a, enum kind k, const void *o, char *out, size_t size)
{
	const struct blade *b = o;
	void *on = NULL;

	out[0] = '\0';
	if (k == KIND_VM && registry_named(a->objects, KIND_BLADE, ((const struct vm *)o)->blade, &on, 1) == 1)
		b = on;
	if (k == KIND_ENCLOSURE)
		snprintf(out, size, _("rack %s"), ((const struct enclosure *)o)->rack);
	else if ((k == KIND_BLADE || (k == KIND_VM && on)) && *b->rack)
		snprintf(out, size, _("rack %.40s, %.40s, bay %.10s"), b->rack, b->enclosure, b->bay);
	text_mend(out);
}

/* How well a name fits: 0 whole, 1 from its beginning, 2 somewhere, 3 not. */
static int fit(const char *folded, size_t len, const char *name)
{
	char small[256], *long_one = NULL;
	const char *at, *s = small;
	size_t n = 0;

	for (; name[n] && n < sizeof small - 1 && (unsigned char)name[n] < 0x80; n++)
		small[n] = name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] + 32) : name[n];
	small[n] = '\0';
	if (name[n])
		s = long_one = text_fold(name);
	at = strstr(s, folded);
	n = at == s && !s[len] ? 0 : at == s ? 1 : at ? 2 : 3;
	free(long_one);
	return (int)n;
}

static void look_here(struct goto_dialog *d)
{
	static const enum kind kinds[] = {KIND_RACK, KIND_ENCLOSURE, KIND_CLUSTER, KIND_VOLUME, KIND_BLADE, KIND_VM};
	struct registry *r = d->view.app->objects;
	struct { enum kind kind; const void *o; int fit; } best[MOST];
	char *text = wanted(d), *folded = text_fold(text);
	size_t len = strlen(folded);
	int n = 0;

	for (size_t i = 0; len > 0 && i < sizeof kinds / sizeof *kinds; i++)
		for (uint32_t s = 0, slots = registry_slots(r, kinds[i]); s < slots; s++) {
			const void *o = registry_at(r, kinds[i], s);
			int f = o ? fit(folded, len, name_of(kinds[i], o)) : 3, at = n;

			if (f == 3 || (n == MOST && f >= best[n - 1].fit))
				continue;
			while (at > 0 && best[at - 1].fit > f)
				at--;
			n += n < MOST;
			for (int j = n - 1; j > at; j--)
				best[j] = best[j - 1];
			best[at].kind = kinds[i];
			best[at].o = o;
			best[at].fit = f;
		}
	free(folded);
	free(text);
	d->n = n;
	d->more = 0;
	for (int i = 0; i < n; i++) {
		struct found *f = &d->found[i];

		f->kind = best[i].kind;
		snprintf(f->id, sizeof f->id, "%s", ((const struct object *)best[i].o)->id);
		snprintf(f->name, sizeof f->name, "%s", name_of(f->kind, best[i].o));
		snprintf(f->by, sizeof f->by, "name");
		f->what[0] = '\0';
		place_of(d->view.app, f->kind, best[i].o, f->place, sizeof f->place);
	}
}

/* ---- what the broker finds ---- */

static void open_found(struct goto_dialog *d);

static void copy(char *out, size_t size, const json_t *o, const char *key)
{
	char *s = text_shown_dup(json_string_value(json_object_get(o, key)));

	snprintf(out, size, "%s", s);
	text_mend(out);
	free(s);
}

static void take(struct goto_dialog *d, json_t *ret)
{
	char was[300] = "";
	size_t i;
	json_t *j;

	d->late = false;
	if (d->at > 0 && d->at < d->n) /* where the user went is kept */
		snprintf(was, sizeof was, "%s", d->found[d->at].id);
	d->n = d->at = 0;
	d->more = json_integer_value(json_object_get(ret, "more"));
	json_array_foreach (json_object_get(ret, "found"), i, j) {
		const char *kind = json_string_value(json_object_get(j, "kind"));
		struct found *f = &d->found[d->n];

		if (d->n == MOST || !kind || !kind_from_name(kind, &f->kind))
			continue;
		copy(f->id, sizeof f->id, j, "id");
		copy(f->name, sizeof f->name, j, "name");
		copy(f->place, sizeof f->place, j, "place");
		copy(f->by, sizeof f->by, j, "by");
		copy(f->what, sizeof f->what, j, "what");
		if (strcmp(f->id, was) == 0)
			d->at = d->n;
		d->n++;
	}
}

static void on_found(void *ctx, struct err *e, json_t *ret)
{
	struct goto_dialog *d = ctx;
	struct app *a = d->view.app;

	d->request = 0;
	d->answered = true;
	if (e)
		snprintf(d->error, sizeof d->error, "%s", e->msg.text); /* what the mirror knew stays */
	else
		take(d, ret);
	err_free(e);
	app_draw(a);
	if (d->enter)
		open_found(d);
}

static void ask(void *ctx)
{
	struct goto_dialog *d = ctx;
	char *text = wanted(d);

	app_forget(d->view.app, d->request);
	d->request = app_request(d->view.app, "find", json_pack("{s:s, s:i}", "text", text, "limit", MOST), on_found, d);
	free(text);
}

static void typed(struct goto_dialog *d)
{
	app_forget(d->view.app, d->request);
	d->request = 0;
	d->answered = d->enter = false;
	d->error[0] = '\0';
	d->at = 0;
	d->late = !is_blank(d->input.text);
	if (!d->late) {
		d->n = 0;
		loop_timer_clear(d->timer);
		return;
	}
	loop_timer_set(d->timer, WAIT_MS);
}

/* Keys that came together are looked up once: a paste is one text. */
static void settle(struct goto_dialog *d)
{
	if (d->late)
		look_here(d);
	d->late = false;
}

/* ---- opening ---- */

static void open_found(struct goto_dialog *d)
{
	struct app *a = d->view.app;
	char id[300], name[256];

	settle(d);
	d->enter = false;
	if (is_blank(d->input.text))
		return;
	if (d->n == 0 || d->at >= d->n) {
		d->enter = !d->answered;
		return;
	}
	snprintf(id, sizeof id, "%s", d->found[d->at].id);
	snprintf(name, sizeof name, "%s", d->found[d->at].name);
	app_back(a); /* frees d */
	rows_open_id(a, id, name);
}

/* ---- keys ---- */

static bool text(struct view *v, const struct key *k)
{
	struct goto_dialog *d = of(v);

	if (k->code == K_ENTER) {
		if (!(k->mods & K_PASTED))
			open_found(d);
		return true;
	}
	if (k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g') || k->code == K_UP || k->code == K_DOWN || k->code == K_TAB || k->code == K_BACKTAB)
		return false;
	if (k->code == K_BACKSPACE && d->input.len == 0)
		return true;
	if (input_key(&d->input, k) == INPUT_CHANGED)
		typed(d);
	return true; /* in a text field every key is text */
}

static bool command(struct view *v, enum command c)
{
	struct goto_dialog *d = of(v);

	settle(d);
	switch (c) {
	case CMD_UP:
	case CMD_BACKTAB:
		d->at -= d->at > 0;
		return true;
	case CMD_DOWN:
	case CMD_TAB:
		d->at += d->at + 1 < d->n;
		return true;
	case CMD_OPEN:
		open_found(d);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	return c != CMD_YES;
}

static enum click click(struct view *v, int y, int x)
{
	struct goto_dialog *d = of(v);
	int row = y - d->box.y - 2, was = d->at;

	settle(d);
	if (row < 0 || row >= d->n || x <= d->box.x || x >= d->box.x + d->box.w - 1 || y >= d->box.y + d->box.h - 1)
		return CLICK_NONE;
	d->at = row;
	return row == was ? CLICK_AGAIN : CLICK_MOVED;
}

/* ---- drawing ---- */

static const char *kind_word(enum kind k)
{
	static const char *const words[KIND_COUNT] = {[KIND_RACK] = N_("rack"), [KIND_ENCLOSURE] = N_("enclosure"), [KIND_BLADE] = N_("blade"), [KIND_CLUSTER] = N_("cluster"),
		[KIND_VOLUME] = N_("volume"), [KIND_ALERT] = N_("alert"), [KIND_JOB] = N_("job"), [KIND_VM] = N_("VM")};

	return words[k] ? _(words[k]) : "";
}

static int kinds_width(void)
{
	int most = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		most = text_width(kind_word(k)) > most ? text_width(kind_word(k)) : most;
	return most;
}

/* "by address 10.12.0.20"; nothing where the name itself was typed. */
static void by_words(const struct found *f, char *out, size_t size)
{
	static const struct { const char *by, *words; } how[] = {{"address", N_("by address")}, {"mac", N_("by MAC")}, {"uuid", N_("by UUID")},
		{"serial", N_("by serial")}, {"job", N_("by job")}, {"ticket", N_("by ticket")}};

	out[0] = '\0';
	for (size_t i = 0; i < sizeof how / sizeof *how; i++)
		if (strcmp(f->by, how[i].by) == 0)
			snprintf(out, size, "%s %s", _(how[i].words), f->what);
}

static void draw_found(const struct goto_dialog *d, int i, int y, int x, int width, int name)
{
	const struct found *f = &d->found[i];
	bool here = i == d->at;
	struct pen p = {y, x + 2 + name + 2, x + width};
	int kinds = kinds_width();
	char by[200];

	if (here)
		screen_fill(y, x + 1, name + 2, INK_CURSOR);
	screen_text(y, x, 1, INK_ACCENT, here ? ">" : " ");
	screen_text(y, x + 2, name, here ? INK_CURSOR : INK_NORMAL, f->name);
	screen_text(y, p.x, kinds, INK_DIM, kind_word(f->kind));
	pen_skip(&p, kinds + 2);
	by_words(f, by, sizeof by);
	if (*f->place) {
		pen_text(&p, INK_DIM, lang_said(NULL, f->place));
		pen_skip(&p, 2);
	}
	pen_text(&p, INK_NORMAL, by);
}

static void draw(struct view *v, struct box b)
{
	struct goto_dialog *d = of(v);
	int name = 12, rows, w = b.w > WIDTH + 4 ? WIDTH : b.w - 4;
	struct box box;

	settle(d);
	if (b.h < 4 || b.w < 20) { /* the field alone */
		screen_clip(b);
		screen_fill(b.y, b.x, b.w, INK_NORMAL);
		input_draw(&d->input, b.y, b.x, b.w, INK_FIELD, &v->cursor_x);
		v->cursor_y = b.y;
		return;
	}
	rows = d->n + (d->more > 0 || d->n == 0);
	rows = rows < b.h - 4 ? rows : b.h - 4;
	box = (struct box){b.y + (b.h > MOST + 6 ? 2 : 0), b.x + (b.w - w) / 2, rows + 3, w};
	d->box = box;
	screen_clip(box);
	screen_box(box, INK_LINE, INK_BOLD, _("Go to"), _("name, address, MAC, UUID, serial, job, ticket"));
	screen_text(box.y + 1, box.x + 2, 1, INK_ACCENT, ">");
	input_draw(&d->input, box.y + 1, box.x + 4, w - 6, INK_FIELD, &v->cursor_x);
	v->cursor_y = box.y + 1;
	for (int i = 0; i < d->n; i++)
		name = text_width(d->found[i].name) > name ? text_width(d->found[i].name) : name;
	name = name > w / 3 ? w / 3 : name;
	for (int i = 0; i < d->n && i < rows; i++)
		draw_found(d, i, box.y + 2 + i, box.x + 2, w - 4, name);
	if (d->n == 0 && *d->error)
		screen_text(box.y + 2, box.x + 4, w - 6, INK_WARN, d->error);
	else if (d->n == 0 && !is_blank(d->input.text))
		screen_text(box.y + 2, box.x + 4, w - 6, INK_DIM, d->answered ? _("Nothing is called that.") : _("Asking the broker."));
	else if (d->more > 0 && d->n < rows) {
		char more[64];

		snprintf(more, sizeof more, _("and %lld more: type more of it"), d->more);
		screen_text(box.y + 2 + d->n, box.x + 4, w - 6, INK_DIM, more);
	}
}

static void retold(struct view *v)
{
	if (!is_blank(of(v)->input.text))
		ask(of(v));
}

static void closed(struct view *v)
{
	struct goto_dialog *d = of(v);

	app_forget(v->app, d->request);
	loop_timer_free(d->timer);
	free(d);
}

static const struct view_ops ops = {
	.name = "goto", .where = WHERE_DIALOG, .overlay = true, .draw = draw, .text = text, .command = command, .can = can,
	.click = click, .retold = retold, .closed = closed,
};

struct view *dialog_goto_new(struct app *a)
{
	struct goto_dialog *d = xcalloc(1, sizeof *d);

	d->view.ops = &ops;
	d->view.app = a;
	d->input.max = 255;
	d->timer = loop_timer_new(a->loop, ask, d);
	return &d->view;
}
