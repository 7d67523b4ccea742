/* What the key decoder and its tables of sequences share. Nobody else includes this. */
#ifndef TANA_KEYS_INSIDE_H
#define TANA_KEYS_INSIDE_H

#include "term/keys.h"

/* What stands at the head of the queue. take 0: more must come. key.code 0: swallow. */
struct keys_found {
	size_t take;
	struct key key;
};

/* The bytes are q[0..n). A CSI sequence whose parameters begin at q[at]. */
struct keys_found keys_csi_at(const unsigned char *q, size_t n, size_t at);
/* An SS3 sequence whose letter is at q[at]; old xterms put a modifier before it. */
struct keys_found keys_ss3_at(const unsigned char *q, size_t n, size_t at);
/* An OSC, DCS, APC, PM or SOS string from q[at]: up to BEL or ST. All of it is swallowed. */
struct keys_found keys_string_at(const unsigned char *q, size_t n, size_t at);
/* The character at q, n > 0: its length, 0 when more bytes must come, -1 when it is none (drop one byte). */
int keys_utf8_at(const unsigned char *q, size_t n, uint32_t *out);
/* A control or printable character as the key it is; 0: none. */
uint32_t keys_of_char(uint32_t c);

#endif
