/* What can be done with an alert: taken with a ticket, muted until a time, put back. Opened by a in the list of alerts; asks the broker
 * for alert-set. */
#include "dialogs/form.h"

#include "common/clock.h"
#include "common/text.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "words/look.h"
#include "words/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKET_MOST 200  /* bytes */
#define NOTE_MOST 500
#define UNTIL_MOST 63

enum { ACT_TAKE, ACT_MUTE, ACT_BACK, ACT_OPEN, ACT_HISTORY };
enum { TAKE_TICKET, TAKE_NOTE };
enum { MUTE_UNTIL, MUTE_TICKET, MUTE_NOTE };

struct about {
	istr id, object, name, title, place;
	istr held; /* who had it, and how (alert_holder), when the dialog was opened, or was last told */
};

static istr held_now(const struct alert *a)
{
	char text[512];

	alert_holder(a, text, sizeof text);
	return intern(text);
}

static struct about *about_new(const struct alert *a)
{
	struct about *o = xcalloc(1, sizeof *o);
	char title[400];

	snprintf(title, sizeof title, "%.100s: %.250s", a->name, look_alarm_text(a));
	text_mend(title);
	o->id = intern(a->id);
	o->object = intern(a->object);
	o->name = intern(a->name);
	o->title = intern(title);
	o->place = intern(a->place);
	o->held = held_now(a);
	return o;
}

static void about_free(void *ctx)
{
	struct about *o = ctx;

	intern_free(o->id);
	intern_free(o->object);
	intern_free(o->name);
	intern_free(o->title);
	intern_free(o->place);
	intern_free(o->held);
	free(o);
}

/* Somebody was faster. Said once; whoever sends it again means it all the same. */
static bool was_taken(struct view *f, struct about *o, bool back)
{
	const struct alert *al = registry_find(f->app->objects, KIND_ALERT, o->id);
	istr now = al ? held_now(al) : intern(o->held);
	bool other = now != o->held && *now;
	char words[400];

	intern_free(o->held);
	o->held = now;
	if (!other)
		return false;
	if (back)
		snprintf(words, sizeof words, _("%.100s has it since a moment ago. Enter once more puts it back."), al->by);
	else
		snprintf(words, sizeof words, _("%.100s has it since a moment ago. Enter once more takes it over."), al->by);
	text_mend(words);
	form_refuse(f, words);
	return true;
}

static void put(char *out, size_t size, const char *option, const char *value)
{
	if (!*value)
		return;
	snprintf(out + strlen(out), size - strlen(out), " %s", option);
	form_word(out, size, value);
}

/* A command has not seen whose it is. */
static void put_anyway(struct view *f, const struct about *o, char *out, size_t size)
{
	const struct alert *a = registry_find(f->app->objects, KIND_ALERT, o->id);

	if (a && *o->held && strcmp(a->by, app_user(f->app)) != 0)
		form_word(out, size, "--anyway");
}

/* What alert-set is asked for. ticket, note: those fields. */
static json_t *wished(const struct about *o, const char *state, struct view *f, int ticket, int note)
{
	json_t *args = json_pack("{s:s, s:s, s:s}", "object", o->id, "state", state, "seen", o->held);

	if (*form_text(f, ticket))
		json_object_set_new(args, "ticket", json_string(form_text(f, ticket)));
	if (*form_text(f, note))
		json_object_set_new(args, "note", json_string(form_text(f, note)));
	return args;
}

/* ---- taking it ---- */

static void take_command(struct view *f, void *ctx, int what, char *out, size_t size)
{
	snprintf(out, size, "tana alerts ack");
	form_word(out, size, ((struct about *)ctx)->id);
	put(out, size, "--ref", form_text(f, TAKE_TICKET));
	put(out, size, "--note", form_text(f, TAKE_NOTE));
	put_anyway(f, ctx, out, size);
}

static void take(struct view *f, void *ctx, int what)
{
	struct about *o = ctx;
	char done[300];

	if (was_taken(f, o, false))
		return;
	snprintf(done, sizeof done, _("the alert about %.200s is yours"), o->name);
	form_send(f, "alert-set", wished(o, "acknowledged", f, TAKE_TICKET, TAKE_NOTE), done, 1);
}

static struct view *take_new(struct app *a, const struct alert *al)
{
	static const struct form_ops ops = {take, take_command, about_free};
	struct about *o = about_new(al);
	struct view *f = form_new(a, o->title, lang_said(NULL, o->place), &ops, o);

	form_field(f, _("Ticket:"), _("may stay empty"), al->ticket, TICKET_MOST);
	form_field(f, _("Note:"), _("for those who look at it next"), al->note, NOTE_MOST);
	form_act(f, _("Acknowledge: I have it"), ACT_TAKE, "");
	return f;
}

/* ---- muting it ---- */

static void mute_command(struct view *f, void *ctx, int what, char *out, size_t size)
{
	snprintf(out, size, "tana alerts mute");
	form_word(out, size, ((struct about *)ctx)->id);
	put(out, size, "--until", form_text(f, MUTE_UNTIL));
	put(out, size, "--ref", form_text(f, MUTE_TICKET));
	put(out, size, "--note", form_text(f, MUTE_NOTE));
	put_anyway(f, ctx, out, size);
}

