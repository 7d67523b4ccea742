/* What the tests of the store share: a folder of their own, waiting for outcomes, short ways to write. */
#ifndef TANA_TEST_STORE_HELP_H
#define TANA_TEST_STORE_HELP_H

#include "common/buf.h"
#include "common/clock.h"
#include "common/loop.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct place {                    /* a test's store */
	char *dir;
	struct loop *loop;
	struct store *store;
};
int place_setup(void **state);    /* makes the folder and opens the store */
int place_teardown(void **state); /* closes, removes */
void place_open(struct place *p);
void place_close(struct place *p);/* store and loop; the folder stays */
struct err *place_try(struct place *p); /* opens and hands back what was said; NULL: it is open */
char *place_path(const struct place *p, const char *file);
void place_sql(const struct place *p, const char *file, const char *sql); /* behind the store's back, closed */
int64_t place_number(const struct place *p, const char *file, const char *sql); /* the same; the first of its answer */

/* The same on ledger.db, the store closed meanwhile; sha256() is there for a hash that fits a record's own text, as an attacker
 * who knows how would write it. Something must change. */
void place_tamper(struct place *p, const char *sql);

/* Outcomes, in the order in which they came. */
struct outcome { struct place *p; int n; struct err *last; };
void outcome_done(void *ctx, struct err *e);
void outcome_wait(struct place *p, const struct outcome *o, int n);
struct err *commit_wait(struct place *p, struct store_tx *tx); /* waits; the error is the caller's */
void commit_ok(struct place *p, struct store_tx *tx);
void assert_error(struct err *e, const char *id);              /* frees it */
const char *error_arg(const struct err *e, const char *key);

void put_vm(struct store_tx *tx, const char *id, const char *uuid, const char *name);
void append(struct store_tx *tx, const char *what, const char *object, const char *job);
json_t *verify(struct place *p);
json_t *verify_with(struct place *p, json_t *anchors);         /* stolen, NULL none */
json_t *head(struct place *p);
json_t *report(struct place *p, int64_t from, int64_t to, const char *tenant);
json_t *report_after(struct place *p, int64_t from, int64_t to, const char *tenant, const char *after);
json_t *audit(struct place *p, const char *object, int64_t since, int64_t before, int limit);

/* What a load brought. */
struct loaded {
	char order[64];               /* a letter for each kind, once: v h p j l s m b */
	size_t vms, hosts, placements, jobs, leases, snapshots, limits, pairs;
	struct buf text;              /* a line each, for comparing */
};
void loaded_read(struct place *p, struct loaded *l);
void loaded_free(struct loaded *l);

#endif
