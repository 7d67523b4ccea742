/* The wall's life (wall.h): it begins before its broker does, waits for it as often as it must, draws what comes, and ends when somebody
 * leaves it. It keeps nothing that grows: the mirror holds no VMs, and what is remembered stands in rings. */
#include "wall/wall_inside.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"
#include "jail/sandbox.h"
#include "settings/prefs.h"
#include "settings/settings.h"
#include "term/screen.h"
#include "tr.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_MS 50           /* pictures that data asks for are at least this far apart */
#define AGES_MS 10000        /* ages are told in coarse steps; nothing is sent where none moved */
#define BELL_MS 60000
#define BEGUN 4              /* times as many hosts must be there as are still connected to for the first time */
#define KINDS (1u << KIND_SITE | 1u << KIND_RACK | 1u << KIND_ENCLOSURE | 1u << KIND_BLADE | 1u << KIND_ALERT | 1u << KIND_JOB)

struct life {
	struct wall wall;
	struct wall_options o;   /* with what the user's settings say */
	struct loop_timer *draw, *second, *ages, *sample, *turn, *keys_late;
	struct keys *keys;
	struct loop_io *tty;
	struct registry_watch watch;
	int64_t drawn;           /* boot ms */
	int64_t rang;            /* boot ms, 0 never */
	unsigned told;           /* alerts that were rung for */
	char zone[64];
	struct err *fatal;
};

/* ---- pictures ---- */

static void on_draw(void *ctx)
{
	struct life *f = ctx;

	f->drawn = clock_boot_ms();
	loop_timer_clear(f->draw);
	wall_draw(&f->wall);
}

static void draw_soon(struct life *f)
{
	loop_soon(f->wall.app.loop, on_draw, f);
}

static void draw_data(struct life *f)
{
	int64_t since = clock_boot_ms() - f->drawn;

	if (since >= DATA_MS)
		draw_soon(f);
	else if (!loop_timer_pending(f->draw))
		loop_timer_set(f->draw, DATA_MS - since);
}

static void on_second(void *ctx)
{
	struct life *f = ctx;

	wall_draw_second(&f->wall);
	loop_timer_set(f->second, 1000 - clock_boot_ms() % 1000);
}

static void on_ages(void *ctx)
{
	struct life *f = ctx;

	draw_soon(f);
	loop_timer_set(f->ages, AGES_MS - clock_boot_ms() % AGES_MS);
}

static void on_sample(void *ctx)
{
	struct life *f = ctx;
	const struct wall_counts *c = wall_counts(f->wall.count);

	/* Where few hosts were heard yet, a broker has only begun to ask: that they come is no change. */
	if (mirror_synced(f->wall.app.mirror) && !f->wall.waiting && (c->live > c->asked * BEGUN || c->hosts == 0))
		wall_ring_add(&f->wall.ring, clock_boot_ms(), (int64_t[WALL_TOTALS]){c->live, c->running, c->off});
	loop_timer_set(f->sample, WALL_SAMPLE_MS);
}

static void turn(struct life *f, int by)
{
	struct wall *w = &f->wall;

	loop_timer_set(f->turn, w->o->page_s * INT64_C(1000));
	if (w->pages < 2)
		return;
	w->page = (w->page + by + w->pages) % w->pages;
	draw_soon(f);
}

static void on_turn(void *ctx)
{
	turn(ctx, 1);
}

/* ---- the bell ---- */

static void ring(struct life *f)
{
	unsigned came = wall_counts(f->wall.count)->came;
	int64_t now = clock_boot_ms();

	if (came == f->told)
		return;
	f->told = came;
	if (!f->wall.o->bell || (f->rang && now - f->rang < BELL_MS))
		return;
	f->rang = now;
	screen_bell();
}

/* ---- the broker ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	draw_data(ctx);
}

/* The mirror has taken something in; was: it was synced before that. */
static void on_told(struct life *f, bool was)
{
	struct wall *w = &f->wall;
	const struct site *site;

	if (!was && mirror_synced(w->app.mirror)) {
		w->waiting = 0;
		wall_count_synced(w->count);
		if (!w->synced_once)
			on_sample(f);
		w->synced_once = true;
	}
	site = mirror_site(w->app.mirror);
	if (site && strcmp(site->tz, f->zone) != 0) {
		snprintf(f->zone, sizeof f->zone, "%s", site->tz);
		look_zone(site->tz);
	}
	if (site)
		screen_site_colour(site->colour);
	ring(f);
	draw_data(f);
}

