/* The hosts room: URIs, libvirt's XML, the test driver in this process with every verb and event, and daemons that do not
 * answer. Nothing here needs a privilege. */
#include "common/clock.h"
#include "common/text.h"
#include "hosts/domxml.h"
#include "hosts/host.h"
#include "common/buf.h"
#include "common/host_uri.h"
#include "sshd_fixture.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[64];

static void fine(struct err *e)
{
	if (e)
		printf("got %s: %s\n", e->msg.id, e->msg.text);
	assert_null(e);
}

static void expect(struct err *e, enum err_class class, const char *id)
{
	assert_non_null(e);
	if (strcmp(e->msg.id, id) != 0 || e->class != class)
		printf("got %s %s: %s\n", err_class_name(e->class), e->msg.id, e->msg.text);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	err_free(e);
}

/* -- URIs -- */

static void good_uris(void **state)
{
	static const struct { const char *uri, *driver, *path, *host, *user; enum uri_via via; int port; } rows[] = {
		{ "test:///default", "test", "/default", "", "", VIA_PROCESS, 0 },
		{ "test:///abs/a%20b.xml", "test", "/abs/a b.xml", "", "", VIA_PROCESS, 0 },
		{ "test+unix:///abs/file.xml?socket=/run/x", "test", "/abs/file.xml", "", "", VIA_LOCAL, 0 },
		{ "test+ssh://root@h1/abs/file.xml", "test", "/abs/file.xml", "h1", "root", VIA_SSH, 0 },
		{ "qemu:///system", "qemu", "/system", "", "", VIA_LOCAL, 0 },
		{ "qemu:///session", "qemu", "/session", "", "", VIA_LOCAL, 0 },
		{ "qemu+unix:///session?socket=/run/x%20y", "qemu", "/session", "", "", VIA_LOCAL, 0 },
		{ "qemu+ssh://blade_1.example:2222/system?keyfile=/k&known_hosts=/h", "qemu", "/system", "blade_1.example", "", VIA_SSH, 2222 },
		{ "qemu+ssh://op@[::1]:22/system", "qemu", "/system", "::1", "op", VIA_SSH, 22 },
		{ "xen:///", "xen", "/system", "", "", VIA_LOCAL, 0 },
		{ "xen:///system", "xen", "/system", "", "", VIA_LOCAL, 0 },
		{ "xen+ssh://root@h2/system", "xen", "/system", "h2", "root", VIA_SSH, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct host_uri u;
		fine(host_uri_parse(rows[i].uri, &u));
		assert_string_equal(u.driver, rows[i].driver);
		assert_string_equal(u.path, rows[i].path);
		assert_string_equal(u.host, rows[i].host);
		assert_string_equal(u.user, rows[i].user);
		assert_int_equal(u.via, rows[i].via);
		assert_int_equal(u.port, rows[i].port);
		host_uri_free(&u);
	}
	struct host_uri u;
	fine(host_uri_parse("qemu+unix:///system?socket=/run/x%20y", &u));
	assert_string_equal(u.socket, "/run/x y");
	char *s = host_uri_by_socket(&u, "/p q/r?s");
	assert_string_equal(s, "qemu+unix:///system?socket=/p%20q/r%3Fs");
	free(s);
	host_uri_free(&u);
	fine(host_uri_parse("test:///abs/a%20b.xml", &u));
	s = host_uri_plain(&u);
	assert_string_equal(s, "test:///abs/a%20b.xml");
	free(s);
	host_uri_free(&u);
}

static void bad_uris(void **state)
{
	static const struct { const char *uri, *id; } rows[] = {
		{ "", "host.uri.scheme" }, { "/etc/passwd", "host.uri.scheme" }, { "http://x/", "host.uri.scheme" },
		{ "qemu", "host.uri.scheme" }, { "qemux:///system", "host.uri.scheme" }, { "qemu+tls://h/system", "host.uri.scheme" },
		{ "qemu+tcp://h/system", "host.uri.scheme" }, { "qemu+libssh://h/system", "host.uri.scheme" },
		{ "qemu:///", "host.uri.daemon" }, { "qemu:///embed", "host.uri.daemon" }, { "qemu:///system/x", "host.uri.daemon" },
		{ "xen:///session", "host.uri.daemon" }, { "test:///", "host.uri.test" }, { "test://", "host.uri.test" },
		{ "qemu://blade1/system", "host.uri.local" }, { "qemu+unix://u@/system", "host.uri.local" },
		{ "qemu+ssh:///system", "host.uri.host" }, { "qemu+ssh://-oProxyCommand=id/system", "host.uri.host" },
		{ "qemu+ssh://u:secret@h/system", "host.uri.user" }, { "qemu+ssh://-u@h/system", "host.uri.user" },
		{ "qemu:///system?mode=direct", "host.uri.param" }, { "qemu:///system?keyfile=/k", "host.uri.param" },
		{ "qemu+ssh://h/system?command=sh", "host.uri.param" }, { "qemu+ssh://h/system?keyfile=", "host.uri.param" },
		{ "qemu+ssh://h/system?keyfile=k", "host.uri.path" }, { "qemu:///system#x", "host.uri.param" },
		{ "qemu+ssh://h/system?keyfile=/a&keyfile=/b", "host.uri.param" }, { "test:///default?socket=/x", "host.uri.param" },
		{ "qemu+ssh://h/system?keyfile=/a%0Ab", "host.uri.path" }, { "qemu:// /system", "host.uri.broken" },
		{ "qemu:///sys\ntem", "host.uri.broken" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err *e = host_uri_parse(rows[i].uri, NULL);
		if (!e || strcmp(e->msg.id, rows[i].id) != 0)
			printf("%s: %s\n", rows[i].uri, e ? e->msg.id : "taken");
		expect(e, ERR_USAGE, rows[i].id);
	}
}

/* -- XML -- */

static const char domain_xml[] =
	"<domain type='qemu'><name>x</name><metadata>"
	"<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
	"<libosinfo:os id='http://microsoft.com/win/2k19'/></libosinfo:libosinfo></metadata>"
	"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><devices>"
	"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/v/a.qcow2'/><target dev='vda'/></disk>"
	"<disk type='block'><source dev='/dev/sd&#x202e;x'/><target dev='vdb'/><shareable/></disk>"
	"<disk type='file' device='cdrom'><target dev='sda'/></disk>"
	"<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='virtio'/></interface>"
	"<interface type='user'><mac address='52:54:00:00:00:02'/></interface></devices></domain>";

static void reads_domain_xml(void **state)
{
	struct host_vm_detail d = { 0 };

	fine(domxml_detail(domain_xml, &d));
	assert_string_equal(d.guest, "Windows Server 2019");
	assert_string_equal(d.machine, "pc-q35-7.2");
	assert_int_equal(d.ndisks, 3);
	assert_string_equal(d.disks[0].target, "vda");
	assert_string_equal(d.disks[0].source, "/v/a.qcow2");
	assert_string_equal(d.disks[0].format, "qcow2");
	assert_false(d.disks[0].shared);
	assert_true(d.disks[1].shared);
	assert_true(text_is_clean(d.disks[1].source)); /* a bidi override came in */
	assert_string_equal(d.disks[2].source, "");
	assert_int_equal(d.nnics, 2);
	assert_string_equal(d.nics[0].network, "br0");
	assert_string_equal(d.nics[0].model, "virtio");
	assert_string_equal(d.nics[1].mac, "52:54:00:00:00:02");
	host_vm_detail_free(&d);
}

static void knows_a_vm_without_a_screen(void **state)
{
	assert_true(domxml_no_screen("<domain><name>&lt;video></name><devices><serial type='pty'/></devices></domain>"));
	assert_true(domxml_no_screen("<domain><devices><video><model type='none'/></video></devices></domain>"));
	assert_false(domxml_no_screen("<domain><devices><video><model type='virtio' heads='1'/></video></devices></domain>"));
	assert_false(domxml_no_screen("<domain><devices><video/></devices></domain>"));
	assert_false(domxml_no_screen("no xml"));
	assert_false(domxml_no_screen("<other/>"));
}

/* What a host says must fit a line of the protocol. */
static void bounds_a_long_source(void **state)
{
	struct host_vm_detail d = { 0 };
	struct buf b = { 0 };

	buf_str(&b, "<domain><devices><disk type='file'><source file='/");
	for (int i = 0; i < 300000; i++)
		buf_str(&b, "&#x202e;");
	buf_str(&b, "'/><target dev='vda'/></disk></devices></domain>");
	buf_append(&b, "", 1);
	fine(domxml_detail(b.data, &d));
	assert_int_equal(d.ndisks, 1);
	assert_true(strlen(d.disks[0].source) <= 4096 && strstr(d.disks[0].source, "\\x~"));
	host_vm_detail_free(&d);
	buf_free(&b);
}

static void hostile_xml(void **state)
{
	static const char *const bad[] = { "", "no xml", "<domain>", "<other/>",
		"<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><os><type machine='&x;'/></os></domain>",
		"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><domain><name>&b;</name></domain>" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct host_vm_detail d = { 0 };
		expect(domxml_detail(bad[i], &d), ERR_FAILED, "host.xml");
		host_vm_detail_free(&d);
	}
	/* a thousand disks are not kept */
	struct host_vm_detail d = { 0 };
	char *xml = calloc(1, 100000), *p = stpcpy(xml, "<domain><devices>");
	for (int i = 0; i < 1000; i++)
		p = stpcpy(p, "<disk><target dev='vda'/></disk>");
	stpcpy(p, "</devices></domain>");
	fine(domxml_detail(xml, &d));
	assert_int_equal(d.ndisks, 256);
	host_vm_detail_free(&d);
	free(xml);
}

static void reads_the_console(void **state)
{
	static const struct { const char *devices, *type, *why; } rows[] = {
		{ "", "", "host.console.none" },
		{ "<serial type='pty'><target port='0'/></serial>", "pty", NULL },
		{ "<serial type='file'/><console type='unix'/>", "unix", NULL },
		{ "<serial type='file'><source path='/x'/></serial>", "file", "host.console.type" },
		{ "<serial type='pty'/><console type='tcp'/>", "tcp", "host.console.type" },
		{ "<console/>", "", "host.console.none" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct host_vm_detail d = { 0 };
		char *xml = xasprintf("<domain><devices>%s</devices></domain>", rows[i].devices);
		fine(domxml_detail(xml, &d));
		assert_string_equal(d.console, rows[i].type);
		assert_string_equal(d.no_console ? d.no_console : "", rows[i].why ? rows[i].why : "");
		host_vm_detail_free(&d);
		free(xml);
	}
}

static void reads_host_xml(void **state)
{
	struct host_facts f = { 0 };

	domxml_capabilities("<capabilities><host><uuid>11111111-2222-3333-4444-555555555555</uuid></host></capabilities>", &f);
	assert_string_equal(f.uuid, "11111111-2222-3333-4444-555555555555");
	domxml_sysinfo("<sysinfo type='smbios'><bios><entry name='serial'>no</entry></bios><system>"
		"<entry name='manufacturer'>HP </entry><entry name='product'>ProLiant BL460c</entry>"
		"<entry name='serial'> CZJ0310B7K</entry></system></sysinfo>", &f);
	assert_string_equal(f.model, "HP ProLiant BL460c");
	assert_string_equal(f.serial, "CZJ0310B7K");
	/* what is cut is not cut through a character */
	char xml[600] = "<sysinfo><system><entry name='product'>", *p = xml + strlen(xml);
	for (int i = 0; i < 60; i++)
		p = stpcpy(p, "\xe6\xa3\x9a");
	stpcpy(p, "</entry></system></sysinfo>");
	domxml_sysinfo(xml, &f);
	assert_true(text_is_clean(f.model));
	domxml_sysinfo("<", &f);
	domxml_capabilities("<capabilities/>", &f);
}

static void guests_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "http://debian.org/debian/12", "Debian 12" }, { "http://ubuntu.com/ubuntu/22.04", "Ubuntu 22.04" },
		{ "http://microsoft.com/win/10", "Windows 10" }, { "http://microsoft.com/win/2k8r2", "Windows Server 2008 R2" },
		{ "http://redhat.com/rhel/9.2", "Red Hat Enterprise Linux 9.2" }, { "http://centos.org/centos-stream/9", "CentOS Stream 9" },
		{ "odd", "odd" }, { "", "" }, { "://", "://" },
	};
	char out[96];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		domxml_guest(out, sizeof out, rows[i][0]);
		assert_string_equal(out, rows[i][1]);
	}
}

