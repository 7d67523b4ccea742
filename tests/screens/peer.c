/* peer: a broker of a few words, for screens that no real site shows at will: snapshots being taken, of unknown outcome, with
 * hostile names; limits that are full; hosts that cannot. It decides nothing that it is not told here; what it was asked is
 * kept in a file, a line each, so that a test can see what a key led to.
 *     peer SOCKET LOG ROLE [told] [lost] [many] [metal] [held] [worse] [notices] [one] [empty] [long] [idle] [kept]
 * held: somebody else types on the serial console (peer_stream.c).
 * care: the same with alerts, events and an audit log (peer_care.c). SIGUSR1: a new alert. SIGUSR2: a job ended.
 * map: the metal with clusters and volumes, what would be lost, and what is found (peer_map.c). SIGUSR1: a VM comes. SIGUSR2: it goes.
 * kept: care and map at once, VMs in every state (peer_kept.c); any number of consoles, each with a broker of its own.
 * metal: racks with blades in every state (peer_metal.c) in place of the VMs.
 * notices, one, empty, long, idle: what a customer sees first (peer_customer.c).
 * worse: what a shutdown costs is more when it is asked for the second time; that answer waits for SIGUSR1.
 * told: a job that was committed is done at SIGUSR2, else after a while; so is, on the metal, a manager being connected to.
 * SIGUSR1: the VM db01a is gone. SIGUSR2, where it means nothing else: somebody shuts db01b down. */
#include "common/buf.h"
#include "peer_care.h"
#include "peer_customer.h"
#include "peer_kept.h"
#include "peer_map.h"
#include "peer_metal.h"
#include "peer_stream.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536

static const char *role;
static int out;
static FILE *asked;
#define JOB_MS 1500      /* how long a job that was committed runs, if nobody tells */

static bool by_word;     /* see above: told */
static bool runs;        /* a job that was committed */
static int64_t ends;     /* boot ms when it is done, if nobody tells */
static bool care; /* alerts, events, records (peer_care.c), on the metal */
static bool kept; /* both, and what peer_kept.c has */
static bool map;  /* clusters, volumes (peer_map.c), on the metal too */
static bool worse;              /* see above */
static int plans;               /* of a shutdown, that were asked for */
static json_t *late;            /* an answer that waits */
static bool lost, many, metal;  /* its host does not answer; more snapshots than a screen has rows */

static volatile sig_atomic_t told;

static void on_signal(int signo)
{
	told = signo;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);
	size_t len = strlen(text), done = 0;

	text[len++] = '\n'; /* in place of its end */
	while (done < len) {
		ssize_t n = send(out, text + done, len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	free(text);
	json_decref(j);
}

/* Text of this file; single quotes stand for double ones. */
static json_t *parsed(const char *text)
{
	char *copy = xstrdup(text);
	json_error_t e;
	json_t *j;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, &e);
	if (!j) {
		fprintf(stderr, "peer: %s at %d: %s\n", e.text, e.position, text);
		exit(2);
	}
	free(copy);
	return j;
}

static json_t *words(const char *id, const char *text)
{
	return json_pack("{s:s, s:{}, s:s}", "msg", id, "args", "text", text);
}

static bool has(json_t *args, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(args, key));

	return s && strcmp(s, value) == 0;
}

/* ---- objects ---- */

static void vm(const char *id, const char *name, const char *more)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:i, s:i}", "kind", "vm", "id", id, "gen", 1, "name", name,
		"uuid", "6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa", "grade", "V40", "state", "running", "live", 1, "persistent", 1,
		"since", (json_int_t)time(NULL) - 7200, "vcpus", 4, "mem_kib", 4 * 1024 * 1024);
	json_t *m = parsed(more);

	if (strcmp(role, "customer") != 0) {
		json_object_set_new(o, "tenant", json_string("acme"));
		json_object_set_new(o, "blade", json_string("a2-12"));
	}
	json_object_update(o, m);
	json_decref(m);
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

static void job(const char *id, const char *verb, const char *state, const char *target, const char *name, int64_t started, int64_t ended)
{
	put(json_pack("{s:s, s:{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I}}", "event", "put", "object", "kind", "job", "id", id, "gen", 1,
		"verb", verb, "target", target, "targets", name, "count", 1, "done", 0, "by", "sato", "state", state, "started", (json_int_t)started,
		"ended", (json_int_t)ended));
}

