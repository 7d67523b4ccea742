/* From the lines of a reply to facts. A word that is in no table is unknown, never on or off. Called by the
 * conversation with a manager and by check.c. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define GIVEN_UP_MAX 16

struct sense {
	const struct dialect *d;
	const struct dialect_ask *a;
	const char *asked; /* bay that was asked for, "" none */
	struct metal *out;
	char bay[DIALECT_BAY_MAX + 1]; /* of the block, "" none */
	struct sensor *sensor;         /* of the block: valid until the next sensor is made */
	size_t facts;
	int given_up;
	struct buf words; /* what is said of this line */
	bool odd;
};

const char *fact_name(enum fact f)
{
	static const char *const names[FACT_COUNT] = {"bay", "absent", "present", "name", "model", "serial", "firmware",
		"power", "health", "locate", "title", "role", "sensor", "value", "kind"};

	return names[f];
}

int words_find(const struct words *tables, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < tables[i].n; k++)
			if (pattern_match(tables[i].list[k], PATTERN_WHOLE, false, word, strlen(word), NULL) == 1)
				return (int)i;
	return -1;
}

/* A group's text, clean, its blanks made one, "" when it says that there is nothing to tell. */
static char *fact_text(const struct sense *s, const char *line, const struct span *span)
{
	char *raw = xasprintf("%.*s", (int)(span->end - span->start), line + span->start), *text = text_shown_dup(raw);
	size_t k = 0;

	for (size_t i = 0; text[i]; i++)
		if (text[i] != ' ' || (k && text[k - 1] != ' '))
			text[k++] = text[i];
	k -= k && text[k - 1] == ' ';
	if (k > TEXT_NAME_MAX) {
		k = TEXT_NAME_MAX;
		while (k && ((unsigned char)text[k] & 0xc0) == 0x80)
			k--;
	}
	text[k] = '\0';
	if (words_find(&s->d->words->none, 1, text) == 0)
		*text = '\0';
	free(raw);
	return text;
}

static const char *comma(const struct sense *s)
{
	return s->words.len && s->words.data[s->words.len - 1] != ' ' ? ", " : "";
}

static void note(struct sense *s, const char *what, const char *text)
{
	buf_printf(&s->words, "%s%s %s", comma(s), what, text);
	s->facts++;
}

static void odd(struct sense *s, enum fact f, const char *word)
{
	buf_printf(&s->words, "%s%s unknown: \"%s\" is in no table", comma(s), fact_name(f), word);
	s->odd = true;
	s->facts++;
}

static enum health health_of(struct sense *s, const char *word)
{
	int h = words_find(s->d->words->health, HEALTH_COUNT, word);

	if (h < 0)
		odd(s, FACT_HEALTH, word);
	else
		note(s, "health", health_name((enum health)h));
	return h < 0 ? HEALTH_UNKNOWN : (enum health)h;
}

static void tell_text(struct sense *s, enum fact f, const char *text, char **to)
{
	if (!text || !*text)
		return;
	metal_text(to, text);
	note(s, fact_name(f), text);
}

