/* What kept.h says. A section is "==== NAME", the rows of the screen and, where inks are kept, "----" and as many rows of letters; what is
 * blank at the end of a row is cut. */
#include "kept.h"

#include "term/palette.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS 16
#define OWN "/tmp/tana-screens."

struct section { char *name, *text; };

struct kept {
	char path[512];
	struct section sections[SECTIONS];
	size_t n;
	bool changed;
};

/* ---- a screen as text ---- */

/* In the order in which they are tried: two that look alike are one. A normal cell is a blank. */
static const struct { enum ink ink; char letter; } letters[] = {
	{INK_NORMAL, ' '}, {INK_BOLD, 'b'}, {INK_DIM, 'd'}, {INK_ACCENT, 'a'}, {INK_GOOD, 'g'}, {INK_ALERT, '!'}, {INK_ALERT_TEXT, 'r'}, {INK_WARN, 'y'},
	{INK_ACTIVE, 'c'}, {INK_UNKNOWN, '?'}, {INK_MAINT, 'm'}, {INK_LOAD, 'l'}, {INK_LOAD_MANY, 'k'}, {INK_LINE, '-'}, {INK_HEAD, 'h'}, {INK_BAR, '='},
	{INK_BAR_BOLD, 'B'}, {INK_BAR_DIM, 'D'}, {INK_BAR_ACCENT, 'A'}, {INK_CURSOR, '#'}, {INK_CURSOR_BOLD, '@'}, {INK_FIELD, 'f'},
};

static char letter_of(const struct term_cell *c)
{
	bool blank = !*c->text || strcmp(c->text, " ") == 0;

	if (blank && c->bg == TERM_DEFAULT && !c->reverse && !c->underline)
		return ' ';
	/* Without colours: bold, underlined, both; in capitals on a ground. */
	if (c->fg == TERM_DEFAULT && c->bg == TERM_DEFAULT && (c->reverse || (c->underline && !c->bold)))
		return c->reverse ? c->bold ? 'R' : c->underline ? 'V' : 'I' : 'u';
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
		struct style s = palette_style(THEME_DARK, letters[i].ink, 256);

		if (s.bg == c->bg && (blank || s.fg == c->fg) && (blank || !!(s.attr & STYLE_BOLD) == c->bold) && !!(s.attr & STYLE_UNDERLINE) == c->underline && !c->reverse)
			return letters[i].letter;
	}
	return '~';
}

static char *inks_of(struct term *t)
{
	size_t w = (size_t)term_cols(t), h = (size_t)term_rows(t);
	char *out = malloc(h * (w + 1) + 1), *at = out;
	struct term_cell c;

	if (!out)
		abort();
	for (int y = 0; y < (int)h; y++) {
		char *start = at;

		for (int x = 0; x < (int)w; x++)
			*at++ = term_cell(t, y, x, &c) ? letter_of(&c) : '?';
		while (at > start && at[-1] == ' ')
			at--;
		*at++ = '\n';
	}
	*at = '\0';
	return out;
}

static char *both(struct term *t, bool inks)
{
	char *ink = inks ? inks_of(t) : NULL, *all = NULL;

	if (asprintf(&all, "%s%s%s", term_screen(t), ink ? "----\n" : "", ink ? ink : "") < 0)
		abort();
	free(ink);
	/* The folder that this test has to itself has another name each time. */
	for (char *at = all; (at = strstr(at, OWN)); at += strlen(OWN))
		if (strcspn(at, "\n") >= strlen(OWN) + 6)
			memset(at + strlen(OWN), 'x', 6);
	return all;
}

/* ---- a file ---- */

static struct section *find(struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->sections[i].name, name) == 0)
			return &k->sections[i];
	return NULL;
}

static struct section *add(struct kept *k, const char *name, const char *text, size_t len)
{
	struct section *s = find(k, name);

	if (!s) {
		if (k->n == SECTIONS)
			abort();
		s = &k->sections[k->n++];
		*s = (struct section){.name = strdup(name)};
	}
	free(s->text);
	s->text = strndup(text, len);
	if (!s->name || !s->text)
		abort();
	return s;
}

static void parse(struct kept *k, const char *all)
{
	const char *at = strncmp(all, "==== ", 5) == 0 ? all : NULL;

	while (at) {
		const char *name = at + 5, *text = strchr(name, '\n'), *next;
		char title[64];

		if (!text)
			break;
		snprintf(title, sizeof title, "%.*s", (int)(text - name), name);
		next = strstr(text, "\n==== ");
		add(k, title, text + 1, next ? (size_t)(next - text) : strlen(text + 1));
		at = next ? next + 1 : NULL;
	}
}

struct kept *kept_open(const char *path)
{
	struct kept *k = calloc(1, sizeof *k);
	FILE *f = fopen(path, "r");
	char *all = NULL;
	size_t size = 0;

	if (!k)
		abort();
	snprintf(k->path, sizeof k->path, "%s", path);
	if (f) {
		if (getdelim(&all, &size, '\0', f) > 0)
			parse(k, all);
		fclose(f);
	}
	free(all);
	return k;
}

void kept_put(struct kept *k, const char *section, struct term *t, bool inks)
{
	char *seen = both(t, inks);

	add(k, section, seen, strlen(seen));
	k->changed = true;
	free(seen);
}

bool kept_same(struct kept *k, const char *section, struct term *t, bool inks)
{
	const struct section *s = find(k, section);
	char *seen;
	bool same;

	if (!s)
		return false;
	seen = both(t, inks);
	same = strcmp(s->text, seen) == 0;
	free(seen);
	return same;
}

void kept_tell(struct kept *k, const char *section, struct term *t, bool inks)
{
	const struct section *s = find(k, section);
	char *seen = both(t, inks);
	const char *a = s ? s->text : "", *b = seen;

	fprintf(stderr, "%s, %s%s\n", k->path, section, s ? "" : ": not kept");
	for (int row = 0; *a || *b; row++) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || strncmp(a, b, n) != 0)
			fprintf(stderr, "%3d kept |%.*s\n    seen |%.*s\n", row, (int)n, a, (int)m, b);
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
	free(seen);
}

void kept_close(struct kept *k)
{
	FILE *f = k->changed ? fopen(k->path, "w") : NULL;

	if (k->changed && !f) {
		perror(k->path);
		exit(2);
	}
	for (size_t i = 0; i < k->n; i++) {
		if (f)
			fprintf(f, "==== %s\n%s", k->sections[i].name, k->sections[i].text);
		free(k->sections[i].name);
		free(k->sections[i].text);
	}
	if (f)
		fclose(f);
	free(k);
}
