/* The table of interned strings, chained by a seeded hash (names come from tenants: nobody may aim collisions at us).
 * Called by the model, the registry and whoever fills objects; loop thread only. */
#include "common/intern.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct entry {
	struct entry *next;
	uint32_t hash, refs;
	char text[]; /* most are names and ids: what stands before each counts */
};

static struct entry **buckets; /* a power of two of them, half as many as texts when they are full; 0 at first */
static size_t nbuckets, nentries, entry_bytes;
static uint64_t seed;

static const char empty[] = ""; /* never counted, never freed: most fields of most objects */

static struct entry *entry_of(istr s)
{
	return (struct entry *)(uintptr_t)(s - offsetof(struct entry, text));
}

static uint32_t hash_of(const char *s, size_t len)
{
	uint64_t h = seed ^ (len * 0x9e3779b97f4a7c15u), part;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&part, s, 8);
		h = (h ^ part) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	part = 0;
	memcpy(&part, s, len);
	h = (h ^ part) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h >> 32);
}

static void grow(void)
{
	size_t want = nbuckets ? nbuckets * 2 : 1024;
	struct entry **now = xcalloc(want, sizeof *now);

	if (!nbuckets && getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed = (uint64_t)(uintptr_t)now; /* early boot: the address space is random too */
	for (size_t i = 0; i < nbuckets; i++) {
		for (struct entry *e = buckets[i], *next; e; e = next) {
			next = e->next;
			e->next = now[e->hash & (want - 1)];
			now[e->hash & (want - 1)] = e;
		}
	}
	free(buckets);
	buckets = now;
	nbuckets = want;
}

static struct entry *find(const char *s, size_t len, uint32_t hash)
{
	for (struct entry *e = buckets[hash & (nbuckets - 1)]; e; e = e->next) {
		if (e->hash == hash && !strncmp(e->text, s, len) && !e->text[len])
			return e;
	}
	return NULL;
}

istr intern_n(const char *s, size_t len)
{
	len = strnlen(s, len);
	if (!len)
		return empty;
	if (nentries >= nbuckets * 2)
		grow();
	uint32_t hash = hash_of(s, len);
	struct entry *e = find(s, len, hash);

	if (e) {
		if (++e->refs == 0)
			abort();
		return e->text;
	}
	e = xmalloc(sizeof *e + len + 1);
	e->hash = hash;
	e->refs = 1;
	memcpy(e->text, s, len);
	e->text[len] = 0;
	e->next = buckets[hash & (nbuckets - 1)];
	buckets[hash & (nbuckets - 1)] = e;
	nentries++;
	entry_bytes += sizeof *e + len + 1;
	return e->text;
}

istr intern(const char *s)
{
	return s ? intern_n(s, strlen(s)) : empty;
}

istr intern_find(const char *s)
{
	if (!s || !*s)
		return empty;
	if (!nbuckets)
		return NULL;
	size_t len = strlen(s);
	struct entry *e = find(s, len, hash_of(s, len));
	return e ? e->text : NULL;
}

istr intern_ref(istr s)
{
	if (s != empty && ++entry_of(s)->refs == 0)
		abort();
	return s;
}

void intern_free(istr s)
{
	if (!s || s == empty)
		return;
	struct entry *e = entry_of(s);

	if (--e->refs)
		return;
	struct entry **at = &buckets[e->hash & (nbuckets - 1)];
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	nentries--;
	entry_bytes -= sizeof *e + strlen(e->text) + 1;
	free(e);
	if (!nentries) { /* nothing left: give the table back, so that a leak checker sees a clean house */
		free(buckets);
		buckets = NULL;
		nbuckets = 0;
	}
}

void intern_set(istr *slot, const char *s)
{
	if (*slot == s && s)
		return;
	istr old = *slot;

	*slot = intern(s);
	intern_free(old);
}

bool intern_change(istr *slot, const char *s)
{
	istr old = *slot;
	bool other = !old || strcmp(old, s ? s : "") != 0;

	if (other)
		intern_set(slot, s);
	return other;
}

size_t intern_bytes(void)
{
	return entry_bytes + nbuckets * sizeof *buckets;
}