/* -- the test driver -- */

static struct { pthread_mutex_t lock; struct host_event ev[64]; int n; } seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void on_event(void *ctx, const struct host_event *ev)
{
	pthread_mutex_lock(&seen.lock);
	if (seen.n < 64)
		seen.ev[seen.n++] = *ev;
	pthread_mutex_unlock(&seen.lock);
}

static void forget_events(void)
{
	pthread_mutex_lock(&seen.lock);
	seen.n = 0;
	pthread_mutex_unlock(&seen.lock);
}

/* The one event that comes next. */
static void expect_event(enum host_event_kind kind, enum vm_state vm_state, enum host_why why, const char *uuid)
{
	int n = 0;

	for (int i = 0; i < 12000 && n == 0; i++) {
		pthread_mutex_lock(&seen.lock);
		n = seen.n;
		pthread_mutex_unlock(&seen.lock);
		if (!n)
			usleep(5000);
	}
	assert_int_equal(n, 1);
	assert_int_equal(seen.ev[0].kind, kind);
	assert_int_equal(seen.ev[0].state, vm_state);
	assert_int_equal(seen.ev[0].why, why);
	if (uuid)
		assert_string_equal(seen.ev[0].uuid, uuid);
	forget_events();
}

static struct host *host_make(const char *uri, int connect_ms)
{
	struct host_spec spec = { .name = "blade1", .uri = uri, .key_file = "", .known_hosts = "", .runtime_dir = dir,
		.connect_ms = connect_ms };
	struct host_sink sink = { .event = on_event };
	struct host *h = NULL;

