/* The scripted managers of fake_manager.h. Called from workers and from the test's own thread. */
#include "fake_manager.h"

#include "common/buf.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALL 128

struct dialects { int version; };
static const struct dialects one = { 1 }, two = { 2 };
const struct dialects *const fm_dialects = &one, *const fm_other_dialects = &two;

static struct dialect_ask list_asks[] = {
	{ .name = (char[]){ "list" }, .every_s = 1 },
	{ .name = (char[]){ "info" }, .per_bay = true, .every_s = 3600 },
	{ .name = (char[]){ "health" }, .every_s = 3600 },
	{ .name = (char[]){ "status" }, .per_bay = true, .status = true, .every_s = 1 },
};
static struct dialect_ask each_asks[] = {
	{ .name = (char[]){ "bays" }, .every_s = 3600 },
	{ .name = (char[]){ "status" }, .per_bay = true, .status = true, .every_s = 1 },
};
#define VERBS { [VERB_POWER_ON] = { .there = true }, [VERB_POWER_OFF] = { .there = true }, [VERB_SHUTDOWN] = { .there = true }, \
	[VERB_LOCATE] = { .there = true } }
static const struct dialect known[] = {
	{ .name = (char[]){ "list" }, .title = (char[]){ "Lists" }, .asks = list_asks, .nasks = 4, .status_ask = 3, .role_ask = -1,
	  .verbs = VERBS },
	{ .name = (char[]){ "each" }, .title = (char[]){ "Bay by bay" }, .asks = each_asks, .nasks = 2, .status_ask = 1, .role_ask = -1,
	  .verbs = VERBS },
	{ .name = (char[]){ "single" }, .title = (char[]){ "One" }, .single = true, .asks = each_asks, .nasks = 2, .status_ask = 1,
	  .role_ask = -1, .verbs = VERBS },
};

const struct dialect *dialects_find(const struct dialects *d, const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

struct fm {
	int twice;
	enum power_state twice_power;
	char address[64];
	enum fm_way ways[FM_CALLS];
	struct { enum power_state power; char serial[32]; int fitted; enum health health; } bays[FM_BAYS + 1];
	int called[FM_CALLS], asked[4][FM_BAYS + 1], now;
	char log[4000];
};
struct manager {
	struct fm *f;
	const struct dialect *dialect;
	bool open, aborted;
	struct manager_counts counts;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static struct fm all[ALL];
static int n, sessions, at_once, under_way, blocked;
static bool unstuck;

static struct fm *find(const char *address)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(all[i].address, address))
			return &all[i];
	fprintf(stderr, "no fake manager %s\n", address);
	abort();
}

void fm_reset(void)
{
	memset(all, 0, sizeof(all));
	n = sessions = at_once = under_way = blocked = 0;
	unstuck = false;
}

void fm_manager(const char *address)
{
	struct fm *f = &all[n++];

	snprintf(f->address, sizeof(f->address), "%s", address);
	for (int i = 1; i <= FM_BAYS; i++) {
		f->bays[i].power = POWER_OFF;
		f->bays[i].fitted = 1;
		f->bays[i].health = HEALTH_OK;
		snprintf(f->bays[i].serial, sizeof(f->bays[i].serial), "S%d", i);
	}
}

#define SET(what) do { \
	pthread_mutex_lock(&lock); \
	struct fm *f = find(address); \
	what; \
	pthread_cond_broadcast(&moved); \
	pthread_mutex_unlock(&lock); \
} while (0)

void fm_way(const char *address, int call, enum fm_way way) { SET(f->ways[call] = way); }
void fm_power(const char *address, int bay, enum power_state p) { SET(f->bays[bay].power = p); }
void fm_fitted(const char *address, int bay, int fitted) { SET(f->bays[bay].fitted = fitted); }
void fm_health(const char *address, int bay, enum health h) { SET(f->bays[bay].health = h); }
void fm_twice(const char *address, int bay, enum power_state p) { SET(f->twice = bay; f->twice_power = p); }
void fm_serial(const char *address, int bay, const char *serial)
{
	SET(snprintf(f->bays[bay].serial, sizeof(f->bays[bay].serial), "%s", serial));
}

