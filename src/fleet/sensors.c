/* What managers say of power supplies, fans and temperatures: kept as last told, and put into short words. Called by metal.c. */
#include "fleet/metal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENSORS_MAX 256 /* of one ask */

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

bool sensors_show(struct mgr *m)
{
	struct enclosure *e = m->enclosure;
	struct sum sums[SENSOR_KIND_COUNT] = { 0 };
	enum health worst = m->health;
	bool moved;

	for (size_t a = 0; m->told && a <= m->nasks; a++)
		for (size_t i = 0; i < m->told[a].n; i++) {
			const struct sensor *x = &m->told[a].list[i];

			if (x->kind < SENSOR_KIND_COUNT)
				add(&sums[x->kind], x);
			if (!x->absent && x->health > worst)
				worst = x->health;
		}
	moved = words(&e->power, &sums[SENSOR_POWER]);
	moved |= words(&e->fans, &sums[SENSOR_FAN]);
	moved |= words(&e->temperature, &sums[SENSOR_TEMPERATURE]);
	moved |= e->health != worst;
	e->health = worst;
	return moved;
}