static void tell_bay(struct sense *s, char **t, struct bay_facts *b, bool listed)
{
	bool absent = t[FACT_ABSENT] && *t[FACT_ABSENT];

	buf_printf(&s->words, "bay %s: ", b->bay);
	if (absent || listed || (t[FACT_PRESENT] && *t[FACT_PRESENT]) || (s->d->single && !s->a->rows->whole)) {
		b->fitted = !absent;
		note(s, absent ? "no" : "a", "blade");
	}
	tell_text(s, FACT_NAME, t[FACT_NAME], &b->name);
	tell_text(s, FACT_MODEL, t[FACT_MODEL], &b->model);
	tell_text(s, FACT_SERIAL, t[FACT_SERIAL], &b->serial);
	tell_text(s, FACT_FIRMWARE, t[FACT_FIRMWARE], &b->firmware);
	if (t[FACT_POWER] && !absent) {
		int p = *t[FACT_POWER] ? words_find(s->d->words->power, POWER_STATE_COUNT, t[FACT_POWER])
				       : POWER_UNKNOWN;
		b->power = p < 0 ? POWER_UNKNOWN : (enum power_state)p;
		b->power_told = true;
		if (p < 0)
			odd(s, FACT_POWER, t[FACT_POWER]);
		else
			note(s, "power", power_state_name(b->power));
	}
	if (t[FACT_HEALTH] && *t[FACT_HEALTH] && !absent) {
		b->health = health_of(s, t[FACT_HEALTH]);
		b->health_told = true;
	}
	if (t[FACT_LOCATE] && *t[FACT_LOCATE]) {
		int on = words_find(s->d->words->locate, 2, t[FACT_LOCATE]);
		b->locate = on;
		if (on < 0)
			odd(s, FACT_LOCATE, t[FACT_LOCATE]);
		else
			note(s, "locate light", on ? "on" : "off");
	}
	if (s->words.data[s->words.len - 1] == ' ') /* a block that tells nothing of its own */
		s->words.len -= 2;
}

static enum sensor_kind kind_of(const struct sense *s, char **t)
{
	const char *word = t[FACT_KIND] && *t[FACT_KIND] ? t[FACT_KIND] : t[FACT_SENSOR];
	int k = words_find(s->d->words->kind, SENSOR_OTHER, word);

	return k < 0 ? SENSOR_OTHER : (enum sensor_kind)k;
}

static void tell_sensor(struct sense *s, char **t, struct sensor *r)
{
	static const char *const kinds[SENSOR_KIND_COUNT] = {"supply", "fan", "temperature", "manager", "sensor"};

	note(s, kinds[r->kind], r->name);
	if (t[FACT_ABSENT] || t[FACT_PRESENT]) {
		r->absent = t[FACT_ABSENT] && *t[FACT_ABSENT];
		if (r->absent)
			note(s, "not", "there");
	}
	tell_text(s, FACT_VALUE, t[FACT_VALUE], &r->value);
	if (t[FACT_HEALTH] && *t[FACT_HEALTH] && !r->absent)
		r->health = health_of(s, t[FACT_HEALTH]);
}

static void tell_role(struct sense *s, const char *word)
{
	int r = words_find(s->d->words->role, 3, word);

	s->out->role = r < 0 ? MANAGER_ROLE_UNKNOWN : (enum manager_role)r;
	if (r < 0)
		odd(s, FACT_ROLE, word);
	else
		note(s, "role", r == MANAGER_ACTIVE ? "active" : r == MANAGER_STANDBY ? "standby" : "unknown");
}

static void tell_whole(struct sense *s, char **t)
{
	struct metal *m = s->out;

	tell_text(s, FACT_NAME, t[FACT_NAME], &m->title);
	tell_text(s, FACT_MODEL, t[FACT_MODEL], &m->model);
	tell_text(s, FACT_SERIAL, t[FACT_SERIAL], &m->serial);
	tell_text(s, FACT_FIRMWARE, t[FACT_FIRMWARE], &m->firmware);
	if (t[FACT_HEALTH] && *t[FACT_HEALTH]) {
		m->health = health_of(s, t[FACT_HEALTH]);
		m->health_told = true;
	}
}

