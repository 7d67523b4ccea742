/* What managers say of power supplies, fans and temperatures: kept as last told, and put into short words. Called by metal.c. */
#include "fleet/metal.h"

#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENSORS_MAX 256 /* of one ask */
#define WRONG_NAMED 3   /* parts that are not well, by name */
#define NAME_CELLS 32

void sensors_free(struct sensors *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].name);
		free(s->list[i].value);
	}
	free(s->list);
	*s = (struct sensors){ 0 };
}

void sensors_take(struct mgr *m, size_t ask, struct metal *told)
{
	struct sensors *s = m->told ? &m->told[ask] : NULL;

	if (!s || !told->nsensors)
		return;
	sensors_free(s);
	s->list = xcalloc(told->nsensors, sizeof(*s->list));
	for (size_t i = 0; i < told->nsensors && i < SENSORS_MAX; i++) {
		const struct sensor *from = &told->sensors[i];

		s->list[s->n++] = (struct sensor){ .kind = from->kind, .health = from->health, .absent = from->absent,
			.name = xstrdup(from->name ? from->name : ""), .value = xstrdup(from->value ? from->value : "") };
	}
}

/* The same part, told by two commands (its state by one, its reading by the other), is one part. */
static bool is_same(const struct sensor *a, const struct sensor *b)
{
	return a->kind == b->kind && *a->name && !strcmp(a->name, b->name);
}

static bool has_digit(const char *s)
{
	return s[strcspn(s, "0123456789")] != '\0';
}

bool sensors_one(const struct mgr *m, size_t ask, size_t i, struct sensor *out)
{
	*out = m->told[ask].list[i];
	for (size_t a = 0; a < ask; a++)
		for (size_t j = 0; j < m->told[a].n; j++)
			if (is_same(out, &m->told[a].list[j]))
				return false;
	for (size_t a = ask + 1; a <= m->nasks; a++)
		for (size_t j = 0; j < m->told[a].n; j++) {
			const struct sensor *x = &m->told[a].list[j];

			if (!is_same(out, x))
				continue;
			out->health = x->health > out->health ? x->health : out->health;
			out->absent = out->absent && x->absent;
			if (!*out->value || (has_digit(x->value) && !has_digit(out->value)))
				out->value = x->value;
		}
	return true;
}

/* "2310 W", "2310 Watts", "27 C", "27.5 °C", "27°C/80°F": the number before the unit. */
static bool quantity(const char *value, const char *units, double *out)
{
	const char *at = value;
	char *end;
	double n;

	while (*at && (*at < '0' || *at > '9'))
		at++;
	if (!*at)
		return false;
	n = strtod(at, &end);
	while (*end == ' ' || (unsigned char)*end == 0xc2 || (unsigned char)*end == 0xb0) /* "°" */
		end++;
	if (!*end || !strchr(units, *end) || n < 0 || n > 1e6)
		return false;
	*out = n;
	return true;
}

struct sum { int n, ok; double total, whole, hottest; bool has_total, has_whole, has_heat; };

static void add(struct sum *s, const struct sensor *x)
{
	double q;

	if (x->absent)
		return;
	if (x->health != HEALTH_UNKNOWN) {
		s->n++;
		s->ok += x->health == HEALTH_OK;
	}
	if (x->kind == SENSOR_TEMPERATURE && quantity(x->value, "Cc", &q)) {
		s->hottest = !s->has_heat || q > s->hottest ? q : s->hottest;
		s->has_heat = true;
	} else if (x->kind == SENSOR_POWER && quantity(x->value, "Ww", &q) && x->health == HEALTH_UNKNOWN) {
		s->whole = q; /* a row without a health speaks of all of them */
		s->has_whole = true;
	} else if (x->kind == SENSOR_POWER && quantity(x->value, "Ww", &q)) {
		s->total += q;
		s->has_total = true;
	}
}

static bool words(istr *slot, const struct sum *s)
{
	char text[96] = "", more[48] = "";

	if (s->n)
		snprintf(text, sizeof(text), "%d of %d OK", s->ok, s->n);
	if (s->has_heat)
		snprintf(more, sizeof(more), "%.0f °C", s->hottest);
	else if (s->has_whole || s->has_total)
		snprintf(more, sizeof(more), "%.0f W", s->has_whole ? s->whole : s->total);
	if (*more)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *text ? ", " : "", more);
	if (!strcmp(*slot, text))
		return false;
	intern_set(slot, text);
	return true;
}

struct wrong { int n; char text[192]; };

static void wrong_add(struct wrong *w, const struct sensor *x)
{
	int used;
	size_t len = strlen(w->text);

	if (w->n++ < WRONG_NAMED)
		snprintf(w->text + len, sizeof(w->text) - len, "%s%.*s %s", len ? ", " : "", (int)text_cut(x->name, NAME_CELLS, &used), x->name,
			health_name(x->health));
}

/* What has failed comes first; a row about the whole enclosure says nothing of where. */
static bool wrong_words(struct mgr *m)
{
	static const enum health by_weight[] = { HEALTH_FAILED, HEALTH_WARNING };
	struct wrong w = { 0 };
	struct sensor x;
	size_t len;

	for (size_t h = 0; h < 2; h++)
		for (size_t a = 0; m->told && a <= m->nasks; a++)
			for (size_t i = 0; i < m->told[a].n; i++)
				if (sensors_one(m, a, i, &x) && !x.absent && x.health == by_weight[h] && *x.name && x.kind != SENSOR_OTHER)
					wrong_add(&w, &x);
	len = strlen(w.text);
	if (w.n > WRONG_NAMED)
		snprintf(w.text + len, sizeof(w.text) - len, " and %d more", w.n - WRONG_NAMED);
	if (!strcmp(m->enclosure->wrong, w.text))
		return false;
	intern_set(&m->enclosure->wrong, w.text);
	return true;
}

bool sensors_show(struct mgr *m)
{
	struct enclosure *e = m->enclosure;
	struct sum sums[SENSOR_KIND_COUNT] = { 0 };
	enum health worst = m->health;
	bool moved;

	for (size_t a = 0; m->told && a <= m->nasks; a++)
		for (size_t i = 0; i < m->told[a].n; i++) {
			struct sensor x;

			if (!sensors_one(m, a, i, &x))
				continue;
			if (x.kind < SENSOR_KIND_COUNT)
				add(&sums[x.kind], &x);
			if (!x.absent && x.health > worst)
				worst = x.health;
		}
	moved = words(&e->power, &sums[SENSOR_POWER]);
	moved |= words(&e->fans, &sums[SENSOR_FAN]);
	moved |= words(&e->temperature, &sums[SENSOR_TEMPERATURE]);
	moved |= wrong_words(m);
	moved |= e->health != worst;
	e->health = worst;
	return moved;
}
