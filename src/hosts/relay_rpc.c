/* Packets of libvirt's protocol in the bytes that pass a relay. A packet begins with its length (that included), program,
 * version, procedure, all big-endian. What is no packet ends the looking, never the relay: libvirt says what it thinks of it. */
#include "hosts/relay_rpc.h"

#include <string.h>

#define KEEPALIVE 0x6b656570u /* its program */
#define KEEPALIVE_VERSION 1u
#define MESSAGE 2u            /* its type: wants no answer */
#define PACKET_MAX (64u << 20) /* libvirt's own limit is 32 MiB */

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(char *at, uint32_t v)
{
	at[0] = (char)(v >> 24);
	at[1] = (char)(v >> 16);
	at[2] = (char)(v >> 8);
	at[3] = (char)v;
}

static bool fits(uint32_t len)
{
	return len >= RPC_WORD && len <= PACKET_MAX;
}

void rpc_near(struct rpc *p, const char *data, size_t len)
{
	while (p->on && len) {
		if (p->near_left) {
			size_t n = len < p->near_left ? len : p->near_left;
			p->near_left -= (uint32_t)n;
			data += n;
			len -= n;
			continue;
		}
		p->near_len[p->near_lens++] = (unsigned char)*data++;
		len--;
		if (p->near_lens < 4)
			continue;
		p->near_lens = 0;
		p->near_left = get32(p->near_len) - 4;
		p->on = fits(p->near_left + 4);
	}
}

bool rpc_between(const struct rpc *p)
{
	return p->on && !p->near_left && !p->near_lens;
}

/* What the packet at head is. */
static void meet(struct rpc *p, const unsigned char *head)
{
	uint32_t len = get32(head);

	p->on = fits(len);
	p->far_left = len;
	p->skip = p->on && len == RPC_WORD && get32(head + 4) == KEEPALIVE && get32(head + 8) == KEEPALIVE_VERSION;
	if (p->skip && get32(head + 12) == RPC_PING)
		p->asked = true;
}

size_t rpc_far(struct rpc *p, char *room, size_t len, char **out)
{
	char *in = room + RPC_HELD - p->nheld, *end = room + RPC_HELD + len, *to = in;

	memcpy(in, p->held, p->nheld);
	p->nheld = 0;
	*out = in;
	while (in < end) {
		size_t n = (size_t)(end - in);
		if (p->on && !p->far_left && n < RPC_HELD) {
			memcpy(p->held, in, n);
			p->nheld = n;
			break;
		}
		if (p->on && !p->far_left)
			meet(p, (const unsigned char *)in);
		if (p->on && n > p->far_left)
			n = p->far_left;
		if (p->on)
			p->far_left -= (uint32_t)n;
		if (!p->on || !p->skip) {
			memmove(to, in, n);
			to += n;
		}
		in += n;
	}
	return (size_t)(to - *out);
}

void rpc_word(enum rpc_word w, char out[RPC_WORD])
{
	const uint32_t words[RPC_WORD / 4] = { RPC_WORD, KEEPALIVE, KEEPALIVE_VERSION, w, MESSAGE, 0, 0 };

	for (size_t i = 0; i < RPC_WORD / 4; i++)
		put32(out + 4 * i, words[i]);
}
