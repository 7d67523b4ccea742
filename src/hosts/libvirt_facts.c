/* What a host is, and the details of one VM for its view. Called on fleet's workers. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"
#include "hosts/domxml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_version(char *out, size_t size, unsigned long v)
{
	snprintf(out, size, "%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
}

/* What a host cannot tell is left empty; only the loss of the connection is an error. */
static struct err *optional(struct lv *h)
{
	struct err *e = lv_error(h);

	if (e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE)
		return e;
	err_free(e);
	return NULL;
}

/* libvirt tells the host's UUID among its capabilities alone, and a daemon may probe every emulator it has to name those,
 * or QEMU's version: 4 to 20 s [tried], each time anew where /dev/kvm is there but of no use. Where that has cost the
 * connection once, the host comes up without the two for the next ten minutes rather than never. */
#define SLOW_MS (10 * 60 * 1000)
struct slow { struct slow *next; char *uri; int64_t at; };
static struct slow *slow_list;
static pthread_mutex_t slow_lock = PTHREAD_MUTEX_INITIALIZER;

static char *slow_key(const struct lv *h)
{
	return xasprintf("%s %s %d %s %s", h->kind->driver, h->uri.host, h->uri.port, h->uri.socket, h->uri.path);
}

static bool was_slow(const struct lv *h, bool remember)
{
	char *key = slow_key(h);
	int64_t now = clock_boot_ms();
	bool found = false;

	pthread_mutex_lock(&slow_lock);
	for (struct slow **p = &slow_list, *s; (s = *p);) {
		if (now - s->at >= SLOW_MS) {
			*p = s->next;
			free(s->uri);
			free(s);
			continue;
		}
		found = found || strcmp(s->uri, key) == 0;
		p = &s->next;
	}
	if (remember && !found) {
		struct slow *s = xmalloc(sizeof *s);
		*s = (struct slow){ .next = slow_list, .uri = key, .at = now };
		slow_list = s;
		key = NULL;
	}
	pthread_mutex_unlock(&slow_lock);
	free(key);
	return found;
}

static struct err *costly(struct lv *h)
{
	struct err *e = optional(h);

	if (e)
		was_slow(h, true);
	return e;
}

static struct err *host_uuid(struct lv *h, struct host_facts *f)
{
	if (was_slow(h, false)) {
		log_warn("%s: it took too long to tell its capabilities; its version and UUID are left unknown", h->name);
		return NULL;
	}
	char *xml = virConnectGetCapabilities(h->conn);
	if (xml) {
		domxml_capabilities(xml, f);
		h->reverts_external = domxml_reverts_external(xml);
		h->capable_known = true;
		free(xml);
		return NULL;
	}
	return costly(h);
}

static struct err *versions(struct lv *h, struct host_facts *f)
{
	unsigned long lib = 0, own = 0;
	char a[32] = "?", b[32] = "";
	struct err *e = NULL;

	if (virConnectGetLibVersion(h->conn, &lib) == 0)
		put_version(a, sizeof a, lib);
	else
		e = optional(h);
	/* the test driver's own version says nothing */
	if (!e && strcmp(h->kind->driver, "test") != 0 && !was_slow(h, false)) {
		if (virConnectGetVersion(h->conn, &own) == 0 && own)
			put_version(b, sizeof b, own);
		else
			e = costly(h);
	}
	snprintf(f->version, sizeof f->version, "libvirt %s, %s%s%s", a, h->kind->title, *b ? " " : "", b);
	return e;
}

/* What nothing depends on but what is shown and reckoned. */
static struct err *shown_facts(struct lv *h, struct host_facts *f)
{
	virNodeInfo node;
	char *s;
	struct err *e = versions(h, f);

	if (!e && virNodeGetInfo(h->conn, &node) == 0) {
		f->cpus = node.cpus;
		f->mem_kib = node.memory;
	} else if (!e) {
		e = optional(h);
	}
	if (!e && (s = virConnectGetHostname(h->conn))) {
		text_clean(f->hostname, sizeof f->hostname, s, strlen(s));
		free(s);
	} else if (!e) {
		e = optional(h);
	}
	return e;
}

