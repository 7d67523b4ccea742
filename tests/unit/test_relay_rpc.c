/* What a relay makes of libvirt's packets: the keepalive questions of the far side answered and kept from libvirt, all else untouched
 * however it is cut; a silent far side asked, and taken for dead. */
#include "hosts/relay_pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t packet(char *at, unsigned len, unsigned program, unsigned procedure)
{
	const unsigned head[] = { len, program, 1, procedure, 2, 0, 0 };

	for (unsigned i = 0; i < len; i++)
		at[i] = (char)(i < 28 ? head[i / 4] >> (24 - 8 * (i % 4)) : i * 7);
	return len;
}

#define REMOTE 0x20008086u
#define KEEPALIVE 0x6b656570u

/* Feeds it in pieces of step bytes; what comes out goes to out. */
static size_t feed(struct rpc *p, const char *data, size_t len, size_t step, char *out)
{
	static char room[RPC_HELD + 4096];
	size_t got = 0;

	for (size_t off = 0, n; off < len; off += n) {
		char *from;
		n = len - off < step ? len - off : step;
		memcpy(room + RPC_HELD, data + off, n);
		size_t k = rpc_far(p, room, n, &from);
		assert_true(k == 0 || (from >= room && from + k <= room + RPC_HELD + n));
		memcpy(out + got, from, k);
		got += k;
	}
	return got;
}

static void questions_are_kept(void **state)
{
	char in[2048], want[2048], out[2048];
	size_t n = 0, w = 0;

	for (unsigned i = 0; i < 12; i++) {
		w += packet(want + w, 28 + i * 4, REMOTE, i);
		n += packet(in + n, 28 + i * 4, REMOTE, i);
		n += packet(in + n, 28, KEEPALIVE, i % 2 ? RPC_PING : RPC_PONG);
	}
	w += packet(want + w, 64, KEEPALIVE, RPC_PING); /* with a body: not one that we know */
	n += packet(in + n, 64, KEEPALIVE, RPC_PING);
	for (size_t step = 1; step <= n; step++) {
		struct rpc p = { .on = true };
		assert_int_equal(feed(&p, in, n, step, out), w);
		assert_memory_equal(out, want, w);
		assert_true(p.on && p.asked);
	}
}

static void no_question_no_answer(void **state)
{
	char in[256], out[256];
	struct rpc p = { .on = true };
	size_t n = packet(in, 100, REMOTE, 1);

	n += packet(in + n, 28, KEEPALIVE, RPC_PONG);
	assert_int_equal(feed(&p, in, n, 7, out), 100);
	assert_false(p.asked);
}

static void what_is_no_packet_passes(void **state)
{
	static const char junk[] = "SSH-2.0-nonsense that is no packet at all, and goes on";
	char in[256], out[256];

	for (size_t step = 1; step < sizeof junk; step++) {
		struct rpc p = { .on = true };
		size_t n = packet(in, 28, KEEPALIVE, RPC_PING);
		memcpy(in + n, junk, sizeof junk);
		assert_int_equal(feed(&p, in, n + sizeof junk, step, out), sizeof junk);
		assert_memory_equal(out, junk, sizeof junk);
		assert_false(p.on);
		assert_false(rpc_between(&p));
	}
}

static void between_packets(void **state)
{
	char in[256];
	struct rpc p = { .on = true };
	size_t n = packet(in, 60, REMOTE, 1);

	assert_true(rpc_between(&p));
	for (size_t i = 0; i < n; i++) {
		rpc_near(&p, in + i, 1);
		assert_int_equal(rpc_between(&p), i + 1 == n);
	}
	rpc_near(&p, in, n);
	assert_true(rpc_between(&p));
	memset(in, 0, 4);
	rpc_near(&p, in, 4);
	assert_false(p.on);
}

/* A relay between two sockets, moved by hand. */
struct bench { struct relay r; int near, far; };

static struct bench *bench_up(void)
{
	static struct bench b;
	int near[2], far[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, near), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, far), 0);
	b = (struct bench){ .near = near[1], .far = far[1],
		.r = { .near_fd = near[0], .far_fd = far[0], .listen_fd = -1, .rpc = { .on = true } } };
	return &b;
}

static void bench_down(struct bench *b)
{
	close(b->near);
	close(b->far);
	close(b->r.near_fd);
	close(b->r.far_fd);
	free(b->r.to_far.data);
	free(b->r.to_near.data);
}

static size_t got(int fd, char *out)
{
	ssize_t n = recv(fd, out, 4096, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static void answered_between_packets(void **state)
{
	char data[4096], word[RPC_WORD], in[256];
	struct bench *b = bench_up();
	size_t n = packet(in, 60, REMOTE, 1);

	assert_int_equal(send(b->near, in, 30, 0), 30);
	assert_int_equal(packet(data, 28, KEEPALIVE, RPC_PING), 28);
	assert_int_equal(send(b->far, data, 28, 0), 28);
	relay_move(&b->r, true, true);
	assert_int_equal(got(b->near, data), 0);
	assert_int_equal(got(b->far, data), 30); /* half a packet, and nothing in its middle */
	assert_int_equal(send(b->near, in + 30, n - 30, 0), n - 30);
	relay_move(&b->r, true, false);
	assert_int_equal(got(b->far, data), n - 30 + RPC_WORD);
	rpc_word(RPC_PONG, word);
	assert_memory_equal(data + n - 30, word, RPC_WORD);
	bench_down(b);
}

static void silence(void **state)
{
	char data[4096], word[RPC_WORD];
	struct bench *b = bench_up();
	int asked = 0, beats = 1;

	rpc_word(RPC_PING, word);
	for (; relay_beat(&b->r); beats++) {
		assert_true(beats < 100);
		relay_move(&b->r, false, false);
		if (got(b->far, data)) {
			assert_memory_equal(data, word, RPC_WORD);
			asked++;
		}
	}
	assert_int_equal(beats * RELAY_BEAT_MS, RELAY_DEAD_S * 1000);
	assert_int_equal(asked, 3);
	/* one answer, and it begins anew */
	rpc_word(RPC_PONG, word);
	assert_int_equal(send(b->far, word, RPC_WORD, 0), RPC_WORD);
	relay_move(&b->r, false, true);
	assert_int_equal(got(b->near, data), 0);
	for (beats = 1; relay_beat(&b->r); beats++)
		relay_move(&b->r, false, false);
	assert_int_equal(beats, RELAY_DEAD_BEATS + 1);
	bench_down(b);
}

/* libvirt takes nothing: then nothing is read for it, and that is not the far side's silence. */
static void not_read_is_not_silent(void **state)
{
	struct bench *b = bench_up();

	b->r.to_near = (struct rest){ .data = calloc(1, 1), .len = 1 };
	for (int i = 0; i < 3 * RELAY_DEAD_BEATS; i++)
		assert_true(relay_beat(&b->r));
	bench_down(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_kept), cmocka_unit_test(no_question_no_answer), cmocka_unit_test(what_is_no_packet_passes),
		cmocka_unit_test(between_packets), cmocka_unit_test(answered_between_packets), cmocka_unit_test(silence),
		cmocka_unit_test(not_read_is_not_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
