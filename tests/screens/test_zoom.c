/* Sixty racks on one screen of 80 x 24, and the way from there to one enclosure and back, a key each. The broker is puppet.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "puppet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RACKS 60
#define LINES (RACKS * 7 + 2)

static char sock[96];
static struct puppet *broker;

static void add(char **out, size_t *n, const char *text)
{
	out[*n] = strdup(text);
	assert_non_null(out[*n]);
	++*n;
}

/* Racks A01 to J06, two enclosures of different shapes in each, two blades in every enclosure; one of D03 is silent. */
static void start_site(void)
{
	static const char *const shapes[2] = {"'rows':2,'columns':8,'bays':16", "'rows':1,'columns':10,'bays':10"};
	char *lines[LINES + 1], line[512];
	size_t n = 0;

	add(lines, &n, "{'event':'put','object':{'kind':'site','id':'site','gen':1,'name':'osaka-2','racks':60,'enclosures':120,'blades':240,'hosts':240,'hosts_live':239,'vms':960,'vms_running':960}}");
	for (int r = 0; r < RACKS; r++) {
		char rack[8];

		snprintf(rack, sizeof rack, "%c%02d", 'A' + r / 6, r % 6 + 1);
		snprintf(line, sizeof line, "{'event':'put','object':{'kind':'rack','id':'rack:%s','gen':1,'name':'%s','order':%d}}", rack, rack, r);
		add(lines, &n, line);
		for (int e = 0; e < 2; e++) {
			snprintf(line, sizeof line, "{'event':'put','object':{'kind':'enclosure','id':'enclosure:%s-%d','gen':1,'name':'%s-%d','rack':'%s','order':%d,%s}}", rack, e + 1, rack,
				e + 1, rack, e, shapes[(r + e) % 2]);
			add(lines, &n, line);
			for (int b = 0; b < 2; b++) {
				bool silent = strcmp(rack, "D03") == 0 && e == 1 && b == 1;

				snprintf(line, sizeof line, "{'event':'put','object':{'kind':'blade','id':'blade:%s-%d-%d','gen':1,'name':'%s-%d-%d','rack':'%s','enclosure':'%s-%d','place':%d,"
					"'bay':'%d','host':'%s','why':'%s','power':'on','power_live':true,'vms':4,'running':4,'mem_kib':25165824,'used_kib':8388608}}", rack, e + 1, b + 1, rack, e + 1,
					b + 1, rack, rack, e + 1, b, b + 1, silent ? "backoff" : "up", silent ? "no answer" : "");
				add(lines, &n, line);
			}
		}
	}
	lines[n] = NULL;
	broker = puppet_start(sock, "operator", (const char *const *)lines);
	while (n > 0)
		free(lines[--n]);
}

static struct term *racks(int cols, int rows)
{
	struct term_options o = {.cols = cols, .rows = rows};
	struct term *t = term_start((const char *const[]){bed_tana, "--socket", sock, NULL}, &o);

	see(t, "239/240 hosts");
	see(t, "J06");
	return t;
}

static void test_way(void **state)
{
	struct term *t = racks(80, 24);
	char name[8];

	for (int r = 0; r < RACKS; r++) {
		snprintf(name, sizeof name, "%c%02d ", 'A' + r / 6, r % 6 + 1);
		see(t, name);
	}
	see(t, "D03[ [][^ []+ 2[] [][?!] 1"); /* the worst sign of each enclosure, and how many */
	press(t, "-");
	see(t, "D03[ []([?!]) 1");            /* of each rack */
	press(t, "-");
	see_gone(t, "J06");                   /* a sign a rack */
	press(t, "-");
	see(t, "a rack is one sign already");
	press(t, "+");
	see(t, "J06");
	press(t, "z");
	press(t, "n");
	see(t, "rack D03 +D03-2");
	press(t, "+");
	see(t, "Rack D03");
	press(t, "+");
	see(t, "rack D03 [^ ]+ D03-2 ");
	press(t, "-");
	see(t, "Rack D03");
	press(t, "Z");
	see(t, "J06");
	quit(t);
}

/* The larger the screen, the more of each rack; what does not match a filter is a dot. */
static void test_sizes(void **state)
{
	struct term *t = racks(120, 36);

	see(t, "D03");
	see(t, "J06");
	term_resize(t, 160, 45);
	see(t, "J06");
	term_resize(t, 80, 24);
	press(t, "/");
	type(t, "D03-1-1");
	press(t, "Enter");
	see(t, "D03 +1 [!?] 1");
	see(t, "1 blade");
	/* What matches nothing still shouts where it hurts. */
	see(t, "[?!]");
	press(t, "F");
	see_gone(t, "filter D03");
	/* Not even a cell for each: how many are not shown, and what is wrong is. */
	term_resize(t, 20, 6);
	see(t, "[?!]");
	quit(t);
}

static int set_up(void **state)
{
	bed_set_up_alone(state);
	snprintf(sock, sizeof sock, "%s/puppet", bed_dir);
	start_site();
	return 0;
}

static int tear_down(void **state)
{
	puppet_end(broker);
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_way), cmocka_unit_test(test_sizes)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
