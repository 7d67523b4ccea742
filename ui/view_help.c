/* Help: the key table as a page. What works in the view below comes first. */
#include "app.h"
#include "sandbox.h"
#include "tr.h"
#include "view_text.h"

#include <stdint.h>

static bool belongs(const struct binding *b, unsigned place)
{
	if (place == WHERE_VIEWS)
		return (b->where & WHERE_VIEWS) == WHERE_VIEWS;
	return b->where & place && (b->where & WHERE_VIEWS) != WHERE_VIEWS;
}

/* The provider's: no customer has what they are about. */
static bool is_staffs(enum command c)
{
	return c == CMD_PROTECT || c == CMD_ENCLOSURE || c == CMD_BLADE_ACTIONS || c == CMD_BLADE_POWER;
}

static void add_place(struct lines *l, const struct keymap_place *p, bool customer)
{
	if (customer && !(p->where & ~(WHERE_RACKS | WHERE_ENCLOSURE)))
		return;
	if (l->n > 0)
		lines_add(l, INK_NORMAL, "", " ");
	lines_add(l, INK_ACCENT, "", "%s", customer && p->where == WHERE_ROWS ? _("Servers, jobs") : _(p->heading));
	for (size_t i = 0; i < keymap_rows; i++)
		if (belongs(&keymap[i], p->where) && !(customer && is_staffs(keymap[i].command)))
			lines_add(l, INK_NORMAL, keymap[i].shown, "%s", _(keymap[i].help));
}

static void fill(struct view *v, struct lines *l)
{
	unsigned here = (unsigned)(uintptr_t)view_text_ctx(v);
	bool customer = app_is_customer(v->app);

	l->heads = HEADS_BOLD;
	for (const struct keymap_place *p = keymap_places; p->heading; p++)
		if (p->where & here && p->where != WHERE_VIEWS)
			add_place(l, p, customer);
	for (const struct keymap_place *p = keymap_places; p->heading; p++)
		if ((!(p->where & here) || p->where == WHERE_VIEWS) && (p->where != WHERE_SERVERS || customer))
			add_place(l, p, customer);
	lines_add(l, INK_NORMAL, "", " ");
	lines_add(l, INK_ACCENT, "", "%s", _("This console"));
	lines_add(l, INK_NORMAL, "", "%s", sandbox_entered() ?
		_("It is in its sandbox: it reads and writes its terminal and its broker, no more.") :
		_("It is in no sandbox: its broker is its own, and it starts that again when it ends."));
}

bool view_help_is(const struct view *v)
{
	return view_text_is(v, fill);
}

struct view *view_help_new(struct app *a)
{
	struct text_source s = {.name = _("help"), .object = "", .fill = fill, .ctx = (void *)(uintptr_t)app_top(a)->ops->where};

	return view_text_new(a, &s);
}
