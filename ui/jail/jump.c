/* What a restricted tana does before anything else: it forgets its surroundings (jump_enter) and finds out what its user asked for
 * (jump_command). The rest of the program is as everywhere; what it may not do here is in the tables of cli_help.c and cli_line.c. */
#include "jail/jump.h"

#include "common/buf.h"
#include "term/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define SOCKET "/run/tana/broker.sock"
#define ADDRESS_MAX 64 /* bytes of an address and its ports */

static struct {
	bool on;
	int argc;
	char **argv;
	char *asked;           /* $SSH_ORIGINAL_COMMAND, NULL: none */
	const char *socket;
} jump = { .socket = SOCKET };

bool jump_is(int argc, char **argv)
{
	/* Without a name of its own it was not started by anybody who means well. */
	if (argc < 1 || !argv[0] || !*argv[0])
		return true;
	return argv[0][0] == '-' || (argc > 1 && (strcmp(argv[1], "-c") == 0 || strcmp(argv[1], "--jump") == 0));
}

bool jump_now(void)
{
	return jump.on;
}

const char *jump_socket(void)
{
	return jump.socket;
}

/* ---- the environment ---- */

static char *keep(const char *name)
{
	return xstrdup(getenv(name));
}

/* Names of locales are never passed on, only what they say about two things. As the C library decides it: LC_ALL before the category,
 * the category before LANG. */
static void set_language(bool utf8, const char *all, const char *messages, const char *lang)
{
	const char *words = all && *all ? all : messages && *messages ? messages : lang ? lang : "";

	setenv("LC_ALL", utf8 ? "C.UTF-8" : "C", 1);
	setenv("LANGUAGE", strncmp(words, "ja", 2) == 0 ? "ja" : "en", 1);
}

/* "ADDRESS PORT ADDRESS PORT", as sshd says it; what is written differently is not from sshd. */
static void set_origin(const char *connection, const char *client)
{
	const char *from = connection ? connection : client;
	size_t n = from ? strnlen(from, ADDRESS_MAX * 2) : 0;

	if (n > 0 && n < ADDRESS_MAX * 2 && strspn(from, "0123456789abcdefABCDEF:.% ") == n)
		setenv("SSH_CONNECTION", from, 1);
}

static void clean_environment(void)
{
	char *term = keep("TERM"), *all = keep("LC_ALL"), *messages = keep("LC_MESSAGES"), *lang = keep("LANG"),
	     *connection = keep("SSH_CONNECTION"), *client = keep("SSH_CLIENT");
	bool utf8 = terminal_is_utf8();

	jump.asked = keep("SSH_ORIGINAL_COMMAND");
	clearenv();
	setenv("TERM", terminal_restrict(term), 1);
	set_language(utf8, all, messages, lang);
	set_origin(connection, client);
	free(term);
	free(all);
	free(messages);
	free(lang);
	free(connection);
	free(client);
}

/* ---- the process ---- */

/* 0, 1 and 2 are there, and nothing else: a descriptor that sshd or a login program forgot is not for us. */
static void clean_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	close_range(3, ~0U, 0);
}

static void clean_signals(void)
{
	static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };
	struct sigaction was;
	sigset_t none;

	/* What whoever started us ignores; a sanitizer's own handlers stay. */
	for (int s = 1; s < NSIG; s++)
		if (sigaction(s, NULL, &was) == 0 && was.sa_handler == SIG_IGN)
			signal(s, SIG_DFL);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		signal(stops[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No key of the terminal suspends or quits, from the first moment and in commands; ^C still interrupts. */
static void clean_terminal(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) != 0)
		return;
	t.c_cc[VSUSP] = t.c_cc[VQUIT] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

void jump_enter(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };

	jump.on = true;
	jump.argc = argc;
	jump.argv = argv;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	clean_signals();
	clean_descriptors();
	clean_terminal();
	clean_environment();
	umask(077);
	if (chdir("/") != 0)
		_exit(1);
}

/* ---- the command ---- */

static bool is_name(const char *word, const char *name)
{
	const char *slash = strrchr(word, '/');

	return strcmp(slash ? slash + 1 : word, name) == 0;
}

/* Takes the words of text over from jump_split, without a leading "tana". */
static struct err *take_text(const char *text, int *n, char ***words)
{
	char **split;
	int count, skip;
	struct err *e = jump_split(text, &split, &count);

	if (e)
		return e;
	skip = count > 0 && strcmp(split[0], "tana") == 0;
	*words = xcalloc((size_t)count + 2, sizeof **words);
	(*words)[0] = xstrdup("tana");
	*n = 1;
	for (int i = skip; i < count; i++)
		(*words)[(*n)++] = xstrdup(split[i]);
	jump_free_words(split, count);
	return NULL;
}

/* With tana as login shell a ForceCommand comes as `tana -c "/usr/bin/tana --jump"`. A user who has no ForceCommand can send these words as
 * well: he gains nothing by them, and must not by a socket behind them. */
static struct err *find_forced(const char *text, bool *forced)
{
	char **words = NULL;
	int n = 0;
	struct err *e = jump_split(text, &words, &n);

	err_free(e); /* told when it is taken as a command */
	*forced = n >= 2 && is_name(words[0], "tana") && strcmp(words[1], "--jump") == 0;
	jump_free_words(words, n);
	return *forced && n > 2 ? err_new(ERR_USAGE, "jump.shell_form", "{s:s}", "path", SOCKET) : NULL;
}

/* argv -> the text of the command; NULL: none was asked for. */
static struct err *find_text(const char **text)
{
	int argc = jump.argc;
	char **argv = jump.argv;

	*text = NULL;
	if (argc <= 1)
		return NULL;
	if (strcmp(argv[1], "-c") == 0 && argc == 3) {
		bool forced;
		struct err *e = find_forced(argv[2], &forced);
		*text = forced ? jump.asked : argv[2];
		return e;
	}
	if (strcmp(argv[1], "--jump") == 0 && (argc == 2 || (argc == 4 && strcmp(argv[2], "--socket") == 0 && argv[3][0] == '/'))) {
		if (argc == 4)
			jump.socket = argv[3];
		*text = jump.asked;
		return NULL;
	}
	return err_new(ERR_USAGE, "jump.form", NULL);
}

struct err *jump_command(int *n, char ***words)
{
	const char *text;
	struct err *e = find_text(&text);

	*n = 0;
	*words = NULL;
	if (!e)
		e = take_text(text ? text : "", n, words);
	free(jump.asked);
	jump.asked = NULL;
	if (!e && *n == 1 && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		e = err_new(ERR_USAGE, "jump.notty", NULL);
	return e;
}
