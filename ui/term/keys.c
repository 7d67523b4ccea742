/* The key decoder (keys.h). Works at the head of a small queue of bytes: each step takes one key or one unknown sequence
 * off it, or says that more must come. Every byte remembers in which read it came, since a person cannot type two keys
 * into one read, but a terminal always sends a sequence in one piece unless the network cuts it. What stands in the bytes is found
 * out in keys_sequence.c; here is what depends on time and on reads. */
#include "term/keys_inside.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 4096
#define LATE_MS 3000        /* how long the rest of a sequence may stay behind */
#define SS3_MS 1000
#define PASTE_MS 5000       /* a paste that falls silent for so long has lost its end */

struct keys {
	unsigned char q[QUEUE_MAX];
	uint32_t feed[QUEUE_MAX]; /* number of the read that brought it */
	size_t head, n;           /* the queue is q[head..head+n) */
	uint32_t reads;
	int esc_ms;
	int64_t last;             /* when the newest byte came */
	int64_t late_until;       /* until then "[A" may be the late rest of an arrow whose ESC was given out */
	bool paste;
};

struct keys *keys_new(int esc_ms)
{
	struct keys *k = xcalloc(1, sizeof *k);

	k->esc_ms = esc_ms;
	k->late_until = INT64_MIN;
	return k;
}

void keys_free(struct keys *k)
{
	free(k);
}

void keys_feed(struct keys *k, const char *data, size_t len, int64_t now_ms)
{
	size_t room = QUEUE_MAX - k->n;

	if (len == 0)
		return;
	if (k->head > 0) {
		memmove(k->q, k->q + k->head, k->n);
		memmove(k->feed, k->feed + k->head, k->n * sizeof k->feed[0]);
		k->head = 0;
	}
	if (len > room)
		len = room;
	memcpy(k->q + k->n, data, len);
	k->reads++;
	for (size_t i = 0; i < len; i++)
		k->feed[k->n + i] = k->reads;
	k->n += len;
	k->last = now_ms;
}

static void drop(struct keys *k, size_t n)
{
	if (n > k->n)
		n = k->n;
	k->head += n;
	k->n -= n;
}

/* ---- the steps ---- */

static bool is_start(const unsigned char *q, size_t n, const char *whole, bool *all)
{
	size_t len = strlen(whole);

	*all = n >= len;
	return memcmp(q, whole, n < len ? n : len) == 0;
}

static struct keys_found paste_step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	struct keys_found f = {0, {0, 0, 0, 0}};
	uint32_t c = 0;
	bool all;
	int len;

	if (q[0] == 0x1b && is_start(q, k->n, "\033[201~", &all)) {
		if (all) {
			k->paste = false;
			f.take = 6;
		} else if (now - k->last >= LATE_MS) {
			f.take = k->n;
		}
		return f;
	}
	len = keys_utf8_at(q, k->n, &c);
	if (len == 0) {
		f.take = now - k->last >= LATE_MS ? 1 : 0;
		return f;
	}
	f.take = len < 0 ? 1 : (size_t)len;
	if (len < 0)
		return f;
	c = c == '\t' ? ' ' : keys_of_char(c);
	if (c == K_ENTER || (c >= 0x20 && c < K_SPECIAL))
		f.key = (struct key){.code = c, .mods = K_PASTED};
	return f;
}

