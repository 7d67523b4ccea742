/* What each of libvirt's drivers can do with a VM's power, as a table, and doing it; and libvirt's errors in our words.
 * Called on fleet's workers. Sources: facts measured on libvirt 9.0.0 with QEMU, its test driver; libxl from its source. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct lv_kind kinds[] = {
	{
		.driver = "qemu", .title = "QEMU", .modular_socket = "virtqemud-sock", .stats = true, .snap_disks = true,
		.console_flags = VIR_DOMAIN_CONSOLE_SAFE, /* never two at once */
		/* flags 0 may wait 60 s for a guest agent that is not there */
		.shutdown_flags = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN, .reboot_flags = VIR_DOMAIN_REBOOT_ACPI_POWER_BTN,
		.can = { [VERB_POWER_ON] = OUTCOME_STATE, [VERB_SHUTDOWN] = OUTCOME_STATE, [VERB_POWER_OFF] = OUTCOME_STATE,
			[VERB_REBOOT] = OUTCOME_EVENT, [VERB_RESET] = OUTCOME_EVENT,
			[VERB_SNAP_CREATE] = OUTCOME_STATE, [VERB_SNAP_REVERT] = OUTCOME_STATE, [VERB_SNAP_DELETE] = OUTCOME_STATE },
	}, {
		/* libxl reboots by ending and starting the domain and tells of neither in one way: nothing to rely on */
		.driver = "xen", .title = "Xen", .modular_socket = "virtxend-sock",
		.shutdown_flags = 0, .reboot_flags = 0,
		.can = { [VERB_POWER_ON] = OUTCOME_STATE, [VERB_SHUTDOWN] = OUTCOME_STATE, [VERB_POWER_OFF] = OUTCOME_STATE,
			[VERB_REBOOT] = OUTCOME_UNSEEN, [VERB_RESET] = OUTCOME_NO },
		.why_not = { [VERB_RESET] = "host.cannot.reset", [VERB_SNAP_CREATE] = "host.cannot.snapshot",
			[VERB_SNAP_REVERT] = "host.cannot.snapshot", [VERB_SNAP_DELETE] = "host.cannot.snapshot" },
	}, {
		/* takes reboot and reset without doing or telling anything; refuses every flag */
		.driver = "test", .title = "test driver", .no_console = "host.cannot.console",
		.can = { [VERB_POWER_ON] = OUTCOME_STATE, [VERB_SHUTDOWN] = OUTCOME_STATE, [VERB_POWER_OFF] = OUTCOME_STATE,
			[VERB_REBOOT] = OUTCOME_UNSEEN, [VERB_RESET] = OUTCOME_UNSEEN,
			[VERB_SNAP_CREATE] = OUTCOME_STATE, [VERB_SNAP_REVERT] = OUTCOME_STATE, [VERB_SNAP_DELETE] = OUTCOME_STATE },
	},
};

const struct lv_kind *lv_kind_of(const char *driver)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].driver, driver) == 0)
			return &kinds[i];
	abort(); /* host.c's table has no others */
}

static struct err *given_up(struct lv *h)
{
	return err_new(ERR_TIMEOUT, "host.given-up", "{s:s}", "host", h->name);
}

static struct err *lost(struct lv *h, const char *said)
{
	char *words = h->relay ? relay_words(h->relay) : xstrdup("");
	struct err *e = err_new(ERR_UNREACHABLE, *words ? "host.lost.words" : "host.lost", "{s:s, s:s, s:s}",
		"host", h->name, "reason", said, "words", words);

	free(words);
	return e;
}

/* The connection's end, if it has ended; told by the transport, not by libvirt's words for it. */
static struct err *ended(struct lv *h, const char *said)
{
	pthread_mutex_lock(&h->lock);
	bool aborted = h->aborted;
	pthread_mutex_unlock(&h->lock);
	if (aborted)
		return given_up(h);
	switch (h->relay ? relay_ended(h->relay) : RELAY_OPEN) {
	case RELAY_SHUT:
		return given_up(h);
	case RELAY_LATE:
		return err_new(ERR_TIMEOUT, "host.late", "{s:s, s:i}", "host", h->name, "seconds", (h->step_ms + 999) / 1000);
	case RELAY_FAR:
	case RELAY_SILENT:
		return lost(h, said);
	case RELAY_NEAR: /* libvirt hung up itself: an open that failed for a reason of its own */
		return h->conn ? lost(h, said) : NULL;
	case RELAY_OPEN:
		break;
	}
	return h->conn && virConnectIsAlive(h->conn) != 1 ? lost(h, said) : NULL;
}

static struct err *denied(struct lv *h, const char *said)
{
	return err_new(ERR_FAILED, h->uri.via == VIA_SSH ? "host.denied.ssh" : "host.denied", "{s:s, s:s, s:s}",
		"host", h->name, "reason", said, "user", h->uri.user);
}

static struct err *translate(struct lv *h, enum err_class other)
{
	virErrorPtr last = virGetLastError();
	int code = last ? last->code : VIR_ERR_INTERNAL_ERROR;
	char *said = text_clean_dup(last && last->message ? last->message : "no reason given");
	struct err *e = ended(h, said);

