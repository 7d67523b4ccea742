/* Lines and history (lines.h). */
#include "words/lines.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/proto.h"
#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lines_add(struct lines *l, enum ink ink, const char *head, const char *fmt, ...)
{
	struct line *line;
	char text[2048];
	va_list ap;
	int width;

	if ((l->n & (l->n - 1)) == 0)
		l->list = xrealloc(l->list, (l->n ? l->n * 2 : 1) * sizeof *l->list);
	line = &l->list[l->n++];
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text_mend(text);
	line->text = text_shown_dup(text);
	line->ink = ink;
	snprintf(line->head, sizeof line->head, "%s", head ? head : "");
	width = text_width(line->head);
	if (width > l->head)
		l->head = width;
}

void lines_clear(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i].text);
	free(l->list);
	memset(l, 0, sizeof *l);
}

size_t lines_draw(const struct lines *l, size_t top, struct box b)
{
	int y = b.y, left = l->head > 0 ? l->head + 2 : 0;
	size_t i;

	if (left > b.w / 2)
		left = 0;
	for (i = top; i < l->n && y < b.y + b.h; i++) {
		int in = *l->list[i].head ? left : 0; /* what has no head begins at the left */

		if (in > 0)
			screen_text(y, b.x, left - 2, l->heads == HEADS_BOLD ? INK_BOLD : l->heads == HEADS_INK ? l->list[i].ink : INK_DIM, l->list[i].head);
		y += wrap_draw(y, b.x + in, b.w - in, b.y + b.h - y, l->list[i].ink, l->list[i].text, false);
	}
	return i - top;
}

int lines_height(const struct lines *l, int width)
{
	int left = l->head > 0 ? l->head + 2 : 0, h = 0;

	if (left > width / 2)
		left = 0;
	for (size_t i = 0; i < l->n; i++)
		h += wrap_height(l->list[i].text, width - (*l->list[i].head ? left : 0));
	return h;
}

/* ---- history ---- */

/* The record of the same job that ended it. */
static json_t *end_of(json_t *records, size_t from, const char *job)
{
	for (size_t i = from + 1; *job && i < json_array_size(records); i++) {
		json_t *r = json_array_get(records, i);

		if (strcmp(proto_text(r, "what"), "end") == 0 && strcmp(proto_text(r, "job"), job) == 0)
			return r;
	}
	return NULL;
}

static bool has_begin(json_t *records, size_t before, const char *job)
{
	for (size_t i = 0; *job && i < before; i++) {
		json_t *r = json_array_get(records, i);

		if (strcmp(proto_text(r, "what"), "begin") == 0 && strcmp(proto_text(r, "job"), job) == 0)
			return true;
	}
	return false;
}

/* A refusal or failure is worth a second look; the sentence itself says what it is. */
static enum ink ink_of(json_t *end, const char *what)
{
	const char *id = proto_text(json_object_get(end, "outcome"), "msg");

	if (strcmp(what, "denied") == 0 || strcmp(what, "lease-break") == 0)
		return INK_WARN;
	return strstr(id, "fail") ? INK_WARN : INK_NORMAL;
}

void lines_history(struct lines *l, json_t *records, bool customer)
{
	for (size_t i = json_array_size(records); i-- > 0;) {
		json_t *r = json_array_get(records, i), *end = NULL;
		const char *what = proto_text(r, "what"), *job = proto_text(r, "job"), *by = proto_text(r, "by"), *reason = proto_text(r, "reason");
		const char *verb = proto_text(r, "verb"), *ref = proto_text(json_object_get(r, "detail"), "ref");
		char when[24], does[160], number[64];
		struct msg outcome;
		bool said;

		if (strcmp(what, "end") == 0 && has_begin(records, i, job))
			continue;
		if (strcmp(what, "begin") == 0)
			end = end_of(records, i, job);
		look_time(when, sizeof when, json_integer_value(json_object_get(r, "at")));
		/* One action reads as its verb; what else stands in the chain is named as it is there. */
		if (*verb && (strcmp(what, "begin") == 0 || strcmp(what, "end") == 0))
			snprintf(does, sizeof does, "%.150s", look_verb(verb));
		else if (*verb)
			snprintf(does, sizeof does, "%.80s: %.60s", look_record(r), look_verb(verb));
		else
			snprintf(does, sizeof does, "%.150s", look_record(r));
		said = msg_from_json(&outcome, json_object_get(end ? end : r, "outcome"));
		if (said && outcome.id && strcmp(outcome.id, "console.closed") == 0) { /* by whom is said already */
			msg_free(&outcome);
			said = false;
		}
		number[0] = '\0';
		if (*job)
			snprintf(number, sizeof number, _(", job %.16s"), look_id(job));
		if (!*by && customer)
			by = _("provider");
		lines_add(l, ink_of(end ? end : r, what), when, "%s%s%s%s%s%s%s%s%s", does, *by ? _(" by ") : "", by, said ? ": " : "", said ? outcome.text : "",
			number, *reason || *ref ? "  (" : "", *reason ? reason : ref, *reason || *ref ? ")" : "");
		if (said)
			msg_free(&outcome);
	}
}
