/* tana wall with a clock that runs a thousand times faster, so that a test sees hours of it in seconds: wallfast SOCKET. The linker puts
 * what stands here in the place of the clock and of the loop's waiting (tests.mk); the program that is installed has no such thing. */
#include "common/clock.h"
#include "common/loop.h"
#include "words/lang.h"
#include "wall/wall.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#define RATE 1000
#define TURN_MS 1

int64_t __real_clock_boot_ms(void);
int64_t __real_clock_wall_s(void);
int64_t __wrap_clock_boot_ms(void);
int64_t __wrap_clock_wall_s(void);
void __wrap_loop_run(struct loop *l);
void __wrap_loop_stop(struct loop *l);

static int64_t boot, wall;
static bool stopped;

static int64_t passed(void)
{
	if (boot == 0) {
		boot = __real_clock_boot_ms();
		wall = __real_clock_wall_s();
	}
	return (__real_clock_boot_ms() - boot) * RATE;
}

int64_t __wrap_clock_boot_ms(void)
{
	int64_t ms = passed();

	return boot + ms;
}

int64_t __wrap_clock_wall_s(void)
{
	int64_t ms = passed();

	return wall + ms / 1000;
}

/* The loop would sleep for as long as its timers say; here it looks again and again. */
void __wrap_loop_run(struct loop *l)
{
	while (!stopped)
		loop_step(l, TURN_MS);
}

void __wrap_loop_stop(struct loop *l)
{
	stopped = true;
}

int main(int argc, char **argv)
{
	struct client_target target = {.socket = argc > 1 ? argv[1] : NULL};
	struct wall_options o = {.target = &target, .origin = "", .ambiguous = 1, .clock = true, .page_s = WALL_PAGE_S};
	struct err *e = NULL;
	struct loop *l;
	int status;

	if (argc != 2) {
		fputs("usage: wallfast SOCKET\n", stderr);
		return 2;
	}
	lang_start(NULL);
	signal(SIGPIPE, SIG_IGN);
	l = loop_new();
	status = wall_run(l, &o, &e);
	loop_free(l);
	if (e)
		fprintf(stderr, "wallfast: %s\n", e->msg.text);
	err_free(e);
	return status;
}
