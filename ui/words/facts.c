/* Rows of facts (facts.h). */
#include "words/facts.h"

#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"
#include "words/wrap.h"

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
	text_mend(row->value);
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

double facts_gib(int64_t kib)
{
	return (double)kib / (1024 * 1024);
}

void facts_vm(struct facts *f, const struct vm *vm, enum tier t)
{
	struct look l = look_vm(vm, t);
	char when[32], memory[24];

	f->n = 0;
	if (*vm->alert)
		facts_add(f, _("alert"), vm->twice ? INK_ALERT_TEXT : INK_WARN, "%s", lang_said(NULL, vm->alert));
	facts_add(f, _("state"), l.ink, "%s", l.word);
	facts_age(f, !vm->live ? vm->seen : *vm->doing ? 0 : vm->since);
	if (*vm->doing) {
		const char *id = look_id(vm->job);

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
	text_bytes_kib(memory, sizeof memory, (unsigned long long)vm->mem_kib);
	if (vm->vcpus > 0)
		facts_add(f, _("size"), INK_NORMAL, _("%s%s%lld vCPU, %s"), vm->grade, *vm->grade ? "  " : "", (long long)vm->vcpus, memory);
	facts_add(f, _("blade"), INK_NORMAL, "%s", vm->blade);
	facts_add(f, _("pair"), INK_NORMAL, "%s", vm->pair);
	/* Who is not told on which blade it is (a customer) is not told this either: what is not sent is not "no". */
	if (!vm->persistent && vm->live && *vm->blade)
		facts_add(f, _("kept"), INK_WARN, "%s", _("no: its host forgets it when it is off"));
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

	for (int i = 0; i < f->n; i++)
		lines += wrap_height(f->list[i].value, value_room(&f->list[i], width, label_width));
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

			n = wrap_line(s, room, &next);
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
