/* Serial consoles between scripted machines and the loop: bounded both ways, ended in every way, at every moment; and the ring. */
#include "test_fleet_help.h"

#include "broker/console_ring.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static struct world *w;

struct seen {
	int opened, ended;
	enum err_class class;
	char id[64];
	struct buf data;
	uint64_t lost;
	struct fleet_console *line, *close_at_data;
};

static void note(struct seen *s, struct err *e)
{
	s->class = e ? e->class : ERR_CLASS_COUNT;
	strncpy(s->id, e ? e->msg.id : "", sizeof(s->id) - 1);
	err_free(e);
}

static void on_opened(void *ctx, struct err *e)
{
	((struct seen *)ctx)->opened++;
	note(ctx, e);
}

static void on_data(void *ctx, const void *data, size_t n, uint64_t lost)
{
	struct seen *s = ctx;

	s->lost += lost;
	buf_append(&s->data, data, n);
	if (s->close_at_data)
		fleet_console_close(s->close_at_data);
	s->close_at_data = NULL;
}

static void on_ended(void *ctx, struct err *e)
{
	((struct seen *)ctx)->ended++;
	note(ctx, e);
}

static struct err *try_open(struct seen *s, int vm, bool force)
{
	struct fleet_console_sink sink = { .ctx = s, .opened = on_opened, .data = on_data, .ended = on_ended };

	memset(s, 0, sizeof(*s));
	return fleet_console_open(w->fleet, world_vm(w, vm), force, &sink, &s->line);
}

static void begin_open(struct seen *s, int vm, bool force)
{
	assert_null(try_open(s, vm, force));
}

static void open_one(struct seen *s, int vm)
{
	begin_open(s, vm, false);
	UNTIL(w, s->opened);
	assert_int_equal(s->class, ERR_CLASS_COUNT);
}

static void done(struct seen *s)
{
	buf_free(&s->data);
}

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 2);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b1", 2, "acme-2", VM_RUNNING);
	fake_vm("b2", 3, "globex-3", VM_RUNNING);
	w->config.short_ms = 450 + 50 * patience();
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2"));
	return 0;
}

static int teardown(void **state)
{
	world_free(w);
	free(w);
	return 0;
}

static void both_ways(void **state)
{
	struct seen s;

	open_one(&s, 1);
	fake_say("b1", 1, "login: ", 7);
	UNTIL(w, s.data.len == 7);
	assert_memory_equal(s.data.data, "login: ", 7);
	assert_true(fleet_console_write(s.line, "root", 4));
	assert_true(fleet_console_write(s.line, "\r", 1));
	UNTIL(w, !strcmp(fake_typed("b1", 1), "root\r"));
	assert_false(fake_forced("b1", 1));
	fleet_console_close(s.line);
	UNTIL(w, fake_consoles("b1", 1) == 0);
	UNTIL(w, fake_open_now("b1") == 1); /* the host's own */
	assert_int_equal(s.ended, 0);
	done(&s);
}

static void typed_before_it_is_open(void **state)
{
	struct seen s;

	fake_way("b1", FAKE_CONSOLE, FAKE_HOLD);
	begin_open(&s, 1, true);
	assert_true(fleet_console_write(s.line, "early", 5));
	world_run(w, 30);
	assert_int_equal(s.opened, 0);
	fake_way("b1", FAKE_CONSOLE, FAKE_OK);
	UNTIL(w, s.opened);
	assert_true(fake_forced("b1", 1));
	assert_true(fleet_console_write(s.line, "!", 1));
	UNTIL(w, !strcmp(fake_typed("b1", 1), "early!"));
	fleet_console_close(s.line);
	done(&s);
}

/* The loop does not turn meanwhile: the guest is drained all the same, and what is left out is counted to the byte. */
static void flood(void **state)
{
	struct seen s;
	char line[1000];
	uint64_t said = 0;

	open_one(&s, 1);
	for (int i = 0; i < 500; i++) {
		memset(line, 'a' + i % 26, sizeof(line));
		fake_say("b1", 1, line, sizeof(line));
		said += sizeof(line);
	}
	UNTIL(w, s.data.len);
	assert_int_equal(s.data.len, FLEET_CONSOLE_IN);
	assert_int_equal(s.data.len + s.lost, said);
	assert_int_equal(s.data.data[s.data.len - 1], 'a' + 499 % 26); /* the newest is there */
	char *big = xcalloc(1, 200000);
	fake_say("b1", 1, big, 200000);
	said += 200000;
	free(big);
	UNTIL(w, s.data.len + s.lost == said);
	assert_int_equal(s.data.len, 2 * FLEET_CONSOLE_IN);
	fleet_console_close(s.line);
	done(&s);
}

