/* How limits are said: "2+1 of 3 kept (this server)". Used by the book and by previews. */
#ifndef TANA_BOOK_WORDS_H
#define TANA_BOOK_WORDS_H

#include "common/error.h"
#include "safety/quota.h"

/* The line as it is. *m is the caller's to free. */
void book_words(struct msg *m, const struct quota_line *l);
/* The same after so many (snapshots or bytes) more, or less, are used. */
void book_words_after(struct msg *m, const struct quota_line *l, int64_t more);
/* ERR_LIMIT: one more does not fit into this full line. */
struct err *book_words_full(const struct quota_line *l, const char *vm_name, const char *tenant, const char *zone);
/* "12", "330 GiB": two amounts in the unit that fits the greater; sizes >= 24. max below 0: a's own unit, b is "". */
void book_words_bytes(char *used, char *max, size_t size, int64_t used_bytes, int64_t max_bytes);

#endif