	fine(host_new(&spec, LANE_SHORT, &sink, &h));
	return h;
}

static void host_drop(struct host *h)
{
	host_close(h);
	host_free(h);
}

#define UUID1 "bbbbbbbb-0000-0000-0000-000000000001"
#define UUID2 "bbbbbbbb-0000-0000-0000-000000000002"
#define NODE "<node><cpu><mhz>3000</mhz><model>x</model><active>8</active><nodes>1</nodes><sockets>2</sockets>" \
	"<cores>4</cores><threads>1</threads></cpu><memory>25165824</memory>" \
	"<domain type='test'><name>web01</name><uuid>" UUID1 "</uuid><memory>1048576</memory><vcpu>2</vcpu>" \
	"<os><type>hvm</type></os></domain>" \
	"<domain type='test'><name>e&#x202e;vil </name><uuid>" UUID2 "</uuid><memory>2097152</memory><vcpu>4</vcpu>" \
	"<os><type>hvm</type></os></domain></node>"

static struct host *node_open(void)
{
	char path[96], uri[128];

	snprintf(path, sizeof path, "%s/node.xml", dir);
	write_text(path, NODE);
	snprintf(uri, sizeof uri, "test://%s", path);
	struct host *h = host_make(uri, 5000 * patience());
	fine(host_open(h));
	forget_events();
	return h;
}