/* A guest that takes nothing: a bound, and no other's business. */
static void takes_nothing(void **state)
{
	struct seen s, other;
	char typed[4096];
	int taken = 0;

	memset(typed, 'x', sizeof(typed));
	open_one(&s, 1);
	fake_way("b1", FAKE_TYPE, FAKE_HOLD);
	while (fleet_console_write(s.line, typed, sizeof(typed)))
		taken++;
	assert_int_equal(taken, FLEET_CONSOLE_OUT / sizeof(typed));
	begin_open(&other, 2, false);
	UNTIL(w, other.opened);
	fake_say("b1", 2, "fine", 4);
	UNTIL(w, other.data.len == 4);
	struct acted a;
	struct fleet_act act = world_act(&a);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_OFF, &act);
	UNTIL(w, a.done);
	assert_true(a.ok);
	UNTIL_MS(w, 3000, s.ended); /* it was called off */
	assert_true(s.class == ERR_TIMEOUT || s.class == ERR_UNREACHABLE || s.class == ERR_FAILED);
	assert_int_equal(other.ended, 0);
	assert_true(fleet_console_write(s.line, typed, sizeof(typed))); /* after the end: nowhere */
	fleet_console_close(s.line);
	fleet_console_close(other.line);
	done(&s);
	done(&other);
}

static void ends(void **state)
{
	struct seen s;

	open_one(&s, 1);
	fake_say("b1", 1, "last words", 10);
	fake_hang_up("b1", 1, NULL);
	UNTIL(w, s.ended);
	assert_int_equal(s.class, ERR_CLASS_COUNT);
	assert_int_equal(s.data.len, 10);
	fleet_console_close(s.line);
	done(&s);

	open_one(&s, 1);
	fake_hang_up("b1", 1, "broken");
	fake_break_lane("b1", LANE_CONSOLE, "and gone"); /* once is enough */
	UNTIL(w, s.ended);
	assert_int_equal(s.class, ERR_FAILED);
	world_run(w, 20);
	assert_int_equal(s.ended, 1);
	fleet_console_close(s.line);
	done(&s);

	open_one(&s, 1);
	fake_break("b1", "the cable");
	UNTIL(w, s.ended);
	assert_int_equal(s.class, ERR_UNREACHABLE);
	assert_string_equal(s.id, "fleet.lost");
	fleet_console_close(s.line);
	done(&s);
}

static void refused(void **state)
{
	static const enum fake_way ways[] = { FAKE_FAIL, FAKE_LOST };
	struct seen s;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		fake_way("b1", FAKE_CONSOLE, ways[i]);
		begin_open(&s, 1, false);
		UNTIL(w, s.opened);
		assert_int_equal(s.class, ways[i] == FAKE_FAIL ? ERR_FAILED : ERR_UNREACHABLE);
		fleet_console_close(s.line);
		done(&s);
	}
	fake_way("b1", FAKE_CONSOLE, FAKE_OK);
	fake_lane_way("b1", LANE_CONSOLE, FAKE_FAIL);
	begin_open(&s, 1, false);
	UNTIL(w, s.opened);
	assert_int_equal(s.class, ERR_FAILED);
	fleet_console_close(s.line);
	assert_true(UP(w, "b1")); /* the host is as well as before */
	done(&s);
}

static void no_host(void **state)
{
	struct seen s;

	fake_way("b2", FAKE_OPEN, FAKE_LOST);
	fake_break("b2", "gone");
	UNTIL(w, !UP(w, "b2"));
	struct err *e = try_open(&s, 3, false);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_UNREACHABLE);
	assert_null(s.line);
	err_free(e);
}

