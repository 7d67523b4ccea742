/* Snapshot limits as people write them: parsed, told again, laid over each other. Pure. Called by the site file's builder
 * (plans.c), by quota.c and by who sets a limit for a time. */
#include "site/limits.h"
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

#define COUNT_MAX 100000
#define ROLLING_MIN_S 60
#define ROLLING_MAX_S (366 * 86400)
#define GIB (INT64_C(1) << 30)

static const char *const kinds[] = {"kept", "taken", "space"};
_Static_assert(sizeof kinds / sizeof *kinds == LIMIT_KIND_COUNT, "a name for each kind");

const char *limit_kind_name(enum limit_kind k)
{
	return (unsigned)k < LIMIT_KIND_COUNT ? kinds[k] : "?";
}

bool limit_kind_from_name(const char *name, enum limit_kind *out)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		if (!strcmp(kinds[k], name)) {
			*out = (enum limit_kind)k;
			return true;
		}
	return false;
}

/* Is the next word this one? Then *p moves behind it and the blanks that follow. */
static bool word(const char **p, const char *what)
{
	size_t n = strlen(what);

	if (strncmp(*p, what, n) || ((*p)[n] && (*p)[n] != ' '))
		return false;
	for (*p += n; **p == ' ';)
		(*p)++;
	return true;
}

/* Is it this word and no other? */
static bool alone(const char *p, const char *what)
{
	return word(&p, what) && !*p;
}

/* Behind "4 per": a day or month of the calendar, or a stretch of time that ends now. */
static bool period_parse(const char *p, struct limit *l)
{
	static const struct value_unit units[] = {{"min", 60}, {"h", 3600}, {"d", 86400}};

	l->period = PERIOD_DAY;
	if (alone(p, "day"))
		return true;
	l->period = PERIOD_MONTH;
	if (alone(p, "month"))
		return true;
	l->period = PERIOD_ROLLING;
	long n = value_number(&p);
	const struct value_unit *u =
		n > 0 && n <= ROLLING_MAX_S ? value_unit(&p, units, sizeof units / sizeof *units) : NULL;
	if (!u || *p || (uint64_t)n * u->factor < ROLLING_MIN_S || (uint64_t)n * u->factor > ROLLING_MAX_S)
		return false;
	l->rolling_s = (int)((uint64_t)n * u->factor);
	return true;
}

static bool count_parse(const char **p, struct limit *l)
{
	l->max = value_number(p);
	return l->max >= 0 && l->max <= COUNT_MAX;
}

static bool space_parse(const char *p, struct limit *l)
{
	uint64_t kib;
	struct err *e;

	if (alone(p, "disks")) {
		l->set = LIMIT_DISKS;
		return true;
	}
	e = parse_size("space", p, &kib);
	if (e) {
		err_free(e);
		return false;
	}
	l->max = (int64_t)kib * 1024;
	return true;
}

struct err *limit_parse(enum limit_kind k, const char *text, struct limit *out)
{
	static const char *const ids[] = {"site.limit.kept", "site.limit.taken", "site.limit.space"};
	struct limit l = {.set = LIMIT_MAX};
	const char *p = text;
	bool ok = false;

	while (*p == ' ')
		p++;
	if (alone(p, "none")) {
		*out = (struct limit){.set = LIMIT_NONE};
		return NULL;
	}
	switch (k) {
	case LIMIT_KEPT:
		ok = count_parse(&p, &l) && !*p;
		break;
	case LIMIT_TAKEN:
		ok = count_parse(&p, &l) && word(&p, "per") && period_parse(p, &l);
		break;
	default:
		ok = space_parse(p, &l);
	}
	if (!ok)
		return err_new(ERR_USAGE, ids[k], "{s:s, s:s, s:i}", "option", kinds[k], "value", text, "max", COUNT_MAX);
	*out = l;
	return NULL;
}

static void taken_text(char *out, size_t size, const struct limit *l)
{
	int s = l->rolling_s;

	if (l->period == PERIOD_DAY)
		snprintf(out, size, "%lld per day", (long long)l->max);
	else if (l->period == PERIOD_MONTH)
		snprintf(out, size, "%lld per month", (long long)l->max);
	else if (s % 86400 == 0 && s != 86400) /* "1 d" would be read as a day of the calendar */
		snprintf(out, size, "%lld per %d d", (long long)l->max, s / 86400);
	else if (s % 3600 == 0)
		snprintf(out, size, "%lld per %d h", (long long)l->max, s / 3600);
	else
		snprintf(out, size, "%lld per %d min", (long long)l->max, s / 60);
}

static void space_text(char *out, size_t size, int64_t bytes)
{
	static const char *const units[] = {"TiB", "GiB", "MiB", "KiB"};
	int64_t unit = GIB * 1024;
	int u = 0;

	if (!bytes) {
		snprintf(out, size, "0 GiB");
		return;
	}
	for (; u < 3 && bytes % unit; u++)
		unit /= 1024;
	snprintf(out, size, "%lld %s", (long long)(bytes / unit), units[u]);
}

struct err *limit_of_all(enum limit_kind k, const struct limit *l)
{
	return l->set == LIMIT_DISKS ? err_new(ERR_USAGE, "site.limit.disks", "{s:s}", "option", limit_kind_name(k)) : NULL;
}

void limit_text(char *out, size_t size, enum limit_kind k, const struct limit *l)
{
	out[0] = '\0';
	if (l->set == LIMIT_NONE)
		snprintf(out, size, "none");
	else if (l->set == LIMIT_DISKS)
		snprintf(out, size, "disks");
	else if (l->set == LIMIT_MAX && k == LIMIT_KEPT)
		snprintf(out, size, "%lld", (long long)l->max);
	else if (l->set == LIMIT_MAX && k == LIMIT_TAKEN)
		taken_text(out, size, l);
	else if (l->set == LIMIT_MAX)
		space_text(out, size, l->max);
}

bool limit_is_sound(enum limit_kind k, const struct limit *l)
{
	bool rolling = k == LIMIT_TAKEN && l->set == LIMIT_MAX && l->period == PERIOD_ROLLING;

	if ((unsigned)l->set > LIMIT_DISKS || (unsigned)l->period > PERIOD_ROLLING ||
		(l->set == LIMIT_DISKS && k != LIMIT_SPACE))
		return false;
	if (rolling ? l->rolling_s < ROLLING_MIN_S || l->rolling_s > ROLLING_MAX_S : l->rolling_s != 0)
		return false;
	return l->max >= 0 && (k == LIMIT_SPACE ? l->max <= GIB << 20 : l->max <= COUNT_MAX);
}

struct limits limits_over(const struct limits *over, const struct limits *under)
{
	struct limits out;

	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		out.of[k] = over->of[k].set != LIMIT_UNSAID ? over->of[k] : under->of[k];
	return out;
}
