/* Writes a preview: what is hit, what it costs, what to beware of, what stands in the way, what it takes. */
#include "cli/cli_preview.h"

#include "cli/cli.h"
#include "tr.h"

#include <string.h>

void cli_preview_messages(struct buf *b, json_t *list, const char *before)
{
	size_t i;
	json_t *m;

	json_array_foreach (list, i, m) {
		buf_str(b, before);
		cli_json_text(b, m, "text");
		buf_str(b, "\n");
	}
}

static void put_target(struct buf *b, json_t *t, bool blade)
{
	buf_str(b, "  ");
	cli_json_text(b, t, "name");
	buf_str(b, ": ");
	cli_json_text(b, t, blade ? "power" : "state");
	/* Unknown is never drawn as off, and what is remembered never as what is. */
	if (!json_is_true(json_object_get(t, blade ? "power_live" : "live")))
		cli_say_to(b, "cli.preview.remembered", NULL);
	if (blade) {
		cli_put_if(b, ", ", t, "place", "");
		cli_put_if(b, ", ", t, "serial", "");
	} else {
		cli_put_if(b, ", ", t, "blade", "");
		cli_put_if(b, " (", t, "place", ")");
	}
	cli_put_if(b, ", ", t, "tenant", "");
	buf_str(b, "\n");
}

/* The VMs that go with a blade. */
static void put_victims(struct buf *b, json_t *victims)
{
	size_t i;
	json_t *v;

	json_array_foreach (victims, i, v) {
		buf_str(b, "    ");
		cli_json_text(b, v, "name");
		buf_str(b, ": ");
		cli_json_text(b, v, "state");
		if (!json_is_true(json_object_get(v, "live")))
			cli_say_to(b, "cli.preview.remembered", NULL);
		cli_put_if(b, ", ", v, "tenant", "");
		buf_str(b, json_is_true(json_object_get(v, "protect")) ? _(", protected") : "");
		buf_str(b, "\n");
	}
}

/* What is shut down before the blade: those of one rank together. */
static void put_steps(struct buf *b, json_t *steps)
{
	struct buf names = { 0 };
	size_t i, n = json_array_size(steps);

	for (i = 0; i < n; i++) {
		json_t *s = json_array_get(steps, i);

		buf_str(&names, names.len ? ", " : "");
		cli_json_text(&names, s, "name");
		if (i + 1 < n && json_equal(json_object_get(s, "rank"), json_object_get(json_array_get(steps, i + 1), "rank")))
			continue;
		buf_append(&names, "", 1);
		buf_str(b, "  ");
		cli_say_to(b, "cli.preview.first", "{s:s}", "names", names.data);
		buf_str(b, "\n");
		names.len = 0;
	}
	buf_free(&names);
}

void cli_preview_warnings(struct buf *b, json_t *plan)
{
	cli_preview_messages(b, json_object_get(plan, "warnings"), "! ");
}

void cli_preview_refusals(struct buf *b, json_t *plan)
{
	size_t i;
	json_t *m;

	json_array_foreach (json_object_get(plan, "refused"), i, m) {
		cli_say_to(b, "cli.preview.refused", "{s:O}", "text", m);
		buf_str(b, "\n");
	}
}

static void put_gentler(struct buf *b, json_t *plan)
{
	size_t i;
	json_t *g;

	json_array_foreach (json_object_get(plan, "gentler"), i, g) {
		const char *verb = json_string_value(json_object_get(g, "verb"));
		bool first = json_object_get(g, "vms-first") != NULL;
		cli_say_to(b, first ? "cli.preview.vms_first" : "cli.preview.gentler", "{s:s}", "command", verb ? verb : "");
		buf_str(b, "\n");
	}
}

void cli_preview_words(struct buf *b, json_t *plan, bool how)
{
	json_t *confirm = json_object_get(plan, "confirm"), *t;
	const char *of = json_string_value(json_object_get(plan, "kind"));
	bool blade = of && strcmp(of, kind_name(KIND_BLADE)) == 0;
	const char *kind = json_string_value(json_object_get(confirm, "kind")), *text = json_string_value(json_object_get(confirm, "text"));
	size_t i;

	cli_json_text(b, plan, "verb");
	buf_str(b, "\n");
	json_array_foreach (json_object_get(plan, "targets"), i, t)
		put_target(b, t, blade);
	put_steps(b, json_object_get(plan, "steps"));
	put_victims(b, json_object_get(plan, "victims"));
	cli_preview_messages(b, json_object_get(plan, "impact"), "");
	cli_print_limits(b, json_object_get(plan, "limits"));
	cli_preview_warnings(b, plan);
	cli_preview_refusals(b, plan);
	put_gentler(b, plan);
	if (!how || json_array_size(json_object_get(plan, "refused")))
		return;
	if (text)
		cli_say_to(b, "cli.preview.confirm", "{s:s}", "text", text);
	else
		cli_say_to(b, kind && strcmp(kind, "enter") == 0 ? "cli.preview.enter" : "cli.preview.yes", NULL);
	buf_str(b, "\n");
	cli_put_if(b, "", plan, "command", "\n");
}
