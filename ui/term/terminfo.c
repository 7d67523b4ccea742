/* Which entry of terminfo a terminal is drawn by, and its strings (terminfo.h). */
#include "term/terminfo.h"

#include "common/buf.h"
#include "common/text.h"
#include "term/terminal.h"
#include "tr.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

/* Whether terminfo knows this name, and whether the cursor can be placed there. */
static bool is_known(const char *name, bool *places)
{
	int why = 0;
	bool known = setupterm(name, STDOUT_FILENO, &why) == OK;
	const char *cup = known ? tigetstr("cup") : NULL;

	*places = cup && cup != (char *)-1;
	if (known)
		del_curterm(cur_term);
	return known;
}

char *terminfo_hide_home(void)
{
	char *home = xstrdup(getenv("HOME"));

	unsetenv("TERMINFO");
	unsetenv("TERMINFO_DIRS");
	unsetenv("TERMCAP");
	unsetenv("TERMPATH");
	unsetenv("HOME");
	return home;
}

void terminfo_show_home(char *home)
{
	if (home)
		setenv("HOME", home, 1);
	free(home);
}

struct err *terminfo_choose(char *name, size_t size, char *note, size_t note_size)
{
	const char *term = getenv("TERM"), *names[8];
	size_t n = terminal_names(term ? term : "", names, 8);
	bool places = false;

	name[0] = note[0] = '\0';
	for (size_t i = 0; i < n && !name[0]; i++)
		if (is_known(names[i], &places)) {
			snprintf(name, size, "%s", names[i]);
			if (strcmp(names[i], term) != 0)
				snprintf(note, note_size, _("TERM=%s is not known here: drawing as on %s"), term, name);
			break;
		}
	if (!name[0] || !places)
		return err_new(ERR_USAGE, "screen.dumb", "{s:s}", "term", term && text_is_clean(term) ? term : "");
	return NULL;
}

void terminfo_string(char *out, size_t size, const char *name)
{
	const char *cap = tigetstr(name);
	size_t n = strlen(out);

	if (!cap || cap == (char *)-1)
		return;
	while (*cap && n + 1 < size) {
		if (cap[0] == '$' && cap[1] == '<') {
			while (*cap && *cap != '>')
				cap++;
			cap += *cap == '>';
			continue;
		}
		out[n++] = *cap++;
	}
	out[n] = '\0';
}
