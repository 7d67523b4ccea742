/* What Tana asks of a hypervisor host, whatever its kind. A driver is one file and one row in host.c's table.
 * Calls block and run on the fleet's workers, one at a time for each connection; host_abort may come from any thread
 * at any moment and makes the call under way return soon. Events arrive on any thread: a sink only enqueues. */
#ifndef TANA_HOST_H
#define TANA_HOST_H

#include "common/error.h"
#include "common/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_UUID_LEN 36

/* Where a host is and how to log in there; from the site file. Strings are borrowed until host_new returns. */
struct host_spec {
	const char *name;         /* the blade's name */
	const char *uri;
	const char *key_file;     /* private key, "" = agent and the user's default keys */
	const char *known_hosts;  /* file, "" = ~/.ssh/known_hosts then /etc/ssh/ssh_known_hosts */
	const char *runtime_dir;  /* a private 0700 directory for relay sockets */
	int connect_ms;           /* deadline of each step of coming up; 0 = 10000 */
	bool hasty;               /* many come up at once: that it reboots VMs, and that it ended where no call says so, is told from
	                           * the first host_list or host_act on */
};

/* Lanes: short calls with a fixed deadline; long ones; and some for snapshots, which may take hours, so that neither a power
 * on nor another VM's snapshot waits for one. A driver whose connections do not share a world (test:///file) says so by
 * host_one_lane(). */
enum lane { LANE_SHORT, LANE_LONG, LANE_SNAP, LANE_SNAP_LAST = LANE_SNAP + 3, LANE_COUNT,
	LANE_CONSOLE = LANE_COUNT /* beside them: one connection for each serial console, which tells no events */ };

/* How the outcome of a verb can be seen on this host. */
enum host_outcome { OUTCOME_NO /* the host cannot do it */, OUTCOME_STATE /* a state or event shows it */,
	OUTCOME_EVENT /* an event alone shows it (reboot, reset) */, OUTCOME_UNSEEN /* accepted, not observable */ };

struct host_facts {
	bool whole;               /* false: of the first group alone, see host_identity */
	char driver[16];          /* "qemu", "test", "xen" */
	char uuid[HOST_UUID_LEN + 1]; /* libvirt's host UUID, "" unknown */
	char model[96], serial[96];   /* SMBIOS, cleaned, "" unknown */
	enum host_outcome can[VERB_COUNT]; /* protect and unprotect are Tana's own and not asked here */
	const char *why_not[VERB_COUNT];   /* row of messages.def with a {driver} hole, when can[] is OUTCOME_NO */
	const char *no_console;            /* the same, of serial consoles; NULL: it has them */

	char version[96];         /* "libvirt 9.0.0, QEMU 7.2.0" */
	char hostname[256];       /* cleaned */
	unsigned cpus;
	uint64_t mem_kib;
};

struct host_vm {
	char uuid[HOST_UUID_LEN + 1];
	char *name;               /* cleaned, owned */
	enum vm_state state;
	bool sized;               /* vcpus and mem_kib are told */
	unsigned vcpus;
	uint64_t mem_kib;
	bool persistent;
	bool snaps_known;         /* by host_list alone */
	char **snaps;             /* names of its snapshots as in host_snap.name, in no order; owned */
	size_t nsnaps;
};
void host_vms_free(struct host_vm *vms, size_t n);

struct host_disk { char target[32]; char *source; char format[16]; uint64_t bytes; bool shared; };
struct host_nic { char mac[18]; char model[32]; char *network; };
struct host_vm_detail {       /* for the VM view; everything cleaned and owned */
	struct host_vm vm;
	struct host_disk *disks; size_t ndisks;
	struct host_nic *nics; size_t nnics;
	char guest[96];           /* OS from libosinfo metadata, "" unknown */
	char machine[64];
	bool autostart;
	char console[32];         /* what its serial console is joined to on the host: "pty", "unix", "file"; "" it has none */
	const char *no_console;   /* why it cannot be opened, a row of messages.def with holes {driver} {type}; NULL: it can */
	char driver[16];          /* for {driver} */
};
void host_vm_detail_free(struct host_vm_detail *d); /* what is inside */

/* ---- snapshots ---- */

/* The description of one that is being cleared away (SNAP_CLEAR): libvirt lists it meanwhile, and for ever where it dies over that. */
#define HOST_SNAP_CLEARING "being cleared away by Tana"