	if (e) {
		free(said);
		return e;
	}
	switch (code) {
	case VIR_ERR_NO_DOMAIN:
		e = err_new(ERR_NOTFOUND, "host.vm.none", "{s:s}", "host", h->name);
		break;
	case VIR_ERR_NO_DOMAIN_SNAPSHOT:
		e = err_new(ERR_NOTFOUND, "host.snap.none", "{s:s}", "host", h->name);
		break;
	case VIR_ERR_SNAPSHOT_REVERT_RISKY:
		e = err_new(ERR_STATE, "host.snap.risky", "{s:s, s:s}", "host", h->name, "reason", said);
		break;
	case VIR_ERR_OPERATION_INVALID:
		e = err_new(ERR_STATE, "host.state", "{s:s, s:s}", "host", h->name, "reason", said);
		break;
	case VIR_ERR_NO_SUPPORT:
	case VIR_ERR_OPERATION_UNSUPPORTED:
	case VIR_ERR_CONFIG_UNSUPPORTED:
	case VIR_ERR_ARGUMENT_UNSUPPORTED:
		e = err_new(ERR_UNSUPPORTED, "host.unsupported", "{s:s, s:s}", "host", h->name, "reason", said);
		break;
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_AUTH_CANCELLED:
	case VIR_ERR_AUTH_UNAVAILABLE:
	case VIR_ERR_ACCESS_DENIED:
	case VIR_ERR_OPERATION_DENIED:
		e = denied(h, said);
		break;
	default:
		e = err_new(other, other == ERR_UNREACHABLE ? "host.open" : "host.failed", "{s:s, s:s}",
			"host", h->name, "reason", said);
	}
	free(said);
	return e;
}

struct err *lv_error(struct lv *h)
{
	return translate(h, ERR_FAILED);
}

struct err *lv_open_error(struct lv *h)
{
	return translate(h, ERR_UNREACHABLE);
}

/* A node file of the test driver stands for a machine: without it there is none, whatever the driver remembers. */
static bool file_gone(const struct lv *h)
{
	return h->uri.via == VIA_PROCESS && !strcmp(h->uri.driver, "test") && strcmp(h->uri.path, "/default") != 0 &&
	       access(h->uri.path, F_OK) != 0 && errno == ENOENT;
}

struct err *lv_ready(struct lv *h)
{
	pthread_mutex_lock(&h->lock);
	bool aborted = h->aborted;
	pthread_mutex_unlock(&h->lock);
	if (aborted)
		return given_up(h);
	if (h->conn && file_gone(h))
		return err_new(ERR_UNREACHABLE, "host.lost", "{s:s, s:s}", "host", h->name, "reason", "its file is gone");
	return h->conn ? NULL : err_new(ERR_UNREACHABLE, "host.lost", "{s:s, s:s}", "host", h->name, "reason", "not open");
}

struct err *lv_domain(struct lv *h, const char *uuid, virDomainPtr *out)
{
	struct err *e = lv_ready(h);

	if (e)
		return e;
	*out = virDomainLookupByUUIDString(h->conn, uuid);
	return *out ? NULL : lv_error(h);
}

struct err *lv_act(struct host *base, const char *uuid, enum verb v)
{
	struct lv *h = (struct lv *)base;
	virDomainPtr dom = NULL;
	int rc = -1;

	if (h->kind->can[v] == OUTCOME_NO || verb_is_snapshot(v)) /* those have a call of their own */
		return err_new(ERR_UNSUPPORTED, h->kind->why_not[v] ? h->kind->why_not[v] : "host.cannot", "{s:s}",
			"driver", h->kind->driver);
	struct err *e = lv_ready(h);
	if (!e)
		e = lv_events_rest(h);
	if (!e)
		e = lv_domain(h, uuid, &dom);
	if (e)
		return e;
	switch (v) {
	case VERB_POWER_ON:
		rc = virDomainCreate(dom);
		break;
	case VERB_SHUTDOWN:
		rc = virDomainShutdownFlags(dom, h->kind->shutdown_flags);
		break;
	case VERB_POWER_OFF:
		rc = virDomainDestroy(dom);
		break;
	case VERB_REBOOT:
		rc = virDomainReboot(dom, h->kind->reboot_flags);
		break;
	case VERB_RESET:
		rc = virDomainReset(dom, 0);
		break;
	case VERB_SNAP_CREATE:
	case VERB_SNAP_REVERT:
	case VERB_SNAP_DELETE:
	case VERB_LOCATE:
	case VERB_LOCATE_OFF:
	case VERB_PROTECT:
	case VERB_UNPROTECT:
	case VERB_PAIR:
	case VERB_COUNT:
		break; /* not reached */
	}
	if (rc < 0)
		e = lv_error(h);
	/* the test driver calls it an internal error to start what runs, or to stop what does not */
	if (e && e->class == ERR_FAILED && virDomainIsActive(dom) == (v == VERB_POWER_ON))
		e->class = ERR_STATE;
	virDomainFree(dom);
	return e;
}
