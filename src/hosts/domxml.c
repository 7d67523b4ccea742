/* Reads domain, capabilities and sysinfo XML. Called by the libvirt driver's workers. */
#include "hosts/domxml.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/xmlread.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 256 /* disks or NICs that are shown */

static void silent(void *ctx, const char *fmt, ...)
{
}

void domxml_start(void)
{
	xmlInitParser();
	xmlThrDefSetGenericErrorFunc(NULL, silent); /* of threads that come later */
	domxml_quiet();
}

void domxml_quiet(void)
{
	xmlSetGenericErrorFunc(NULL, silent); /* of this thread */
}

/* The first attribute of a <source> that says where a disk or NIC leads. */
static char *source_of(const xmlNode *source, const char *const *names)
{
	for (; source && *names; names++) {
		char *s = xmlread_attr_dup(source, *names);
		if (s)
			return s;
	}
	return xstrdup("");
}

static void take_disk(const xmlNode *n, struct host_vm_detail *d)
{
	static const char *const names[] = { "file", "dev", "name", "volume", "dir", NULL };
	struct host_disk disk = { 0 };

	xmlread_attr(xmlread_child(n, "target"), "dev", disk.target, sizeof disk.target);
	xmlread_attr(xmlread_child(n, "driver"), "type", disk.format, sizeof disk.format);
	disk.source = source_of(xmlread_child(n, "source"), names);
	disk.shared = xmlread_child(n, "shareable") != NULL;
	d->disks = xrealloc(d->disks, (d->ndisks + 1) * sizeof disk);
	d->disks[d->ndisks++] = disk;
}

static void take_nic(const xmlNode *n, struct host_vm_detail *d)
{
	static const char *const names[] = { "network", "bridge", "dev", "path", "name", NULL };
	struct host_nic nic = { 0 };

	xmlread_attr(xmlread_child(n, "mac"), "address", nic.mac, sizeof nic.mac);
	xmlread_attr(xmlread_child(n, "model"), "type", nic.model, sizeof nic.model);
	nic.network = source_of(xmlread_child(n, "source"), names);
	d->nics = xrealloc(d->nics, (d->nnics + 1) * sizeof nic);
	d->nics[d->nnics++] = nic;
}

/* libvirt opens the first <console>, and where there is none the first <serial>; QEMU's only where they lead to a pty or a socket. */
static void take_console(const xmlNode *devices, struct host_vm_detail *d)
{
	const xmlNode *n = xmlread_child(devices, "console");

	if (!n)
		n = xmlread_child(devices, "serial");
	d->console[0] = '\0';
	if (n)
		xmlread_attr(n, "type", d->console, sizeof d->console);
	if (!d->console[0])
		d->no_console = "host.console.none";
	else if (strcmp(d->console, "pty") != 0 && strcmp(d->console, "unix") != 0)
		d->no_console = "host.console.type";
}

/* <metadata><libosinfo:libosinfo><libosinfo:os id="..."/>: by local name, whatever the prefix. */
static void take_guest(const xmlNode *domain, struct host_vm_detail *d)
{
	char id[256];

	if (xmlread_attr(xmlread_child(xmlread_child(xmlread_child(domain, "metadata"), "libosinfo"), "os"), "id", id, sizeof id))
		domxml_guest(d->guest, sizeof d->guest, id);
}

struct err *domxml_detail(const char *xml, struct host_vm_detail *d)
{
	xmlDocPtr doc = xmlread_doc(xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!root || !xmlread_is(root, "domain")) {
		xmlFreeDoc(doc);
		return err_new(ERR_FAILED, "host.xml", NULL);
	}
	xmlread_attr(xmlread_child(xmlread_child(root, "os"), "type"), "machine", d->machine, sizeof d->machine);
	take_guest(root, d);
	xmlNode *devices = xmlread_child(root, "devices");
	take_console(devices, d);
	for (xmlNode *n = devices ? devices->children : NULL; n; n = n->next) {
		if (xmlread_is(n, "disk") && d->ndisks < PARTS_MAX)
			take_disk(n, d);
		else if (xmlread_is(n, "interface") && d->nnics < PARTS_MAX)
			take_nic(n, d);
	}
	xmlFreeDoc(doc);
	return NULL;
}

