/* Inside the finder: its text (finder_text.c) and the search in it (finder.c). Nobody else includes it. */
#ifndef TANA_FINDER_TEXT_H
#define TANA_FINDER_TEXT_H

#include "common/buf.h"
#include "safety/finder.h"

enum { FINDER_LIST = 1 /* several, with commas */, FINDER_WHOLE_ID = 2 /* what stands behind the colon */, FINDER_START = 4 /* only how it begins */ };

/* least: bytes to be typed before these are searched. The mark of a value in the text is its row's number, plus one. */
#define FINDER_KEYS 16
struct finder_key { enum kind kind; const char *field, *by; unsigned flags; size_t least; };
extern const struct finder_key finder_keys[FINDER_KEYS];
#define HELD 4 /* values of one object at most */
_Static_assert(FINDER_KEYS < 0x20, "a mark is a control character, which no value has");

struct entry { uint32_t slot, at, len; unsigned char kind; bool dead, waits; istr held[HELD]; };
struct slots { uint32_t *entry; uint32_t n; }; /* by slot: place in entries + 1, 0 none, or WAITS */
struct waiting { enum kind kind; uint32_t slot; };
struct finder {
	struct registry *r;
	struct registry_watch watch;
	struct loop_timer *timer; /* NULL: caught up when somebody asks */
	const struct field *fields[FINDER_KEYS], *names[KIND_COUNT];
	struct buf text;
	struct entry *entries; size_t n, size;
	struct slots slots[KIND_COUNT];
	struct waiting *waiting; size_t nwaiting, waiting_size;
	size_t dead;             /* bytes of text that no object has any more */
};

bool finder_finds(enum kind k);                          /* are objects of this kind looked for? */
istr finder_value(const struct finder *f, size_t key, const void *object); /* key: row of finder_keys, object: of its kind; borrowed */
void finder_fold(struct buf *b, const char *s, size_t len); /* adds s as it is compared: whatever the case (text_fold) */
/* Registry's watch, and the timer. */
void finder_changed(void *ctx, enum kind k, uint32_t slot, void *object);
void finder_gone(void *ctx, enum kind k, uint32_t slot, void *object);
void finder_on_time(void *ctx);
void finder_forget(struct finder *f);
void finder_all(struct finder *f);                       /* everything is made anew */
void finder_catch_up(struct finder *f, size_t most);     /* brings the text to what is there now, as far as so many that wait */

#endif
