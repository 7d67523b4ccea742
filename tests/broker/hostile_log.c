/* What the audit log must say after the hostile ones were there. */
#include "hostile.h"

#include <stdio.h>
#include <string.h>

static const struct hostile *all;
static int nhostiles;

static int hostile_named(const char *user)
{
	for (int i = 0; i < nhostiles; i++)
		if (strcmp(people[all[i].person].user, user) == 0)
			return i;
	return -1;
}

/* May this person do that to this server, as the table has it? A state may change that stands in the way; protection none of them can lift. */
static bool may(int person, const char *verb, int server)
{
	const char *cell = verb_cells[person][server];

	for (size_t v = 0; cell && cell[0] && cell[0] != '#' && v < sizeof verb_words / sizeof verb_words[0]; v++)
		if (strcmp(verb_words[v], verb) == 0)
			return cell[v] != '.' && !(server == server_of("acme-prot") && strchr("ftvd", verb_letters[v]));
	return false;
}

static void check_record(json_t *r, int turn)
{
	const char *what = field_of(r, "what"), *user = field_of(r, "by");
	int i = hostile_named(user), p = i < 0 ? 0 : all[i].person;
	bool console = strcmp(what, "console-open") == 0, began = strcmp(what, "begin") == 0;
	json_t *one;
	size_t k;

	if (i < 0 || strcmp(what, "end") == 0 || strcmp(what, "console-close") == 0 || strcmp(what, "late") == 0)
		return;
	if (strcmp(what, "denied") == 0) {
		const char *request = field_of(r, "request"), *origin = field_of(r, "origin");
		if (!json_is_integer(json_object_get(r, "uid")) || !(strcmp(request, "connect") == 0 || origin[0]))
			fail_msg("a denial without who it was: %s", json_dumps(r, 0));
		return;
	}
	if ((!began && !console) || (turn < HOSTILE_TURNS - 1 && strcmp(people[p].name, "power") == 0))
		fail_msg("%s (in turn %d): %s", people[p].name, turn, json_dumps(r, 0));
	json_array_foreach(json_object_get(r, "objects"), k, one) {
		int s = 0;
		while (s < SERVERS && strcmp(server_id[s], field_of(one, "id")) != 0)
			s++;
		if (s == SERVERS || !may(p, console ? "snapshot-create" : field_of(r, "verb"), s))
			fail_msg("%s did this: %s", people[p].name, json_dumps(r, 0));
	}
}

static json_t *page(struct talk *o, json_int_t before)
{
	json_t *r = before ? talk_get(o, "audit", "{s:i, s:I}", "limit", 1000, "before", before) : talk_get(o, "audit", "{s:i}", "limit", 1000);
	json_t *records = json_incref(json_object_get(r, "records"));

	json_decref(r);
	return records;
}

/* The log from its first record on, as pages. */
static json_t *whole_log(struct talk *o)
{
	json_t *pages = json_array();
	json_int_t before = 0;

	do {
		json_t *records = page(o, before);
		if (!json_array_size(records)) {
			json_decref(records);
			break;
		}
		before = json_integer_value(json_object_get(json_array_get(records, 0), "seq"));
		json_array_insert_new(pages, 0, records);
	} while (before > 1);
	return pages;
}

void hostile_check_log(struct talk *o, const struct hostile *them, int n_them, int nturns, int64_t s)
{
	all = them;
	nhostiles = n_them;
	json_t *log = whole_log(o), *records, *r;
	int denied[PEOPLE] = { 0 }, n = 0, begun = 0, consoles = 0, turn = HOSTILE_TURNS - 1, reloads = 0;
	long long suppressed = 0;
	size_t i, k;

	json_array_foreach(log, i, records)
		json_array_foreach(records, k, r) {
			const char *what = field_of(r, "what");
			int who = hostile_named(field_of(r, "by"));
			if (strcmp(what, "reload") == 0)
				turn = reloads++ % HOSTILE_TURNS;
			check_record(r, turn);
			n++;
			if (who < 0)
				continue;
			begun += strcmp(what, "begin") == 0;
			consoles += strcmp(what, "console-open") == 0;
			denied[who] += strcmp(what, "denied") == 0;
			suppressed += json_integer_value(json_object_get(r, "suppressed"));
		}
	json_decref(log);
	assert_int_equal(reloads, nturns);
	printf("%d records: %d jobs and %d consoles of the hostile ones, each allowed; denials", n, begun, consoles);
	for (int h = 0; h < nhostiles; h++) {
		printf(" %s %d", people[all[h].person].name, denied[h]);
		/* 20 at once and one a second. */
		assert_in_range(denied[h], 1, 20 + s + 2);
	}
	printf(", %lld more suppressed\n", suppressed);
	fflush(stdout);
	assert_true(begun > 0 && consoles > 0 && suppressed > 0);
	json_t *verified = talk_get(o, "audit-verify", NULL);
	assert_true(json_is_true(json_object_get(verified, "ok")));
	json_decref(verified);
}
