/* Inside of the hosts room: what a driver gives to host.c's table. A driver's own struct begins with struct host. */
#ifndef TANA_HOST_DRIVER_H
#define TANA_HOST_DRIVER_H

#include "hosts/host.h"
#include "common/host_uri.h"

struct host_driver {
	struct err *(*start)(void);  /* once a process, before the first open */
	void (*stop)(void);
	/* u is the driver's from here on */
	struct host *(*new)(const struct host_spec *spec, struct host_uri *u, enum lane lane, const struct host_sink *sink);
	struct err *(*open)(struct host *h);
	struct err *(*facts)(struct host *h, struct host_facts *out); /* out->whole says which */
	struct err *(*list)(struct host *h, struct host_vm **out, size_t *n);
	struct err *(*list_states)(struct host *h, bool snaps, struct host_vm **out, size_t *n);
	struct err *(*look)(struct host *h, const char *uuid, struct host_vm *out);
	struct err *(*detail)(struct host *h, const char *uuid, struct host_vm_detail *out);
	struct err *(*act)(struct host *h, const char *uuid, enum verb v);
	struct err *(*snapshots)(struct host *h, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out);
	struct err *(*snap_act)(struct host *h, const char *uuid, const struct host_snap_order *o);
	struct err *(*console_open)(struct host *h, const char *uuid, bool force, const struct host_console_sink *sink);
	struct err *(*console_write)(struct host *h, const void *data, size_t n);
	struct err *(*stats)(struct host *h, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out);
	struct err *(*extra)(struct host *h, const char *uuid, struct host_extra *out);
	struct err *(*screenshot)(struct host *h, const char *uuid, struct host_screen *out);
	void (*abort)(struct host *h);
	void (*close)(struct host *h);
	void (*free)(struct host *h);
	bool (*one_lane)(const struct host *h);
};

struct host { const struct host_driver *driver; };

extern const struct host_driver libvirt_driver;

/* Tests alone set it, before anything else runs: called on the worker around each call that changes something on a host,
 * with its verb, or asks for a VM's snapshots or its screen; phase 0: it is about to be sent, 1: its reply is there. NULL otherwise. */
extern void (*host_probe)(const char *call, int phase);

static inline void host_tell_probe(const char *call, int phase)
{
	if (host_probe)
		host_probe(call, phase);
}

#endif