void fm_unstick(void)
{
	pthread_mutex_lock(&lock);
	unstuck = true;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

#define GET(type, what) do { \
	pthread_mutex_lock(&lock); \
	type got = what; \
	pthread_mutex_unlock(&lock); \
	return got; \
} while (0)

int fm_called(const char *address, int call) { GET(int, find(address)->called[call]); }
int fm_sessions(void) { GET(int, sessions); }
int fm_at_once(void) { GET(int, at_once); }
int fm_blocked(void) { GET(int, blocked); }
const char *fm_log(const char *address) { return find(address)->log; }

static int ask_index(const char *ask)
{
	return !strcmp(ask, "list") || !strcmp(ask, "bays") ? 0 : !strcmp(ask, "info") ? 1 : !strcmp(ask, "status") ? 2 : 3;
}

int fm_asked(const char *address, const char *ask, int bay)
{
	int sum = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i <= FM_BAYS; i++)
		sum += !bay || i == bay ? find(address)->asked[ask_index(ask)][i] : 0;
	pthread_mutex_unlock(&lock);
	return sum;
}

/* ---- sessions ---- */

struct manager *manager_new(const struct manager_config *c)
{
	struct manager *m = xcalloc(1, sizeof(*m));

	pthread_mutex_lock(&lock);
	m->f = find(c->addresses[0]);
	m->dialect = c->dialect ? c->dialect : &known[0];
	sessions++;
	pthread_mutex_unlock(&lock);
	return m;
}

static void note(struct fm *f, char what)
{
	size_t len = strlen(f->log);

	if (len + 1 < sizeof(f->log))
		f->log[len] = what;
}

static struct err *problem(enum err_class class, const char *id)
{
	return err_new(class, id, "{s:s, s:s, s:s, s:s, s:s, s:s}", "name", "E", "manager", "E", "host", "E", "reason", "r", "words", "w",
		       "address", "a");
}

/* With the lock held, from here to end(). */
static struct err *begin(struct manager *m, int call, char letter)
{
	struct fm *f = m->f;
	struct err *e = NULL;

	pthread_mutex_lock(&lock);
	f->called[call]++;
	note(f, letter);
	if (++f->now > at_once)
		at_once = f->now;
	if (++under_way > blocked)
		blocked = under_way;
	while ((f->ways[call] == FM_HANG && !m->aborted) || (f->ways[call] == FM_STUCK && !unstuck))
		pthread_cond_wait(&moved, &lock);
	if (f->ways[call] == FM_SLOW) {
		pthread_mutex_unlock(&lock);
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		pthread_mutex_lock(&lock);
	}
	if (m->aborted)
		e = problem(ERR_TIMEOUT, "host.given-up");
	else if (f->ways[call] == FM_SILENT || f->ways[call] == FM_LOST)
		e = problem(ERR_UNREACHABLE, "fleet.unreachable");
	else if (f->ways[call] == FM_BUSY)
		e = problem(ERR_FAILED, "manager.busy");
	else if (f->ways[call] == FM_DENIED)
		e = problem(ERR_FAILED, "manager.denied");
	else if (f->ways[call] == FM_STANDBY)
		e = problem(ERR_STATE, "manager.standby");
	else if (f->ways[call] == FM_SAID)
		e = problem(ERR_FAILED, "manager.said.failed");
	if (f->ways[call] == FM_STANDBY || f->ways[call] == FM_LOST)
		f->ways[call] = FM_OK; /* once */
	return e;
}

static struct err *end(struct manager *m, struct err *e)
{
	m->f->now--;
	under_way--;
	pthread_mutex_unlock(&lock);
	return e;
}

