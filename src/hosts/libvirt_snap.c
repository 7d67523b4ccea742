/* A VM's snapshots as the host lists them, and what can be done with them now. Nothing here waits for the VM's monitor:
 * while a snapshot is being taken it answers all the same. Called on fleet's workers. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/snapxml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DETAILED_MAX 256      /* snapshots whose XML is asked for; of those beyond only the name is told */
#define BLOCKS_MAX 4096
#define JOB_MS 1000           /* a job that takes as long is no glance at the numbers */

/* -- the list -- */

void lv_snaps_free(virDomainSnapshotPtr *snaps, int n)
{
	for (int i = 0; i < n; i++)
		virDomainSnapshotFree(snaps[i]);
	free(snaps);
}

/* What a layer takes, by its path. */
struct layer { char *path; uint64_t bytes; };
struct layers { struct layer *list; size_t n; };

static uint64_t layers_bytes(const struct layers *l, const struct snapxml_snap *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->nlayers; i++)
		for (size_t j = 0; j < l->n; j++)
			if (strcmp(l->list[j].path, s->layers[i]) == 0) {
				sum += l->list[j].bytes;
				break;
			}
	return sum;
}

/* The host's own name of the current snapshot; NULL: it has none. */
static struct err *current_name(struct lv *h, virDomainPtr dom, char **out)
{
	virDomainSnapshotPtr cur = virDomainSnapshotCurrent(dom, 0);
	virErrorPtr last = cur ? NULL : virGetLastError();

	*out = NULL;
	if (cur) {
		*out = xstrdup(virDomainSnapshotGetName(cur));
		virDomainSnapshotFree(cur);
		return NULL;
	}
	return last && last->code == VIR_ERR_NO_DOMAIN_SNAPSHOT ? NULL : lv_error(h);
}

/* One snapshot into the list; one that went while we looked is left out. */
static struct err *add(struct lv *h, virDomainSnapshotPtr snap, const char *current, const struct layers *layers, bool detailed,
	struct host_snaps *out)
{
	const char *raw = virDomainSnapshotGetName(snap);
	char *name = text_clean_name_dup(raw), *xml = NULL;
	struct snapxml_snap read = { .s = { .name = xstrdup(name), .parent = xstrdup(""), .note = xstrdup("") } };
	struct err *e = NULL;

	if (detailed && !(xml = virDomainSnapshotGetXMLDesc(snap, 0))) {
		e = lv_error(h);
		bool gone = e->class == ERR_NOTFOUND;
		if (gone) {
			err_free(e);
			e = NULL;
		}
		free(name);
		snapxml_snap_free(&read);
		return e;
	}
	if (xml) {
		snapxml_snap_free(&read);
		e = snapxml_snap(xml, name, &read);
	}
	free(xml);
	if (!e) {
		struct host_snap *s = &out->list[out->n++];
		*s = read.s;
		s->current = current && strcmp(current, raw) == 0;
		s->bytes = layers_bytes(layers, &read);
		memset(&read.s, 0, sizeof read.s);
	}
	free(name);
	snapxml_snap_free(&read);
	return e;
}

static struct err *list(struct lv *h, virDomainPtr dom, const struct layers *layers, char **current, struct host_snaps *out)
{
	virDomainSnapshotPtr *snaps = NULL;
	int n = virDomainListAllSnapshots(dom, &snaps, 0);

	if (n < 0)
		return lv_error(h);
	struct err *e = n ? current_name(h, dom, current) : NULL;
	out->list = xcalloc((size_t)n + 1, sizeof *out->list);
	out->partial = n > DETAILED_MAX;
	for (int i = 0; !e && i < n; i++)
		e = add(h, snaps[i], *current, layers, i < DETAILED_MAX, out);
	lv_snaps_free(snaps, n);
	if (!e)
		snapxml_sort(out->list, out->n);
	return e;
}

