/* What is asked and what is ordered: the `ask` and `verb` sections, and what must hold between them. Called by
 * dialect_read.c. */
#include "enclosures/inside.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define ASKS_MAX 32
#define ROWS_MAX 64
#define OF_BLADE (FACT_BIT(FACT_ABSENT) | FACT_BIT(FACT_PRESENT) | FACT_BIT(FACT_POWER) | FACT_BIT(FACT_LOCATE))

static bool row_make(
	struct reading *g, const struct conf_node *n, const char *option, const struct conf_value *v, struct row *r)
{
	*r = (struct row){.pattern = reading_value(g, n, option, v, true)};
	for (int i = 0; i <= PATTERN_GROUPS_MAX; i++)
		r->facts[i] = FACT_COUNT;
	for (size_t i = 1; r->pattern && i <= pattern_groups(r->pattern); i++)
		for (int f = 0; f < FACT_COUNT; f++)
			if (!strcmp(pattern_group(r->pattern, i), fact_name((enum fact)f))) {
				r->facts[i] = (enum fact)f;
				r->has |= FACT_BIT(f);
			}
	return r->pattern != NULL;
}

/* A group's words must be somewhere, or everything would be unknown. */
static void check_words(struct reading *g, const struct conf_node *n, int line, unsigned has)
{
	const struct dialect_words *w = g->words;
	static const struct {
		enum fact f;
		const char *section;
	} of[] = {{FACT_POWER, "power"}, {FACT_HEALTH, "health"}, {FACT_ROLE, "role"}, {FACT_LOCATE, "locate"}};
	size_t counts[] = {w->power[POWER_ON].n && w->power[POWER_OFF].n, w->health[HEALTH_OK].n,
		w->role[MANAGER_ACTIVE].n && w->role[MANAGER_STANDBY].n, w->locate[0].n && w->locate[1].n};

	for (size_t i = 0; i < 4; i++)
		if (has & FACT_BIT(of[i].f) && !counts[i])
			reading_say(g, n, line,
				err_new(ERR_USAGE, "dialect.words", "{s:s, s:s}", "section", of[i].section, "what",
					fact_name(of[i].f)));
}

static void read_rows(struct reading *g, const struct conf_node *n, struct dialect_ask *a)
{
	const struct conf_item *rows = conf_item(n, "row"), *blocks = conf_item(n, "block");
	struct dialect_rows *r = a->rows;
	bool bay_known = a->per_bay || (g->d->single && !r->whole);

	r->rows = xcalloc(ROWS_MAX, sizeof *r->rows);
	r->blocks = xcalloc(ROWS_MAX, sizeof *r->blocks);
	if ((rows && rows->n > ROWS_MAX) || (blocks && blocks->n > ROWS_MAX))
		reading_say(g, n, rows ? rows->line : blocks->line,
			err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", "row", "max", ROWS_MAX));
	for (size_t i = 0; blocks && i < blocks->n && i < ROWS_MAX; i++) {
		struct row *one = &r->blocks[r->nblocks];
		if (!row_make(g, n, "block", &blocks->values[i], one))
			continue;
		r->nblocks++;
		bay_known = bay_known || one->has & FACT_BIT(FACT_BAY);
		if (!(one->has & (FACT_BIT(FACT_BAY) | FACT_BIT(FACT_SENSOR))))
			reading_say(g, n, blocks->values[i].line,
				err_new(ERR_USAGE, "dialect.block.nothing", "{s:s}", "option", "block"));
		check_words(g, n, blocks->values[i].line, one->has);
	}
	for (size_t i = 0; rows && i < rows->n && i < ROWS_MAX; i++) {
		struct row *one = &r->rows[r->n];
		if (!row_make(g, n, "row", &rows->values[i], one))
			continue;
		r->n++;
		unsigned has = one->has;
		bool of = has & (FACT_BIT(FACT_BAY) | FACT_BIT(FACT_SENSOR)) || bay_known || r->nblocks;
		if (!has)
			reading_say(g, n, rows->values[i].line,
				err_new(ERR_USAGE, "dialect.row.nothing", "{s:s}", "option", "row"));
		else if (has & OF_BLADE && !of)
			reading_say(g, n, rows->values[i].line,
				err_new(ERR_USAGE, "dialect.row.bay", "{s:s}", "option", "row"));
		check_words(g, n, rows->values[i].line, has);
	}
	if (!rows && !blocks)
		reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.row.none", "{s:s}", "name", n->title));
	struct words skips = reading_words(g, n, "skip", ROWS_MAX);
	r->skips = skips.list;
	r->nskips = skips.n;
}

static bool asked_already(const struct dialect *d, const char *name)
{
	for (size_t i = 0; i < d->nasks; i++)
		if (!strcmp(d->asks[i].name, name))
			return true;
	return false;
}

void read_ask(struct reading *g, const struct conf_node *n)
{
	struct dialect *d = g->d;
	const char *of = conf_text(n, "of");

	if (asked_already(d, n->title)) {
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.twice", "{s:s, s:s}", "section", "ask", "name", n->title));
		return;
	}
	if (d->nasks == ASKS_MAX) {
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", "ask", "max", ASKS_MAX));
		return;
	}
	d->asks = xrealloc(d->asks, (d->nasks + 1) * sizeof *d->asks);
	struct dialect_ask *a = &d->asks[d->nasks++];
	*a = (struct dialect_ask){.name = xstrdup(n->title), .every_s = 60, .rows = xcalloc(1, sizeof *a->rows)};
	if (of && strcmp(of, "bay") && strcmp(of, "enclosure"))
		reading_say(g, n, conf_item(n, "of")->line,
			err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "of", "value", of,
				"choices", "bay, enclosure"));
	a->per_bay = of ? !strcmp(of, "bay") : d->single;
	a->rows->whole = !a->per_bay;
	reading_time(g, n, "every", &a->every_s);
	reading_steps(g, n, &a->steps);
	if (a->per_bay && !d->single && !steps_have_bay(&a->steps))
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.send.bay", "{s:s, s:s}", "section", n->title, "hole", "{bay}"));
	if (!a->per_bay && steps_have_bay(&a->steps))
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.send.nobay", "{s:s, s:s}", "section", n->title, "hole", "{bay}"));
	read_rows(g, n, a);
}

