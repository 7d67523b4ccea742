/* The locale, the catalogue and the switch between languages (lang.h). The catalogue stays in memory from the start on, so that
 * a switch needs no file: English is what stands in the program, Japanese what gettext finds for it. */
#include "words/lang.h"

#include "common/buf.h"
#include "common/error.h"
#include "term/terminal.h"
#include "words/lang_inside.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "tana"

static bool japanese;    /* is shown now */
static bool can;         /* ... or could be */
static const char *refused;

const char *lang_text(const char *text)
{
	return japanese && *text ? dcgettext(DOMAIN, text, LC_MESSAGES) : text;
}

const char *lang_text_of(const char *of, const char *text)
{
	char key[160];
	const char *told;

	snprintf(key, sizeof key, "%s\004%s", of, text); /* as msgfmt writes a msgctxt */
	told = lang_text(key);
	return told == key ? text : told;
}

/* Where the catalogues are: beside a program that runs where it was built, else where they are installed. */
static char *folder(void)
{
	char exe[PATH_MAX];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	exe[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(exe, '/');
	if (slash) {
		*slash = '\0';
		char *beside = xasprintf("%s/data/locale", exe);
		if (stat(beside, &st) == 0 && S_ISDIR(st.st_mode))
			return beside;
		free(beside);
	}
	return xstrdup(TANA_LOCALEDIR);
}

static const char *asked(void)
{
	static const char *const names[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *v = getenv(names[i]);
		if (v && *v)
			return strncmp(v, "ja", 2) == 0 && (!v[2] || strchr("_.:@", v[2])) ? "ja" : "en";
	}
	return "en";
}

static bool is_plain_c(const char *locale)
{
	return !locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

static void set_locale(bool utf8)
{
	if (!setlocale(LC_ALL, "") && !(utf8 && setlocale(LC_ALL, "C.UTF-8")))
		setlocale(LC_ALL, "C");
	setlocale(LC_NUMERIC, "C"); /* figures are read by programs too */
	/* gettext looks nothing up for a locale that is "C". */
	if (utf8 && is_plain_c(setlocale(LC_MESSAGES, NULL)))
		setlocale(LC_MESSAGES, "C.UTF-8");
}

void lang_start_from(const char *dir, const char *wish)
{
	bool utf8 = terminal_is_utf8();

	wish = wish ? wish : asked();
	refused = NULL;
	set_locale(utf8);
	bindtextdomain(DOMAIN, dir);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	setenv("LANGUAGE", "ja", 1);
	/* Reads the catalogue: what comes later finds it in memory. Its header is the translation of nothing. */
	can = utf8 && !is_plain_c(setlocale(LC_MESSAGES, NULL)) && *dcgettext(DOMAIN, "", LC_MESSAGES);
	japanese = can && strcmp(wish, "ja") == 0;
	if (!japanese && strcmp(wish, "ja") == 0)
		refused = utf8 ? "the Japanese texts are not installed: this is shown in English" :
			"this terminal's locale is not UTF-8: Japanese is shown in English";
	lang_said_start();
}

void lang_start(const char *wish)
{
	char *dir = folder();

	lang_start_from(dir, wish);
	free(dir);
}

const char *lang_now(void)
{
	return japanese ? "ja" : "en";
}

bool lang_switch(void)
{
	if (!can)
		return false;
	japanese = !japanese;
	refused = NULL;
	lang_said_forget();
	return true;
}

const char *lang_refused(void)
{
	return refused;
}

const char *lang_name(const char *code)
{
	return strcmp(code, "ja") == 0 ? "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" : "English";
}
