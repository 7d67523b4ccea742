/* What managers tell beside the state of bays (metal_detail.h). */
#include "map/metal_detail.h"

#include "common/buf.h"
#include "common/model.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

static const struct { const char *kind, *head; } kinds[] = {
	{"power", N_("power")}, {"fan", N_("fans")}, {"temperature", N_("air")}, {"manager", N_("manager")}, {"other", N_("other")},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static size_t kind_of(json_t *sensor)
{
	size_t i = 0;

	while (i < KINDS - 1 && strcmp(proto_text(sensor, "kind"), kinds[i].kind) != 0)
		i++;
	return i; /* what this console does not know yet is "other" */
}

static enum health health_of(json_t *sensor)
{
	const char *name = proto_text(sensor, "health");

	for (int h = 0; h < HEALTH_COUNT; h++)
		if (strcmp(name, health_name((enum health)h)) == 0)
			return (enum health)h;
	return HEALTH_UNKNOWN;
}

static bool is_absent(json_t *sensor)
{
	return json_is_true(json_object_get(sensor, "absent"));
}

static bool is_wrong(json_t *sensor)
{
	enum health h = health_of(sensor);

	return !is_absent(sensor) && (h == HEALTH_FAILED || h == HEALTH_WARNING);
}

static void add_managers(struct lines *l, json_t *list)
{
	size_t i;
	json_t *m;

	json_array_foreach (list, i, m) {
		const char *state = proto_text(m, "state"), *role = proto_text(m, "role"), *why = proto_text(m, "why");
		bool up = strcmp(state, "up") == 0 || !*state;
		bool role_known = *role && strcmp(role, "unknown") != 0;

		if (!json_is_object(json_object_get(m, "why")))
			why = lang_said(NULL, why);
		else
			why = lang_said(proto_text(json_object_get(m, "why"), "msg"), proto_text(json_object_get(m, "why"), "text"));
		/* (The other one of a pair that is in order: nobody had to ask it.) */
		bool unasked = strcmp(state, "none") == 0 && *why;
		if (unasked) {
			lines_add(l, INK_DIM, i ? " " : _("managers"), "%s  %s", proto_text(m, "address"), why);
			continue;
		}
		lines_add(l, up ? INK_NORMAL : INK_WARN, i ? " " : _("managers"), "%s%s%s%s%s%s%s", proto_text(m, "address"), role_known ? "  " : "",
			role_known ? lang_said(NULL, role) : "", *state ? "  " : "", lang_said(NULL, state), !up && *why ? ": " : "", up ? "" : why);
	}
}

static void add_wrong(struct lines *l, json_t *sensors, enum tier t)
{
	size_t i;
	json_t *s;

	for (int h = HEALTH_FAILED; h >= HEALTH_WARNING; h--)
		json_array_foreach (sensors, i, s) {
			struct look look = look_health((enum health)h, t);

			if (is_wrong(s) && (int)health_of(s) == h)
				lines_add(l, look.ink == INK_ALERT ? INK_ALERT_TEXT : look.ink, _(kinds[kind_of(s)].head), "%s %s: %s%s%s", look.sign, proto_text(s, "name"), look.word,
					*proto_text(s, "value") ? ", " : "", proto_text(s, "value"));
		}
}

/* "6 OK: 1 450 W, 2 450 W; 2 absent" */
static void add_kind(struct lines *l, json_t *sensors, size_t kind)
{
	size_t i, ok = 0, absent = 0, unknown = 0;
	struct buf names = {0}, line = {0};
	json_t *s;

	json_array_foreach (sensors, i, s) {
		const char *value = proto_text(s, "value");

		if (kind_of(s) != kind || is_wrong(s))
			continue;
		if (is_absent(s)) {
			absent++;
			continue;
		}
		ok += health_of(s) == HEALTH_OK;
		unknown += health_of(s) != HEALTH_OK;
		buf_printf(&names, "%s%s%s%s", names.len ? ", " : "", proto_text(s, "name"), *value ? " " : "", value);
	}
	if (ok > 0)
		buf_printf(&line, _("%zu OK"), ok);
	if (unknown > 0) /* a reading without a verdict is a reading */
		buf_printf(&line, _("%s%zu read"), line.len ? "; " : "", unknown);
	if (absent > 0)
		buf_printf(&line, _("%s%zu absent"), line.len ? "; " : "", absent);
	if (line.len) {
		buf_append(&names, "", 1);
		lines_add(l, INK_NORMAL, _(kinds[kind].head), "%.*s%s%s", (int)line.len, line.data, names.len > 1 ? ": " : "", names.data);
	}
	buf_free(&names);
	buf_free(&line);
}

void metal_detail_lines(struct lines *l, json_t *detail, enum tier t)
{
	json_t *sensors = json_object_get(detail, "sensors");

	add_managers(l, json_object_get(detail, "managers"));
	add_wrong(l, sensors, t);
	for (size_t k = 0; k < KINDS; k++)
		add_kind(l, sensors, k);
}

void metal_detail_room(char *out, size_t size, json_t *detail)
{
	json_t *list = json_object_get(detail, "free"), *g;
	struct buf b = {0};
	size_t i, fits = 0;

	json_array_foreach (list, i, g) {
		long long n = (long long)json_integer_value(json_object_get(g, "fits"));

		if (n <= 0 || !*proto_text(g, "grade"))
			continue;
		buf_printf(&b, _("%s%lld more %s"), fits++ ? _(", or ") : "", n, proto_text(g, "grade"));
	}
	buf_append(&b, "", 1);
	snprintf(out, size, "%s", fits ? b.data : json_array_size(list) > 0 ? _("nothing more fits") : "");
	buf_free(&b);
}
