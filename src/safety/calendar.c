/* Days and months of time zones that are not the process's own, on GLib's tables. Time is cut into days without holes or
 * overlaps: a day begins with its first moment, and a clock that goes back over midnight does not bring yesterday back.
 * Called by quota.c and the broker's requests; on the loop's thread, since zones and the last answers are kept here. */
#include "safety/calendar.h"
#include "common/buf.h"
#include "conf/value.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONES_MAX 64
#define DAY_S INT64_C(86400)
#define OFFSET_MAX (26 * INT64_C(3600)) /* further from UTC no zone has ever been */
#define EPOCH 719163                    /* 1970-01-01 as GLib counts days, from 1 for 0001-01-01 */
#define DAY_FIRST (1 + 366 - EPOCH)     /* 0002 to 9998: what GLib's dates can tell, and room to move */
#define DAY_LAST (3651695 - 366 - EPOCH)
#define AHEAD_MAX (INT64_C(36525) * DAY_S) /* "+36525 d" */

struct span {
	int64_t from, to; /* to itself is the next one's */
};
struct zone {
	char *name;
	GTimeZone *tz;
	struct span day, month; /* the last answers: one moment is asked about for thousands of servers */
	uint64_t used;
};
static struct zone zones[ZONES_MAX];
static size_t nzones;
static uint64_t uses;

/* A path out of the folder of zones is no name of one. */
static bool name_ok(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

	return n && n < 64 && !name[n] && g_ascii_isalpha(name[0]);
}

static struct zone *zone_of(const char *name)
{
	struct zone *z = NULL;

	for (size_t i = 0; i < nzones; i++)
		if (!strcmp(zones[i].name, name)) {
			zones[i].used = ++uses;
			return &zones[i];
		}
	if (nzones < ZONES_MAX) {
		z = &zones[nzones++];
	} else {
		z = &zones[0];
		for (size_t i = 1; i < nzones; i++)
			if (zones[i].used < z->used)
				z = &zones[i];
		free(z->name);
		g_time_zone_unref(z->tz);
	}
	*z = (struct zone){.name = xstrdup(name), .used = ++uses};
	if (name_ok(name))
		z->tz = g_time_zone_new_identifier(name);
	if (!z->tz)
		z->tz = g_time_zone_new_utc();
	return z;
}

static int interval(const struct zone *z, int64_t at)
{
	return g_time_zone_find_interval(z->tz, G_TIME_TYPE_UNIVERSAL, at);
}

static int64_t offset(const struct zone *z, int64_t at)
{
	return g_time_zone_get_offset(z->tz, interval(z, at));
}