static void objects(void)
{
	int64_t now = time(NULL);

	if (metal) {
		if (care)
			care_objects(put);
		if (map)
			map_objects(put);
		if (kept)
			kept_objects(put);
		metal_objects(put);
		if (care)
			care_notes(put);
		if (kept)
			kept_site(put);
		return;
	}
	if (customer_objects(put))
		return;
	put(parsed("{'event':'put','object':{'kind':'site','id':'site','gen':1,'name':'scripted','hosts':1,'hosts_live':1,'vms':6,'vms_running':5}}"));
	if (strcmp(role, "customer") != 0) {
		put(parsed("{'event':'put','object':{'kind':'rack','id':'rack:A','gen':1,'name':'A','order':0}}"));
		put(parsed("{'event':'put','object':{'kind':'blade','id':'blade:a2-12','gen':1,'name':'a2-12','rack':'A','host':'up','vms':6,'running':5}}"));
	}
	job("job:000001", "snapshot-create", "running", "vm:1", "db01a", now - 185, 0);
	job("job:000002", "snapshot-create", "unknown", "vm:1", "db01a", now - 4000, 0);
	vm("vm:1", "db01a", "{'pair':'db01b','snaps':2,'snaps_busy':2,'snaps_max':3,'snap':'full','job':'job:000001','doing':'snapshot-create','by':'sato'}");
	vm("vm:2", "db01b", "{'pair':'db01a','snaps':0,'snaps_max':3,'snap':'room'}");
	vm("vm:3", "gx01", "{'snaps':0,'snaps_max':-1,'snap':''}");
	vm("vm:4", "顧客管理01", "{'snaps':1,'snaps_max':3,'snap':'full'}");
	vm("vm:5", "old01", "{'live':false,'seen':1795000000,'snaps':-1,'snaps_max':3,'snap':'room'}");
	vm("vm:6", "web01", "{'snaps':12,'snaps_max':-1,'snap':''}");
	put(parsed("{'event':'synced'}"));
}

/* ---- snapshots ---- */

#define NONE "'note':'','by':'sato','outside':false,'charged':'acme','current':false,'memory':true,'external':false,'state':'kept','vm_state':'running'"
static const char tree[] =
	"[{'id':'snap:1','name':'base','host_name':'tana-1','parent':''," NONE ",'created':1775000000,'bytes':1073741824},"
	"{'id':'snap:2','name':'before-patch-0412','host_name':'tana-2','parent':'snap:1'," NONE ",'created':1775010000,'bytes':68157440,'note':'ticket 4711'},"
	"{'id':'snap:3','name':'after-patch','host_name':'tana-3','parent':'snap:2'," NONE ",'created':1775020000,'bytes':0,'memory':false,'by':'provider'},"
	"{'id':'snap:4','name':'顧客のスナップショット','host_name':'tana-4','parent':'snap:1'," NONE ",'created':1775030000,'bytes':4096},"
	"{'id':'made-by-hand','name':'made-by-hand','host_name':'made-by-hand','parent':'snap:4'," NONE ",'created':1775040000,'bytes':0,'memory':false,'external':true,'outside':true,'by':''},"
	"{'id':'snap:6','name':'evil\\u001b[2J\\r\\nname\\u202e','host_name':'tana-6','parent':'snap:4'," NONE ",'created':1775050000,'bytes':2097152,'current':true,'note':'a\\u0007b','charged':''},"
	"{'id':'snap:7','name':'pre-upgrade','host_name':'tana-7','parent':'snap:6'," NONE ",'created':1795100000,'bytes':0,'state':'sent','job':'job:000001'},"
	"{'id':'snap:8','name':'nightly','host_name':'tana-8','parent':'snap:6'," NONE ",'created':1795200000,'bytes':0,'state':'sent','job':'job:000002'}]";
