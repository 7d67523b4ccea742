/* What the files of this room know of a dialect beyond dialect.h. */
#ifndef TANA_ENCLOSURES_INSIDE_H
#define TANA_ENCLOSURES_INSIDE_H

#include "conf/dialect_file.h"
#include "enclosures/dialect.h"
#include "enclosures/pattern.h"

/* The groups that a row may have. */
enum fact {
	FACT_BAY, FACT_ABSENT, FACT_PRESENT, FACT_NAME, FACT_MODEL, FACT_SERIAL, FACT_FIRMWARE, FACT_POWER, FACT_HEALTH,
	FACT_LOCATE, FACT_TITLE, FACT_ROLE, FACT_SENSOR, FACT_VALUE, FACT_KIND, FACT_COUNT
};
const char *fact_name(enum fact f);
#define FACT_BIT(f) (1u << (f))

/* A pattern of a row, and which fact each of its groups is (FACT_COUNT: none). */
struct row {
	struct pattern *pattern;
	enum fact facts[PATTERN_GROUPS_MAX + 1];
	unsigned has;           /* bits of facts */
};
struct dialect_rows {
	struct row *rows; size_t n;
	struct row *blocks; size_t nblocks;   /* begin what the rows below tell of: a bay, a sensor */
	struct pattern **skips; size_t nskips;
	bool whole;             /* of the enclosure, even where the dialect has one server alone */
};

/* Words of the device for ours. */
struct words { struct pattern **list; size_t n; };
struct dialect_words {
	struct words power[POWER_STATE_COUNT], health[HEALTH_COUNT], role[3], locate[2], kind[SENSOR_KIND_COUNT], none;
};
/* Which of the n tables has that word as a whole; -1 none. */
int words_find(const struct words *tables, size_t n, const char *word);

struct dialect_detect { struct words banner, not; };

/* A set of one dialect that is another's. */
struct dialects *dialects_of(const struct dialect *d);
void dialects_of_free(struct dialects *d);

/* ---- lines.c ---- */
/* One line of what came, len bytes, cleaned; without escape sequences, pagers and blanks at its end. Caller frees. */
char *line_clean(const struct dialect *d, const char *line, size_t len);
/* All that came, as lines: without escape sequences, line ends of any kind made "\n", what was taken back taken out. Caller frees. */
char *lines_plain(const char *bytes, size_t n, size_t *len);

/* ---- understand.c ---- */
enum line_kind { LINE_BLANK, LINE_SKIPPED, LINE_TOLD, LINE_ODD /* told, but a word is in no table */, LINE_STRANGE };
/* words: what was understood, "bay 3: power on", or the odd word. */
typedef void line_fn(void *ctx, size_t line, enum line_kind kind, const char *words);
/* dialect_understand, telling of each line. */
size_t understand_lines(const struct dialect *d, const struct dialect_ask *a, const char *bay, const char *reply,
	struct metal *out, line_fn *fn, void *ctx);

/* ---- metal.c ---- */
struct sensor *metal_sensor(struct metal *m, enum sensor_kind kind, const char *name); /* NULL: too many */
void metal_text(char **to, const char *text); /* replaces it when text tells something */

/* ---- reply.c ---- */
const struct dialect_rule *reply_rule(const struct dialect *d, const char *reply, size_t *start, size_t *end);
const char *means_name(enum reply_means m);

/* ---- dialect_read.c and its parts ---- */
/* The dialect of a file that was read as conf; NULL when r has errors. */
struct dialect *dialect_of_conf(const struct conf *c, struct report *r);
struct reading {
	struct dialect *d;
	struct dialect_words *words;
	struct report *r;
};
void reading_say(struct reading *g, const struct conf_node *n, int line, struct err *e); /* takes e; NULL is nothing */
/* The patterns of an option, at most max; they are the caller's. */
struct words reading_words(struct reading *g, const struct conf_node *n, const char *option, size_t max);
struct pattern *reading_pattern(struct reading *g, const struct conf_node *n, const char *option);
/* groups: those with a name must be facts. */
struct pattern *reading_value(struct reading *g, const struct conf_node *n, const char *option, const struct conf_value *v,
	bool groups);
void reading_time(struct reading *g, const struct conf_node *n, const char *option, int *seconds);
void reading_steps(struct reading *g, const struct conf_node *n, struct dialect_steps *out);
bool steps_have_bay(const struct dialect_steps *s);
void reading_missing(struct reading *g, const struct conf_node *n, const char *option);
void read_session(struct reading *g, const struct conf_node *n);     /* dialect_session.c */
void read_ask(struct reading *g, const struct conf_node *n);         /* dialect_ask.c */
void read_verb(struct reading *g, const struct conf_node *n);
void read_asks_end(struct reading *g, const struct conf_node *n);    /* what only all of them together tell */
void words_free(struct words *w);
void steps_free(struct dialect_steps *s);
void rows_free(struct dialect_rows *r);

#endif