static const struct host_vm *by_uuid(const struct host_vm *vms, size_t n, const char *uuid)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(vms[i].uuid, uuid) == 0)
			return &vms[i];
	return NULL;
}

/* The node's file stands for a machine: taken away, it is gone, and back it can be had anew. */
static void a_machine_that_is_taken_away(void **state)
{
	struct host *h = node_open();
	char path[96], away[112];
	struct host_vm *vms;
	size_t n;

	snprintf(path, sizeof path, "%s/node.xml", dir);
	snprintf(away, sizeof away, "%s.off", path);
	fine(host_list(h, &vms, &n));
	host_vms_free(vms, n);
	assert_int_equal(rename(path, away), 0);
	expect(host_list(h, &vms, &n), ERR_UNREACHABLE, "host.lost");
	expect(host_act(h, UUID1, VERB_POWER_OFF), ERR_UNREACHABLE, "host.lost");
	host_drop(h);
	assert_int_equal(rename(away, path), 0);
	h = node_open();
	fine(host_list(h, &vms, &n));
	assert_int_equal(n, 2);
	host_vms_free(vms, n);
	host_drop(h);
}

static void lists_and_looks(void **state)
{
	struct host *h = node_open();
	struct host_facts f;
	struct host_vm *vms, vm;
	struct host_vm_detail d;
	size_t n;

	assert_true(host_one_lane(h));
	fine(host_facts(h, &f));
	assert_string_equal(f.driver, "test");
	assert_non_null(strstr(f.version, "libvirt "));
	assert_int_equal(f.cpus, 8);
	assert_int_equal(f.mem_kib, 25165824);
	assert_int_equal(f.can[VERB_POWER_ON], OUTCOME_STATE);
	assert_int_equal(f.can[VERB_RESET], OUTCOME_UNSEEN);

	fine(host_list(h, &vms, &n));
	assert_int_equal(n, 2);
	const struct host_vm *web = by_uuid(vms, n, UUID1), *evil = by_uuid(vms, n, UUID2);
	assert_non_null(web);
	assert_non_null(evil);
	assert_string_equal(web->name, "web01");
	assert_int_equal(web->state, VM_RUNNING);
	assert_int_equal(web->vcpus, 2);
	assert_int_equal(web->mem_kib, 1048576);
	assert_true(web->persistent);
	assert_string_equal(evil->name, "e\\xe2\\x80\\xaevil\\x20");
	host_vms_free(vms, n);
	fine(host_identity(h, &f));
	assert_false(f.whole);
	assert_string_equal(f.driver, "test");
	assert_int_equal(f.can[VERB_RESET], OUTCOME_UNSEEN);
	assert_int_equal(f.cpus, 0);

	fine(host_look(h, UUID2, &vm));
	assert_int_equal(vm.vcpus, 4);
	free(vm.name);
	fine(host_detail(h, UUID1, &d));
	assert_string_equal(d.vm.name, "web01");
	assert_false(d.autostart);
	host_vm_detail_free(&d);
	expect(host_look(h, "bbbbbbbb-0000-0000-0000-00000000000f", &vm), ERR_NOTFOUND, "host.vm.none");
	expect(host_detail(h, "nonsense", &d), ERR_FAILED, "host.failed");
	host_drop(h);
}

