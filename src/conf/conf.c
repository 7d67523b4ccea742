/* From text to tree: libconfuse over the scanned text, values into the scan's tree.
 * libconfuse's lexer has process-wide state: one reading at a time, in a child. Called by conf_files.c. */
#include "conf/conf.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cfg_opt_t *conf_option(const cfg_opt_t *table, const char *name, size_t len)
{
	for (const cfg_opt_t *o = table; o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	return NULL;
}

/* libconfuse hands its callbacks no pointer of ours. */
static struct fill {
	struct report *r;
	struct conf_node *root, **closed;
	size_t nclosed, at, include;
	int file;
	bool failed;
} * fill;

static char *value_text(const char *text, const char *name, int line)
{
	if (text && text_is_clean(text) && strlen(text) <= CONF_VALUE_MAX)
		return xstrdup(text);
	bool dirty = !text || !text_is_clean(text);
	char *shown = xmalloc(81);
	text_clean(shown, 81, text ? text : "", text ? strlen(text) : 0);
	if (!strcmp(name, "password"))
		snprintf(shown, 81, "***"); /* never repeated, not even a bad one */
	report_add(fill->r, fill->file, line,
		dirty ? err_new(ERR_USAGE, "site.value.unclean", "{s:s, s:s}", "option", name, "value", shown)
		      : err_new(ERR_USAGE, "site.value.long", "{s:s, s:i}", "option", name, "max", CONF_VALUE_MAX));
	return shown;
}

/* The scan and libconfuse must have seen the same; where they differ the file is refused, never half understood. */
static int disagree(cfg_t *cfg, int line)
{
	report_add(fill->r, fill->file, line, err_new(ERR_INTERNAL, "site.syntax.disagree", NULL));
	fill->failed = true;
	return -1;
}

/* libconfuse gives a section with a title that it knows already the first one's room: the newest is the one whose
 * line we have not taken away yet. */
static cfg_t *newest(cfg_opt_t *opt)
{
	for (unsigned i = cfg_opt_size(opt); i-- > 0;) {
		cfg_t *sec = cfg_opt_getnsec(opt, i);
		if (sec->line >= 0)
			return sec;
	}
	return NULL;
}

int conf_section_closed(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conf_node *n = fill->at < fill->nclosed ? fill->closed[fill->at] : NULL;
	cfg_t *sec = newest(opt);

	if (!n || !sec || strcmp(n->kind, opt->name))
		return disagree(cfg, n ? n->line : cfg->line);
	fill->at++;
	sec->line = -1;
	n->title = value_text(cfg_title(sec) ? cfg_title(sec) : "", n->kind, n->line);
	for (size_t i = 0; i < n->nitems; i++) {
		struct conf_item *it = &n->items[i];
		cfg_opt_t *o = cfg_getopt(sec, it->name);
		if (!o || cfg_opt_size(o) != it->n)
			return disagree(cfg, it->line);
		for (size_t k = 0; k < it->n; k++)
			it->values[k].text = value_text(cfg_opt_getnstr(o, (unsigned)k), it->name, it->values[k].line);
	}
	return 0;
}

int conf_include_said(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conf_node *root = fill->root;

	if (fill->include >= root->nitems)
		return disagree(cfg, cfg->line);
	struct conf_value *v = &root->items[fill->include++].values[0];
	v->text = value_text(cfg_opt_getnstr(opt, 0), "include", v->line);
	return 0;
}

static __attribute__((format(printf, 2, 0))) void confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char reason[256];

	vsnprintf(reason, sizeof reason, fmt, ap);
	report_add(fill->r, fill->file, cfg->line, err_new(ERR_USAGE, "site.syntax.other", "{s:s}", "reason", reason));
	fill->failed = true;
}

struct conf_node *conf_parse(const char *text, size_t len, cfg_opt_t *table, int file, struct report *r)
{
	struct fill f = {.r = r, .file = file};
	char *blank = xmalloc(len + 1);

	f.root = conf_scan(text, len, table, blank, file, r, &f.closed, &f.nclosed);
	if (f.root) {
		cfg_t *cfg = cfg_init(table, CFGF_NONE);
		if (!cfg)
			abort();
		f.root->title = xstrdup("");
		fill = &f;
		cfg_set_error_function(cfg, confuse_error);
		int rc = cfg_parse_buf(cfg, blank);
		if (!f.failed && (rc != CFG_SUCCESS || f.at != f.nclosed || f.include != f.root->nitems))
			disagree(cfg, cfg->line > 0 ? cfg->line : 1);
		fill = NULL;
		cfg_free(cfg);
		if (f.failed) {
			conf_node_free(f.root);
			f.root = NULL;
		}
	}
	free(f.closed);
	free(blank);
	return f.root;
}

void conf_node_free(struct conf_node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->nitems; i++) {
		for (size_t k = 0; k < n->items[i].n; k++)
			free(n->items[i].values[k].text);
		free(n->items[i].values);
	}
	for (size_t i = 0; i < n->nchildren; i++)
		conf_node_free(n->children[i]);
	free(n->items);
	free(n->children);
	free(n->title);
	free(n);
}

const struct conf_item *conf_item(const struct conf_node *n, const char *name)
{
	for (size_t i = 0; i < n->nitems; i++)
		if (!strcmp(n->items[i].name, name))
			return &n->items[i];
	return NULL;
}

const char *conf_text(const struct conf_node *n, const char *name)
{
	const struct conf_item *it = conf_item(n, name);

	return it && it->n ? it->values[0].text : NULL;
}

const struct conf_node *conf_child(const struct conf_node *n, const char *kind)
{
	for (size_t i = 0; i < n->nchildren; i++)
		if (!strcmp(n->children[i]->kind, kind))
			return n->children[i];
	return NULL;
}
