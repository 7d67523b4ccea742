/* Where racks are drawn: everything inside the box, nothing over anything else, and 60 racks on one small screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/buf.h"
#include "map/metal.h"
#include "map/rack_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct registry *site(int racks, int enclosures, int rows, int columns)
{
	struct registry *r = registry_new();
	char text[64];

	for (int i = 0; i < racks; i++) {
		struct rack *rack = object_new(KIND_RACK);

		snprintf(text, sizeof text, "rack:%c%02d", 'A' + i / 6, i % 6 + 1);
		intern_set(&rack->id, text);
		intern_set(&rack->name, text + 5);
		rack->order = i;
		registry_add(r, KIND_RACK, rack);
		for (int j = 0; j < enclosures; j++) {
			struct enclosure *e = object_new(KIND_ENCLOSURE);

			snprintf(text, sizeof text, "enclosure:%c%02d-%d", 'A' + i / 6, i % 6 + 1, j);
			intern_set(&e->id, text);
			intern_set(&e->name, text + 10);
			intern_set(&e->rack, rack->name);
			e->order = j;
			e->rows = rows;
			e->columns = columns;
			e->bays = rows * columns;
			registry_add(r, KIND_ENCLOSURE, e);
			for (int b = 0; b < rows * columns; b++) {
				struct blade *blade = object_new(KIND_BLADE);

				snprintf(text, sizeof text, "blade:%d-%d-%d", i, j, b);
				intern_set(&blade->id, text);
				intern_set(&blade->name, text + 6);
				intern_set(&blade->enclosure, e->name);
				intern_set(&blade->rack, rack->name);
				blade->place = b;
				registry_add(r, KIND_BLADE, blade);
			}
		}
	}
	return r;
}

static int cell_rows(struct metal *m, const struct rack_layout *l, const struct rack_cell *c)
{
	return l->form == RACK_BLOCKS && c->enclosure >= 0 ? metal_enclosure(m, c->enclosure)->rows : 1;
}

/* Draws letters into a board and finds any that would stand on another or outside. */
static void check(struct metal *m, const struct rack_layout *l, int h, int w)
{
	char *board = xcalloc((size_t)h * (size_t)w, 1);

	for (int i = 0; i < l->ncells; i++)
		for (int y = 0; y < cell_rows(m, l, &l->cells[i]); y++)
			for (int x = 0; x < l->cells[i].w; x++) {
				int py = l->cells[i].y + y, px = l->cells[i].x + x;

				if (py < 0 || py >= h || px < 0 || px >= w)
					fail_msg("form %d on %dx%d: cell %d at %d,%d is outside", (int)l->form, w, h, i, py, px);
				if (board[py * w + px]++)
					fail_msg("form %d on %dx%d: cell %d at %d,%d stands on another", (int)l->form, w, h, i, py, px);
			}
	/* The brackets of the cursor have a cell of their own on both sides, inside the rack's box where there is one. */
	for (int i = 0; i < l->ncells && l->form != RACK_DOTS; i++)
		for (int y = 0; y < cell_rows(m, l, &l->cells[i]); y++) {
			int left = l->cells[i].x - 1, right = l->cells[i].x + l->cells[i].w, row = (l->cells[i].y + y) * w;

			if (left < 0 || right >= w || board[row + left] || board[row + right])
				fail_msg("form %d on %dx%d: no room for a cursor around cell %d", (int)l->form, w, h, i);
			for (int b = 0; b < l->nframes; b++) {
				const struct box *at = &l->frames[b].at;

				if (l->cells[i].x > at->x && l->cells[i].x < at->x + at->w && l->cells[i].y > at->y && l->cells[i].y < at->y + at->h) {
					assert_true(left > at->x && right < at->x + at->w - 1);
					assert_int_equal(l->cells[i].rack, l->frames[b].rack);
				}
			}
		}
	for (int i = 0; i < l->ntitles; i++)
		for (int x = 0; x < l->titles[i].w; x++)
			if (board[l->titles[i].y * w + l->titles[i].x + x]++)
				fail_msg("form %d on %dx%d: title %d stands on something", (int)l->form, w, h, i);
	free(board);
}