static void powers_and_tells(void **state)
{
	struct host *h = node_open();

	fine(host_act(h, UUID1, VERB_SHUTDOWN));
	expect_event(HOST_EVENT_STATE, VM_OFF, WHY_GUEST, UUID1);
	struct err *e = host_act(h, UUID1, VERB_SHUTDOWN);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_STATE);
	err_free(e);
	expect(host_act(h, UUID1, VERB_POWER_OFF), ERR_STATE, "host.state");
	fine(host_act(h, UUID1, VERB_POWER_ON));
	expect_event(HOST_EVENT_STATE, VM_RUNNING, WHY_BOOTED, UUID1);
	e = host_act(h, UUID1, VERB_POWER_ON);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_STATE);
	assert_non_null(strstr(e->msg.text, "already running"));
	err_free(e);
	fine(host_act(h, UUID1, VERB_REBOOT));
	fine(host_act(h, UUID1, VERB_RESET));
	fine(host_act(h, UUID1, VERB_POWER_OFF));
	expect_event(HOST_EVENT_STATE, VM_OFF, WHY_DESTROYED, UUID1); /* and none came for the two before */
	expect(host_act(h, UUID1, VERB_PROTECT), ERR_UNSUPPORTED, "host.cannot");
	expect(host_act(h, "bbbbbbbb-0000-0000-0000-00000000000f", VERB_POWER_ON), ERR_NOTFOUND, "host.vm.none");

	/* quiet after the end */
	fine(host_act(h, UUID1, VERB_POWER_ON));
	host_close(h);
	forget_events();
	usleep(50000);
	assert_int_equal(seen.n, 0);
	expect(host_act(h, UUID1, VERB_POWER_ON), ERR_UNREACHABLE, "host.lost");
	host_free(h);
}