char **lv_snap_names(virDomainPtr dom, size_t *count)
{
	virDomainSnapshotPtr *snaps = NULL;
	int n = virDomainListAllSnapshots(dom, &snaps, 0);

	*count = 0;
	if (n < 0)
		return NULL;
	char **names = xcalloc((size_t)n + 1, sizeof *names);
	for (int i = 0; i < n; i++)
		names[(*count)++] = text_clean_name_dup(virDomainSnapshotGetName(snaps[i]));
	lv_snaps_free(snaps, n);
	return names;
}

/* -- sizes -- */

static bool number(virDomainStatsRecordPtr r, unsigned i, const char *field, uint64_t *out)
{
	char key[64];
	unsigned long long value = 0;

	snprintf(key, sizeof key, "block.%u.%s", i, field);
	if (virTypedParamsGetULLong(r->params, r->nparams, key, &value) != 1)
		return false;
	*out = value;
	return true;
}

static const char *text(virDomainStatsRecordPtr r, unsigned i, const char *field)
{
	char key[64];
	const char *value = NULL;

	snprintf(key, sizeof key, "block.%u.%s", i, field);
	(void)virTypedParamsGetString(r->params, r->nparams, key, &value);
	return value;
}

/* One layer of a disk, the top one first. A file takes what is written in it; of a device that is as far as was written. */
static void count_layer(virDomainStatsRecordPtr r, unsigned i, const struct snapxml_disk *d, bool top, struct layers *layers,
	struct host_snaps *out)
{
	const char *path = text(r, i, "path");
	uint64_t bytes = 0, size = 0;
	bool device = top && d->kind == DISK_BLOCK;

	if (!number(r, i, device ? "allocation" : "physical", &bytes))
		(void)number(r, i, device ? "physical" : "allocation", &bytes);
	if (top && number(r, i, "capacity", &size))
		out->disk_bytes += size;
	else if (top)
		out->disks_known = false;
	out->used_bytes += bytes;
	if (path && layers->n < SNAPXML_LAYERS_MAX) {
		layers->list = xrealloc(layers->list, (layers->n + 1) * sizeof *layers->list);
		layers->list[layers->n++] = (struct layer){ xstrdup(path), bytes };
	}
}

/* QEMU: one call that waits for nobody. While a job is under way there are no numbers of a VM that runs. */
static void sizes_stats(virDomainPtr dom, const struct snapxml_vm *vm, struct layers *layers, struct host_snaps *out)
{
	virDomainPtr doms[2] = { dom, NULL };
	virDomainStatsRecordPtr *records = NULL;
	unsigned count = 0, want = 0, got = 0;
	const char *last = NULL;

	if (virDomainListGetStats(doms, VIR_DOMAIN_STATS_BLOCK, &records,
			VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING) < 1)
		return;
	virDomainStatsRecordPtr r = records[0];
	out->disks_known = true;
	(void)virTypedParamsGetUInt(r->params, r->nparams, "block.count", &count);
	for (unsigned i = 0; i < count && i < BLOCKS_MAX; i++) {
		const char *name = text(r, i, "name");
		const struct snapxml_disk *d = name ? snapxml_disk(vm, name) : NULL;
		bool top = name && (!last || strcmp(last, name) != 0);
		last = name;
		if (!d || !d->writable)
			continue;
		got += top;
		count_layer(r, i, d, top, layers, out);
	}
	for (size_t i = 0; i < vm->ndisks; i++)
		want += vm->disks[i].writable;
	out->disks_known = out->disks_known && got == want;
	virDomainStatsRecordListFree(records);
}

/* Other drivers have no monitor that this could wait for. */
static void sizes_each(virDomainPtr dom, const struct snapxml_vm *vm, struct host_snaps *out)
{
	out->disks_known = true;
	for (size_t i = 0; i < vm->ndisks; i++) {
		virDomainBlockInfo info;
		if (!vm->disks[i].writable)
			continue;
		if (virDomainGetBlockInfo(dom, vm->disks[i].target, &info, 0) != 0) {
			out->disks_known = false;
			continue;
		}
		out->disk_bytes += info.capacity;
		out->used_bytes += info.allocation;
	}
}

/* -- what can be done -- */

/* Whether the host itself is at work on the VM. */
static struct err *look_at_state(struct lv *h, virDomainPtr dom, bool committing, struct host_snaps *out)
{
	virDomainControlInfo control = { 0 };
	int state = 0, reason = 0;

