/* drive: runs a full-screen program on a terminal of its own and lets a script use it as a person would. Shell tests of
 * real hosts call it with the steps on standard input. Status 0: all went as expected; 1: a step failed (it is named,
 * with the screen, on standard error); 2: not understood. */
#include "patience.h"
#include "term.h"

#include <ctype.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: drive [--size 120x36] [--term xterm-256color] [--env NAME[=VALUE]]... [--errors FILE] [--ambiguous 2] COMMAND ARGS... < STEPS\n"
	"steps, one a line; S are seconds, # begins a comment line:\n"
	"  keys NAME...        Up Down Left Right Enter Esc Tab BackTab Space Backspace PgUp PgDn Home End Ins Del F1..F12,\n"
	"                      C-x M-x S-Up, single characters; each waits for the answer to the one before\n"
	"  type TEXT           as it stands; paste TEXT: at once, with \\n as line ends; click TEXT: button 1 on its first cell\n"
	"  expect [S] REGEX    is seen within S (60); \"expect 10 16 VMs\" where it begins with a number\n"
	"  gone [S] REGEX      is seen no more within S (60)\n"
	"  refute REGEX        is not seen now that the screen is quiet\n"
	"  expect-exit [S] N   it ends with status N within S (60)\n"
	"  sleep S   size WxH  shot (prints the screen)\n"
	"  mark                bytes are counted from here\n"
	"  bytes N             fails when more were written since the last key, paste, click, size or mark\n";

struct drive {
	struct term *t;
	uint64_t mark;
	int line;
};

