/* The metal of a made site. Fixed for fixed numbers, as the rest of it. Called by generate.c. */
#include "site/generate_metal.h"

#include <string.h>

/* Four vendors' ways, in turn. */
static const struct vendor { const char *dialect, *model, *serial; } vendors[] = {
	{"hp-oa", "ProLiant BL460c Gen9", "CZJ03"},
	{"dell-cmc", "PowerEdge M620", "DM"},
	{"ibm-amm", "HS22 7870", "KQ"},
	{"hp-oa", "ProLiant BL460c Gen10", "CZ38"},
};
#define VENDORS (int)(sizeof vendors / sizeof *vendors)

/* Blades with few VMs, so that there is as much to see as without. */
#define OFF 29
#define OWNED 46
#define EMPTY 61

static bool is(const struct generate *g, int blade, int which)
{
	return g->metal && blade == which && which < g->racks * g->enclosures * g->bays - 1;
}

bool metal_is_empty(const struct generate *g, int blade)
{
	return is(g, blade, EMPTY);
}

bool metal_is_owned(const struct generate *g, int blade)
{
	return is(g, blade, OWNED);
}

bool metal_is_off(const struct generate *g, int blade)
{
	return is(g, blade, OFF);
}

const char *metal_dialect(int enclosure)
{
	return vendors[enclosure % VENDORS].dialect;
}

void metal_bays(struct buf *b, const struct generate *g, int enclosure, int first, int width)
{
	int from = 0;

	for (int i = 0; i <= g->bays; i++) {
		if (i < g->bays && !metal_is_empty(g, enclosure * g->bays + i))
			continue;
		if (i > from)
			buf_printf(b, "%s%0*d-%0*d", from ? "," : "", width, first + from, width, first + i - 1);
		from = i + 1;
	}
}

void metal_serials(struct buf *b, const struct generate *g, int enclosure)
{
	buf_printf(b, "%s[", vendors[enclosure % VENDORS].serial);
	metal_bays(b, g, enclosure, (enclosure + 1) * 1000 + 1, 5);
	buf_str(b, "]");
}

void metal_line(struct buf *b, const struct generate *g, int enclosure, int bay, const char *name, const char *path, bool off)
{
	const struct vendor *v = &vendors[enclosure % VENDORS];
	bool empty = metal_is_empty(g, enclosure * g->bays + bay);

	if (empty)
		buf_printf(b, "%d\t-\t-\t-\tabsent\t-\n", bay + 1);
	else
		buf_printf(b, "%d\t%s\t%s%05d\t%s\t%s\t%s\n", bay + 1, name, v->serial, (enclosure + 1) * 1000 + 1 + bay, v->model,
			off ? "off" : "on", *path ? path : "-");
}

void metal_manager(struct buf *b, const struct generate_manager *m)
{
	buf_printf(b, "\t\tmanager {\n\t\t\tdialect = %s\n\t\t\taddress = { \"%s\"", m->dialect, m->address[0]);
	if (m->naddresses > 1)
		buf_printf(b, ", \"%s\"", m->address[1]);
	buf_printf(b, " }\n\t\t\tuser = %s\n\t\t\tpassword-file = \"manager.pw\"\n\t\t\tpoll = \"10 s\"\n"
		      "\t\t\tlogin { known-hosts = \"known_hosts\" }\n\t\t}\n", m->user);
}
