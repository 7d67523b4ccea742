/* Makes a site of any size on libvirt's test driver: a site file and one node file a blade, all with fixed UUIDs,
 * the same for the same numbers. The demonstration site and the benches come from here. */
#ifndef TANA_GENERATE_H
#define TANA_GENERATE_H

#include "common/error.h"

struct generate {
	int racks, enclosures, bays;  /* enclosures in a rack, bays in an enclosure */
	int vms;                      /* VMs of a blade; 0 = the provider's grades decide */
	int dead;                     /* blades that are unreachable on purpose (an address nobody answers) */
	const char *uri_format;       /* with one %s for the node file's absolute path: "test://%s", "test+unix://%s?socket=..." */
	const char *name;             /* of the site */
};
extern const struct generate generate_demo; /* 2 x 2 x 16, about 700 VMs, 3 tenants, a cluster, one dead */

/* Writes <dir>/site.conf and <dir>/nodes/N.xml; dir must exist. */
struct err *generate_site(const char *dir, const struct generate *g);

#endif
