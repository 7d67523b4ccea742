/* What peer_bed.h says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char peer_sock[96], peer_log[96];
pid_t peer;

void end_peer(void)
{
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
		term_beside(bed_broker);
	}
	peer = 0;
}

void start_peer(const char *role, const char *more)
{
	char program[512];
	struct stat st;

	end_peer(); /* a test that failed left it */
	snprintf(program, sizeof program, "%s/tests/screens/peer", getenv("TANA_BUILD"));
	snprintf(peer_sock, sizeof peer_sock, "%s/peer", bed_dir);
	snprintf(peer_log, sizeof peer_log, "%s/peer.log", bed_dir);
	unlink(peer_sock);
	peer = bed_run((const char *const[]){program, peer_sock, peer_log, role, "told", more, NULL});
	term_beside(peer);
	for (int i = 0; i < WAIT / 20 && stat(peer_sock, &st) != 0; i++)
		usleep(20000);
	assert_int_equal(stat(peer_sock, &st), 0);
}

struct term *peer_console(int cols, int rows, const char *const *env)
{
	struct term_options o = {.cols = cols, .rows = rows, .env = env};

	assert_int_equal(truncate(peer_log, 0), 0);
	return term_start((const char *const[]){bed_tana, "--socket", peer_sock, NULL}, &o);
}

struct term *scripted(int cols, int rows, const char *role, const char *more, const char *const *env)
{
	struct term *t;

	start_peer(role, more);
	t = peer_console(cols, rows, env);
	see(t, "db01a");
	return t;
}

void leave(struct term *t)
{
	quit(t);
	end_peer();
}

void open_vm(struct term *t, const char *name)
{
	char want[64];

	snprintf(want, sizeof want, "^ %s ", name);
	press(t, "/");
	press(t, "C-u"); /* the filter before */
	type(t, name);
	press(t, "Enter");
	press(t, "Home");
	press(t, "Enter");
	see(t, want);
	see(t, "Snapshots");
	see_gone(t, "Asking its host");
}

void go_to(struct term *t, const char *line)
{
	char want[128];

	snprintf(want, sizeof want, "> (. )?%s", line);
	/* A menu, or a line of it, may be an answer that is on its way. */
	for (int round = 0; round < 4 && !term_shows(t, want); round++) {
		for (int i = 0; i < 16 && !term_shows(t, want); i++)
			press(t, "Down");
		if (!term_shows(t, want))
			term_wait(t, line, 2000);
	}
	see(t, want);
}

static char all[65536]; /* that was asked */

bool was_asked(const char *what)
{
	FILE *f = fopen(peer_log, "r");
	size_t n = f ? fread(all, 1, sizeof all - 1, f) : 0;

	if (f)
		fclose(f);
	all[n] = '\0';
	return strstr(all, what) != NULL;
}

void see_asked(const char *what)
{
	for (int i = 0; i < WAIT / 20; i++) {
		if (was_asked(what))
			return;
		usleep(20000);
	}
	fprintf(stderr, "%s", all);
	fail_msg("never asked: %s", what);
}
