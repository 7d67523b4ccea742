/* What acts (storm.h): where Enter and y are harmless and where not, and whole actions that a storm does on purpose, so that the audit can be
 * asked afterwards whether these were done, each once, and nothing else. Screens are read in English and Japanese. */
#include "storm.h"

#include <string.h>

#define ASKING "Asking the broker|問い合わせて"
#define CANCEL "Cancel, change nothing|何も変更しません"
#define DIALOG "close, change nothing|変更せず閉じる"
#define YES "press y|yを押す"
#define HERE_NOW "> .*( now( |:|$)|を実行)"
#define FORMS "tana alerts (ack|mute|unack)|tana note "

void deed_gate(struct storm *s)
{
	static const char *const enters[] = {"\r", "\r", "\r", "\n", "\033OM"};

	/* Where too little is seen to know, nothing is risked. */
	if (term_cols(s->t) < 80 || term_rows(s->t) < 24 || term_shows(s->t, ASKING))
		return;
	if (storm_roll(s, 6) == 0) {
		if (!term_shows(s->t, YES))
			term_type(s->t, "y");
	} else if (!term_shows(s->t, HERE_NOW) && !term_shows(s->t, FORMS)) {
		term_type(s->t, enters[storm_roll(s, sizeof enters / sizeof *enters)]);
	} else {
		term_type(s->t, "\t");
	}
	s->event++;
	storm_settled(s, 60);
}

/* True when the console is as it should be; false: somewhere on the way it was not, as may be. */
static bool step(struct storm *s, const char *keys, const char *regex)
{
	s->event += (long)strlen(keys);
	term_type(s->t, keys);
	storm_settled(s, 1000);
	if (!term_wait_gone(s->t, ASKING, 20000))
		return false;
	return term_shows(s->t, regex);
}

/* What stands behind one of these texts up to a blank. */
static bool word_after(struct storm *s, const char *const *before, char *out, size_t size)
{
	const char *screen = term_screen(s->t), *at = NULL;

	for (; *before && !at; before++)
		if ((at = strstr(screen, *before)))
			at += strlen(*before);
	if (!at)
		return false;
	snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
	return *out != '\0';
}

static const char *named(const char *command)
{
	const char *colon = strchr(command, ':');

	return colon ? colon + 1 : command;
}

static void note(struct storm *s, const char *command)
{
	char verb[32] = "", target[128] = "";

	sscanf(command, "%31s %127s", verb, target);
	if (s->deeds)
		fprintf(s->deeds, "%s %s\n", verb, named(target));
}

/* The command line that stands in the dialog, below all else that begins so. */
static bool command_line(struct storm *s, char *out, size_t size)
{
	const char *at = NULL, *end;

	for (const char *p = term_screen(s->t); (p = strstr(p, " tana ")); p++)
		at = p + strlen(" tana ");
	if (!at)
		return false;
	end = strchr(at, '\n');
	snprintf(out, size, "%.*s", (int)(end ? end - at : 0), at);
	return true;
}

bool deed_do(struct storm *s)
{
	static const char *const types[] = {"now: type ", NULL}, *const types_ja[] = {"を実行: ", NULL};
	char places[] = "2222213", where[8] = "", down[24] = "", command[256], text[128];
	bool gone;

	if (storm_steady(s))
		return true;
	term_resize(s->t, 120, 36);
	snprintf(where, sizeof where, "\007\007\007F%c", places[storm_roll(s, 7)]);
	memset(down, 'j', storm_roll(s, sizeof down - 1));
	if (!step(s, where, ".") || !step(s, down, "."))
		return true;
	for (int i = 0; i < 2 && term_shows(s->t, "[0-9] (VMs? |blades? )?marked|marked [0-9]|印 [0-9]"); i++)
		step(s, "*", ".");
	if (!step(s, storm_roll(s, 3) ? "p" : "a", DIALOG)) /* nothing can be done here */
		return true;
	memset(down, 'j', sizeof down - 1);
	down[storm_roll(s, 6) + 1] = '\0';
	if (!step(s, down, DIALOG) || !step(s, "\r", CANCEL) || !step(s, "\033[Z", HERE_NOW) || term_shows(s->t, FORMS) || !command_line(s, command, sizeof command)) {
		step(s, "\007\007\007", ".");
		return true;
	}
	if (term_shows(s->t, YES)) {
		term_type(s->t, "y");
	} else {
		if (term_shows(s->t, "now: type |と入力")) {
			if (!word_after(s, term_shows(s->t, "now: type ") ? types : types_ja, text, sizeof text) || !step(s, text, HERE_NOW))
				return true;
		}
		term_type(s->t, "\r");
	}
	s->done++;
	s->event++;
	/* It is asked for at once; the answer closes the dialog, a refusal stands in it. */
	storm_settled(s, 20000);
	if (!term_wait_gone(s->t, ASKING, 60000))
		return storm_broke(s, "the broker does not answer an order");
	gone = !term_shows(s->t, CANCEL);
	if (gone)
		note(s, command);
	else
		s->refused++;
	step(s, "\007\007\007", ".");
	return true;
}
