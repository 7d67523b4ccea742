/* Finding and acting on many, as a person does it: completion and mistakes in the filter line, saved filters, marks that outlive filters, one
 * plan over them with those left out that cannot, Help that finds, and what a site that is empty says. Needs tana and tanad in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void to_vms(struct term *t)
{
	press(t, "2");
	see(t, SITE_VMS " VMs");
}

static void filter(struct term *t, const char *text)
{
	press(t, "/");
	press(t, "C-u");
	type(t, text);
	press(t, "Enter");
}

/* ---- the filter line ---- */

static void test_completion(void **state)
{
	struct term *t = console(80, 24);

	to_vms(t);
	press(t, "/");
	see(t, "state:  tenant:  blade:"); /* what one may ask for */
	type(t, "ten");
	see(t, "^ +tenant:$");
	press(t, "Tab");
	see(t, "filter tenant: ");
	see(t, "^ +acme  globex  hooli$"); /* what there is */
	type(t, "gl");
	see(t, "^ +globex$");
	press(t, "Tab");
	type(t, "st");
	press(t, "Right"); /* takes what stands there dim */
	type(t, "r");
	press(t, "Tab");
	see(t, "filter tenant:globex state:running ");
	press(t, "Enter");
	see(t, "^ filter tenant:globex state:running +[0-9]+ of " SITE_VMS " VMs");
	/* One after the other, and back. */
	press(t, "/");
	press(t, "C-u");
	type(t, "tenant:");
	press(t, "Tab");
	see(t, "filter tenant:acme ");
	press(t, "Tab");
	see(t, "filter tenant:globex ");
	press(t, "BackTab");
	see(t, "filter tenant:acme ");
	press(t, "Esc");
	see(t, "^ filter tenant:globex state:running");
	press(t, "F");
	quit(t);
}

static void test_mistakes(void **state)
{
	struct term *t = console(80, 24);

	to_vms(t);
	press(t, "/");
	type(t, "acme-db0 colour:red");
	see(t, "^ +\\^{10}  not obeyed: there is no key colour$");
	see(t, "18 of " SITE_VMS " VMs"); /* the rest is obeyed still */
	press(t, "Enter"); /* it is not taken */
	see(t, "not obeyed");
	press(t, "C-w");
	see_gone(t, "not obeyed");
	type(t, "since:1y");
	see(t, "since is compared with how long ago");
	press(t, "C-w");
	type(t, "vcpus:1..8");
	press(t, "Enter");
	see(t, "^ filter acme-db0 vcpus:1..8 +18 of " SITE_VMS);
	/* What was typed before comes back. */
	filter(t, "globex");
	press(t, "/");
	press(t, "C-u");
	press(t, "Up");
	see(t, "filter globex ");
	press(t, "Up");
	see(t, "filter acme-db0 vcpus:1..8 ");
	press(t, "Down");
	press(t, "Down");
	press(t, "Enter");
	see(t, "^ " SITE_VMS " VMs");
	quit(t);
}

static void test_saved(void **state)
{
	char home[128];
	const char *env[] = {home, NULL};
	struct term_options o = {.cols = 100, .rows = 24, .env = env};
	struct term *t;

	snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s/config", bed_dir);
	t = bed_start(80, 24, NULL, env, 0);
	see(t, SITE_HOSTS);
	to_vms(t);
	press(t, "f");
	see(t, "None yet");
	press(t, "Esc");
	press(t, "/");
	type(t, "acme-db0");
	press(t, "C-s");
	see(t, "save \"acme-db0\" as");
	type(t, "my night");
	press(t, "Enter");
	see(t, "a name has letters");
	press(t, "C-u");
	type(t, "night");
	press(t, "Enter");
	see(t, "saved: @night");
	press(t, "Enter");
	quit(t);
	/* Another console, another day. */
	t = bed_start(80, 24, NULL, env, 0);
	see(t, SITE_HOSTS);
	to_vms(t);
	press(t, "f");
	see(t, "> night  acme-db0");
	press(t, "Enter");
	see(t, "^ filter acme-db0  18 of " SITE_VMS);
	press(t, "F");
	press(t, "/");
	type(t, "@ni");
	see(t, "^ +@night$");
	press(t, "Tab");
	press(t, "Enter");
	see(t, "^ filter acme-db0 +18 of " SITE_VMS);
	press(t, ":");
	see(t, "list vms acme-db0");
	press(t, "Esc");
	quit(t);
	t = term_start((const char *const[]){bed_tana, "--socket", bed_sock, "list", "vms", "@night", "acme-db01a", NULL}, &o);
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	assert_true(term_shows(t, "^acme-db01a "));
	assert_false(term_shows(t, "^acme-db01b "));
	term_end(t);
	t = term_start((const char *const[]){bed_tana, "--socket", bed_sock, "list", "vms", "state:off", "colour:red", NULL}, &o);
	assert_int_equal(term_wait_exit(t, WAIT), 2);
	assert_true(term_shows(t, "^  state:off colour:red$"));
	assert_true(term_shows(t, "^            \\^{10}$"));
	term_end(t);
}

/* ---- many at once ---- */

