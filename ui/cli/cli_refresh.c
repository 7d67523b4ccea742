/* tana refresh: a host, or the manager of an enclosure, is asked now and not when its turn comes. */
#include "cli/cli.h"

int cli_refresh(struct cli *c)
{
	const char *object = c->line->words[0];
	json_t *ret = NULL;
	size_t silent = 0;

	struct err *e = cli_ask_tried(c, 1u << KIND_BLADE, "refresh", json_pack("{s:s}", "object", object), &ret, &silent);
	if (e) {
		json_decref(ret);
		return cli_error(c->line, e);
	}
	if (c->line->json) {
		e = cli_print_json(ret);
		return e ? cli_error(c->line, e) : CLI_DONE;
	}
	json_decref(ret);
	cli_say("cli.refresh.asked", "{s:s}", "object", object);
	return CLI_DONE;
}
