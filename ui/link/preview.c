/* Reading previews (preview.h). */
#include "link/preview.h"

#include "common/error.h"
#include "common/model.h"
#include "common/proto.h"
#include "common/text.h"
#include "link/snaps.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies a string that will be shown or sent back: only what may be shown is taken. */
static void take(char *out, size_t size, const json_t *o, const char *key)
{
	const char *s = proto_text(o, key);

	snprintf(out, size, "%s", text_is_clean(s) && strlen(s) < size ? s : "");
}

static bool had(const struct preview *before, const char *text)
{
	for (size_t i = 0; before && i < before->words.n; i++)
		if (strcmp(before->words.list[i].text, text) == 0)
			return true;
	return !before;
}

/* sign: what a line of this kind begins with. What is new since the last preview says so. */
static void add_messages(struct preview *p, const json_t *list, const char *sign, enum ink ink, const struct preview *before)
{
	size_t i;
	json_t *j;

	json_array_foreach (list, i, j) {
		struct msg m;

		if (!msg_from_json(&m, j))
			continue;
		if (had(before, m.text))
			lines_add(&p->words, ink, sign, "%s", m.text);
		else
			lines_add(&p->words, ink == INK_NORMAL ? INK_WARN : ink, _("new"), "%s", m.text);
		msg_free(&m);
	}
}

/* Of several, what cannot be done for some is told before the reasons, one for each. */
static void count_targets(struct preview *p, const json_t *list)
{
	size_t i;
	json_t *t;

	json_array_foreach (list, i, t)
		*(json_is_true(json_object_get(t, "ok")) ? &p->can : &p->cannot) += 1;
	if (p->can + p->cannot > 1 && p->cannot > 0)
		lines_add(&p->words, INK_WARN, "!", p->can > 0 ? _("%s: %zu of %zu can, %zu cannot:") : _("%s: none of them can: %zu of %zu, %zu cannot:"), look_verb_title(p->verb),
			p->can, p->can + p->cannot, p->cannot);
}

static void add_targets(struct preview *p, const json_t *list)
{
	size_t i;
	json_t *t;

	json_array_foreach (list, i, t) {
		bool ok = json_is_true(json_object_get(t, "ok")), live = json_is_true(json_object_get(t, "live"));
		struct msg why;
		bool said = !ok && msg_from_json(&why, json_object_get(t, "why"));

		if (p->blades)
			lines_add(&p->targets, ok ? INK_NORMAL : INK_WARN, "", "%s  %s%s  %s  %s%s%s", proto_text(t, "name"), json_is_true(json_object_get(t, "power_live")) ? "" : _("last known "),
				lang_said(NULL, proto_text(t, "power")), lang_said(NULL, proto_text(t, "place")), proto_text(t, "serial"), said ? ": " : "", said ? why.text : "");
		else
			lines_add(&p->targets, ok ? INK_NORMAL : INK_WARN, "", "%s  %s%s  %s  %s%s%s", proto_text(t, "name"), live ? "" : _("last seen "), lang_said(NULL, proto_text(t, "state")),
				proto_text(t, "tenant"), lang_said(NULL, proto_text(t, "place")), said ? ": " : "", said ? why.text : "");
		if (said)
			msg_free(&why);
		if (json_array_size(list) == 1)
			take(p->place, sizeof p->place, t, "place");
		if (p->blades && *p->place && *proto_text(t, "serial") && text_is_clean(proto_text(t, "serial"))) {
			size_t n = strlen(p->place);

			snprintf(p->place + n, sizeof p->place - n, ", %s", proto_text(t, "serial"));
		}
	}
}

/* The VMs that go with the blades; where they are shut down first: in that order. */
static void add_vms(struct preview *p, const json_t *victims, const json_t *steps)
{
	size_t i;
	json_t *v;
	int step = 0;

	if (json_array_size(victims) == 0 && json_array_size(steps) == 0)
		return;
	if (p->targets.n == 1) /* the title names it */
		lines_clear(&p->targets);
	json_array_foreach (steps, i, v) {
		char head[16];

		/* Ranks are places in the site's start order, with gaps; here those of one rank are one step. */
		step += i == 0 || !json_equal(json_object_get(v, "rank"), json_object_get(json_array_get(steps, i - 1), "rank"));
		snprintf(head, sizeof head, "%d", step);
		lines_add(&p->targets, INK_NORMAL, head, "%s  %s", proto_text(v, "name"), look_verb(proto_text(v, "verb")));
		p->nvms++;
	}
	json_array_foreach (victims, i, v) {
		bool live = json_is_true(json_object_get(v, "live")), protect = json_is_true(json_object_get(v, "protect"));

		if (json_array_size(steps) > 0)
			break;
		lines_add(&p->targets, protect ? INK_WARN : INK_NORMAL, "", "%s  %s%s  %s%s", proto_text(v, "name"), live ? "" : _("last seen "), lang_said(NULL, proto_text(v, "state")),
			proto_text(v, "tenant"), protect ? _("  protected") : "");
		p->nvms++;
	}
}

static bool is_told(const struct preview *p, const char *text)
{
	for (size_t i = 0; i < p->words.n; i++)
		if (strstr(p->words.list[i].text, text))
			return true;
	return false;
}

