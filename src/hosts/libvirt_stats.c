/* What VMs do now, and what they are reached by: counters, MAC addresses, addresses, where disks lie. No call here waits for a VM's
 * job, and job statistics are never asked for (they hang while a snapshot with memory is taken). Called on fleet's workers. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "common/text.h"
#include "hosts/domxml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARTS_MAX 256        /* disks or NICs that are added up */
#define ADDRESSES_MAX 8      /* of one VM that are told */

/* ---- one by one: any driver ---- */

static int64_t counted(unsigned long long n)
{
	return n > INT64_MAX ? -1 : (int64_t)n;
}

/* What the guest uses, from what its balloon tells; -1 it tells nothing. */
static int64_t used_kib(int64_t available, int64_t usable, int64_t unused, int64_t rss, int64_t actual)
{
	int64_t rest = usable >= 0 ? usable : unused;

	if (available >= 0 && rest >= 0 && rest <= available)
		return available - rest;
	return rss >= 0 && actual >= 0 && rss > actual ? actual : rss;
}

static void memory_of(virDomainPtr dom, struct host_stat *s)
{
	virDomainMemoryStatStruct m[VIR_DOMAIN_MEMORY_STAT_NR];
	int n = virDomainMemoryStats(dom, m, VIR_DOMAIN_MEMORY_STAT_NR, 0);
	int64_t v[VIR_DOMAIN_MEMORY_STAT_NR];

	for (int i = 0; i < VIR_DOMAIN_MEMORY_STAT_NR; i++)
		v[i] = -1;
	for (int i = 0; i < n; i++)
		if (m[i].tag >= 0 && m[i].tag < VIR_DOMAIN_MEMORY_STAT_NR)
			v[m[i].tag] = counted(m[i].val);
	s->mem_used_kib = used_kib(v[VIR_DOMAIN_MEMORY_STAT_AVAILABLE], v[VIR_DOMAIN_MEMORY_STAT_USABLE],
		v[VIR_DOMAIN_MEMORY_STAT_UNUSED], v[VIR_DOMAIN_MEMORY_STAT_RSS], v[VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON]);
}

static struct err *one(struct lv *h, struct host_stat *s)
{
	virDomainPtr dom = NULL;
	virDomainInfo info;
	struct err *e = lv_domain(h, s->uuid, &dom);

	if (e && e->class != ERR_NOTFOUND)
		return e;
	err_free(e);
	if (!dom)
		return NULL;
	if (virDomainGetInfo(dom, &info) == 0 && vm_state_is_active(lv_state(info.state))) {
		s->known = true;
		s->vcpus = info.nrVirtCpu;
		s->cpu_ns = counted(info.cpuTime);
		memory_of(dom, s);
	}
	virDomainFree(dom);
	return lv_ready(h);
}

/* ---- all in one: QEMU ---- */

static int64_t param(const virDomainStatsRecord *r, const char *key)
{
	unsigned long long n;

	return virTypedParamsGetULLong(r->params, r->nparams, key, &n) == 1 ? counted(n) : -1;
}

/* The sum over "WHAT.N.key", of those that tell it; -1: none does. */
static int64_t sum(const virDomainStatsRecord *r, const char *what, const char *key)
{
	unsigned count = 0;
	int64_t all = -1;
	char name[64];

	snprintf(name, sizeof name, "%s.count", what);
	(void)virTypedParamsGetUInt(r->params, r->nparams, name, &count);
	for (unsigned i = 0; i < count && i < PARTS_MAX; i++) {
		snprintf(name, sizeof name, "%s.%u.%s", what, i, key);
		int64_t n = param(r, name);
		if (n >= 0)
			all = (all < 0 ? 0 : all) + n;
	}
	return all;
}

static void take(const virDomainStatsRecord *r, struct host_stat *s)
{
	int state = VIR_DOMAIN_NOSTATE;

	(void)virTypedParamsGetInt(r->params, r->nparams, "state.state", &state);
	if (!vm_state_is_active(lv_state(state)))
		return;
	s->known = true;
	(void)virTypedParamsGetUInt(r->params, r->nparams, "vcpu.current", &s->vcpus);
	s->cpu_ns = param(r, "cpu.time");
	s->mem_used_kib = used_kib(param(r, "balloon.available"), param(r, "balloon.usable"), param(r, "balloon.unused"),
		param(r, "balloon.rss"), param(r, "balloon.current"));
	s->disk_read = sum(r, "block", "rd.bytes");
	s->disk_write = sum(r, "block", "wr.bytes");
	s->net_in = sum(r, "net", "rx.bytes");
	s->net_out = sum(r, "net", "tx.bytes");
}

static void take_all(virDomainStatsRecordPtr *records, struct host_stat *out, size_t n)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	for (; *records; records++) {
		if (virDomainGetUUIDString((*records)->dom, uuid) != 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (strcmp(out[i].uuid, uuid) == 0)
				take(*records, &out[i]);
	}
}

/* libvirt's handle of a VM, which costs a question: kept as long as the connection, of those that are watched. */
static struct err *handle(struct lv *h, const char *uuid, virDomainPtr *out)
{
	struct lv_handle *k;