bool domxml_no_screen(const char *xml)
{
	char model[16] = "";
	xmlDocPtr doc = xmlread_doc(xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlNode *video = root ? xmlread_child(xmlread_child(root, "devices"), "video") : NULL;
	bool none = root && xmlread_is(root, "domain") && !video;

	if (video && xmlread_attr(xmlread_child(video, "model"), "type", model, sizeof model))
		none = strcmp(model, "none") == 0;
	xmlFreeDoc(doc);
	return none;
}

/* Joins two clean texts with a blank; what does not fit is left off, never half a character. */
static void join(char *out, size_t size, const char *a, const char *b)
{
	char *both = xasprintf("%s%s%s", a, *a && *b ? " " : "", b);
	size_t n = strlen(both);

	if (n >= size) {
		n = size - 1;
		while (n && ((unsigned char)both[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, both, n);
	out[n] = 0;
	free(both);
}

void domxml_capabilities(const char *xml, struct host_facts *f)
{
	char uuid[64] = "";
	xmlDocPtr doc = xmlread_doc(xml);

	if (doc)
		xmlread_text(xmlread_child(xmlread_child(xmlDocGetRootElement(doc), "host"), "uuid"), uuid, sizeof uuid);
	if (strlen(uuid) == HOST_UUID_LEN)
		memcpy(f->uuid, uuid, sizeof f->uuid);
	xmlFreeDoc(doc);
}

bool domxml_reverts_external(const char *capabilities)
{
	xmlDocPtr doc = xmlread_doc(capabilities);
	xmlNode *guest = doc ? xmlread_child(xmlDocGetRootElement(doc), "guest") : NULL;
	bool found = false;

	for (; guest && !found; guest = xmlread_seek(guest->next, "guest"))
		found = xmlread_child(xmlread_child(guest, "features"), "externalSnapshot") != NULL;
	xmlFreeDoc(doc);
	return found;
}

void domxml_sysinfo(const char *xml, struct host_facts *f)
{
	xmlDocPtr doc = xmlread_doc(xml);
	xmlNode *system = doc ? xmlread_child(xmlDocGetRootElement(doc), "system") : NULL;
	char maker[64] = "", product[64] = "", value[96], name[32];

	for (xmlNode *n = xmlread_child(system, "entry"); n; n = xmlread_seek(n->next, "entry")) {
		if (!xmlread_attr(n, "name", name, sizeof name))
			continue;
		value[0] = 0;
		xmlread_text(n, value, sizeof value);
		if (strcmp(name, "manufacturer") == 0)
			join(maker, sizeof maker, value, "");
		else if (strcmp(name, "product") == 0)
			join(product, sizeof product, value, "");
		else if (strcmp(name, "serial") == 0)
			join(f->serial, sizeof f->serial, value, "");
	}
	if (*product)
		join(f->model, sizeof f->model, maker, product);
	xmlFreeDoc(doc);
}

/* How libosinfo's short ids are spelt by people. The rest is told by its last two path parts. */
static const struct { const char *id, *name; } spelling[] = {
	{ "rhel", "Red Hat Enterprise Linux" }, { "centos", "CentOS" }, { "centos-stream", "CentOS Stream" },
	{ "almalinux", "AlmaLinux" }, { "rocky", "Rocky Linux" }, { "ol", "Oracle Linux" }, { "sles", "SLES" },
	{ "sled", "SLED" }, { "opensuse", "openSUSE" }, { "leap", "openSUSE Leap" }, { "freebsd", "FreeBSD" },
	{ "openbsd", "OpenBSD" }, { "netbsd", "NetBSD" }, { "win", "Windows" }, { "archlinux", "Arch Linux" },
	{ "altlinux", "ALT Linux" }, { "cirros", "CirrOS" },
};
/* microsoft.com/win/ID */
static const struct { const char *id, *name; } windows[] = {
	{ "xp", "XP" }, { "vista", "Vista" }, { "2k", "2000" }, { "2k3", "Server 2003" }, { "2k3r2", "Server 2003 R2" },
	{ "2k8", "Server 2008" }, { "2k8r2", "Server 2008 R2" }, { "2k12", "Server 2012" },
	{ "2k12r2", "Server 2012 R2" }, { "2k16", "Server 2016" }, { "2k19", "Server 2019" }, { "2k22", "Server 2022" },
	{ "2k25", "Server 2025" },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void domxml_guest(char *out, size_t size, const char *osinfo_id)
{
	char clean[192], room[384];
	char *part[8], *save = NULL;
	size_t n = 0;

	text_clean(clean, sizeof clean, osinfo_id, strlen(osinfo_id));
	const char *start = strstr(clean, "://");
	join(room, sizeof room, start ? start + 3 : clean, "");
	for (char *p = strtok_r(room, "/", &save); p && n < COUNT(part); p = strtok_r(NULL, "/", &save))
		part[n++] = p;
	if (n < 2) {
		join(out, size, clean, "");
		return;
	}
	const char *name = part[n - 2], *version = part[n - 1];
	char family[64];
	join(family, sizeof family, name, "");
	family[0] = (char)toupper((unsigned char)family[0]);
	for (size_t i = 0; i < COUNT(spelling); i++)
		if (strcmp(spelling[i].id, name) == 0)
			join(family, sizeof family, spelling[i].name, "");
	for (size_t i = 0; strcmp(name, "win") == 0 && i < COUNT(windows); i++)
		if (strcmp(windows[i].id, version) == 0)
			version = windows[i].name;
	join(out, size, family, version);
}
