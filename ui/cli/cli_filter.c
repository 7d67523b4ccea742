/* The filter of a command line: saved ones by their names, a mistake shown where it stands; and what to do next where a list has nothing
 * because nothing is set up yet. */
#include "cli/cli.h"

#include "common/filter.h"
#include "common/text.h"
#include "jail/jump.h"
#include "lists/first.h"
#include "settings/saved.h"
#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 4096

/* The line that was typed, and signs below the word that is wrong. */
static void show_place(const char *text, const struct err *e)
{
	int column, length, before = 0;
	size_t n = 0;
	char *clean;

	filter_error_place(e, &column, &length);
	if (column < 1 || length < 1 || strpbrk(text, "\n\t"))
		return;
	clean = text_shown_dup(text);
	for (int i = 1; clean[n] && i < column; i++) {
		size_t begin = n++;
		char one[8];

		while (((unsigned char)clean[n] & 0xc0) == 0x80)
			n++;
		if (n - begin < sizeof one) {
			memcpy(one, clean + begin, n - begin);
			one[n - begin] = '\0';
			before += text_width(one);
		}
	}
	fprintf(stderr, "  %s\n  %*s", clean, before, "");
	for (int i = 0; i < length && i < 80; i++)
		fputc('^', stderr);
	fputc('\n', stderr);
	free(clean);
}

struct err *cli_filter(const struct cli_line *line, int from, enum kind k, struct filter **out)
{
	char *text = cli_join(line->words + from, line->nwords - from), whole[TEXT_MOST];
	const char *shown = text;
	struct err *e = NULL;

	*out = NULL;
	if (strchr(text, '@') && !jump_now()) { /* on a jump host no file is anybody's */
		settings_look();
		e = saved_expand(text, whole, sizeof whole);
		settings_close();
		shown = e ? text : whole;
	}
	if (!e)
		e = filter_new(k, shown, out);
	if (e && !line->json)
		show_place(shown, e);
	free(text);
	return e;
}

void cli_first_words(struct cli *c, enum kind k)
{
	static const char *const ids[] = {[FIRST_BLADES] = "cli.first.blades", [FIRST_HOSTS] = "cli.first.hosts"};
	enum first_step step = first_step(mirror_objects(c->mirror));

	if (cli_viewer(c) == VIEWER_TENANT || c->line->json || !(c->kinds & 1u << KIND_BLADE) || (k != KIND_VM && k != KIND_BLADE && k != KIND_RACK && k != KIND_ENCLOSURE))
		return;
	if (step == FIRST_BLADES || step == FIRST_HOSTS)
		cli_say(ids[step], "{s:s}", "file", c->line->target.site_file ? c->line->target.site_file : "/etc/tana/site.conf");
}