static void mute(struct view *f, void *ctx, int what)
{
	struct about *o = ctx;
	json_t *args;
	char done[300];

	if (!*form_text(f, MUTE_UNTIL)) {
		form_refuse(f, _("Until when? An alert is not muted without an end."));
		return;
	}
	if (was_taken(f, o, false))
		return;
	args = wished(o, "muted", f, MUTE_TICKET, MUTE_NOTE);
	json_object_set_new(args, "until", json_string(form_text(f, MUTE_UNTIL)));
	snprintf(done, sizeof done, _("the alert about %.150s is muted until %.60s"), o->name, form_text(f, MUTE_UNTIL));
	form_send(f, "alert-set", args, done, 1);
}

static void fill_at(struct view *f, const char *label, int64_t at)
{
	char text[24];

	look_time(text, sizeof text, at);
	form_fill(f, label, MUTE_UNTIL, text);
}

static struct view *mute_new(struct app *a, const struct alert *al)
{
	static const struct form_ops ops = {mute, mute_command, about_free};
	struct about *o = about_new(al);
	struct view *f = form_new(a, o->title, lang_said(NULL, o->place), &ops, o);
	int64_t now = clock_wall_s();
	char until[24];

	look_time(until, sizeof until, al->muted_until > now ? al->muted_until : now + 1800);
	form_field(f, _("Until:"), _("a time, such as 2026-04-12 06:00"), until, UNTIL_MOST);
	form_field(f, _("Ticket:"), _("may stay empty"), al->ticket, TICKET_MOST);
	form_field(f, _("Note:"), _("for those who look at it next"), al->note, NOTE_MOST);
	fill_at(f, _("for 30 minutes"), now + 1800);
	fill_at(f, _("for 2 hours"), now + 7200);
	fill_at(f, _("until tomorrow morning"), when_hour(now, 1, 6));
	form_act(f, _("Mute it until then"), ACT_MUTE, "");
	return f;
}

/* ---- what there is to choose ---- */

static void menu_command(struct view *f, void *ctx, int what, char *out, size_t size)
{
	out[0] = '\0';
	if (what == ACT_BACK) {
		snprintf(out, size, "tana alerts unack");
		form_word(out, size, ((struct about *)ctx)->id);
		put_anyway(f, ctx, out, size);
	}
}

static void menu(struct view *f, void *ctx, int what)
{
	struct about *o = ctx;
	struct app *a = f->app;
	const struct alert *al = registry_find(a->objects, KIND_ALERT, o->id);
	char done[300];
	istr object, name;

	switch (what) {
	case ACT_TAKE:
	case ACT_MUTE:
		if (al)
			app_push(a, what == ACT_TAKE ? take_new(a, al) : mute_new(a, al));
		break;
	case ACT_BACK:
		if (was_taken(f, o, true))
			break;
		snprintf(done, sizeof done, _("the alert about %.200s is nobody's again"), o->name);
		form_send(f, "alert-set", json_pack("{s:s, s:s, s:s}", "object", o->id, "state", "new", "seen", o->held), done, 0);
		break;
	default:
		object = intern(o->object);
		name = intern(o->name);
		app_back(a); /* frees o */
		if (what == ACT_OPEN)
			rows_open_id(a, object, name);
		else
			rows_history(a, object, name);
		intern_free(object);
		intern_free(name);
		break;
	}
}

struct view *dialog_alert_new(struct app *a, const struct alert *al)
{
	static const struct form_ops ops = {menu, menu_command, about_free};
	struct about *o = about_new(al);
	struct view *f = form_new(a, o->title, lang_said(NULL, o->place), &ops, o);
	bool cleared = look_alarm_is(al, "cleared");
	char words[512], holder[128], when[24];

	look_time(when, sizeof when, al->since);
	look_alarm_holder(holder, sizeof holder, al);
	if (look_alarm_is(al, "new"))
		snprintf(words, sizeof words, _("since %s; nobody has taken it"), when);
	else
		snprintf(words, sizeof words, _("since %s; %s"), when, holder);
	form_words(f, INK_DIM, words);
	if (look_alarm_is(al, "muted") && *al->by) {
		snprintf(words, sizeof words, _("by %.80s%s%.60s"), al->by, *al->ticket ? ", " : "", al->ticket);
		text_mend(words);
		form_words(f, INK_DIM, words);
	}
	if (al->flapping) {
		snprintf(words, sizeof words, _("it came and went %lld times in ten minutes"), (long long)al->changes);
		form_words(f, INK_WARN, words);
	}
	if (*al->note)
		form_words(f, INK_NORMAL, al->note);
	if (app_may_act(a)) {
		form_act(f, _("Acknowledge: with a ticket and a note"), ACT_TAKE, cleared ? _("it is well again") : "");
		form_act(f, _("Mute for some time"), ACT_MUTE, cleared ? _("it is well again") : "");
		form_act(f, _("Put it back: nobody has it"), ACT_BACK, cleared ? _("it is well again") : look_alarm_is(al, "new") ? _("nobody has taken it") : "");
	}
	form_act(f, _("Open what it is about"), ACT_OPEN, *al->object ? "" : _("it names no object"));
	form_act(f, _("History of what it is about"), ACT_HISTORY, *al->object ? "" : _("it names no object"));
	return f;
}
