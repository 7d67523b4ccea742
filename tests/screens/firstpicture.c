/* firstpicture: how long a console takes to show itself and to answer keys, what it sends for that, and what it holds.
 * The bench runs it. Prints a line of "name value" each; asserts nothing. Status 1: no picture came, or it ended. */
#include "term.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 50

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double of_hundred(const double *sorted, int n, int percent)
{
	return sorted[(n * percent + 99) / 100 - 1];
}

static double ms_since(int64_t start, int64_t at)
{
	return (double)(at - start) / 1000;
}

static int gone(struct term *t, const char *when)
{
	fprintf(stderr, "firstpicture: %s: %s\n%s", when, term_running(t) ? "nothing came" : "the program has ended", term_screen(t));
	term_end(t);
	return 1;
}

int main(int argc, char **argv)
{
	double took[KEYS], at_once[KEYS], in_all[KEYS];
	const char *frame = "[Rr]acks?( |$)";
	struct term *t;
	int64_t start;
	uint64_t was;
	int n = 0, i = 1; /* keys that were answered */

	setlocale(LC_CTYPE, "C.UTF-8");
	if (i + 1 < argc && strcmp(argv[i], "--frame") == 0) {
		frame = argv[i + 1];
		i += 2;
	}
	if (i >= argc) {
		fputs("usage: firstpicture [--frame REGEX] COMMAND...    REGEX stands in the frame as soon as it is drawn\n", stderr);
		return 2;
	}
	start = term_now_us();
	t = term_start((const char *const *)argv + i, &(struct term_options){.cols = 120, .rows = 36});
	if (!term_wait_bytes(t, 0, 30000))
		return gone(t, "first byte");
	printf("first-byte-ms %.1f\n", ms_since(start, term_last_us(t)));
	if (!term_wait(t, frame, 30000))
		return gone(t, "frame");
	printf("frame-ms %.1f\n", ms_since(start, term_found_us(t)));
	if (!term_quiet(t, 200, 60000))
		return gone(t, "quiet screen");
	printf("quiet-ms %.1f\nstart-bytes %llu\n", ms_since(start, term_last_us(t)), (unsigned long long)term_received(t));

	for (int k = 0; k < KEYS; k++) {
		int64_t sent;

		was = term_received(t);
		sent = term_now_us();
		term_key(t, k % 10 < 5 ? "Down" : "Up");
		if (!term_wait_bytes(t, was, 500)) {
			if (!term_running(t))
				return gone(t, "keys");
			continue;
		}
		term_quiet(t, 30, 2000);
		took[n] = ms_since(sent, term_last_us(t));
		at_once[n] = (double)(term_received(t) - was);
		term_quiet(t, 250, 2000); /* what a view draws only when the cursor has come to rest */
		in_all[n++] = (double)(term_received(t) - was);
	}
	printf("keys-without-answer %d\n", KEYS - n);
	if (n > 0) {
		qsort(took, (size_t)n, sizeof took[0], by_size);
		qsort(at_once, (size_t)n, sizeof at_once[0], by_size);
		qsort(in_all, (size_t)n, sizeof in_all[0], by_size);
		printf("key-p50-ms %.2f\nkey-p99-ms %.2f\n", of_hundred(took, n, 50), of_hundred(took, n, 99));
		printf("key-p50-bytes %.0f\nkey-p99-bytes %.0f\n", of_hundred(at_once, n, 50), of_hundred(at_once, n, 99));
		printf("key-and-rest-p50-bytes %.0f\nkey-and-rest-p99-bytes %.0f\n", of_hundred(in_all, n, 50), of_hundred(in_all, n, 99));
	}

	was = term_received(t);
	term_run(t, 5000);
	printf("idle-5s-bytes %llu\nmemory-kib %ld\n", (unsigned long long)(term_received(t) - was), term_memory_kib(t));
	term_end(t);
	return 0;
}
