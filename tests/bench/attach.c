/* Attaches to a broker as a console does (client and mirror) and prints when each stage was reached, in milliseconds
 * from the start, and the memory that the mirror takes.
 * Usage: attach SOCKET [HOSTS [sizes]]     HOSTS: also wait until so many hosts are live (at most 120 s), and with
 * sizes until every VM's memory is known */
#include "link/client.h"
#include "link/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct loop *loop;
	struct client *client;
	struct mirror *mirror;
	double start, first, synced, live;
	long want;
	bool sizes;
	bool failed;
	struct loop_timer *again;
} a;

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long resident_kib(void)
{
	long pages = 0, all;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void on_state(void *ctx, enum client_state s, const struct err *why)
{
	if (s == CLIENT_READY)
		mirror_subscribe(a.mirror, a.client);
	if (s == CLIENT_ENDED || s == CLIENT_LOST) {
		fprintf(stderr, "attach: %s\n", why ? why->msg.text : "lost");
		a.failed = true;
		loop_stop(a.loop);
	}
}

static void look(void)
{
	const struct site *s = mirror_site(a.mirror);
	const struct registry *r = mirror_objects(a.mirror);
	if (!s)
		return;
	if (!a.first && (int64_t)registry_count(r, KIND_BLADE) == s->blades)
		a.first = now_ms() - a.start;
	if (!a.synced && mirror_synced(a.mirror))
		a.synced = now_ms() - a.start;
	if (a.synced && (!a.want || s->hosts_live >= a.want)) {
		a.live = a.live > 0 ? a.live : now_ms() - a.start;
		if (!a.sizes)
			loop_stop(a.loop);
		else if (!loop_timer_pending(a.again))
			loop_timer_set(a.again, 50);
	}
}

static void look_at_sizes(void *ctx)
{
	const struct registry *r = mirror_objects(a.mirror);

	for (uint32_t i = 0; i < registry_slots(r, KIND_VM); i++) {
		const struct vm *vm = registry_at(r, KIND_VM, i);
		if (vm && vm->mem_kib <= 0) {
			loop_timer_set(a.again, 50);
			return;
		}
	}
	loop_stop(a.loop);
}

static void on_event(void *ctx, json_t *line)
{
	mirror_event(a.mirror, line);
	look();
}

static bool on_batch(void *ctx, const char *line, size_t len)
{
	bool taken = mirror_batch(a.mirror, line, len);

	if (taken)
		look();
	return taken;
}

static void too_late(void *ctx)
{
	fprintf(stderr, "attach: not all there after 120 s\n");
	a.failed = true;
	loop_stop(a.loop);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: attach SOCKET [HOSTS [sizes]]\n");
		return 2;
	}
	long before = resident_kib();
	struct client_target target = {.socket = argv[1]};
	struct client_ops ops = {.state = on_state, .event = on_event, .batch = on_batch};

	a.want = argc >= 3 ? atol(argv[2]) : 0;
	a.sizes = argc == 4;
	a.loop = loop_new();
	a.again = loop_timer_new(a.loop, look_at_sizes, NULL);
	a.mirror = mirror_new();
	struct loop_timer *late = loop_timer_new(a.loop, too_late, NULL);
	loop_timer_set(late, 120000);
	a.start = now_ms();
	struct err *e = client_open(a.loop, &target, "", &ops, &a.client);
	if (e) {
		fprintf(stderr, "attach: %s\n", e->msg.text);
		return 1;
	}
	loop_run(a.loop);
	if (a.failed)
		return 1;
	const struct site *s = mirror_site(a.mirror);
	printf("first screen %.1f ms, every row %.1f ms, %ld hosts live %.1f ms; %ld blades, %ld VMs, memory +%ld KiB\n", a.first,
		a.synced, (long)s->hosts_live, a.live, (long)registry_count(mirror_objects(a.mirror), KIND_BLADE),
		(long)registry_count(mirror_objects(a.mirror), KIND_VM), resident_kib() - before);
	client_close(a.client);
	mirror_free(a.mirror);
	loop_timer_free(late);
	loop_timer_free(a.again);
	loop_free(a.loop);
	return 0;
}
