/* What a customer sees who comes twice a year: his servers, what the provider tells him, whom to ask, and nothing of anybody else's;
 * and that a console at which nobody sits is signed out. On the scripted broker (peer_customer.c), and on the demonstration site with
 * the user of the test as acme's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct term *customer(int cols, int rows, const char *more, const char *const *env)
{
	struct term *t;

	start_peer("customer", more);
	t = peer_console(cols, rows, env);
	see(t, "My servers");
	see(t, "Questions|No servers");
	term_quiet(t, 200, WAIT);
	return t;
}

/* Every line but the first, which has a clock. */
static void same_picture(struct term *t, const char *want)
{
	const char *seen = strchr(term_screen(t), '\n');

	if (!seen || strcmp(seen + 1, want) != 0) {
		fprintf(stderr, "seen:\n%swanted:\n\n%s", term_screen(t), want);
		fail_msg("the picture is another");
	}
}

static const char first_screen[] =
	" 4 servers  3 running  1 off\n"
	"\n"
	" ! Maintenance on Saturday, 28 November, 02:00 to 04:00: your servers are moved\n"
	"   to new hosts one after the other and restart once. Plan for ten minutes\n"
	"   without each of them. Who needs another time tells us before Wednesday, by …\n"
	"   m reads it in full\n"
	"\n"
	"   NAME ▲        STATE         FOR  GRADE  VCPU   GiB  SNAPSHOTS  NOTE\n"
	">● db01a         running       2 h  V40       4     4     2 of 3\n"
	" ● db01b         running       2 h  V40       4     4     3 of 3\n"
	" · web01         off           2 h  V40       4     4     0 of 3\n"
	" ~ web02         rebooting          V40       4     4     0 of 3  job 7f3a21\n"
	"\n\n\n\n\n\n\n\n"
	"   Questions: support@provider.example, +81 3 5550 0100 - quote job 7f3a21\n"
	" job 7f3a21  reboot web02 by acme-ops  under way  3 min\n"
	" Enter open  Tab view  / filter  L 日本語  a actions  p power  c console ? help\n";

static void test_first(void **state)
{
	struct term *t = customer(80, 24, "one", (const char *const[]){"LANG=C.UTF-8", "LC_ALL=C.UTF-8", NULL});

	assert_true(term_shows(t, "scripted › My servers .*sato customer .* live"));
	same_picture(t, first_screen);
	/* All of a notice that was cut. */
	press(t, "m");
	see(t, "END-OF-MAINTENANCE");
	see(t, "since 20[0-9-]+ ");
	press(t, "q");
	/* The filter narrows as everywhere. */
	press(t, "/");
	type(t, "web");
	see(t, "2 of 4 servers");
	see_gone(t, "db01a");
	press(t, "Esc");
	/* A refused action says why, in the menu. */
	press(t, "p");
	see(t, "running already");
	press(t, "Esc");
	/* Help begins with what works here. */
	press(t, "?");
	see(t, "^ My servers");
	see(t, "^ m +what your provider tells you");
	see(t, "^ L +in the other language");
	press(t, "q");
	leave(t);
}

/* The broker is restarted under his hands: what is open stays open, the cursor where it is. */
static void test_restart(void **state)
{
	struct term *t = customer(80, 24, "one", NULL);

	press(t, "Down");
	press(t, "Enter");
	see(t, "My servers › db01b");
	end_peer();
	see(t, "broker lost");
	start_peer("customer", "one");
	see(t, "broker is back");
	term_quiet(t, 200, WAIT);
	assert_true(term_shows(t, "My servers › db01b"));
	press(t, "q");
	see(t, "^>● db01b");
	leave(t);
}

static void test_many(void **state)
{
	struct term *t = customer(80, 24, "notices", NULL);

	/* The warning stands first; what it says of itself is cleaned; what does not fit is counted. */
	see(t, "^ ! Maintenance");
	see(t, "^ i Our desk");
	see(t, "[0-9] more notices: m reads all");
	see(t, "^>● db01a ");
	see(t, "web02");
	press(t, "m");
	see(t, "one of seven");
	press(t, "End");
	see(t, "\\\\x1b\\[2J");
	press(t, "q");
	/* As small as it gets: never anything beyond the screen, and back again. */
	static const int sizes[][2] = {{40, 12}, {20, 5}, {1, 1}, {2, 40}, {200, 3}, {120, 36}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		term_resize(t, sizes[i][0], sizes[i][1]);
		term_quiet(t, 150, 3000);
		if (i == 1)
			assert_true(term_shows(t, "db01a"));
	}
	see(t, "^ ! Maintenance");
	see(t, "SNAPSHOTS");
	leave(t);
}

