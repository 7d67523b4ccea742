/* A small world for the fleet's tests: loop, registry, a site of fake machines, and what the fleet told. */
#ifndef TEST_FLEET_HELP_H
#define TEST_FLEET_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "fake_host.h"
#include "fleet/fleet.h"
#include "patience.h"

struct told {
	enum fleet_news_kind kind;
	char id[64], blade[64], msg[64];
	enum vm_state was, now;
	enum host_state host;
	enum host_why why;
	char snaps[96];           /* their names, with commas */
	int64_t asked;
	char enclosure[64];
	enum power_state power_was, power;
};

struct world {
	struct loop *loop;
	struct registry *reg;
	struct store *store;      /* the test's own, or NULL */
	struct fleet_config config;
	struct fleet *fleet;
	struct fleet_watch watch;
	struct site_model *model;
	struct told told[20000];
	int ntold;
	int changes;              /* registry_watch.changed calls */
	struct registry_watch rwatch;
};

/* Short times; real clock. Machines b1..bN are made, the fleet is not started. */
void world_new(struct world *w, int blades);
void world_fleet(struct world *w);        /* makes the fleet; apply comes with world_start */
void world_start(struct world *w);        /* world_fleet if need be, and apply */
void world_stop(struct world *w);         /* the fleet alone; objects go too */
void world_free(struct world *w);

/* A site of one rack and enclosure E1, blades b1..bN (URI fake:bN), tenants acme (acme-*, both-*) and globex
 * (globex-*, both-*), grade V10. extra more empty bays. */
struct site_model *world_site(int blades, int extra);
void world_apply(struct world *w, struct site_model *m, const char *busy); /* takes m; frees the old one */

struct blade *world_blade(struct world *w, const char *name);
struct vm *world_vm(struct world *w, int n);
int world_told(const struct world *w, enum fleet_news_kind kind, const char *of); /* of: VM id or blade, NULL any */
const struct told *world_last(const struct world *w, enum fleet_news_kind kind);
void world_run(struct world *w, int ms);  /* lets the loop run for so long of real time */
void world_rest(struct world *w, int held); /* until no call is under way but for so many that hang */
/* Rests, and sets the clock of clock_fake forward: a call under way would be late at once. */
void world_later(struct world *w, int64_t ms);
void world_later_but(struct world *w, int64_t ms, int held); /* with so many that hang */

/* Runs the loop until cond holds; the test fails after ms of real time. */
int64_t world_now(void);
#define UNTIL_MS(w, ms, cond) do { \
	int64_t until_end = world_now() + (int64_t)(ms) * patience(); \
	while (!(cond) && world_now() < until_end) \
		loop_step((w)->loop, 5); \
	if (!(cond)) \
		fail_msg("not within %d ms: %s", (int)(ms), #cond); \
} while (0)
#define UNTIL(w, cond) UNTIL_MS(w, 60000, cond)
/* With the clock of clock_fake: it is set forward by ms, and again where what was to be timed had not begun at that moment. */
#define UNTIL_LATER(w, ms, cond) do { \
	int64_t until_later = world_now() + 60000 * patience(); \
	do { \
		clock_fake_advance(ms); \
		for (int64_t until_turn = world_now() + 1000; !(cond) && world_now() < until_turn; ) \
			loop_step((w)->loop, 5); \
	} while (!(cond) && world_now() < until_later); \
	if (!(cond)) \
		fail_msg("not however much later: %s", #cond); \
} while (0)
#define UP(w, name) (world_blade(w, name)->host == HOST_UP)

int world_threads(void);                  /* of this process */
int world_fds(void);

/* Records what an action came to. */
struct acted { int sent, done; bool ok; enum err_class class; char id[64]; };
struct fleet_act world_act(struct acted *a);

#endif
