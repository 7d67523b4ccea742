/* The columns of alerts (columns.h). */
#include "lists/columns_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

static void alert_place_cell(const void *o, struct cell *c, enum tier t)
{
	snprintf(c->tmp, sizeof c->tmp, "%.190s", lang_said(NULL, ((const struct alert *)o)->place));
	text_mend(c->tmp);
	cell_text(c, c->tmp, INK_DIM);
}

static int alert_place_compare(const void *a, const void *b)
{
	return columns_compare_text(((const struct alert *)a)->place, ((const struct alert *)b)->place);
}

static const char *alert_name(const void *o)
{
	return ((const struct alert *)o)->name;
}

static void alert_sign(const void *o, struct cell *c, enum tier t)
{
	struct look l = look_alarm(o, t);

	cell_text(c, l.sign, l.ink);
}

static void alert_name_cell(const void *o, struct cell *c, enum tier t)
{
	enum look_rank rank = look_alarm(o, t).rank;

	cell_text(c, alert_name(o), rank >= LOOK_WARN ? INK_BOLD : rank <= LOOK_OFF ? INK_DIM : INK_NORMAL);
}

static int alert_name_compare(const void *a, const void *b)
{
	return columns_compare_text(alert_name(a), alert_name(b));
}

static void alert_level_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, look_alarm(o, t).word, look_alarm_ink(o));
}

static int alert_level_compare(const void *a, const void *b)
{
	return look_alarm_order(a, b);
}

static void alert_for_cell(const void *o, struct cell *c, enum tier t)
{
	const struct alert *a = o;

	if (a->cleared > a->since && a->cleared - a->since >= 30) /* how long it stood */
		lang_age(c->tmp, sizeof c->tmp, a->cleared - a->since);
	else
		look_age(c->tmp, sizeof c->tmp, a->cleared ? 0 : a->since);
	cell_text(c, c->tmp, INK_DIM);
}

static int alert_for_compare(const void *a, const void *b)
{
	return columns_compare_int(((const struct alert *)b)->since, ((const struct alert *)a)->since);
}

static void alert_text_cell(const void *o, struct cell *c, enum tier t)
{
	look_alarm_says(c->tmp, sizeof c->tmp, o);
	cell_text(c, c->tmp, look_alarm_ink(o));
}

static void alert_holder_cell(const void *o, struct cell *c, enum tier t)
{
	const struct alert *a = o;

	look_alarm_holder(c->tmp, sizeof c->tmp, a);
	cell_text(c, c->tmp, look_alarm_is(a, "muted") ? INK_MAINT : look_alarm_is(a, "acknowledged") ? INK_NORMAL : INK_DIM);
}

static int alert_holder_compare(const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	int c = columns_compare_text(x->state, y->state);

	return c ? c : columns_compare_text(x->by, y->by);
}

static void alert_note_cell(const void *o, struct cell *c, enum tier t)
{
	cell_text(c, ((const struct alert *)o)->note, INK_DIM);
}

static int alert_note_compare(const void *a, const void *b)
{
	return columns_compare_text(((const struct alert *)a)->note, ((const struct alert *)b)->note);
}

static const struct column alert_list[] = {
	{N_("OBJECT"), NULL, 10, 20, false, 0, false, alert_name_cell, alert_name_compare, NULL, NULL},
	{N_("FOR"), NULL, 6, 6, true, 3, false, alert_for_cell, alert_for_compare, NULL, NULL},
	{N_("LEVEL"), "level", 7, 7, false, 100, false, alert_level_cell, alert_level_compare, NULL, NULL},
	{N_("TAKEN BY"), NULL, 8, 22, false, 1, false, alert_holder_cell, alert_holder_compare, NULL, NULL},
	{N_("WHAT"), NULL, 32, 0, false, 0, false, alert_text_cell, alert_level_compare, NULL, NULL},
	{N_("PLACE"), NULL, 6, 26, false, 5, false, alert_place_cell, alert_place_compare, NULL, NULL},
	{N_("NOTE"), NULL, 4, 24, false, 7, false, alert_note_cell, alert_note_compare, NULL, NULL},
};
const struct columns columns_alert = {alert_list, sizeof alert_list / sizeof alert_list[0], 4, alert_sign, alert_name, false,
	N_("No alerts. What is wrong stands here, one line for each cause, until it is well again."), N_("No alert matches the filter. F clears it.")};