static void test_empty(void **state)
{
	struct term *t = customer(80, 24, "empty", NULL);

	see(t, "^   No servers are assigned to you\\.$");
	see(t, "^   Ask support@provider.example, .81 3 5550 0100\\.$");
	see(t, "^ 0 servers$");
	/* Nothing is under the cursor: no key does harm. */
	press(t, "Enter");
	press(t, "a");
	press(t, "+");
	press(t, "e");
	press(t, "m");
	see(t, "There are no notices now|My servers");
	leave(t);
}

static void test_long(void **state)
{
	struct term *t = customer(80, 24, "long", NULL);

	see(t, "^>● a-server-with-a-name-that-nob");
	see(t, "顧客管理データ");
	see(t, "evil.x1b.2Jname|evil");
	see(t, "3 of 3");
	assert_int_equal(term_unknown(t) > 2, 0);
	leave(t);
}

/* Until this is (not) on the screen, or the console has ended: looked at all the time, for two seconds are all there is. */
static void until(struct term *t, const char *regex, bool there)
{
	for (int i = 0; i < WAIT / 10 && term_running(t) && term_shows(t, regex) != there; i++)
		term_run(t, 10);
}

/* Nobody types: a word in the last seconds, then the end, with status 0; what stood in a dialog was not done. */
static void test_idle(void **state)
{
	struct term *t = NULL;
	bool stays = false;

	/* A machine that stands still for so long is too slow for the word and the key: once more then. */
	for (int i = 0; i < 8 && !stays; i++) {
		term_end(t);
		start_peer("customer", "idle");
		t = peer_console(80, 24, NULL);
		until(t, "signing out in [12] s: any key stays", true);
		term_key(t, "Down");
		until(t, "signing out", false);
		stays = term_alternate(t);
	}
	assert_true(stays);
	term_key(t, "p");
	for (int i = 0; i < WAIT / 20 && term_running(t) && !term_shows(t, "signed out"); i++)
		term_run(t, 20);
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	assert_true(term_shows(t, "signed out: nothing was typed for 4 s"));
	assert_false(term_alternate(t));
	assert_false(was_asked("\"commit\""));
	term_end(t);
	end_peer();
}

/* ---- on a real broker ---- */

static const char *site_file(void)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/site/site.conf", bed_dir);
	return path;
}

static void notices(const char *more)
{
	FILE *f = fopen(site_file(), "a");

	assert_non_null(f);
	fputs(more, f);
	fclose(f);
}