struct host_snap {
	char *name;               /* the host's name for it, cleaned, owned; those of Tana are "tana-UUID" */
	char *parent;             /* name of the one that it was taken on, "" none */
	char *note;               /* its description there, cleaned */
	int64_t created;          /* Unix time, 0 unknown */
	enum vm_state state;      /* of the VM in it: running, paused, off */
	bool current;             /* what the disks hold now began with it */
	bool memory;              /* holds the guest's memory */
	bool external;            /* some of it lies in files of its own */
	uint64_t bytes;           /* what it takes, 0 unknown */
};
struct host_snaps {               /* of one VM; everything cleaned and owned */
	struct host_snap *list;   /* parents before their children, the rest by date */
	size_t n;
	enum vm_state state;      /* of the VM now */
	bool partial;             /* there are too many: of some only the name is told, not on which they were taken */
	bool busy;                /* the host itself is at work on it (paused for a save or a snapshot): its list may be half true */
	bool disks_known;         /* disk_bytes and used_bytes are */
	uint64_t disk_bytes;      /* size of all disks attached, those that can be written to */
	uint64_t used_bytes;      /* what the files of these disks take, with all that lies below them */
	char shared[64];          /* targets of disks that other VMs write to too: "vdb, vdc"; "" none */
	bool agent;               /* its guest agent answers the host */
	/* Why not: rows of messages.def with holes {driver} {disk}; NULL: it can. */
	const char *no_internal;  /* create, in the disks' own files, with memory when it runs */
	const char *no_external;  /* create, disks only, in files of their own */
	const char *no_quiesce;
	const char *no_revert_external, *no_delete_external;
	char disk[32];            /* for {disk}: the one that stands in the way */
	char driver[16];
	char *xml;                /* when a creation was to be prepared: what host_snap_clear needs if it is orphaned */
};
void host_snaps_free(struct host_snaps *s); /* what is inside */

enum snap_op {
	SNAP_CREATE, SNAP_REVERT, SNAP_DELETE,
	/* Takes away what a creation may have left on the disks without the host's libvirt knowing: by xml. Done too when
	 * there is nothing. */
	SNAP_CLEAR
};
struct host_snap_order {          /* borrowed */
	enum snap_op op;
	const char *name;         /* create, clear: "tana-UUID"; else as listed */
	const char *note;         /* create: the description it gets on the host */
	bool external;            /* create: disks only, in files of their own */
	bool quiesce;             /* create, external: the guest agent freezes the file systems meanwhile */
	bool children;            /* delete: with all that stand on it */
	const char *xml;          /* clear */
};

enum host_event_kind {
	HOST_EVENT_STATE,      /* vm: its new state; why: what moved it */
	HOST_EVENT_DEFINED,    /* vm: a new or changed definition (ask again with host_look) */
	HOST_EVENT_UNDEFINED,
	HOST_EVENT_REBOOTED,   /* the guest went through a reset; vm.state is not set */
	HOST_EVENT_CLOSED,     /* the connection is gone; text says why */
};
/* What moved a state, as far as the host tells. */
enum host_why { WHY_UNKNOWN, WHY_BOOTED, WHY_GUEST /* the guest itself shut down */, WHY_DESTROYED, WHY_CRASHED,
	WHY_MIGRATED, WHY_SAVED, WHY_FAILED, WHY_SNAPSHOT, WHY_DAEMON };
struct host_event {
	enum host_event_kind kind;
	enum host_why why;
	char uuid[HOST_UUID_LEN + 1];
	char *name;               /* cleaned; borrowed during the call */
	enum vm_state state;
	const char *text;         /* for CLOSED; borrowed */
};
struct host_sink {
	void (*event)(void *ctx, const struct host_event *ev);
	void *ctx;
};

/* Must run once, before the first host_open: starts libvirt's event thread and the relay thread. */
struct err *host_start(void);
void host_stop(void);     /* after every connection was closed and freed */

struct host;              /* one connection: one lane of one host */
/* ERR_USAGE with the place when the URI is of no known kind; checks nothing else and does not block. */
struct err *host_new(const struct host_spec *spec, enum lane lane, const struct host_sink *sink, struct host **out);
bool host_one_lane(const struct host *h);
struct err *host_open(struct host *h);         /* once; brings up transport, connection, events; every step has a deadline */
/* What the host cannot tell stays empty. A libvirtd that probes its emulators may take 20 s for this once; where the call was
 * given up for that, the next ones leave version and UUID unknown for ten minutes, so that the host comes up. */