/* The first moment of a later interval than low's, at high at the latest. */
static int64_t next_change(const struct zone *z, int64_t low, int64_t high)
{
	int here = interval(z, low);

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;
		if (interval(z, mid) == here)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* The first moment at which clocks of the zone show `local` (seconds as if it were UTC) or later. */
static int64_t first_at(const struct zone *z, int64_t local)
{
	int64_t at = local - OFFSET_MAX;

	for (;;) {
		int64_t shown = local - offset(z, at);
		if (shown <= at)
			return at; /* clocks went forward to it or over it */
		if (interval(z, shown) == interval(z, at))
			return shown;
		at = next_change(z, at, shown);
	}
}

/* Days since 1970-01-01, on the calendar. */
static int64_t day_start(const struct zone *z, int64_t day)
{
	return first_at(z, CLAMP(day, DAY_FIRST, DAY_LAST) * DAY_S);
}

static int64_t floor_day(int64_t local)
{
	return local / DAY_S - (local % DAY_S < 0);
}

/* The day that holds `at`: where clocks went back over midnight, the later one goes on. */
static int64_t day_of(const struct zone *z, int64_t at)
{
	int64_t day = floor_day(at + offset(z, at));

	while (day < DAY_LAST && day_start(z, day + 1) <= at)
		day++;
	return day;
}

static int64_t clamp_time(int64_t at)
{
	return CLAMP(at, DAY_FIRST * DAY_S, DAY_LAST * DAY_S);
}

/* The first day of the month that is so many months from day's. */
static int64_t month_first(int64_t day, int64_t months)
{
	GDate d;

	g_date_clear(&d, 1);
	g_date_set_julian(&d, (guint32)(CLAMP(day, DAY_FIRST, DAY_LAST) + EPOCH));
	int64_t count = (int64_t)g_date_get_year(&d) * 12 + g_date_get_month(&d) - 1 + months;
	count = CLAMP(count, 2 * 12, 9998 * 12 + 11);
	g_date_set_dmy(&d, 1, (GDateMonth)(count % 12 + 1), (GDateYear)(count / 12));
	return (int64_t)g_date_get_julian(&d) - EPOCH;
}

/* Asked again within the same span: nothing is worked out. */
static bool known(const struct span *s, int64_t at, int moved, int64_t *out)
{
	if (at < s->from || at >= s->to || moved < 0 || moved > 1)
		return false;
	*out = moved ? s->to : s->from;
	return true;
}

int64_t calendar_day(const char *zone, int64_t at, int days)
{
	struct zone *z = zone_of(zone);
	int64_t out;

	at = clamp_time(at);
	if (known(&z->day, at, days, &out))
		return out;
	int64_t day = day_of(z, at);
	if (days < 0 || days > 1)
		return day_start(z, day + days);
	z->day = (struct span){day_start(z, day), day_start(z, day + 1)};
	return days ? z->day.to : z->day.from;
}

int64_t calendar_month(const char *zone, int64_t at, int months)
{
	struct zone *z = zone_of(zone);
	int64_t out;

	at = clamp_time(at);
	if (known(&z->month, at, months, &out))
		return out;
	int64_t day = day_of(z, at);
	if (months < 0 || months > 1)
		return day_start(z, month_first(day, months));
	z->month = (struct span){day_start(z, month_first(day, 0)), day_start(z, month_first(day, 1))};
	return months ? z->month.to : z->month.from;
}

/* n digits at *p, which moves behind them and the sign that must follow ('\0': nothing follows). -1: it is not so. */
static int digits(const char **p, int n, char sign)
{
	int value = 0;

	for (; n; n--, (*p)++) {
		if (!g_ascii_isdigit(**p))
			return -1;
		value = value * 10 + (**p - '0');
	}
	if (**p != sign)
		return -1;
	*p += sign != '\0';
	return value;
}

/* Days since 1970 of a date that is on the calendar; years 1970 to 9997. */
static bool date_day(int year, int month, int day, int64_t *out)
{
	GDate d;

	if (year < 1970 || year > 9997 || month < 1 || month > 12 || day < 1 || day > 31 ||
		!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return false;
	g_date_clear(&d, 1);
	g_date_set_dmy(&d, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	*out = (int64_t)g_date_get_julian(&d) - EPOCH;
	return true;
}

bool calendar_parse_month(const char *zone, const char *text, int64_t *from, int64_t *to)
{
	const char *p = text;
	int year = digits(&p, 4, '-'), month = year < 0 ? -1 : digits(&p, 2, '\0');
	int64_t day;

	if (month < 0 || !date_day(year, month, 1, &day))
		return false;
	*from = day_start(zone_of(zone), day);
	*to = day_start(zone_of(zone), month_first(day, 1));
	return true;
}

/* "+7 d", behind the sign. Days of 24 hours: from now, not from a midnight. */
static bool parse_ahead(const char *p, int64_t now, int64_t *out)
{
	static const struct value_unit units[] = {{"min", 60}, {"h", 3600}, {"d", 86400}};
	long n = value_number(&p);
	const struct value_unit *u = n > 0 ? value_unit(&p, units, sizeof units / sizeof *units) : NULL;

	if (!u || *p || (uint64_t)n * u->factor > (uint64_t)AHEAD_MAX)
		return false;
	*out = clamp_time(now) + (int64_t)((uint64_t)n * u->factor);
	return true;
}

bool calendar_parse_time(const char *zone, const char *text, int64_t now, int64_t *out)
{
	const char *p = text;
	int hour = 0, minute = 0;
	int64_t day;

	if (*p == '+')
		return parse_ahead(p + 1, now, out);
	int year = digits(&p, 4, '-'), month = year < 0 ? -1 : digits(&p, 2, '-');
	bool clock = strlen(text) > strlen("2026-04-12");
	int mday = month < 0 ? -1 : digits(&p, 2, clock ? ' ' : '\0');
	if (mday < 0 || !date_day(year, month, mday, &day))
		return false;
	if (clock) {
		hour = digits(&p, 2, ':');
		minute = hour < 0 ? -1 : digits(&p, 2, '\0');
		if (minute < 0 || hour > 23 || minute > 59)
			return false;
	}
	*out = first_at(zone_of(zone), day * DAY_S + hour * 3600 + minute * 60);
	return true;
}

void calendar_text(char *out, size_t size, const char *zone, int64_t at)
{
	struct zone *z = zone_of(zone);
	GDate d;

	at = clamp_time(at);
	int64_t local = at + offset(z, at), day = floor_day(local), second = local - day * DAY_S;
	g_date_clear(&d, 1);
	g_date_set_julian(&d, (guint32)(day + EPOCH));
	snprintf(out, size, "%04d-%02d-%02d %02d:%02d %.16s", g_date_get_year(&d), g_date_get_month(&d),
		g_date_get_day(&d), (int)(second / 3600), (int)(second / 60 % 60),
		g_time_zone_get_abbreviation(z->tz, interval(z, at)));
}
