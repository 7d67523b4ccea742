/* Machines that exist only in memory and behave as a test scripts them, behind the same functions as real hosts: the
 * fleet's tests link this in place of src/hosts. A URI is "fake:MACHINE". */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include "hosts/host.h"

enum fake_call { FAKE_OPEN, FAKE_FACTS, FAKE_LIST, FAKE_LOOK, FAKE_DETAIL, FAKE_ACT, FAKE_CLOSE, FAKE_CALLS };
enum fake_way {
	FAKE_OK,
	FAKE_SLOW,  /* works after the machine's slow_ms */
	FAKE_HANG,  /* until aborted */
	FAKE_STUCK, /* not even then: until fake_unstick */
	FAKE_FAIL,  /* ERR_FAILED */
	FAKE_LOST,  /* ERR_UNREACHABLE */
};

void fake_reset(void);                       /* no machine is left; no connection may be */
void fake_machine(const char *name);         /* makes it, all calls FAKE_OK */
void fake_way(const char *name, enum fake_call call, enum fake_way way);
void fake_long_way(const char *name, enum fake_way way); /* opening the long lane */
void fake_slow(const char *name, int ms);
void fake_one_lane(const char *name);
void fake_uuid(const char *name, const char *host_uuid);
void fake_unstick(void);

/* VMs; uuid is made of a number. They change without an event; fake_event tells one to the open connections. */
const char *fake_vm_uuid(int n);             /* static storage, eight at a time */
void fake_vm(const char *name, int n, const char *vm, enum vm_state state); /* made or changed */
void fake_vm_transient(const char *name, int n);
void fake_vm_drop(const char *name, int n);
enum vm_state fake_vm_state(const char *name, int n);
void fake_event(const char *name, enum host_event_kind kind, int n, enum vm_state state, enum host_why why);
void fake_break(const char *name, const char *reason); /* the transport is gone: CLOSED, calls end */

/* What happened. */
int fake_called(const char *name, enum fake_call call); /* how often it began */
int fake_open_now(const char *name);         /* connections opened (or being so) and not freed; NULL: all machines */
int fake_calls_at_once(const char *name);    /* most calls under way on one connection; must stay 1 */

#endif
