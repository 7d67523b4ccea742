/* What the screen tests stand on (bed.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char bed_dir[64], bed_sock[80], bed_tana[512];
pid_t bed_broker;
static char site[80], tanad[512];

/* ---- set-up ---- */

pid_t bed_run(const char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		char log[96];

		snprintf(log, sizeof log, "%s/tanad.log", bed_dir);
		if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr))
			_exit(126);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

void bed_start_broker(void)
{
	char state[96];
	struct stat st;

	snprintf(state, sizeof state, "%s/state", bed_dir);
	unlink(bed_sock);
	bed_broker = bed_run((const char *const[]){tanad, "--site", site, "--socket", bed_sock, "--state", state, NULL});
	term_beside(bed_broker);
	for (int i = 0; i < WAIT / 50 && stat(bed_sock, &st) != 0; i++)
		usleep(50000);
	assert_int_equal(stat(bed_sock, &st), 0);
}

int bed_set_up_alone(void **state)
{
	const char *build = getenv("TANA_BUILD");

	assert_non_null(build);
	setlocale(LC_CTYPE, "C.UTF-8");
	snprintf(bed_dir, sizeof bed_dir, "/tmp/tana-screens.XXXXXX");
	assert_non_null(mkdtemp(bed_dir));
	snprintf(bed_sock, sizeof bed_sock, "%s/sock", bed_dir);
	snprintf(site, sizeof site, "%s/site/site.conf", bed_dir);
	snprintf(bed_tana, sizeof bed_tana, "%s/tana", build);
	snprintf(tanad, sizeof tanad, "%s/tanad", build);
	setenv("HOME", bed_dir, 1);
	setenv("XDG_RUNTIME_DIR", bed_dir, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("SSH_CONNECTION");
	unsetenv("SSH_CLIENT");
	unsetenv("SSH_TTY");
	return 0;
}

int bed_set_up(void **state)
{
	char made[96];
	int status;
	pid_t pid;

	bed_set_up_alone(state);
	snprintf(made, sizeof made, "%s/site", bed_dir);
	pid = bed_run((const char *const[]){tanad, "--generate", made, NULL});
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	bed_start_broker();
	return 0;
}

int bed_tear_down(void **state)
{
	char command[128];

	if (bed_broker > 0) {
		kill(bed_broker, SIGTERM);
		waitpid(bed_broker, NULL, 0);
	}
	snprintf(command, sizeof command, "%s", bed_dir);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", command, (char *)NULL);
		_exit(127);
	}
	wait(NULL);
	return 0;
}

struct term *bed_start(int cols, int rows, const char *name, const char *const *env, int ambiguous)
{
	struct term_options o = {.cols = cols, .rows = rows, .name = name, .env = env, .ambiguous = ambiguous};
	char settings[96];

	/* What another test has chosen is not this one's wish. */
	snprintf(settings, sizeof settings, "%s/.config/tana/settings", bed_dir);
	unlink(settings);

	return term_start((const char *const[]){bed_tana, "--socket", bed_sock, NULL}, &o);
}

/* cmocka cuts a message at 1,024 bytes, a screen is longer. */
void fail_with(struct term *t, const char *what, const char *regex)
{
	fprintf(stderr, "%s", term_screen(t));
	fail_msg("%s: %s", what, regex);
}

/* A console on which the site has come, whole. */
struct term *console(int cols, int rows)
{
	struct term *t = bed_start(cols, rows, NULL, NULL, 0);

	if (!term_wait(t, SITE_HOSTS " hosts", WAIT))
		fail_with(t, "never seen", "the whole site");
	term_quiet(t, 200, WAIT);
	return t;
}

void see(struct term *t, const char *regex)
{
	if (!term_wait(t, regex, WAIT))
		fail_with(t, "never seen", regex);
}

void see_gone(struct term *t, const char *regex)
{
	if (!term_wait_gone(t, regex, WAIT))
		fail_with(t, "still seen", regex);
}

/* A key, and its answer. Behind an Esc a person takes a breath, else it would be Alt. */
void press(struct term *t, const char *key)
{
	assert_true(term_key(t, key));
	term_quiet(t, strcmp(key, "Esc") == 0 ? 300 : 60, 5000);
}

void type(struct term *t, const char *text)
{
	for (; *text; text++) {
		char one[2] = {*text, '\0'};

		press(t, *text == ' ' ? "Space" : one);
	}
}

void quit(struct term *t)
{
	see_gone(t, "Asking the broker"); /* a dialog that closes with the answer: Q is none of its keys */
	press(t, "Q");
	if (term_shows(t, "Once more quits")) /* a job of a private broker is under way */
		press(t, "Q");
	int status = term_wait_exit(t, WAIT);
	if (status != 0)
		fail_with(t, "it does not end as it should", "Q");
	assert_false(term_alternate(t));
	/* xterm's own two: keep the window's title, and put it back. */
	assert_in_range(term_unknown(t), 0, 2);
	term_end(t);
}

