/* tana as somebody's only program: who is restricted, which words a command has, what is left of the surroundings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "jail/jump.h"
#include "term/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What jump_split makes of a text: "a|b|c", or "!id". */
static const char *split(const char *text)
{
	static char out[8192];
	char **words;
	int n;
	struct err *e = jump_split(text, &words, &n);
	size_t at = 0;

	if (e) {
		snprintf(out, sizeof out, "!%s", e->msg.id);
		err_free(e);
		return out;
	}
	out[0] = '\0';
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", i ? "|" : "", words[i]);
	jump_free_words(words, n);
	return out;
}

static void test_split(void **state)
{
	static const struct { const char *text, *words; } rows[] = {
		{ "", "" }, { "  \t ", "" }, { "list vms", "list|vms" }, { " list\tvms  --json ", "list|vms|--json" },
		{ "a 'b c' d", "a|b c|d" }, { "a \"b c\" d", "a|b c|d" }, { "a'b'\"c\"d", "abcd" }, { "a '' b", "a||b" }, { "\"\"", "" },
		{ "a\\ b", "a b" }, { "a\\;b", "a;b" }, { "'a;|&$`<>()b'", "a;|&$`<>()b" }, { "\"a;|&<>()b\"", "a;|&<>()b" },
		{ "\"a\\\"b\\\\c\\$d\\`e\\f\"", "a\"b\\c$d`e\\f" }, { "'a\\'b", "a\\b" }, { "'it'\\''s'", "it's" },
		{ "db* ~ a? [x] {a,b} !x #y a=b", "db*|~|a?|[x]|{a,b}|!x|#y|a=b" }, { "'\xe6\xa3\x9a' \xe6\xa3\x9a", "\xe6\xa3\x9a|\xe6\xa3\x9a" },
		{ "a;b", "!jump.shell" }, { "a|b", "!jump.shell" }, { "a&b", "!jump.shell" }, { "a && b", "!jump.shell" }, { "$a", "!jump.shell" },
		{ "`a`", "!jump.shell" }, { "a<b", "!jump.shell" }, { "a>b", "!jump.shell" }, { "(a", "!jump.shell" }, { "a)", "!jump.shell" },
		{ "\"$a\"", "!jump.shell" }, { "\"`a`\"", "!jump.shell" }, { "'a", "!jump.quote" }, { "\"a", "!jump.quote" }, { "\"a\\\"", "!jump.quote" },
		{ "a\\", "!jump.quote" }, { "a\nb", "!jump.control" }, { "'a\nb'", "!jump.control" }, { "a\rb", "!jump.control" }, { "\033[2J", "!jump.control" },
		{ "a\x7f", "!jump.control" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(split(rows[i].text), rows[i].words);
}

static void test_split_bounds(void **state)
{
	char text[4200];

	memset(text, 'a', sizeof text);
	text[4096] = '\0';
	assert_int_equal(strlen(split(text)), 4096);
	text[4096] = 'a';
	text[4097] = '\0';
	assert_string_equal(split(text), "!jump.long");
	for (int i = 0; i < 65; i++)
		memcpy(text + i * 2, "b ", 2);
	text[64 * 2] = '\0';
	assert_int_equal(split(text)[0], 'b');
	text[64 * 2] = 'b';
	text[65 * 2] = '\0';
	assert_string_equal(split(text), "!jump.words");
	for (unsigned seed = 1; seed < 20000; seed++) { /* anything at all: no crash, no word beyond the text */
		static const char alphabet[] = "ab '\"\\ ;$'\"";
		unsigned r = seed * 2654435761u;
		int n = (int)(seed % 17);
		for (int i = 0; i < n; i++, r = r * 1664525u + 1013904223u)
			text[i] = alphabet[(r >> 16) % (sizeof alphabet - 1)];
		text[n] = '\0';
		assert_true(strlen(split(text)) <= 64);
	}
}

static bool is(const char *a0, const char *a1)
{
	char *argv[] = { (char *)a0, (char *)a1, NULL };

	return jump_is(a0 ? a1 ? 2 : 1 : 0, argv);
}

static void test_is(void **state)
{
	assert_true(is("-tana", NULL));
	assert_true(is("-su", NULL));
	assert_true(is("tana", "-c"));
	assert_true(is("tana", "--jump"));
	assert_true(is("", NULL));
	assert_true(is(NULL, NULL));
	assert_false(is("tana", NULL));
	assert_false(is("/usr/bin/tana", "list"));
	assert_false(is("tana", "--json"));
}

/* ---- in a process of its own: it does not come back from there ---- */

#define NEED(x) do { if (!(x)) { fprintf(stderr, "not so: %s\n", #x); return 1; } } while (0)

static bool env_is(const char *name, const char *value)
{
	const char *got = getenv(name);

	return value ? got && strcmp(got, value) == 0 : !got;
}

static int enter(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	jump_enter(argc, argv);
	return argc;
}

static int in_clean_surroundings(void)
{
	static const char *const bad[] = { "LD_PRELOAD", "PATH", "HOME", "TERMINFO", "TERMCAP", "TZ", "LINES", "LOCPATH", "TANA_SOCKET", "SSH_CLIENT", "SSH_ORIGINAL_COMMAND",
		"NCURSES_TRACE", "LIBEV_FLAGS", "LANG" };
	char *argv[] = { (char *)"-tana", NULL }, cwd[16];
	struct rlimit core;
	struct sigaction sa;
	int fd;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		setenv(bad[i], "/tmp/x", 1);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "", 1);
	setenv("LANG", "ja_JP.UTF-8", 1);
	setenv("SSH_CONNECTION", "192.0.2.7 40000 192.0.2.1 22", 1);
	signal(SIGINT, SIG_IGN);
	fd = open("/dev/null", O_RDONLY);
	NEED(fd > 2);
	close(0); /* somebody closed it: nothing else may take its place */
	enter(argv);
	NEED(jump_now());
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		NEED(!getenv(bad[i]));
	NEED(env_is("TERM", "xterm-256color") && env_is("LC_ALL", "C.UTF-8") && env_is("LANGUAGE", "ja") && env_is("SSH_CONNECTION", "192.0.2.7 40000 192.0.2.1 22"));
	int n = 0;
	while (environ[n])
		n++;
	NEED(n == 4);
	NEED(fcntl(0, F_GETFD) == 0 && fcntl(fd, F_GETFD) == -1);
	NEED(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	NEED(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	NEED(sigaction(SIGTSTP, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN);
	NEED(sigaction(SIGINT, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	NEED(getcwd(cwd, sizeof cwd) && strcmp(cwd, "/") == 0);
	NEED(umask(0) == 077);
	NEED(strcmp(jump_socket(), "/run/tana/broker.sock") == 0);
	return 0;
}

static int in_odd_values(void)
{
	char *argv[] = { (char *)"tana", (char *)"-c", (char *)"list vms", NULL };

	setenv("TERM", "../../tmp/x", 1);
	setenv("LC_ALL", "tr_TR", 1);
	setenv("LANG", "ja_JP.UTF-8", 1);
	setenv("SSH_CONNECTION", "192.0.2.7\033[2J 1 2 3", 1);
	enter(argv);
	NEED(env_is("TERM", "unknown") && env_is("LC_ALL", "C") && env_is("LANGUAGE", "en") && env_is("SSH_CONNECTION", NULL));
	return 0;
}

/* The words, and whether the parser takes them: "list|vms", or "!id". */
static int command(char **argv, const char *asked, const char *want)
{
	struct cli_line line = { 0 };
	char **words, got[256] = "";
	int n;

	unsetenv("SSH_ORIGINAL_COMMAND");
	if (asked)
		setenv("SSH_ORIGINAL_COMMAND", asked, 1);
	enter(argv);
	struct err *e = jump_command(&n, &words);
	for (int i = 1; !e && i < n; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 1 ? "|" : "", words[i]);
	if (!e)
		e = cli_parse(n, words, &line);
	if (e)
		snprintf(got, sizeof got, "!%s", e->msg.id);
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s, not %s\n", got, want);
		return 1;
	}
	if (!e && strcmp(line.target.socket, jump_socket()) != 0)
		return 1;
	err_free(e);
	cli_line_free(&line);
	jump_free_words(words, n);
	return 0;
}

static const struct { const char *argv[5], *asked, *want; } commands[] = {
	{ { "tana", "-c", "list vms" }, NULL, "list|vms" },
	{ { "tana", "-c", "list vms" }, "show x", "list|vms" },
	{ { "tana", "-c", "tana list vms" }, NULL, "list|vms" },
	{ { "-tana", "-c", "list vms" }, NULL, "list|vms" },
	{ { "tana", "--jump" }, "list vms", "list|vms" },
	{ { "tana", "--jump", "--socket", "/run/x.sock" }, "list vms", "list|vms" },
	{ { "tana", "-c", "/usr/bin/tana --jump" }, "list vms", "list|vms" },
	{ { "tana", "-c", "/usr/bin/tana --jump" }, NULL, "!jump.notty" },
	{ { "tana", "-c", "/usr/bin/tana --jump --socket /run/x.sock" }, "list vms", "!jump.shell_form" },
	{ { "tana", "--jump" }, NULL, "!jump.notty" },
	{ { "-tana" }, "list vms", "!jump.notty" },
	{ { "tana", "-c" }, NULL, "!jump.form" },
	{ { "tana", "-c", "a", "b" }, NULL, "!jump.form" },
	{ { "tana", "--jump", "list" }, NULL, "!jump.form" },
	{ { "tana", "--jump", "--socket", "x" }, NULL, "!jump.form" },
	{ { "-tana", "--site" }, NULL, "!jump.form" },
	{ { "tana", "--jump" }, "sh", "!cli.command" },
	{ { "tana", "--jump" }, "demo", "!cli.command" },
	{ { "tana", "--jump" }, "demo list vms", "!cli.command" },
	{ { "tana", "--jump" }, "test:///default", "!cli.command" },
	{ { "tana", "--jump" }, "qemu:///system list vms", "!cli.command" },
	{ { "tana", "--jump" }, "--site /etc/passwd", "!jump.option" },
	{ { "tana", "--jump" }, "list vms --socket=/tmp/x", "!jump.option" },
	{ { "tana", "--jump" }, "audit verify --anchors /etc/passwd", "!jump.option" },
	{ { "tana", "--jump" }, "list vms --json --wait 3", "list|vms|--json|--wait|3" },
	{ { "tana", "--jump" }, "list vms; sh", "!jump.shell" },
};
static size_t current;

static int in_command(void)
{
	char *argv[5];

	for (int i = 0; i < 5; i++)
		argv[i] = (char *)commands[current].argv[i];
	return command(argv, commands[current].asked, commands[current].want);
}

static void alone(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int in = open("/dev/null", O_RDONLY);
		if (in >= 0)
			dup2(in, 0); /* no terminal, wherever the test runs */
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_enter(void **state)
{
	alone(in_clean_surroundings);
	alone(in_odd_values);
}

static void test_commands(void **state)
{
	for (current = 0; current < sizeof commands / sizeof *commands; current++)
		alone(in_command);
}

static int in_terminals(void)
{
	static const struct { const char *term, *first; } rows[] = {
		{ "xterm-256color", "xterm-256color" }, { "vt220", "vt220" }, { "screen.xterm-256color", "screen.xterm-256color" }, { "tmux", "tmux" },
		{ "xterm+256color", "xterm-256color" }, { "hardcopy", "vt100" }, { "vtx", "vt100" }, { "evil-xterm", "xterm" }, { "unknown", "vt100" },
	};
	const char *names[8];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		NEED(terminal_restrict(rows[i].term) == rows[i].term);
		NEED(terminal_names(rows[i].term, names, 8) > 0 && strcmp(names[0], rows[i].first) == 0);
	}
	NEED(strcmp(terminal_restrict("/etc/x"), "unknown") == 0 && strcmp(terminal_restrict(NULL), "unknown") == 0 && strcmp(terminal_restrict(""), "unknown") == 0);
	return 0;
}

static void test_terminals(void **state)
{
	alone(in_terminals);
}

/* A command that names a file or a host, or that has no row for it, is not there. */
static void test_tables(void **state)
{
	for (int i = 0; i < cli_ncommands; i++)
		assert_true(cli_commands[i].may & MAY_ALL);
	assert_false(cli_command("demo")->may & MAY_JUMP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split), cmocka_unit_test(test_split_bounds), cmocka_unit_test(test_is), cmocka_unit_test(test_enter),
		cmocka_unit_test(test_commands), cmocka_unit_test(test_terminals), cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
