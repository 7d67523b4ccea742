/* Inside of the libvirt driver (libvirt_*.c, the only files that include libvirt but for eventloop.c): one connection. */
#ifndef TANA_HOSTS_LIBVIRT_H
#define TANA_HOSTS_LIBVIRT_H

#include "hosts/driver.h"
#include "hosts/relay.h"
#include "hosts/snapxml.h"
#include "ssh/ssh.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>

/* What one of libvirt's hypervisor drivers can do, and how it wants to be asked. */
struct lv_kind {
	const char *driver;         /* of the URI */
	const char *title;          /* in the version: "QEMU" */
	const char *modular_socket; /* beside libvirtd's own: "virtqemud-sock", NULL none */
	bool stats;                 /* tells the sizes of all of a VM's disks in one call that does not wait for its monitor */
	unsigned shutdown_flags, reboot_flags;
	bool snap_disks;            /* its snapshots lie in real disks, of which not all can hold one */
	const char *no_console;     /* why it has no serial consoles, a row with a {driver} hole; NULL: it has */
	unsigned console_flags;
	enum host_outcome can[VERB_COUNT];
	const char *why_not[VERB_COUNT];
};
const struct lv_kind *lv_kind_of(const char *driver);

/* What outlives the connection until libvirt has let go of its callbacks. */
struct lv_tap {
	pthread_mutex_t lock;       /* held while the sink runs */
	int refs;
	struct host_sink sink;      /* event NULL: quiet for ever */
	bool closed;                /* HOST_EVENT_CLOSED was told */
	bool given_up;              /* by host_abort: libvirt will call it the host's doing */
	struct relay *relay;        /* whose end it tells; NULL none, or quiet */
};

#define LV_HANDLES 64
struct lv_handle { char uuid[HOST_UUID_LEN + 1]; virDomainPtr dom; };

struct lv {
	struct host base;
	struct host_uri uri;
	const struct lv_kind *kind;
	char *name, *key_file, *known_hosts, *runtime_dir;
	int step_ms;
	struct host_sink sink;
	pthread_mutex_t lock;       /* aborted, link, relay, tap: against host_abort */
	bool aborted;
	int stop_fd;                /* eventfd, readable for ever once aborted */
	struct ssh_link *link;      /* while it is being opened */
	struct relay *relay;        /* NULL with the in-process driver */
	virConnectPtr conn;
	struct lv_tap *tap;
	int lifecycle_id, reboot_id; /* callbacks, -1 none */
	bool close_told;            /* the close callback is registered */
	unsigned long lib;          /* see lv_version */
	bool hasty;                 /* see host_spec */
	bool quiet;                 /* a connection of LANE_CONSOLE: of events it tells its end alone */
	struct lv_console *console; /* NULL none */
	bool capable_known;         /* the capabilities were read, and say: */
	bool reverts_external;
	struct lv_handle handles[LV_HANDLES]; /* of VMs whose numbers are asked for; a worker's */
	int nhandles, next_handle;
};

/* libvirt's last error of this thread as ours; ERR_TIMEOUT or ERR_UNREACHABLE when the connection went. */
struct err *lv_error(struct lv *h);
/* The same for a failed open. */
struct err *lv_open_error(struct lv *h);
/* NULL, or why this connection can do nothing: not open, given up. */
struct err *lv_ready(struct lv *h);
/* The domain; ERR_NOTFOUND. */
struct err *lv_domain(struct lv *h, const char *uuid, virDomainPtr *out);

struct err *lv_events_on(struct lv *h);
struct err *lv_events_rest(struct lv *h);  /* what a hasty one left out, if it did; of an open connection */
void lv_events_given_up(struct lv_tap *t); /* the end that comes now is our own */
void lv_events_quiet(struct lv *h); /* no event after it returned; cannot block */
void lv_events_off(struct lv *h);   /* takes the callbacks out of libvirt; may ask the host */

enum vm_state lv_state(int libvirt_state);

struct err *lv_facts(struct host *base, struct host_facts *out);
struct err *lv_list(struct host *base, struct host_vm **out, size_t *n);
struct err *lv_list_states(struct host *base, bool snaps, struct host_vm **out, size_t *n);
struct err *lv_look(struct host *base, const char *uuid, struct host_vm *out);
struct err *lv_detail(struct host *base, const char *uuid, struct host_vm_detail *out);
struct err *lv_act(struct host *base, const char *uuid, enum verb v);
struct err *lv_snapshots(struct host *base, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out);
struct err *lv_snap_act(struct host *base, const char *uuid, const struct host_snap_order *o);
struct err *lv_console_open(struct host *base, const char *uuid, bool force, const struct host_console_sink *sink);
struct err *lv_console_write(struct host *base, const void *data, size_t n);
struct err *lv_stats(struct host *base, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out);
struct err *lv_extra(struct host *base, const char *uuid, struct host_extra *out);
void lv_handles_free(struct lv *h);         /* before the connection is closed */
struct err *lv_screenshot(struct host *base, const char *uuid, struct host_screen *out);
void lv_console_close(struct lv *h);        /* no data after it returned; asks the host; before the connection is closed */

/* What its XML tells of it; *out is to be freed in any case. */
struct err *lv_described(struct lv *h, virDomainPtr dom, struct host_vm_detail *out);
/* Cleaned names of a VM's snapshots, with all that is in it the caller's; NULL with libvirt's error set. */
char **lv_snap_names(virDomainPtr dom, size_t *count);
void lv_snaps_free(virDomainSnapshotPtr *snaps, int n);
/* The VM as its XML tells now; *vm is to be freed in any case. */
struct err *lv_snap_vm(struct lv *h, virDomainPtr dom, struct snapxml_vm *vm);
/* NULL, or why this creation is not tried: ERR_UNSUPPORTED with a row of struct host_snaps. */
struct err *lv_snap_may(struct lv *h, virDomainPtr dom, const struct snapxml_vm *vm, const struct host_snap_order *o);
#define LV_VERSION(a, b, c) ((a) * 1000000ul + (b) * 1000ul + (c))
unsigned long lv_version(struct lv *h);     /* libvirt's there, asked once a connection; 0 unknown */
bool lv_reverts_external(struct lv *h);

#endif
