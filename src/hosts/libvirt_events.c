/* libvirt's callbacks turned into host events. They run on the event loop's thread and only enqueue: no call to libvirt is
 * made from them. Registered by libvirt_open.c before the caller lists. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/error.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static void tap_unref(void *opaque)
{
	struct lv_tap *t = opaque;

	pthread_mutex_lock(&t->lock);
	bool last = --t->refs == 0;
	pthread_mutex_unlock(&t->lock);
	if (last) {
		pthread_mutex_destroy(&t->lock);
		free(t);
	}
}

static struct lv_tap *tap_ref(struct lv_tap *t)
{
	pthread_mutex_lock(&t->lock);
	t->refs++;
	pthread_mutex_unlock(&t->lock);
	return t;
}

static void tell(struct lv_tap *t, const struct host_event *ev)
{
	pthread_mutex_lock(&t->lock);
	bool again = ev->kind == HOST_EVENT_CLOSED && t->closed;
	if (ev->kind == HOST_EVENT_CLOSED)
		t->closed = true;
	if (t->sink.event && !again)
		t->sink.event(t->sink.ctx, ev);
	pthread_mutex_unlock(&t->lock);
}

/* A row: what libvirt said -> what we say. detail -1 fits all that have no row of their own above it. */
static const struct { int event, detail; enum host_event_kind kind; enum vm_state state; enum host_why why; } rows[] = {
	{ VIR_DOMAIN_EVENT_DEFINED, -1, HOST_EVENT_DEFINED, VM_UNKNOWN, WHY_UNKNOWN },
	{ VIR_DOMAIN_EVENT_UNDEFINED, -1, HOST_EVENT_UNDEFINED, VM_UNKNOWN, WHY_UNKNOWN },

	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, HOST_EVENT_STATE, VM_RUNNING, WHY_BOOTED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, HOST_EVENT_STATE, VM_RUNNING, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED, HOST_EVENT_STATE, VM_RUNNING, WHY_SAVED },
	{ VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT, HOST_EVENT_STATE, VM_RUNNING, WHY_SNAPSHOT },
	{ VIR_DOMAIN_EVENT_STARTED, -1, HOST_EVENT_STATE, VM_RUNNING, WHY_UNKNOWN },

	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED, HOST_EVENT_STATE, VM_PAUSED, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY, HOST_EVENT_STATE, VM_PAUSED, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, HOST_EVENT_STATE, VM_PAUSED, WHY_FAILED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG, HOST_EVENT_STATE, VM_PAUSED, WHY_FAILED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR, HOST_EVENT_STATE, VM_PAUSED, WHY_FAILED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED, HOST_EVENT_STATE, VM_PAUSED, WHY_FAILED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_RESTORED, HOST_EVENT_STATE, VM_PAUSED, WHY_SAVED },
	{ VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT, HOST_EVENT_STATE, VM_PAUSED, WHY_SNAPSHOT },
	{ VIR_DOMAIN_EVENT_SUSPENDED, -1, HOST_EVENT_STATE, VM_PAUSED, WHY_UNKNOWN },

	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED, HOST_EVENT_STATE, VM_RUNNING, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY, HOST_EVENT_STATE, VM_RUNNING, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT, HOST_EVENT_STATE, VM_RUNNING, WHY_SNAPSHOT },
	{ VIR_DOMAIN_EVENT_RESUMED, -1, HOST_EVENT_STATE, VM_RUNNING, WHY_UNKNOWN },

	/* a guest that switches itself off is told as STOPPED/SHUTDOWN, as after our own shutdown */
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, HOST_EVENT_STATE, VM_OFF, WHY_GUEST },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, HOST_EVENT_STATE, VM_OFF, WHY_DESTROYED },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED, HOST_EVENT_STATE, VM_OFF, WHY_CRASHED },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED, HOST_EVENT_STATE, VM_OFF, WHY_MIGRATED },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED, HOST_EVENT_STATE, VM_OFF, WHY_SAVED },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED, HOST_EVENT_STATE, VM_OFF, WHY_FAILED },
	{ VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT, HOST_EVENT_STATE, VM_OFF, WHY_SNAPSHOT },
	{ VIR_DOMAIN_EVENT_STOPPED, -1, HOST_EVENT_STATE, VM_OFF, WHY_UNKNOWN },

	{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST, HOST_EVENT_STATE, VM_SHUTTING_DOWN, WHY_GUEST },
	{ VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_HOST, HOST_EVENT_STATE, VM_SHUTTING_DOWN, WHY_DAEMON },
	{ VIR_DOMAIN_EVENT_SHUTDOWN, -1, HOST_EVENT_STATE, VM_SHUTTING_DOWN, WHY_UNKNOWN },
	{ VIR_DOMAIN_EVENT_PMSUSPENDED, -1, HOST_EVENT_STATE, VM_SUSPENDED, WHY_GUEST },
	{ VIR_DOMAIN_EVENT_CRASHED, -1, HOST_EVENT_STATE, VM_CRASHED, WHY_CRASHED },
};

