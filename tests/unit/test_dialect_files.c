/* Dialect files: mistakes are told with their line and what to write instead; a vendor that nobody ever heard of needs a file and
 * no C; sets, shapes and detection. */
#include "conf/shape.h"
#include "enclosures/dialect.h"
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/tana-dialect-XXXXXX";

/* A vendor made up. Line numbers of the table below are of this text. */
static const char acme[] =
	"dialect \"acme\" {\n"                                                     /* 1 */
	"	title = \"Acme Rackmaster\"\n"                                     /* 2 */
	"	detect { banner = '^Acme Rackmaster' }\n"                          /* 3 */
	"	session { mode = shell  eol = cr  prompt = '^RM# ?$'  leave { send = \"bye\" }  timeout = \"5 s\" }\n" /* 4 */
	"	shape usual { rows = 2  columns = 2  bays = \"1-4\" }\n"           /* 5 */
	"	error denied { text = '^no right' }\n"                             /* 6 */
	"	confirm sure { question = 'sure\\? ?$'  answer = \"y\" }\n"        /* 7 */
	"	power { on = 'up'  off = 'down'  starting = 'rising' }\n"          /* 8 */
	"	health { ok = 'fine'  failed = 'smoke' }\n"                        /* 9 */
	"	ask \"list\" {\n"                                                  /* 10 */
	"		send = \"ls\"\n"                                           /* 11 */
	"		every = \"30 s\"\n"                                        /* 12 */
	"		row = { '^(?<bay>\\d) (?<absent>empty)', '^(?<bay>\\d) (?<power>\\w+) (?<health>\\w+) (?<name>.+)' }\n" /* 13 */
	"		skip = '^total'\n"                                         /* 14 */
	"	}\n"                                                               /* 15 */
	"	ask \"one\" { of = bay  send = \"st {bay}\"  row = '^state (?<power>\\S+)' }\n" /* 16 */
	"	verb power-on { send = \"up {bay}\"  accepted = '^ok'  within = \"1 min\" }\n" /* 17 */
	"	verb power-off {\n"                                                /* 18 */
	"		step \"down {bay}\" { until = 'sure\\? ?$' }\n"            /* 19 */
	"		step \"y\" {}\n"                                           /* 20 */
	"	}\n"                                                               /* 21 */
	"}\n";                                                                     /* 22 */

static char *write_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

/* acme with the first what of it made with. */
static char *changed(const char *what, const char *with)
{
	const char *at = strstr(acme, what);

	if (!at)
		fail_msg("%s is not in the file", what);
	return xasprintf("%.*s%s%s", (int)(at - acme), acme, with, at + strlen(what));
}

static const struct {
	const char *what, *with;
	int line;
	const char *words; /* in what is told */
} broken[] = {
	{"title", "titel", 2, "titel"},
	{"'^RM# ?$'", "'^RM# (?$'", 4, "(character"},
	{"'^RM# ?$'", "\"^RM\\\\s# ?$\"", 4, "single quotes"},
	{"prompt = '^RM# ?$'", "", 4, "prompt is missing"},
	{"prompt = '^RM# ?$'", "prompt = '(?:RM)*'", 4, "even an empty line"},
	{"mode = shell", "mode = telnet", 4, "shell, exec"},
	{"eol = cr ", "eol = lfcr ", 4, "lf, cr, crlf"},
	{"\"5 s\"", "5", 4, "with its unit"},
	{"leave { send = \"bye\" }", "leave { send = \"bye {bay}\" }", 4, "{bay}"},
	{"leave { send = \"bye\" }", "leave { }", 4, "nothing is sent"},
	{"columns = 2", "columns = 1", 5, "do not fit"},
	{"\"1-4\"", "\"1,2,2\"", 5, "twice"},
	{"\"1-4\"", "\"a b,2\"", 5, "no name of a bay"},
	{"shape usual { rows = 2  columns = 2  bays = \"1-4\" }", "", 1, "shape is missing"},
	{"error denied", "error refused", 6, "failed, denied"},
	{"error denied { text = '^no right' }", "error denied { }", 6, "text is missing"},
	{"answer = \"y\"", "", 7, "answer is missing"},
	{"power { on = 'up'  off = 'down'  starting = 'rising' }", "", 13, "no word says power"},
	{"health {", "power {", 9, "stands here already, in line 8"},
	{"ask \"one\"", "ask \"list\"", 16, "there is a ask list already"},
	{"(?<health>", "(?<helath>", 13, "helath means nothing here"},
	{"(?<name>.+)' }", "(?<name>.+)', '^x' }", 13, "tells nothing"},
	{"'^(?<bay>\\d) (?<absent>empty)', ", "'^(?<power>up)$', ", 13, "but not of which"},
	{"send = \"ls\"", "send = \"ls {bay}\"", 10, "of = bay"},
	{"send = \"ls\"", "send = \"ls {slot}\"", 11, "the only placeholder is {bay}"},
	{"send = \"st {bay}\"", "send = \"st\"", 16, "{bay} is missing"},
	{"of = bay", "of = rack", 16, "bay, enclosure"},
	{"row = '^state (?<power>\\S+)'", "", 16, "needs a row"},
	{"row = '^state (?<power>\\S+)'", "row = '^s'  block = '^x'", 16, "a block begins with"},
	{"verb power-on", "verb switch-on", 17, "power-on, shutdown"},
	{"verb power-off", "verb power-on", 18, "there is a verb power-on already"},
	{"\"up {bay}\"", "\"up\"", 17, "{bay} is missing"},
	{"step \"y\" {}", "send = \"y\"", 20, "not both"},
	{"	}\n}\n", "	}\n", 1, "never closed"},
	{"}\n}\n", "}\n}\ndialect \"two\" { }\n", 23, "one dialect"},
	{"\"acme\"", "\"emca\"", 1, "emca.conf"},
	{"\"acme\"", "\"a c\"", 1, "a dialect's name"},
};

