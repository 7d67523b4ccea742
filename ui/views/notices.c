/* The provider's notices on the screen (notices.h). */
#include "views/notices.h"

#include "common/text.h"
#include "lists/list.h"
#include "tr.h"
#include "views/view_text.h"
#include "words/lang.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdlib.h>
#include <string.h>

#define MOST 128     /* more are counted, not shown; the site file holds at most 100 */
#define ROWS_EACH 3  /* of one notice above the list: it is read in full elsewhere */

static bool is_warning(const struct notice *n)
{
	return strcmp(n->level, "warning") == 0;
}

const char *notice_words(const struct notice *n)
{
	return *n->text_ja && strcmp(lang_now(), "ja") == 0 ? n->text_ja : n->text;
}

int notice_cmp(const struct notice *x, const struct notice *y)
{
	if (is_warning(x) != is_warning(y))
		return is_warning(y) - is_warning(x);
	if (x->since != y->since)
		return x->since > y->since ? -1 : 1;
	return text_natural_cmp(x->name, y->name);
}

static int by_weight(const void *a, const void *b)
{
	return notice_cmp(*(const struct notice *const *)a, *(const struct notice *const *)b);
}

size_t notices_now(const struct registry *r, const struct notice **out, size_t max)
{
	uint32_t slots = registry_slots(r, KIND_NOTICE);
	size_t n = 0;

	for (uint32_t s = 0; s < slots; s++) {
		const struct notice *x = registry_at(r, KIND_NOTICE, s);

		if (x && n < max)
			out[n] = x;
		n += x != NULL;
	}
	qsort(out, n < max ? n : max, sizeof *out, by_weight);
	return n;
}

/* At most `rows` rows of it from y on; returns those that were used. */
static int draw_one(const struct notice *x, int y, const struct box *b, int rows)
{
	enum ink ink = is_warning(x) ? INK_WARN : INK_NORMAL;

	screen_text(y, b->x + 1, 1, ink, is_warning(x) ? "!" : "i");
	return wrap_draw(y, b->x + LIST_LEFT, b->w - LIST_LEFT - 1, rows, ink, notice_words(x), true);
}

static void draw_more(struct box b, int y, size_t left, bool any)
{
	struct pen p = {y, b.x + LIST_LEFT, b.x + b.w};

	if (left == 0)
		pen_text(&p, INK_DIM, _("m reads it in full"));
	else if (any)
		pen_f(&p, INK_DIM, P_(_("%zu more notice: m reads all"), _("%zu more notices: m reads all"), left), left);
	else
		pen_f(&p, INK_WARN, P_(_("%zu notice of your provider: m reads it"), _("%zu notices of your provider: m reads them"), left), left);
}

int notices_draw(struct app *a, struct box b)
{
	const struct notice *list[MOST];
	size_t n = notices_now(a->objects, list, MOST), shown = 0;
	int need = 0, used = 0, width = b.w - LIST_LEFT - 1;
	bool cut = false;

	if (n == 0 || b.h < 1 || width < 1)
		return 0;
	for (size_t i = 0; i < n && i < MOST && need <= b.h; i++) {
		int rows = wrap_height(notice_words(list[i]), width);

		need += rows > ROWS_EACH ? ROWS_EACH : rows;
		cut |= rows > ROWS_EACH;
	}
	cut |= need > b.h || n > MOST;
	/* The last row is the key's where anything is left out. */
	for (int room = b.h - cut; shown < n && shown < MOST; shown++) {
		int rows = wrap_height(notice_words(list[shown]), width), most = room - used;

		most = most > ROWS_EACH ? ROWS_EACH : most;
		if (most < 1 || (rows > most && shown > 0 && most < ROWS_EACH))
			break;
		used += draw_one(list[shown], b.y + used, &b, most);
	}
	if (cut)
		draw_more(b, b.y + used++, n - shown, shown > 0);
	return used;
}

/* ---- all of them ---- */

static void fill(struct view *v, struct lines *l)
{
	const struct notice *list[MOST];
	size_t n = notices_now(v->app->objects, list, MOST);

	l->heads = HEADS_INK;
	for (size_t i = 0; i < n && i < MOST; i++) {
		enum ink ink = is_warning(list[i]) ? INK_WARN : INK_NORMAL;
		char since[24], until[24];

		look_time(since, sizeof since, list[i]->since);
		look_time(until, sizeof until, list[i]->until);
		if (i > 0)
			lines_add(l, INK_NORMAL, "", " ");
		lines_add(l, ink, is_warning(list[i]) ? "!" : "i", "%s", notice_words(list[i]));
		if (*since && *until)
			lines_add(l, INK_DIM, " ", _("from %s until %s"), since, until);
		else if (*since || *until)
			lines_add(l, INK_DIM, " ", *since ? _("since %s") : _("until %s"), *since ? since : until);
	}
	if (n > MOST)
		lines_add(l, INK_DIM, "", P_(_("%zu more notice is not shown"), _("%zu more notices are not shown"), n - MOST), n - MOST);
	if (n == 0)
		lines_add(l, INK_DIM, "", "%s", _("There are no notices now."));
}

struct view *view_notices_new(struct app *a)
{
	struct text_source s = {.name = _("notices"), .object = "", .fill = fill};

	return view_text_new(a, &s);
}