static _Noreturn void misused(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void misused(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("drive: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

static bool failed(struct drive *d, const char *step, const char *why)
{
	fprintf(stderr, "drive: line %d: %s: %s\n%s", d->line, step, why, term_screen(d->t));
	return false;
}

/* A number of seconds before other words is taken from the front of *rest, so many times as long as this machine may take; ms else. */
static int seconds(char **rest, int ms)
{
	char *end;
	double s = strtod(*rest, &end);

	if (end == *rest || *end != ' ' || !isdigit((unsigned char)**rest) || s > 86400)
		return ms;
	*rest = end + strspn(end, " ");
	s *= 1000 * patience();
	return s < 86400000 ? (int)s : 86400000;
}

static void parse_size(const char *s, int *cols, int *rows)
{
	char tail;

	if (sscanf(s, "%dx%d%c", cols, rows, &tail) != 2 || *cols < 1 || *rows < 1 || *cols > 1000 || *rows > 1000)
		misused("%s is no size; say 120x36", s);
}

static void set_mark(struct drive *d)
{
	term_quiet(d->t, 20, 300);
	d->mark = term_received(d->t);
}

static bool step_keys(struct drive *d, char *rest)
{
	char *save = NULL;

	for (char *name = strtok_r(rest, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		set_mark(d);
		if (!term_key(d->t, name))
			misused("line %d: no key %s", d->line, name);
		if (strcmp(name, "Esc") == 0) /* else the next one may make it Alt */
			term_quiet(d->t, 100, 3000);
	}
	return true;
}

static bool step_type(struct drive *d, char *rest)
{
	set_mark(d);
	term_type(d->t, rest);
	return true;
}

static bool step_paste(struct drive *d, char *rest)
{
	char *to = rest;

	for (const char *s = rest; *s; s++)
		*to++ = s[0] == '\\' && s[1] == 'n' ? s++, '\n' : *s;
	*to = '\0';
	set_mark(d);
	term_paste(d->t, rest);
	return true;
}

static bool step_click(struct drive *d, char *rest)
{
	int row, col;

	set_mark(d);
	if (!term_find(d->t, rest, &row, &col))
		return failed(d, rest, "not on the screen");
	term_click(d->t, row, col, 1);
	return true;
}

static bool step_sleep(struct drive *d, char *rest)
{
	char *end;
	double s = strtod(rest, &end);

	if (end == rest || *end || s < 0 || s > 86400)
		misused("line %d: sleep SECONDS", d->line);
	term_run(d->t, (int)(s * 1000));
	return true;
}

static bool step_size(struct drive *d, char *rest)
{
	int cols, rows;

	parse_size(rest, &cols, &rows);
	set_mark(d);
	term_resize(d->t, cols, rows);
	return true;
}

static bool step_expect(struct drive *d, char *rest)
{
	int ms = seconds(&rest, 60000);

	return term_wait(d->t, rest, ms) || failed(d, rest, term_running(d->t) ? "not seen" : "not seen, the program has ended");
}

static bool step_gone(struct drive *d, char *rest)
{
	int ms = seconds(&rest, 60000);

	return term_wait_gone(d->t, rest, ms) || failed(d, rest, "still seen");
}

static bool step_refute(struct drive *d, char *rest)
{
	term_quiet(d->t, 150, 3000);
	return !term_shows(d->t, rest) || failed(d, rest, "is seen");
}

static bool step_exit(struct drive *d, char *rest)
{
	int ms = seconds(&rest, 60000), status;
	char why[64], *end;
	long wanted = strtol(rest, &end, 10);

	if (end == rest || *end)
		misused("line %d: expect-exit STATUS", d->line);
	status = term_wait_exit(d->t, ms);
	if (status == wanted)
		return true;
	snprintf(why, sizeof why, status < 0 ? "still runs" : "ended with %d", status);
	return failed(d, "expect-exit", why);
}

static bool step_shot(struct drive *d, char *rest)
{
	term_quiet(d->t, 100, 3000);
	fputs(term_screen(d->t), stdout);
	fflush(stdout);
	return true;
}

static bool step_mark(struct drive *d, char *rest)
{
	set_mark(d);
	return true;
}

static bool step_bytes(struct drive *d, char *rest)
{
	char *end, why[96];
	unsigned long long most = strtoull(rest, &end, 10), got;

	if (end == rest || *end)
		misused("line %d: bytes N", d->line);
	term_quiet(d->t, 150, 3000);
	got = term_received(d->t) - d->mark;
	if (got <= most)
		return true;
	snprintf(why, sizeof why, "%llu bytes were written", got);
	return failed(d, "bytes", why);
}

static const struct { const char *name; bool words; bool (*run)(struct drive *d, char *rest); } steps[] = {
	{"keys", true, step_keys}, {"type", true, step_type}, {"paste", true, step_paste}, {"click", true, step_click},
	{"sleep", true, step_sleep}, {"size", true, step_size}, {"expect", true, step_expect}, {"gone", true, step_gone},
	{"refute", true, step_refute}, {"expect-exit", true, step_exit}, {"shot", false, step_shot},
	{"mark", false, step_mark}, {"bytes", true, step_bytes},
};

static bool run_step(struct drive *d, char *line)
{
	size_t len;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return true;
	len = strcspn(line, " ");
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		char *rest = line + len + (line[len] == ' ');

		if (strlen(steps[i].name) != len || strncmp(line, steps[i].name, len) != 0)
			continue;
		if ((*rest != '\0') != steps[i].words)
			break;
		return steps[i].run(d, rest);
	}
	misused("line %d: %s\n%s", d->line, line, usage);
}

int main(int argc, char **argv)
{
	const char *env[33] = {NULL};
	struct term_options o = {.cols = 120, .rows = 36, .env = env};
	struct drive d = {0};
	char *line = NULL;
	size_t size = 0, nenv = 0;
	ssize_t len;
	bool ok = true;
	int i;

	setlocale(LC_CTYPE, "C.UTF-8");
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!value)
			misused("%s", usage);
		if (strcmp(argv[i], "--size") == 0)
			parse_size(value, &o.cols, &o.rows);
		else if (strcmp(argv[i], "--term") == 0)
			o.name = value;
		else if (strcmp(argv[i], "--env") == 0 && nenv < 32)
			env[nenv++] = value;
		else if (strcmp(argv[i], "--errors") == 0)
			o.errors = value;
		else if (strcmp(argv[i], "--ambiguous") == 0)
			o.ambiguous = atoi(value);
		else
			misused("%s", usage);
	}
	if (i >= argc)
		misused("%s", usage);
	d.t = term_start((const char *const *)argv + i, &o);
	while (ok && (len = getline(&line, &size, stdin)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[len - 1] = '\0';
		d.line++;
		ok = run_step(&d, line);
	}
	free(line);
	term_end(d.t);
	return ok ? 0 : 1;
}
