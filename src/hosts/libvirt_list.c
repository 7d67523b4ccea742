/* Which VMs a host has and how they are, by calls that no VM can hold up.
 * Called on fleet's workers. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

enum vm_state lv_state(int libvirt_state)
{
	switch (libvirt_state) {
	case VIR_DOMAIN_RUNNING:
		return VM_RUNNING;
	case VIR_DOMAIN_BLOCKED:
		return VM_BLOCKED;
	case VIR_DOMAIN_PAUSED:
		return VM_PAUSED;
	case VIR_DOMAIN_SHUTDOWN:
		return VM_SHUTTING_DOWN;
	case VIR_DOMAIN_SHUTOFF:
		return VM_OFF;
	case VIR_DOMAIN_CRASHED:
		return VM_CRASHED;
	case VIR_DOMAIN_PMSUSPENDED:
		return VM_SUSPENDED;
	default:
		return VM_UNKNOWN;
	}
}

static void name_vm(struct host_vm *vm, virDomainPtr dom)
{
	if (virDomainGetUUIDString(dom, vm->uuid) != 0)
		vm->uuid[0] = 0;
	vm->name = text_clean_name_dup(virDomainGetName(dom));
	vm->persistent = true;
}

/* One call. False with libvirt's error set. */
static bool ask_info(struct host_vm *vm, virDomainPtr dom)
{
	virDomainInfo info;

	if (virDomainGetInfo(dom, &info) != 0)
		return false;
	vm->state = lv_state(info.state);
	vm->vcpus = info.nrVirtCpu;
	vm->mem_kib = info.maxMem;
	vm->sized = true;
	return true;
}

/* One VM into the list; the VM that went while we looked is left out. */
static struct err *add_asked(struct lv *h, virDomainPtr dom, struct host_vm *vm, size_t *n)
{
	name_vm(vm, dom);
	if (ask_info(vm, dom)) {
		(*n)++;
		return NULL;
	}
	struct err *e = lv_error(h);
	free(vm->name);
	memset(vm, 0, sizeof *vm);
	if (e->class == ERR_NOTFOUND) {
		err_free(e);
		return NULL;
	}
	return e;
}

/* One call for each VM, though QEMU could tell memory and CPUs of all in one: that one asks every VM's monitor, and a single
 * QEMU that hangs (its storage is away) would hold the list of the whole host. None of these does. */
static struct err *list_each(struct lv *h, struct host_vm **out, size_t *n)
{
	virDomainPtr *doms = NULL;
	struct err *e = NULL;
	int count = virConnectListAllDomains(h->conn, &doms, 0);

	if (count < 0)
		return lv_error(h);
	*out = xcalloc((size_t)count, sizeof **out);
	for (int i = 0; i < count; i++) {
		if (!e)
			e = add_asked(h, doms[i], &(*out)[*n], n);
		virDomainFree(doms[i]);
	}
	free(doms);
	return e;
}

static int by_uuid(const void *a, const void *b)
{
	return strcmp(((const struct host_vm *)a)->uuid, ((const struct host_vm *)b)->uuid);
}

/* Among VMs in the order of their UUIDs; NULL: it came since. */
static struct host_vm *listed(virDomainPtr dom, struct host_vm *vms, size_t n)
{
	struct host_vm key;

	return n && virDomainGetUUIDString(dom, key.uuid) == 0 ? bsearch(&key, vms, n, sizeof *vms, by_uuid) : NULL;
}

static void mark_transient(struct host_vm *vm)
{
	vm->persistent = false;
}

/* Asks for those of one kind (VIR_CONNECT_LIST_DOMAINS_*) and marks them where they are listed. */
static struct err *mark_each(struct lv *h, unsigned which, void (*mark)(struct host_vm *vm), struct host_vm *vms, size_t n)
{
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(h->conn, &doms, which);

	if (count < 0)
		return lv_error(h);
	for (int i = 0; i < count; i++) {
		struct host_vm *vm = listed(doms[i], vms, n);
		if (vm)
			mark(vm);
		virDomainFree(doms[i]);
	}
	free(doms);
	return NULL;
}

static struct err *unknown(struct lv *h)
{
	struct err *e = lv_error(h);

	if (e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE)
		return e;
	err_free(e);
	return NULL;
}

/* Which snapshots the VMs have: of those that have none nothing is asked. What cannot be told is not known; only the loss of
 * the connection is an error. */
static struct err *name_snaps(struct lv *h, struct host_vm *vms, size_t n)
{
	virDomainPtr *doms = NULL;
	struct err *e = NULL;
	int count = 0;

