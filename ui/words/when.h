/* Times as people say them: "8h" ago, "2026-04-12 02:41", next Friday evening. In the zone of the screen (look_zone). Pure. Used by views
 * and by the commands that take --since. */
#ifndef TANA_WHEN_H
#define TANA_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "90s" "30m" "8h" "3d" "2w" ago; "2026-04-12", with " 02:41" or "T02:41" and seconds. Unix seconds; false: it is none. */
bool when_read(const char *text, int64_t now, int64_t *at);
/* The next moment after now at which a clock shows hour:00, at least `days` calendar days on. */
int64_t when_hour(int64_t now, int days, int hour);
/* The same on a weekday (0 Sunday, 5 Friday). */
int64_t when_weekday(int64_t now, int weekday, int hour);

#endif
