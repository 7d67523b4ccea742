/* What an object says is wrong with it: the table of situations behind the alerts. Pure: one object in, sentences out; that one
 * cause is one alert is the business of alerts_tree.c. A screen draws no louder than this says (ui/words/look.c, ui/words/look_blade.c).
 * Called by alerts.c. */
#ifndef TANA_ALERTS_RULES_H
#define TANA_ALERTS_RULES_H

#include "common/error.h"
#include "common/model.h"

/* Of these an object has at most one each. The names are part of an alert's id: they stay. */
enum alert_cause {
	CAUSE_HOST,      /* a host is silent */
	CAUSE_MANAGER,   /* a manager is silent, lets nobody in, or is busy for long */
	CAUSE_METAL,     /* what contradicts at a blade; what an enclosure's manager says is wrong */
	CAUSE_HEALTH,    /* a part has failed or warns */
	CAUSE_TWICE,     /* a VM is active on two hosts */
	CAUSE_VM,        /* whose it is, contradicts */
	CAUSE_STATE,     /* it crashed, or is paused */
	CAUSE_QUORUM,
	CAUSE_VOLUME,
	CAUSE_JOB,
	CAUSE_HOSTS,     /* of an enclosure, a rack, the site: (nearly) all hosts are silent (alerts_tree.c) */
	CAUSE_VMS,       /* several VMs of one blade say the same (alerts_tree.c) */
	CAUSE_COUNT
};
const char *alert_cause_name(enum alert_cause c);

enum alert_level { LEVEL_NONE, LEVEL_WARNING, LEVEL_ALERT };

struct alert_say {
	enum alert_cause cause;
	enum alert_level level;   /* NONE: all is well */
	const char *id;           /* row of messages.def, static or the object's; "" none */
	char *text;               /* English, owned; NULL with NONE */
	int64_t behind;           /* VMs behind it */
	int64_t tenants;          /* whose these are; alerts.c counts them */
	int64_t since;            /* Unix time since when, as far as the object tells; 0 now */
	int delay_s;              /* it must stand so long before it is an alert */
};
#define ALERT_SAYS_MAX 4
/* What this object says. own_manager: of a blade, it has a manager for itself. A cause that is not in it is not known now: what
 * was said of it last still holds. Returns how many; each is freed by alert_say_free. */
size_t alert_says(enum kind k, const void *object, bool own_manager, struct alert_say out[ALERT_SAYS_MAX]);
void alert_say_free(struct alert_say *s);
/* Could this object say anything at all? Cheap: most objects are well. False: alert_says would give no level but NONE. */
bool alert_may_say(enum kind k, const void *object);
/* Is a blade's host one that should answer: ours, fitted, and not switched off? */
bool alert_host_expected(const struct blade *b);
/* Has an enclosure no power left, as its manager says? */
bool alert_no_power(const struct enclosure *e);

#endif