/* The limits that no sentence has told already: where this one counts, the impact says what each is then. */
static void add_limits(struct preview *p, const json_t *limits)
{
	json_t *left = json_array(), *j;
	size_t i;

	json_array_foreach (limits, i, j) {
		struct msg words;

		if (!msg_from_json(&words, json_object_get(j, "words")))
			continue;
		if (!is_told(p, words.text))
			json_array_append(left, j);
		msg_free(&words);
	}
	snaps_limits(left, &p->words);
	json_decref(left);
}

/* All that go with a snapshot, when it is not alone. */
static void add_victims(struct preview *p, const json_t *snapshot)
{
	const json_t *list = json_object_get(snapshot, "victims"), *j;
	size_t i;

	if (json_array_size(list) < 2)
		return;
	lines_clear(&p->targets);
	json_array_foreach (list, i, j)
		if (json_string_value(j))
			lines_add(&p->targets, INK_NORMAL, "", "%s", json_string_value(j));
}

/* What an operator may set aside with a reason. Beside another refusal it would be of no use. */
static void read_refusals(struct preview *p, const json_t *list)
{
	size_t i, n = 0;
	json_t *j;

	json_array_foreach (list, i, j) {
		bool limit = strcmp(proto_text(j, "class"), "limit") == 0, pair = strncmp(proto_text(j, "msg"), "snapshot.pair", 13) == 0;

		bool consent = strncmp(proto_text(j, "msg"), "owner.consent", 13) == 0, unpaired = strncmp(proto_text(j, "msg"), "blade.identity", 14) == 0;

		p->over_limit |= limit;
		p->pair_runs |= pair;
		p->consent |= consent;
		p->unpaired |= unpaired;
		n += !limit && !pair && !consent && !unpaired;
	}
	if (n > 0)
		p->over_limit = p->pair_runs = p->consent = p->unpaired = false;
}

void preview_read(struct preview *p, json_t *ret, const struct preview *before)
{
	const json_t *confirm = json_object_get(ret, "confirm"), *gentler = json_object_get(ret, "gentler"), *g;
	const char *kind = proto_text(confirm, "kind");
	size_t i;

	memset(p, 0, sizeof *p);
	p->answer = json_incref(ret);
	take(p->plan, sizeof p->plan, ret, "plan");
	take(p->verb, sizeof p->verb, ret, "verb");
	take(p->command, sizeof p->command, ret, "command");
	take(p->confirm, sizeof p->confirm, confirm, "text");
	take(p->snapshot, sizeof p->snapshot, json_object_get(ret, "snapshot"), "name");
	p->blades = strcmp(proto_text(ret, "kind"), kind_name(KIND_BLADE)) == 0;
	p->reason = json_is_true(json_object_get(ret, "reason"));
	read_refusals(p, json_object_get(ret, "refused"));
	p->words.heads = HEADS_INK;
	p->expires_s = json_integer_value(json_object_get(ret, "expires_s"));
	if (json_array_size(json_object_get(ret, "refused")) > 0 || !*p->plan)
		p->kind = CONFIRM_NONE;
	else if (strcmp(kind, "enter") == 0)
		p->kind = CONFIRM_ENTER;
	else if (strcmp(kind, "yes") == 0)
		p->kind = CONFIRM_YES;
	else /* whatever it asks for, it is to be typed; with nothing to type it cannot be done from here */
		p->kind = *p->confirm ? CONFIRM_TEXT : CONFIRM_NONE;
	count_targets(p, json_object_get(ret, "targets"));
	add_messages(p, json_object_get(ret, "refused"), "x", INK_ALERT_TEXT, before);
	/* On a small screen what comes last is below the fold: that is never a warning. */
	add_messages(p, json_object_get(ret, "warnings"), "!", INK_WARN, before);
	add_messages(p, json_object_get(ret, "impact"), " ", INK_NORMAL, before);
	add_limits(p, json_object_get(ret, "limits"));
	add_targets(p, json_object_get(ret, "targets"));
	add_victims(p, json_object_get(ret, "snapshot"));
	add_vms(p, json_object_get(ret, "victims"), json_object_get(ret, "steps"));
	json_array_foreach (gentler, i, g)
		if (p->ngentler < PREVIEW_GENTLER && *proto_text(g, "verb")) {
			p->gentler[p->ngentler].vms_first = strcmp(proto_text(g, "vms-first"), "yes") == 0;
			take(p->gentler[p->ngentler].verb, sizeof p->gentler[0].verb, g, "verb");
			p->ngentler++;
		}
	if (p->words.n == 0)
		lines_add(&p->words, INK_DIM, "", "%s", _("Nothing is lost."));
}

void preview_refuse(struct preview *p, const char *words)
{
	memset(p, 0, sizeof *p);
	p->words.heads = HEADS_INK;
	lines_add(&p->words, INK_ALERT_TEXT, "x", "%s", words);
}

void preview_clear(struct preview *p)
{
	lines_clear(&p->words);
	lines_clear(&p->targets);
	json_decref(p->answer);
	memset(p, 0, sizeof *p);
}

static bool same_in(const struct preview *a, const struct preview *b, const char *key)
{
	json_t *x = json_object_get(a->answer, key), *y = json_object_get(b->answer, key);

	return x == y || (x && y && json_equal(x, y));
}

bool preview_same(const struct preview *a, const struct preview *b)
{
	return a->kind == b->kind && same_in(a, b, "targets") && same_in(a, b, "impact") && same_in(a, b, "warnings") &&
		same_in(a, b, "refused") && same_in(a, b, "confirm") && same_in(a, b, "snapshot") && same_in(a, b, "limits") && same_in(a, b, "reason") &&
		same_in(a, b, "victims") && same_in(a, b, "steps");
}
