/* Text wrapped into rows (wrap.h): at blanks, and between the characters of Japanese. */
#include "words/wrap.h"

#include "common/text.h"
#include "term/screen.h"

#include <stdio.h>
#include <string.h>

#define SHORT_WORD 12   /* bytes: four characters */

/* Is byte `at` of s the begin of a character of Japanese, or right behind one: a place where a line may end without a blank? */
static bool may_break(const char *s, size_t at)
{
	/* What never stands at the begin of a line: commas, closing brackets, long marks and small letters. */
	static const char *const closing[] = {"\xe3\x80\x81", "\xe3\x80\x82", "\xe3\x80\x8d", "\xef\xbc\x89", "\xe3\x83\xbc", "\xe3\x82\xa3", "\xe3\x82\xa7",
		"\xe3\x83\x83", "\xe3\x83\xa3", "\xe3\x83\xa5", "\xe3\x83\xa7", "\xe3\x81\xa3"};
	const unsigned char *p = (const unsigned char *)s + at;

	if ((*p & 0xc0) == 0x80 || at < 3)
		return false;
	for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
		if (strncmp(s + at, closing[i], 3) == 0)
			return false;
	if (strncmp(s + at - 3, "\xef\xbc\x88", 3) == 0 || strncmp(s + at - 3, "\xe3\x80\x8c", 3) == 0) /* an opening bracket ends no line */
		return false;
	return *p >= 0xe3 || p[-3] >= 0xe3;
}

size_t wrap_line(const char *s, int cells, size_t *next)
{
	int used;
	size_t n = text_cut(s, cells, &used), blank = n;

	if (s[n] == '\0') {
		*next = n;
		return n;
	}
	if (n == 0) { /* not even one character fits */
		*next = strlen(s);
		return *next;
	}
	while (blank > 0 && s[blank] != ' ' && !may_break(s, blank))
		blank--;
	if (blank == 0) {
		*next = n;
		return n;
	}
	/* Rather before a short word of Japanese than within it. */
	for (size_t i = blank; s[blank] != ' ' && i > 1 && blank - i <= SHORT_WORD; i--)
		if (s[i - 1] == ' ' && s[i] != ' ') {
			*next = i;
			return i - 1;
		}
	*next = s[blank] == ' ' ? blank + 1 : blank;
	return blank;
}

int wrap_height(const char *s, int cells)
{
	int rows = 0;
	size_t next;

	do {
		wrap_line(s, cells, &next);
		s += next;
		rows++;
	} while (*s);
	return rows;
}

int wrap_draw(int y, int x, int cells, int most, enum ink ink, const char *s, bool mark)
{
	int used = 0;

	do {
		char row[2048];
		size_t next, n = wrap_line(s, cells, &next);

		snprintf(row, sizeof row, "%.*s", (int)n, s);
		/* The screen cuts what is given it whole, and marks that. */
		screen_text(y + used, x, cells, ink, mark && used + 1 == most && s[next] ? s : row);
		s += next;
		used++;
	} while (*s && used < most);
	return used;
}