static const char limits[] =
	"[{'kind':'kept','scope':'server','limit':'3','max':3,'used':2,'busy':2,'needed':1,'full':true,'next':0,'until':0,'ref':'','words':{'msg':'x','args':{},'text':'2+2 of 3 kept (this server)'}},"
	"{'kind':'taken','scope':'tenant','limit':'4 per day','max':4,'used':4,'busy':0,'needed':1,'full':true,'next':1795273200,'until':1795359600,'ref':'ticket 99','words':{'msg':'x','args':{},'text':'4 of 4 taken per day (all servers)'}},"
	"{'kind':'space','scope':'server','limit':'disks','max':354334801920,'used':12884901888,'busy':0,'needed':1,'full':false,'next':0,'until':0,'ref':'','words':{'msg':'x','args':{},'text':'12 of 330 GiB space (this server)'}}]";
static const char can[] =
	"{'create':null,'external':null,'quiesce':{'msg':'x','args':{},'text':'the guest agent of this VM does not answer its host, so that nothing in the guest can be asked to keep still while the disks are taken'},"
	"'revert-external':{'msg':'x','args':{},'text':'libvirt before 9.9 cannot revert to a snapshot that has files of its own; this host runs 9.0.0: delete it, or move the VM to a newer host first'},'delete-external':null}";

static json_t *snapshots(const char *object)
{
	json_t *ret = json_pack("{s:I, s:b, s:o, s:o, s:o}", "at", (json_int_t)time(NULL), "live", !lost, "snapshots",
		kept || strcmp(object, "vm:1") == 0 || strcmp(object, "vm:2") == 0 ? parsed(tree) : json_array(), "limits", strcmp(object, "vm:3") == 0 ? json_array() : parsed(limits), "can",
		strcmp(object, "vm:6") == 0 ? parsed("{'create':{'msg':'x','args':{},'text':'the xen driver has no snapshots'},"
			"'external':{'msg':'x','args':{},'text':'the xen driver has no snapshots'}}") : parsed(can));
	json_t *list = json_object_get(ret, "snapshots");

	for (int i = 0; many && i < 60; i++) {
		char id[32];

		snprintf(id, sizeof id, "snap:m%02d", i);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "id", id, "name", id + 5, "by", "sato", "state", "kept", "created",
			(json_int_t)1775000000 + i * 86400, "parent", ""));
	}
	return ret;
}

/* ---- plans ---- */

static json_t *plan(json_t *args)
{
	const char *verb = json_string_value(json_object_get(args, "verb")), *target = json_string_value(json_array_get(json_object_get(args, "targets"), 0));
	bool create = strcmp(verb, "snapshot-create") == 0, revert = strcmp(verb, "snapshot-revert") == 0, shutdown = strcmp(verb, "shutdown") == 0;
	json_t *refused = json_array(), *impact = json_array(), *ret, *snapshot;
	bool reason = has(args, "exceed", "yes") || has(args, "override-pair", "yes");
	const char *name = json_string_value(json_object_get(args, create ? "name" : "snapshot"));

	if (create && has(args, "charge", "tenant") && !has(args, "exceed", "yes")) {
		json_t *e = words("snapshot.kept.full", "db01a keeps 2 of 3 snapshots and 2 more are being taken: there is no room for another before one of them is deleted. "
			"It would have room by time alone never; a snapshot that is deleted makes room at once, and so does one that fails. END-OF-LIMIT");

		json_object_set_new(e, "class", json_string("limit"));
		json_array_append_new(refused, e);
	}
	if (revert && !has(args, "override-pair", "yes")) {
		json_t *e = words("snapshot.pair.running", "db01b, the other half of its pair, is running");

		json_object_set_new(e, "class", json_string("state"));
		json_array_append_new(refused, e);
	}
	json_array_append_new(impact, words("x", create ? "what it holds now is kept" : revert ? "what was written since is lost: 22 h of work" :
		shutdown ? "it stops in its own time" : "it cannot be reverted to any more"));
	if (shutdown && plans++ && worse)
		json_array_append_new(impact, words("x", "db01a stands still until it is back"));
	snapshot = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:[s]}", "id", "snap:1", "name", name ? name : "2026-11-21 07:00", "note", "", "external", 0, "memory", 1,
		"charged", "acme", "victims", "base");
	if (has(args, "children", "yes")) {
		json_array_append_new(json_object_get(snapshot, "victims"), json_string("before-patch-0412"));
		json_array_append_new(json_object_get(snapshot, "victims"), json_string("after-patch"));
	}
	ret = json_pack("{s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b}], s:o, s:[], s:o, s:[], s:{s:s, s:s}, s:s, s:i, s:b, s:o}", "plan", "p-1", "verb", verb,
		"targets", "id", target, "name", "db01a", "blade", "a2-12", "place", "rack A, A2, bay 12", "state", "running", "live", 1, "tenant", "acme", "ok", 1,
		"impact", impact, "warnings", "refused", refused, "gentler", "confirm", "kind", create ? "enter" : "name", "text", create ? "" : "db01a", "command",
		create ? "tana snapshot create vm:db01a" : "tana snapshot revert vm:db01a --confirm db01a", "expires_s", 60, "reason", reason, "snapshot", snapshot);
	if (create)
		json_object_set_new(ret, "limits", parsed(limits));
	if (shutdown) {
		json_object_set_new(ret, "confirm", parsed("{'kind':'yes','text':''}"));
		json_object_set_new(ret, "command", json_string("tana shutdown vm:db01a"));
		json_object_del(ret, "snapshot");
	}
	return ret;
}

