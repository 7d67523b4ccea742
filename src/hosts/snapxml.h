/* What libvirt's XML says about a VM's disks and its snapshots, and the XML that asks for them. Pure: text in, structs and
 * text out. Read by snapxml.c, written by snapxml_make.c; called by libvirt_snap*.c. */
#ifndef TANA_SNAPXML_H
#define TANA_SNAPXML_H

#include "hosts/host.h"

#define SNAPXML_DISKS_MAX 256    /* of a VM; libvirt attaches fewer */
#define SNAPXML_LAYERS_MAX 1024  /* files of a VM's disks, all layers */

enum snapxml_kind { DISK_FILE, DISK_BLOCK, DISK_VOLUME /* of a pool */, DISK_OTHER /* over the network, ... */ };

struct snapxml_disk {
	char target[32];         /* "vda" */
	enum snapxml_kind kind;
	char format[16];         /* of the top layer */
	char *path;              /* of the top layer, as the host has it; NULL when it cannot be named */
	bool writable;           /* something is in it and the guest may write there */
	bool shared;
	bool never;              /* the owner excluded it from snapshots */
};
/* A VM as it is now. */
struct snapxml_vm {
	char uuid[HOST_UUID_LEN + 1];
	struct snapxml_disk *disks;
	size_t ndisks;
	char **layers;           /* paths of all layers of all disks, as far as the XML tells */
	size_t nlayers;
	bool agent;              /* the guest agent is connected */
	bool flash;              /* starts by UEFI, whose variables lie outside the disks */
	bool passed;             /* a device of the host is passed through to it */
	bool committing;         /* a layer of a disk is being merged away */
};
/* ERR_FAILED "host.xml". */
struct err *snapxml_vm(const char *xml, struct snapxml_vm *out);
void snapxml_vm_free(struct snapxml_vm *vm);  /* what is inside */
const struct snapxml_disk *snapxml_disk(const struct snapxml_vm *vm, const char *target);
bool snapxml_has_layer(const struct snapxml_vm *vm, const char *path);

/* One snapshot: a <domainsnapshot>. */
struct snapxml_snap {
	struct host_snap s;      /* current and bytes are not in the XML */
	char uuid[HOST_UUID_LEN + 1]; /* of its VM, "" not told */
	char (*targets)[32];     /* the disks that it knows, also those that it left out */
	size_t ntargets;
	char **layers;           /* files of its own */
	size_t nlayers;
};
/* name: as the host lists it, cleaned; NULL: as the XML says. ERR_FAILED "host.xml". */
struct err *snapxml_snap(const char *xml, const char *name, struct snapxml_snap *out);
void snapxml_snap_free(struct snapxml_snap *s); /* what is inside */

/* Parents before their children, the rest by date. A parent that is not there becomes "". */
void snapxml_sort(struct host_snap *list, size_t n);

/* Writing; the texts are the caller's, to be freed. */

/* The file that an external snapshot adds to a disk, beside the one that it stands on. Two disks of one VM never get the same. */
char *snapxml_layer_path(const struct snapxml_vm *vm, const struct snapxml_disk *d, const char *name);
/* For the host: takes one. */
char *snapxml_create(const struct snapxml_vm *vm, const struct host_snap_order *o);
/* What the host would write down of it: domain_xml is the VM's, parent the host's own name of the current snapshot or NULL.
 * NULL when it cannot be made (XML broken, longer than 1 MiB). */
char *snapxml_record(const char *domain_xml, const struct snapxml_vm *vm, const struct host_snap_order *o, enum vm_state state,
	const char *parent, int64_t now);
/* The same record without its parent, which may be gone, and with HOST_SNAP_CLEARING for its description. NULL when it is none. */
char *snapxml_orphan(const char *record);

#endif