void read_verb(struct reading *g, const struct conf_node *n)
{
	struct dialect *d = g->d;
	struct buf choices = {0};
	enum verb v;

	if (!verb_from_name(n->title, &v) || v > VERB_LOCATE_OFF) {
		for (int i = 0; i <= VERB_LOCATE_OFF; i++)
			buf_printf(&choices, "%s%s", i ? ", " : "", verb_name((enum verb)i));
		buf_append(&choices, "", 1);
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.verb", "{s:s, s:s}", "name", n->title, "choices", choices.data));
		buf_free(&choices);
		return;
	}
	struct dialect_verb *o = &d->verbs[v];
	if (o->there) {
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.twice", "{s:s, s:s}", "section", "verb", "name", n->title));
		return;
	}
	o->there = true;
	o->within_s = v == VERB_SHUTDOWN ? 600 : 120;
	reading_time(g, n, "within", &o->within_s);
	o->accepted = reading_pattern(g, n, "accepted");
	reading_steps(g, n, &o->steps);
	if (!d->single && !steps_have_bay(&o->steps))
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.send.bay", "{s:s, s:s}", "section", n->title, "hole", "{bay}"));
}

static unsigned ask_tells(const struct dialect_ask *a)
{
	unsigned has = 0;

	for (size_t i = 0; i < a->rows->n; i++)
		has |= a->rows->rows[i].has;
	for (size_t i = 0; i < a->rows->nblocks; i++)
		has |= a->rows->blocks[i].has;
	return has;
}

/* A bay's power is asked by the question about that bay, or by one about all of them. */
void read_asks_end(struct reading *g, const struct conf_node *n)
{
	struct dialect *d = g->d;

	for (int bay = 1; bay >= 0; bay--)
		for (size_t i = 0; i < d->nasks && d->status_ask < 0; i++)
			if (d->asks[i].per_bay == bay && ask_tells(&d->asks[i]) & FACT_BIT(FACT_POWER))
				d->status_ask = (int)i;
	for (size_t i = 0; i < d->nasks && d->role_ask < 0; i++)
		if (ask_tells(&d->asks[i]) & FACT_BIT(FACT_ROLE))
			d->role_ask = (int)i;
	if (d->status_ask >= 0)
		d->asks[d->status_ask].status = true;
	if (!d->nasks)
		reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.ask.none", NULL));
	for (int v = VERB_POWER_ON; v <= VERB_RESET; v++)
		if (d->verbs[v].there && d->status_ask < 0) {
			reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.status.none", NULL));
			break;
		}
}

void rows_free(struct dialect_rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		pattern_free(r->rows[i].pattern);
	for (size_t i = 0; i < r->nblocks; i++)
		pattern_free(r->blocks[i].pattern);
	for (size_t i = 0; i < r->nskips; i++)
		pattern_free(r->skips[i]);
	free(r->rows);
	free(r->blocks);
	free(r->skips);
	free(r);
}
