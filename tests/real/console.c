/* The other end of a real guest's serial console, for console.sh: console SOCKET SCENARIO VM [MORE]. Says what it saw; ends with 0
 * when all was as it should be.
 *   shell         types a command and reads its output, with one who watches and one who may not type too
 *   flood PID S   lets the guest say `yes` for S seconds, one reading, one without credit; measures the broker PID meanwhile
 *   watch         looks until the stream ends; says "looking", then why
 *   try [take]    opens and closes: "open", or the refusal's id */
#include "../broker/streams_talk.h"
#include "patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if SANITIZED
#define GROWN_KIB (64 * 1024) /* a sanitizer keeps what is freed */
#else
#define GROWN_KIB 4096
#endif

static struct daemon d = { .fd = -1 };
static char **words;
static int nwords;

static const char *word(int i)
{
	return i < nwords ? words[i] : "";
}

/* The name that the VM is asked for by is its own: streams answer with its id. */
static bool has(const struct stream *s, const char *text)
{
	return s->data.len >= strlen(text) && memmem(s->data.data, s->data.len, text, strlen(text));
}

static void shell(const char *vm)
{
	struct user *u = enter(&d, NULL), *other = enter(&d, NULL);
	struct stream *s = open_it(u, vm, "write", 65536, false), *w = open_it(other, vm, "watch", 65536, false);

	assert_string_equal(open_refused(other, vm, "write", false), "console.held");
	line(u, s, "\recho tana-$((6*7))\r");
	UNTIL(u, has(s, "tana-42\r\n"));
	UNTIL(other, has(w, "tana-42\r\n"));
	printf("the shell answered\n");
	leave(other);
	leave(u);
}

static long cpu_ms(const char *pid)
{
	char path[64], text[512] = "";
	unsigned long user = 0, sys = 0;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	FILE *f = fopen(path, "r");
	if (!f || !fgets(text, sizeof text, f) ||
		sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
		fail_msg("no %s", path);
	fclose(f);
	return (long)((user + sys) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

static long rss_kib(const char *pid)
{
	char path[64];
	long size, pages = 0;

	snprintf(path, sizeof path, "/proc/%s/statm", pid);
	FILE *f = fopen(path, "r");
	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		fail_msg("no %s", path);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Pings for ms; p50 and p99 in us. */
static void pings(struct user *u, struct user *reader, struct stream *s, int ms, const char *what)
{
	static int64_t took[20000];
	size_t n = 0, credited = s ? s->data.len : 0;

	for (int64_t end = now_ms() + ms; now_ms() < end && n < 20000;) {
		int64_t at = now_us();
		assert_string_equal(asked(u, "ping", NULL), "");
		took[n++] = now_us() - at;
		for (int64_t next = now_ms() + 20; now_ms() < next;)
			(void)more(reader, (int)(next - now_ms()));
		if (s && s->data.len - credited > 20000) {
			assert_string_equal(credit(reader, s, (int)(s->data.len - credited)), "");
			credited = s->data.len;
		}
	}
	qsort(took, n, sizeof took[0], by_size);
	printf("%s: %zu pings, half within %lld us, 99 of 100 within %lld us\n", what, n, (long long)took[n / 2], (long long)took[n * 99 / 100]);
}

/* What comes next, and credit for it. */
static void read_on(struct user *u, struct stream *s)
{
	size_t n = s->data.len;

	(void)more(u, 50);
	if (s->data.len > n)
		(void)credit(u, s, (int)(s->data.len - n));
}

static void flood(const char *vm)
{
	struct user *u = enter(&d, NULL), *idle = enter(&d, NULL), *asker = enter(&d, NULL);
	struct stream *s = open_it(u, vm, "write", 262144, false), *none = open_it(idle, vm, "watch", 0, false);
	int seconds = atoi(word(1));

	pings(asker, u, NULL, 1000, "quiet");
	line(u, s, "\ryes tana\r");
	UNTIL(u, has(s, "tana\r\ntana\r\ntana"));
	long cpu = cpu_ms(word(0)), rss = rss_kib(word(0));
	size_t had = s->data.len;
	pings(asker, u, s, seconds * 1000, "flooded");
	long used = cpu_ms(word(0)) - cpu, grown = rss_kib(word(0)) - rss;
	printf("the guest said %zu KiB in %d s; the broker used %ld ms of CPU (%.1f %%) and grew by %ld KiB\n", (s->data.len - had + (size_t)s->lost) / 1024,
		seconds, used, (double)used / seconds / 10, grown);
	assert_true(grown < GROWN_KIB);
	/* However slow the guest is: until it said more than is kept for one without credit. */
	for (int64_t end = now_ms() + TALK_MS; s->data.len - had < 80000 && now_ms() < end;)
		read_on(u, s);
	assert_true(s->data.len - had >= 80000);
	/* Typed keys come through: it is stopped. */
	line(u, s, "\003");
	line(u, s, "\recho over-$((1+1))\r");
	for (int64_t end = now_ms() + TALK_MS; !has(s, "over-2") && now_ms() < end;)
		read_on(u, s);
	assert_true(has(s, "over-2"));
	assert_string_equal(credit(idle, none, 262144), "");
	UNTIL(idle, has(none, "over-2"));
	printf("one without credit got the newest %zu bytes and was told of %lld lost\n", none->data.len, (long long)none->lost);
	assert_true(none->lost > 0);
	assert_in_range(none->data.len, 65536, 65536 + 64); /* the shell's prompt may come meanwhile */
	leave(asker);
	leave(idle);
	leave(u);
}

static void watch(const char *vm)
{
	struct user *u = enter(&d, NULL);
	struct stream *s = open_it(u, vm, "watch", 262144, false);

	printf("looking\n");
	fflush(stdout);
	UNTIL(u, s->why[0]);
	printf("%s\n", s->why);
	leave(u);
}

static void try(const char *vm)
{
	struct user *u = enter(&d, NULL);
	const char *id = open_refused(u, vm, "write", strcmp(word(0), "take") == 0);

	printf("%s\n", id[0] ? id : "open");
	leave(u);
}

static const struct { const char *name; void (*fn)(const char *vm); } scenarios[] = {
	{ "shell", shell }, { "flood", flood }, { "watch", watch }, { "try", try },
};
static const char *scenario, *the_vm;

static void run(void **state)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
		if (strcmp(scenarios[i].name, scenario) == 0) {
			scenarios[i].fn(the_vm);
			return;
		}
	fail_msg("no scenario %s", scenario);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(run) };

	if (argc < 4)
		return 2;
	snprintf(d.socket, sizeof d.socket, "%s", argv[1]);
	scenario = argv[2];
	the_vm = argv[3];
	words = argv + 4;
	nwords = argc - 4;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
