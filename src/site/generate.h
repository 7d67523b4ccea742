/* Makes a site of any size on libvirt's test driver: a site file and one node file a blade, all with fixed UUIDs,
 * the same for the same numbers. The demonstration site and the benches come from here. */
#ifndef TANA_GENERATE_H
#define TANA_GENERATE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The manager of one enclosure of a made site. */
struct generate_manager {
	const char *dialect, *user;
	char address[2][48];          /* "127.0.0.1:40001"; two where there is a standby */
	int naddresses;               /* 0: it has none */
};
struct generate {
	int racks, enclosures, bays;  /* enclosures in a rack, bays in an enclosure */
	int vms;                      /* VMs of a blade; 0 = the provider's grades decide */
	int dead;                     /* blades that are unreachable on purpose (an address nobody answers) */
	const char *uri_format;       /* with one %s for the node file's absolute path: "test://%s", "test+unix://%s?socket=..." */
	const char *name;             /* of the site */
	/* With serial numbers, an empty bay, a blade of a customer's own and one that is off: <dir>/metal/N.tab says for each enclosure
	 * what stands in its bays, as tana-enclosure-sim takes it. */
	bool metal;
	/* Called once those and the node files are there, before the site file is written: fills in addresses of the managers, one for
	 * each enclosure in order. <dir>/manager.pw and <dir>/known_hosts are what the site file then names. NULL: no managers. */
	void (*managers)(void *ctx, const char *dir, struct generate_manager *list, size_t n);
	void *ctx;
};
extern const struct generate generate_demo; /* 2 x 2 x 16, about 700 VMs, 3 tenants, a cluster, one dead */

/* Writes <dir>/site.conf and <dir>/nodes/N.xml; dir must exist. */
struct err *generate_site(const char *dir, const struct generate *g);

#endif
