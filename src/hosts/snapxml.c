/* Reads what libvirt's XML says about a VM's disks and about a snapshot, and puts snapshots in order. Called by
 * libvirt_snap*.c on fleet's workers. */
#include "hosts/snapxml.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/xmlread.h"

#include <stdlib.h>
#include <string.h>

#define NOTE_MAX 500

static struct err *unreadable(xmlDocPtr doc)
{
	xmlFreeDoc(doc);
	return err_new(ERR_FAILED, "host.xml", NULL);
}

static void add_layer(char ***list, size_t *n, char *path)
{
	if (!path || *n == SNAPXML_LAYERS_MAX) {
		free(path);
		return;
	}
	*list = xrealloc(*list, (*n + 1) * sizeof **list);
	(*list)[(*n)++] = path;
}

static void free_layers(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

/* The file or device of a <source>; NULL for what has no path. */
static char *path_of(const xmlNode *source)
{
	char *path = xmlread_attr_raw(source, "file");

	return path ? path : xmlread_attr_raw(source, "dev");
}

/* -- the VM -- */

static void take_layers(const xmlNode *disk, struct snapxml_vm *vm)
{
	for (const xmlNode *n = disk; n; n = xmlread_child(n, "backingStore"))
		add_layer(&vm->layers, &vm->nlayers, path_of(xmlread_child(n, "source")));
}

static void take_disk(const xmlNode *n, struct snapxml_vm *vm)
{
	struct snapxml_disk d = { .kind = DISK_OTHER };
	const xmlNode *source = xmlread_child(n, "source");

	if (!xmlread_attr(xmlread_child(n, "target"), "dev", d.target, sizeof d.target))
		return;
	if (xmlread_attr_is(n, "type", "file"))
		d.kind = DISK_FILE;
	else if (xmlread_attr_is(n, "type", "block"))
		d.kind = DISK_BLOCK;
	else if (xmlread_attr_is(n, "type", "volume"))
		d.kind = DISK_VOLUME;
	xmlread_attr(xmlread_child(n, "driver"), "type", d.format, sizeof d.format);
	d.path = path_of(source);
	bool empty = !source || ((d.kind == DISK_FILE || d.kind == DISK_BLOCK) && !d.path);
	d.writable = !empty && !xmlread_child(n, "readonly") && !xmlread_attr_is(n, "device", "cdrom");
	d.shared = xmlread_child(n, "shareable") != NULL;
	d.never = xmlread_attr_is(n, "snapshot", "no");
	vm->committing = vm->committing || xmlread_attr_is(xmlread_child(n, "mirror"), "job", "active-commit");
	take_layers(n, vm);
	vm->disks = xrealloc(vm->disks, (vm->ndisks + 1) * sizeof d);
	vm->disks[vm->ndisks++] = d;
}

/* What hinders libvirt from keeping the guest's memory (qemuMigrationSrcIsAllowed). */
static bool is_passed(const xmlNode *n)
{
	static const char *const types[] = { "pci", "mdev", "scsi_host" };

	if (xmlread_is(n, "interface"))
		return xmlread_attr_is(n, "type", "hostdev");
	if (xmlread_is(n, "filesystem"))
		return xmlread_attr_is(xmlread_child(n, "driver"), "type", "virtiofs");
	for (size_t i = 0; xmlread_is(n, "hostdev") && i < sizeof types / sizeof types[0]; i++)
		if (xmlread_attr_is(n, "type", types[i]))
			return true;
	return false;
}

static bool is_agent(const xmlNode *n)
{
	const xmlNode *target = xmlread_is(n, "channel") ? xmlread_child(n, "target") : NULL;

	return xmlread_attr_is(target, "name", "org.qemu.guest_agent.0") && xmlread_attr_is(target, "state", "connected");
}

struct err *snapxml_vm(const char *xml, struct snapxml_vm *out)
{
	xmlDocPtr doc = xmlread_doc(xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	memset(out, 0, sizeof *out);
	if (!root || !xmlread_is(root, "domain"))
		return unreadable(doc);
	const xmlNode *os = xmlread_child(root, "os"), *devices = xmlread_child(root, "devices");
	xmlread_text(xmlread_child(root, "uuid"), out->uuid, sizeof out->uuid);
	out->flash = xmlread_attr_is(os, "firmware", "efi") || xmlread_attr_is(xmlread_child(os, "loader"), "type", "pflash");
	for (const xmlNode *n = devices ? devices->children : NULL; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (xmlread_is(n, "disk") && out->ndisks < SNAPXML_DISKS_MAX)
			take_disk(n, out);
		out->agent = out->agent || is_agent(n);
		out->passed = out->passed || is_passed(n);
	}
	xmlFreeDoc(doc);
	return NULL;
}

void snapxml_vm_free(struct snapxml_vm *vm)
{
	for (size_t i = 0; i < vm->ndisks; i++)
		free(vm->disks[i].path);
	free(vm->disks);
	free_layers(vm->layers, vm->nlayers);
	memset(vm, 0, sizeof *vm);
}

const struct snapxml_disk *snapxml_disk(const struct snapxml_vm *vm, const char *target)
{
	for (size_t i = 0; i < vm->ndisks; i++)
		if (strcmp(vm->disks[i].target, target) == 0)
			return &vm->disks[i];
	return NULL;
}

bool snapxml_has_layer(const struct snapxml_vm *vm, const char *path)
{
	for (size_t i = 0; i < vm->nlayers; i++)
		if (strcmp(vm->layers[i], path) == 0)
			return true;
	return false;
}

/* -- a snapshot -- */

static const struct { const char *word; enum vm_state state; bool runs; } states[] = {
	{ "running", VM_RUNNING, true }, { "blocked", VM_BLOCKED, true }, { "paused", VM_PAUSED, true },
	{ "pmsuspended", VM_SUSPENDED, true }, { "shutdown", VM_OFF, false }, { "shutoff", VM_OFF, false },
	{ "crashed", VM_CRASHED, false },
	{ "disk-snapshot", VM_OFF, false }, /* the disks alone: who goes back to it finds the VM off */
};

static char *clean_text(const xmlNode *n, size_t max)
{
	char *s = xcalloc(1, max + 1);

	xmlread_text(n, s, max + 1);
	return xrealloc(s, strlen(s) + 1);
}

/* A name is compared with what the host lists: not a byte of it is left off. */
static char *clean_name(const xmlNode *n)
{
	xmlChar *v = n ? xmlNodeGetContent(n) : NULL;
	char *s = text_clean_name_dup((const char *)v);

	xmlFree(v);
	return s;
}

static int64_t number(const xmlNode *n)
{
	char s[32] = "";

	xmlread_text(n, s, sizeof s);
	return strtoll(s, NULL, 10);
}

static void take_snap_disk(const xmlNode *n, struct snapxml_snap *out)
{
	bool external = xmlread_attr_is(n, "snapshot", "external");

	if (out->ntargets == SNAPXML_DISKS_MAX)
		return;
	out->targets = xrealloc(out->targets, (out->ntargets + 1) * sizeof *out->targets);
	out->targets[out->ntargets][0] = 0;
	xmlread_attr(n, "name", out->targets[out->ntargets++], sizeof *out->targets);
	out->s.external = out->s.external || external;
	if (external)
		add_layer(&out->layers, &out->nlayers, path_of(xmlread_child(n, "source")));
}

struct err *snapxml_snap(const char *xml, const char *name, struct snapxml_snap *out)
{
	xmlDocPtr doc = xmlread_doc(xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	char word[32] = "";
	bool runs = false;

	memset(out, 0, sizeof *out);
	if (!root || !xmlread_is(root, "domainsnapshot"))
		return unreadable(doc);
	const xmlNode *memory = xmlread_child(root, "memory"), *disks = xmlread_child(root, "disks");
	out->s.name = name ? xstrdup(name) : clean_name(xmlread_child(root, "name"));
	out->s.parent = clean_name(xmlread_child(xmlread_child(root, "parent"), "name"));
	out->s.note = clean_text(xmlread_child(root, "description"), NOTE_MAX);
	out->s.created = number(xmlread_child(root, "creationTime"));
	xmlread_text(xmlread_child(root, "state"), word, sizeof word);
	out->s.state = VM_UNKNOWN;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(states[i].word, word) == 0) {
			out->s.state = states[i].state;
			runs = states[i].runs;
		}
	out->s.external = xmlread_attr_is(memory, "snapshot", "external");
	/* before libvirt 1.0.1 there was no <memory> */
	out->s.memory = out->s.external || (memory ? xmlread_attr_is(memory, "snapshot", "internal") : runs);
	if (out->s.external)
		add_layer(&out->layers, &out->nlayers, xmlread_attr_raw(memory, "file"));
	for (const xmlNode *n = xmlread_child(disks, "disk"); n; n = xmlread_seek(n->next, "disk"))
		take_snap_disk(n, out);
	xmlread_text(xmlread_child(xmlread_child(root, "domain"), "uuid"), out->uuid, sizeof out->uuid);
	xmlFreeDoc(doc);
	return NULL;
}

void snapxml_snap_free(struct snapxml_snap *s)
{
	free(s->s.name);
	free(s->s.parent);
	free(s->s.note);
	free(s->targets);
	free_layers(s->layers, s->nlayers);
	memset(s, 0, sizeof *s);
}

/* -- the order -- */

struct place { struct host_snap s; int64_t key; size_t depth; struct place *parent; int seen; };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->s.name, ((const struct place *)b)->s.name);
}