static void test_bulk(void **state)
{
	struct term *t = console(100, 30);

	to_vms(t);
	filter(t, "tenant:acme state:off");
	press(t, "Home");
	press(t, "Space");
	see(t, "1 marked");
	filter(t, "tenant:acme state:running");
	press(t, "Home");
	press(t, "Space");
	see(t, "2 marked, 1 of them not in this list"); /* a mark outlives the filter, */
	press(t, "1");
	see(t, "2 VMs marked"); /* and the view */
	press(t, "2");
	press(t, "p");
	see(t, "2 marked VMs");
	see(t, "Shut down +1 of 2"); /* for each before it starts */
	go_to(t, "Shut down");
	press(t, "Enter");
	see(t, "Shut down: 1 of 2 can, 1 cannot:");
	see(t, "x +acme-[^ ]+ is off");
	see_gone(t, "press y");
	press(t, "y"); /* nothing goes while one cannot */
	go_to(t, "Leave out the 1 that cannot, look at the other 1");
	press(t, "Enter");
	see(t, "Shut down 1 of the 2 marked VMs");
	see(t, "left out: acme-");
	see(t, "> Cancel, change nothing"); /* never silently */
	press(t, "y");
	see(t, "shut down acme-.*: done");
	see(t, "1 marked"); /* what was left out keeps its mark */
	press(t, "F");
	/* All that are listed, the others, and too many. */
	filter(t, "acme-db0");
	press(t, "*");
	see(t, "1[89] marked");
	press(t, "p");
	see(t, "1[89] targets: at most 10 at once");
	see(t, "u all");
	press(t, "Esc");
	see(t, "1[89] marked");
	filter(t, "acme-db01a"); /* one key takes off what is hidden, too, and only then */
	see(t, "1[89] marked, 1[78] of them not in this list");
	see(t, "unmark all");
	press(t, "u");
	see(t, "1[89] marks taken off");
	see_gone(t, "[0-9] marked|unmark all");
	press(t, "u");
	filter(t, "acme-db0");
	press(t, "*");
	see(t, "1[89] marked");
	press(t, "i");
	see_gone(t, "1[89] marked");
	press(t, "F");
	/* Blades. */
	press(t, "3");
	see(t, "NAME");
	press(t, "Home");
	press(t, "Space");
	press(t, "Space");
	see(t, "2 marked");
	press(t, "p");
	see(t, "2 marked blades");
	see(t, "Power off +no manager speaks for a1-01"); /* there none can */
	press(t, "Esc");
	quit(t);
}

/* ---- help ---- */

static void test_help(void **state)
{
	struct term *t = console(200, 60);

	to_vms(t);
	press(t, "?");
	see(t, "VMs, blades, jobs.* +Everywhere|Everywhere|VMs, blades");
	press(t, "/");
	type(t, "snapshot");
	see(t, "find snapshot");
	see(t, "take a snapshot of it");
	see_gone(t, "sort by the next column");
	press(t, "C-u");
	type(t, "nothing at all does this");
	see(t, "No key does that");
	press(t, "Esc");
	see(t, "sort by the next column");
	press(t, "Esc");
	see_gone(t, "sort by the next column");
	quit(t);
}

/* ---- the first steps ---- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void test_first_steps(void **state)
{
	struct term_options o = {.cols = 100, .rows = 30};
	char path[128], hosts[400];
	struct term *t;

	snprintf(path, sizeof path, "%s/first.conf", bed_dir);
	write_file(path, "");
	t = term_start((const char *const[]){bed_tana, "--site", path, "list", "vms", NULL}, &o);
	assert_int_equal(term_wait_exit(t, WAIT), 4);
	assert_true(term_shows(t, "tanad --check .*first.conf"));
	term_end(t);
	write_file(path, "site \"first\" { }\n");
	t = term_start((const char *const[]){bed_tana, "--site", path, "list", "vms", NULL}, &o);
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	assert_true(term_shows(t, "this site has no blades yet"));
	term_end(t);
	t = term_start((const char *const[]){bed_tana, "--site", path, NULL}, &o);
	see(t, "This site has no blades yet");
	see(t, "tanad --check .*first.conf");
	quit(t);
	/* A libvirtd that is not there, and what starts it. */
	snprintf(hosts, sizeof hosts, "site \"first\" { }\nrack \"A\" { enclosure \"A1\" { rows = 1 columns = 1 bays = \"1\"\n"
		"blade \"a1\" { bay = 1 host = \"qemu:///system?socket=%s/nobody\" } } }\n", bed_dir);
	write_file(path, hosts);
	t = term_start((const char *const[]){bed_tana, "--site", path, NULL}, &o);
	see(t, "\\? help");
	press(t, "2");
	see(t, "no libvirt daemon listens at .*/nobody");
	see(t, "type: systemctl start libvirtd");
	quit(t);
	t = term_start((const char *const[]){bed_tana, "--site", path, "list", "vms", NULL}, &o);
	assert_int_equal(term_wait_exit(t, WAIT), 4);
	assert_true(term_shows(t, "^type: systemctl start libvirtd$"));
	term_end(t);
}

static int tear_down(void **state)
{
	end_peer();
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completion), cmocka_unit_test(test_mistakes), cmocka_unit_test(test_saved), cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_help), cmocka_unit_test(test_first_steps),
	};

	return cmocka_run_group_tests(tests, bed_set_up, tear_down);
}
