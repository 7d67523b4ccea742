/* Taking, going back to, deleting and clearing away a VM's snapshots. Blocks until libvirt says how it went. Called on
 * fleet's workers, over a lane for snapshots. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/snapxml.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_HOST 64 /* a file's name and a word for QEMU's monitor on the host: tana-UUID */

/* One order under way. */
struct work {
	struct lv *h;
	const struct host_snap_order *o;
	virDomainPtr dom;
	struct snapxml_vm vm;
	bool active;
};

static struct err *none(const struct work *w)
{
	return err_new(ERR_NOTFOUND, "host.snap.none", "{s:s}", "host", w->h->name);
}

/* The snapshot whose cleaned name that is. */
static struct err *find(const struct work *w, virDomainSnapshotPtr *out)
{
	virDomainSnapshotPtr *snaps = NULL;
	int n = virDomainListAllSnapshots(w->dom, &snaps, 0), found = 0;

	*out = NULL;
	if (n < 0)
		return lv_error(w->h);
	for (int i = 0; i < n; i++) {
		char *clean = text_clean_name_dup(virDomainSnapshotGetName(snaps[i]));
		if (strcmp(clean, w->o->name) == 0 && found++ == 0) {
			*out = snaps[i];
			virDomainSnapshotRef(*out);
		}
		free(clean);
	}
	lv_snaps_free(snaps, n);
	if (found == 1)
		return NULL;
	if (*out)
		virDomainSnapshotFree(*out);
	*out = NULL;
	return found ? err_new(ERR_STATE, "host.snap.ambiguous", "{s:s}", "host", w->h->name) : none(w);
}

static struct err *read_snap(const struct work *w, virDomainSnapshotPtr snap, struct snapxml_snap *out)
{
	char *xml = virDomainSnapshotGetXMLDesc(snap, 0);
	struct err *e = xml ? snapxml_snap(xml, w->o->name, out) : lv_error(w->h);

	free(xml);
	return e;
}

/* -- taking one -- */

static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && *name != '-' && strlen(name) <= NAME_MAX_HOST
		&& name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == 0;
}

static struct err *create(const struct work *w)
{
	unsigned flags = 0;

	if (!is_plain_name(w->o->name))
		return err_new(ERR_INTERNAL, "host.snap.name", NULL);
	struct err *e = lv_snap_may(w->h, w->dom, &w->vm, w->o);
	if (e)
		return e;
	if (w->o->external)
		flags = VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
			| (w->o->quiesce ? VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE : 0);
	char *xml = snapxml_create(&w->vm, w->o);
	virDomainSnapshotPtr snap = xml ? virDomainSnapshotCreateXML(w->dom, xml, flags) : NULL;
	if (!snap)
		e = xml ? lv_error(w->h) : err_new(ERR_FAILED, "host.xml", NULL);
	else
		virDomainSnapshotFree(snap);
	free(xml);
	return e;
}

/* -- going back -- */

static struct err *old(const struct work *w, const char *id)
{
	return err_new(ERR_UNSUPPORTED, id, "{s:s, s:s}", "driver", w->h->kind->driver, "disk", "");
}

/* Never with VIR_DOMAIN_SNAPSHOT_REVERT_FORCE: it is needed where libvirt lacks the snapshot's own definition, or where saved
 * memory lies about that would no longer fit the disks. */
static struct err *revert(const struct work *w, virDomainSnapshotPtr snap)
{
	struct snapxml_snap s = { 0 };
	struct err *e = read_snap(w, snap, &s);

	if (!e && s.s.external && !lv_reverts_external(w->h))
		e = old(w, "host.snap.revert.old");
	if (!e && virDomainRevertToSnapshot(snap, 0) != 0)
		e = lv_error(w->h);
	snapxml_snap_free(&s);
	return e;
}

/* -- deleting -- */

static struct err *drop(const struct work *w, virDomainSnapshotPtr snap, unsigned flags)
{
	return virDomainSnapshotDelete(snap, flags) == 0 ? NULL : lv_error(w->h);
}

/* libvirtd 9.0.0 dies where a snapshot knows a disk that the running VM has no longer (qemuSnapshotDeleteValidate), with all
 * that it was doing. */
static struct err *disks_there(const struct work *w, const struct snapxml_snap *s)
{
	for (size_t i = 0; w->h->kind->snap_disks && w->active && i < s->ntargets; i++)
		if (!snapxml_disk(&w->vm, s->targets[i]))
			return err_new(ERR_STATE, "host.snap.disk.gone", "{s:s, s:s}", "host", w->h->name, "disk", s->targets[i]);
	return NULL;
}

/* libvirt 9.0.0 does not look for what lies below the newest layer of a VM that is off. */
static struct err *drop_external(const struct work *w, virDomainSnapshotPtr snap, const struct snapxml_snap *s)
{
	struct err *e = drop(w, snap, 0);

	if (!e || e->class != ERR_FAILED || w->active)
		return e;
	for (size_t i = 0; i < s->nlayers; i++)
		if (!snapxml_has_layer(&w->vm, s->layers[i])) {
			err_free(e);
			return err_new(ERR_UNSUPPORTED, "host.snap.delete.off", "{s:s}", "host", w->h->name);
		}
	return e;
}

/* Merges the layers of an external snapshot into those below. libvirt (9.0.0 to 11) deletes none together with its children,
 * so they go one by one, the youngest first. An internal one among them lies in a layer and would be lost with it unseen. */
