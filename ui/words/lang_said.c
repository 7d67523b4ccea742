/* What the broker says, told in the language of the screens: sentences with their args through error.h's hook, and sentences that
 * come alone (lang_said) by finding out what fills the holes of their template. */
#include "words/lang.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/text.h"
#include "tr.h"
#include "words/lang_inside.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 1024   /* sentences kept: a screen has far fewer */
#define RETIRED 16   /* ... and those just put out, which somebody may still be drawing */
#define DEPTH 3      /* a reason in a reason in a sentence */
#define TELLING 8    /* letters that a template needs of its own to be recognised without its id */

static struct { char *english, *told; } slots[SLOTS];
static char *retired[RETIRED];
static size_t nretired;

/* Values that are no names: parts of sentences that the broker puts together. */
static const char *const pieces[] = {
	N_("{n} of {m} OK"), N_("{name} failed"), N_("{name} warning"), N_("{n} s"), N_("{n} min"), N_("{n} h"), N_("{n} d"), N_("{n} of {name}"), N_("no tenant {n}"), N_("rack {name}"), N_("enclosure {name}"), N_("bay {name}"),
	N_("serial {name}"), N_("{name} ago"), N_("{n} VMs"), N_("{n} vCPU"),
};
static const char *const words[] = {
	N_("unknown"), N_("running"), N_("blocked"), N_("paused"), N_("shutting down"), N_("shutting-down"), N_("shutoff"), N_("off"), N_("on"), N_("crashed"), N_("suspended"),
	N_("starting"), N_("stopping"), N_("done"), N_("failed"), N_("accepted"), N_("partly"), N_("yes"), N_("no"), N_("operator"),
	N_("viewer"), N_("customer"), N_("silent"), N_("denied"), N_("busy"), N_("nobody"), N_("no tenant"), N_("kept"), N_("taken"), N_("space"),
	N_("new"), N_("acknowledged"), N_("muted"), N_("cleared"), N_("rack"), N_("enclosure"), N_("blade"), N_("cluster"), N_("volume"),
	N_("none"), N_("active"), N_("standby"), N_("up"), N_("connecting"), N_("not asked"),
};

static bool is_one_of(const char *hole, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(hole, list[i]) == 0)
			return true;
	return false;
}
#define AMONG(hole, ...) is_one_of(hole, (const char *const[]){ __VA_ARGS__ }, sizeof (const char *const[]){ __VA_ARGS__ } / sizeof (char *))

static char *retell(const char *id, const char *english, int depth);

/* One piece between commas, or of a range; NULL: nothing that is known. */
static char *piece(const char *s)
{
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		json_t *args = msg_args_of(pieces[i], s);
		if (!args)
			continue;
		char *told = msg_format(lang_text(pieces[i]), args);
		json_decref(args);
		return told;
	}
	return NULL;
}

static char *in_pieces(const char *s)
{
	struct buf b = { 0 };
	bool any = false;

	while (*s) {
		const char *comma = strstr(s, ", "), *dash = strstr(s, " - "), *end = comma && (!dash || comma < dash) ? comma : dash;
		const char *sep = end == comma ? ", " : " - ";
		char *one = xasprintf("%.*s", end ? (int)(end - s) : (int)strlen(s), s), *told = piece(one);
		any = any || told;
		buf_str(&b, told ? told : one);
		free(one);
		free(told);
		if (!end)
			break;
		buf_str(&b, sep);
		s = end + strlen(sep);
	}
	buf_append(&b, "", 1);
	if (any)
		return b.data;
	buf_free(&b);
	return NULL;
}

static char *word(const char *s)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], s) == 0)
			return xstrdup(lang_text(words[i]));
	return NULL;
}

/* What fills a hole; NULL: as it stands. */
static char *value_at(const char *hole, const char *english, int depth)
{
	if (strcmp(lang_now(), "en") == 0 || !*english)
		return NULL;
	if (strcmp(hole, "verb") == 0) {
		const char *verb = look_verb(english);
		return verb != english ? xstrdup(verb) : NULL;
	}
	if (AMONG(hole, "state", "was", "is", "power", "role", "kind", "limit", ""))
		return word(english);
	if (AMONG(hole, "age", "minutes", "total", "stagger", "period", "whose", "where", "size", "wrong"))
		return in_pieces(english);
	if (AMONG(hole, "reason", "why", "text", "words", "alert", "what", "before", "after"))
		return retell(NULL, english, depth + 1);
	return NULL;
}

static char *value(const char *hole, const char *english)
{
	return value_at(hole, english, 0);
}

static char *retell_by(const char *template, const char *english, int depth)
{
	const char *told = lang_text(template), *key;
	json_t *args = told != template ? msg_args_of(template, english) : NULL, *v;

	if (!args)
		return NULL;
	json_object_foreach (args, key, v) {
		char *s = value_at(key, json_string_value(v), depth);
		if (s)
			json_object_set_new_nocheck(args, key, json_string_nocheck(s));
		free(s);
	}
	char *out = msg_format(told, args);
	json_decref(args);
	return out;
}

/* NULL: cannot be told in another language. */
static char *retell(const char *id, const char *english, int depth)
{
	const char *best = NULL, *t;
	size_t most = 0;
	bool two = false;

	if (depth > DEPTH)
		return NULL;
	if (id && *id && (t = msg_template(id))) {
		char *told = retell_by(t, english, depth);
		if (told)
			return told;
	}
	/* The one that says most of it by itself. */
	for (size_t i = 0; (t = msg_row(i)); i++) {
		size_t own = msg_literal_bytes(t);
		if (own < TELLING || own < most || own > strlen(english))
			continue;
		json_t *args = msg_args_of(t, english);
		if (args) {
			two = own == most && strcmp(lang_text(t), lang_text(best)) != 0;
			best = t;
			most = own;
		}
		json_decref(args);
	}
	return best && !two ? retell_by(best, english, depth) : NULL;
}

static char *told_anyhow(const char *id, const char *english)
{
	char *told = retell(id, english, 0);

	if (!told && (!id || !*id) && !(told = word(english)))
		told = in_pieces(english);
	return told;
}

static size_t slot_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h % SLOTS;
}

static void retire(char *told)
{
	free(retired[nretired]);
	retired[nretired] = told;
	nretired = (nretired + 1) % RETIRED;
}

const char *lang_said(const char *id, const char *english)
{
	if (!english || !*english || strcmp(lang_now(), "en") == 0)
		return english;
	size_t at = slot_of(english);
	if (!slots[at].english || strcmp(slots[at].english, english) != 0) {
		free(slots[at].english);
		retire(slots[at].told);
		slots[at].english = xstrdup(english);
		slots[at].told = told_anyhow(id, english);
	}
	return slots[at].told ? slots[at].told : english;
}

void lang_said_forget(void)
{
	for (size_t i = 0; i < SLOTS; i++) {
		free(slots[i].english);
		retire(slots[i].told);
		slots[i].english = slots[i].told = NULL;
	}
}

void lang_age(char *out, size_t size, long long seconds)
{
	char *told;

	text_age(out, size, seconds);
	if (!*out || strcmp(lang_now(), "en") == 0 || !(told = piece(out)))
		return;
	snprintf(out, size, "%s", told);
	free(told);
}

static const char *template_of(const char *id, const char *english)
{
	return lang_text(english);
}

void lang_said_start(void)
{
	static const struct msg_language mine = { template_of, value };

	lang_said_forget();
	msg_language_set(&mine);
}