struct err *host_facts(struct host *h, struct host_facts *out);
struct err *host_identity(struct host *h, struct host_facts *out); /* which it is and what it can do, no more: fewer questions */
struct err *host_list(struct host *h, struct host_vm **out, size_t *n);
/* The same in a few questions however many VMs there are: names and states. Sizes only of those that had to be asked one by one;
 * snapshots only when they are wanted. */
struct err *host_list_states(struct host *h, bool snaps, struct host_vm **out, size_t *n);
struct err *host_look(struct host *h, const char *uuid, struct host_vm *out);  /* ERR_NOTFOUND; free out->name */
struct err *host_detail(struct host *h, const char *uuid, struct host_vm_detail *out);
/* Power verbs. ERR_STATE when the VM is so already, ERR_UNSUPPORTED, ERR_FAILED with the host's own words as {reason}.
 * ERR_TIMEOUT or ERR_UNREACHABLE: the call was given up and may still take effect. */
struct err *host_act(struct host *h, const char *uuid, enum verb v);
/* The VM's snapshots and what can be done with them. prepare: a creation to be made ready (out->xml), NULL none. ERR_UNSUPPORTED
 * where the driver has none. Answers while a snapshot of the same VM is being taken; never asks for job statistics. */
struct err *host_snapshots(struct host *h, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out);
/* Blocks until it is done, however long. ERR_NOTFOUND: no such VM or snapshot; else as host_act. */
struct err *host_snap_act(struct host *h, const char *uuid, const struct host_snap_order *o);
/* ---- a VM's serial console: one on a connection of LANE_CONSOLE. (console.c) ---- */

/* Called on any thread; they only enqueue. */
struct host_console_sink {
	void (*data)(void *ctx, const void *data, size_t n); /* what the guest said, as soon as it is there */
	/* No data comes after it. Once, unless host_close came before. e: why, the receiver's; NULL: the guest's side ended. The
	 * loss of the connection comes as HOST_EVENT_CLOSED. */
	void (*end)(void *ctx, struct err *e);
	void *ctx;
};
/* NULL, or why this host has none: a row of messages.def with a {driver} hole. */
const char *host_no_console(const struct host_facts *f);
/* On a worker, after host_open. force: takes it from whom it is open for outside Tana. ERR_LEASE host.console.held: so it is;
 * ERR_UNSUPPORTED, ERR_NOTFOUND, ERR_STATE. It ends with host_close, at once with host_abort. */
struct err *host_console_open(struct host *h, const char *uuid, bool force, const struct host_console_sink *sink);
/* On a worker: what is typed. Blocks while the host takes nothing, until host_abort. */
struct err *host_console_write(struct host *h, const void *data, size_t n);

/* ---- what VMs do now, and what they are reached by (now.c) ---- */

/* Counters that go up from when a VM was started; -1: the host does not tell it now. */
struct host_stat {
	char uuid[HOST_UUID_LEN + 1];
	bool known;               /* the VM is there and runs; else nothing of it is told */
	unsigned vcpus;
	int64_t cpu_ns;           /* CPU time of all of them */
	int64_t mem_used_kib;     /* as the guest sees it where its balloon tells, else what it takes on the host */
	int64_t disk_read, disk_write, net_in, net_out; /* bytes of all disks, all NICs */
};
/* All of them in one question where the driver has it. out has room for n, in the order of uuids. A VM of which the host cannot
 * tell now (it is busy with a snapshot) is left unknown: nothing here waits for a VM's job, and none is asked about its job. */
struct err *host_stats(struct host *h, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out);

struct host_extra {               /* of one VM; everything cleaned and owned */
	char *macs, *addresses;   /* comma separated, "" none known */
	char **disks;             /* where they lie on the host */
	size_t ndisks;
};
/* From its description, leases and the host's own table of neighbours: no guest is asked, so that none can hold it up. */
struct err *host_extra(struct host *h, const char *uuid, struct host_extra *out);
void host_extra_free(struct host_extra *x); /* what is inside */

#define HOST_SCREEN_W 640         /* pixels at most; a larger screen is told smaller */
#define HOST_SCREEN_H 480
struct host_screen { int w, h; unsigned char *rgb; /* 3 bytes a pixel, row by row, owned */ };
/* What the VM's first screen shows. ERR_STATE: it does not run; ERR_UNSUPPORTED: it has none. On a lane that may be lost. */
struct err *host_screenshot(struct host *h, const char *uuid, struct host_screen *out);

void host_abort(struct host *h);               /* any thread; the connection is of no more use after it */
void host_close(struct host *h);               /* on a worker; may be called after a failed open; ends events first */
void host_free(struct host *h);                /* after host_close; no event comes after host_close returned */

#endif
