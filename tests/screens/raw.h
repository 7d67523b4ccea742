/* The bytes that a full-screen program writes, against a list of what is allowed: text, and the few sequences that draw. */
#ifndef TANA_TESTS_RAW_H
#define TANA_TESTS_RAW_H

#include <stdbool.h>
#include <stddef.h>

struct raw {
	bool drawing;            /* set by the caller once the screen is set up: from then on modes stay as they are */
	size_t bytes, sequences;
	int state;
	bool unwrapped;          /* lines do not wrap now */
	int top, bottom;         /* the scrolling region as it was set last, 0 never */
	char seq[64], bad[128];  /* bad: the first thing that is not allowed, "" none */
	size_t n;
	unsigned wide, need;     /* a character of UTF-8 and how many of its bytes are to come */
};
/* For term_tap(); ctx is a struct raw. */
void raw_take(void *ctx, const char *bytes, size_t len);

#endif
