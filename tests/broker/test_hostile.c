/* Nobody on the socket can hurt anybody else: hostile processes of several Unix users do whatever a connection can do, while an operator
 * and a customer go on working. None of the hostile ones reads a foreign word, none does what its table (rights_table.h) does not
 * allow; the honest ones' answers stay fast; the broker lives, its log is whole and bounded, its memory and descriptors too.
 * CI: some seconds; with TANA_LONG half an hour, or TANA_HOSTILE_S seconds. TANA_SEED repeats a run's choices. */
#include "hostile.h"

#include "common/clock.h"
#include "patience.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS 1500
#define CI_S 9
#define LONG_S 1800
#define STEP_MS 1200         /* a right is taken away, the role, and both come back */
#define PAUSE_MS 45          /* honest ones ask less than they may */
#define SAMPLES 100000
#if SANITIZED
#define GROWTH_MAX_KB (400 * 1024)  /* what is freed is kept a while to find who still uses it */
#define P99_MAX_MS 1000             /* all is some times slower then, on a machine that runs other tests beside */
#else
#define P99_MAX_MS 250
#define GROWTH_MAX_KB (96 * 1024)
#endif

static const char *const hostiles[] = { "full", "power", "view", "none", "some", "frozen", "viewer", "nobody" };
enum { HOSTILES = sizeof hostiles / sizeof hostiles[0] };
static const char *const untouchable[] = { "globex-one", "ice-one", "stray-one", "gone-one" };
enum { UNTOUCHABLE = sizeof untouchable / sizeof untouchable[0] };

static struct hostile_shared *shared;
static unsigned seed;
static int seconds;

static int start(void **state)
{
#if SANITIZED
	const char *options = getenv("ASAN_OPTIONS");
	char *more = xasprintf("%s%squarantine_size_mb=32", options ? options : "", options ? ":" : "");
	setenv("ASAN_OPTIONS", more, 1);
	free(more);
#endif
	/* Previews are soon too old. */
	rights_more[0] = "--plan-ms";
	rights_more[1] = "4000";
	return rights_start_consoles(state);
}

/* ---- the broker's process ---- */