	if (h->kind->can[VERB_SNAP_CREATE] != OUTCOME_NO)
		count = virConnectListAllDomains(h->conn, &doms, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT);
	if (count < 0)
		return unknown(h);
	for (size_t i = 0; i < n; i++)
		vms[i].snaps_known = true;
	for (int i = 0; i < count; i++) {
		struct host_vm *vm = listed(doms[i], vms, n);
		if (vm && !e && !(vm->snaps = lv_snap_names(doms[i], &vm->nsnaps))) {
			vm->snaps_known = false;
			e = unknown(h);
		}
		virDomainFree(doms[i]);
	}
	free(doms);
	return e;
}

struct err *lv_list(struct host *base, struct host_vm **out, size_t *n)
{
	struct lv *h = (struct lv *)base;
	struct err *e = lv_ready(h);

	if (e)
		return e;
	e = lv_events_rest(h);
	if (!e)
		e = list_each(h, out, n);
	if (!e && *n)
		qsort(*out, *n, sizeof **out, by_uuid);
	if (!e)
		e = mark_each(h, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, mark_transient, *out, *n);
	if (!e)
		e = name_snaps(h, *out, *n);
	if (!e)
		return NULL;
	host_vms_free(*out, *n);
	*out = NULL;
	*n = 0;
	return e;
}

/* ---- states alone ---- */

#define FEW 3 /* VMs that are asked one by one in no more questions */

static void mark_running(struct host_vm *vm)
{
	vm->state = VM_RUNNING;
}

static void mark_off(struct host_vm *vm)
{
	vm->state = VM_OFF;
}

static int by_raw_uuid(const void *a, const void *b)
{
	unsigned char x[VIR_UUID_BUFLEN] = { 0 }, y[VIR_UUID_BUFLEN] = { 0 };

	(void)virDomainGetUUID(*(virDomainPtr const *)a, x);
	(void)virDomainGetUUID(*(virDomainPtr const *)b, y);
	return memcmp(x, y, sizeof x);
}

/* Those that no list had (paused, crashed, or it turned in between) are asked by themselves; those that went are left out. doms and
 * vms are in the same order. */
static struct err *ask_rest(struct lv *h, virDomainPtr *doms, struct host_vm *vms, size_t *n)
{
	struct err *e = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		bool gone = false;
		if (!e && vms[i].state == VM_UNKNOWN && !ask_info(&vms[i], doms[i])) {
			e = lv_error(h);
			gone = e->class == ERR_NOTFOUND;
		}
		if (gone) {
			err_free(e);
			e = NULL;
			free(vms[i].name);
		} else {
			vms[kept++] = vms[i];
		}
	}
	*n = kept;
	return e;
}

/* Each list is a question of its own, and a VM may turn between two: all come from the first, so none is missed, and what turned has
 * its event, which is newer than any list. As in the whole list no question waits for a VM. */
struct err *lv_list_states(struct host *base, bool snaps, struct host_vm **out, size_t *n)
{
	struct lv *h = (struct lv *)base;
	virDomainPtr *doms = NULL;
	struct err *e = lv_ready(h);
	int count = e ? 0 : virConnectListAllDomains(h->conn, &doms, 0);

	if (e)
		return e;
	if (count < 0)
		return lv_error(h);
	*out = xcalloc((size_t)count, sizeof **out);
	*n = (size_t)count;
	if (count)
		qsort(doms, (size_t)count, sizeof(virDomainPtr), by_raw_uuid); /* as their texts */
	for (int i = 0; i < count; i++)
		name_vm(&(*out)[i], doms[i]);
	if (count > FEW)
		e = mark_each(h, VIR_CONNECT_LIST_DOMAINS_RUNNING, mark_running, *out, *n);
	if (!e && count > FEW)
		e = mark_each(h, VIR_CONNECT_LIST_DOMAINS_SHUTOFF, mark_off, *out, *n);
	if (!e)
		e = ask_rest(h, doms, *out, n);
	for (int i = 0; i < count; i++)
		virDomainFree(doms[i]);
	free(doms);
	if (!e && *n)
		e = mark_each(h, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, mark_transient, *out, *n);
	if (!e && snaps)
		e = name_snaps(h, *out, *n);
	if (!e)
		return NULL;
	host_vms_free(*out, *n);
	*out = NULL;
	*n = 0;
	return e;
}

struct err *lv_look(struct host *base, const char *uuid, struct host_vm *out)
{
	struct lv *h = (struct lv *)base;
	virDomainPtr dom = NULL;
	size_t n = 0;
	struct err *e = lv_domain(h, uuid, &dom);

	if (e)
		return e;
	e = add_asked(h, dom, out, &n);
	if (!e && n == 0)
		e = err_new(ERR_NOTFOUND, "host.vm.none", "{s:s}", "host", h->name);
	int persistent = e ? 0 : virDomainIsPersistent(dom);
	if (!e && persistent < 0) {
		e = lv_error(h);
		free(out->name);
		memset(out, 0, sizeof *out);
	} else if (!e) {
		out->persistent = persistent == 1;
	}
	virDomainFree(dom);
	return e;
}