static void errors_print_nothing(void **state)
{
	char path[96];

	snprintf(path, sizeof path, "%s/stderr", dir);
	fflush(stderr);
	int old = dup(2), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 2);
	struct host *h = node_open();
	struct err *e = host_act(h, UUID1, VERB_POWER_ON);
	host_drop(h);
	h = host_make("test:///nonexistent/node.xml", 1000);
	struct err *e2 = host_open(h);
	host_drop(h);
	h = host_make("test:///etc/passwd", 1000); /* no XML */
	struct err *e3 = host_open(h);
	host_drop(h);
	fflush(stderr);
	dup2(old, 2);
	close(old);
	close(fd);
	char *said = read_text(path);
	assert_string_equal(said, "");
	free(said);
	unlink(path);
	assert_non_null(e);
	err_free(e);
	expect(e2, ERR_UNREACHABLE, "host.node.none"); /* as of a machine that is off, and not of XML that is broken */
	expect(e3, ERR_UNREACHABLE, "host.open");
}

static void default_node(void **state)
{
	struct host *h = host_make("test:///default", 5000);
	struct host_vm *vms;
	size_t n;

	fine(host_open(h));
	fine(host_list(h, &vms, &n));
	assert_int_equal(n, 1);
	assert_string_equal(vms[0].name, "test");
	host_vms_free(vms, n);
	host_abort(h); /* what comes after it is given up */
	expect(host_list(h, &vms, &n), ERR_TIMEOUT, "host.given-up");
	host_drop(h);
	h = host_make("test:///default", 5000);
	host_abort(h);
	expect(host_open(h), ERR_TIMEOUT, "host.given-up");
	host_drop(h);
}

/* -- daemons that do not answer -- */

static int listen_unix(char uri[160], int backlog)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/daemon", dir);
	unlink(sa.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
	assert_int_equal(listen(fd, backlog), 0);
	snprintf(uri, 160, "qemu+unix:///system?socket=%s", sa.sun_path);
	return fd;
}

static void no_daemon(void **state)
{
	char uri[160];
	int fd = listen_unix(uri, 4);

	close(fd); /* the path is left, nobody listens */
	struct host *h = host_make(uri, 1000);
	assert_false(host_one_lane(h));
	expect(host_open(h), ERR_UNREACHABLE, "host.socket.none");
	host_drop(h);
}

static void silent_daemon(void **state)
{
	char uri[160];
	int fd = listen_unix(uri, 16);
	struct host *h = host_make(uri, 400);
	int64_t start = clock_boot_ms();

	expect(host_open(h), ERR_TIMEOUT, "host.late");
	assert_in_range(clock_boot_ms() - start, 350, 1500 * patience());
	host_drop(h);
	assert_true(clock_boot_ms() - start < 2000 * patience());
	close(fd);
}

static void *hang_up(void *arg)
{
	int c = accept(*(int *)arg, NULL, NULL);

	close(c);
	return NULL;
}

static void daemon_hangs_up(void **state)
{
	char uri[160];
	int fd = listen_unix(uri, 16);
	pthread_t t;

	pthread_create(&t, NULL, hang_up, &fd);
	struct host *h = host_make(uri, 5000);
	int64_t start = clock_boot_ms();
	expect(host_open(h), ERR_UNREACHABLE, "host.lost");
	assert_true(clock_boot_ms() - start < 1000 * patience());
	host_drop(h);
	pthread_join(t, NULL);
	close(fd);
}

struct aborter { struct host *h; int us; };