/* The test's user is acme's and nobody's operator. */
static void become_customer(void)
{
	static char text[65536];
	FILE *f = fopen(site_file(), "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	const char *me = getpwuid(getuid())->pw_name;
	char *role;

	assert_true(n > 0);
	fclose(f);
	text[n] = '\0';
	role = strstr(text, "role operator");
	assert_non_null(role);
	f = fopen(site_file(), "w");
	assert_non_null(f);
	fprintf(f, "%.*srole customer { tenant = acme  users = { \"%s\" } }\n%s", (int)(role - text), text, me, strchr(role, '\n') + 1);
	fclose(f);
	notices("notice \"all\" { text = \"For all of you.\" }\n"
		"notice \"acme\" { text = \"For acme alone.\" level = warning tenants = acme }\n"
		"notice \"other\" { text = \"SECRET-OF-OTHERS\" tenants = { globex, hooli } }\n"
		"notice \"past\" { text = \"SECRET-OF-YESTERDAY\" until = \"2020-01-01\" }\n");
	kill(bed_broker, SIGTERM);
	waitpid(bed_broker, NULL, 0);
	bed_start_broker();
}

/* What belongs to others, of the generated site: their names, blades, racks, hosts, addresses. */
static void nothing_foreign(struct term *t)
{
	static const char *const foreign[] = {"globex", "hooli", "gx-", "SECRET", " [a-h][12]-[0-9][0-9]", "rack", "enclosure", "blade", "test:", "libvirt",
		"/63", "6[123] hosts", "742 [VsO]", "of 742", "127\\.0\\.0"}; /* a job's id, or a load, may have such a number, too */

	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (term_shows(t, foreign[i]))
			fail_with(t, "a customer sees", foreign[i]);
}

static void test_own(void **state)
{
	struct term *t;

	become_customer();
	t = bed_start(120, 36, NULL, NULL, 0);
	see(t, "My servers");
	see(t, "acme-[^ ]+ +running");
	see(t, "^ ! For acme alone");
	see(t, "^ i For all of you");
	nothing_foreign(t);
	press(t, "End");
	nothing_foreign(t);
	press(t, "Home");
	press(t, "Enter");
	see(t, "Snapshots");
	see_gone(t, "Asking its host");
	assert_false(term_shows(t, "kept +no"));
	nothing_foreign(t);
	press(t, "e");
	see(t, "Nothing was done with it");
	nothing_foreign(t);
	press(t, "q");
	press(t, "q");
	press(t, "p");
	see(t, "Reboot");
	nothing_foreign(t);
	press(t, "Esc");
	press(t, "/");
	type(t, "globex");
	see(t, "No server matches");
	press(t, "Esc");
	press(t, "J");
	see(t, "jobs");
	nothing_foreign(t);
	press(t, "Tab");
	see(t, "My servers");
	/* What begins while he looks is there at once, and what is taken back is gone. */
	notices("notice \"new\" { text = \"New just now.\" from = \"2026-01-01\" }\n");
	kill(bed_broker, SIGHUP);
	see(t, "^ i New just now");
	quit(t);
}

/* Several of his servers at once: what cannot be done for one is told of that one before anything starts. */
static void test_several(void **state)
{
	struct term *t = bed_start(120, 36, NULL, NULL, 0);

	see(t, "acme-[^ ]+ +running");
	press(t, "/");
	type(t, "state:off");
	press(t, "Enter");
	press(t, "Home");
	press(t, "Space");
	see(t, "1 marked");
	press(t, "/");
	press(t, "C-u");
	type(t, "state:running");
	press(t, "Enter");
	press(t, "Home");
	press(t, "Space");
	see(t, "2 marked, 1 of them not in this list");
	press(t, "p");
	see(t, "Shut down +1 of 2");
	go_to(t, "Shut down");
	press(t, "Enter");
	see(t, "Shut down: 1 of 2 can, 1 cannot:");
	see(t, "x +acme-[^ ]+ is off");
	nothing_foreign(t);
	press(t, "y"); /* nothing goes while one cannot */
	see(t, "Shut down: 1 of 2 can, 1 cannot:");
	go_to(t, "Leave out the 1 that cannot, look at the other 1");
	press(t, "Enter");
	see(t, "left out: acme-");
	see(t, "> Cancel, change nothing");
	nothing_foreign(t);
	press(t, "y");
	see(t, "shut down acme-.*: done");
	see(t, "1 marked"); /* what was left out keeps its mark */
	nothing_foreign(t);
	press(t, "u");
	see(t, "1 mark taken off");
	see_gone(t, "[0-9] marked");
	press(t, "F");
	quit(t);
}

/* A command of his, in a terminal wide enough for its lines; it ends with this status. filter may be NULL. */
static struct term *ran(const char *kind, const char *filter, int status)
{
	struct term *t = term_start((const char *const[]){bed_tana, "--socket", bed_sock, "list", kind, filter, NULL},
		&(struct term_options){.cols = 160, .rows = 40});

	if (term_wait_exit(t, WAIT) != status)
		fail_with(t, "another status", kind);
	return t;
}

static void saw(struct term *t, const char *regex)
{
	if (!term_shows(t, regex))
		fail_with(t, "not seen", regex);
}

/* No column stands empty because it is the provider's, and of what he is not told he is told so. */
static void test_commands(void **state)
{
	struct term *t = ran("vms", "acme-db0", 0);

	saw(t, "^NAME +STATE +SEEN +GRADE +VCPUS +MEMORY +SNAPS +NOTE$");
	saw(t, "^acme-db0[1-9][ab] +(running|off)"); /* as of now, or on a slow machine as last known */
	nothing_foreign(t);
	term_end(t);
	t = ran("leases", NULL, 0);
	saw(t, "^OBJECT +SINCE +VERB +JOB$");
	term_end(t);
	t = ran("notices", NULL, 0);
	saw(t, "^NAME +LEVEL +SINCE +UNTIL +TEXT$");
	saw(t, "^acme +warning .*For acme alone");
	nothing_foreign(t);
	term_end(t);
	t = ran("blades", NULL, 3);
	saw(t, "a customer is not told of blades");
	term_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first), cmocka_unit_test(test_restart), cmocka_unit_test(test_many), cmocka_unit_test(test_empty), cmocka_unit_test(test_long),
		cmocka_unit_test(test_idle), cmocka_unit_test(test_own), cmocka_unit_test(test_several), cmocka_unit_test(test_commands),
	};

	int failed = cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);

	end_peer(); /* where the last one failed */
	return failed;
}