struct err *lv_facts(struct host *base, struct host_facts *f)
{
	struct lv *h = (struct lv *)base;
	char *s;
	struct err *e = lv_ready(h);

	if (e)
		return e;
	snprintf(f->driver, sizeof f->driver, "%s", h->kind->driver);
	memcpy(f->can, h->kind->can, sizeof f->can);
	memcpy(f->why_not, h->kind->why_not, sizeof f->why_not);
	f->no_console = h->kind->no_console;
	if (f->whole)
		e = shown_facts(h, f);
	if (!e && (s = virConnectGetSysinfo(h->conn, 0))) {
		domxml_sysinfo(s, f);
		free(s);
	} else if (!e) {
		e = optional(h);
	}
	if (!e)
		e = host_uuid(h, f);
	return e;
}

/* Sizes of a QEMU VM's disks in one call that waits for nobody; a disk that it does not tell stays at 0. */
static void stats_sizes(virDomainPtr dom, struct host_vm_detail *d)
{
	virDomainPtr doms[2] = { dom, NULL };
	virDomainStatsRecordPtr *records = NULL;
	unsigned count = 0;

	if (virDomainListGetStats(doms, VIR_DOMAIN_STATS_BLOCK, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 1)
		return;
	virDomainStatsRecordPtr r = records[0];
	(void)virTypedParamsGetUInt(r->params, r->nparams, "block.count", &count);
	for (unsigned i = 0; i < count && i < 256; i++) {
		char key[64];
		const char *name = NULL;
		unsigned long long bytes = 0;
		snprintf(key, sizeof key, "block.%u.name", i);
		(void)virTypedParamsGetString(r->params, r->nparams, key, &name);
		snprintf(key, sizeof key, "block.%u.capacity", i);
		if (!name || virTypedParamsGetULLong(r->params, r->nparams, key, &bytes) != 1)
			continue;
		for (size_t j = 0; j < d->ndisks; j++)
			if (strcmp(d->disks[j].target, name) == 0)
				d->disks[j].bytes = bytes;
	}
	virDomainStatsRecordListFree(records);
}

/* A VM that is off has no monitor to wait for: its images are asked for one by one, a few of them. */
static void single_sizes(virDomainPtr dom, struct host_vm_detail *d)
{
	for (size_t i = 0; i < d->ndisks && i < 16; i++) {
		virDomainBlockInfo info;
		if (!d->disks[i].bytes && *d->disks[i].source && virDomainGetBlockInfo(dom, d->disks[i].target, &info, 0) == 0)
			d->disks[i].bytes = info.capacity;
	}
}

struct err *lv_described(struct lv *h, virDomainPtr dom, struct host_vm_detail *out)
{
	char *xml = virDomainGetXMLDesc(dom, 0);
	struct err *e = xml ? domxml_detail(xml, out) : lv_error(h);

	free(xml);
	return e;
}

struct err *lv_detail(struct host *base, const char *uuid, struct host_vm_detail *out)
{
	struct lv *h = (struct lv *)base;
	virDomainPtr dom = NULL;
	int autostart = 0;
	struct err *e = lv_look(base, uuid, &out->vm);

	if (!e)
		e = lv_domain(h, uuid, &dom);
	if (!e)
		e = lv_described(h, dom, out);
	snprintf(out->driver, sizeof out->driver, "%s", h->kind->driver);
	if (h->kind->no_console)
		out->no_console = h->kind->no_console;
	if (!e && out->vm.persistent && virDomainGetAutostart(dom, &autostart) != 0)
		e = optional(h);
	out->autostart = autostart == 1;
	if (!e && h->kind->stats)
		stats_sizes(dom, out);
	if (!e && out->vm.state == VM_OFF && strcmp(h->kind->driver, "test") != 0)
		single_sizes(dom, out);
	if (!e)
		e = lv_ready(h); /* given up in between: what is missing is not missing there */
	if (dom)
		virDomainFree(dom);
	if (e)
		host_vm_detail_free(out);
	return e;
}
