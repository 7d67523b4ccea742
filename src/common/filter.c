/* The filter language: terms are parsed once into what can be compared, then held against objects.
 * Called by lists, the command line and the broker's targets. */
#include "common/filter.h"
#include "common/clock.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TERMS_MAX 32
#define TERM_BYTES_MAX 255

enum what {
	WORD,        /* part of the name, or a pattern for all of it */
	TEXT,        /* all of a field, or a pattern for it */
	NUMBER,
	AGE,         /* a time by how far it is from now, in seconds */
	CHOICE,      /* an enum's value, by mask */
	NOW,         /* the same of a VM's state or a blade's power, as far as it is known now */
	HOST_LIVE,   /* a host that answers; negated: one that should and does not */
};
enum op { OP_EQ, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN };

struct term {
	enum what what;
	bool negate;
	const struct field *field;
	char *text;            /* folded */
	bool glob;
	enum op op;
	int64_t number, upto;  /* upto: of OP_IN */
	unsigned mask;
};

struct filter {
	enum kind kind;
	int n;
	struct term terms[TERMS_MAX];
};

/* One term while it is read. */
struct word {
	const char *start;     /* in the filter's text */
	size_t len;
	int column;            /* from 1, in characters */
	bool negate, glob, open;
	char key[32];          /* "" when there is none */
	bool has_key;
	char value[TERM_BYTES_MAX + 1]; /* without its quotes */
};

/* ---- reading ---- */

static struct err *fail(const struct word *w, const char *id, const char *value, const char *choices)
{
	char term[TERM_BYTES_MAX + 1];
	size_t n = w->len < sizeof term ? w->len : sizeof term - 1;

