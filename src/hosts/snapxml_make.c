/* Writes the XML that asks libvirt for a snapshot, and the record by which one that it forgot can be taken away again.
 * Called by libvirt_snap*.c on fleet's workers. */
#include "hosts/snapxml.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/xmlread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX (1024 * 1024) /* it goes into the ledger */
#define NOTE_MAX 500

static xmlNode *put(xmlNode *in, const char *name, const char *text)
{
	return xmlNewTextChild(in, NULL, (const xmlChar *)name, (const xmlChar *)text);
}

static void put_attr(xmlNode *n, const char *name, const char *value)
{
	xmlNewProp(n, (const xmlChar *)name, (const xmlChar *)value);
}

static xmlDocPtr new_doc(void)
{
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNode *root = doc ? xmlNewDocNode(doc, NULL, (const xmlChar *)"domainsnapshot", NULL) : NULL;

	if (!root)
		abort(); /* no memory */
	xmlDocSetRootElement(doc, root);
	return doc;
}

/* Frees doc. NULL when it grew too long. */
static char *finish(xmlDocPtr doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
	char *out = text && len <= RECORD_MAX ? xstrdup((const char *)text) : NULL;
	xmlFree(text);
	xmlFreeDoc(doc);
	return out;
}

/* -- files of external snapshots -- */

/* "/v/db01.qcow2" or "/v/db01.tana-1" and "tana-2": "/v/db01.tana-2", as libvirt itself does it. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);

	return xasprintf("%.*s.%s", (int)stem, path, name);
}

char *snapxml_layer_path(const struct snapxml_vm *vm, const struct snapxml_disk *d, const char *name)
{
	char *path = beside(d->path, name);

	/* db01.qcow2 and db01.raw: both keep their whole names */
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct snapxml_disk *other = &vm->disks[i];
		char *theirs = other != d && other->path ? beside(other->path, name) : NULL;
		bool same = theirs && strcmp(theirs, path) == 0;
		free(theirs);
		if (same) {
			free(path);
			return xasprintf("%s.%s", d->path, name);
		}
	}
	return path;
}

/* -- creation -- */

static void put_disks(xmlNode *root, const struct snapxml_vm *vm, const struct host_snap_order *o)
{
	xmlNode *disks = NULL;

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct snapxml_disk *d = &vm->disks[i];
		if (!d->writable || d->never)
			continue;
		if (!disks)
			disks = put(root, "disks", NULL);
		xmlNode *n = put(disks, "disk", NULL);
		put_attr(n, "name", d->target);
		put_attr(n, "snapshot", o->external ? "external" : "internal");
		if (!o->external)
			continue;
		char *path = snapxml_layer_path(vm, d, o->name);
		put_attr(n, "type", "file");
		put_attr(put(n, "driver", NULL), "type", "qcow2");
		put_attr(put(n, "source", NULL), "file", path);
		free(path);
	}
}

static xmlNode *begin(xmlDocPtr doc, const struct host_snap_order *o)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	put(root, "name", o->name);
	if (o->note && *o->note) {
		char note[NOTE_MAX + 1];
		/* what XML cannot hold, or would not give back as it was, is spelt out */
		if (strlen(o->note) <= NOTE_MAX && text_is_clean(o->note))
			snprintf(note, sizeof note, "%s", o->note);
		else
			text_clean(note, sizeof note, o->note, strlen(o->note));
		put(root, "description", note);
	}
	return root;
}

char *snapxml_create(const struct snapxml_vm *vm, const struct host_snap_order *o)
{
	xmlDocPtr doc = new_doc();

	put_disks(begin(doc, o), vm, o);
	return finish(doc);
}

/* -- the record -- */

static const char *state_word(const struct host_snap_order *o, enum vm_state state)
{
	if (!vm_state_is_active(state))
		return "shutoff";
	if (o->external)
		return "disk-snapshot";
	return state == VM_PAUSED ? "paused" : "running";
}

static void drop_children(xmlNode *in, const char *name)
{
	for (xmlNode *n; (n = xmlread_child(in, name));) {
		xmlUnlinkNode(n);
		xmlFreeNode(n);
	}
}

/* The VM's own words about itself and what its owner noted there have no place in our ledger. */
static void drop_words(xmlNode *domain)
{
	static const char *const names[] = { "metadata", "title", "description" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		drop_children(domain, names[i]);
}

static bool put_domain(xmlNode *root, const char *domain_xml)
{
	xmlDocPtr from = xmlread_doc(domain_xml);
	xmlNode *domain = from ? xmlDocGetRootElement(from) : NULL;
	xmlNode *copy = domain && xmlread_is(domain, "domain") ? xmlDocCopyNode(domain, root->doc, 1) : NULL;

	if (copy) {
		drop_words(copy);
		xmlAddChild(root, copy);
	}
	xmlFreeDoc(from);
	return copy != NULL;
}

char *snapxml_record(const char *domain_xml, const struct snapxml_vm *vm, const struct host_snap_order *o, enum vm_state state,
	const char *parent, int64_t now)
{
	xmlDocPtr doc = new_doc();
	xmlNode *root = begin(doc, o);
	char time[32];

	put(root, "state", state_word(o, state));
	if (parent)
		put(put(root, "parent", NULL), "name", parent);
	snprintf(time, sizeof time, "%lld", (long long)now);
	put(root, "creationTime", time);
	put_attr(put(root, "memory", NULL), "snapshot", !o->external && vm_state_is_active(state) ? "internal" : "no");
	put_disks(root, vm, o);
	if (!put_domain(root, domain_xml)) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return finish(doc);
}

char *snapxml_orphan(const char *record)
{
	xmlDocPtr doc = xmlread_doc(record);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!root || !xmlread_is(root, "domainsnapshot")) {
		xmlFreeDoc(doc);
		return NULL;
	}
	drop_children(root, "parent");
	drop_children(root, "description");
	put(root, "description", HOST_SNAP_CLEARING);
	return finish(doc);
}