static void tell_domain(struct lv_tap *t, virDomainPtr dom, struct host_event *ev)
{
	const char *name = virDomainGetName(dom); /* kept in dom: no call to the host */

	if (virDomainGetUUIDString(dom, ev->uuid) != 0)
		return;
	ev->name = text_clean_name_dup(name);
	tell(t, ev);
	free(ev->name);
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].event == event && (rows[i].detail == detail || rows[i].detail == -1)) {
			struct host_event ev = { .kind = rows[i].kind, .state = rows[i].state, .why = rows[i].why };
			tell_domain(opaque, dom, &ev);
			break;
		}
	return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *opaque)
{
	struct host_event ev = { .kind = HOST_EVENT_REBOOTED };

	tell_domain(opaque, dom, &ev);
}

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	struct lv_tap *t = opaque;
	pthread_mutex_lock(&t->lock);
	bool own = t->given_up;
	bool silent = t->relay && relay_ended(t->relay) == RELAY_SILENT; /* of which libvirt knows only that it ended */
	pthread_mutex_unlock(&t->lock);
	const char *id = own ? "host.closed.self" : silent ? "host.closed.silent"
		: reason == VIR_CONNECT_CLOSE_REASON_EOF ? "host.closed.end"
		: reason == VIR_CONNECT_CLOSE_REASON_CLIENT ? "host.closed.self" : "host.closed.error";
	struct host_event ev = { .kind = HOST_EVENT_CLOSED, .text = msg_template(id) };

	tell(t, &ev);
}

void lv_events_given_up(struct lv_tap *t)
{
	pthread_mutex_lock(&t->lock);
	t->given_up = true;
	pthread_mutex_unlock(&t->lock);
}

static struct lv_tap *tap_new(const struct host_sink *sink)
{
	struct lv_tap *t = xcalloc(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	t->refs = 1;
	t->sink = *sink;
	return t;
}

static void tap_show(struct lv *h, struct lv_tap *t)
{
	pthread_mutex_lock(&h->lock);
	h->tap = t;
	pthread_mutex_unlock(&h->lock);
}

struct err *lv_events_rest(struct lv *h)
{
	/* A callback that libvirt did not take never gives its reference back: only those that it took have one. */
	if (h->relay && !h->close_told) {
		if (virConnectRegisterCloseCallback(h->conn, on_close, tap_ref(h->tap), tap_unref) == 0)
			h->close_told = true;
		else
			tap_unref(h->tap);
	}
	if (h->quiet || h->reboot_id >= 0)
		return NULL;
	h->reboot_id = virConnectDomainEventRegisterAny(h->conn, NULL, VIR_DOMAIN_EVENT_ID_REBOOT,
		VIR_DOMAIN_EVENT_CALLBACK(on_reboot), tap_ref(h->tap), tap_unref);
	if (h->reboot_id < 0) {
		tap_unref(h->tap);
		return lv_open_error(h);
	}
	return NULL;
}

struct err *lv_events_on(struct lv *h)
{
	tap_show(h, tap_new(&h->sink));
	h->tap->relay = h->relay;
	if (h->quiet)
		return lv_events_rest(h);
	h->lifecycle_id = virConnectDomainEventRegisterAny(h->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), tap_ref(h->tap), tap_unref);
	if (h->lifecycle_id < 0) {
		tap_unref(h->tap);
		return lv_open_error(h);
	}
	return h->hasty ? NULL : lv_events_rest(h);
}

void lv_events_quiet(struct lv *h)
{
	if (!h->tap)
		return;
	pthread_mutex_lock(&h->tap->lock);
	h->tap->sink.event = NULL;
	h->tap->relay = NULL;
	pthread_mutex_unlock(&h->tap->lock);
}

void lv_events_off(struct lv *h)
{
	if (!h->tap)
		return;
	lv_events_quiet(h);
	/* Each registration holds the connection; they go also when the host cannot be asked any more. */
	if (h->reboot_id >= 0)
		virConnectDomainEventDeregisterAny(h->conn, h->reboot_id);
	if (h->lifecycle_id >= 0)
		virConnectDomainEventDeregisterAny(h->conn, h->lifecycle_id);
	if (h->close_told)
		virConnectUnregisterCloseCallback(h->conn, on_close);
	h->lifecycle_id = h->reboot_id = -1;
	h->close_told = false;
	struct lv_tap *t = h->tap;
	tap_show(h, NULL);
	tap_unref(t);
}