struct err *manager_open(struct manager *m, struct metal *out)
{
	struct err *e = begin(m, FM_OPEN, 'o');

	if (!e) {
		m->open = true;
		m->counts.sessions++;
	}
	return end(m, e);
}

static char *text(const char *s)
{
	return xstrdup(s);
}

static void tell(struct fm *f, int bay, bool power, bool thing, struct metal *out)
{
	char name[DIALECT_BAY_MAX + 1];
	struct bay_facts *b;

	snprintf(name, sizeof(name), "%02d", bay); /* the site file says "1" */
	b = metal_bay(out, name);
	b->fitted = thing || power ? f->bays[bay].fitted : -1;
	if (!f->bays[bay].fitted)
		return;
	if (power) {
		b->power = f->bays[bay].power;
		b->power_told = true;
	}
	if (thing) {
		free(b->serial);
		b->serial = text(f->bays[bay].serial);
		b->health = f->bays[bay].health;
		b->health_told = true;
	}
}

static void sensor(struct metal *out, enum sensor_kind kind, const char *name, const char *value, enum health h)
{
	out->sensors = xrealloc(out->sensors, (out->nsensors + 1) * sizeof(*out->sensors));
	out->sensors[out->nsensors++] = (struct sensor){ .kind = kind, .name = text(name), .value = text(value), .health = h };
}

struct err *manager_ask(struct manager *m, const struct dialect_ask *a, const char *bay, struct metal *out)
{
	int k = atoi(bay), i = ask_index(a->name);
	struct err *e = begin(m, FM_ASK, a->name[0]);

	m->counts.commands++;
	m->f->asked[i][k]++;
	if (!e && i == 3) {
		sensor(out, SENSOR_POWER, "PS-1", "500 W", HEALTH_OK);
		sensor(out, SENSOR_POWER, "PS-2", "300 W", HEALTH_FAILED);
		sensor(out, SENSOR_FAN, "Fan 1", "", HEALTH_OK);
		sensor(out, SENSOR_TEMPERATURE, "Ambient", "27 C", HEALTH_OK);
	} else if (!e && (i == 0 || i == 1)) {
		for (int b = k ? k : 1; b <= (k ? k : FM_BAYS); b++)
			tell(m->f, b, !strcmp(a->name, "list"), true, out);
		if (m->f->twice) {
			char name[DIALECT_BAY_MAX + 1];

			snprintf(name, sizeof(name), "%d", m->f->twice);
			struct bay_facts *x = metal_bay(out, name);
			x->power = m->f->twice_power;
			x->power_told = true;
		}
	} else if (!e) {
		tell(m->f, k, true, false, out);
	}
	return end(m, e);
}

struct err *manager_act(struct manager *m, enum verb v, const char *bay, void (*sent)(void *ctx), void *ctx)
{
	struct err *e = begin(m, FM_ACT, 'a');

	m->counts.commands++;
	if (!e) {
		sent(ctx);
		if (v == VERB_POWER_ON || v == VERB_POWER_OFF)
			m->f->bays[atoi(bay)].power = v == VERB_POWER_ON ? POWER_ON : POWER_OFF;
	}
	return end(m, e);
}

bool manager_is_open(const struct manager *m) { return m->open; }
const struct dialect *manager_dialect(const struct manager *m) { return m->dialect; }
size_t manager_active(const struct manager *m) { return 0; }
const char *manager_seen(const struct manager *m, size_t address) { return "active"; }
char *manager_words(const struct manager *m) { return xasprintf("%s active", m->f->address); }
struct manager_counts manager_count(const struct manager *m) { return m->counts; }

void manager_abort(struct manager *m)
{
	pthread_mutex_lock(&lock);
	m->aborted = true;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

void manager_close(struct manager *m)
{
	m->open = false;
}

void manager_free(struct manager *m)
{
	pthread_mutex_lock(&lock);
	sessions--;
	pthread_mutex_unlock(&lock);
	free(m);
}