	for (int i = 0; i < h->nhandles; i++)
		if (strcmp(h->handles[i].uuid, uuid) == 0) {
			*out = h->handles[i].dom;
			return NULL;
		}
	struct err *e = lv_domain(h, uuid, out);
	if (e)
		return e;
	k = &h->handles[h->next_handle];
	if (h->nhandles < LV_HANDLES)
		h->nhandles++;
	else
		virDomainFree(k->dom);
	h->next_handle = (h->next_handle + 1) % LV_HANDLES;
	snprintf(k->uuid, sizeof k->uuid, "%s", uuid);
	k->dom = *out;
	return NULL;
}

void lv_handles_free(struct lv *h)
{
	while (h->nhandles > 0)
		virDomainFree(h->handles[--h->nhandles].dom);
	h->next_handle = 0;
}

static struct err *together(struct lv *h, struct host_stat *out, size_t n)
{
	const unsigned what = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |
		VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK;
	virDomainPtr *doms = xcalloc(n + 1, sizeof *doms);
	virDomainStatsRecordPtr *records = NULL;
	struct err *e = NULL;
	size_t found = 0;

	if (n > LV_HANDLES)
		n = LV_HANDLES;
	for (size_t i = 0; i < n && !e; i++) {
		e = handle(h, out[i].uuid, &doms[found]);
		if (e && e->class == ERR_NOTFOUND) {
			err_free(e);
			e = NULL;
		} else if (!e) {
			virDomainRef(doms[found++]); /* one that is new may take its place among those that are kept */
		}
	}
	if (!e && found && virDomainListGetStats(doms, what, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		e = lv_error(h);
	if (!e && records)
		take_all(records, out, n);
	if (records)
		virDomainStatsRecordListFree(records);
	while (found > 0)
		virDomainFree(doms[--found]);
	free(doms);
	return e;
}

struct err *lv_stats(struct host *base, const char (*uuids)[HOST_UUID_LEN + 1], size_t n, struct host_stat *out)
{
	struct lv *h = (struct lv *)base;
	struct err *e = lv_ready(h);

	if (!e && h->kind->stats) {
		for (size_t at = 0; at < n && !e; at += LV_HANDLES)
			e = together(h, out + at, n - at);
		/* One that went between the two questions takes the whole answer along: the next one has it. */
		if (e && e->class == ERR_NOTFOUND) {
			err_free(e);
			e = NULL;
		}
		return e;
	}
	for (size_t i = 0; i < n && !e; i++)
		e = one(h, &out[i]);
	return e;
}

/* ---- what it is reached by ---- */

struct words { struct buf text; int n; };

/* Each once, comma separated, a bounded number of them. */
static void add_word(struct words *w, const char *raw)
{
	char word[64];
	size_t len;

	text_clean(word, sizeof word, raw, strlen(raw));
	len = strlen(word);
	if (!len || w->n == ADDRESSES_MAX || strpbrk(word, ", "))
		return;
	for (const char *at = w->text.len ? w->text.data : NULL; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, len) == 0 && (at[len] == ',' || !at[len]))
			return;
	if (w->n++)
		buf_str(&w->text, ",");
	buf_append(&w->text, word, len + 1);
	w->text.len--; /* the NUL stays behind it, and is written over */
}

static char *words_end(struct words *w)
{
	char *s = w->text.len ? xstrdup(w->text.data) : xstrdup("");

	buf_free(&w->text);
	return s;
}

/* Link-local and loopback addresses reach nobody. */
static bool leads_there(const char *a)
{
	return strncasecmp(a, "fe80:", 5) != 0 && strcmp(a, "::1") != 0 && strncmp(a, "127.", 4) != 0 && strncmp(a, "169.254.", 8) != 0;
}

/* How many of its NICs the host had an address for. */
static size_t addresses_from(virDomainPtr dom, unsigned source, struct words *w)
{
	virDomainInterfacePtr *ifaces = NULL;
	int n = virDomainInterfaceAddresses(dom, &ifaces, source, 0);

	for (int i = 0; i < n; i++) {
		for (unsigned j = 0; j < ifaces[i]->naddrs; j++)
			if (ifaces[i]->addrs[j].addr && leads_there(ifaces[i]->addrs[j].addr))
				add_word(w, ifaces[i]->addrs[j].addr);
		virDomainInterfaceFree(ifaces[i]);
	}
	free(ifaces);
	return n > 0 ? (size_t)n : 0;
}

struct err *lv_extra(struct host *base, const char *uuid, struct host_extra *out)
{
	struct lv *h = (struct lv *)base;
	struct host_vm_detail d = { 0 };
	struct words macs = { 0 }, addresses = { 0 };
	virDomainPtr dom = NULL;
	struct err *e = lv_domain(h, uuid, &dom);

	if (e)
		return e;
	e = lv_described(h, dom, &d);
	/* The number of one that runs came with it. Neighbours are asked where leases do not tell it all. */
	if (!e && d.nnics && virDomainGetID(dom) != (unsigned)-1 &&
		addresses_from(dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, &addresses) < d.nnics)
		addresses_from(dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP, &addresses);
	virDomainFree(dom);
	if (!e)
		e = lv_ready(h); /* given up in between: what is missing is not missing there */
	for (size_t i = 0; i < d.nnics; i++)
		add_word(&macs, d.nics[i].mac);
	out->macs = words_end(&macs);
	out->addresses = words_end(&addresses);
	out->disks = xcalloc(d.ndisks + 1, sizeof *out->disks);
	for (size_t i = 0; i < d.ndisks; i++) {
		out->disks[out->ndisks++] = d.disks[i].source;
		d.disks[i].source = NULL;
	}
	host_vm_detail_free(&d);
	if (e)
		host_extra_free(out);
	return e;
}
