/* Every view of the console as it is kept in tests/screens/kept: at three sizes, in English and Japanese, with colours, without, and in
 * ASCII, cell by cell. The consoles are walked through all views side by side, on the scripted peer, with a clock that stands still
 * (kept_clock.c). What shall look otherwise from now on is written by
 *     TANA_KEEP=1 TANA_SRC=.. TANA_BUILD=. tests/screens/test_kept
 * and looked at, with git diff, before it is kept. Needs keptconsole and tests/screens/keptpeer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "kept.h"
#include "patience.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET 350        /* ms without a byte before a screen is kept */

static const struct look {
	const char *section;
	int cols, rows;
	const char *name, *env;
	bool inks;
} looks[] = {
	{"en 80x24", 80, 24, "xterm-256color", "LANGUAGE=en", true},
	{"en 120x36", 120, 36, "xterm-256color", "LANGUAGE=en", true},
	{"en 200x60", 200, 60, "xterm-256color", "LANGUAGE=en", false},
	{"ja 80x24", 80, 24, "xterm-256color", "LANGUAGE=ja", false},
	{"vt220 80x24", 80, 24, "vt220", "LANGUAGE=en", true},
	{"ascii 80x24", 80, 24, "xterm-256color", "LC_ALL=C", false},
};
#define LOOKS (sizeof looks / sizeof looks[0])

/* Keys, by their names, 'text is typed, _ for a blank; what is seen then, in whatever language, before a key more may come or the screen is kept. A step without a name is on the way. */
struct step { const char *view, *keys, *seen; };

static const struct step operators[] = {
	{"racks", "", "34/44"},
	{"racks-far", "-", ""},
	{"racks-near", "+ +", ""},
	{NULL, "- 2", "acme-app01"},
	{"vms", "", ""},
	{"filter", "/ 'state:", ""},
	{"filter-wrong", "C-u 'acme_colour:red", "\\^\\^"},
	{NULL, "C-g F", "globex-ad01"},
	{"columns", "C", ""},
	{NULL, "C-g", "globex-ad01"},
	{"marked", "Home Space Space Space", ""},
	{"menu", "p", "3 "},
	{"bulk", "Enter", "tana shutdown"},
	{NULL, "C-g", ""},
	{NULL, "C-g Home * *", ""},
	{"vm", "/ C-u 'acme-app01 Enter Home Enter", "0412"},
	{"vm-power", "p", "acme-app01 [-─q]"},
	{"snapshot", "C-g +", ""},
	{"guest-screen", "C-g v", ""},
	{NULL, "q 2 F", "globex-ad01"},
	{"blades", "3", "a1-01 "},
	{NULL, "/ 'a2-10 Enter Home Enter F", "CZJ0310B0A"},
	{"blade", "", ""},
	{"blade-power", "P", "a2-10 [-─q]"},
	{NULL, "C-g q 3 F Home", "a1-01 "},
	{"jobs", "4", "0000f8"},
	{"alerts", "5", "8812"},
	{"alert", "a", "a2-10"},
	{"events", "C-g 6", "db01a"},
	{"tree", "7", "B2"},
	{"tree-open", "Down Right", "a1-0|a2-0"},
	{"clusters", "8", "K1"},
	{"cluster", "Home Enter", ""},
	{"volumes", "q 9", "vol-071"},
	{"volume", "Home Enter", ""},
	{"audit", "q 0", "suzuki"},
	{"record", "Enter", "6f1c2a7e"},
	{"handover", "q H", "8812"},
	{"what-if", "5 Home w", "K1"},
	{"go-to", "g 'vol-07", "vol-07"},
	{"enclosure", "C-g q 1 n E", "2310 W"},
	{"setup", "S", ""},
	{"saved-filters", "q 2 f", ""},
	{"command", "C-g :", "list vms|VM"},
	{"help", "C-g ?", ""},
};

static const struct step customers[] = {
	{"servers", "", "web02"},
	{"server", "Home Enter", "before-patch-0412|0412"},
	{"server-power", "p", ""},
	{"server-help", "C-g ?", ""},
};

static const struct step walls[] = {
	{"wall", "", "b1-03|B1"},
};

static struct term *terms[LOOKS];
static pid_t broker;
static char sock[96];
static int patient = WAIT; /* ms for what must come */
static bool keep;
static int wrong;

