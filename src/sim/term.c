/* The terminal of a manager: its line editor with the vendor's echo and Enter, its pager, and the way an answer leaves the
 * device, which is where most faults are. A session gives it bytes; dialects answer with say(). */
#include "sim/sim.h"
#include "common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PAGE_LINES 20
#define OUT_MAX (1u << 20)

enum { ST_OLD_PASSWORD = -3, ST_NEW_PASSWORD = -2, ST_NEW_AGAIN = -1 }; /* states of our own: an expired password */

void sim_sleep(int ms)
{
	struct timespec ts = {ms / 1000, (ms % 1000) * 1000000L};

	while (nanosleep(&ts, &ts) < 0)
		;
}

int words(char *line, char **w, int max)
{
	int n = 0;
	char *save = NULL;

	for (char *p = strtok_r(line, " \t", &save); p && n < max; p = strtok_r(NULL, " \t", &save))
		w[n++] = p;
	for (int i = n; i < max; i++)
		w[i] = NULL;
	return n;
}

bool word_is(const char *w, const char *name)
{
	return w && !strcasecmp(w, name);
}

void say(struct term *t, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n > 0 && t->out.len < OUT_MAX)
		buf_append(&t->out, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void term_open(struct term *t, struct sim *s)
{
	memset(t, 0, sizeof *t);
	t->s = s;
	t->bay = -1;
}

void term_close(struct term *t)
{
	buf_free(&t->out);
	buf_free(&t->rest);
}

static bool crlf(const struct term *t)
{
	return t->pty || t->s->d->own_echo;
}

#define DRIBBLE_BYTES 256      /* one by one; the rest faster: all of it must come within a manager's time on a busy machine too */

/* In which pieces the bytes leave: all at once, one by one, or so that words and line ends are broken. */
static void emit(struct term *t, const char *data, size_t len)
{
	static const size_t odd[] = {7, 1, 3, 13, 2, 29};
	struct fault f;
	bool dribble = sim_fault(t->s, F_DRIBBLE, t->bay, &f);
	bool split = sim_fault(t->s, F_SPLIT, t->bay, NULL);
	int pause = dribble ? (f.num ? (int)f.num : 1) : 2;

	for (size_t at = 0, k = 0; at < len; k++) {
		size_t n = dribble ? (at < DRIBBLE_BYTES ? 1 : 16) : split ? odd[k % 6] : len;
		if (n > len - at)
			n = len - at;
		const char *cr = split && !dribble ? memchr(data + at, '\r', n) : NULL;
		if (cr)
			n = (size_t)(cr - data) - at + 1;
		t->write(t->arg, data + at, n);
		at += n;
		if (at < len)
			sim_sleep(pause);
	}
}

static void emit_lines(struct term *t, const char *data, size_t len)
{
	struct buf b = {0};

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' && crlf(t))
			buf_str(&b, "\r");
		buf_append(&b, data + i, 1);
	}
	emit(t, b.data, b.len);
	buf_free(&b);
}

/* Where the first n lines end. */
static size_t lines_end(const char *data, size_t len, int n)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n' && --n == 0)
			return i + 1;
	return len;
}

static void page(struct term *t, int lines)
{
	size_t end = lines_end(t->rest.data, t->rest.len, lines);

	emit_lines(t, t->rest.data, end);
	buf_drop(&t->rest, end);
	/* The prompt has no line end and is no page of its own. */
	if (t->rest.len && memchr(t->rest.data, '\n', t->rest.len)) {
		if (t->mode != T_PAGER)
			t->after_pager = t->mode;
		t->mode = T_PAGER;
		emit(t, "--More--", 8);
		return;
	}
	emit_lines(t, t->rest.data, t->rest.len);
	buf_drop(&t->rest, t->rest.len);
	if (t->mode == T_PAGER)
		t->mode = t->after_pager;
}

static void pager_key(struct term *t, char c)
{
	static const char wipe[] = "\r        \r";

	if (c != ' ' && c != '\r' && c != '\n' && c != 'q' && c != 'Q')
		return;
	emit(t, wipe, sizeof wipe - 1);
	if (c == 'q' || c == 'Q') { /* the rest is dropped, but for what follows the last line: the prompt */
		size_t end = 0;
		for (size_t i = 0; i < t->rest.len; i++)
			if (t->rest.data[i] == '\n')
				end = i + 1;
		buf_drop(&t->rest, end);
	}
	page(t, c == ' ' ? PAGE_LINES : 1);
}

static void add_noise(struct term *t)
{
	size_t at = lines_end(t->out.data, t->out.len / 2, 1 << 20);
	struct buf b = {0};

	at += lines_end(t->out.data + at, t->out.len - at, 1);
	buf_append(&b, t->out.data, at);
	buf_printf(&b, "%s\n", t->s->d->noise);
	buf_append(&b, t->out.data + at, t->out.len - at);
	buf_free(&t->out);
	t->out = b;
}

