/* Takes a command line apart by the tables of cli_help.c. Pure: looks at nothing but argv. */
#include "cli/cli.h"

#include "common/buf.h"
#include "jail/jump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_S 3600
#define WAIT_S 15

/* What may be given where tana is all that its user has: nothing that names a file, a socket or a host. A new option is not there
 * until it is written here. */
#define JUMP_OPTIONS (OPT_WAIT | OPT_HELP | OPT_VERSION | OPT_JSON | OPT_PREVIEW | OPT_YES | OPT_CONFIRM | OPT_REASON | OPT_NO_WAIT | OPT_SINCE | \
	OPT_NOTE | OPT_DISK_ONLY | OPT_QUIESCE | OPT_CHARGE | OPT_EXCEED | OPT_CHILDREN | OPT_OVERRIDE_PAIR | OPT_UNTIL | OPT_REF | OPT_MONTH | \
	OPT_TENANT | OPT_CSV | OPT_VMS_FIRST | OPT_CONSENT | OPT_KIND | OPT_FILTER | \
	OPT_FOLLOW | OPT_BY | OPT_VERB | OPT_ANYWAY)

bool cli_option_is_here(const struct option_row *o)
{
	return !jump_now() || o->bit & JUMP_OPTIONS;
}

bool cli_command_is_here(const struct command_row *c)
{
	return !jump_now() || c->may & MAY_JUMP;
}

static int bit_number(opt_bits bit)
{
	return __builtin_ctzll(bit);
}

const char *cli_value(const struct cli_line *line, opt_bits bit)
{
	return line->values[bit_number(bit)];
}

static bool is_uri(const char *word)
{
	return strstr(word, "://") || strncmp(word, "test:", 5) == 0;
}

static const struct option_row *find_option(const char *name, size_t len)
{
	for (int i = 0; i < cli_noptions; i++)
		if (strlen(cli_options[i].name) == len && memcmp(cli_options[i].name, name, len) == 0)
			return &cli_options[i];
	return NULL;
}

/* argv[*i] is an option; takes its value from the next word where it stands there. */
static struct err *take_option(struct cli_line *line, int argc, char **argv, int *i)
{
	const char *arg = argv[*i];

	if (strcmp(arg, "-h") == 0)
		arg = "--help";
	size_t len = strcspn(arg, "=");
	const struct option_row *o = strncmp(arg, "--", 2) == 0 ? find_option(arg + 2, len - 2) : NULL;
	if (!o)
		return err_new(ERR_USAGE, "cli.option", "{s:s}", "option", arg);
	if (!cli_option_is_here(o))
		return err_new(ERR_USAGE, "jump.option", "{s:s}", "option", o->name);
	line->given |= o->bit;
	if (!o->value) {
		if (arg[len])
			return err_new(ERR_USAGE, "cli.option.novalue", "{s:s}", "option", o->name);
		return NULL;
	}
	const char *value = arg[len] ? arg + len + 1 : *i + 1 < argc ? argv[++*i] : NULL;
	if (!value)
		return err_new(ERR_USAGE, "cli.option.value", "{s:s, s:s}", "option", o->name, "value", o->value);
	line->values[bit_number(o->bit)] = value;
	if (o->bit == OPT_RACK)
		line->racks[line->nracks++] = value;
	return NULL;
}

static struct err *take_words(struct cli_line *line, int argc, char **argv)
{
	bool options = true;
	struct err *first = NULL;

	for (int i = 1; i < argc; i++) {
		/* What goes to the broker must be UTF-8; a file's name may be anything, but nobody will miss it here. */
		json_t *text = json_string(argv[i]);
		if (!text)
			return err_new(ERR_USAGE, "cli.utf8", "{s:s}", "word", argv[i]);
		json_decref(text);
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			struct err *e = take_option(line, argc, argv, &i);
			if (first)
				err_free(e);
			else
				first = e;
		} else {
			line->words[line->nwords++] = argv[i];
		}
	}
	line->json = (line->given & OPT_JSON) != 0;
	return first;
}

static void shift(struct cli_line *line, int n)
{
	line->nwords -= n;
	memmove(line->words, line->words + n, (size_t)line->nwords * sizeof *line->words);
}

static struct err *take_target(struct cli_line *line)
{
	struct client_target *t = &line->target;

	if (jump_now()) {
		t->socket = jump_socket();
		return NULL;
	}
	const char **uris = xcalloc((size_t)line->nwords + 1, sizeof *uris);

	t->uris = uris;
	while (t->nuris < line->nwords && is_uri(line->words[t->nuris])) {
		uris[t->nuris] = line->words[t->nuris];
		t->nuris++;
	}
	shift(line, t->nuris);
	if (line->nwords && strcmp(line->words[0], "demo") == 0) {
		t->demo = true;
		shift(line, 1);
	}
	t->site_file = cli_value(line, OPT_SITE);
	t->socket = cli_value(line, OPT_SOCKET);
	int ways = (t->site_file != NULL) + (t->socket != NULL) + (t->nuris > 0) + t->demo;
	if (ways > 1)
		return err_new(ERR_USAGE, "cli.targets", NULL);
	if (ways == 0) {
		const char *env = getenv("TANA_SOCKET");
		t->socket = env && *env ? env : "/run/tana/broker.sock";
	}
	return NULL;
}

static struct err *take_wait(struct cli_line *line)
{
	const char *value = cli_value(line, OPT_WAIT);
	char *end;

	line->wait_s = WAIT_S;
	if (!value)
		return NULL;
	errno = 0;
	long n = strtol(value, &end, 10);
	if (end == value || *end || errno || n < 0 || n > WAIT_MAX_S)
		return err_new(ERR_USAGE, "cli.wait", "{s:s, s:i}", "value", value, "max", WAIT_MAX_S);
	line->wait_s = (int)n;
	return NULL;
}

static struct err *take_command(struct cli_line *line)
{
	if (line->nwords == 0) {
		opt_bits lost = line->given & ~OPT_EVERYWHERE;
		return lost ? err_new(ERR_USAGE, "cli.nothing", NULL) : NULL;
	}
	const struct command_row *c = cli_command(line->words[0]);
	if (!c || strcmp(c->name, "demo") == 0 || !cli_command_is_here(c))
		return err_new(ERR_USAGE, "cli.command", "{s:s}", "word", line->words[0]);
	line->command = c;
	shift(line, 1);
	if (line->given & OPT_HELP)
		return NULL;
	for (int i = 0; i < cli_noptions; i++)
		if (line->given & cli_options[i].bit & ~(c->options | OPT_EVERYWHERE))
			return err_new(ERR_USAGE, "cli.option.not_here", "{s:s, s:s}", "option", cli_options[i].name, "command", c->name);
	if (line->nwords < c->min || (c->max >= 0 && line->nwords > c->max))
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", c->name, "args", c->args);
	return NULL;
}

struct err *cli_parse(int argc, char **argv, struct cli_line *line)
{
	memset(line, 0, sizeof *line);
	line->words = xcalloc((size_t)argc + 1, sizeof *line->words);
	line->racks = xcalloc((size_t)argc + 1, sizeof *line->racks);
	struct err *e = take_words(line, argc, argv);
	if (!e)
		e = take_target(line);
	if (!e)
		e = take_wait(line);
	if (!e)
		e = take_command(line);
	return e;
}

void cli_line_free(struct cli_line *line)
{
	free((void *)line->target.uris);
	free(line->words);
	free(line->racks);
}
