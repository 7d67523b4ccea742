/* What a VM does now as small graphs, one mark for five seconds (vm_inside.h). */
#include "views/vm_inside.h"

#include "link/stats.h"
#include "term/screen.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

#define MARKS_LEAST 8
#define VALUE 15          /* cells of what it is now */
#define QUIET (64 * 1024) /* bytes a second that fill a graph at least: what does next to nothing is flat */

enum { CPU, MEMORY, DISK_READ, DISK_WRITE, NET_IN, NET_OUT, ROWS };

static int64_t value_of(const struct stat_sample *s, int row)
{
	const int64_t all[ROWS] = {s->cpu, s->mem, s->disk_read, s->disk_write, s->net_in, s->net_out};

	return all[row];
}

/* What a full mark stands for; 0: nothing of this row is known. */
static int64_t full(const struct stats_vm *s, const struct vm *vm, int row)
{
	int64_t most = -1;

	for (int i = 0; i < s->n; i++)
		if (value_of(&s->list[i], row) > most)
			most = value_of(&s->list[i], row);
	if (most < 0)
		return 0;
	if (row == CPU)
		return 1000;
	if (row == MEMORY)
		return vm->mem_kib > 0 ? vm->mem_kib : most + 1;
	return most > QUIET ? most : QUIET;
}

static void rate_text(char *out, size_t size, int64_t bytes)
{
	double kib = (double)bytes / 1024;

	if (kib < 1000)
		snprintf(out, size, "%.*f KiB/s", kib < 10 ? 1 : 0, kib);
	else if (kib < 1000 * 1024)
		snprintf(out, size, "%.1f MiB/s", kib / 1024);
	else
		snprintf(out, size, "%.1f GiB/s", kib / (1024 * 1024));
}

static void value_text(char *out, size_t size, const struct vm *vm, int64_t now, int row)
{
	if (now < 0)
		snprintf(out, size, "-");
	else if (row == CPU)
		snprintf(out, size, "%d %%", (int)((now + 5) / 10));
	else if (row == MEMORY)
		snprintf(out, size, _("%.1f of %.3g GiB"), facts_gib(now), (double)(int64_t)(facts_gib(vm->mem_kib) * 10 + 0.5) / 10);
	else
		rate_text(out, size, now);
}

static void draw_row(const struct stats_vm *s, const struct vm *vm, int row, int y, int x, int w)
{
	static const char *const labels[ROWS] = {N_("cpu"), N_("memory"), N_("disk read"), N_("disk write"), N_("net in"), N_("net out")};
	int marks = w - VM_LABEL - VALUE - 1, first;
	int64_t most = full(s, vm, row), now = value_of(&s->list[s->n - 1], row);
	char text[STATS_KEPT * 4 + 1] = "", value[48];
	size_t len = 0;

	if (marks > STATS_KEPT)
		marks = STATS_KEPT;
	if (marks < MARKS_LEAST) /* a narrow screen has the number alone */
		marks = 0;
	first = s->n - marks;
	for (int i = first; marks > 0 && i < s->n; i++) {
		int64_t v = i < 0 ? -1 : value_of(&s->list[i], row);
		const char *mark = v < 0 ? " " : glyph_load_alone((double)v / (double)most, screen_tier());

		len += (size_t)snprintf(text + len, sizeof text - len, "%s", mark);
	}
	value_text(value, sizeof value, vm, now, row);
	screen_text(y, x, VM_LABEL - 1, INK_DIM, _(labels[row]));
	if (marks > 0)
		screen_text(y, x + VM_LABEL, marks, INK_LOAD, text);
	x += VM_LABEL + marks + (marks > 0);
	screen_text(y, x, VALUE, INK_NORMAL, value);
}

static const struct stats_vm *known(const struct vm *vm)
{
	/* What ran before it was switched off says nothing of now. */
	return vm->live && vm_state_is_active(vm->state) ? stats_of(vm->id) : NULL;
}

int vm_now_rows(const struct vm *vm)
{
	const struct stats_vm *s = known(vm);
	int n = 0;

	for (int row = 0; s && row < ROWS; row++)
		n += full(s, vm, row) > 0;
	return n;
}

int vm_now_draw(const struct vm *vm, int y, int x, int w)
{
	const struct stats_vm *s = known(vm);
	int n = 0;

	stats_want(vm->id);
	for (int row = 0; s && row < ROWS; row++)
		if (full(s, vm, row) > 0)
			draw_row(s, vm, row, y + n++, x, w);
	return n;
}