/* False: the row names what can be no bay. */
static bool tell(struct sense *s, char **t, bool block)
{
	const struct dialect_rows *rows = s->a->rows;
	bool named = t[FACT_BAY] != NULL;
	const char *bay = named ? t[FACT_BAY] : *s->bay ? s->bay : s->a->per_bay ? s->asked : "";

	if (!*bay && s->d->single && !rows->whole)
		bay = "1";
	if (t[FACT_SENSOR] && *t[FACT_SENSOR]) {
		struct sensor *r = metal_sensor(s->out, kind_of(s, t), t[FACT_SENSOR]);
		if (!r)
			return false;
		tell_sensor(s, t, r);
		s->sensor = block ? r : NULL;
		*s->bay = '\0';
		return true;
	}
	tell_text(s, FACT_TITLE, t[FACT_TITLE], &s->out->title);
	if (t[FACT_ROLE] && *t[FACT_ROLE])
		tell_role(s, t[FACT_ROLE]);
	if (!named && s->sensor && (t[FACT_HEALTH] || t[FACT_VALUE] || t[FACT_ABSENT] || t[FACT_PRESENT])) {
		tell_sensor(s, t, s->sensor);
		return true;
	}
	if (!*bay) {
		tell_whole(s, t);
		return true;
	}
	bool of_bay = named;
	for (enum fact f = FACT_ABSENT; f <= FACT_LOCATE; f++)
		of_bay = of_bay || t[f];
	if (!of_bay)
		return true;
	struct bay_facts *b = metal_bay(s->out, bay);
	if (!b)
		return false;
	tell_bay(s, t, b, named && !s->a->per_bay);
	if (block) {
		memcpy(s->bay, b->bay, sizeof s->bay);
		s->sensor = NULL;
	}
	return true;
}

static int take(struct sense *s, const struct row *r, const char *line, size_t len, bool block)
{
	struct span spans[PATTERN_GROUPS_MAX + 1];
	char *t[FACT_COUNT] = {NULL};
	int rc = pattern_match(r->pattern, PATTERN_FIND, false, line, len, spans);

	s->given_up += rc < 0;
	if (rc != 1)
		return 0;
	for (size_t i = 1; i <= pattern_groups(r->pattern); i++)
		if (r->facts[i] < FACT_COUNT && spans[i].there && !t[r->facts[i]])
			t[r->facts[i]] = fact_text(s, line, &spans[i]);
	bool told = tell(s, t, block);
	for (int f = 0; f < FACT_COUNT; f++)
		free(t[f]);
	return told;
}

static enum line_kind sense_line(struct sense *s, const char *line, size_t len)
{
	const struct dialect_rows *r = s->a->rows;

	if (strspn(line, " ") >= len)
		return LINE_BLANK;
	for (size_t i = 0; i < r->nblocks; i++)
		if (take(s, &r->blocks[i], line, len, true))
			return s->odd ? LINE_ODD : LINE_TOLD;
	for (size_t i = 0; i < r->n; i++)
		if (take(s, &r->rows[i], line, len, false))
			return s->odd ? LINE_ODD : LINE_TOLD;
	for (size_t i = 0; i < r->nskips; i++)
		if (pattern_match(r->skips[i], PATTERN_FIND, false, line, len, NULL) == 1)
			return LINE_SKIPPED;
	return LINE_STRANGE;
}

size_t understand_lines(const struct dialect *d, const struct dialect_ask *a, const char *bay, const char *reply,
	struct metal *out, line_fn *fn, void *ctx)
{
	struct sense s = {.d = d, .a = a, .asked = bay, .out = out};
	size_t n = 0;

	for (const char *line = reply; *line && s.given_up < GIVEN_UP_MAX; n++) {
		size_t len = strcspn(line, "\n"), seen = len < PATTERN_SUBJECT_MAX ? len : PATTERN_SUBJECT_MAX;
		s.odd = false;
		enum line_kind kind = sense_line(&s, line, seen);
		buf_append(&s.words, "", 1);
		if (fn)
			fn(ctx, n, kind, s.words.data);
		buf_free(&s.words);
		s.words = (struct buf){0};
		line += len + (line[len] == '\n');
	}
	return s.facts;
}

size_t dialect_understand(
	const struct dialect *d, const struct dialect_ask *a, const char *bay, const char *reply, struct metal *out)
{
	return understand_lines(d, a, bay, reply, out, NULL, NULL);
}
