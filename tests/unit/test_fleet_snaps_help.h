/* For the tests of snapshots through the fleet: two machines with VMs, and the way from an order to what it came to. */
#ifndef TEST_FLEET_SNAPS_HELP_H
#define TEST_FLEET_SNAPS_HELP_H

#include "test_fleet_help.h"

#define MANY 8

/* acme-1 to acme-7 are on b1, the last of them off; globex-1 is number 20, on b2. */
extern struct world *w;
extern struct acted a[MANY];
extern struct fleet_act act[MANY];
/* What the newest question was answered. */
struct asked {
	int done, told_before;
	enum err_class class;
	bool ok;
	size_t n;
	char xml[64], first[32];
	uint64_t disk;
};
extern struct asked asked;

int fleet_snaps_setup(void **state);
int fleet_snaps_teardown(void **state);
void all_up(void);
/* Order i is on the VM n; what it came to is a[i]. */
void order_as(int i, int n, enum snap_op op, const char *name);
void order(int i, int n);           /* creates tana-i */
int sent(void);                     /* of all orders */
int lanes_open(void);               /* those for snapshots, on b1 */
void ask(int n, const struct host_snap_order *prepare);

#define T(f) cmocka_unit_test_setup_teardown(f, fleet_snaps_setup, fleet_snaps_teardown)

#endif
