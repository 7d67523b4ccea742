/* Finds objects by what somebody types: names, addresses, MACs, UUIDs, serial numbers, jobs, tickets. One text of all of them, searched
 * whole: fast enough for each key. Called by the broker's request `find`. */
#ifndef TANA_FINDER_H
#define TANA_FINDER_H

#include "common/loop.h"
#include "common/registry.h"
#include "common/text.h"
#include "safety/targets.h"

#define FINDER_MAX 100        /* answers */
#define FINDER_TEXT_MAX 200   /* bytes of what is looked for */

struct finder;

struct finder *finder_new(struct loop *l, struct registry *r); /* borrowed; l NULL: all its work is done when it is asked */
void finder_free(struct finder *f);            /* before the registry */

struct finding {
	enum kind kind;
	const void *object;       /* the registry's */
	const char *by;           /* "name", "address", "mac", "uuid", "serial", "job", "ticket" */
	char what[TEXT_NAME_MAX + 1]; /* what matched, whole */
};
/* Best first: all of it, then how it begins, then what is inside; names before the rest. Only what this actor sees, by what he is
 * shown of it. out has room for max; *more: how many further ones there are. Returns how many. */
size_t finder_ask(struct finder *f, const struct gate *g, const struct actor *a, const char *text, struct finding *out, size_t max,
	size_t *more);
size_t finder_bytes(const struct finder *f); /* memory held, for the bench */

#endif
