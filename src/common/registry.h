/* Objects by kind, slot, id and name, and who wants to know when one changes: the broker's live fleet and the console's
 * mirror of it are both one of these. One thread. Pure: knows no host, no store, no peer. */
#ifndef TANA_REGISTRY_H
#define TANA_REGISTRY_H

#include "common/model.h"

struct registry;

struct registry *registry_new(void);
void registry_free(struct registry *r);

/* An object keeps its slot from add to remove; slots are reused. A peer's dirty set is a set of slots. */
uint32_t registry_slots(const struct registry *r, enum kind k);          /* highest slot + 1 */
size_t registry_count(const struct registry *r, enum kind k);
void *registry_at(const struct registry *r, enum kind k, uint32_t slot); /* NULL when free */
void *registry_find(const struct registry *r, enum kind k, const char *id);
uint32_t registry_slot(const struct registry *r, enum kind k, const void *object); /* UINT32_MAX when it is not registered */

/* By name: racks, enclosures and blades have one each; VMs may share a name. Writes at most max, returns how many there are. */
size_t registry_named(const struct registry *r, enum kind k, const char *name, void **out, size_t max);
struct vm *registry_vm_uuid(const struct registry *r, const char *uuid);
/* VMs whose current blade is this name, in no order; the array is the registry's, valid until the next change. */
struct vm *const *registry_vms_on(const struct registry *r, const char *blade, size_t *n);

/* The registry owns the object from add on (an older one of the same id is removed first). Ids never change. */
uint32_t registry_add(struct registry *r, enum kind k, void *object);
void registry_remove(struct registry *r, enum kind k, void *object);     /* watchers are told first; frees it */
/* Tell watchers that fields changed, however many and whichever (a name, UUID or blade set by hand or by object_read is
 * found under its new value from here on). gen: identity, power state, owner, protection or place moved: counts the
 * object's gen up. A mirror, whose gen comes from elsewhere, passes false. */
void registry_changed(struct registry *r, enum kind k, void *object, bool gen);
/* Set the one field, then as registry_changed with gen. */
void registry_rename(struct registry *r, enum kind k, void *object, const char *name);
void registry_move_vm(struct registry *r, struct vm *vm, const char *blade);

struct registry_watch {
	void *ctx;
	void (*changed)(void *ctx, enum kind k, uint32_t slot, void *object); /* new ones too */
	void (*gone)(void *ctx, enum kind k, uint32_t slot, void *object);    /* still readable */
};
void registry_watch(struct registry *r, const struct registry_watch *w);  /* borrowed until unwatch */
void registry_unwatch(struct registry *r, const struct registry_watch *w);

#endif
