/* The small world of test_fleet_help.h with managers: enclosures of one manager each ("m1" speaks for E1, ...), at first one. */
#ifndef TEST_FLEET_METAL_HELP_H
#define TEST_FLEET_METAL_HELP_H

#include "fake_manager.h"
#include "test_fleet_help.h"

extern struct world *w;
int metal_setup(void **state);
int metal_teardown(void **state);

/* world_site with a manager of that dialect for E1, and all of its blades' hosts. */
struct site_model *metal_site(int blades, int extra, const char *dialect);
void metal_manager(struct site_model *m, int enclosure, const char *address, const char *dialect);
void metal_no_host(struct site_model *m, int blade, bool spare, const char *owner); /* from 1 */
void metal_start(int blades, int extra, const char *dialect); /* applied; machines and manager are there */
struct enclosure *metal_enclosure(void);
struct blade *metal_bay_blade(const char *id);
bool metal_is(const char *blade, enum power_state p); /* as of now */
int metal_alerts(const char *id);                     /* how often this sentence was told */

#define MANAGER(s) (metal_enclosure()->manager == (s))

#endif