	if (virDomainGetState(dom, &state, &reason, 0) != 0)
		return lv_error(h);
	out->state = lv_state(state);
	bool paused = state == VIR_DOMAIN_PAUSED && (reason == VIR_DOMAIN_PAUSED_SAVE || reason == VIR_DOMAIN_PAUSED_SNAPSHOT
		|| reason == VIR_DOMAIN_PAUSED_DUMP || reason == VIR_DOMAIN_PAUSED_MIGRATION
		|| reason == VIR_DOMAIN_PAUSED_STARTING_UP);
	/* asks no monitor; a libvirtd that was killed in the middle leaves the VM paused for that reason with no job behind it */
	bool told = state != VIR_DOMAIN_SHUTOFF && virDomainGetControlInfo(dom, &control, 0) == 0;
	bool job = told && (control.state == VIR_DOMAIN_CONTROL_JOB || control.state == VIR_DOMAIN_CONTROL_OCCUPIED);
	out->busy = committing || (paused && (!told || control.state != VIR_DOMAIN_CONTROL_OK))
		|| (job && control.stateTime >= JOB_MS);
	return NULL;
}

static const char *in_the_way(struct host_snaps *out, const struct snapxml_disk *d, const char *why, const char *why_other)
{
	if (*out->disk && strcmp(out->disk, d->target) != 0)
		return why_other; /* there is one name only, and it is another's */
	snprintf(out->disk, sizeof out->disk, "%s", d->target);
	return why;
}

/* Sources: qemuSnapshotPrepare and qemuMigrationSrcIsAllowed of libvirt 9.0.0. */
static const char *no_internal(const struct snapxml_vm *vm, struct host_snaps *out)
{
	bool active = vm_state_is_active(out->state), any = false;

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct snapxml_disk *d = &vm->disks[i];
		if (!d->writable)
			continue;
		any = true;
		if (d->never)
			return in_the_way(out, d, "host.snap.disk.never", NULL);
		if (strcmp(d->format, "qcow2") != 0)
			return in_the_way(out, d, "host.snap.disk.format", NULL);
		if (!active && d->kind == DISK_OTHER)
			return in_the_way(out, d, "host.snap.disk.far", NULL);
	}
	if (!any)
		return "host.snap.disk.none";
	if (vm->flash)
		return "host.snap.flash";
	return active && vm->passed ? "host.snap.device" : NULL;
}

static const char *no_external(const struct snapxml_vm *vm, struct host_snaps *out)
{
	bool any = false;

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct snapxml_disk *d = &vm->disks[i];
		if (!d->writable || d->never)
			continue;
		any = true;
		if (d->kind != DISK_FILE || !d->path)
			return in_the_way(out, d, "host.snap.disk.file", "host.snap.disks.file");
	}
	return any ? NULL : "host.snap.disk.none";
}

unsigned long lv_version(struct lv *h)
{
	if (!h->lib && virConnectGetLibVersion(h->conn, &h->lib) != 0)
		h->lib = 0;
	return h->lib;
}

/* Capabilities may take a libvirtd 20 s: they were read when the connection came up, or its version has to do. */
bool lv_reverts_external(struct lv *h)
{
	return h->capable_known ? h->reverts_external : lv_version(h) >= LV_VERSION(9, 9, 0);
}

static void judge(struct lv *h, const struct snapxml_vm *vm, struct host_snaps *out)
{
	if (!h->kind->snap_disks) { /* a toy: its snapshots are kept with its disks, whatever these are */
		out->no_external = out->no_quiesce = out->no_revert_external = out->no_delete_external = "host.snap.driver";
		return;
	}
	out->no_internal = no_internal(vm, out);
	out->no_external = no_external(vm, out);
	if (out->no_external)
		out->no_quiesce = out->no_external;
	else if (!vm_state_is_active(out->state))
		out->no_quiesce = "host.snap.quiesce.off";
	else if (!vm->agent)
		out->no_quiesce = "host.snap.quiesce.agent";
	out->no_revert_external = lv_reverts_external(h) ? NULL : "host.snap.revert.old";
	out->no_delete_external = lv_version(h) >= LV_VERSION(9, 0, 0) ? NULL : "host.snap.delete.old";
}

