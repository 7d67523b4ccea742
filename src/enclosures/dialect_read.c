/* From a dialect file to a dialect: the file as a whole, its words and errors. Sessions are dialect_session.c's,
 * questions and verbs dialect_ask.c's. Called by dialect.c and check.c. */
#include "enclosures/inside.h"
#include "conf/value.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64
#define RULES_MAX 100
#define CONFIRMS_MAX 16

void reading_say(struct reading *g, const struct conf_node *n, int line, struct err *e)
{
	if (e)
		report_add(g->r, n->file, line, e);
}

void reading_missing(struct reading *g, const struct conf_node *n, const char *option)
{
	reading_say(g, n, n->line,
		err_new(ERR_USAGE, "dialect.missing", "{s:s, s:s}", "section", n->kind, "option", option));
}

static char *known_facts(void)
{
	struct buf b = {0};

	for (int f = 0; f < FACT_COUNT; f++)
		buf_printf(&b, "%s%s", f ? ", " : "", fact_name((enum fact)f));
	buf_append(&b, "", 1);
	return b.data;
}

static bool fact_is(const char *name)
{
	for (int f = 0; f < FACT_COUNT; f++)
		if (!strcmp(fact_name((enum fact)f), name))
			return true;
	return false;
}

struct pattern *reading_value(
	struct reading *g, const struct conf_node *n, const char *option, const struct conf_value *v, bool groups)
{
	struct err *e = NULL;
	struct pattern *p = NULL;

	if (v->slashed)
		e = err_new(ERR_USAGE, "dialect.pattern.quotes", "{s:s}", "option", option);
	else
		p = pattern_new(option, v->text, &e);
	for (size_t i = 1; p && groups && i <= pattern_groups(p) && !e; i++)
		if (*pattern_group(p, i) && !fact_is(pattern_group(p, i))) {
			char *known = known_facts();
			e = err_new(ERR_USAGE, "dialect.pattern.group", "{s:s, s:s, s:s}", "option", option, "group",
				pattern_group(p, i), "known", known);
			free(known);
		}
	reading_say(g, n, v->line, e);
	return p;
}

struct pattern *reading_pattern(struct reading *g, const struct conf_node *n, const char *option)
{
	const struct conf_item *it = conf_item(n, option);

	return it && it->n ? reading_value(g, n, option, &it->values[0], false) : NULL;
}

struct words reading_words(struct reading *g, const struct conf_node *n, const char *option, size_t max)
{
	const struct conf_item *it = conf_item(n, option);
	struct words w = {0};

	if (!it)
		return w;
	w.list = xcalloc(it->n ? it->n : 1, sizeof(struct pattern *));
	if (it->n > max)
		reading_say(g, n, it->line,
			err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", option, "max", (int)max));
	for (size_t i = 0; i < it->n && i < max; i++) {
		struct pattern *p = reading_value(g, n, option, &it->values[i], false);
		if (p)
			w.list[w.n++] = p;
	}
	return w;
}

void reading_time(struct reading *g, const struct conf_node *n, const char *option, int *seconds)
{
	const char *text = conf_text(n, option);

	if (text)
		reading_say(g, n, conf_item(n, option)->line, parse_duration(option, text, seconds));
}

void words_free(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		pattern_free(w->list[i]);
	free(w->list);
	*w = (struct words){0};
}

static void read_tables(
	struct reading *g, const struct conf_node *n, const char *const *names, struct words *tables, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i])
			tables[i] = reading_words(g, n, names[i], WORDS_MAX);
}

static void read_power(struct reading *g, const struct conf_node *n)
{
	static const char *const names[] = {"unknown", "off", "on", "starting", "stopping"};

	read_tables(g, n, names, g->words->power, POWER_STATE_COUNT);
}

static void read_health(struct reading *g, const struct conf_node *n)
{
	static const char *const names[] = {"unknown", "ok", "warning", "failed"};

	read_tables(g, n, names, g->words->health, HEALTH_COUNT);
}

static void read_role(struct reading *g, const struct conf_node *n)
{
	static const char *const names[] = {"unknown", "active", "standby"};

	read_tables(g, n, names, g->words->role, 3);
}

static void read_locate(struct reading *g, const struct conf_node *n)
{
	static const char *const names[] = {"off", "on"};

	read_tables(g, n, names, g->words->locate, 2);
}

static void read_kind(struct reading *g, const struct conf_node *n)
{
	static const char *const names[] = {"power", "fan", "temperature", "manager"};

	read_tables(g, n, names, g->words->kind, 4);
}

static void read_detect(struct reading *g, const struct conf_node *n)
{
	g->d->detect->banner = reading_words(g, n, "banner", WORDS_MAX);
	g->d->detect->not = reading_words(g, n, "not", WORDS_MAX);
	if (!conf_item(n, "banner"))
		reading_missing(g, n, "banner");
}

