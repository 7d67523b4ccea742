/* Days and months in a time zone that is not the process's own: when they begin. Pure but for reading the zone's table.
 * Called by quota.c and the broker's requests. zone: "Asia/Tokyo"; "" and what is not known here count as UTC. */
#ifndef TANA_CALENDAR_H
#define TANA_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unix time of the first moment of the day (month) that holds `at`, moved by so many days (months). A day that has no
 * midnight begins with its first moment. */
int64_t calendar_day(const char *zone, int64_t at, int days);
int64_t calendar_month(const char *zone, int64_t at, int months);
/* "2026-04": its first moment and the next month's. False: it is none. */
bool calendar_parse_month(const char *zone, const char *text, int64_t *from, int64_t *to);
/* "2026-04-12", "2026-04-12 02:41", "+7 d", "+36 h" (from now). */
bool calendar_parse_time(const char *zone, const char *text, int64_t now, int64_t *out);
/* "2026-04-12 02:41 JST"; size >= 40. */
void calendar_text(char *out, size_t size, const char *zone, int64_t at);

#endif
