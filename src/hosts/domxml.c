/* Reads domain, capabilities and sysinfo XML with libxml2, which is told to be deaf: no network, no entities, no document
 * types. Called by the libvirt driver's workers. */
#include "hosts/domxml.h"

#include "common/buf.h"
#include "common/text.h"

#include <ctype.h>
#include <limits.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#define XML_MAX (8 * 1024 * 1024)
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

static xmlDocPtr read_doc(const char *xml)
{
	size_t len = strlen(xml);

	if (len > XML_MAX)
		return NULL;
	xmlDocPtr doc = xmlReadMemory(xml, (int)len, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
	if (doc && (doc->intSubset || doc->extSubset)) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

static bool is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

/* The next element of that name among n and its later siblings. */
static xmlNode *seek(xmlNode *n, const char *name)
{
	while (n && !is(n, name))
		n = n->next;
	return n;
}

static xmlNode *child(const xmlNode *n, const char *name)
{
	return n ? seek(n->children, name) : NULL;
}

/* Cleaned into a fixed field. False when the attribute is not there. */
static bool attr(const xmlNode *n, const char *name, char *out, size_t size)
{
	xmlChar *v = n ? xmlGetProp(n, (const xmlChar *)name) : NULL;

	if (!v)
		return false;
	text_clean(out, size, (const char *)v, strlen((const char *)v));
	xmlFree(v);
	return true;
}

/* A copy, cut where no path is as long: a host may say megabytes. */
static char *attr_dup(const xmlNode *n, const char *name)
{
	xmlChar *v = n ? xmlGetProp(n, (const xmlChar *)name) : NULL;
	char *s = v ? xmalloc(PATH_MAX) : NULL;

	if (s)
		s = xrealloc(s, text_clean(s, PATH_MAX, (const char *)v, strlen((const char *)v)) + 1);
	xmlFree(v);
	return s;
}

static void text_of(const xmlNode *n, char *out, size_t size)
{
	xmlChar *v = n ? xmlNodeGetContent(n) : NULL;

	if (!v)
		return;
	char *s = (char *)v + strspn((char *)v, " \t\r\n");
	size_t len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	text_clean(out, size, s, len);
	xmlFree(v);
}

/* The first attribute of a <source> that says where a disk or NIC leads. */
static char *source_of(const xmlNode *source, const char *const *names)
{
	for (; source && *names; names++) {
		char *s = attr_dup(source, *names);
		if (s)
			return s;
	}
	return xstrdup("");
}

static void take_disk(const xmlNode *n, struct host_vm_detail *d)
{
	static const char *const names[] = { "file", "dev", "name", "volume", "dir", NULL };
	struct host_disk disk = { 0 };

	attr(child(n, "target"), "dev", disk.target, sizeof disk.target);
	attr(child(n, "driver"), "type", disk.format, sizeof disk.format);
	disk.source = source_of(child(n, "source"), names);
	disk.shared = child(n, "shareable") != NULL;
	d->disks = xrealloc(d->disks, (d->ndisks + 1) * sizeof disk);
	d->disks[d->ndisks++] = disk;
}

static void take_nic(const xmlNode *n, struct host_vm_detail *d)
{
	static const char *const names[] = { "network", "bridge", "dev", "path", "name", NULL };
	struct host_nic nic = { 0 };

	attr(child(n, "mac"), "address", nic.mac, sizeof nic.mac);
	attr(child(n, "model"), "type", nic.model, sizeof nic.model);
	nic.network = source_of(child(n, "source"), names);
	d->nics = xrealloc(d->nics, (d->nnics + 1) * sizeof nic);
	d->nics[d->nnics++] = nic;
}

/* <metadata><libosinfo:libosinfo><libosinfo:os id="..."/>: by local name, whatever the prefix. */
static void take_guest(const xmlNode *domain, struct host_vm_detail *d)
{
	char id[256];

	if (attr(child(child(child(domain, "metadata"), "libosinfo"), "os"), "id", id, sizeof id))
		domxml_guest(d->guest, sizeof d->guest, id);
}

struct err *domxml_detail(const char *xml, struct host_vm_detail *d)
{
	xmlDocPtr doc = read_doc(xml);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!root || !is(root, "domain")) {
		xmlFreeDoc(doc);
		return err_new(ERR_FAILED, "host.xml", NULL);
	}
	attr(child(child(root, "os"), "type"), "machine", d->machine, sizeof d->machine);
	take_guest(root, d);
	xmlNode *devices = child(root, "devices");
	for (xmlNode *n = devices ? devices->children : NULL; n; n = n->next) {
		if (is(n, "disk") && d->ndisks < PARTS_MAX)
			take_disk(n, d);
		else if (is(n, "interface") && d->nnics < PARTS_MAX)
			take_nic(n, d);
	}
	xmlFreeDoc(doc);
	return NULL;
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
	xmlDocPtr doc = read_doc(xml);

	if (doc)
		text_of(child(child(xmlDocGetRootElement(doc), "host"), "uuid"), uuid, sizeof uuid);
	if (strlen(uuid) == HOST_UUID_LEN)
		memcpy(f->uuid, uuid, sizeof f->uuid);
	xmlFreeDoc(doc);
}

void domxml_sysinfo(const char *xml, struct host_facts *f)
{
	xmlDocPtr doc = read_doc(xml);
	xmlNode *system = doc ? child(xmlDocGetRootElement(doc), "system") : NULL;
	char maker[64] = "", product[64] = "", value[96], name[32];

	for (xmlNode *n = child(system, "entry"); n; n = seek(n->next, "entry")) {
		if (!attr(n, "name", name, sizeof name))
			continue;
		value[0] = 0;
		text_of(n, value, sizeof value);
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