/* ESC is at the head. */
static struct keys_found escape_step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	const uint32_t *feed = k->feed + k->head;
	struct keys_found f = {0, {0, 0, 0, 0}};
	bool one_read = k->n > 1 && feed[0] == feed[1];
	int64_t silent = now - k->last;
	uint32_t c = 0;
	int len;

	if (k->n == 1) {
		if (silent >= k->esc_ms) {
			f.take = 1;
			f.key.code = K_ESC;
			k->late_until = now + LATE_MS;
		}
		return f;
	}
	switch (q[1]) {
	case '[':
		f = keys_csi_at(q, k->n, 2);
		if (f.take == 6 && memcmp(q, "\033[200~", 6) == 0)
			k->paste = true;
		if (f.take == 0 && silent >= LATE_MS)
			f.take = k->n;
		return f;
	case 'O':
		f = keys_ss3_at(q, k->n, 2);
		if (f.take == 0 && silent >= SS3_MS)
			f.take = k->n;
		return f;
	case ']':
		f = keys_string_at(q, k->n, 2);
		if (f.take == 0 && silent >= LATE_MS)
			f.take = k->n;
		return f;
	case 'P':
	case 'X':
	case '^':
	case '_':
		if (one_read && k->n > 2 && feed[2] == feed[0]) {
			f = keys_string_at(q, k->n, 2);
			if (f.take == 0 && silent >= LATE_MS)
				f.take = k->n;
			return f;
		}
		break;
	case 0x1b: /* Alt with a special key, as rxvt and PuTTY send it; or Esc twice */
		if (one_read && k->n > 2 && feed[2] == feed[0] && (q[2] == '[' || q[2] == 'O')) {
			f = q[2] == '[' ? keys_csi_at(q, k->n, 3) : keys_ss3_at(q, k->n, 3);
			f.key.mods |= K_ALT;
			if (f.take == 0 && silent >= SS3_MS)
				f.take = k->n;
			return f;
		}
		f.take = 1;
		f.key.code = K_ESC;
		return f;
	default:
		break;
	}
	if (!one_read) { /* typed one after the other */
		f.take = 1;
		f.key.code = K_ESC;
		return f;
	}
	len = keys_utf8_at(q + 1, k->n - 1, &c);
	if (len == 0) {
		f.take = silent >= LATE_MS ? k->n : 0;
		return f;
	}
	f.take = len < 0 ? 2 : 1 + (size_t)len;
	if (len > 0)
		f.key = (struct key){.code = keys_of_char(c), .mods = K_ALT};
	return f;
}

/* ESC was given out because its rest did not come in time, and here may be that rest. True: *f says what to do. */
static bool late_step(struct keys *k, int64_t now, struct keys_found *f)
{
	const unsigned char *q = k->q + k->head;

	*f = (struct keys_found){0, {0, 0, 0, 0}};
	if (k->late_until == INT64_MIN)
		return false;
	if (now > k->late_until || (q[0] != '[' && q[0] != 'O')) {
		k->late_until = INT64_MIN;
		return false;
	}
	*f = q[0] == '[' ? keys_csi_at(q, k->n, 1) : keys_ss3_at(q, k->n, 1);
	if (f->take == 5 && memcmp(q, "[200~", 5) == 0)
		k->paste = true;
	/* A key that came in two halves, or a report of something: its time is over. */
	if (f->take > 1 && (f->key.code != 0 || (q[0] == '[' && strchr("<>?0123456789IOM", q[1])))) {
		f->key.code = 0;
		k->late_until = INT64_MIN;
		return true;
	}
	if (f->take == 0 && now - k->last < k->esc_ms)
		return true;
	k->late_until = INT64_MIN;
	return false;
}

static struct keys_found step(struct keys *k, int64_t now)
{
	const unsigned char *q = k->q + k->head;
	struct keys_found f = {0, {0, 0, 0, 0}};
	uint32_t c = 0;
	int len;

	if (k->paste)
		return paste_step(k, now);
	if (late_step(k, now, &f))
		return f;
	switch (q[0]) {
	case 0x1b:
		return escape_step(k, now);
	case 0x9b: /* CSI and SS3 as one byte: a VT220 with 8-bit controls; no UTF-8 character begins so */
		f = keys_csi_at(q, k->n, 1);
		if (f.take == 0 && now - k->last >= SS3_MS)
			f.take = k->n;
		return f;
	case 0x8f:
		f = keys_ss3_at(q, k->n, 1);
		if (f.take == 0 && now - k->last >= SS3_MS)
			f.take = k->n;
		return f;
	default:
		break;
	}
	len = keys_utf8_at(q, k->n, &c);
	if (len == 0) {
		f.take = now - k->last >= SS3_MS ? k->n : 0;
		return f;
	}
	f.take = len < 0 ? 1 : (size_t)len;
	if (len > 0)
		f.key.code = keys_of_char(c);
	return f;
}

bool keys_next(struct keys *k, int64_t now, struct key *out)
{
	if (k->paste && now - k->last >= PASTE_MS)
		k->paste = false;
	while (k->n > 0) {
		struct keys_found f = step(k, now);

		if (f.take == 0)
			return false;
		drop(k, f.take);
		if (f.key.code != 0) {
			*out = f.key;
			return true;
		}
	}
	return false;
}

int64_t keys_wait(const struct keys *k, int64_t now)
{
	int64_t silent = now - k->last, until;

	if (k->n == 0)
		return -1;
	if (silent < k->esc_ms)
		until = k->esc_ms;
	else if (silent < SS3_MS)
		until = SS3_MS;
	else
		until = LATE_MS;
	return until > silent ? until - silent : 1;
}