static void *abort_later(void *arg)
{
	struct aborter *a = arg;

	usleep((useconds_t)a->us);
	host_abort(a->h);
	return NULL;
}

static void hundred_aborted_opens_leave_nothing(void **state)
{
	char uri[160];
	int fd = listen_unix(uri, 4096);
	struct counts was = counts_now();

	for (int i = 0; i < 100; i++) {
		struct host *h = host_make(uri, 20000);
		struct aborter a = { h, i * 100 }; /* at another moment each time */
		pthread_t t;
		pthread_create(&t, NULL, abort_later, &a);
		int64_t start = clock_boot_ms();
		expect(host_open(h), ERR_TIMEOUT, "host.given-up");
		assert_true(clock_boot_ms() - start < 1000 * patience());
		pthread_join(t, NULL);
		host_drop(h);
	}
	close(fd);
	assert_true(counts_settle(was));
}

static void aborts_ssh_while_it_opens(void **state)
{
	int port, fd = listen_tcp(64, &port); /* accepts and says nothing */
	char uri[96];
	struct counts was = counts_now();

	snprintf(uri, sizeof uri, "qemu+ssh://root@127.0.0.1:%d/system?known_hosts=/dev/null", port);
	for (int i = 0; i < 20; i++) {
		struct host *h = host_make(uri, 20000);
		struct aborter a = { h, i * 1000 };
		pthread_t t;
		pthread_create(&t, NULL, abort_later, &a);
		int64_t start = clock_boot_ms();
		struct err *e = host_open(h);
		assert_non_null(e);
		assert_int_equal(e->class, ERR_TIMEOUT);
		err_free(e);
		assert_true(clock_boot_ms() - start < 1000 * patience());
		pthread_join(t, NULL);
		host_drop(h);
	}
	close(fd);
	assert_true(counts_settle(was));
}

static void hundred_opens_leave_nothing(void **state)
{
	host_drop(node_open());
	struct counts was = counts_now();
	for (int i = 0; i < 100; i++) {
		struct host *h = node_open();
		if (i % 2)
			fine(host_act(h, UUID1, VERB_SHUTDOWN)); /* with an event on its way */
		host_drop(h);
	}
	assert_true(counts_settle(was));
}

static struct counts at_start;

static int up(void **state)
{
	unsetenv("SSH_AUTH_SOCK");
	snprintf(dir, sizeof dir, "/tmp/tana-hosts-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	at_start = counts_now();
	struct err *e = host_start();
	if (e)
		printf("%s\n", e->msg.text);
	return e ? -1 : 0;
}

static int down(void **state)
{
	char path[96];

	host_stop();
	snprintf(path, sizeof path, "%s/node.xml", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/daemon", dir);
	unlink(path);
	struct counts now = counts_now();
	for (int i = 0; i < 3000 && now.tasks > at_start.tasks; i++) { /* a joined thread may still be seen for a moment */
		usleep(10000);
		now = counts_now();
	}
	return now.tasks == at_start.tasks && rmdir(dir) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_uris), cmocka_unit_test(bad_uris), cmocka_unit_test(reads_domain_xml),
		cmocka_unit_test(knows_a_vm_without_a_screen),
		cmocka_unit_test(bounds_a_long_source),
		cmocka_unit_test(hostile_xml), cmocka_unit_test(reads_the_console), cmocka_unit_test(reads_host_xml), cmocka_unit_test(guests_by_name),
		cmocka_unit_test(a_machine_that_is_taken_away), cmocka_unit_test(lists_and_looks), cmocka_unit_test(powers_and_tells), cmocka_unit_test(errors_print_nothing),
		cmocka_unit_test(default_node), cmocka_unit_test(no_daemon), cmocka_unit_test(silent_daemon),
		cmocka_unit_test(daemon_hangs_up), cmocka_unit_test(hundred_aborted_opens_leave_nothing),
		cmocka_unit_test(aborts_ssh_while_it_opens), cmocka_unit_test(hundred_opens_leave_nothing),
	};

	return cmocka_run_group_tests(tests, up, down);
}
