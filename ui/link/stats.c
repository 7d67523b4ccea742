/* What VMs do now (stats.h). */
#include "link/stats.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/error.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 150      /* who scrolls is not asked for at every step */
#define AGAIN_MS 2000      /* after a refusal: a row was gone by then */
#define OLD_MS 15000
#define EVERY_MS (STATS_EVERY_S * 1000)
#define ROOM 128           /* VMs that are remembered, those on the screen among them */

struct slot {
	istr id;               /* NULL: free */
	struct stats_vm vm;
	int64_t at;            /* boot ms of the last sample */
	int64_t used;          /* ... when it was wanted last */
};

static struct {
	bool on;
	struct client *client;
	void (*changed)(void *ctx);
	void *ctx;
	struct loop_timer *timer;
	struct slot slots[ROOM];
	istr want[STATS_WATCHED], sent[STATS_WATCHED];
	size_t nwant, nsent;
	bool asking, unable;   /* unable: this broker knows no such request */
} s;

static struct slot *find(istr id)
{
	for (int i = 0; i < ROOM; i++)
		if (s.slots[i].id == id)
			return &s.slots[i];
	return NULL;
}

static void let_go(struct slot *k)
{
	if (!k->id)
		return; /* all zero, and not touched: most consoles never need its memory */
	intern_free(k->id);
	memset(k, 0, sizeof *k);
}

/* The one that was wanted longest ago gives its place away. */
static struct slot *get(istr id)
{
	struct slot *k = find(id), *old = &s.slots[0];

	if (k)
		return k;
	for (int i = 0; i < ROOM && old->id; i++)
		if (!s.slots[i].id || s.slots[i].used < old->used)
			old = &s.slots[i];
	let_go(old);
	old->id = intern_ref(id);
	return old;
}

/* ---- what is watched ---- */

static void forget(istr *list, size_t *n)
{
	while (*n > 0)
		intern_free(list[--*n]);
}

static bool has(const istr *list, size_t n, istr id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

static bool is_sent(void)
{
	if (s.nwant != s.nsent)
		return false;
	for (size_t i = 0; i < s.nwant; i++)
		if (!has(s.sent, s.nsent, s.want[i]))
			return false;
	return true;
}

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	s.asking = false;
	if (e && s.on) {
		s.unable = strcmp(e->msg.id, "request.unknown") == 0;
		forget(s.sent, &s.nsent);
		loop_timer_set(s.timer, AGAIN_MS);
	}
	err_free(e);
}

static void ask(void *ctx)
{
	json_t *ids;

	if (s.asking || s.unable || client_state(s.client) != CLIENT_READY || is_sent())
		return;
	ids = json_array();
	forget(s.sent, &s.nsent);
	for (size_t i = 0; i < s.nwant; i++) {
		s.sent[s.nsent++] = intern_ref(s.want[i]);
		json_array_append_new(ids, json_string(s.want[i]));
	}
	s.asking = true;
	client_request(s.client, "watch", json_pack("{s:o}", "ids", ids), on_answer, NULL);
}

void stats_begin(void)
{
	if (s.on)
		forget(s.want, &s.nwant);
}

void stats_want(istr id)
{
	struct slot *k;

	if (!s.on || s.nwant == STATS_WATCHED || has(s.want, s.nwant, id))
		return;
	s.want[s.nwant++] = intern_ref(id);
	k = find(id);
	if (k)
		k->used = clock_boot_ms();
}

void stats_end(void)
{
	if (s.on && !is_sent() && !loop_timer_pending(s.timer))
		loop_timer_set(s.timer, SETTLE_MS);
}

/* ---- what the broker tells ---- */

static void push(struct stats_vm *vm, const struct stat_sample *now)
{
	if (vm->n == STATS_KEPT)
		memmove(vm->list, vm->list + 1, (size_t)--vm->n * sizeof vm->list[0]);
	vm->list[vm->n++] = *now;
}

/* A mark stands for five seconds: one that comes sooner is the same mark, told better; what was not heard is not known. */
static void take(struct slot *k, const struct stat_sample *now, int64_t at)
{
	static const struct stat_sample nothing = {-1, -1, -1, -1, -1, -1};
	int64_t since = at - k->at;

	if (k->vm.n > 0 && since < EVERY_MS / 2)
		k->vm.n--;
	for (int64_t missed = (since + EVERY_MS / 2) / EVERY_MS - 1; k->vm.n > 0 && missed > 0; missed--) {
		if (missed > STATS_KEPT) {
			k->vm.n = 0;
			break;
		}
		push(&k->vm, &nothing);
	}
	push(&k->vm, now);
	k->at = at;
}

static int64_t number(json_t *row, size_t i)
{
	json_t *n = json_array_get(row, i);

	return json_is_integer(n) && json_integer_value(n) >= 0 ? json_integer_value(n) : -1;
}

bool stats_event(json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));
	int64_t at = clock_boot_ms();
	json_t *row;
	size_t i;

	if (!s.on || !event || strcmp(event, "stat") != 0)
		return false;
	json_array_foreach (json_object_get(line, "rows"), i, row) {
		const char *text = json_string_value(json_array_get(row, 0));
		istr id = text ? intern_find(text) : NULL;
		int64_t cpu = number(row, 1);
		struct stat_sample now = {cpu > 1000 ? 1000 : (int)cpu, number(row, 2), number(row, 3), number(row, 4), number(row, 5), number(row, 6)};

		if (id && has(s.sent, s.nsent, id)) {
			struct slot *k = get(id);

			k->used = at;
			take(k, &now, at);
		}
	}
	s.changed(s.ctx);
	return true;
}

void stats_broker(enum client_state now)
{
	if (!s.on)
		return;
	if (now == CLIENT_READY) {
		s.unable = false;
		forget(s.sent, &s.nsent); /* another broker, which knows of nothing */
		loop_timer_set(s.timer, 0);
	}
}

const struct stat_sample *stats_now(istr id)
{
	struct slot *k = s.on ? find(id) : NULL;

	return k && k->vm.n > 0 && clock_boot_ms() - k->at < OLD_MS ? &k->vm.list[k->vm.n - 1] : NULL;
}

const struct stats_vm *stats_of(istr id)
{
	struct slot *k = s.on ? find(id) : NULL;

	return k && k->vm.n > 0 ? &k->vm : NULL;
}

/* ---- life ---- */

void stats_open(struct loop *l, struct client *c, void (*changed)(void *ctx), void *ctx)
{
	s.on = true;
	s.asking = s.unable = false;
	s.client = c;
	s.changed = changed;
	s.ctx = ctx;
	s.timer = loop_timer_new(l, ask, NULL);
}

void stats_close(void)
{
	if (!s.on)
		return;
	s.on = false;
	forget(s.want, &s.nwant);
	forget(s.sent, &s.nsent);
	for (int i = 0; i < ROOM; i++)
		let_go(&s.slots[i]);
	loop_timer_free(s.timer);
}
