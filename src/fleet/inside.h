/* What the files of this room share: the fleet itself. Nobody outside includes it. */
#ifndef TANA_FLEET_INSIDE_H
#define TANA_FLEET_INSIDE_H

#include "fleet/fleet.h"
#include "fleet/mailbox.h"
#include "fleet/table.h"
#include "fleet/workers.h"

#define WATCHES_MAX 8

struct call;
struct ident;
struct place;
struct sup;
struct keep;
struct mcall;
struct mgr;

struct fleet {
	struct fleet_config c;          /* defaults filled in */
	struct workers *workers;
	struct mailbox *mail;
	const struct site_model *model; /* borrowed; NULL before the first apply */
	struct site *site;              /* the registry's */
	bool site_dirty;

	struct table hosts;             /* name -> struct sup, those of the site and those only loaded */
	struct sup *leaving;            /* gone from the site, connections still to be closed */
	struct table same;              /* host UUID -> first struct sup that answers with it */
	int conns;                      /* connections that are not freed yet */
	struct fleet_console *consoles; /* serial consoles whose connections are not freed yet */

	struct table idents;            /* UUID -> struct ident: every VM ever seen */
	struct ident **waiting;         /* in a grace of their own, see vms.c */
	size_t nwaiting, waiting_size;
	struct loop_timer *waiting_timer;

	uint32_t review;                /* next slot whose owner and grade are to be looked at, see owner.c */
	bool reviewing;

	struct table managers;          /* id of what it speaks for -> struct mgr */
	struct table bays;              /* id of a blade -> struct bay: those for which a manager speaks */
	struct mgr *managers_leaving;   /* gone from the site, sessions still to be closed */
	struct mcall *metal_failed;     /* orders to be answered at the end of this turn */
	struct mailbox *metal_mail;     /* of managers alone: it is waited for on its own */
	int sessions;                   /* of managers, not freed yet */

	struct table watched;           /* UUID -> VMs whose numbers somebody watches, see stats.c */
	struct loop_timer *stats_timer;
	void (*stat_sink)(void *ctx, struct vm *vm, const struct fleet_stat *s);
	void *stat_ctx;

	struct keep *keep;              /* what is written to the store, see keep.c */
	struct call *failed;            /* calls to be answered at the end of this turn */
	bool releases;                  /* some blade may be let go at the end of this turn */
	struct sup *dirty;              /* blades whose numbers moved in this turn */

	const struct fleet_watch *watches[WATCHES_MAX];
	size_t nwatches;
	bool stopping;
};

void fleet_tell(struct fleet *f, const struct fleet_news *n);
void fleet_soon(struct fleet *f);               /* what is put off runs at the end of this turn */
void fleet_site_changed(struct fleet *f);       /* numbers of the site moved */
void fleet_blade_changed(struct fleet *f, struct sup *s);
void fleet_fail_later(struct fleet *f, struct call *c, struct err *e); /* owns both */
int fleet_jitter(int ms);                       /* between half of it and all of it */

#endif
