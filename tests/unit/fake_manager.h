/* Managers of enclosures that exist only in memory, behind the functions of enclosures/manager.h (and dialects_find): linked in place
 * of that room's sessions. A manager is found by its first address. */
#ifndef TEST_FAKE_MANAGER_H
#define TEST_FAKE_MANAGER_H

#include "enclosures/manager.h"

enum fm_way {
	FM_OK, FM_SILENT, FM_BUSY, FM_DENIED,
	FM_LOST,    /* of an ask or act: the session ends, before anything was sent */
	FM_STANDBY, /* of an ask: a take-over happened */
	FM_SAID,    /* of an ask or act: it says no */
	FM_HANG,    /* until aborted */
	FM_STUCK,   /* not even then: until fm_unstick */
	FM_SLOW,    /* 100 ms */
};
#define FM_BAYS 16
enum { FM_OPEN, FM_ASK, FM_ACT, FM_CALLS };

void fm_reset(void);
void fm_manager(const char *address);                  /* all bays fitted, off, serial "S<bay>" */
void fm_way(const char *address, int call, enum fm_way way);
void fm_power(const char *address, int bay, enum power_state p); /* bay from 1 */
void fm_serial(const char *address, int bay, const char *serial);
void fm_fitted(const char *address, int bay, int fitted);
void fm_health(const char *address, int bay, enum health h);
void fm_twice(const char *address, int bay, enum power_state p); /* its list tells this bay once more, by another name */
void fm_unstick(void);
int fm_called(const char *address, int call);
int fm_asked(const char *address, const char *ask, int bay); /* bay 0: any */
int fm_sessions(void);                                 /* of all, opened and not freed */
int fm_at_once(void);                                  /* most calls under way on one; must stay 1 */
int fm_blocked(void);                                  /* most calls under way at all */
const char *fm_log(const char *address);               /* "olsss": o open, a act, else the first letter of the ask */

/* Dialects: "list" tells all bays at once, "each" asks bay by bay; both every second. "mute" cannot reset. */
extern const struct dialects *const fm_dialects, *const fm_other_dialects;

#endif
