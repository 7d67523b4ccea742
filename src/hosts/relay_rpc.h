/* What passes a relay, seen as libvirt's protocol (virnetprotocol.x, virkeepaliveprotocol.x): packets, and among them the
 * questions whether the other side is alive, which the relay answers and asks itself. Pure. Called by relay_move.c. */
#ifndef TANA_RELAY_RPC_H
#define TANA_RELAY_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_HELD 16          /* of a packet's head are needed to know what it is */
#define RPC_WORD 28          /* a packet without a body */

enum rpc_word { RPC_PING = 1, RPC_PONG = 2 };

struct rpc {
	bool on;             /* it is that protocol, as far as was seen */
	bool asked;          /* the far side waits for a PONG */
	/* towards the far side */
	uint32_t near_left;  /* of the packet that is passing */
	unsigned char near_len[4];
	unsigned near_lens;  /* bytes of a packet's length seen so far */
	/* from there */
	uint32_t far_left;
	bool skip;           /* the packet that is coming is not for libvirt */
	unsigned char held[RPC_HELD];
	size_t nheld;        /* of a packet's head, not handed on yet */
};

void rpc_near(struct rpc *p, const char *data, size_t len); /* these went to the far side */
bool rpc_between(const struct rpc *p);                      /* what is put in towards the far side now breaks no packet */
/* These came from there: room + RPC_HELD on, len of them. Returns how many are for libvirt, from *out on, inside room. */
size_t rpc_far(struct rpc *p, char *room, size_t len, char **out);
void rpc_word(enum rpc_word w, char out[RPC_WORD]);

#endif
