/* The words of a command that came over SSH (jump_split). Pure; called by jump.c. What a shell would do with a character that it
 * does not take as itself is not done but refused, so that nobody believes that it was. */
#include "jail/jump.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096 /* bytes; what a person types, and room for a reason */
#define WORDS_MAX 64

/* Outside quotes. ~ * ? [ { ! and # stay what they are: filters have them. */
#define SHELL_ONLY ";|&$`<>()"

struct split {
	struct buf word;
	bool in_word;
	char **words;
	int n;
};

static struct err *end_word(struct split *s)
{
	if (!s->in_word)
		return NULL;
	if (s->n == WORDS_MAX)
		return err_new(ERR_USAGE, "jump.words", "{s:i}", "max", WORDS_MAX);
	buf_append(&s->word, "", 1);
	s->words[s->n++] = xstrdup(s->word.data);
	buf_free(&s->word);
	s->in_word = false;
	return NULL;
}

static void put(struct split *s, char c)
{
	buf_append(&s->word, &c, 1);
	s->in_word = true;
}

static struct err *refuse(char c)
{
	char text[2] = { c, '\0' };

	return err_new(ERR_USAGE, "jump.shell", "{s:s}", "char", text);
}

/* *at is behind the opening quote, then at the closing one. */
static struct err *take_quoted(struct split *s, const char **at, char quote)
{
	const char *p = *at;

	s->in_word = true; /* '' is a word */
	for (; *p != quote; p++) {
		if (!*p)
			return err_new(ERR_USAGE, "jump.quote", NULL);
		if (quote == '"' && (*p == '$' || *p == '`'))
			return refuse(*p);
		if (quote == '"' && *p == '\\' && p[1] && strchr("\\\"$`", p[1]))
			p++;
		put(s, *p);
	}
	*at = p;
	return NULL;
}

static struct err *take_text(struct split *s, const char *text)
{
	for (const char *p = text; *p; p++) {
		struct err *e = NULL;

		if (*p == ' ' || *p == '\t')
			e = end_word(s);
		else if (*p == '\'' || *p == '"') {
			char quote = *p++;
			e = take_quoted(s, &p, quote);
		} else if (*p == '\\') {
			if (*++p)
				put(s, *p);
			else
				e = err_new(ERR_USAGE, "jump.quote", NULL);
		} else if (strchr(SHELL_ONLY, *p))
			e = refuse(*p);
		else
			put(s, *p);
		if (e)
			return e;
	}
	return end_word(s);
}

/* Line ends and other controls have no place in a command, quoted or not. */
static bool has_control(const char *text)
{
	for (const char *p = text; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return true;
	return false;
}

struct err *jump_split(const char *text, char ***out, int *n)
{
	struct split s = { 0 };
	struct err *e;

	*out = NULL;
	*n = 0;
	if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
		return err_new(ERR_USAGE, "jump.long", "{s:i}", "max", TEXT_MAX);
	if (has_control(text))
		return err_new(ERR_USAGE, "jump.control", NULL);
	s.words = xcalloc(WORDS_MAX + 1, sizeof *s.words);
	e = take_text(&s, text);
	buf_free(&s.word);
	if (e) {
		jump_free_words(s.words, s.n);
		return e;
	}
	*out = s.words;
	*n = s.n;
	return NULL;
}

void jump_free_words(char **words, int n)
{
	for (int i = 0; words && i < n; i++)
		free(words[i]);
	free(words);
}
