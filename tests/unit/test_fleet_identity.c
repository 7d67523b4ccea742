/* Place and thing: the whole table of who says what, as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fleet/metal.h"

#include <stdio.h>
#include <string.h>

static const struct row {
	const char *manager, *host, *uuid, *site;
	struct { const char *place, *manager, *host, *uuid, *by; } pair; /* place NULL: none */
	const char *is;
} rows[] = {
	/* both tell */
	{ "CZ1", "CZ1", "u", "", { .place = NULL }, "agrees" },
	{ " cz 1", "CZ1 ", "", "", { .place = NULL }, "agrees" },
	{ "CZ1", "CZ2", "u", "", { .place = NULL }, "differs" },
	{ "CZ1", "CZ2", "u", "CZ1", { .place = NULL }, "differs" },
	/* words that mean nothing */
	{ "[Unknown]", "CZ2", "u", "", { .place = NULL }, "unknown" },
	{ "Not Specified", "CZ2", "u", "", { .place = NULL }, "unknown" },
	{ "CZ1", "To be filled by O.E.M.", "u", "", { .place = NULL }, "unknown" },
	{ "CZ1", "0", "u", "", { .place = NULL }, "unknown" },
	{ "N/A", "None", "u", "", { .place = NULL }, "unknown" },
	{ "CZ1", "System Serial Number", "u", "CZ1", { .place = NULL }, "agrees" },
	{ "", "", "", "", { .place = NULL }, "unknown" },
	/* the site file */
	{ "CZ1", "", "", "cz1", { .place = NULL }, "agrees" },
	{ "CZ1", "", "", "CZ9", { .place = NULL }, "differs" },
	{ "CZ1", "CZ1", "", "CZ9", { .place = NULL }, "differs" },
	{ "", "CZ1", "", "CZ1", { .place = NULL }, "unknown" },
	/* one of them does not tell now: the last pair */
	{ "CZ1", "", "", "", { "A/1", "CZ1", "CZ1", "u", "" }, "agrees" },
	{ "", "CZ1", "u", "", { "A/1", "CZ1", "CZ1", "u", "" }, "agrees" },
	{ "", "", "u", "", { "A/1", "CZ1", "CZ1", "u", "" }, "agrees" },
	{ "", "", "", "", { "A/1", "CZ1", "CZ1", "u", "" }, "unknown" },
	{ "CZ1", "", "", "", { "A/2", "CZ1", "CZ1", "u", "" }, "unknown" },
	{ "CZ2", "", "", "", { "A/1", "CZ1", "CZ1", "u", "" }, "differs" },
	{ "CZ2", "", "", "", { "A/2", "CZ1", "CZ1", "u", "" }, "unknown" },
	{ "", "", "v", "", { "A/1", "CZ1", "CZ1", "u", "" }, "differs" },
	{ "CZ1", "", "v", "CZ1", { "A/1", "CZ1", "CZ1", "u", "" }, "differs" },
	{ "", "CZ2", "u", "", { "A/1", "CZ1", "CZ1", "u", "" }, "differs" },
	/* a blade was changed, and both say so */
	{ "CZ2", "CZ2", "v", "", { "A/1", "CZ1", "CZ1", "u", "" }, "agrees" },
	/* an operator made the pair */
	{ "CZ1", "CZ2", "u", "", { "A/1", "CZ1", "CZ2", "u", "sato" }, "agrees" },
	{ "CZ1", "CZ2", "u", "", { "A/1", "CZ1", "CZ2", "u", "" }, "differs" },
	{ "CZ1", "CZ3", "u", "", { "A/1", "CZ1", "CZ2", "u", "sato" }, "differs" },
	{ "CZ1", "CZ2", "v", "", { "A/1", "CZ1", "CZ2", "u", "sato" }, "differs" },
	{ "CZ1", "CZ2", "u", "", { "A/3", "CZ1", "CZ2", "u", "sato" }, "differs" },
	{ "CZ1", "", "", "", { "A/1", "CZ1", "CZ2", "u", "sato" }, "agrees" },
	/* a dialect without serials: the place and the host's UUID */
	{ "", "", "u", "", { "A/1", "", "", "u", "sato" }, "agrees" },
	{ "", "CZ1", "u", "", { "A/1", "", "CZ1", "u", "sato" }, "agrees" },
	{ "", "", "v", "", { "A/1", "", "", "u", "sato" }, "differs" },
};

static void the_table(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct pair p = { .place = r->pair.place, .manager_serial = r->pair.manager, .host_serial = r->pair.host,
				  .host_uuid = r->pair.uuid, .by = r->pair.by };
		struct identity_told t = { .place = "A/1", .manager = r->manager, .host = r->host, .uuid = r->uuid, .site = r->site };
		const char *other, *is = identity_judge(&t, r->pair.place ? &p : NULL, &other);

		if (strcmp(is, r->is) != 0)
			fail_msg("row %zu (%s %s %s %s): %s, not %s", i, r->manager, r->host, r->uuid, r->site, is, r->is);
		assert_int_equal(!*other, strcmp(is, "differs") != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