static void test_broken(void **state)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		char *text = changed(broken[i].what, broken[i].with), *path = write_file("acme.conf", text);
		struct dialect_errors e = {0};
		struct dialect *d = dialect_read(path, &e);
		bool told = false;
		struct buf all = {0};

		for (size_t k = 0; k < e.n; k++) {
			buf_printf(&all, "%d: %s\n", e.list[k].line, e.list[k].err->msg.text);
			told = told || (e.list[k].line == broken[i].line && strstr(e.list[k].err->msg.text, broken[i].words));
		}
		buf_append(&all, "", 1);
		if (d || !told)
			fail_msg("%s -> %s: wanted line %d \"%s\", got\n%s", broken[i].what, broken[i].with, broken[i].line,
				broken[i].words, all.data);
		buf_free(&all);
		dialect_errors_free(&e);
		free(path);
		free(text);
	}
}

static void test_no_status(void **state)
{
	char *path = write_file("acme.conf",
		"dialect acme { detect { banner = 'A' } session { prompt = 'x$' } shape usual { rows=1 columns=1 bays=1 }\n"
		"ask list { send = l row = '(?<bay>\\d)' }\nverb reset { send = \"r {bay}\" } }\n");
	struct dialect_errors e = {0};

	assert_null(dialect_read(path, &e));
	assert_int_equal(e.n, 1);
	assert_string_equal(e.list[0].err->msg.id, "dialect.status.none");
	dialect_errors_free(&e);
	free(path);
	path = write_file("acme.conf", "# nothing\n");
	assert_null(dialect_read(path, &e));
	assert_string_equal(e.list[0].err->msg.id, "dialect.empty");
	dialect_errors_free(&e);
	free(path);
}

static char *check(const char *file, const char *transcript, int want)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	int rc = dialect_check(file, transcript, out);

	fclose(out);
	if (rc != want)
		fail_msg("check said %d:\n%s", rc, got);
	return got;
}

static void test_new_vendor(void **state)
{
	char *file = write_file("acme.conf", acme);
	char *well = write_file("well.txt", "Acme Rackmaster 9\nRM# ls\n1 up fine web one\n2 down smoke db\n3 empty\ntotal 2\n"
					    "RM# st 2\nstate rising\nRM# down 2\nreally sure? y\ndone\nRM# up 2\nno right to do that\nRM# bye\n");
	char *odd = write_file("odd.txt", "RM# ls\n1 sideways fine web\nnonsense\nRM# dance\nRM# up 1\nperhaps\nRM# st 1\n");
	char *said = check(file, well, 0);

	assert_string_equal(strchr(said, '\n') + 1,
		"line 1: the greeting is this dialect's\nline 2: ask list\nline 3: bay 1: a blade, name web one, power on, health ok\n"
		"line 4: bay 2: a blade, name db, power off, health failed\nline 5: bay 3: no blade\nline 7: ask one, bay 2\n"
		"line 8: bay 2: power starting\nline 9: verb power-off, bay 2\nline 9: power-off was accepted\n"
		"line 12: verb power-on, bay 2\nline 13: says denied: no right to do that\n");
	free(said);
	said = check(file, odd, 1);
	assert_string_equal(strchr(said, '\n') + 1,
		"line 1: ask list\nline 2: bay 1: a blade, name web, power unknown: \"sideways\" is in no table, health ok\n"
		"line 3: \"nonsense\" is no row of ask list\nline 4: dance: no question and no verb of the dialect types this\n"
		"line 5: verb power-on, bay 1\nline 5: power-on: what is said matches neither accepted nor an error\n"
		"line 7: ask one, bay 1\nline 7: nothing was understood of ask one\n");
	free(said);
	free(file);
	free(well);
	free(odd);
}

