/* Moves the bytes of one relay, both ways, never waiting: what one side does not take is kept, and no more is read for it. Looks at
 * what passes (relay_rpc.h) and puts in what keeps the connection alive. Called by the pump's thread alone. */
#include "hosts/relay_pump.h"

#include "common/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CHUNK (64 * 1024)  /* bytes moved at once, and the most that is kept of a direction */

static char room[RPC_HELD + CHUNK]; /* the pump thread's */
static char *const chunk = room + RPC_HELD;

static int far_read(struct relay *r)
{
	if (r->tunnel)
		return ssh_link_read(r->tunnel, chunk, r->to_near.len ? 0 : CHUNK);
	ssize_t n = recv(r->far_fd, chunk, CHUNK, MSG_DONTWAIT);
	if (n > 0)
		return (int)n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int far_write(struct relay *r, const char *data, size_t len)
{
	if (r->tunnel)
		return ssh_link_write(r->tunnel, data, (int)len);
	ssize_t n = send(r->far_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static int near_read(struct relay *r)
{
	ssize_t n = recv(r->near_fd, chunk, CHUNK, MSG_DONTWAIT);

	if (n > 0)
		return (int)n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static int near_write(struct relay *r, const char *data, size_t len)
{
	ssize_t n = send(r->near_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Hands over what is left; drops it when the taker is deaf. True when something moved. */
static bool drain(struct relay *r, struct rest *rest, int (*put)(struct relay *, const char *, size_t), bool *deaf)
{
	if (!rest->len)
		return false;
	int n = *deaf ? -1 : put(r, rest->data + rest->off, rest->len);
	if (n < 0)
		*deaf = true;
	rest->off += n > 0 ? (size_t)n : 0;
	rest->len = n < 0 ? 0 : rest->len - (size_t)n;
	if (!rest->len) {
		free(rest->data);
		*rest = (struct rest){ 0 };
	}
	return n != 0;
}

/* Hands over what nothing is waiting before. */
static void pass(struct relay *r, const char *data, size_t len, struct rest *rest, int (*put)(struct relay *, const char *, size_t),
	bool *deaf)
{
	int n = *deaf ? -1 : put(r, data, len);

	if (n < 0) {
		*deaf = true;
	} else if ((size_t)n < len) {
		rest->len = len - (size_t)n;
		rest->data = memcpy(xmalloc(rest->len), data + n, rest->len);
		rest->off = 0;
	}
}

static void say(struct relay *r, enum rpc_word w)
{
	char data[RPC_WORD];

	rpc_word(w, data);
	pass(r, data, sizeof data, &r->to_far, far_write, &r->far_deaf);
}

/* What libvirt sends. More may be there when a whole chunk was read; of less epoll tells again. */
static bool near_turn(struct relay *r, bool ready)
{
	bool moved = drain(r, &r->to_far, far_write, &r->far_deaf);

	if (r->to_far.len || r->near_eof || !ready)
		return moved;
	int n = near_read(r);
	if (n < 0)
		r->near_eof = true;
	if (n > 0) {
		rpc_near(&r->rpc, chunk, (size_t)n);
		pass(r, chunk, (size_t)n, &r->to_far, far_write, &r->far_deaf);
	}
	return moved || n == CHUNK;
}

static bool far_turn(struct relay *r, bool ready)
{
	bool moved = drain(r, &r->to_near, near_write, &r->near_eof);

	/* A tunnel works even without room here: window news and its own output hang on it. */
	if (r->far_eof || (!r->tunnel && (r->to_near.len || !ready)))
		return moved;
	int n = far_read(r);
	if (n < 0)
		r->far_eof = true;
	if (n > 0) {
		char *data;
		size_t len = rpc_far(&r->rpc, room, (size_t)n, &data);
		r->heard = true;
		if (len)
			pass(r, data, len, &r->to_near, near_write, &r->near_eof);
	}
	return moved || (r->tunnel ? n > 0 : n == CHUNK);
}

bool relay_move(struct relay *r, bool near_ready, bool far_ready)
{
	bool moved = near_turn(r, near_ready);

	moved = far_turn(r, far_ready) || moved;
	if (r->rpc.asked && !r->to_far.len && rpc_between(&r->rpc)) {
		r->rpc.asked = false;
		say(r, RPC_PONG);
	}
	if (r->ask && !r->to_far.len && rpc_between(&r->rpc)) {
		r->ask = false;
		say(r, RPC_PING);
	}
	return moved;
}

bool relay_beat(struct relay *r)
{
	if (r->heard || r->to_near.len || !r->rpc.on) /* what libvirt does not take is not read: nothing can be heard then */
		r->silent = 0;
	else
		r->silent++;
	r->heard = false;
	r->ask = r->silent && r->silent % RELAY_ASK_BEATS == 0;
	return r->silent < RELAY_DEAD_BEATS;
}