static long rss_kb(void)
{
	char path[64], line[256];
	long kb = -1;

	snprintf(path, sizeof path, "/proc/%d/status", (int)d.pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = atol(line + 6);
	if (f)
		fclose(f);
	return kb;
}

static int descriptors(void)
{
	char path[64];
	int n = -2; /* . and .. */

	snprintf(path, sizeof path, "/proc/%d/fd", (int)d.pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* ---- who is honest ---- */

static struct honest { struct talk *t; const char *name, *vm; } honest[2];
static struct samples { double ms[SAMPLES], worst; int n; const char *slowest; } quiet, attacked;

static double clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void took(struct samples *s, const char *request, double from)
{
	double ms = clock_ms() - from;

	s->ms[s->n < SAMPLES ? s->n : rand_r(&seed) % SAMPLES] = ms;
	s->n += s->n < SAMPLES;
	if (ms < s->worst)
		return;
	s->worst = ms;
	s->slowest = request;
}

static void ask_one(struct samples *s, struct talk *t, const char *request, json_t *args)
{
	double from = clock_ms();
	json_t *answer = talk_answer(t, talk_start(t, request, args));

	took(s, request, from);
	if (!json_object_get(answer, "return"))
		fail_msg("an honest %s: %s", request, json_dumps(answer, 0));
	json_decref(answer);
}

static void work_honestly(struct samples *s, int round)
{
	for (int i = 0; i < 2; i++) {
		struct talk *t = honest[i].t;
		ask_one(s, t, "show", json_pack("{s:s}", "object", honest[i].vm));
		ask_one(s, t, "actions", json_pack("{s:[s]}", "targets", honest[i].vm));
		ask_one(s, t, "ping", NULL);
		if (round % 20 == 0) {
			double from = clock_ms();
			talk_subscribe(t);
			took(s, "subscribe", from);
		}
		json_array_clear(t->happened);
	}
	usleep(PAUSE_MS * 1000);
}

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Returns the 99th percentile. */
static double print_samples(const char *title, struct samples *s)
{
	qsort(s->ms, (size_t)s->n, sizeof s->ms[0], by_size);
	double p99 = s->ms[s->n * 99 / 100];
	printf("%s %6d answers, p50 %6.2f ms, p99 %6.2f ms, worst %6.2f ms (%s)\n", title, s->n, s->ms[s->n / 2], p99, s->worst,
		s->slowest);
	return p99;
}

/* ---- what an operator does meanwhile: on servers that no hostile one may touch ---- */

static char *stream;

static json_t *plan_of(struct talk *o, const char *verb, const char *server)
{
	json_t *p = talk_get(o, "plan", "{s:s, s:[s]}", "verb", verb, "targets", server_id[server_of(server)]);
	json_t *confirm = json_object_get(p, "confirm");
	const char *typed = field_of(confirm, "text");

	hostile_tell_plan(shared, field_of(p, "plan"), typed[0] ? typed : "yes");
	return p;
}

static void operate(struct talk *o)
{
	static const char *const verbs[] = { "power-off", "protect", "shutdown", "snapshot-create" };

	json_t *p = plan_of(o, "reboot", "stray-one");
	/* Where it is still being rebooted it is in use. */
	json_decref(talk_ask(o, "commit", "{s:O, s:s, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes", "reason", HUSH "reason"));
	json_decref(p);
	for (int i = 0; i < 4; i++)
		json_decref(plan_of(o, verbs[i], untouchable[i]));
	/* "hush-typed" on a console that they must not see. */
	json_decref(talk_ask(o, "stream-data", "{s:s, s:s}", "stream", stream, "data", "aHVzaC10eXBlZA=="));
	json_decref(talk_ask(o, "stream-credit", "{s:s, s:i}", "stream", stream, "bytes", 10));
	json_array_clear(o->happened);
}

/* Words that are there to be found, should they come out anywhere. */
static void sow(struct talk *o)
{
	static const char *const on[] = { "globex-one", "acme-own" };

	for (int i = 0; i < 2; i++) {
		json_t *p = talk_get(o, "plan", "{s:s, s:[s], s:s, s:s, s:s}", "verb", "snapshot-create", "targets", server_id[server_of(on[i])],
			"name", i ? "of-acme" : "of-globex", "note", i ? HUSH "note-acme" : HUSH "note-globex", "charge", "provider");
		json_t *done = talk_get(o, "commit", "{s:O, s:s, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes", "reason",
			HUSH "reason");
		talk_job(o, field_of(done, "job"));
		json_decref(done);
		json_decref(p);
	}
	free(talk_act(o, "reboot", server_id[server_of("stray-one")]));
	char *job = talk_act(o, "reboot", server_id[server_of("acme-own")]);
	talk_job(o, job);
	free(job);
	json_decref(talk_get(o, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", "tenant:globex", "kind", "kept", "limit", "77", "until",
		"+9 h", "ref", HUSH "ticket"));
	json_t *r = talk_get(o, "stream-open", "{s:s, s:s, s:i}", "object", server_id[server_of("stray-one")], "mode", "write", "credit",
		200000);
	stream = xstrdup(field_of(r, "stream"));
	json_decref(r);
}

static char *state_of(struct talk *o, const char *server)
{
	static const char *const fields[] = { "id", "uuid", "state", "protect", "snaps", "tenant", "blade" };
	json_t *r = talk_get(o, "show", "{s:s}", "object", server_id[server_of(server)]), *kept = json_object();

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		json_object_set(kept, fields[i], json_object_get(json_object_get(r, "object"), fields[i]));
	json_decref(r);
	r = talk_get(o, "snapshots", "{s:s}", "object", server_id[server_of(server)]);
	json_object_set(kept, "snapshots", json_object_get(r, "snapshots"));
	char *text = json_dumps(kept, JSON_SORT_KEYS);
	json_decref(kept);
	json_decref(r);
	return text;
}

/* ---- the hostile ones ---- */

static struct hostile all[HOSTILES];
static pid_t pids[HOSTILES];

/* What is the provider's even of one's own server, and the operators' even where all is shown. */
static void check_told(int person, json_t *seen)
{
	static const char *const providers[] = { HUSH "reason", HUSH "ticket", HUSH "note-globex", "ssh 192.0.2.7", "test://",
		/* a wall shows these: */ "a1-01", "enclosure", "rack", "/srv/provider", "provider-net", "\"root\"" };
	size_t n = is_staff(person) ? 5 : sizeof providers / sizeof providers[0];
	char *text = json_dumps(seen, 0);

	for (size_t i = 0; i < n; i++)
		if (strstr(text, providers[i]))
			fail_msg("%s is told \"%s\": %s", people[person].name, providers[i], text);
	free(text);
}

static void arm(struct talk *o)
{
	json_t *everything = words_told(o);

	for (int i = 0; i < HOSTILES; i++) {
		struct hostile *h = &all[i];
		*h = (struct hostile){ .person = person_of(hostiles[i]), .seed = seed + (unsigned)i, .socket = d.socket, .shared = shared };
		json_t *seen = json_array();
		if (strcmp(hostiles[i], "nobody") != 0) {
			struct talk *t = rights_hello(h->person);
			talk_subscribe(t);
			json_decref(seen);
			seen = words_told(t);
			talk_end(t);
		}
		/* What every greeting says. */
		json_array_append_new(seen, json_string("rights"));
		words_secret(&h->secret, everything, seen);
		words_add(&h->secret, HUSH "typed");
		words_own(&h->own, seen);
		check_told(h->person, seen);
		json_decref(seen);
		/* What must be among them; else nothing is shown by all this. */
		struct words none = { 0 };
		for (int s = 0; s < SERVERS; s++)
			if (!sees(h->person, s))
				assert_true(words_in(&h->secret, &none, servers[s], strlen(servers[s])) &&
					words_in(&h->secret, &none, server_id[s], strlen(server_id[s])));
		static const char *const hushed[] = { HUSH "note-globex", HUSH "reason", HUSH "ticket" };
		for (int k = 0; k < 3; k++)
			if (!words_in(&h->secret, &none, hushed[k], strlen(hushed[k])))
				fail_msg("%s is told \"%s\"", hostiles[i], hushed[k]);
		printf("%-7s sees %zu words and must not see %zu others\n", hostiles[i], h->own.n, h->secret.n);
		if (getenv("TANA_WORDS"))
			for (size_t k = 0; k < h->secret.n; k++)
				printf("\t%s\n", h->secret.list[k]);
	}
	json_decref(everything);
	for (int i = 0; i < HOSTILES; i++)
		for (int k = 0; k < HOSTILES; k++)
			if (strcmp(hostiles[k], "viewer") == 0)
				all[i].hushed = &all[k].secret;
}

static void let_loose(int64_t until)
{
	fflush(stdout);
	for (int i = 0; i < HOSTILES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			hostile_run(&all[i], until);
	}
}

static void catch_all(void)
{
	int bad = 0, status;

	for (int i = 0; i < HOSTILES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		if (status != 0)
			fprintf(stderr, "%s ended with %x\n", hostiles[i], status);
		bad += status != 0;
		const struct hostile_count *c = &shared->count[all[i].person];
		printf("%-7s %8llu requests (%llu commits, %llu broken lines) over %llu connections, %llu consoles; %llu answers, %.1f MB "
			"searched\n", hostiles[i], (unsigned long long)c->requests, (unsigned long long)c->commits,
			(unsigned long long)c->mangled, (unsigned long long)c->connections, (unsigned long long)c->streams,
			(unsigned long long)c->answers, (double)c->bytes / 1e6);
		words_drop(&all[i].secret);
		words_drop(&all[i].own);
	}
	if (bad)
		fail_msg("%d of them were told what they must not be (see above); seed %u", bad, seed);
}

/* ---- rights that are taken away meanwhile ---- */

/* What becomes of "power", in turn; the last is what the table says. */
static const char *const turns[HOSTILE_TURNS] = { "role customer { tenant = acme users = { sys } right = view }", "", NULL };
static int nturns, reloads_before;

static void next_turn(void)
{
	if (nturns && rights_reloads() == reloads_before)
		return; /* the one before is under way */
	const char *role = turns[nturns++ % HOSTILE_TURNS];
	reloads_before = rights_reload_ask(role ? person_of("power") : -1, role);
}

/* ---- all of it ---- */

static void settle_down(int fds)
{
	int now = 0;

	/* Consoles go with their peers, and their hosts' connections some time later. */
	for (int64_t end = clock_boot_ms() + 3 * TALK_MS; clock_boot_ms() < end && (now = descriptors()) > fds; )
		usleep(50000);
	assert_in_range(now, 0, fds);
}

static void attack(struct talk *o)
{
	int64_t from = clock_boot_ms(), until = from + seconds * 1000LL, operated = 0, turned = from, told = from;

	let_loose(until);
	for (int round = 0; clock_boot_ms() < until + 500; round++) {
		int64_t now = clock_boot_ms();
		work_honestly(&attacked, round);
		if (now - operated > 900) {
			operate(o);
			operated = now;
		}
		if (now - turned > STEP_MS && now < until) {
			next_turn();
			turned = now;
		}
		if (now - told > 60000) {
			printf("%lld s: %ld MB, %d descriptors\n", (long long)(now - from) / 1000, rss_kb() / 1024, descriptors());
			fflush(stdout);
			told = now;
		}
	}
}

static void test_hostile(void **state)
{
	char *before[UNTOUCHABLE];

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	printf("seed %u, %d s\n", seed, seconds);
	struct talk *o = rights_hello(0);
	talk_subscribe(o);
	sow(o);
	arm(o);
	honest[0] = (struct honest){ rights_hello(0), "operator", server_id[server_of("globex-one")] };
	honest[1] = (struct honest){ rights_hello(person_of("other")), "customer", server_id[server_of("globex-one")] };
	for (int64_t until = clock_boot_ms() + QUIET_MS, round = 0; clock_boot_ms() < until; round++)
		work_honestly(&quiet, (int)round);
	for (int i = 0; i < UNTOUCHABLE; i++)
		before[i] = state_of(o, untouchable[i]);
	int64_t from = clock_boot_ms();
	long kb = rss_kb();
	int fds = descriptors();

	attack(o);
	catch_all();
	/* All turns, also where the machine was too slow for them. */
	for (int64_t end = clock_boot_ms() + TALK_MS; clock_boot_ms() < end && (nturns < HOSTILE_TURNS || rights_reloads() == reloads_before); ) {
		usleep(20000);
		if (nturns < HOSTILE_TURNS)
			next_turn();
	}
	settle_down(fds);
	for (int i = 0; i < UNTOUCHABLE; i++) {
		char *after = state_of(o, untouchable[i]);
		assert_string_equal(before[i], after);
		free(before[i]);
		free(after);
	}
	assert_true(nturns >= HOSTILE_TURNS);
	hostile_check_log(o, all, HOSTILES, nturns, (clock_boot_ms() - from) / 1000);
	printf("tanad: %ld MB before, %ld MB after; %d descriptors before and after\n", kb / 1024, rss_kb() / 1024, fds);
	assert_in_range(rss_kb(), 1, kb + GROWTH_MAX_KB);
	print_samples("honest, quiet:       ", &quiet);
	double p99 = print_samples("honest, under attack:", &attacked);
	assert_true(p99 < P99_MAX_MS * patience() * (attacked.n < 300 ? 4 : 1)); /* of few it is the worst */
	for (int i = 0; i < 2; i++)
		talk_end(honest[i].t);
	talk_end(o);
	free(stream);
	munmap(shared, sizeof *shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hostile) };
	const char *text = getenv("TANA_SEED"), *length = getenv("TANA_HOSTILE_S");

	seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)clock_wall_s();
	seconds = length ? atoi(length) : getenv("TANA_LONG") ? LONG_S : CI_S;
	return cmocka_run_group_tests(tests, start, rights_stop_consoles);
}
