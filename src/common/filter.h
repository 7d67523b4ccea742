/* The filter language: plain words match names, key:value narrows by a field ("state:running blade:a2-*"), a leading
 * '!' negates, quotes hold blanks, all terms must hold. state: and power: match live facts only, was: the last known.
 * Numbers compare with key:>4 key:<=8. Used by lists, by the command line and by the broker for targets. */
#ifndef TANA_FILTER_H
#define TANA_FILTER_H

#include "common/error.h"
#include "common/model.h"

struct filter;

/* A plain word is a part of the name; with '*' or '?' it is a pattern for the whole name. The value of a key is the whole
 * text or such a pattern. Case and width do not count. Yes/no keys take yes and no; memory takes K, M, G, T.
 * A VM that is not live has the state unknown: neither state:off nor !state:off finds it, state:unknown does; so has a blade
 * whose manager does not tell now (power:off).
 * Keys are those of the kind's field table, plus name shortcuts: host:silent|live (blade, vm), was: (the last known state of a VM,
 * power of a blade).
 * An unknown key, an empty value or an open quote is an error (ERR_USAGE) that names the term and its column (from 1). */
struct err *filter_new(enum kind k, const char *text, struct filter **out);
void filter_free(struct filter *f);
bool filter_is_empty(const struct filter *f);
bool filter_match(const struct filter *f, const void *object);

#endif
