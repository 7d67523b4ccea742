/* The watch note of a blade: "under observation until Friday: NIC". Opened by t on a blade; asks the broker for note-set. */
#include "dialogs/form.h"

#include "common/clock.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"
#include "words/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 200    /* bytes */
#define UNTIL_MOST 63

enum { FIELD_TEXT, FIELD_UNTIL };
enum { ACT_NOTE, ACT_OFF };

struct note {
	istr id, name;
	istr held, by; /* what is noted there and by whom, as it was when the dialog was opened, or was last told */
};

/* Somebody noted something else there. Said once; whoever sends it again means it all the same. */
static bool was_noted(struct view *f, struct note *n)
{
	const struct blade *b = registry_find(f->app->objects, KIND_BLADE, n->id);
	char words[400];

	if (!b || (b->watch == n->held && b->watch_by == n->by))
		return false;
	intern_free(n->held);
	intern_free(n->by);
	n->held = intern_ref(b->watch);
	n->by = intern_ref(b->watch_by);
	if (!*n->held)
		return false;
	snprintf(words, sizeof words, _("%.60s has noted since: %.250s. Enter once more does it all the same."), n->by, n->held);
	text_mend(words);
	form_refuse(f, words);
	return true;
}

static void command(struct view *f, void *ctx, int what, char *out, size_t size)
{
	const struct note *n = ctx;

	snprintf(out, size, "tana note");
	form_word(out, size, n->id);
	form_word(out, size, what == ACT_OFF ? "" : form_text(f, FIELD_TEXT));
	if (what != ACT_OFF && *form_text(f, FIELD_UNTIL)) {
		snprintf(out + strlen(out), size - strlen(out), " --until");
		form_word(out, size, form_text(f, FIELD_UNTIL));
	}
	if (*n->held && strcmp(n->by, app_user(f->app)) != 0) /* a command has not seen it */
		form_word(out, size, "--anyway");
}

static void act(struct view *f, void *ctx, int what)
{
	struct note *n = ctx;
	const char *text = what == ACT_OFF ? "" : form_text(f, FIELD_TEXT);
	json_t *args;
	char done[300];

	if (what != ACT_OFF && !*text) {
		form_refuse(f, _("Write what is to be watched."));
		return;
	}
	if (was_noted(f, n))
		return;
	args = json_pack("{s:s, s:s, s:s}", "object", n->id, "text", text, "seen", n->held);
	if (what != ACT_OFF && *form_text(f, FIELD_UNTIL))
		json_object_set_new(args, "until", json_string(form_text(f, FIELD_UNTIL)));
	snprintf(done, sizeof done, *text ? _("%s is under observation") : _("%s is under observation no more"), n->name);
	form_send(f, "note-set", args, done, 0);
}

static void closed(void *ctx)
{
	struct note *n = ctx;

	intern_free(n->id);
	intern_free(n->name);
	intern_free(n->held);
	intern_free(n->by);
	free(n);
}

static void fill_at(struct view *f, const char *label, int64_t at)
{
	char text[24];

	look_time(text, sizeof text, at);
	form_fill(f, label, FIELD_UNTIL, text);
}

struct view *dialog_note_new(struct app *a, const struct blade *b)
{
	static const struct form_ops ops = {act, command, closed};
	struct note *n = xcalloc(1, sizeof *n);
	int64_t now = clock_wall_s();
	char title[300], place[160], until[24];
	struct view *f;

	n->id = intern(b->id);
	n->name = intern(b->name);
	n->held = intern_ref(b->watch);
	n->by = intern_ref(b->watch_by);
	snprintf(title, sizeof title, _("Watch %s"), b->name);
	snprintf(place, sizeof place, _("rack %.30s  %.30s  bay %.10s"), b->rack, b->enclosure, b->bay);
	f = form_new(a, title, place, &ops, n);
	if (*b->watch && *b->watch_by) {
		char words[200];

		snprintf(words, sizeof words, _("noted by %.80s"), b->watch_by);
		form_words(f, INK_DIM, words);
	}
	look_time(until, sizeof until, b->watch_until);
	form_field(f, _("Note:"), _("what is to be watched"), b->watch, TEXT_MOST);
	form_field(f, _("Until:"), _("empty: until it is taken off"), until, UNTIL_MOST);
	fill_at(f, _("until tomorrow evening"), when_hour(now, 1, 18));
	fill_at(f, _("until Friday evening"), when_weekday(now, 5, 18));
	fill_at(f, _("for two weeks"), when_hour(now, 14, 18));
	form_fill(f, _("without an end"), FIELD_UNTIL, "");
	form_act(f, _("Note it"), ACT_NOTE, "");
	form_act(f, _("Take the note off"), ACT_OFF, *b->watch ? "" : _("there is none"));
	return f;
}
