/* What is put together out of texts in cells: boxes, and lines of pieces (screen.h). */
#include "term/screen.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void screen_box(struct box b, enum ink line, enum ink title_ink, const char *title, const char *right)
{
	int y2 = b.y + b.h - 1, x2 = b.x + b.w - 1;
	struct pen p;

	if (b.h < 2 || b.w < 2)
		return;
	for (int x = b.x + 1; x < x2; x++) {
		screen_glyph(b.y, x, line, GLYPH_H);
		screen_glyph(y2, x, line, GLYPH_H);
	}
	for (int y = b.y + 1; y < y2; y++) {
		screen_glyph(y, b.x, line, GLYPH_V);
		screen_fill(y, b.x + 1, b.w - 2, INK_NORMAL);
		screen_glyph(y, x2, line, GLYPH_V);
	}
	screen_glyph(b.y, b.x, line, GLYPH_TL);
	screen_glyph(b.y, x2, line, GLYPH_TR);
	screen_glyph(y2, b.x, line, GLYPH_BL);
	screen_glyph(y2, x2, line, GLYPH_BR);
	p = (struct pen){b.y, b.x + 2, x2 - 1};
	if (title && *title && p.end > p.x) {
		pen_skip(&p, 0);
		pen_text(&p, title_ink, " ");
		pen_text(&p, title_ink, title);
		pen_text(&p, title_ink, " ");
	}
	if (right && *right) {
		int width = text_width(right) + 2;

		if (x2 - 1 - width > p.x) {
			screen_fill(b.y, x2 - 1 - width, width, INK_NORMAL);
			screen_text(b.y, x2 - width, width - 2, INK_DIM, right);
		}
	}
}

/* ---- pens ---- */

void pen_text(struct pen *p, enum ink ink, const char *text)
{
	char *clean = text_is_clean(text) ? NULL : screen_cleaned(text);
	int width = text_width(clean ? clean : text), room = p->end - p->x;

	if (width > room)
		width = room;
	if (width > 0)
		screen_text(p->y, p->x, width, ink, clean ? clean : text);
	p->x += width > 0 ? width : 0;
	free(clean);
}

void pen_f(struct pen *p, enum ink ink, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pen_text(p, ink, text);
}

void pen_piece(struct pen *p, enum ink ink, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (text_width(text) > p->end - p->x)
		return;
	pen_text(p, ink, text);
	pen_skip(p, 2);
}

void pen_skip(struct pen *p, int cells)
{
	p->x += cells;
}

void pen_glyph(struct pen *p, enum ink ink, enum glyph g)
{
	pen_text(p, ink, glyph_text(g, screen_tier()));
}