static void read_error(struct reading *g, const struct conf_node *n)
{
	struct dialect *d = g->d;
	struct buf choices = {0};
	int means = -1;

	for (int m = 0; m < REPLY_MEANS_COUNT; m++) {
		buf_printf(&choices, "%s%s", m ? ", " : "", means_name((enum reply_means)m));
		if (!strcmp(means_name((enum reply_means)m), n->title))
			means = m;
	}
	buf_append(&choices, "", 1);
	if (means < 0)
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.error", "{s:s, s:s}", "name", n->title, "choices", choices.data));
	else if (!conf_item(n, "text"))
		reading_missing(g, n, "text");
	buf_free(&choices);
	struct words w = means < 0 ? (struct words){0} : reading_words(g, n, "text", WORDS_MAX);
	if (d->nrules + w.n > RULES_MAX) {
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", "error", "max", RULES_MAX));
		words_free(&w);
		return;
	}
	d->rules = xrealloc(d->rules, (d->nrules + w.n + 1) * sizeof *d->rules);
	for (size_t i = 0; i < w.n; i++)
		d->rules[d->nrules++] = (struct dialect_rule){.match = w.list[i], .means = (enum reply_means)means};
	free(w.list);
}

static void read_confirm(struct reading *g, const struct conf_node *n)
{
	struct dialect *d = g->d;
	const char *answer = conf_text(n, "answer");
	struct pattern *p = reading_pattern(g, n, "question");

	if (!conf_item(n, "question"))
		reading_missing(g, n, "question");
	if (!answer)
		reading_missing(g, n, "answer");
	if (d->nconfirms == CONFIRMS_MAX)
		reading_say(g, n, n->line,
			err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", "confirm", "max", CONFIRMS_MAX));
	if (!p || !answer || d->nconfirms == CONFIRMS_MAX) {
		pattern_free(p);
		return;
	}
	d->confirms = xrealloc(d->confirms, (d->nconfirms + 1) * sizeof *d->confirms);
	d->confirms[d->nconfirms++] = (struct dialect_confirm){.match = p, .answer = xstrdup(answer)};
}

static const struct {
	const char *kind;
	void (*read)(struct reading *g, const struct conf_node *n);
	bool asks; /* read last: what they need is known then */
} sections[] = {{"detect", read_detect, false}, {"session", read_session, false}, {"error", read_error, false},
	{"confirm", read_confirm, false}, {"power", read_power, false}, {"health", read_health, false},
	{"role", read_role, false}, {"locate", read_locate, false}, {"kind", read_kind, false}, {"ask", read_ask, true},
	{"verb", read_verb, true}};

static void read_sections(struct reading *g, const struct conf_node *n, bool asks)
{
	for (size_t i = 0; i < n->nchildren; i++)
		for (size_t k = 0; k < sizeof sections / sizeof *sections; k++)
			if (sections[k].asks == asks && !strcmp(sections[k].kind, n->children[i]->kind))
				sections[k].read(g, n->children[i]);
}

static void check_name(struct reading *g, const struct conf_node *n, const char *file)
{
	const char *name = strrchr(file, '/'), *base = name ? name + 1 : file;
	size_t len = strlen(n->title);

	if (!shape_bay_is(n->title))
		reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.name", "{s:s}", "name", n->title));
	else if (strncmp(base, n->title, len) || strcmp(base + len, ".conf"))
		reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.file", "{s:s}", "name", n->title));
}

static struct dialect *read_dialect(const struct conf_node *n, const char *file, struct report *r)
{
	struct dialect *d = xcalloc(1, sizeof *d);
	struct reading g = {.d = d, .words = xcalloc(1, sizeof *g.words), .r = r};
	const char *title = conf_text(n, "title"), *single = conf_text(n, "single");

	d->words = g.words;
	d->detect = xcalloc(1, sizeof *d->detect);
	d->name = xstrdup(n->title);
	d->title = xstrdup(title ? title : n->title);
	d->file = xstrdup(file);
	d->status_ask = d->role_ask = -1;
	if (single)
		reading_say(&g, n, conf_item(n, "single")->line, parse_yes("single", single, &d->single));
	check_name(&g, n, file);
	g.words->none = reading_words(&g, n, "none", WORDS_MAX);
	shapes_build(n, r, &d->shapes);
	read_sections(&g, n, false);
	read_sections(&g, n, true);
	if (!conf_child(n, "detect"))
		reading_missing(&g, n, "detect");
	if (!conf_child(n, "session"))
		reading_missing(&g, n, "session");
	if (!d->single && !d->shapes.n && !conf_child(n, "shape"))
		reading_missing(&g, n, "shape");
	read_asks_end(&g, n);
	return d;
}

struct dialect *dialect_of_conf(const struct conf *c, struct report *r)
{
	const struct conf_node *root = c->n ? c->roots[0] : NULL;
	struct dialect *d = NULL;

	if (root && !root->nchildren && !r->n)
		report_add(r, 0, 1, err_new(ERR_USAGE, "dialect.empty", NULL));
	for (size_t i = 0; root && i < root->nchildren; i++) {
		const struct conf_node *n = root->children[i];
		if (!i)
			d = read_dialect(n, c->files[0], r);
		else
			report_add(r, n->file, n->line, err_new(ERR_USAGE, "dialect.one", "{s:s}", "name", n->title));
	}
	if (r->n) {
		dialect_free(d);
		d = NULL;
	}
	report_sort(r);
	return d;
}
