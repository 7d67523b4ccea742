/* Rows of facts (facts.h). */
#include "facts.h"

#include "common/text.h"
#include "look.h"
#include "screen.h"
#include "tr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define AGE_BESIDE 64

void facts_add(struct facts *f, const char *label, enum ink ink, const char *fmt, ...)
{
	struct fact *row;
	va_list ap;

	if (f->n == FACTS_MAX)
		return;
	row = &f->list[f->n];
	va_start(ap, fmt);
	vsnprintf(row->value, sizeof row->value, fmt, ap);
	va_end(ap);
	if (!row->value[0])
		return;
	row->label = label;
	row->ink = ink;
	row->age[0] = '\0';
	f->n++;
}

void facts_age(struct facts *f, int64_t t)
{
	if (f->n > 0)
		look_age(f->list[f->n - 1].age, sizeof f->list[0].age, t);
}

static double gib(int64_t kib)
{
	return (double)kib / (1024 * 1024);
}

void facts_vm(struct facts *f, const struct vm *vm, enum tier t)
{
	struct look l = look_vm(vm, t);
	char when[32];

	f->n = 0;
	if (*vm->alert)
		facts_add(f, _("alert"), vm->twice ? INK_ALERT_TEXT : INK_WARN, "%s", lang_said(NULL, vm->alert));
	facts_add(f, _("state"), l.ink, "%s", l.word);
	facts_age(f, !vm->live ? vm->seen : *vm->doing ? 0 : vm->since);
	if (*vm->doing) {
		const char *id = strchr(vm->job, ':');

		id = id ? id + 1 : vm->job;
		if (*vm->by)
			facts_add(f, _("in use"), INK_ACTIVE, _("by %s, %s, job %s"), vm->by, look_verb(vm->doing), id);
		else /* a customer is not told which of the provider's people it is */
			facts_add(f, _("in use"), INK_ACTIVE, _("%s, job %s"), look_verb(vm->doing), id);
	}
	look_time(when, sizeof when, vm->live ? vm->since : vm->seen);
	if (*when)
		facts_add(f, vm->live ? _("since") : _("last seen"), INK_NORMAL, "%s", when);
	facts_add(f, _("protected"), INK_NORMAL, "%s", vm->protect ? _("yes: refuses what loses work") : "");
	facts_add(f, _("tenant"), INK_NORMAL, "%s", vm->tenant);
	if (vm->vcpus > 0)
		facts_add(f, _("size"), INK_NORMAL, _("%s%s%lld vCPU, %.3g GiB"), vm->grade, *vm->grade ? "  " : "", (long long)vm->vcpus, gib(vm->mem_kib));
	facts_add(f, _("blade"), INK_NORMAL, "%s", vm->blade);
	facts_add(f, _("pair"), INK_NORMAL, "%s", vm->pair);
	/* Who is not told on which blade it is (a customer) is not told this either: what is not sent is not "no". */
	if (!vm->persistent && vm->live && *vm->blade)
		facts_add(f, _("kept"), INK_WARN, "%s", _("no: its host forgets it when it is off"));
}

/* Is byte `at` of s the begin of a character of Japanese, or right behind one: a place where a line may end without a blank? */
static bool may_break(const char *s, size_t at)
{
	/* What never stands at the begin of a line: commas, closing brackets, long marks and small letters. */
	static const char *const closing[] = {"\xe3\x80\x81", "\xe3\x80\x82", "\xe3\x80\x8d", "\xef\xbc\x89", "\xe3\x83\xbc", "\xe3\x82\xa3", "\xe3\x82\xa7",
		"\xe3\x83\x83", "\xe3\x83\xa3", "\xe3\x83\xa5", "\xe3\x83\xa7", "\xe3\x81\xa3"};
	const unsigned char *p = (const unsigned char *)s + at;

	if ((*p & 0xc0) == 0x80 || at < 3)
		return false;
	for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
		if (strncmp(s + at, closing[i], 3) == 0)
			return false;
	if (strncmp(s + at - 3, "\xef\xbc\x88", 3) == 0 || strncmp(s + at - 3, "\xe3\x80\x8c", 3) == 0) /* an opening bracket ends no line */
		return false;
	return *p >= 0xe3 || p[-3] >= 0xe3;
}

size_t facts_wrap(const char *s, int cells, size_t *next)
{
	int used;
	size_t n = text_cut(s, cells, &used), blank = n;

	if (s[n] == '\0') {
		*next = n;
		return n;
	}
	if (n == 0) { /* not even one character fits */
		*next = strlen(s);
		return *next;
	}
	while (blank > 0 && s[blank] != ' ' && !may_break(s, blank))
		blank--;
	if (blank == 0) {
		*next = n;
		return n;
	}
	*next = s[blank] == ' ' ? blank + 1 : blank;
	return blank;
}

static int value_room(const struct fact *row, int width, int label_width)
{
	int room = width - label_width, age = *row->age ? text_width(row->age) + 2 : 0;

	/* A value that is longer than the rest of its line wraps below its age. */
	return room - age > 8 ? room - age : room;
}

int facts_height(const struct facts *f, int width, int label_width)
{
	int lines = 0;

	for (int i = 0; i < f->n; i++) {
		const char *s = f->list[i].value;
		int room = value_room(&f->list[i], width, label_width);
		size_t next;

		do {
			facts_wrap(s, room, &next);
			s += next;
			lines++;
		} while (*s);
	}
	return lines;
}

int facts_draw(const struct facts *f, struct box b, int label_width)
{
	int y = b.y;

	for (int i = 0; i < f->n && y < b.y + b.h; i++) {
		const struct fact *row = &f->list[i];
		const char *s = row->value;
		int room = value_room(row, b.w, label_width);
		bool shout = row->ink == INK_ALERT;
		size_t n, next;

		screen_text(y, b.x, label_width - 1, INK_DIM, row->label);
		if (*row->age && b.w > AGE_BESIDE) /* a wide line: far to the right nobody would look for it */
			screen_text(y, b.x + label_width + text_width(s) + 2, text_width(row->age), INK_DIM, row->age);
		else if (*row->age)
			screen_right(y, b.x + b.w - text_width(row->age), text_width(row->age), INK_DIM, row->age);
		do {
			char line[sizeof row->value];
			int width;

			n = facts_wrap(s, room, &next);
			snprintf(line, sizeof line, "%.*s", (int)n, s);
			width = text_width(line);
			/* White on red covers the words and not the line. */
			screen_text(y, b.x + label_width, width < room ? width : room, row->ink, line);
			s += next;
			y++;
		} while (*s && y < b.y + b.h && !(shout && y >= b.y + b.h));
	}
	return y - b.y;
}