/* All racks, or the one. */
static void lay(struct rack_layout *l, struct metal *m, int only, enum rack_form from, int h, int w)
{
	int list[2000];
	struct rack_wish wish = {.racks = list, .n = only < 0 ? metal_racks(m) : 1, .from = from, .h = h, .w = w, .most = 16};

	for (int i = 0; i < wish.n; i++)
		list[i] = only < 0 ? i : only;
	rack_layout_make(l, m, &wish);
}

static void make(struct rack_layout *l, struct metal *m, int only, int h, int w)
{
	lay(l, m, only, RACK_BAYS, h, w);
	check(m, l, h, w);
}

static void test_forms(void **state)
{
	struct registry *r = site(2, 2, 2, 8), *big = site(60, 2, 2, 8);
	struct metal *m = metal_new(r), *many = metal_new(big);
	struct rack_layout l = {0};

	make(&l, m, -1, 16, 80);
	assert_int_equal(l.form, RACK_BAYS);
	assert_true(l.labels);
	assert_int_equal(l.ncells, 64);
	make(&l, many, -1, 16, 80); /* 80x24: every rack and enclosure of 60 */
	assert_int_equal(l.form, RACK_WORST);
	assert_int_equal(l.ncells, 120);
	make(&l, many, -1, 28, 120);
	assert_int_equal(l.form, RACK_LINES);
	make(&l, many, -1, 37, 160);
	assert_int_equal(l.form, RACK_BLOCKS);
	make(&l, many, 7, 16, 80); /* one of them, whole */
	assert_int_equal(l.form, RACK_BAYS);
	assert_int_equal(l.ncells, 32);
	make(&l, many, -1, 6, 60);
	assert_true(l.ncells == 60);
	rack_layout_free(&l);
	metal_free(m);
	metal_free(many);
	registry_free(r);
	registry_free(big);
}

/* Every size down to one cell: it may only be outside where not even a sign a rack has room. */
static void test_any_size(void **state)
{
	static const struct { int racks, enclosures, rows, columns; } shapes[] = {{1, 1, 1, 1}, {2, 2, 2, 8}, {5, 3, 1, 16}, {7, 1, 4, 4}, {60, 2, 2, 8}, {1, 9, 2, 8}};

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct registry *r = site(shapes[i].racks, shapes[i].enclosures, shapes[i].rows, shapes[i].columns);
		struct metal *m = metal_new(r);
		struct rack_layout l = {0};

		for (int h = 1; h < 40; h += 3)
			for (int w = 1; w < 210; w += 7) {
				lay(&l, m, -1, RACK_BAYS, h, w);
				assert_true(l.ncells >= shapes[i].racks - l.hidden);
				assert_true(l.hidden == 0 || h * w < shapes[i].racks);
				if (l.form != RACK_DOTS)
					check(m, &l, h, w);
			}
		rack_layout_free(&l);
		metal_free(m);
		registry_free(r);
	}
}

/* Zoomed out by hand: every form in turn, each on the same screen, none over another. */
static void test_zoom(void **state)
{
	struct registry *r = site(3, 2, 2, 8);
	struct metal *m = metal_new(r);
	struct rack_layout l = {0};
	int cells[] = {96, 6, 6, 6, 3, 3};

	for (int from = RACK_BAYS; from <= RACK_DOTS; from++) {
		lay(&l, m, -1, (enum rack_form)from, 40, 150);
		check(m, &l, 40, 150);
		assert_int_equal(l.form, from);
		assert_int_equal(l.ncells, cells[from]);
	}
	rack_layout_free(&l);
	metal_free(m);
	registry_free(r);
}

/* More racks than cells: the first of the list are shown, the rest is counted. */
static void test_no_room(void **state)
{
	struct registry *r = site(156, 1, 2, 8);
	struct metal *m = metal_new(r);
	struct rack_layout l = {0};

	make(&l, m, -1, 4, 40); /* 160 cells without a gap */
	assert_int_equal(l.form, RACK_DOTS);
	assert_int_equal(l.ncells, 156);
	assert_int_equal(l.hidden, 0);
	make(&l, m, -1, 3, 40);
	assert_int_equal(l.ncells, 120);
	assert_int_equal(l.hidden, 36);
	assert_int_equal(l.cells[119].rack, 119);
	rack_layout_free(&l);
	metal_free(m);
	registry_free(r);
}

