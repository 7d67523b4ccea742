/* Configuration text (a site file, a dialect file) becomes a tree of sections and values, every one with its line. What
 * they mean is not known here: which ones there can be is said by the table of the room that reads. libconfuse has
 * process-wide state: not by two threads at once. */
#ifndef TANA_CONF_H
#define TANA_CONF_H

#include "common/error.h"

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#define CONF_FILES_MAX 65         /* a file and 64 includes */
#define CONF_BYTES_MAX (8u << 20) /* of all files together */
#define CONF_ERRORS_MAX 1000
#define CONF_VALUE_MAX 4096 /* bytes of one value */

/* Errors as they are found; file is an index into the conf's files. */
struct report_entry {
	int file, line;
	size_t order;
	struct err *err;
};
struct report {
	struct report_entry *list;
	size_t n;
	bool quiet; /* a ranged section's further instances: what this line said already is not said again */
};
void report_add(struct report *r, int file, int line, struct err *e); /* takes e */
void report_sort(struct report *r);                                   /* by file and line */
void report_free(struct report *r);                                   /* what is inside */

struct conf_value {
	char *text; /* owned; clean (text_is_clean) */
	int line;
	bool slashed; /* written between double quotes with a backslash in it: what that made of it may surprise */
};
struct conf_item {
	const char *name; /* row of the table of options */
	int line;
	struct conf_value *values;
	size_t n;
};
struct conf_node {
	const char *kind; /* "rack"; "" for a whole file */
	char *title;      /* owned, clean; "" when the section has none */
	int file, line;   /* of the section's first word */
	bool slashed;     /* as of a value: the title */
	struct conf_item *items;
	size_t nitems;
	struct conf_node **children;
	size_t nchildren;
	struct conf_node *parent;
};
struct conf {
	char **files;             /* paths, as they were opened */
	struct conf_node **roots; /* NULL for a file whose reading ended early */
	size_t n;
};

/* Rows of a table of sections and options. Every value is text, so that a wrong number is an error of meaning and does not
 * end the reading. An include stands at the top of a file only. */
/* clang-format off */
#define CONF_TEXT(n) {.name = n, .type = CFGT_STR, .flags = CFGF_NODEFAULT}
#define CONF_LIST(n) {.name = n, .type = CFGT_STR, .flags = CFGF_NODEFAULT | CFGF_LIST}
#define CONF_SECTION_OF(n, table, more) \
	{.name = n, .type = CFGT_SEC, .flags = CFGF_MULTI | (more), .subopts = table, .validcb = conf_section_closed}
#define CONF_SECTION(n, table) CONF_SECTION_OF(n, table, CFGF_NONE)
#define CONF_TITLED(n, table) CONF_SECTION_OF(n, table, CFGF_TITLE)
#define CONF_INCLUDE {.name = "include", .type = CFGT_STR, .flags = CFGF_NODEFAULT, .validcb = conf_include_said}
/* clang-format on */
int conf_section_closed(cfg_t *cfg, cfg_opt_t *opt); /* for the rows above alone */
int conf_include_said(cfg_t *cfg, cfg_opt_t *opt);
const cfg_opt_t *conf_option(const cfg_opt_t *table, const char *name, size_t len);

/* Reads path and what it includes, by that table. Everything wrong goes to r; the tree holds what could be read. */
struct conf *conf_read(const char *path, cfg_opt_t *table, struct report *r);
void conf_free(struct conf *c);

/* One file's text (len bytes, anything) without touching a file: the tree, or NULL after a syntax error. */
struct conf_node *conf_parse(const char *text, size_t len, cfg_opt_t *table, int file, struct report *r);
void conf_node_free(struct conf_node *n);

/* NULL when it is not there. */
const struct conf_item *conf_item(const struct conf_node *n, const char *name);
const char *conf_text(const struct conf_node *n, const char *name); /* first value; NULL */
const struct conf_node *conf_child(const struct conf_node *n, const char *kind);

/* conf_scan.c: finds sections, options and their lines, reports what is unknown, doubled or malformed. blank (len + 1
 * bytes) gets the text that libconfuse is to read: comments and refused statements are blanks, lines stay where they
 * are. closed (owned by the caller) lists the sections in the order of their closing braces. NULL: a syntax error. */
struct conf_node *conf_scan(const char *text, size_t len, const cfg_opt_t *table, char *blank, int file,
	struct report *r, struct conf_node ***closed, size_t *nclosed);

#endif
