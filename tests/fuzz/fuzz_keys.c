/* The key decoder on any bytes, cut anywhere and at any pace: it holds its bounds, comes to rest, and hands out only what
 * is a key. */
#include "term/keys.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of each piece: a byte that says how many bytes follow, one that says how long the line was silent before. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keys *k;
	struct key key;
	int64_t now = 0;
	size_t at = 1;

	if (size == 0)
		return 0;
	k = keys_new(data[0] & 1 ? 50 : 500);
	while (at + 2 <= size) {
		size_t len = data[at], left = size - at - 2;

		now += (int64_t)data[at + 1] * 8;
		at += 2;
		keys_feed(k, (const char *)data + at, len < left ? len : left, now);
		at += len < left ? len : left;
		while (keys_next(k, now, &key)) {
			char utf8[5];

			if (key.code == 0 || key.code > K_REPORT)
				abort();
			if (key.code < K_SPECIAL && keys_utf8(key.code, utf8) == 0)
				abort();
		}
		if (keys_wait(k, now) == 0 || keys_wait(k, now) < -1)
			abort();
	}
	for (int i = 0; i < 3; i++) {
		now += 20000;
		while (keys_next(k, now, &key))
			;
	}
	if (keys_wait(k, now) != -1)
		abort();
	keys_free(k);
	return 0;
}
