/* The table of interned strings, chained by a seeded hash (names come from tenants: nobody may aim collisions at us).
 * Called by the model, the registry and whoever fills objects; loop thread only. Most texts are names and ids of some ten bytes, four
 * to a VM: so they lie side by side in blocks and are chained by 32-bit handles, and what stands before each is twelve bytes. */
#include "common/intern.h"
#include "common/buf.h"
#include "common/sanitized.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define UNIT 4          /* bytes; entries are whole units */
#if SANITIZED           /* each entry has a block of its own, so that one that is used after its end is found */
#define UNIT_BITS 0
#define SIZES 1
#else
#define UNIT_BITS 12
#define SIZES 128       /* entries of so many units have a block of their own */
#endif
#define BLOCK_UNITS (1u << UNIT_BITS)
#define BLOCKS_MAX (UINT32_MAX >> UNIT_BITS)

/* Number of a block, and unit in it. 0: none, since there is no block 0. */
typedef uint32_t handle;

struct entry {
	handle next;    /* of its bucket; of one that is free: the next one of this size */
	uint32_t hash, refs;
	char text[];
};

union block {
	char *at;
	uint32_t next_free; /* of one that is free: number of the next, 0 none */
};

static handle *buckets;          /* a power of two of them, half as many as texts when they are full; 0 at first */
static size_t nbuckets, nentries, entry_bytes;
static uint64_t seed;
static union block *blocks;      /* block 0 is not used */
static uint32_t nblocks, blocks_size, free_block;
static uint32_t filling, filled; /* the block that takes small entries, 0 none, and how many units of it are taken */
static handle free_of[SIZES];    /* free entries by size in units */

static const char empty[] = ""; /* never counted, never freed: most fields of most objects */

static struct entry *entry_of(istr s)
{
	return (struct entry *)(uintptr_t)(s - offsetof(struct entry, text));
}

static struct entry *entry_at(handle h)
{
	return (struct entry *)(void *)(blocks[h >> UNIT_BITS].at + (size_t)(h & (BLOCK_UNITS - 1)) * UNIT);
}

static uint32_t units_of(size_t len)
{
	return (uint32_t)((sizeof(struct entry) + len + 1 + UNIT - 1) / UNIT);
}

/* ---- room for entries ---- */

static uint32_t new_block(size_t bytes)
{
	uint32_t b = free_block;

	if (b) {
		free_block = blocks[b].next_free;
	} else {
		if (nblocks == BLOCKS_MAX)
			abort();
		if (nblocks == blocks_size) {
			blocks_size = blocks_size ? blocks_size * 2 : 64;
			blocks = xrealloc(blocks, blocks_size * sizeof *blocks);
		}
		nblocks += !nblocks;
		b = nblocks++;
	}
	blocks[b].at = xmalloc(bytes);
	return b;
}

static handle new_entry(size_t len)
{
	uint32_t units = units_of(len);

	if (units >= SIZES)
		return new_block((size_t)units * UNIT) << UNIT_BITS;
	handle h = free_of[units];
	if (h) {
		free_of[units] = entry_at(h)->next;
		return h;
	}
	if (!filling || filled + units > BLOCK_UNITS) {
		filling = new_block((size_t)BLOCK_UNITS * UNIT);
		filled = 0;
	}
	h = filling << UNIT_BITS | filled;
	filled += units;
	return h;
}

static void free_entry(handle h, size_t len)
{
	uint32_t units = units_of(len), b = h >> UNIT_BITS;

	if (units < SIZES) {
		entry_at(h)->next = free_of[units];
		free_of[units] = h;
		return;
	}
	free(blocks[b].at);
	blocks[b].next_free = free_block;
	free_block = b;
}

/* Nothing is left: what there was is given back, so that a leak checker sees a clean house. The blocks that have a free number
 * have been given back already; of all others each entry is free. */
static void clear(void)
{
	while (free_block) {
		uint32_t b = free_block;

		free_block = blocks[b].next_free;
		blocks[b].at = NULL;
	}
	for (uint32_t b = 1; b < nblocks; b++)
		free(blocks[b].at);
	free(blocks);
	free(buckets);
	blocks = NULL;
	buckets = NULL;
	nbuckets = nblocks = blocks_size = filling = 0;
	memset(free_of, 0, sizeof free_of);
}

/* ---- the table ---- */

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
	handle *now = xcalloc(want, sizeof *now);

	if (!nbuckets && getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed = (uint64_t)(uintptr_t)now; /* early boot: the address space is random too */
	for (size_t i = 0; i < nbuckets; i++) {
		for (handle h = buckets[i], next; h; h = next) {
			struct entry *e = entry_at(h);

			next = e->next;
			e->next = now[e->hash & (want - 1)];
			now[e->hash & (want - 1)] = h;
		}
	}
	free(buckets);
	buckets = now;
	nbuckets = want;
}

static struct entry *find(const char *s, size_t len, uint32_t hash)
{
	for (handle h = buckets[hash & (nbuckets - 1)]; h;) {
		struct entry *e = entry_at(h);

		if (e->hash == hash && !strncmp(e->text, s, len) && !e->text[len])
			return e;
		h = e->next;
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
	handle h = new_entry(len), *bucket = &buckets[hash & (nbuckets - 1)];
	e = entry_at(h);
	*e = (struct entry){.next = *bucket, .hash = hash, .refs = 1};
	memcpy(e->text, s, len);
	e->text[len] = 0;
	*bucket = h;
	nentries++;
	entry_bytes += (size_t)units_of(len) * UNIT;
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
	handle *at = &buckets[e->hash & (nbuckets - 1)], h;
	while (entry_at(h = *at) != e)
		at = &entry_at(h)->next;
	*at = e->next;
	size_t len = strlen(e->text);
	nentries--;
	entry_bytes -= (size_t)units_of(len) * UNIT;
	free_entry(h, len);
	if (!nentries)
		clear();
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