static void name_shared(const struct snapxml_vm *vm, struct host_snaps *out)
{
	size_t len = 0;

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct snapxml_disk *d = &vm->disks[i];
		if (!d->shared || !d->writable)
			continue;
		int n = snprintf(out->shared + len, sizeof out->shared - len, "%s%s", len ? ", " : "", d->target);
		if (n < 0 || (size_t)n >= sizeof out->shared - len) {
			out->shared[len] = 0;
			if (len + 5 < sizeof out->shared)
				memcpy(out->shared + len, ", ...", 6);
			return;
		}
		len += (size_t)n;
	}
}

static struct err *prepare_it(struct lv *h, virDomainPtr dom, const struct snapxml_vm *vm, const struct host_snap_order *o,
	const char *current, struct host_snaps *out)
{
	if (o->external ? out->no_external != NULL : out->no_internal != NULL)
		return NULL; /* why not is said there */
	/* As libvirt writes it into a snapshot, but for secrets. What is so only now (an agent that answers, a merge under way) is
	 * not in it. */
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_MIGRATABLE);
	if (!xml)
		return lv_error(h);
	out->xml = snapxml_record(xml, vm, o, out->state, current, (int64_t)time(NULL));
	free(xml);
	return out->xml ? NULL : err_new(ERR_FAILED, "host.xml", NULL);
}

struct err *lv_snap_vm(struct lv *h, virDomainPtr dom, struct snapxml_vm *vm)
{
	char *xml = virDomainGetXMLDesc(dom, 0);
	struct err *e = xml ? snapxml_vm(xml, vm) : lv_error(h);

	free(xml);
	return e;
}

struct err *lv_snap_may(struct lv *h, virDomainPtr dom, const struct snapxml_vm *vm, const struct host_snap_order *o)
{
	struct host_snaps s = { 0 };
	struct err *e = look_at_state(h, dom, vm->committing, &s);

	if (e)
		return e;
	judge(h, vm, &s);
	const char *why = o->external ? s.no_external : s.no_internal;
	if (!why && o->external && o->quiesce)
		why = s.no_quiesce;
	return why ? err_new(ERR_UNSUPPORTED, why, "{s:s, s:s}", "driver", h->kind->driver, "disk", s.disk) : NULL;
}

struct err *lv_snapshots(struct host *base, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out)
{
	struct lv *h = (struct lv *)base;
	struct snapxml_vm vm = { 0 };
	struct layers layers = { 0 };
	virDomainPtr dom = NULL;
	char *current = NULL;

	if (h->kind->can[VERB_SNAP_CREATE] == OUTCOME_NO)
		return err_new(ERR_UNSUPPORTED, h->kind->why_not[VERB_SNAP_CREATE], "{s:s}", "driver", h->kind->driver);
	struct err *e = lv_domain(h, uuid, &dom);
	if (e)
		return e;
	snprintf(out->driver, sizeof out->driver, "%s", h->kind->driver);
	e = lv_snap_vm(h, dom, &vm);
	if (!e && h->kind->stats)
		sizes_stats(dom, &vm, &layers, out);
	else if (!e)
		sizes_each(dom, &vm, out);
	if (!e)
		e = list(h, dom, &layers, &current, out);
	if (!e)
		e = look_at_state(h, dom, vm.committing, out);
	if (!e) {
		out->agent = vm.agent;
		name_shared(&vm, out);
		judge(h, &vm, out);
	}
	if (!e && prepare)
		e = prepare_it(h, dom, &vm, prepare, current, out);
	if (!e)
		e = lv_ready(h); /* given up in between: what is missing is not missing there */
	free(current);
	for (size_t i = 0; i < layers.n; i++)
		free(layers.list[i].path);
	free(layers.list);
	snapxml_vm_free(&vm);
	virDomainFree(dom);
	if (e)
		host_snaps_free(out);
	return e;
}