static void on_event(void *ctx, json_t *line)
{
	struct life *f = ctx;
	bool was = mirror_synced(f->wall.app.mirror);

	mirror_event(f->wall.app.mirror, line);
	on_told(f, was);
}

static bool on_batch(void *ctx, const char *line, size_t len)
{
	struct life *f = ctx;
	bool was = mirror_synced(f->wall.app.mirror), taken = mirror_batch(f->wall.app.mirror, line, len);

	if (taken)
		on_told(f, was);
	return taken;
}

static void wait_for_broker(struct life *f, const struct err *why)
{
	struct wall *w = &f->wall;

	if (!w->waiting)
		w->waiting = clock_wall_s();
	if (why) {
		snprintf(w->why, sizeof w->why, "%s", why->msg.text);
		text_mend(w->why);
	}
	wall_count_hold(w->count);
	mirror_lost(w->app.mirror);
}

static void on_state(void *ctx, enum client_state s, const struct err *why)
{
	struct life *f = ctx;
	struct wall *w = &f->wall;

	if (!w->count)
		return; /* run() asks when there is something to show it on */
	switch (s) {
	case CLIENT_READY:
		w->ready_once = true;
		if (strcmp(client_user(w->app.client)->role, role_name(ROLE_CUSTOMER)) == 0) {
			f->fatal = err_new(ERR_ROLE, "peer.read_only", NULL);
			loop_stop(w->app.loop);
			return;
		}
		w->why[0] = '\0';
		if (!w->synced_once)
			w->waiting = 0;
		mirror_kinds(w->app.mirror, KINDS);
		mirror_subscribe(w->app.mirror, w->app.client);
		break;
	case CLIENT_LOST:
		wait_for_broker(f, why);
		break;
	case CLIENT_ENDED:
		f->fatal = why ? err_copy(why) : err_new(ERR_UNREACHABLE, "broker.lost", NULL);
		loop_stop(w->app.loop);
		return;
	default:
		break;
	}
	draw_soon(f);
}

/* ---- the terminal ---- */

static void take_keys(struct life *f)
{
	struct key k;
	int64_t wait;

	while (keys_next(f->keys, clock_boot_ms(), &k)) {
		if (k.code == K_REPORT) {
			if (screen_report(k.row, k.col))
				draw_soon(f);
		} else if (k.mods) {
			continue;
		} else if (keys_ascii(k.code) == 'q' || keys_ascii(k.code) == 'Q' || k.code == CTRL_KEY('c')) {
			loop_stop(f->wall.app.loop);
		} else if (k.code == ' ' || k.code == K_RIGHT || k.code == K_DOWN || k.code == K_PAGE_DOWN) {
			turn(f, 1);
		} else if (k.code == K_LEFT || k.code == K_UP || k.code == K_PAGE_UP) {
			turn(f, -1);
		} else if (k.code == CTRL_KEY('l')) {
			screen_repaint();
			draw_soon(f);
		}
	}
	wait = keys_wait(f->keys, clock_boot_ms());
	if (wait >= 0)
		loop_timer_set(f->keys_late, wait);
	else
		loop_timer_clear(f->keys_late);
}

static void on_keys_late(void *ctx)
{
	take_keys(ctx);
}

static void on_tty(void *ctx, int fd, int events)
{
	struct life *f = ctx;
	char buf[2048];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) { /* the terminal is gone */
		loop_stop(f->wall.app.loop);
		return;
	}
	keys_feed(f->keys, buf, (size_t)n, clock_boot_ms());
	take_keys(f);
}

static void on_signal(void *ctx, int signo)
{
	struct life *f = ctx;

	if (signo == SIGWINCH) {
		screen_resized();
		draw_soon(f);
	} else {
		loop_stop(f->wall.app.loop);
	}
}

