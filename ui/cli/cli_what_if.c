/* tana what-if: who is hit if something is lost, as words. */
#include "cli/cli.h"

#include "cli/cli_preview.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"

#include <string.h>

static int64_t number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void put_int(struct table *t, int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)n);
	table_cell(t, text);
}

static void put_kib(struct table *t, json_t *o, const char *key)
{
	char text[32];

	text_bytes_kib(text, sizeof text, (unsigned long long)number(o, key));
	table_cell(t, text);
}

static void put_tenants(struct buf *b, json_t *list)
{
	static const char *const headings[] = { N_("TENANT"), N_("VMS"), N_("RUNNING"), N_("CONTACT") };
	static const bool right[] = { false, true, true, false };
	size_t i;
	json_t *o;

	if (!json_array_size(list))
		return;
	struct table *t = table_new(headings, right, 4);
	json_array_foreach (list, i, o) {
		table_cell(t, proto_text(o, "name"));
		put_int(t, number(o, "vms"));
		put_int(t, number(o, "running"));
		table_cell(t, proto_text(o, "contact"));
	}
	buf_str(b, "\n");
	table_print(t, b);
}

static void put_clusters(struct buf *b, json_t *list)
{
	static const char *const headings[] = { N_("CLUSTER"), N_("VOTES"), N_("THEN"), N_("UNKNOWN"), N_("NEEDED"), N_("QUORUM"), N_("MEMORY-NEEDED"),
		N_("ROOM") };
	static const bool right[] = { false, true, true, true, true, false, true, true };
	size_t i;
	json_t *o;

	if (!json_array_size(list))
		return;
	struct table *t = table_new(headings, right, 8);
	json_array_foreach (list, i, o) {
		table_cell(t, proto_text(o, "name"));
		put_int(t, number(o, "votes_before"));
		put_int(t, number(o, "votes_after"));
		put_int(t, number(o, "unknown"));
		put_int(t, number(o, "needed"));
		table_cell(t, proto_text(o, "quorum"));
		put_kib(t, o, "mem_needed_kib");
		put_kib(t, o, "mem_left_kib");
	}
	buf_str(b, "\n");
	table_print(t, b);
}

static void put_pairs(struct buf *b, json_t *list)
{
	static const char *const headings[] = { N_("PAIR-ENDS"), N_("OTHER-HALF"), N_("WHICH") };
	static const bool right[] = { false, false, false };
	size_t i;
	json_t *o;

	if (!json_array_size(list))
		return;
	struct table *t = table_new(headings, right, 3);
	json_array_foreach (list, i, o) {
		table_cell(t, proto_text(o, "a"));
		table_cell(t, proto_text(o, "b"));
		table_cell(t, proto_text(o, "other"));
	}
	buf_str(b, "\n");
	table_print(t, b);
}

static void put_volumes(struct buf *b, json_t *list)
{
	static const char *const headings[] = { N_("VOLUME"), N_("VMS") };
	static const bool right[] = { false, true };
	size_t i;
	json_t *o;

	if (!json_array_size(list))
		return;
	struct table *t = table_new(headings, right, 2);
	json_array_foreach (list, i, o) {
		table_cell(t, proto_text(o, "name"));
		put_int(t, number(o, "vms"));
	}
	buf_str(b, "\n");
	table_print(t, b);
}

static struct err *words(json_t *ret)
{
	struct buf out = { 0 };
	struct buf name = { 0 };

	cli_json_text(&name, ret, "name");
	buf_append(&name, "", 1);
	cli_say_to(&out, "cli.what-if", "{s:s, s:s, s:I, s:I, s:I}", "kind", proto_text(ret, "kind"), "name", name.data, "vms",
		(json_int_t)number(ret, "vms"), "running", (json_int_t)number(ret, "running"), "unknown", (json_int_t)number(ret, "unknown"));
	buf_str(&out, "\n");
	cli_preview_messages(&out, json_object_get(ret, "impact"), "");
	put_tenants(&out, json_object_get(ret, "tenants"));
	put_clusters(&out, json_object_get(ret, "clusters"));
	put_pairs(&out, json_object_get(ret, "pairs"));
	put_volumes(&out, json_object_get(ret, "volumes"));
	buf_free(&name);
	return cli_print(&out);
}

int cli_what_if(struct cli *c)
{
	const char *object = c->line->words[0];
	json_t *ret = NULL;
	size_t silent = 0;

	c->metal = true; /* whether a node votes is also its manager's word */
	struct err *e = cli_ask_tried(c, 1u << KIND_BLADE | 1u << KIND_ENCLOSURE, "what-if", json_pack("{s:s}", "object", object), &ret, &silent);
	if (!e && c->line->json)
		e = cli_print_json(json_incref(ret));
	else if (!e)
		e = words(ret);
	json_decref(ret);
	return e ? cli_error(c->line, e) : CLI_DONE;
}