static json_t *actions(void)
{
	return parsed("{'actions':[{'verb':'power-on','ok':false,'why':{'msg':'x','args':{},'text':'db01a is running already'}},{'verb':'shutdown','ok':true,'why':null},"
		"{'verb':'snapshot-create','ok':true,'why':null},{'verb':'snapshot-revert','ok':true,'why':null},"
		"{'verb':'snapshot-delete','ok':false,'why':{'msg':'x','args':{},'text':'db01a is in use by sato since 2026-11-21 06:58 (job 000001, snapshot): who wants it now asks sato, or an operator breaks the lease'}},"
		"{'verb':'protect','ok':true,'why':null}]}");
}

static json_t *show(void)
{
	return parsed("{'object':{},'detail':{'disks':[{'target':'vda','bytes':32212254720,'format':'qcow2','source':'/vol-07/db01a.qcow2'}],"
		"'nics':[{'mac':'52:54:00:1a:00:01','model':'virtio','network':'vlan1203'}],'machine':'q35','autostart':true,'targets':[]},'history':"
		"[{'seq':1,'at':1775000000,'what':'begin','by':'acme-ops','verb':'snapshot-create','job':'job:1'},{'seq':2,'at':1775000009,'what':'end','job':'job:1','outcome':{'msg':'y','args':{},'text':'taken'}}]}");
}

/* ---- requests ---- */

static void answer(json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "execute"));
	json_t *args = json_object_get(line, "arguments"), *id = json_object_get(line, "id"), *ret = NULL;
	char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);

	fprintf(asked, "%s\n", text);
	fflush(asked);
	free(text);
	if (strcmp(name, "hello") == 0) {
		ret = json_pack("{s:s, s:i, s:s, s:s, s:s, s:b, s:s, s:I}", "user", "sato", "uid", 1000, "role", role, "tenant",
			strcmp(role, "customer") == 0 ? "acme" : "", "site", "scripted", "private", 0, "version", "0", "time", (json_int_t)time(NULL));
		customer_hello(ret);
	} else if (kept && (ret = kept_answer(name, args))) {
		;
	} else if (stream_answer(put, name, args, id) || (care && care_answer(put, name, args, id))) {
		return;
	} else if ((map || strcmp(role, "customer") == 0) && (ret = map_answer(name, args))) {
		;
	} else if (metal && (ret = metal_answer(name, args))) {
		;
	} else if (strcmp(name, "snapshots") == 0) {
		ret = snapshots(json_string_value(json_object_get(args, "object")));
	} else if (strcmp(name, "plan") == 0) {
		ret = plan(args);
	} else if (strcmp(name, "actions") == 0) {
		ret = actions();
	} else if (strcmp(name, "show") == 0) {
		ret = show();
	} else if (strcmp(name, "commit") == 0) {
		ret = json_pack("{s:s}", "job", "job:000003");
		if (metal)
			metal_job(put, false);
		else
			job("job:000003", "snapshot-create", "running", "vm:2", "db01b", time(NULL), 0);
		runs = true;
		ends = now_ms() + JOB_MS;
	} else {
		ret = json_object();
	}
	ret = json_pack("{s:o, s:O}", "return", ret, "id", id);
	if (worse && plans == 2 && strcmp(name, "plan") == 0 && !late) {
		late = ret;
		fprintf(asked, "late: waits\n");
		fflush(asked);
		return;
	}
	put(ret);
	if (strcmp(name, "subscribe") == 0)
		objects();
}