/* The answer goes out; the dialect's prompt behind it, unless it is in a dialogue that has asked something. */
static void flush(struct term *t, bool answer)
{
	struct fault f;
	struct sim *s = t->s;

	if (answer) {
		if (sim_fault(s, F_SLOW, t->bay, &f))
			sim_sleep((int)f.num);
		if (sim_fault(s, F_MUTE, t->bay, NULL))
			t->dead = true;
		if (sim_fault(s, F_NOISE, t->bay, NULL) && memchr(t->out.data ? t->out.data : "", '\n', t->out.len))
			add_noise(t);
	}
	if (t->dead) {
		buf_drop(&t->out, t->out.len);
		return;
	}
	if (answer && sim_fault(s, F_REBOOT_MID, t->bay, &f)) {
		emit_lines(t, t->out.data, t->out.len / 2);
		fault_clear(s, "reboot-mid");
		sim_reboot(s, f.num ? (int)f.num : 3000);
		t->dead = true; /* the parent ends this process */
		buf_drop(&t->out, t->out.len);
		return;
	}
	if (answer && !t->exec && !t->script && sim_fault(s, F_PAGER, -1, NULL)) {
		buf_append(&t->rest, t->out.data, t->out.len);
		page(t, PAGE_LINES);
	} else if (t->out.len) {
		emit_lines(t, t->out.data, t->out.len);
	}
	buf_drop(&t->out, t->out.len);
}

void term_start(struct term *t)
{
	const struct dialect *d = t->s->d;

	d->greet(t);
	if (!t->done && sim_fault(t->s, F_EXPIRED, -1, NULL)) {
		/* The words are those of IBM's; what others say was not found. */
		say(t, "\nYour password has expired and must be changed.\nEnter current password: ");
		t->state = ST_OLD_PASSWORD;
		t->mode = T_SECRET;
	} else if (!t->done) {
		d->prompt(t);
	}
	flush(t, false);
}

/* The password of the file goes on being the right one: a simulator that kept the new one would have to write it down. */
static void change_password(struct term *t, const char *line)
{
	if (t->state == ST_OLD_PASSWORD && strcmp(line, t->s->password)) {
		say(t, "Invalid password\n");
		t->done = true;
	} else if (t->state == ST_OLD_PASSWORD) {
		say(t, "Enter new password: ");
		t->state = ST_NEW_PASSWORD;
	} else if (t->state == ST_NEW_PASSWORD && strlen(line) < 8) {
		say(t, "The password is not compliant with the password rules.\nEnter new password: ");
	} else if (t->state == ST_NEW_PASSWORD) {
		sim_copy(t->target, sizeof t->target, line);
		say(t, "Confirm new password: ");
		t->state = ST_NEW_AGAIN;
	} else if (strncmp(line, t->target, sizeof t->target - 1)) {
		say(t, "The passwords are different.\nEnter new password: ");
		t->state = ST_NEW_PASSWORD;
	} else {
		say(t, "OK\n");
		memset(t->target, 0, sizeof t->target);
		fault_clear(t->s, "expired");
		t->state = 0;
		t->mode = T_LINE;
		t->s->d->prompt(t);
	}
	flush(t, false);
}

static void take_line(struct term *t)
{
	t->line[t->len] = 0;
	t->len = 0;
	if (t->state < 0) {
		change_password(t, t->line);
		return;
	}
	bool answer = t->state != 0 || *t->line;
	char *line = t->line + strspn(t->line, " \t");
	if (*line)
		sim_count_command(t->s, line);
	t->bay = -1;
	t->s->d->line(t, line);
	if (!t->done && t->state == 0 && t->mode == T_LINE)
		t->s->d->prompt(t);
	flush(t, answer);
}

static void take_key(struct term *t, char c)
{
	char text[2] = {c, 0};

	sim_count_command(t->s, text);
	t->eat_eol = true;
	t->bay = -1;
	t->s->d->key(t, c);
	flush(t, true);
}

static void echo(struct term *t, const char *data, size_t len)
{
	if (!t->dead && crlf(t))
		t->write(t->arg, data, len);
}

static void edit(struct term *t, char c)
{
	bool shown = t->mode == T_LINE;

	if (c == '\r' || c == '\n') {
		echo(t, t->s->d->echo_eol, strlen(t->s->d->echo_eol));
		take_line(t);
	} else if (c == 0x7f || c == '\b') {
		if (t->len && shown)
			echo(t, "\b \b", 3);
		t->len -= t->len ? 1 : 0;
	} else if (c == 3 || c == 21) { /* ^C, ^U: the line is given up */
		t->len = 0;
		if (c == 3 && t->state == 0) {
			echo(t, "^C\r\n", 4);
			t->s->d->prompt(t);
			flush(t, false);
		}
	} else if (c == 4 && !t->len && t->state == 0) {
		t->done = true;
	} else if ((unsigned char)c >= ' ' && t->len + 1 < sizeof t->line) {
		t->line[t->len++] = c;
		if (shown)
			echo(t, &c, 1);
	} else if ((unsigned char)c >= ' ') {
		echo(t, "\a", 1);
	}
}

void term_byte(struct term *t, char c)
{
	bool after_cr = t->was_cr;

	t->was_cr = c == '\r';
	if (t->done)
		return;
	if (c == '\n' && t->s->d->cr_only)
		return;
	if (c == '\n' && after_cr && !sim_fault(t->s, F_DOUBLE_EOL, -1, NULL)) {
		t->eat_eol = false;
		return;
	}
	if (t->eat_eol && (c == '\r' || c == '\n')) { /* Enter behind a key that needed none */
		t->eat_eol = false;
		return;
	}
	t->eat_eol = false;
	if (t->mode == T_PAGER)
		pager_key(t, c);
	else if (t->mode == T_KEY)
		take_key(t, c);
	else
		edit(t, c);
}

void term_run(struct term *t, const char *command)
{
	sim_copy(t->line, sizeof t->line, command);
	char *line = t->line + strspn(t->line, " \t");
	line[strcspn(line, "\r\n")] = 0; /* one command a line, one line an exec */
	sim_count_command(t->s, line);
	t->exec = t->script = true;
	t->s->d->exec(t, line);
	flush(t, true);
	t->done = !t->dead;
}
