/* Machines that exist only in memory and behave as a test scripts them, behind the same functions as real hosts: the
 * tests of the fleet, and of what stands on it, link this in place of src/hosts ($(fake_host) of tests.mk beside the real
 * fleet; nothing of src/hosts is pulled in then). A URI is "fake:MACHINE". */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include "hosts/host.h"

enum fake_call {
	FAKE_OPEN, FAKE_FACTS, FAKE_LIST, FAKE_LOOK, FAKE_DETAIL, FAKE_ACT, FAKE_SNAPS /* host_snapshots */,
	FAKE_SNAP /* host_snap_act */, FAKE_CONSOLE, FAKE_TYPE, FAKE_CLOSE, FAKE_STATS, FAKE_EXTRA, FAKE_SCREEN,
	FAKE_STATES /* host_list_states; also counted, and scripted, as FAKE_LIST */, FAKE_CALLS
};
enum fake_way {
	FAKE_OK,
	FAKE_SLOW,  /* works after the machine's slow_ms */
	FAKE_HANG,  /* until aborted */
	FAKE_STUCK, /* not even then: until fake_unstick */
	FAKE_FAIL,  /* ERR_FAILED */
	FAKE_LOST,  /* ERR_UNREACHABLE */
	FAKE_HOLD,  /* until aborted or set to another way, which it then goes */
	/* of a snapshot order alone: what it left behind when its answer was lost (ERR_UNREACHABLE) */
	FAKE_DONE_LOST,   /* it is done all the same */
	FAKE_ORPHAN_LOST, /* create: on the disk, but not listed, until a SNAP_CLEAR */
};

void fake_reset(void);                       /* no machine is left; no connection may be */
void fake_machine(const char *name);         /* makes it, all calls FAKE_OK */
void fake_way(const char *name, enum fake_call call, enum fake_way way);
void fake_long_way(const char *name, enum fake_way way); /* opening the long lane */
void fake_lane_way(const char *name, enum lane lane, enum fake_way way); /* opening this lane, but for the short one */
void fake_slow(const char *name, int ms);
void fake_one_lane(const char *name);
void fake_uuid(const char *name, const char *host_uuid);
void fake_serial(const char *name, const char *serial); /* SMBIOS; "" at first */
void fake_unstick(void);

/* VMs; uuid is made of a number. They change without an event; fake_event tells one to the open connections. */
const char *fake_vm_uuid(int n);             /* static storage, eight at a time */
void fake_vm(const char *name, int n, const char *vm, enum vm_state state); /* made or changed */
void fake_vm_transient(const char *name, int n);
void fake_vm_drop(const char *name, int n);
enum vm_state fake_vm_state(const char *name, int n);
void fake_event(const char *name, enum host_event_kind kind, int n, enum vm_state state, enum host_why why);
void fake_break(const char *name, const char *reason); /* the transport is gone: CLOSED, calls end */
void fake_break_lane(const char *name, enum lane lane, const char *reason); /* of this lane alone */

/* Snapshots of a VM, by their names on the host ("tana-UUID", or any for those made outside). Created, reverted to and
 * deleted as orders say; a machine's way for FAKE_SNAP goes for all its VMs but those with a way of their own:
 *   fake_snap_way("b1", 1, FAKE_HOLD);  an order on it blocks now, like a snapshot of much memory; others do not
 *   fake_snap_way("b1", 1, FAKE_OK);    and now it is done
 * A late effect of an order that was given up: fake_snap. */
void fake_snap_way(const char *name, int n, enum fake_way way);
void fake_snap(const char *name, int n, const char *snap);      /* made by somebody else, on the current one */
void fake_snap_drop(const char *name, int n, const char *snap);
void fake_snaps_unknown(const char *name, int n, bool unknown); /* lists leave it open what snapshots it has */
bool fake_snap_there(const char *name, int n, const char *snap); /* listed */
bool fake_snap_orphan(const char *name, int n, const char *snap); /* on the disk without being listed */
int fake_snap_count(const char *name, int n);                    /* listed */
const char *fake_snap_current(const char *name, int n);          /* static storage; "" none */
void fake_snap_busy(const char *name, int n, bool busy);
/* All else that host_snapshots tells of the VM: disks, agent, reasons against; what is in like but list, state, busy, driver and
 * xml. bytes: what each snapshot made from now on takes. Default: nothing known, everything possible, 1 MiB each. */
void fake_snaps_like(const char *name, int n, const struct host_snaps *like, uint64_t bytes);
/* The orders that began on a machine, in turn; fake_called(name, FAKE_SNAP) of them, the first 64 are kept. */
struct fake_order {
	int vm;
	enum lane lane;
	enum snap_op op;
	char name[64], note[128], xml[128];
	bool external, quiesce, children;
};
struct fake_order fake_order(const char *name, int i);

/* Serial consoles. (fake_console.c) */
void fake_say(const char *name, int n, const char *data, size_t size); /* to every open console of this VM */
void fake_hang_up(const char *name, int n, const char *why);           /* ends them; why NULL: the guest's side */
void fake_no_console(const char *name);                                /* the machine has none */
const char *fake_typed(const char *name, int n);                       /* so far; static storage */
int fake_consoles(const char *name, int n);                            /* open now */
bool fake_forced(const char *name, int n);                             /* the newest was */

/* What happened. */
int fake_called(const char *name, enum fake_call call); /* how often it began */
bool fake_lane_open(const char *name, enum lane lane); /* a connection of this lane is open */
int fake_open_now(const char *name);         /* connections opened (or being so) and not freed; NULL: all machines */
int fake_calls_at_once(const char *name);    /* most calls under way on one connection; must stay 1 */

#endif
