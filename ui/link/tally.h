/* Counts of what is in the mirror by how it looks, kept as things change, so that no picture counts a fleet. */
#ifndef TANA_TALLY_H
#define TANA_TALLY_H

#include "common/registry.h"
#include "words/look.h"

#include <stddef.h>
#include <stdint.h>

struct tally;

#define TALLY_RANKS (LOOK_ALERT + 1)
struct tally_counts {
	size_t blade[TALLY_RANKS];  /* blades by rank */
	size_t vm[TALLY_RANKS];
	size_t vms_running, vms_off; /* live ones */
	size_t jobs_open;
	size_t blades_live, blades_off;
	size_t blades_down;         /* of those with the worst rank: the metal says so, and not a silent host */
	size_t alerts_new, alerts_hurt; /* that nobody has taken; those of them that hurt now */
	size_t alerts_came;         /* how often one became new, ever: it only grows */
	size_t managers, managers_wrong; /* enclosures with one; those whose manager is not up */
};

struct tally *tally_new(struct registry *r);  /* r is borrowed until tally_free */
void tally_free(struct tally *t);
const struct tally_counts *tally_counts(const struct tally *t); /* as of now; borrowed */
/* Open jobs, oldest first; borrowed until the mirror changes. Writes at most max, returns how many there are. */
size_t tally_jobs(const struct tally *t, const struct job **out, size_t max);
/* Blades that are not well, worst first, then those that were seen last; the same rules. */
size_t tally_troubles(struct tally *t, const struct blade **out, size_t max);
/* Alerts that stand and are not muted, as look_alarm_order has them; the same rules. */
size_t tally_alerts(struct tally *t, const struct alert **out, size_t max);

#endif