static struct err *delete_external(const struct work *w, virDomainSnapshotPtr snap, const struct snapxml_snap *own)
{
	virDomainSnapshotPtr *kids = NULL;
	struct err *e = NULL;

	if (lv_version(w->h) < LV_VERSION(9, 0, 0))
		return old(w, "host.snap.delete.old");
	int n = virDomainSnapshotListAllChildren(snap, &kids,
		VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS | VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL);
	if (n < 0)
		return lv_error(w->h);
	for (int i = 0; !e && i < n; i++) {
		struct snapxml_snap s = { 0 };
		e = read_snap(w, kids[i], &s);
		if (!e && !s.s.external)
			e = err_new(ERR_UNSUPPORTED, "host.snap.mixed", "{s:s}", "host", w->h->name);
		snapxml_snap_free(&s);
	}
	for (int i = n; !e && w->o->children && i-- > 0;)
		e = drop(w, kids[i], 0);
	lv_snaps_free(kids, n);
	if (!e)
		e = n && w->o->children ? drop(w, snap, 0) : drop_external(w, snap, own);
	return e;
}

static struct err *delete(const struct work *w, virDomainSnapshotPtr snap)
{
	struct snapxml_snap s = { 0 };
	struct err *e = read_snap(w, snap, &s);

	if (!e && !s.s.external)
		e = disks_there(w, &s);
	if (!e)
		e = s.s.external ? delete_external(w, snap, &s)
			: drop(w, snap, w->o->children ? VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN : 0);
	snapxml_snap_free(&s);
	return e;
}

/* -- clearing away what libvirt does not know -- */

/* Makes libvirt know it by its record and delete it with what is on the disks. What cannot be deleted is forgotten again. */
static struct err *clear_by(const struct work *w, const char *record)
{
	char *xml = snapxml_orphan(record);
	virDomainSnapshotPtr snap = xml ? virDomainSnapshotCreateXML(w->dom, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) : NULL;
	struct err *e;

	if (snap) {
		e = drop(w, snap, 0);
		if (e)
			(void)virDomainSnapshotDelete(snap, VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY);
		virDomainSnapshotFree(snap);
	} else {
		e = xml ? lv_error(w->h) : err_new(ERR_FAILED, "host.snap.record", "{s:s}", "host", w->h->name);
	}
	free(xml);
	return e;
}

/* An external one that never became part of the disks left nothing that could be merged. */
static struct err *clear_external(const struct work *w, const struct snapxml_snap *s)
{
	size_t in = 0;

	for (size_t i = 0; i < s->nlayers; i++)
		in += snapxml_has_layer(&w->vm, s->layers[i]);
	if (in == 0)
		return NULL;
	return in == s->nlayers ? clear_by(w, w->o->xml) : err_new(ERR_STATE, "host.snap.part", "{s:s}", "host", w->h->name);
}

static struct err *clear(const struct work *w)
{
	struct snapxml_snap s = { 0 };
	virDomainSnapshotPtr snap = NULL;
	struct err *e = find(w, &snap);

	if (!e) {
		e = delete(w, snap); /* it came into the list after all */
		virDomainSnapshotFree(snap);
		return e;
	}
	if (e->class != ERR_NOTFOUND)
		return e;
	err_free(e);
	e = snapxml_snap(w->o->xml ? w->o->xml : "", NULL, &s);
	if (!e && (strcmp(s.s.name, w->o->name) != 0 || strcmp(s.uuid, w->vm.uuid) != 0)) {
		e = err_new(ERR_FAILED, "host.snap.record", "{s:s}", "host", w->h->name);
	} else if (e) {
		err_free(e);
		e = err_new(ERR_FAILED, "host.snap.record", "{s:s}", "host", w->h->name);
	} else {
		e = s.s.external ? NULL : disks_there(w, &s);
		if (!e)
			e = s.s.external ? clear_external(w, &s) : clear_by(w, w->o->xml);
	}
	snapxml_snap_free(&s);
	return e;
}

static struct err *look(struct work *w)
{
	int active = virDomainIsActive(w->dom);

	if (active < 0)
		return lv_error(w->h);
	w->active = active == 1;
	return lv_snap_vm(w->h, w->dom, &w->vm);
}

struct err *lv_snap_act(struct host *base, const char *uuid, const struct host_snap_order *o)
{
	struct work w = { .h = (struct lv *)base, .o = o };
	virDomainSnapshotPtr snap = NULL;

	if (w.h->kind->can[VERB_SNAP_CREATE] == OUTCOME_NO)
		return err_new(ERR_UNSUPPORTED, w.h->kind->why_not[VERB_SNAP_CREATE], "{s:s}", "driver", w.h->kind->driver);
	struct err *e = lv_domain(w.h, uuid, &w.dom);
	if (e)
		return e;
	e = look(&w);
	if (!e && (o->op == SNAP_REVERT || o->op == SNAP_DELETE))
		e = find(&w, &snap);
	if (!e) {
		switch (o->op) {
		case SNAP_CREATE:
			e = create(&w);
			break;
		case SNAP_REVERT:
			e = revert(&w, snap);
			break;
		case SNAP_DELETE:
			e = delete(&w, snap);
			break;
		case SNAP_CLEAR:
			e = clear(&w);
			break;
		}
	}
	if (snap)
		virDomainSnapshotFree(snap);
	snapxml_vm_free(&w.vm);
	virDomainFree(w.dom);
	return e;
}
