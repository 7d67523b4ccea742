/* One record of the audit log with everything that stands in it. Opened from the audit log. */
#include "app.h"
#include "common/proto.h"
#include "tr.h"
#include "views/view_audit.h"
#include "views/view_text.h"
#include "words/lang.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct lines *l, const char *label, json_t *r, const char *key)
{
	if (*proto_text(r, key))
		lines_add(l, INK_NORMAL, label, "%s", proto_text(r, key));
}

static void add_time(struct lines *l, const char *label, json_t *r, const char *key)
{
	char when[24];

	look_time(when, sizeof when, json_integer_value(json_object_get(r, key)));
	if (*when)
		lines_add(l, INK_NORMAL, label, "%s", when);
}

static void add_who(struct lines *l, json_t *r)
{
	const char *role = proto_text(r, "role"), *tenant = proto_text(r, "tenant");
	json_t *uid = json_object_get(r, "uid");
	char number[32] = "";

	if (json_is_integer(uid))
		snprintf(number, sizeof number, _(", uid %lld"), (long long)json_integer_value(uid));
	if (*proto_text(r, "by"))
		lines_add(l, INK_BOLD, _("by"), "%s%s%s%s%s%s", proto_text(r, "by"), *role ? ", " : "", *role ? _(role) : "", number, *tenant ? _(", tenant ") : "", tenant);
	if (*proto_text(r, "origin"))
		lines_add(l, INK_NORMAL, _("origin"), _("%s (claimed: the console said so)"), proto_text(r, "origin"));
}

static void add_objects(struct lines *l, json_t *r)
{
	size_t i;
	json_t *o;

	json_array_foreach (json_object_get(r, "objects"), i, o) {
		const char *state = proto_text(o, "state"), *text = proto_text(o, "text"), *blade = proto_text(o, "blade"), *name = proto_text(o, "name");

		lines_add(l, INK_NORMAL, i ? " " : _("with"), "%s%s%s%s%s%s%s", name, *blade && strcmp(blade, name) != 0 ? _(" on ") : "",
			strcmp(blade, name) != 0 ? blade : "", *state ? ", " : "",
			lang_said(NULL, state), *text ? ": " : "", lang_said(NULL, text));
		if (*proto_text(o, "id"))
			lines_add(l, INK_DIM, " ", "%s", proto_text(o, "id"));
	}
}

/* What stands there beside, as it is written. */
static void add_detail(struct lines *l, json_t *r)
{
	const char *key;
	json_t *value;

	json_object_foreach (json_object_get(r, "detail"), key, value) {
		int64_t n = json_integer_value(value);
		char *text, when[24];

		if (json_is_integer(value) && n == 0) /* none */
			continue;
		if (json_is_integer(value) && strcmp(key, "until") == 0) {
			look_time(when, sizeof when, n);
			lines_add(l, INK_NORMAL, key, "%s", when);
			continue;
		}
		text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (text && *text)
			lines_add(l, INK_NORMAL, key, "%s", text);
		free(text);
	}
}

static void fill(struct view *v, struct lines *l)
{
	json_t *r = json_loads(view_text_ctx(v), 0, NULL);
	char does[200];
	struct msg outcome;

	if (!r)
		return;
	audit_does(r, does, sizeof does);
	add_time(l, _("time"), r, "at");
	add_time(l, _("clock showed"), r, "wall");
	add_who(l, r);
	lines_add(l, audit_ink(r), _("did"), "%s", does);
	add(l, _("asked"), r, "request");
	add_objects(l, r);
	add(l, _("reason"), r, "reason");
	if (msg_from_json(&outcome, json_object_get(r, "outcome"))) {
		lines_add(l, audit_ink(r), _("outcome"), "%s", outcome.text);
		msg_free(&outcome);
	}
	if (json_is_integer(json_object_get(r, "seconds")))
		lines_add(l, INK_NORMAL, _("took"), _("%lld s"), (long long)json_integer_value(json_object_get(r, "seconds")));
	if (*proto_text(r, "job"))
		lines_add(l, INK_NORMAL, _("job"), "%s", look_id(proto_text(r, "job")));
	add(l, _("plan"), r, "plan");
	add(l, _("class"), r, "class");
	if (json_integer_value(json_object_get(r, "suppressed")) > 0)
		lines_add(l, INK_WARN, _("more"), _("%lld like it were not written"), (long long)json_integer_value(json_object_get(r, "suppressed")));
	add_detail(l, r);
	lines_add(l, INK_NORMAL, "", " ");
	lines_add(l, INK_DIM, _("record"), "%lld, %s", (long long)json_integer_value(json_object_get(r, "seq")), proto_text(r, "what"));
	if (*proto_text(r, "hash"))
		lines_add(l, INK_DIM, _("hash"), "%s", proto_text(r, "hash"));
	if (*proto_text(r, "prev"))
		lines_add(l, INK_DIM, _("before it"), "%s", proto_text(r, "prev"));
	json_decref(r);
}

struct view *view_record_new(struct app *a, const char *text)
{
	struct text_source s = {.name = _("record"), .object = "", .fill = fill, .closed = free, .ctx = xstrdup(text)};

	return view_text_new(a, &s);
}
