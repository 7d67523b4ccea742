/* tana wall: what its command line says. The wall itself is wall.c, to which main.c gives the screen. */
#include "cli/cli.h"

#include "wall/wall.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_MIN_S 2
#define PAGE_MAX_S 3600

/* Marks the command for main.c, which gives it the screen in place of a connection of its own. */
int cli_wall(struct cli *c)
{
	return cli_error(c->line, err_new(ERR_USAGE, "screen.notty", NULL));
}

bool cli_is_wall(const struct cli_line *line)
{
	return line->command && line->command->run == cli_wall;
}

struct err *cli_wall_options(const struct cli_line *line, struct wall_options *o)
{
	const char *page = cli_value(line, OPT_PAGE);
	char *end;
	long s = WALL_PAGE_S;

	static const char *racks[WALL_RACKS_MAX];
	int n = line->nracks + line->nwords;

	/* "--rack A B C": the first is the option's, the others are words. */
	if (line->nwords && !line->nracks)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", line->command->name, "args", line->command->args);
	if (n > WALL_RACKS_MAX)
		return err_new(ERR_USAGE, "cli.wall.racks", "{s:i}", "max", WALL_RACKS_MAX);
	for (int i = 0; i < n; i++)
		racks[i] = i < line->nracks ? line->racks[i] : line->words[i - line->nracks];
	*o = (struct wall_options){.target = &line->target, .racks = racks, .nracks = n, .anonymous = line->given & OPT_ANONYMOUS,
		.bell = line->given & OPT_BELL, .clock = !(line->given & OPT_NO_CLOCK)};
	if (page) {
		errno = 0;
		s = strtol(page, &end, 10);
		if (end == page || *end || errno || s < PAGE_MIN_S || s > PAGE_MAX_S)
			return err_new(ERR_USAGE, "cli.page", "{s:s, s:i, s:i}", "value", page, "min", PAGE_MIN_S, "max", PAGE_MAX_S);
	}
	o->page_s = (int)s;
	return NULL;
}
