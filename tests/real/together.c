/* One person's terminal for together.py: runs a program on it, obeys lines from standard input, answers each with a line of JSON,
 * and takes in whatever the program draws meanwhile. Every picture is looked at: what must never be seen there, in whole words, is
 * kept with the picture that showed it. together [--size 80x24] [--errors FILE] [--never FILE] COMMAND ARGS...
 *   start             runs it (anew)          keys NAME...        type TEXT          size WxH
 *   wait MS REGEX     gone MS REGEX           quiet QUIET_MS MS   look
 *   exit MS           waits until it ends     kill                hangs up
 * {"ok","running","status","screen","pictures","never":[{"word","screen"}]} */
#include "../screens/term_inside.h"

#include <ctype.h>
#include <jansson.h>
#include <locale.h>
#include <poll.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEVER_KEPT 8 /* pictures */

struct seat {
	struct term *t;
	const char *const *argv;
	struct term_options options;
	char **never;
	size_t nnever;
	json_t *seen;            /* of those, with the picture */
	long long pictures;
	int status;
	char line[4096];
	size_t len;
};

/* ---- what must never be seen ---- */

static bool of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Whole words: a name may be a part of another one. Those of tenants begin the names of their VMs. */
static bool shows(const char *screen, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = screen; (at = strstr(at, word)); at++)
		if ((at == screen || !of_word(at[-1])) && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static void on_drawn(struct term *t, void *ctx)
{
	struct seat *s = ctx;
	const char *screen = term_screen(t);

	s->pictures++;
	for (size_t i = 0; i < s->nnever && json_array_size(s->seen) < NEVER_KEPT; i++)
		if (shows(screen, s->never[i]))
			json_array_append_new(s->seen, json_pack("{s:s, s:s}", "word", s->never[i], "screen", screen));
}

static void read_never(struct seat *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		term_die(path);
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			continue;
		s->never = term_must(realloc(s->never, (s->nnever + 1) * sizeof *s->never));
		s->never[s->nnever++] = term_must(strdup(line));
	}
	free(line);
	fclose(f);
}

/* ---- what is asked for ---- */

static bool regex_waits(struct seat *s, char *rest, bool gone)
{
	char *regex;
	int ms = (int)strtol(rest, &regex, 10);

	regex += *regex == ' ';
	return gone ? term_wait_gone(s->t, regex, ms) : term_wait(s->t, regex, ms);
}

static bool keys(struct seat *s, char *rest)
{
	char *save = NULL;

	for (char *name = strtok_r(rest, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		if (!term_key(s->t, name))
			return false;
		term_quiet(s->t, strcmp(name, "Esc") == 0 ? 200 : 25, 1000);
	}
	return true;
}

static bool obey(struct seat *s, char *line)
{
	char *rest = line + strcspn(line, " ");
	int a, b;

	if (*rest)
		*rest++ = '\0';
	if (strcmp(line, "start") == 0) {
		term_end(s->t);
		s->t = term_start(s->argv, &s->options);
		return true;
	}
	if (!s->t)
		return false;
	if (strcmp(line, "keys") == 0)
		return keys(s, rest);
	if (strcmp(line, "type") == 0) {
		term_type(s->t, rest);
		return term_quiet(s->t, 40, 1000);
	}
	if (strcmp(line, "size") == 0 && sscanf(rest, "%dx%d", &a, &b) == 2) {
		term_resize(s->t, a, b);
		return term_quiet(s->t, 60, 1000);
	}
	if (strcmp(line, "wait") == 0)
		return regex_waits(s, rest, false);
	if (strcmp(line, "gone") == 0)
		return regex_waits(s, rest, true);
	if (strcmp(line, "quiet") == 0 && sscanf(rest, "%d %d", &a, &b) == 2)
		return term_quiet(s->t, a, b);
	if (strcmp(line, "exit") == 0)
		return (s->status = term_wait_exit(s->t, atoi(rest))) >= 0;
	if (strcmp(line, "kill") == 0) {
		term_end(s->t);
		s->t = NULL;
		return true;
	}
	return strcmp(line, "look") == 0;
}

static void answer(struct seat *s, bool ok)
{
	bool running = s->t && term_running(s->t); /* which may draw: before the screen is read */
	json_t *o = json_pack("{s:b, s:b, s:i, s:s, s:I, s:O}", "ok", ok, "running", running, "status", s->status,
		"screen", s->t ? term_screen(s->t) : "", "pictures", (json_int_t)s->pictures, "never", s->seen);
	char *text = term_must(json_dumps(o, JSON_COMPACT));

	puts(text);
	fflush(stdout);
	free(text);
	json_decref(o);
}

/* False: nobody asks any more. */
static bool hear(struct seat *s)
{
	ssize_t n = read(0, s->line + s->len, sizeof s->line - 1 - s->len);
	char *end;

	if (n <= 0)
		return false;
	s->len += (size_t)n;
	s->line[s->len] = '\0';
	while ((end = memchr(s->line, '\n', s->len))) {
		size_t used = (size_t)(end + 1 - s->line);

		*end = '\0';
		answer(s, obey(s, s->line));
		memmove(s->line, s->line + used, s->len - used);
		s->len -= used;
		s->line[s->len] = '\0';
	}
	return s->len + 1 < sizeof s->line;
}

int main(int argc, char **argv)
{
	struct seat s = {.options = {.cols = 100, .rows = 30, .drawn = on_drawn}, .seen = json_array()};
	int i;

	setlocale(LC_CTYPE, "C.UTF-8");
	s.options.ctx = &s;
	for (i = 1; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--size") == 0)
			sscanf(argv[i + 1], "%dx%d", &s.options.cols, &s.options.rows);
		else if (strcmp(argv[i], "--errors") == 0)
			s.options.errors = argv[i + 1];
		else if (strcmp(argv[i], "--never") == 0)
			read_never(&s, argv[i + 1]);
	}
	if (i >= argc)
		return 2;
	s.argv = (const char *const *)argv + i;
	for (bool more = true; more;) {
		struct pollfd p[2] = {{.fd = 0, .events = POLLIN}, {.fd = s.t ? s.t->fd : -1, .events = POLLIN}};

		poll(p, 2, 200);
		if (s.t && p[1].revents)
			term_run(s.t, 1);
		if (p[0].revents)
			more = hear(&s);
	}
	term_end(s.t);
	json_decref(s.seen);
	for (size_t n = 0; n < s.nnever; n++)
		free(s.never[n]);
	free(s.never);
	return 0;
}
