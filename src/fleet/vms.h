/* Identity: which VM a UUID is, where it is placed, and what follows for the registry. Placements are what hosts (or the
 * cache) say; vms_settle makes the VM of them. */
#ifndef TANA_VMS_H
#define TANA_VMS_H

#include "fleet/supervisor.h"

#define GRACE_MS 15000 /* a migration may look like two VMs, or none, for so long */

struct ident {                  /* every VM ever seen; lives as long as the fleet */
	istr uuid, id, tenant, guest;
	struct vm *vm;          /* the registry's; NULL: it is nowhere */
	struct place *places;
	int64_t grace;          /* boot ms until when two active placements are no alert; 0 = there are not two */
	int64_t limbo;          /* boot ms until when a VM that left its host is expected on another; 0 = it is not */
	bool bound, protect, waits;
	bool stored;            /* a row of it is in the store, or on its way */
	bool unsaved;           /* it changed since */
	unsigned char lost_why; /* enum host_why of what put it in limbo */
};

struct place {                  /* one VM on one host */
	struct ident *of;
	struct sup *on;
	struct place *of_next, *on_next, **on_prev;
	istr name;
	uint64_t mem_kib;
	int64_t seen;           /* when not live: last confirmed; Unix time */
	int64_t since;          /* Unix time, 0 unknown */
	uint32_t mark;          /* serial of the last list that held it */
	uint32_t touched;       /* serial of the list under way when an event came for it: newer than that list */
	int16_t vcpus;
	enum vm_state state;
	bool persistent;
	bool incoming;          /* the far end of a migration, as far as is known */
	bool extra_wanted;      /* its addresses are to be asked for, see extras.c */
	bool unkept, queued;    /* differs from the cache; stands in keep.c's row of such */
};

bool vms_uuid(char out[HOST_UUID_LEN + 1], const char *uuid);   /* canonical form; false: it is none */
struct ident *vms_ident(struct fleet *f, const char *uuid);     /* NULL when never seen */
struct ident *vms_ident_get(struct fleet *f, const char *uuid); /* minted when never seen */
struct place *vms_place(const struct fleet *f, const struct sup *s, const char *uuid); /* NULL: not there */
/* d stands on s from now on; nobody is told before vms_settle. Owned by both lists. */
struct place *vms_place_add(struct fleet *f, struct sup *s, struct ident *d, const char *name);
void vms_place_drop(struct fleet *f, struct place *p, enum host_why why); /* it is not there any more; settles */
/* Brings the VM's object to what its places say, and tells who listens; why: what is to be told as the cause. */
void vms_settle(struct fleet *f, struct ident *d, enum host_why why);
/* It stopped here because it moved, or vanished while it ran: for a while it is expected elsewhere. */
void vms_expect(struct fleet *f, struct ident *d, enum host_why why);
void vms_host_live(struct fleet *f, struct sup *s, int64_t seen); /* s->live moved: all its VMs; seen when it is not */
void vms_free(struct fleet *f);

/* owner.c */
void owner_bind(struct fleet *f, struct ident *d);   /* exactly one rule matches and nobody has it: bound for ever */
void owner_alert(struct fleet *f, struct ident *d);  /* the VM's alert anew; tells when it is a new one */
bool owner_grade(struct fleet *f, struct vm *vm);    /* true: it changed */
bool owner_pair(struct fleet *f, struct vm *vm);     /* the same */
void owner_review(struct fleet *f);                  /* all VMs, some at a time: the model changed */
void owner_review_some(struct fleet *f);

/* keep.c: writing to the store */
struct keep *keep_new(struct fleet *f);
void keep_free(struct keep *k);
void keep_ident(struct fleet *f, struct ident *d);   /* id, owner, name, protection: at the end of this turn */
void keep_ident_in(struct ident *d, struct store_tx *tx);
void keep_place(struct fleet *f, struct place *p);   /* last seen state: within a second */
void keep_forget(struct fleet *f, struct place *p);
void keep_host(struct fleet *f, struct sup *s);      /* the whole host as it is now */
void keep_turn(struct fleet *f);

#endif
