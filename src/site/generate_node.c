/* Node files of a made site: which VMs a blade has, what they are called, which are off. Fixed for fixed numbers: UUIDs
 * come from indexes, since libvirt gives new ones at every open to VMs that declare none. Called by generate.c. */
#include "site/generate_node.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define GIB (1 << 20) /* KiB */
#define OFF 5         /* virDomainState: shut off */
#define RUNNING 1
#define PAIRS_MAX 9999 /* of a kind: a site file takes 20,000 */

/* The provider's grades: what a VM gets, how many a blade takes. */
static const struct grade {
	int vcpus, mem_kib, per_blade;
} grades[] = {{2, GIB, 16}, {4, 2 * GIB, 8}, {4, 4 * GIB, 4}, {4, 8 * GIB, 2}, {8, 16 * GIB, 1}};
/* Grade of each blade, in turn: 32 blades hold 360 VMs. */
static const char blade_grades[] = "01001002010010300120010100200401";

/* Kinds of VMs, by whose they are. NULL ends each list; %d counts. */
static const char linux_id[] = "http://debian.org/debian/12", redhat_id[] = "http://redhat.com/rhel/9.2",
		  windows_id[] = "http://microsoft.com/win/2k19";
static const struct kind {
	const char *name;
	bool pair;
	const char *guest;
} kinds[] = {{"acme-web%02d", false, linux_id}, {"acme-db%02d", true, redhat_id}, {"globex-app%02d", false, linux_id},
	{"hooli-www%02d", false, linux_id}, {"acme-受注%02d", false, windows_id}, {"globex-ad%02d", false, windows_id},
	{"gx-batch%02d", false, redhat_id}, {"hooli-cache%02d", false, linux_id}, {"hooli-db%02d", true, redhat_id},
	{"globex-在庫管理%02d", false, windows_id}, {"infra-dns%02d", false, linux_id}, {"試験%02d", false, linux_id},
	{"build-runner%02d", false, linux_id}};
#define KINDS (int)(sizeof kinds / sizeof *kinds)
/* How often each comes, as an order: acme is the largest, a few belong to nobody. */
static const unsigned char order[] = {
	0, 2, 0, 3, 1, 2, 6, 0, 7, 3, 4, 0, 2, 5, 8, 3, 0, 1, 2, 7, 10, 0, 6, 3, 9, 2, 0, 12, 3, 0, 2, 11};

static void put_name(struct buf *b, struct node_maker *m, int kind)
{
	const struct kind *k = &kinds[kind];
	int n = m->made[kind]++;
	const char *number = strchr(k->name, '%');

	buf_append(b, k->name, (size_t)(number - k->name));
	buf_printf(b, "%02d", (k->pair ? n / 2 : n) + 1);
	if (k->pair)
		buf_str(b, n % 2 ? "b" : "a");
}

static void put_uuid(struct buf *b, int blade, int vm)
{
	buf_printf(b, "7a6e6100-%04x-4000-8000-%012x", (unsigned)blade & 0xffff, (unsigned)vm + 1);
}

/* What the VM view shows of a real one. */
static void put_devices(struct buf *b, int blade, int vm, bool shared, const char *volume)
{
	buf_printf(b, "\t\t<devices>\n\t\t\t<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s%s/",
		*volume ? "/srv/volumes/" : "/var/lib/libvirt/images", volume);
	put_uuid(b, blade, vm);
	buf_str(b, ".qcow2'/><target dev='vda' bus='virtio'/></disk>\n");
	if (shared)
		buf_printf(b,
			"\t\t\t<disk type='file' device='disk'><driver name='qemu' type='raw'/><source "
			"file='/srv/shared/pair-%d.img'/>"
			"<target dev='vdb' bus='virtio'/><shareable/></disk>\n",
			vm / 2);
	buf_printf(b,
		"\t\t\t<interface type='network'><mac address='52:54:00:%02x:%02x:%02x'/><source "
		"network='user-service'/></interface>\n"
		"\t\t\t<interface type='network'><mac address='52:54:01:%02x:%02x:%02x'/><source "
		"network='monitoring'/></interface>\n"
		"\t\t\t<memballoon model='virtio'/>\n\t\t</devices>\n",
		blade >> 8 & 0xff, blade & 0xff, vm & 0xff, blade >> 8 & 0xff, blade & 0xff, vm & 0xff);
}

/* The snapshots that some VMs of the demonstration have already, made outside Tana: so that there is a tree to look at. */
static const struct snap {
	int kind, n;         /* the n-th VM of that kind */
	const char *name, *parent, *note;
	bool running;        /* with memory */
	bool current;
	long created;        /* Unix time */
} snaps[] = {
	{1, 0, "before-migration", NULL, "before the move to the new schema", true, false, 1757120400},
	{1, 0, "migrated", "before-migration", "", true, false, 1757127600},
	{1, 0, "index-rebuilt", "migrated", "", true, true, 1757214000},
	{0, 0, "fresh-install", NULL, "as delivered", false, false, 1748743200},
	{0, 0, "php-8.2", "fresh-install", "", true, false, 1754013600},
	{0, 0, "tls-test", "fresh-install", "was tried and left", true, true, 1754100000},
	{2, 1, "release-41", NULL, "", true, true, 1756692000},
};

