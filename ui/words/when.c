/* Times as people say them (when.h). */
#include "words/when.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool read_ago(const char *text, int64_t now, int64_t *at)
{
	static const struct { char unit; int64_t seconds; } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || n < 0 || n > 1000000 || errno || !end[0] || end[1])
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].unit == end[0]) {
			*at = now - n * units[i].seconds;
			return true;
		}
	return false;
}

/* As tables print times, in the zone that they are printed in. */
static bool read_date(const char *text, int64_t *at)
{
	static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct tm tm = {.tm_isdst = -1}, asked;
		const char *end = strptime(text, formats[i], &tm);
		time_t t;

		if (!end || *end)
			continue;
		asked = tm;
		t = mktime(&tm);
		if (t == (time_t)-1 || tm.tm_mday != asked.tm_mday) /* 31 February */
			return false;
		*at = t;
		return true;
	}
	return false;
}

bool when_read(const char *text, int64_t now, int64_t *at)
{
	return read_ago(text, now, at) || read_date(text, at);
}

int64_t when_hour(int64_t now, int days, int hour)
{
	for (int more = 0;; more++) {
		time_t t = (time_t)now;
		struct tm tm;

		if (!localtime_r(&t, &tm))
			return now + days * 86400;
		tm.tm_mday += days + more;
		tm.tm_hour = hour;
		tm.tm_min = tm.tm_sec = 0;
		tm.tm_isdst = -1;
		t = mktime(&tm);
		if (t > now || more > 1)
			return t;
	}
}

int64_t when_weekday(int64_t now, int weekday, int hour)
{
	time_t t = (time_t)now;
	int64_t at;
	struct tm tm;
	int days;

	if (!localtime_r(&t, &tm))
		return now;
	days = (weekday - tm.tm_wday + 7) % 7;
	tm.tm_mday += days;
	tm.tm_hour = hour;
	tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	at = mktime(&tm);
	return at > now ? at : when_hour(now, days + 7, hour);
}
