/* Names of users and groups. The name service may hang, so it is never asked on the loop: the site file's names are
 * resolved when it is read (at start, or on a thread at reload), a peer's own name on a thread. Called by reload.c, peer_who.c. */
#ifndef TANA_NAMES_H
#define TANA_NAMES_H

#include "common/loop.h"
#include "site/site.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The roles of a model with numbers for names. A value: owns nothing of the model, which must outlive it. */
struct roles;

/* Blocks; any thread. Names that nobody has are logged and match nobody. */
struct roles *roles_resolve(const struct site_model *m);
void roles_free(struct roles *r);
/* The row of the site file that lets this user in, NULL: none; user: his name as the site file writes it, "" when only a group let
 * him in. All borrowed from the model. */
const struct site_role *roles_of(const struct roles *r, uid_t uid, const gid_t *gids, size_t ngids, const char **user);

/* Work on a thread of its own: fn there, then done on the loop. One after another. */
struct helper;
struct helper *helper_new(struct loop *l);
void helper_free(struct helper *h);   /* what hangs is left behind; done does not come any more */
void helper_run(struct helper *h, void *(*fn)(void *arg), void *arg, void (*done)(void *ctx, void *result), void *ctx);

bool helper_busy(struct helper *h);   /* too much waits already: do without */

/* The name of a user, or "uid N". Blocks. Caller frees. */
char *user_name(uid_t uid);

#endif
