/* The objects of volumes, kept current: each VM's change moves the counts of the volumes that its disks lie on, which are told within
 * a second. Called by the broker. */
#ifndef TANA_VOLUMES_H
#define TANA_VOLUMES_H

#include "common/loop.h"
#include "common/registry.h"
#include "site/site.h"

struct volumes;

struct volumes *volumes_new(struct loop *l, struct registry *r); /* both borrowed */
void volumes_free(struct volumes *v);                           /* before the registry; leaves the objects there */
/* At start and after each reload. m is borrowed until the next. */
void volumes_site(struct volumes *v, const struct site_model *m);

/* Calls fn for each name in a VM's list of volumes ("vol-01,vol-02"), each once. Used by what_if.c too. */
void volumes_each(const char *list, void (*fn)(void *ctx, const char *name), void *ctx);

/* Pure: what the object says of a volume that holds so many VMs which may fill so much. known: it is known on what VMs lie; else nobody
 * can say what fits. True: something is different now. */
bool volume_fill(struct volume *o, const struct site_model *m, const struct site_volume *from, int64_t vms, int64_t promised_kib, bool known);

#endif