static void test_set(void **state)
{
	const char *source = getenv("TANA_SRC") ? getenv("TANA_SRC") : ".";
	char *builtin = xasprintf("%s/data/dialects", source), *file = write_file("acme.conf", acme);
	const char *folders[] = {builtin, folder};
	struct dialect_errors e = {0};
	struct dialects *all = dialects_read(folders, 2, &e);
	struct shapes shapes;

	assert_int_equal(e.n, 0);
	assert_non_null(dialects_find(all, "acme"));
	assert_non_null(dialects_find(all, "hp-oa"));
	assert_null(dialects_find(all, "HP-OA"));
	size_t n = dialects_count(all);
	dialects_free(all);

	/* A later folder's file counts, also when it is broken. */
	char *own = write_file("hp-oa.conf", "dialect \"hp-oa\" { }\n");
	all = dialects_read(folders, 2, &e);
	assert_int_equal(dialects_count(all), n - 1);
	assert_null(dialects_find(all, "hp-oa"));
	assert_true(e.n >= 1);
	unlink(own);
	dialects_free(all);
	dialect_errors_free(&e);

	assert_null(shapes_read(folders, 2, "hp-oa", &shapes));
	assert_int_equal(shapes.n, 3);
	assert_int_equal(shapes_find(&shapes, "")->nbays, 16);
	assert_int_equal(shapes_find(&shapes, "double")->nbays, 32);
	assert_string_equal(shapes_find(&shapes, "double")->bays[8], "1B");
	assert_null(shapes_find(&shapes, "c9000"));
	shapes_free(&shapes);
	struct err *none = shapes_read(folders, 2, "../hp-oa", &shapes);
	assert_string_equal(none->msg.id, "dialect.none");
	err_free(none);
	free(own);
	free(file);
	free(builtin);
}

static const struct { const char *greeting, *dialect; } greetings[] = {
	{"\r\nHPE BladeSystem Onboard Administrator\r\n(C) Copyright 2006-2019 Hewlett Packard Enterprise Development LP\r\n\r\noa1> ", "hp-oa"},
	{"HP BladeSystem Onboard Administrator\n(C) Copyright 2006-2015 Hewlett-Packard Development Company, L.P.\noa1> ", "hp-oa"},
	{"Welcome to the CMC firmware version 6.20\r\n\r\n$ ", "dell-cmc"},
	{"SSH-2.0-OpenSSH_5.9\r\n/admin1-> ", "dell-idrac"},
	{"Hostname: amm01\r\nLast login: Tuesday November 17 2026 9:12 from 192.0.2.1 (SSH)\r\n\r\nsystem> ", "ibm-amm"},
	{"Chassis Management Module\r\nLast login: Tuesday\r\nsystem> ", "ibm-cmm"},
	{"User:tana logged-in to ILOCZJ.example.net\r\niLO 4 Standard 2.70\r\nServer Power: On\r\n\r\n</>hpiLO-> ", "hpe-ilo"},
	{"hpeiLO-> ", "hpe-ilo"},
	{"HP Moonshot 1500 Chassis Manager\r\nhpiLO-> ", "hpe-moonshot"},
	{"Compute Blade 2000\r\n(S,X) : ", "hitachi-svp"},
	{"RemoteView Service Board\r\nEnter selection or (0) to quit: ", "fujitsu-rsb"},
	{"Last login: Tuesday\r\nroot@host:~# ", NULL},
	{"", NULL},
};

static void test_greetings(void **state)
{
	const char *source = getenv("TANA_SRC") ? getenv("TANA_SRC") : ".";
	char *builtin = xasprintf("%s/data/dialects", source);
	struct dialect_errors e = {0};
	struct dialects *all = dialects_read((const char *const[]){builtin}, 1, &e);

	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		const struct dialect *d = dialects_detect(all, greetings[i].greeting);
		const char *name = d ? d->name : "none", *want = greetings[i].dialect ? greetings[i].dialect : "none";
		if (strcmp(name, want))
			fail_msg("\"%s\" is %s, not %s", greetings[i].greeting, want, name);
		if (d && !dialect_at_prompt(d, greetings[i].greeting, strlen(greetings[i].greeting)))
			fail_msg("%s: no prompt in \"%s\"", name, greetings[i].greeting);
	}
	const char login[] = "Last login:", name[] = "login: ";
	assert_false(dialects_at_prompt(all, login, strlen(login)));
	assert_false(dialects_at_prompt(all, name, strlen(name)));
	dialects_free(all);

	/* Two that are alike: none is guessed. */
	char *a = changed("\"acme\"", "\"twin\""), *one = write_file("acme.conf", acme), *two = write_file("twin.conf", a);
	all = dialects_read((const char *const[]){folder}, 1, &e);
	assert_int_equal(dialects_count(all), 2);
	assert_null(dialects_detect(all, "Acme Rackmaster 9\nRM# "));
	dialects_free(all);
	unlink(two);
	free(a);
	free(one);
	free(two);
	dialect_errors_free(&e);
	free(builtin);
}

static int setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"acme.conf", "well.txt", "odd.txt", "hp-oa.conf", "twin.conf"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *path = xasprintf("%s/%s", folder, files[i]);
		unlink(path);
		free(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_broken), cmocka_unit_test(test_no_status),
		cmocka_unit_test(test_new_vendor), cmocka_unit_test(test_set), cmocka_unit_test(test_greetings)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