	memcpy(term, w->start, n);
	term[n] = 0;
	return err_new(ERR_USAGE, id, "{s:s, s:s, s:s, s:s, s:i}", "term", term, "key", w->key, "value", value,
		"choices", choices, "column", w->column);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Splits the term at s, which is no blank. False: it is too long. */
static bool read_word(const char *s, int column, struct word *w)
{
	size_t at = 0, n = 0;
	bool quoted = false, was_quoted = false;

	*w = (struct word){.start = s, .column = column};
	if (s[at] == '!') {
		w->negate = true;
		at++;
	}
	for (; s[at] && (quoted || !is_blank(s[at])); at++) {
		if (s[at] == '"') {
			quoted = !quoted;
			was_quoted = true;
		} else if (s[at] == ':' && !was_quoted && !w->has_key) {
			w->has_key = true;
			w->value[n] = 0;
			if (n < sizeof w->key)
				memcpy(w->key, w->value, n + 1);
			else
				memcpy(w->key, "?", 2);
			n = 0;
			w->glob = false;
		} else {
			if (n >= TERM_BYTES_MAX)
				return false;
			w->glob |= !quoted && (s[at] == '*' || s[at] == '?');
			w->value[n++] = s[at];
		}
	}
	w->value[n] = 0;
	w->open = quoted;
	w->len = at;
	return at <= 2 * TERM_BYTES_MAX;
}

/* One number with the unit that its field may have. *age: it was a length of time. False: it is none. */
static bool read_amount(const char *s, const struct field *f, int64_t *out, bool *age)
{
	static const struct { char unit; int seconds; } ages[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	static const char units[] = "KMGT"; /* of memory, which is in KiB */
	const char *unit;
	char *end;

	errno = 0;
	long long number = strtoll(s, &end, 10);
	if (end == s || errno || is_blank(*s))
		return false;
	*age = false;
	if (f->type == FIELD_KIB && *end && (unit = strchr(units, *end >= 'a' ? *end - 32 : *end)) && !end[1]) {
		if (__builtin_mul_overflow(number, 1ll << 10 * (unit - units), &number))
			return false;
		end++;
	}
	for (size_t i = 0; f->type == FIELD_TIME && i < sizeof ages / sizeof *ages; i++) {
		if (*end != ages[i].unit || end[1])
			continue;
		if (number < 0 || __builtin_mul_overflow(number, ages[i].seconds, &number))
			return false;
		*age = true;
		end++;
		break;
	}
	*out = number;
	return !*end;
}

/* "2..8": from here to there, both included. */
static bool read_range(const char *s, struct term *t, bool *age)
{
	char from[TERM_BYTES_MAX + 1];
	const char *dots = strstr(s, "..");
	bool other;

	if (!dots)
		return false;
	memcpy(from, s, (size_t)(dots - s));
	from[dots - s] = 0;
	t->op = OP_IN;
	return read_amount(from, t->field, &t->number, age) && read_amount(dots + 2, t->field, &t->upto, &other) && *age == other &&
		t->number <= t->upto;
}

static struct err *parse_number(const struct word *w, struct term *t)
{
	static const struct { const char *sign; enum op op; } ops[] = {
		{">=", OP_GE}, {"<=", OP_LE}, {">", OP_GT}, {"<", OP_LT}, {"=", OP_EQ}};
	const char *s = w->value;
	bool age = false, good;

	t->what = NUMBER;
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (!strncmp(s, ops[i].sign, strlen(ops[i].sign))) {
			t->op = ops[i].op;
			s += strlen(ops[i].sign);
			break;
		}
	}
	good = s == w->value && strstr(s, "..") ? read_range(s, t, &age) : read_amount(s, t->field, &t->number, &age);
	if (!good)
		return fail(w, t->field->type == FIELD_TIME ? "filter.age" : "filter.number", w->value, "");
	if (age)
		t->what = AGE;
	return NULL;
}

static struct err *parse_bool(const struct word *w, struct term *t)
{
	static const char *const names[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	t->what = NUMBER;
	for (int i = 0; i < 8; i++) {
		if (!strcmp(t->text, names[i])) {
			t->number = i & 1;
			return NULL;
		}
	}
	return fail(w, "filter.value", w->value, "yes, no");
}

/* The values whose names fit; a name that fits none would hide a typing error behind an empty list. */
static struct err *parse_choice(const struct word *w, struct term *t)
{
	const char *const *names;
	int n = field_names(t->field->type, &names);
	struct buf choices = {0};
	struct err *e = NULL;

	for (int i = 0; i < n; i++) {
		if (t->glob ? text_glob(t->text, names[i]) : !strcmp(t->text, names[i]))
			t->mask |= 1u << i;
		buf_str(&choices, i ? ", " : "");
		buf_str(&choices, names[i]);
	}
	buf_append(&choices, "", 1);
	if (!t->mask)
		e = fail(w, "filter.value", w->value, choices.data);
	buf_free(&choices);
	return e;
}

/* host:live and host:silent, of a blade or of the blade that a VM is on. */
static bool parse_host(enum kind k, const struct word *w, struct term *t)
{
	if ((k != KIND_VM && k != KIND_BLADE) || strcmp(w->key, "host"))
		return false;
	bool silent = !strcmp(t->text, "silent");
	if (!silent && strcmp(t->text, "live"))
		return false;
	t->what = HOST_LIVE;
	t->field = field_find(k, k == KIND_VM ? "live" : "host");
	t->number = !silent;
	return true;
}

static struct err *parse_term(enum kind k, const struct word *w, struct term *t)
{
	t->negate = w->negate;
	t->glob = w->glob;
	if (w->open)
		return fail(w, "filter.quote", "", "");
	if (!*w->value)
		return fail(w, "filter.empty", "", "");
	t->text = text_fold(w->value);
	if (!w->has_key) {
		t->what = WORD;
		t->field = field_find(k, k == KIND_JOB ? "targets" : "name");
		return NULL;
	}
	if (parse_host(k, w, t))
		return NULL;
	const char *last = k == KIND_VM ? "state" : k == KIND_BLADE ? "power" : NULL; /* what was: is about */
	bool was = last && !strcmp(w->key, "was");
	t->field = filter_field(k, was ? last : w->key);
	if (!t->field) {
		if (k == KIND_VM && !strcmp(w->key, "host"))
			return fail(w, "filter.value", w->value, "live, silent");
		return fail(w, "filter.key", "", "");
	}
	switch (t->field->type) {
	case FIELD_STR:
		t->what = TEXT;
		return NULL;
	case FIELD_BOOL:
		return parse_bool(w, t);
	case FIELD_VM_STATE:
	case FIELD_POWER:
		t->what = was ? CHOICE : NOW;
		return parse_choice(w, t);
	case FIELD_HOST_STATE:
	case FIELD_JOB_STATE:
	case FIELD_HEALTH:
	case FIELD_MANAGER:
		t->what = CHOICE;
		return parse_choice(w, t);
	default:
		return parse_number(w, t);
	}
}

struct err *filter_new(enum kind k, const char *text, struct filter **out)
{
	struct filter *f = xcalloc(1, sizeof *f);
	struct err *e = NULL;
	int column = 1;