/* ---- life ---- */

static void begin(struct life *f)
{
	struct wall *w = &f->wall;
	struct loop *l = w->app.loop;

	w->app.tally = tally_new(w->app.objects);
	w->app.metal = metal_new(w->app.objects);
	w->count = wall_count_new(w->app.objects, w->o->racks, w->o->nracks);
	racks_open(&w->racks, &w->app);
	w->racks.some = w->o->racks;
	w->racks.nsome = w->o->nracks;
	f->watch = (struct registry_watch){.ctx = f, .changed = on_changed, .gone = on_changed};
	registry_watch(w->app.objects, &f->watch);
	f->draw = loop_timer_new(l, on_draw, f);
	f->second = loop_timer_new(l, on_second, f);
	f->ages = loop_timer_new(l, on_ages, f);
	f->sample = loop_timer_new(l, on_sample, f);
	f->turn = loop_timer_new(l, on_turn, f);
	f->keys_late = loop_timer_new(l, on_keys_late, f);
	f->keys = keys_new(100);
	f->tty = loop_io_add(l, screen_fd(), LOOP_READ, on_tty, f);
	w->started = clock_boot_ms();
	on_ages(f);
	turn(f, 0);
	if (w->o->clock)
		loop_timer_set(f->second, 1000 - clock_boot_ms() % 1000);
}

static void end(struct life *f)
{
	struct wall *w = &f->wall;

	loop_io_del(f->tty);
	keys_free(f->keys);
	loop_soon_cancel(w->app.loop, on_draw, f);
	loop_timer_free(f->draw);
	loop_timer_free(f->second);
	loop_timer_free(f->ages);
	loop_timer_free(f->sample);
	loop_timer_free(f->turn);
	loop_timer_free(f->keys_late);
	registry_unwatch(w->app.objects, &f->watch);
	racks_close(&w->racks);
	wall_count_free(w->count);
	w->count = NULL;
	metal_free(w->app.metal);
	tally_free(w->app.tally);
}

static struct err *run(struct life *f)
{
	struct wall *w = &f->wall;
	struct loop *l = w->app.loop;
	char typed[256];
	struct err *e;

	/* Before the terminal is taken: ncurses leaves alone what has a handler. */
	loop_signal(l, SIGWINCH, on_signal, f);
	loop_signal(l, SIGTERM, on_signal, f);
	loop_signal(l, SIGHUP, on_signal, f);
	loop_signal(l, SIGINT, on_signal, f);
	e = screen_start(w->o->ambiguous ? w->o->ambiguous : prefs_ambiguous());
	if (!e && client_connector(w->app.client))
		e = sandbox_enter(client_connector(w->app.client));
	if (e)
		return e;
	screen_mouse(false); /* nobody clicks, and who copies from it can */
	begin(f);
	keys_feed(f->keys, typed, screen_typed(typed, sizeof typed), clock_boot_ms());
	take_keys(f);
	w->waiting = clock_wall_s();
	/* What came while the terminal was asked about its widths. */
	on_state(f, client_state(w->app.client), NULL);
	loop_run(l);
	end(f);
	return f->fatal;
}

int wall_run(struct loop *l, const struct wall_options *o, struct err **e)
{
	struct life *f = xcalloc(1, sizeof *f);
	struct wall *w = &f->wall;
	struct client_target target = *o->target;
	struct client_ops ops = {.ctx = f, .state = on_state, .event = on_event, .batch = on_batch};

	f->o = *o;
	w->o = &f->o;
	w->app.loop = l;
	w->app.mirror = mirror_new();
	w->app.objects = mirror_objects(w->app.mirror);
	target.read_only = true;
	settings_look(); /* how it looks; a screen of months holds no file */
	prefs_start();
	f->o.bell |= prefs_bell();
	f->o.clock &= prefs_clock();
	*e = client_open(l, &target, o->origin, &ops, &w->app.client);
	if (!*e) {
		*e = run(f);
		screen_stop();
		client_close(w->app.client);
	}
	settings_close();
	mirror_free(w->app.mirror);
	free(f);
	return *e ? err_exit_status((*e)->class) : 0;
}