/* With the whole definition of the VM: libvirt refuses to go back to one that lacks it. */
static void put_snaps(struct buf *b, int kind, int n, const struct buf *definition)
{
	for (size_t i = 0; i < sizeof snaps / sizeof *snaps; i++) {
		const struct snap *s = &snaps[i];
		if (s->kind != kind || s->n != n)
			continue;
		buf_printf(b, "\t\t<test:domainsnapshot>\n\t\t\t<name>%s</name>\n", s->name);
		if (*s->note)
			buf_printf(b, "\t\t\t<description>%s</description>\n", s->note);
		buf_printf(b, "\t\t\t<state>%s</state>\n", s->running ? "running" : "shutoff");
		if (s->parent)
			buf_printf(b, "\t\t\t<parent><name>%s</name></parent>\n", s->parent);
		buf_printf(b,
			"\t\t\t<creationTime>%ld</creationTime>\n\t\t\t<memory snapshot='%s'/>\n"
			"\t\t\t<disks><disk name='vda' snapshot='internal'/>%s</disks>\n\t\t\t<domain type='test'>\n",
			s->created, s->running ? "internal" : "no",
			kinds[kind].pair ? "<disk name='vdb' snapshot='no'/>" : "");
		buf_append(b, definition->data, definition->len);
		buf_printf(b, "\t\t\t</domain>\n\t\t\t<active>%d</active>\n\t\t</test:domainsnapshot>\n", s->current);
	}
}

static void put_vm(struct buf *b, struct node_maker *m, int blade, int vm, const struct grade *g, bool rich, const char *volume)
{
	int kind = order[m->vms % (int)sizeof order], n = m->made[kind];
	/* one VM in eleven is off; of a whole blade's, none or all would look wrong */
	int state = m->vms % 11 == 7 ? OFF : RUNNING;
	struct buf d = {0};

	m->vms++;
	buf_str(&d, "\t\t<name>");
	put_name(&d, m, kind);
	buf_str(&d, "</name>\n\t\t<uuid>");
	put_uuid(&d, blade, vm);
	buf_str(&d, "</uuid>\n");
	if (rich)
		buf_printf(&d,
			"\t\t<metadata><libosinfo:libosinfo "
			"xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
			"<libosinfo:os id='%s'/></libosinfo:libosinfo></metadata>\n",
			kinds[kind].guest);
	buf_printf(&d, "\t\t<memory unit='KiB'>%d</memory>\n\t\t<vcpu>%d</vcpu>\n\t\t<os><type>hvm</type></os>\n",
		g->mem_kib, g->vcpus);
	if (rich)
		put_devices(&d, blade, vm, kinds[kind].pair, volume);
	buf_str(b, "\t<domain type='test'>\n");
	buf_append(b, d.data, d.len);
	buf_printf(b, "\t\t<test:runstate>%d</test:runstate>\n", state);
	if (rich)
		put_snaps(b, kind, n, &d);
	buf_str(b, "\t</domain>\n");
	buf_free(&d);
}

void node_pairs(struct buf *b, const struct node_maker *m)
{
	for (int k = 0; k < KINDS; k++) {
		int n = kinds[k].pair ? m->made[k] / 2 : 0; /* the last a may have no b yet */
		n = n > PAIRS_MAX ? PAIRS_MAX : n;
		size_t len = strcspn(kinds[k].name, "%");
		if (n)
			buf_printf(b, "pair \"%.*s[01-%02d]\" { halves = { \"{name}a\", \"{name}b\" } }\n", (int)len,
				kinds[k].name, n);
	}
}

static const struct grade *grade_of(int blade)
{
	return &grades[blade_grades[blade % (int)(sizeof blade_grades - 1)] - '0'];
}

int node_vms(int blade, int vms)
{
	return vms ? vms : grade_of(blade)->per_blade;
}

void node_write(struct buf *b, struct node_maker *m, int blade, int vms,
	void (*lies_on)(void *ctx, int blade, int vm, char *out, size_t size), void *ctx)
{
	const struct grade *g = grade_of(blade);

	/* 2 processors of 4 cores, 24 GiB */
	buf_str(b, "<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>\n"
		   "\t<cpu>\n\t\t<mhz>2933</mhz>\n\t\t<model>x86_64</model>\n\t\t<active>8</active>\n\t\t<nodes>1</"
		   "nodes>\n\t\t<sockets>2</sockets>\n"
		   "\t\t<cores>4</cores>\n\t\t<threads>1</threads>\n\t</cpu>\n\t<memory>25165824</memory>\n");
	if (vms)
		g = &grades[0];
	for (int i = 0; i < node_vms(blade, vms); i++) {
		char volume[32] = "";
		if (!vms)
			lies_on(ctx, blade, i, volume, sizeof volume);
		put_vm(b, m, blade, i, g, !vms, volume);
	}
	buf_str(b, "</node>\n");
}