	*out = NULL;
	f->kind = k;
	for (const char *s = text; *s && !e;) {
		struct word w;

		if (is_blank(*s)) {
			s++;
			column++;
			continue;
		}
		if (f->n == TERMS_MAX || !read_word(s, column, &w)) {
			e = err_new(ERR_USAGE, "filter.long", "{s:i, s:i, s:i}", "max", TERMS_MAX, "bytes", TERM_BYTES_MAX,
				"column", column);
			break;
		}
		e = parse_term(k, &w, &f->terms[f->n++]);
		for (const char *end = s + w.len; s < end; s++)
			column += ((unsigned char)*s & 0xc0) != 0x80;
	}
	if (e) {
		filter_free(f);
		return e;
	}
	*out = f;
	return NULL;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (int i = 0; i < f->n; i++)
		free(f->terms[i].text);
	free(f);
}

bool filter_is_empty(const struct filter *f)
{
	return !f || !f->n;
}

bool filter_ages(const struct filter *f)
{
	for (int i = 0; f && i < f->n; i++)
		if (f->terms[i].what == AGE)
			return true;
	return false;
}

static bool term_narrows(const struct term *t, const struct term *wider)
{
	if (t->what != wider->what || t->negate != wider->negate || t->field != wider->field || t->glob != wider->glob)
		return false;
	if (t->what == WORD && !t->negate && !t->glob)
		return strstr(t->text, wider->text) != NULL;
	return strcmp(t->text, wider->text) == 0; /* what numbers and masks were read from */
}

bool filter_narrows(const struct filter *f, const struct filter *wider)
{
	if (f->kind != wider->kind || f->n < wider->n || filter_ages(wider))
		return false;
	for (int i = 0; i < wider->n; i++)
		if (!term_narrows(&f->terms[i], &wider->terms[i]))
			return false;
	return true;
}

/* ---- matching ---- */

static bool match_folded(const struct term *t, const char *s)
{
	if (t->glob)
		return text_glob(t->text, s);
	return t->what == WORD ? strstr(s, t->text) != NULL : !strcmp(s, t->text);
}

static bool match_text(const struct term *t, const char *s)
{
	char folded[256];
	size_t n = 0;
	bool large = false;

	/* nearly every name is ASCII, small and short: it is folded already, else no memory is asked for */
	for (; s[n] && (unsigned char)s[n] < 0x80; n++)
		large |= s[n] >= 'A' && s[n] <= 'Z';
	if (!s[n] && !large)
		return match_folded(t, s);
	if (!s[n] && n < sizeof folded) {
		for (size_t i = 0; i <= n; i++)
			folded[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
		return match_folded(t, folded);
	}
	char *whole = text_fold(s);
	bool yes = match_folded(t, whole);
	free(whole);
	return yes;
}

static bool match_number(const struct term *t, int64_t n)
{
	switch (t->op) {
	case OP_LT:
		return n < t->number;
	case OP_LE:
		return n <= t->number;
	case OP_GT:
		return n > t->number;
	case OP_GE:
		return n >= t->number;
	case OP_IN:
		return n >= t->number && n <= t->upto;
	default:
		return n == t->number;
	}
}

/* "10.12.0.20, 10.12.0.21": any of them. */
static bool match_any(const struct term *t, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, ",");
		char part[TERM_BYTES_MAX + 1];

		if (n < sizeof part) {
			memcpy(part, s, n);
			part[n] = 0;
			if (match_text(t, part))
				return true;
		}
		s += n;
		s += strspn(s, ", ");
	}
	return false;
}

/* How far from now, back or ahead. A time that is not known is none of the lengths, and not "not" one of them either. */
static bool match_age(const struct term *t, int64_t at)
{
	int64_t away = clock_wall_s() - at;

	return at != 0 && match_number(t, away < 0 ? -away : away) != t->negate;
}

/* A state that is not known now is none of the others, and not "not" one of them either: only unknown fits. */
static bool match_now(const struct term *t, const void *o)
{
	const struct vm *vm = o;
	const struct blade *b = o;
	unsigned s = t->field->type == FIELD_POWER ? b->power_live ? b->power : POWER_UNKNOWN : vm->live ? vm->state : VM_UNKNOWN;

	_Static_assert((int)VM_UNKNOWN == 0 && (int)POWER_UNKNOWN == 0, "unknown is the first of both");
	if (s == 0)
		return t->mask & 1 && !t->negate;
	return ((t->mask >> (s & 31) & 1) != 0) != t->negate;
}

/* A bay without a host of ours is neither live nor silent. */
static bool match_host(const struct term *t, int64_t value)
{
	if (t->field->type == FIELD_HOST_STATE) {
		if (value == HOST_NONE)
			return false;
		value = value == HOST_UP;
	}
	return (value == t->number) != t->negate;
}

static bool match_term(const struct term *t, const void *o)
{
	const char *text;
	bool yes;

	switch (t->what) {
	case NOW:
		return match_now(t, o);
	case HOST_LIVE:
		return match_host(t, field_int(t->field, o));
	case AGE:
		return match_age(t, field_int(t->field, o));
	case NUMBER:
		yes = match_number(t, field_int(t->field, o));
		break;
	case CHOICE:
		yes = t->mask >> (field_int(t->field, o) & 31) & 1;
		break;
	default:
		text = *(const istr *)(const void *)((const char *)o + t->field->offset);
		yes = match_text(t, text) || (t->what == TEXT && strchr(text, ',') && match_any(t, text));
	}
	return yes != t->negate;
}

bool filter_match(const struct filter *f, const void *object)
{
	for (int i = 0; f && i < f->n; i++) {
		if (!match_term(&f->terms[i], object))
			return false;
	}
	return true;
}

void filter_match_all(const struct filter *f, const void *const *objects, size_t n, bool *out)
{
	enum { SOON = 8, SOONER = 16 };
	const struct term *first = &f->terms[0]; /* it decides of most; its texts lie elsewhere again */

	for (size_t i = 0; i < n + SOONER; i++) {
		const char *soon = i >= SOON && i - SOON < n ? objects[i - SOON] : NULL;

		for (int t = 0; i < n && objects[i] && t < f->n; t++)
			__builtin_prefetch((const char *)objects[i] + f->terms[t].field->offset);
		if (soon && f->n > 0 && (first->what == WORD || first->what == TEXT))
			__builtin_prefetch(*(const istr *)(const void *)(soon + first->field->offset));
		if (i >= SOONER)
			out[i - SOONER] = objects[i - SOONER] && filter_match(f, objects[i - SOONER]);
	}
}