static void has_none(void **state)
{
	struct seen s;
	const char *driver;

	fake_no_console("b2");
	fake_break("b2", "again");
	UNTIL(w, !UP(w, "b2"));
	UNTIL(w, UP(w, "b2"));
	assert_string_equal(fleet_no_console(w->fleet, world_vm(w, 3), &driver), "host.cannot.console");
	assert_string_equal(driver, "fake");
	struct err *e = try_open(&s, 3, false);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_UNSUPPORTED);
	err_free(e);
	assert_null(fleet_no_console(w->fleet, world_vm(w, 1), &driver));
}

/* Closed at every moment: while it opens, while it is typed to, with news on their way, from within a call. Nothing is told. */
static void closed_at_any_time(void **state)
{
	static const enum fake_way ways[] = { FAKE_OK, FAKE_HANG, FAKE_SLOW };
	struct seen s;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		fake_way("b1", FAKE_CONSOLE, ways[i]);
		begin_open(&s, 1, false);
		if (i)
			world_run(w, 10);
		fleet_console_close(s.line);
		UNTIL(w, fake_open_now("b1") == 1);
		assert_int_equal(s.opened + s.ended, 0);
		done(&s);
	}
	fake_way("b1", FAKE_CONSOLE, FAKE_OK);
	open_one(&s, 1);
	fake_way("b1", FAKE_TYPE, FAKE_HANG);
	fleet_console_write(s.line, "x", 1);
	world_run(w, 10);
	fake_say("b1", 1, "late", 4);
	fake_hang_up("b1", 1, NULL);
	fleet_console_close(s.line);
	UNTIL(w, fake_open_now("b1") == 1);
	assert_int_equal(s.data.len, 0);
	assert_int_equal(s.ended, 0);
	fake_way("b1", FAKE_TYPE, FAKE_OK);
	done(&s);
	open_one(&s, 1);
	s.close_at_data = s.line;
	fake_say("b1", 1, "x", 1);
	fake_hang_up("b1", 1, NULL);
	UNTIL(w, fake_open_now("b1") == 1);
	assert_int_equal(s.ended, 0);
	done(&s);
}

/* The fleet ends with consoles in every state. */
static void fleet_ends(void **state)
{
	static struct seen s[3];
	int fds = world_fds();

	open_one(&s[0], 1);
	open_one(&s[1], 3);
	fleet_console_close(s[1].line);
	fake_way("b1", FAKE_CONSOLE, FAKE_HANG);
	begin_open(&s[2], 2, false);
	world_run(w, 10);
	world_stop(w);
	assert_int_equal(fake_open_now(NULL), 0);
	assert_true(world_fds() <= fds);
	for (int i = 0; i < 3; i++)
		done(&s[i]);
}

static void ring(void **state)
{
	struct console_ring *r = calloc(1, sizeof(*r));
	unsigned char piece[5000];
	uint64_t put = 0;

	for (int i = 0; i < 60; i++) {
		size_t n = (size_t)(i * 83 % 5000) + 1;
		for (size_t k = 0; k < n; k++)
			piece[k] = (unsigned char)((put + k) * 31 >> 3);
		console_ring_put(r, piece, n);
		put += n;
		assert_int_equal(r->to, put);
		assert_int_equal(r->from, put > CONSOLE_RING ? put - CONSOLE_RING : 0);
		for (uint64_t at = r->from; at < r->to;) {
			size_t got;
			const char *p = console_ring_at(r, at, 1000, &got);
			assert_true(got > 0 && got <= 1000);
			for (size_t k = 0; k < got; k++)
				assert_int_equal((unsigned char)p[k], (unsigned char)((at + k) * 31 >> 3));
			at += got;
		}
	}
	console_ring_skip(r, 77);
	assert_int_equal(r->from, put + 77);
	assert_int_equal(r->to, put + 77);
	char *big = calloc(1, 3 * CONSOLE_RING);
	big[3 * CONSOLE_RING - 1] = 'z';
	console_ring_put(r, big, 3 * CONSOLE_RING);
	size_t got;
	assert_int_equal(r->to - r->from, CONSOLE_RING);
	assert_int_equal(*console_ring_at(r, r->to - 1, 10, &got), 'z');
	assert_int_equal(got, 1);
	free(big);
	free(r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(both_ways), T(typed_before_it_is_open), T(flood), T(takes_nothing), T(ends), T(refused), T(no_host), T(has_none),
		T(closed_at_any_time), T(fleet_ends), cmocka_unit_test(ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
