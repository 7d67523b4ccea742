/* The small world of test_fleet_help.h. */
#include "test_fleet_help.h"

#include "common/buf.h"
#include "fleet/inside.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t world_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_news(void *ctx, const struct fleet_news *n)
{
	struct world *w = ctx;
	struct told *t;

	if (w->ntold == (int)(sizeof(w->told) / sizeof(*w->told)))
		return;
	t = &w->told[w->ntold++];
	*t = (struct told){ .kind = n->kind, .was = n->was, .why = n->why };
	if (n->vm) {
		snprintf(t->id, sizeof(t->id), "%s", n->vm->id);
		t->now = n->vm->state;
	}
	if (n->blade) {
		snprintf(t->blade, sizeof(t->blade), "%s", n->blade->name);
		t->host = n->blade->host;
	}
	if (n->msg)
		snprintf(t->msg, sizeof(t->msg), "%s", n->msg->id);
	t->asked = n->asked;
	t->power_was = n->power_was;
	t->power = n->blade ? n->blade->power : POWER_UNKNOWN;
	if (n->enclosure)
		snprintf(t->enclosure, sizeof(t->enclosure), "%s", n->enclosure->name);
	for (size_t i = 0, at = 0; i < n->nsnaps && at < sizeof(t->snaps); i++)
		at += (size_t)snprintf(t->snaps + at, sizeof(t->snaps) - at, "%s%s", i ? "," : "", n->snaps[i]);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	((struct world *)ctx)->changes++;
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
}

static char *numbered(const char *fmt, int n)
{
	char tmp[64];

	snprintf(tmp, sizeof(tmp), fmt[0] == 'u' ? "fake:b%d" : fmt[0] == 'b' ? "b%d" : "%d", n);
	return xstrdup(tmp);
}

static void tenant(struct site_tenant *t, const char *name)
{
	*t = (struct site_tenant){ .name = xstrdup(name), .title = xstrdup(""), .contact = xstrdup(""),
				   .procedure = xstrdup(""), .zone = xstrdup(""), .nrules = 2 };
	t->rules = xcalloc(2, sizeof(char *));
	t->rules[0] = xasprintf("%s-*", name);
	t->rules[1] = xstrdup("both-*");
}

struct site_model *world_site(int blades, int extra)
{
	struct site_model *m = xcalloc(1, sizeof(*m));
	struct site_enclosure *e;

	m->name = xstrdup("test-1");
	m->colour = xstrdup("");
	m->zone = xstrdup("");
	m->note = xstrdup("");
	m->file = xstrdup("");
	m->nracks = 1;
	m->racks = xcalloc(1, sizeof(*m->racks));
	m->racks[0].name = xstrdup("A");
	m->nenclosures = 1;
	e = m->enclosures = xcalloc(1, sizeof(*m->enclosures));
	*e = (struct site_enclosure){ .name = xstrdup("E1"), .rows = 1, .columns = blades + extra,
				      .nbays = (size_t)(blades + extra) };
	e->bays = xcalloc(e->nbays + 1, sizeof(char *));
	for (size_t i = 0; i < e->nbays; i++)
		e->bays[i] = numbered("n", (int)i + 1);
	m->nblades = (size_t)blades;
	m->blades = xcalloc(m->nblades + 1, sizeof(*m->blades));
	for (int i = 0; i < blades; i++)
		m->blades[i] = (struct site_blade){ .name = numbered("b", i + 1), .bay = i, .uri = numbered("u", i + 1),
			.key_file = xstrdup(""), .known_hosts = xstrdup(""), .cluster = xstrdup(""), .owner = xstrdup(""),
			.serial = xstrdup("") };
	m->ntenants = 2;
	m->tenants = xcalloc(2, sizeof(*m->tenants));
	tenant(&m->tenants[0], "acme");
	tenant(&m->tenants[1], "globex");
	m->ngrades = 1;
	m->grades = xcalloc(1, sizeof(*m->grades));
	m->grades[0] = (struct site_grade){ .name = xstrdup("V10"), .vcpus = 2, .mem_kib = 1 << 20, .per_blade = 16 };
	return m;
}

