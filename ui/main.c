/* tana's main: shuts itself in where it is all that its user has (jump.h), takes the command line apart, then runs one command or the full-screen console. */
#include "app.h"
#include "cli/cli.h"
#include "guest/console.h"
#include "jail/jump.h"
#include "wall/wall.h"
#include "words/lang.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 1, 2; 0: not said. */
static int ambiguous_wish(void)
{
	const char *ambiguous = getenv("TANA_AMBIGUOUS");

	return ambiguous && (strcmp(ambiguous, "1") == 0 || strcmp(ambiguous, "2") == 0) ? ambiguous[0] - '0' : 0;
}

static int screen(const struct cli_line *line)
{
	struct app_options o = { .target = &line->target };
	char origin[64];
	struct console_options console;
	struct err *e = NULL;

	if (cli_is_console(line)) {
		cli_console_options(line, &console);
		o.console = &console;
	}
	client_origin(origin, sizeof origin);
	o.origin = origin;
	o.ambiguous = ambiguous_wish();
	signal(SIGPIPE, SIG_IGN);
	struct loop *l = loop_new();
	int status = app_run(l, &o, &e);
	loop_free(l);
	return e ? cli_error(line, e) : status;
}

static int wall(const struct cli_line *line)
{
	struct wall_options o;
	char origin[64];
	struct err *e = cli_wall_options(line, &o);

	if (e)
		return cli_error(line, e);
	client_origin(origin, sizeof origin);
	o.origin = origin;
	o.ambiguous = ambiguous_wish();
	signal(SIGPIPE, SIG_IGN);
	struct loop *l = loop_new();
	int status = wall_run(l, &o, &e);
	loop_free(l);
	return e ? cli_error(line, e) : status;
}

static int help(const struct cli_line *line)
{
	const char *word = line->nwords ? line->words[0] : NULL;
	const struct command_row *one = line->command && strcmp(line->command->name, "help") != 0 ? line->command : NULL;

	if (!one && word && strcmp(word, "completion") == 0 && !jump_now()) {
		cli_completion(stdout);
		return CLI_DONE;
	}
	if (!one && word && (!(one = cli_command(word)) || !cli_command_is_here(one)))
		return cli_error(line, err_new(ERR_USAGE, "cli.command", "{s:s}", "word", word));
	/* Where everything is somebody's site, its broker says what this user may; elsewhere help needs no broker. */
	cli_help(stdout, one, jump_now() ? cli_my_role(line) : MAY_ALL);
	return CLI_DONE;
}

/* A console may stay open for months: the room that sorting a big list or reading a site takes for a moment is given back. (By itself
 * glibc would keep as much as it has once seen freed.) */
static void keep_small(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

int main(int argc, char **argv)
{
	struct cli_line line = { 0 };
	char **words = NULL;
	int nwords = 0, status = CLI_DONE;
	bool jump = jump_is(argc, argv);
	struct err *e = NULL;

	keep_small();
	if (jump)
		jump_enter(argc, argv);
	lang_start(NULL);
	if (lang_refused() && isatty(STDERR_FILENO))
		fprintf(stderr, "tana: %s\n", lang_refused());
	if (jump)
		e = jump_command(&nwords, &words);
	if (!e)
		e = cli_parse(jump ? nwords : argc, jump ? words : argv, &line);
	if (e)
		status = cli_error(&line, e);
	else if (line.given & OPT_VERSION)
		printf("tana %s\n", TANA_VERSION);
	else if (line.given & OPT_HELP || (line.command && !line.command->run))
		status = help(&line);
	else if (cli_is_wall(&line))
		status = wall(&line);
	else if (line.command && !cli_is_console(&line))
		status = cli_run(&line);
	else
		status = screen(&line);
	cli_line_free(&line);
	jump_free_words(words, nwords);
	if (fflush(stdout) != 0 && status == CLI_DONE) {
		fprintf(stderr, "tana: %s\n", err_reason(errno));
		status = CLI_FAILED;
	}
	return status;
}
