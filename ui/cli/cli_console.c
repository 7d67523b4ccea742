/* tana console VM: its serial console alone on the screen. The app runs it (app_options.console); here is what the command line says. */
#include "cli/cli.h"

#include "guest/console.h"

#include <string.h>

/* Marks the command for main.c, which gives it the screen in place of a connection of its own. */
int cli_console(struct cli *c)
{
	return cli_error(c->line, err_new(ERR_USAGE, "screen.notty", NULL));
}

bool cli_is_console(const struct cli_line *line)
{
	return line->command && line->command->run == cli_console;
}

void cli_console_options(const struct cli_line *line, struct console_options *o)
{
	*o = (struct console_options){.object = line->words[0], .watch = line->given & OPT_WATCH, .take = line->given & OPT_TAKE, .wait_s = line->wait_s};
}