void world_new(struct world *w, int blades)
{
	char *name;

	memset(w, 0, sizeof(*w));
	fake_reset();
	for (int i = 1; i <= blades; i++) {
		name = numbered("b", i);
		fake_machine(name);
		free(name);
	}
	w->loop = loop_new();
	w->reg = registry_new();
	w->rwatch = (struct registry_watch){ .ctx = w, .changed = on_changed, .gone = on_gone };
	registry_watch(w->reg, &w->rwatch);
	w->model = world_site(blades, 0);
	w->config = (struct fleet_config){ .runtime_dir = "/nonexistent", .connect_ms = 2000, .short_ms = 2000, .long_ms = 4000,
		.list_every_s = 3600, .backoff_ms = 20, .backoff_max_ms = 100 };
}

void world_fleet(struct world *w)
{
	w->config.loop = w->loop;
	w->config.registry = w->reg;
	w->config.store = w->store;
	w->fleet = fleet_new(&w->config);
	w->watch = (struct fleet_watch){ .ctx = w, .news = on_news };
	fleet_watch(w->fleet, &w->watch);
}

void world_start(struct world *w)
{
	if (!w->fleet)
		world_fleet(w);
	fleet_apply(w->fleet, w->model, NULL, NULL);
}

void world_stop(struct world *w)
{
	fleet_free(w->fleet);
	w->fleet = NULL;
	registry_unwatch(w->reg, &w->rwatch);
	registry_free(w->reg);
	w->reg = registry_new();
	registry_watch(w->reg, &w->rwatch);
	w->ntold = 0;
}

void world_free(struct world *w)
{
	if (w->fleet)
		world_stop(w);
	registry_free(w->reg);
	loop_free(w->loop);
	site_free(w->model);
	clock_real();
}

static bool is_busy(void *ctx, const char *blade)
{
	return ctx && !strcmp(ctx, blade);
}

void world_apply(struct world *w, struct site_model *m, const char *busy)
{
	struct site_model *old = w->model;

	w->model = m;
	fleet_apply(w->fleet, m, is_busy, (void *)(uintptr_t)busy);
	site_free(old);
}

struct blade *world_blade(struct world *w, const char *name)
{
	void *b = NULL;

	registry_named(w->reg, KIND_BLADE, name, &b, 1);
	return b;
}

struct vm *world_vm(struct world *w, int n)
{
	return registry_vm_uuid(w->reg, fake_vm_uuid(n));
}

int world_told(const struct world *w, enum fleet_news_kind kind, const char *of)
{
	int n = 0;

	for (int i = 0; i < w->ntold; i++)
		n += w->told[i].kind == kind && (!of || !strcmp(of, w->told[i].id) || !strcmp(of, w->told[i].blade));
	return n;
}

const struct told *world_last(const struct world *w, enum fleet_news_kind kind)
{
	for (int i = w->ntold; i-- > 0;)
		if (w->told[i].kind == kind)
			return &w->told[i];
	fail_msg("no news of kind %d", kind);
	return NULL;
}

void world_run(struct world *w, int ms)
{
	int64_t end = world_now() + ms;

	while (world_now() < end)
		loop_step(w->loop, 5);
	for (int turns = 0; turns < 3; turns++) /* what came meanwhile, however long this thread was not let run */
		loop_step(w->loop, 0);
}

void world_rest(struct world *w, int held)
{
	int64_t end = world_now() + 60000 * patience();
	struct workers_counts n;

	do {
		world_run(w, 20);
		n = workers_count(w->fleet->workers);
	} while ((n.busy > held || n.waiting) && world_now() < end);
	world_run(w, 20); /* what the last ones handed over */
}

void world_later(struct world *w, int64_t ms)
{
	world_later_but(w, ms, 0);
}

void world_later_but(struct world *w, int64_t ms, int held)
{
	world_rest(w, held);
	clock_fake_advance(ms);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

int world_threads(void)
{
	return entries("/proc/self/task");
}

int world_fds(void)
{
	return entries("/proc/self/fd") - 1;
}

static void on_sent(void *ctx)
{
	((struct acted *)ctx)->sent++;
}

static void on_done(void *ctx, struct err *e)
{
	struct acted *a = ctx;

	a->done++;
	a->ok = !e;
	if (e) {
		a->class = e->class;
		snprintf(a->id, sizeof(a->id), "%s", e->msg.id);
	}
	err_free(e);
}

struct fleet_act world_act(struct acted *a)
{
	*a = (struct acted){ 0 };
	return (struct fleet_act){ .ctx = a, .sent = on_sent, .done = on_done };
}
