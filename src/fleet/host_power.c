/* What the metal's power means for the host that runs on it: one whose manager says off is not tried, one that comes on is tried at
 * once. Called by metal.c and identity.c when power was told, by state.c and supervisor.c before a host is tried. */
#include "fleet/machine.h"
#include "fleet/metal.h"

#include <string.h>

bool host_is_off(const struct sup *s)
{
	const struct blade *b = s->blade;
	const char *manager = s->bay ? s->bay->told_serial : "", *host;

	if (!s->bay || !b || !b->power_live || b->power != POWER_OFF || !strcmp(b->identity, "differs"))
		return false;
	/* the host said once that it is another blade than the one of which the manager speaks */
	host = identity_serial(b->serial);
	return !*manager || !*host || identity_same(manager, host);
}

/* Shown as down for that reason, without a next try. */
void host_off_state(struct sup *s)
{
	struct msg why;

	msg_make(&why, "fleet.blade.off", NULL);
	s->retry_at = 0;
	sup_state(s, HOST_DOWN, &why, 0);
	msg_free(&why);
}

static void goes_off(struct sup *s)
{
	struct conn *c = s->conn[LANE_SHORT];
	struct msg why;

	s->at_once = false;
	if (c && !c->lost && s->listed) {
		sup_list(s, false); /* it is up, they say: what does it say itself? */
	} else if (c && !c->lost) {
		msg_make(&why, "fleet.blade.off", NULL);
		sup_lose(c, &why);
		msg_free(&why);
	} else if (!c) {
		host_off_state(s);
	}
}

static void comes_on(struct sup *s, bool booting)
{
	s->failures = booting ? 1 : 0;
	if (s->conn[LANE_SHORT])
		s->at_once = s->conn[LANE_SHORT]->lost;
	else if (booting)
		sup_back_off(s);
	else
		sup_connect(s);
}

void host_power(struct sup *s)
{
	bool off = host_is_off(s), was = s->held;
	const struct blade *b = s->blade;
	enum power_state p = b && b->power_live ? b->power : POWER_UNKNOWN;
	bool up_now = p == POWER_ON || p == POWER_STARTING, turned_on = up_now && s->power_was != p;

	s->held = off;
	s->power_was = p;
	if (!b || !*s->uri || s->f->stopping)
		return;
	if (off && !was)
		goes_off(s);
	else if (!off && (was || (turned_on && !s->live && !s->conn[LANE_SHORT] && s->failures > 0)))
		comes_on(s, p != POWER_ON);
	deadline_arm(s);
}

/* The bay's own alerts hang on it; and a manager may know more than a silence tells. */
void host_moved(struct sup *s)
{
	if (!s->bay || !s->blade)
		return;
	if (s->state == HOST_DOWN && !s->held) {
		turn_status(s->bay->m, s->bay);
		mgr_pump(s->bay->m);
	}
	sup_alert(s);
	mgr_arm(s->bay->m);
}