/* Going right as far as it goes, then left: every bay of the line once, over the gap between racks. */
static void test_steps(void **state)
{
	struct registry *r = site(2, 2, 2, 8);
	struct metal *m = metal_new(r);
	struct rack_layout l = {0};
	int at = 0, steps = 0;

	make(&l, m, -1, 16, 80);
	for (int next; (next = rack_layout_step(&l, at, 0, 1)) != at; at = next)
		steps++;
	assert_int_equal(steps, 15);
	assert_int_equal(l.cells[at].rack, 1);
	assert_int_equal(l.cells[at].bay, 7);
	for (steps = 0; rack_layout_step(&l, at, 1, 0) != at; steps++)
		at = rack_layout_step(&l, at, 1, 0);
	assert_int_equal(steps, 3);
	assert_int_equal(l.cells[at].rack, 1);
	assert_int_equal(l.cells[at].enclosure, 3);
	assert_int_equal(l.cells[at].bay, 15);
	assert_int_equal(rack_layout_step(&l, at, 0, 1), at);
	/* From every cell every step lands on a cell. */
	for (int i = 0; i < l.ncells; i++)
		for (int d = 0; d < 4; d++) {
			int to = rack_layout_step(&l, i, d == 0 ? -1 : d == 1, d == 2 ? -1 : d == 3);

			assert_true(to >= 0 && to < l.ncells);
		}
	assert_int_equal(rack_layout_step(&l, -1, 1, 0), 0);
	rack_layout_free(&l);
	assert_int_equal(rack_layout_step(&l, -1, 1, 0), -1);
	metal_free(m);
	registry_free(r);
}

/* A blade that stands nowhere we know is still seen; one that moves is seen where it went. */
static void test_metal(void **state)
{
	struct registry *r = site(1, 2, 2, 8);
	struct metal *m = metal_new(r);
	struct blade *b = registry_find(r, KIND_BLADE, "blade:0-0-3"), *lost = object_new(KIND_BLADE);
	uint32_t slot = registry_slot(r, KIND_BLADE, b), version;

	assert_int_equal(metal_enclosures(m), 2);
	assert_int_equal(metal_enclosure(m, 0)->blade[3], slot);
	version = metal_version(m);
	b->running = 5;
	registry_changed(r, KIND_BLADE, b, false);
	assert_int_equal(metal_version(m), version);
	registry_remove(r, KIND_BLADE, registry_find(r, KIND_BLADE, "blade:0-1-9"));
	intern_set(&b->enclosure, "A01-1");
	b->place = 9;
	registry_changed(r, KIND_BLADE, b, true);
	assert_int_equal(metal_enclosures(m), 2);
	assert_int_equal(metal_enclosure(m, 0)->blade[3], METAL_NONE);
	assert_int_equal(metal_enclosure(m, 1)->blade[9], slot);
	/* From bay to bay of the same enclosure. */
	registry_remove(r, KIND_BLADE, registry_find(r, KIND_BLADE, "blade:0-1-3"));
	b->place = 3;
	registry_changed(r, KIND_BLADE, b, true);
	assert_int_equal(metal_enclosures(m), 2);
	version = metal_version(m);
	b->place = 9;
	registry_changed(r, KIND_BLADE, b, true);
	assert_true(metal_version(m) != version);
	assert_int_equal(metal_enclosure(m, 1)->blade[9], slot);
	assert_int_equal(metal_enclosure(m, 1)->blade[3], METAL_NONE);
	intern_set(&lost->id, "blade:lost");
	intern_set(&lost->name, "lost");
	lost->place = -1;
	registry_add(r, KIND_BLADE, lost);
	assert_int_equal(metal_racks(m), 2);
	assert_int_equal(metal_rack(m, 1)->blades, 1);
	metal_free(m);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_any_size), cmocka_unit_test(test_zoom), cmocka_unit_test(test_no_room), cmocka_unit_test(test_steps), cmocka_unit_test(test_metal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
