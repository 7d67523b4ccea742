/* What acts (storm.h): where Enter and y are harmless and where not, and whole actions that a storm does on purpose, so that the audit can be
 * asked afterwards whether these were done, each once, and nothing else. Screens are read in English and Japanese. */
#include "storm.h"

#include <string.h>

#define DIALOG "close, change nothing|変更せず閉じる"
#define YES "press y|yを押す"
#define HERE_NOW "> .*( now( |:|$)|を実行)"
#define FORMS "tana alerts (ack|mute|unack)|tana note "
/* The lines of forms that act: where a form has little room, its command line is not shown. */
#define FORM_ACTS "> ?(Acknowledge: I|対応中にする: 自分|Mute it until|その時刻まで通知抑止|Put it back|取り消す: 担当者|Note it|記入する|Take the note off|経過観察を終了)"

bool deed_gate(struct storm *s)
{
	static const char *const enters[] = {"\r", "\r", "\r", "\n", "\033OM"};

	/* Where too little is seen to know, nothing is risked. */
	if (term_cols(s->t) < 80 || term_rows(s->t) < 24)
		return false;
	/* On a busy machine it may have had no turn yet: what it has not read may open something before this key comes. */
	if (!term_quiet(s->t, 0, 1000) || term_shows(s->t, DEED_ASKING))
		return false;
	if (storm_roll(s, 6) == 0) {
		if (!term_shows(s->t, YES))
			term_type(s->t, "y");
	} else if (!term_shows(s->t, HERE_NOW "|" FORMS "|" FORM_ACTS)) {
		term_type(s->t, enters[storm_roll(s, sizeof enters / sizeof *enters)]);
	} else {
		term_type(s->t, "\t");
	}
	s->event++;
	return storm_settled(s, 60);
}

