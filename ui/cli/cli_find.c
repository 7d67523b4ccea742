/* tana find: anything by name, address, MAC, UUID, serial number, job or ticket. */
#include "cli/cli.h"

#include "common/proto.h"
#include "tr.h"

#include <stdlib.h>
#include <string.h>

#define FOUND_MAX 100   /* data/protocol.md */

static struct err *words(json_t *ret, enum viewer viewer)
{
	static const char *const headings[] = { N_("NAME"), N_("KIND"), N_("PLACE"), N_("FOUND BY"), N_("WHAT"), N_("ID") };
	static const char *const plain[] = { N_("NAME"), N_("KIND"), N_("FOUND BY"), N_("WHAT"), N_("ID") };
	static const bool right[] = { false, false, false, false, false, false };
	bool staff = viewer != VIEWER_TENANT;
	struct table *t = table_new(staff ? headings : plain, right, staff ? 6 : 5);
	struct buf out = { 0 };
	int64_t more = json_integer_value(json_object_get(ret, "more"));
	size_t i;
	json_t *o;

	json_array_foreach (json_object_get(ret, "found"), i, o) {
		table_cell(t, proto_text(o, "name"));
		table_cell(t, proto_text(o, "kind"));
		if (staff)
			table_cell(t, proto_text(o, "place"));
		table_cell(t, proto_text(o, "by"));
		table_cell(t, proto_text(o, "what"));
		table_cell(t, proto_text(o, "id"));
	}
	table_print(t, &out);
	if (more)
		cli_say("cli.find.more", "{s:I}", "count", (json_int_t)more);
	return cli_print(&out);
}

int cli_find(struct cli *c)
{
	char *text = cli_join(c->line->words, c->line->nwords);
	json_t *ret = NULL;
	size_t silent = 0;

	struct err *e = cli_ask_tried(c, 1u << KIND_BLADE, "find", json_pack("{s:s, s:i}", "text", text, "limit", FOUND_MAX), &ret, &silent);
	if (!e && !json_array_size(json_object_get(ret, "found")))
		e = cli_not_found(err_new(ERR_NOTFOUND, "find.none", "{s:s}", "text", text), silent);
	if (!e && c->line->json)
		e = cli_print_json(json_incref(ret));
	else if (!e)
		e = words(ret, cli_viewer(c));
	json_decref(ret);
	free(text);
	return e ? cli_error(c->line, e) : CLI_DONE;
}
