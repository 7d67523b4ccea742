/* The filter language: plain words match names, key:value narrows by a field ("state:running blade:a2-*"), a leading
 * '!' negates, quotes hold blanks, all terms must hold. state: and power: match live facts only, was: the last known.
 * Numbers compare with key:>4 key:<=8 key:2..8, times by how far they are from now: since:<1h seen:>2d. Used by lists, by the command line and by the broker for targets. */
#ifndef TANA_FILTER_H
#define TANA_FILTER_H

#include "common/error.h"
#include "common/model.h"

struct filter;

/* A plain word is a part of the name; with '*' or '?' it is a pattern for the whole name. The value of a key is the whole
 * text or such a pattern, of a text with commas any of its parts. Case and width do not count. Yes/no keys take yes and no; memory
 * takes K, M, G, T, a time s, m, h, d, w (back or ahead; a time that is not known fits neither such a term nor its negation).
 * A VM that is not live has the state unknown: neither state:off nor !state:off finds it, state:unknown does; so has a blade
 * whose manager does not tell now (power:off).
 * Keys are those of the kind's field table, plus name shortcuts: host:silent|live (blade, vm), was: (the last known state of a VM,
 * power of a blade).
 * An unknown key, an empty value or an open quote is an error (ERR_USAGE) that names the term and its column (from 1). */
struct err *filter_new(enum kind k, const char *text, struct filter **out);
void filter_free(struct filter *f);
bool filter_is_empty(const struct filter *f);
bool filter_match(const struct filter *f, const void *object);
/* The same of many (NULL: no), sooner: the memory of some is asked for while others are looked at. */
void filter_match_all(const struct filter *f, const void *const *objects, size_t n, bool *out);
bool filter_ages(const struct filter *f);  /* it speaks of ages: what it finds changes as time goes */
/* Whatever f finds, `wider` finds, too: it has the same terms, longer words, further terms. False: perhaps not. */
bool filter_narrows(const struct filter *f, const struct filter *wider);

/* ---- while it is typed (filter_words.c) ---- */

/* The field of a key: its name, without the "_kib" of memory too ("mem"); NULL none. */
const struct field *filter_field(enum kind k, const char *key);
/* The term in which byte `at` stands, or where one would begin. Bytes of text. */
struct filter_place {
	size_t start, value, end;  /* of the term ('!' and all), of its value behind "key:" (else of its word), behind it */
	char key[32];              /* "" none yet */
	bool has_key;
};
void filter_place(const char *text, size_t at, struct filter_place *out);
/* Keys that this viewer may use, those that are asked for most first; writes at most max, returns how many there are. */
size_t filter_keys(enum kind k, enum viewer v, const char **out, size_t max);
/* What a key can be, where that is known beforehand: an enum's names, yes and no, live and silent. The same. */
size_t filter_values(enum kind k, const char *key, const char **out, size_t max);
/* Where the term stands that this error of filter_new is about: its column from 1 and its length, in characters. */
void filter_error_place(const struct err *e, int *column, int *length);

#endif