static void tell_late(void)
{
	put(late);
	late = NULL;
	plans++; /* the next one does not wait */
	fprintf(asked, "late: told\n");
	fflush(asked);
}

static void job_done(void)
{
	runs = false;
	if (metal)
		metal_job(put, true);
	else
		job("job:000003", "snapshot-create", "done", "vm:2", "db01b", time(NULL) - 2, time(NULL));
}

static void serve(void)
{
	static char buf[LINE_MAX_BYTES];
	size_t len = 0;

	stream_forget();
	put(parsed("{'tana':{'protocols':[1],'version':'0','site':'scripted'}}"));
	for (;;) {
		struct pollfd p = {out, POLLIN, 0};
		bool drop = false;
		int wait = stream_turn(put, &drop), said;
		char *end;
		ssize_t n;

		if (drop)
			return;
		if (poll(&p, 1, wait) < 0)
			p.revents = 0;
		said = __atomic_exchange_n(&told, 0, __ATOMIC_RELAXED);
		if (runs && (by_word ? said == SIGUSR2 : now_ms() >= ends)) {
			job_done();
			said = by_word ? 0 : said;
		}
		if (!by_word)
			metal_connected();
		if (said && care)
			(said == SIGUSR1 ? care_alert : care_job)(put);
		else if (said && map)
			map_vm(put, said == SIGUSR1);
		else if (said == SIGUSR1 && late)
			tell_late();
		else if (said == SIGUSR1)
			put(parsed("{'event':'gone','kind':'vm','id':'vm:1'}"));
		else if (said == SIGUSR2 && metal)
			metal_connected();
		else if (said == SIGUSR2)
			vm("vm:2", "db01b", "{'pair':'db01a','snaps':0,'snaps_max':3,'snap':'room','gen':2,'doing':'shutdown','by':'noc'}");
		if (!p.revents)
			continue;
		n = read(out, buf + len, sizeof buf - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		buf[len] = '\0';
		while ((end = strchr(buf, '\n'))) {
			json_t *line = json_loadb(buf, (size_t)(end - buf), 0, NULL);

			len -= (size_t)(end + 1 - buf);
			memmove(buf, end + 1, len + 1);
			if (!line)
				return;
			answer(line);
			json_decref(line);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 4 || strlen(argv[1]) >= sizeof a.sun_path) {
		fputs("usage: peer SOCKET LOG ROLE [told] [lost] [many] [metal] [held] [worse] [notices] [one] [empty] [long] [idle] [kept]\n", stderr);
		return 2;
	}
	role = argv[3];
	for (int i = 4; i < argc; i++) {
		by_word |= strcmp(argv[i], "told") == 0;
		lost |= strcmp(argv[i], "lost") == 0;
		many |= strcmp(argv[i], "many") == 0;
		worse |= strcmp(argv[i], "worse") == 0;
		care |= strcmp(argv[i], "care") == 0;
		map |= strcmp(argv[i], "map") == 0;
		kept |= strcmp(argv[i], "kept") == 0;
		care |= kept && strcmp(role, "customer") != 0;
		map |= kept && care;
		metal |= strcmp(argv[i], "metal") == 0 || care || map;
		if (strcmp(argv[i], "held") == 0)
			stream_held();
		customer_word(argv[i]);
	}
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
	sigaction(SIGUSR2, &(struct sigaction){.sa_handler = on_signal}, NULL);
	if (kept) /* nobody waits for those */
		signal(SIGCHLD, SIG_IGN);
	asked = fopen(argv[2], "a");
	snprintf(a.sun_path, sizeof a.sun_path, "%s", argv[1]);
	unlink(argv[1]);
	if (!asked || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 4) != 0) {
		perror("peer");
		return 1;
	}
	while ((out = accept(fd, NULL, NULL)) >= 0 || errno == EINTR) {
		if (out < 0)
			continue;
		if (!kept) {
			serve();
		} else if (fork() == 0) {
			serve();
			return 0;
		}
		close(out);
	}
	return 0;
}