static int by_place(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return strcmp(a->s.name, b->s.name);
}

/* A child is never before its parent, whatever the clocks said: its key is at least the parent's. Walks up to a known
 * ancestor, then down again; a circle, which only a broken host tells, is cut where it closes. */
static void find_place(struct place *p)
{
	struct place *up = NULL, *next;

	/* turn the links round on the way up */
	for (; p && p->seen == 0; p = next) {
		next = p->parent;
		p->seen = 1;
		p->parent = up;
		up = p;
	}
	if (p && p->seen == 1)
		p = NULL; /* the circle: its first counts as a root */
	for (; up; up = next) {
		next = up->parent;
		up->parent = p;
		up->key = p && p->key > up->s.created ? p->key : up->s.created;
		up->depth = p ? p->depth + 1 : 0;
		up->seen = 2;
		if (!p)
			up->s.parent[0] = 0; /* it is none that is listed */
		p = up;
	}
}

void snapxml_sort(struct host_snap *list, size_t n)
{
	struct place *places = xcalloc(n + 1, sizeof *places);

	for (size_t i = 0; i < n; i++)
		places[i].s = list[i];
	qsort(places, n, sizeof *places, by_name);
	for (size_t i = 0; i < n; i++) {
		struct place key = { .s = { .name = places[i].s.parent } };
		if (*places[i].s.parent)
			places[i].parent = bsearch(&key, places, n, sizeof *places, by_name);
	}
	for (size_t i = 0; i < n; i++)
		find_place(&places[i]);
	qsort(places, n, sizeof *places, by_place);
	for (size_t i = 0; i < n; i++)
		list[i] = places[i].s;
	free(places);
}