bool deed_step(struct storm *s, const char *keys, const char *regex)
{
	s->event += (long)strlen(keys);
	term_type(s->t, keys);
	if (!storm_settled(s, 5000))
		return false;
	if (!term_wait_gone(s->t, DEED_ASKING, 20000))
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

/* "'vm:試験18'": its name */
static void name_of(const char *word, char *out, size_t size)
{
	const char *colon = strchr(word, ':');

	word = colon ? colon + 1 : word + strspn(word, "'");
	snprintf(out, size, "%.*s", (int)strcspn(word, "'"), word);
}

static void note(struct storm *s, const char *command)
{
	char verb[32] = "", kind[32] = "", target[128] = "", name[128];
	bool snapshot = sscanf(command, "%31s %31s %127s", verb, kind, target) == 3 && strcmp(verb, "snapshot") == 0;

	name_of(snapshot ? target : (sscanf(command, "%*s %127s", target), target), name, sizeof name);
	if (s->deeds)
		fprintf(s->deeds, "%s%s%s %s\n", verb, snapshot ? "-" : "", snapshot ? kind : "", name);
}

static bool cell_is(struct storm *s, int row, int col, const char *text)
{
	struct term_cell c;

	return term_cell(s->t, row, col, &c) && strcmp(*c.text ? c.text : " ", text) == 0;
}

static bool stands(struct storm *s, int row, int col, const char *ascii)
{
	for (; *ascii; ascii++, col++)
		if (!cell_is(s, row, col, (char[2]){*ascii, '\0'}))
			return false;
	return true;
}

/* What stands in a row between two columns, from its first to its last sign; returns its length. */
static size_t between(struct storm *s, int row, int from, int to, char *out, size_t size)
{
	struct term_cell c;
	size_t n = 0, end = 0;

	out[0] = '\0';
	for (int col = from; col < to && term_cell(s->t, row, col, &c) && n + sizeof c.text < size; col++) {
		bool blank = !*c.text || strcmp(c.text, " ") == 0;

		if (c.width == 0 || (blank && n == 0))
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s", blank ? " " : c.text);
		end = blank ? end : n;
	}
	out[end] = '\0';
	return end;
}

/* The lowest "tana" in a dialog; goes on in the rows below it, between the same two sides of the frame, up to an empty one. It begins with how the
 * broker is reached. */
bool deed_command(struct storm *s, char *out, size_t size)
{
	int row = term_rows(s->t) - 1, col = 0, left, right;
	char text[512] = "", line[512];
	const char *at = text;
	size_t n = 0, len;
	bool quoted = false;

	for (; row >= 0; row--) {
		for (col = 0; col < term_cols(s->t) && !stands(s, row, col, " tana "); col++)
			;
		if (col < term_cols(s->t))
			break;
	}
	if (row < 0)
		return false;
	col += (int)strlen(" tana ");
	for (left = col - 1; left >= 0 && !cell_is(s, row, left, "│"); left--)
		;
	for (right = col; right < term_cols(s->t) && !cell_is(s, row, right, "│"); right++)
		;
	for (int i = 0; i < 4 && row < term_rows(s->t) && (left < 0 || cell_is(s, row, left, "│")); i++, row++) {
		len = between(s, row, i == 0 ? col : left + 1, right, line, sizeof line);
		if (len == 0)
			break;
		for (const char *c = line; *c; c++)
			quoted ^= *c == '\'';
		/* A Japanese name goes on in the next line anywhere. */
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", line, quoted && (line[len - 1] & 0x80) ? "" : " ");
		if (n >= sizeof text)
			return false;
	}
	if (strncmp(at, "--socket ", 9) == 0) {
		at += 9;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	snprintf(out, size, "%s", at);
	return *out != '\0';
}

bool deed_answered(struct storm *s, bool *gone)
{
	/* What confirms it is taken alone: the next key goes out when it was read. */
	term_quiet(s->t, 20, 20000);
	/* It is asked for at once; the answer closes the dialog, a refusal stands in it. */
	storm_settled(s, 20000);
	if (!term_wait_gone(s->t, DEED_ASKING, 60000))
		return storm_broke(s, "the broker does not answer an order");
	/* On a busy machine the answer may be on its way, and no room in the dialog to say that it was asked for. */
	term_quiet(s->t, 20, 20000); /* a picture of which half is drawn has no dialog either */
	*gone = !term_shows(s->t, DEED_UNREAD) && term_wait_gone(s->t, DEED_CANCEL, 20000);
	return true;
}

bool deed_do(struct storm *s)
{
	static const char *const types[] = {"now: type ", NULL}, *const types_ja[] = {"を実行: ", NULL};
	char places[] = "2222213", where[8] = "", down[24] = "", command[256], text[128];
	bool gone;

	if (storm_steady(s))
		return true;
	storm_resize(s, 120, 36);
	snprintf(where, sizeof where, "\007\007\007F%c", places[storm_roll(s, 7)]);
	memset(down, 'j', storm_roll(s, sizeof down - 1));
	if (!deed_step(s, where, ".") || !deed_step(s, down, "."))
		return true;
	for (int i = 0; i < 2 && term_shows(s->t, "[0-9] (VMs? |blades? )?marked|marked [0-9]|印 [0-9]"); i++)
		deed_step(s, "*", ".");
	if (!deed_step(s, storm_roll(s, 3) ? "p" : "a", DIALOG)) /* nothing can be done here */
		return true;
	memset(down, 'j', sizeof down - 1);
	down[storm_roll(s, 6) + 1] = '\0';
	if (!deed_step(s, down, DIALOG) || !deed_step(s, "\r", DEED_CANCEL) || !deed_step(s, "\033[Z", HERE_NOW) || term_shows(s->t, FORMS) || !deed_command(s, command, sizeof command)) {
		deed_step(s, "\007\007\007", ".");
		return true;
	}
	if (term_shows(s->t, YES)) {
		term_type(s->t, "y");
	} else {
		if (term_shows(s->t, "now: type |と入力")) {
			if (!word_after(s, term_shows(s->t, "now: type ") ? types : types_ja, text, sizeof text) || !deed_step(s, text, HERE_NOW))
				return true;
		}
		term_type(s->t, "\r");
	}
	s->event++;
	if (!deed_answered(s, &gone))
		return false;
	if (gone || !term_shows(s->t, DEED_UNREAD))
		s->done++;
	if (gone)
		note(s, command);
	else
		s->refused++;
	deed_step(s, "\007\007\007", ".");
	return true;
}
