/* Words of a command line that say what is acted on: targets, or a filter, of VMs or of blades. Pure. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/filter.h"

#include <stdlib.h>
#include <string.h>

enum word { WORD_TARGET, WORD_TERM, WORD_EITHER };

/* "state:off" is a filter's term, "vm:db01a" a target. "blade:a2-12" alone names the blade itself, as in `show`; beside
 * other terms it narrows VMs. */
static enum word word_kind(const char *word, enum kind of)
{
	const char *start = *word == '!' ? word + 1 : word;
	size_t len = strcspn(start, ":");
	char key[32];
	enum kind k;

	if (!start[len] || len == 0 || len >= sizeof key)
		return WORD_TARGET;
	memcpy(key, start, len);
	key[len] = '\0';
	if (kind_from_name(key, &k) && start == word) {
		/* Of blades, their enclosure and rack narrow; blade:NAME is one. */
		if (k == of || !field_find(of, key))
			return WORD_TARGET;
		return of == KIND_VM ? WORD_EITHER : WORD_TERM;
	}
	return filter_field(of, key) || strcmp(key, "was") == 0 || strcmp(key, "host") == 0 ? WORD_TERM : WORD_TARGET;
}

static void set_yes(json_t *args, const struct cli_line *line, opt_bits bit, const char *key)
{
	if (line->given & bit)
		json_object_set_new(args, key, json_string("yes"));
}

struct err *cli_targets(const struct cli_line *line, json_t **args)
{
	const char *kind = cli_value(line, OPT_KIND), *filter = cli_value(line, OPT_FILTER);
	enum kind of = line->command->options & OPT_FILTER && !(line->command->options & OPT_KIND) ? KIND_BLADE : KIND_VM;
	int terms = 0, targets = 0;

	if (kind && (!kind_from_name(kind, &of) || (of != KIND_VM && of != KIND_BLADE)))
		return err_new(ERR_USAGE, "cli.kind.of", "{s:s}", "word", kind);
	if (!filter && line->nwords == 0)
		return err_new(ERR_USAGE, "cli.no_target", "{s:s}", "command", line->command->name);
	for (int i = 0; i < line->nwords; i++) {
		enum word w = word_kind(line->words[i], of);

		/* With --kind blade plain words are words of names, as in `list`. */
		if (w == WORD_TARGET && kind && of == KIND_BLADE && !strchr(line->words[i], ':'))
			w = WORD_EITHER;
		terms += w == WORD_TERM;
		targets += w == WORD_TARGET;
	}
	if ((terms && targets) || (filter && line->nwords > 0))
		return err_new(ERR_USAGE, "cli.mixed", NULL);
	*args = json_pack("{s:s}", "verb", line->command->name);
	set_yes(*args, line, OPT_VMS_FIRST, "vms-first");
	set_yes(*args, line, OPT_CONSENT, "consent");
	if (of == KIND_BLADE && (terms || filter || (kind && !targets)))
		json_object_set_new(*args, "kind", json_string(kind_name(KIND_BLADE)));
	if (filter) {
		json_object_set_new(*args, "filter", json_string(filter));
		return NULL;
	}
	if (terms || (kind && of == KIND_BLADE && !targets)) {
		char *joined = cli_join(line->words, line->nwords);

		json_object_set_new(*args, "filter", json_string(joined));
		free(joined);
		return NULL;
	}
	json_t *list = json_array();
	for (int i = 0; i < line->nwords; i++)
		json_array_append_new(list, json_string(line->words[i]));
	json_object_set_new(*args, "targets", list);
	return NULL;
}