static void start_broker(const char *role, const char *more)
{
	char program[512], log[96];
	struct stat st;

	snprintf(program, sizeof program, "%s/tests/screens/keptpeer", getenv("TANA_BUILD"));
	snprintf(sock, sizeof sock, "%s/%s", bed_dir, role);
	snprintf(log, sizeof log, "%s/%s.log", bed_dir, role);
	broker = bed_run((const char *const[]){program, sock, log, role, "kept", more, NULL});
	for (int i = 0; i < WAIT / 20 && stat(sock, &st) != 0; i++)
		usleep(20000);
}

static void start(const char *const *more)
{
	char program[512], config[LOOKS][96];

	snprintf(program, sizeof program, "%s/keptconsole", getenv("TANA_BUILD"));
	for (size_t i = 0; i < LOOKS; i++) {
		const char *env[] = {looks[i].env, "TZ=JST-9", config[i], NULL};
		struct term_options o = {.cols = looks[i].cols, .rows = looks[i].rows, .name = looks[i].name, .env = env};

		snprintf(config[i], sizeof config[i], "XDG_CONFIG_HOME=%s/config%zu", bed_dir, i);
		terms[i] = term_start((const char *const[]){program, "--socket", sock, more ? more[0] : NULL, more ? more[1] : NULL, more ? more[2] : NULL, more ? more[3] : NULL, NULL}, &o);
	}
}

static void end(void)
{
	for (size_t i = 0; i < LOOKS; i++) {
		term_end(terms[i]);
		terms[i] = NULL;
	}
	if (broker > 0) {
		kill(broker, SIGTERM);
		waitpid(broker, NULL, 0);
	}
	broker = 0;
}

static void send_keys(struct term *t, const char *keys)
{
	char copy[128], *save = NULL;

	snprintf(copy, sizeof copy, "%s", keys);
	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		if (*k == '\'') {
			for (char *p = k; (p = strchr(p, '_')); *p = ' ')
				;
			term_type(t, k + 1);
		} else {
			assert_true(term_key(t, k));
		}
	}
}

/* As it is kept, within the time that it may take; the first that is not is told in full. */
static void compare(struct kept *k, const struct look *l, struct term *t)
{
	int64_t until = term_now_us() + (wrong > 8 ? 100 : wrong ? 2000 : WAIT / 6) * INT64_C(1000) * patience();

	while (!kept_same(k, l->section, t, l->inks)) {
		if (term_now_us() > until) {
			if (wrong++ < 8)
				kept_tell(k, l->section, t, l->inks);
			return;
		}
		term_run(t, 5);
	}
}

static void walk(const struct step *steps, size_t n)
{
	for (const struct step *s = steps; s < steps + n; s++) {
		struct kept *k = NULL;
		char path[512];

		snprintf(path, sizeof path, "%s/tests/screens/kept/%s.txt", getenv("TANA_SRC"), s->view ? s->view : "");
		for (size_t i = 0; i < LOOKS; i++)
			send_keys(terms[i], s->keys);
		for (size_t i = 0; i < LOOKS; i++)
			if (*s->seen && !term_wait(terms[i], s->seen, patient))
				fail_with(terms[i], looks[i].section, s->seen);
		if (s->view)
			k = kept_open(path);
		for (size_t i = 0; i < LOOKS; i++) {
			if (keep || (!k && !*s->seen))
				term_quiet(terms[i], keep && i == 0 ? QUIET : QUIET / 4, WAIT);
			if (k && keep)
				kept_put(k, looks[i].section, terms[i], looks[i].inks);
			else if (k)
				compare(k, &looks[i], terms[i]);
		}
		if (k)
			kept_close(k);
	}
	end();
	n = (size_t)wrong; /* of this walk */
	wrong = 0;
	if (n > 0)
		fail_msg("%zu screens are not as they are kept; TANA_KEEP=1 writes them anew", n);
}

#define WALK(steps) walk(steps, sizeof steps / sizeof steps[0])

static void test_operator(void **state)
{
	start_broker("operator", NULL);
	start(NULL);
	WALK(operators);
}

static void test_customer(void **state)
{
	start_broker("customer", "one");
	start(NULL);
	WALK(customers);
}

static void test_wall(void **state)
{
	start_broker("viewer", NULL);
	start((const char *const[]){"wall", "--no-clock", "--page", "3600"});
	WALK(walls);
}

static int tear_down(void **state)
{
	end();
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_operator), cmocka_unit_test(test_customer), cmocka_unit_test(test_wall)};

	if (getenv("TANA_KEPT_MS"))
		patient = atoi(getenv("TANA_KEPT_MS"));
	keep = getenv("TANA_KEEP") != NULL;
	return cmocka_run_group_tests(tests, bed_set_up_alone, tear_down);
}
