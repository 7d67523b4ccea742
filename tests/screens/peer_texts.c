/* What peer_texts.h says: templates with "@" where a text stands. */
#include "peer_texts.h"

#include "../unit/hostile_texts.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/text.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

static struct texts_order order;
static int out;
static const char *valid[HOSTILE_TEXTS];
static size_t nvalid;

size_t texts_valid(void)
{
	static bool sorted;

	for (size_t i = 0; !sorted && i < HOSTILE_TEXTS; i++) {
		json_t *j = json_string(hostile_texts[i]);

		if (j)
			valid[nvalid++] = hostile_texts[i];
		json_decref(j);
	}
	sorted = true;
	return nvalid;
}

char *texts_filled(const char *whole, size_t prefix)
{
	static const char *const fill[] = {TEXTS_FILL};
	char *shown = text_shown_dup(whole);
	struct buf b = {0};
	size_t n;

	buf_append(&b, shown, prefix);
	for (const char *s = shown + prefix; *s; s += n) {
		utf8proc_int32_t c;
		char one[8];

		n = (size_t)utf8proc_iterate((const utf8proc_uint8_t *)s, -1, &c);
		snprintf(one, sizeof one, "%.*s", (int)n, s);
		int cells = text_width(one);
		/* Marks stay on what they stand on, words stay words, an id keeps its kind. */
		if (cells == 0 || c == ' ' || c == 0x3000 || c == ':')
			buf_append(&b, s, n);
		else
			buf_str(&b, fill[cells == 2 ? n == 4 ? 5 : 4 : n == 3 && c >= 0x2e80 ? 6 : n - 1]);
	}
	buf_append(&b, "", 1);
	free(shown);
	return b.data;
}

/* ---- templates ---- */

static unsigned place_of(const char *field)
{
	unsigned h = 2166136261u;

	for (; *field; field++)
		h = (h ^ (unsigned char)*field) * 16777619u;
	return (h ^ h >> 15) % 1000003u;
}

/* A template's string with its text. "@1" to "@9" are the same text wherever they stand: names that refer to something. */
static json_t *told(const char *template, const char *field)
{
	const char *at = strchr(template, '@'), *rest, *text;
	char key[8] = "", known[96], *whole, *filled = NULL;
	bool plain;
	json_t *j;

	if (!at)
		return NULL;
	rest = at + 1;
	if (*rest >= '1' && *rest <= '9')
		snprintf(key, sizeof key, "@%c", *rest++);
	snprintf(known, sizeof known, " %s ", *key ? key : field);
	plain = *order.fields && !strstr(order.fields, known);
	text = plain ? "plain" : valid[(place_of(*key ? key : field) + order.turn) % nvalid];
	whole = xasprintf("%.*s%s%s", (int)(at - template), template, text, rest);
	if (!order.hostile && !plain)
		filled = texts_filled(whole, (size_t)(at - template));
	j = json_string(filled ? filled : whole);
	free(whole);
	free(filled);
	return j;
}

static void fill_in(json_t *j, const char *path)
{
	json_t *v, *new;
	const char *key;
	char below[128];
	size_t i;

	json_array_foreach (j, i, v) {
		snprintf(below, sizeof below, "%s.%zu", path, i);
		if (json_is_string(v) && (new = told(json_string_value(v), below)))
			json_array_set_new(j, i, new);
		else
			fill_in(v, below);
	}
	json_object_foreach (j, key, v) {
		snprintf(below, sizeof below, "%s.%s", path, key);
		if (json_is_string(v) && (new = told(json_string_value(v), below)))
			json_object_set_new(j, key, new);
		else
			fill_in(v, below);
	}
}

/* Text of this file with single quotes for double ones, and NOW for the time. */
static json_t *parsed(const char *text)
{
	struct buf b = {0};
	json_error_t e;
	json_t *j;

	for (const char *p = text; *p; p++)
		if (strncmp(p, "NOW", 3) == 0) {
			buf_printf(&b, "%lld", (long long)time(NULL));
			p += 2;
		} else {
			buf_append(&b, *p == '\'' ? "\"" : p, 1);
		}
	j = json_loadb(b.data, b.len, 0, &e);
	if (!j) {
		fprintf(stderr, "peer_texts: %s at %d: %s\n", e.text, e.position, text);
		abort();
	}
	buf_free(&b);
	return j;
}

static json_t *template(const char *path, const char *text)
{
	json_t *j = parsed(text);

	fill_in(j, path);
	return j;
}

static void put(json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);
	size_t len = strlen(text), done = 0;

	text[len++] = '\n';
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

static void put_object(const char *text)
{
	json_t *o = parsed(text);
	char path[64];

	/* A number at an id's end says which of a kind it is: each has texts of its own. */
	snprintf(path, sizeof path, "%s", json_string_value(json_object_get(o, "id")));
	fill_in(o, path);
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

#define METAL "'rack':'A@1','manager':'up','power':'on','power_live':true,'health':'ok','fitted':'yes','mem_kib':50331648,'used_kib':20971520,'cpus':16"
static const char *const staff[] = {
	"{'kind':'rack','id':'rack:A','gen':1,'name':'A@1','order':0}",
	"{'kind':'rack','id':'rack:B','gen':1,'name':'B@','order':1}",
	"{'kind':'enclosure','id':'enclosure:E','gen':1,'name':'E@2','rack':'A@1','order':0,'rows':2,'columns':8,'by_column':false,'bays':16,'manager':'up','managers':'m@','dialect':'d@','title':'t@',"
		"'model':'@','serial':'@','firmware':'@','health':'warning','power':'@','fans':'@','temperature':'@','wrong':'@','alert':'@','alert_id':'x'}",
	"{'kind':'enclosure','id':'enclosure:F','gen':1,'name':'F@4','rack':'A@1','order':1,'rows':1,'columns':8,'by_column':false,'bays':8,'manager':'silent','manager_why':'@','manager_seen':1795000000}",
	"{'kind':'blade','id':'blade:1','gen':1,'name':'a@3','enclosure':'E@2','bay':'1','place':0,'host':'up'," METAL ",'vms':4,'running':3,'driver':'@','version':'@','hostname':'@','host_uuid':'@','model':'@',"
		"'serial':'@','cluster':'@','uri':'@','bay_model':'@','bay_serial':'@','firmware':'@','named':'@','identity':'agrees'}",
	"{'kind':'blade','id':'blade:2','gen':1,'name':'b@','enclosure':'E@2','bay':'2','place':1,'host':'backoff','why':'@','why_id':'x'," METAL ",'owner':'@','alert':'@','alert_id':'x','identity':'differs','seen':1795000000}",
	"{'kind':'blade','id':'blade:3','gen':1,'name':'c@','enclosure':'E@2','bay':'@','place':2,'host':'up'," METAL ",'doing':'shutdown','by':'@','job':'job:000001','serial':'@','locate':'@',"
		"'watch':'@','watch_by':'@','watch_until':1795000000}",
	"{'kind':'alert','id':'alert:1','gen':1,'object':'blade:1','name':'@','place':'@','rack':'@','level':'alert','text':'@','text_id':'x','state':'new','since':1795000000,'note':'@'}",
	"{'kind':'alert','id':'alert:2','gen':1,'object':'@','name':'n@','place':'p@','rack':'r@','level':'@','text':'t@','text_id':'@','state':'acknowledged','since':1794000000,'by':'@','ticket':'@','note':'o@','behind':3,'flapping':true,'changes':7}",
	"{'kind':'cluster','id':'cluster:1','gen':1,'name':'k@6','pattern':'@','nodes':3,'sure':2,'unknown':1,'needed':2,'quorum':'kept','mem_kib':50331648,'used_kib':20971520,'blade_lost':'kept','blade_worst':'@',"
		"'enclosure_lost':'@','enclosure_worst':'e@','rack_lost':'lost','rack_worst':'r@','vms':4,'running':3}",
	"{'kind':'cluster','id':'cluster:2','gen':1,'name':'l@','pattern':'two-racks','nodes':0,'quorum':'@','blade_lost':'','enclosure_lost':'','rack_lost':''}",
	"{'kind':'volume','id':'volume:1','gen':1,'name':'v@7','cluster':'k@6','size_kib':314572800,'vms':2,'vms_max':4,'fits':2,'promised_kib':150994944,'used_kib':52428800,'overcommit':48}",
	"{'kind':'volume','id':'volume:2','gen':1,'name':'w@','cluster':'@','size_kib':314572800,'vms':5,'vms_max':4,'fits':0,'promised_kib':377487360,'overcommit':120}",
	NULL};
static const char *const all[] = {
	"{'kind':'notice','id':'notice:1','gen':1,'name':'@','text':'@','text_ja':'@','level':'warning','since':1775000000,'until':0,'tenants':'@'}",
	"{'kind':'notice','id':'notice:2','gen':1,'name':'n@','text':'n@','text_ja':'n@','level':'info','since':1774000000,'until':0,'tenants':''}",
	"{'kind':'job','id':'job:000001','gen':1,'verb':'snapshot-create','target':'vm:1','targets':'@','count':1,'done':0,'by':'@','origin':'@','reason':'@','state':'running','started':1795000000,'ended':0,'text':'@','text_id':''}",
	"{'kind':'job','id':'job:000002','gen':1,'verb':'@','target':'vm:2','targets':'t@','count':1,'done':1,'by':'b@','origin':'o@','reason':'r@','state':'failed','started':1794000000,'ended':1794000100,'text':'x@','text_id':''}",
	"{'kind':'lease','id':'lease:vm:1','gen':1,'object':'vm:1','name':'@','by':'@','job':'job:000001','verb':'snapshot-create','since':1795000000}",
	NULL};
/* Of the staff's alone: blade and tenant. */
static const char *const vms[] = {
	"{'kind':'vm','id':'vm:1','gen':1,'name':'a@5','uuid':'@','grade':'@','guest':'@','state':'running','live':true,'protect':true,'persistent':false,'since':1790000000,'vcpus':4,'mem_kib':4194304,"
		"'job':'job:000001','doing':'snapshot-create','by':'@','alert':'@','pair':'@','snaps':2,'snaps_busy':1,'snaps_max':3,'snap':'full','addresses':'@','macs':'@','volumes':'v@7'}",
	"{'kind':'vm','id':'vm:2','gen':1,'name':'b@','grade':'@','guest':'@','state':'off','live':true,'persistent':true,'since':1790000000,'vcpus':4,'mem_kib':4194304,'alert':'@','snaps':0,'snaps_max':-1,'snap':'','addresses':'192.0.2.1,@','macs':'m@','volumes':'@,v@7'}",
	"{'kind':'vm','id':'vm:3','gen':1,'name':'c@','grade':'V40','state':'running','live':false,'persistent':true,'seen':1790000000,'vcpus':4,'mem_kib':4194304,'snaps':-1,'snaps_max':-1,'snap':''}",
	"{'kind':'vm','id':'vm:4','gen':1,'name':'d@','grade':'V40','state':'running','live':true,'persistent':true,'since':1790000000,'vcpus':4,'mem_kib':4194304,'doing':'@','by':'@','snaps':0,'snaps_max':-1,'snap':''}",
	NULL};

static bool is_customer(void)
{
	return strcmp(order.role, "customer") == 0;
}

static void put_vm(const char *text)
{
	json_t *o = parsed(text);

	if (!is_customer()) {
		json_object_set_new(o, "tenant", json_string("@"));
		json_object_set_new(o, "blade", json_string("a@3"));
	}
	fill_in(o, json_string_value(json_object_get(o, "id")));
	put(json_pack("{s:s, s:o}", "event", "put", "object", o));
}

static void objects(void)
{
	json_t *site = template("site", is_customer() ? "{'kind':'site','id':'site','gen':1}" : "{'kind':'site','id':'site','gen':1,'hosts':3,'hosts_live':2,'vms':4,'vms_running':3}");
	char name[16];

	for (size_t i = 0; !is_customer() && staff[i]; i++)
		put_object(staff[i]);
	for (size_t i = 0; all[i]; i++)
		put_object(all[i]);
	for (size_t i = 0; vms[i]; i++)
		put_vm(vms[i]);
	if (order.news) /* what is said stays for a while */
		put(template("happened", "{'event':'happened','at':1795222333,'kind':'vm','object':'vm:1','name':'@','what':{'msg':'x','args':{},'text':'@'}}"));
	snprintf(name, sizeof name, "s%04u", order.serial % 10000);
	json_object_set_new(site, "name", json_string(name));
	put(json_pack("{s:s, s:o}", "event", "put", "object", site));
}

/* ---- answers ---- */

#define WORDS(place) "{'msg':'x','args':{},'text':'" place "@'}"
#define KNOWN "'args':{'name':'@','text':'@','why':'@','by':'@'},'text':'@'"
#define SNAP "'by':'@','outside':false,'charged':'@','current':false,'memory':true,'external':false,'state':'kept','vm_state':'running','created':1775000000,'bytes':1073741824,'note':'@'"
#define RECORDS "[{'seq':1,'at':1775000000,'what':'begin','by':'@','uid':1,'origin':'@','role':'operator','tenant':'@','verb':'power-off','objects':[{'id':'vm:1','name':'@','blade':'@'}],'plan':'p-1','job':'job:000001','reason':'@'}," \
	"{'seq':2,'at':1775000009,'what':'end','job':'job:000001','by':'@','outcome':" WORDS("") ",'seconds':9},{'seq':3,'at':1775000010,'what':'denied','request':'@','class':'role','by':'@','origin':'@','role':'@','verb':'@','reason':'@'," \
	"'outcome':" WORDS("z") "},{'seq':4,'at':1775000011,'what':'@','by':'@','objects':[{'id':'@','name':'@'}],'job':'@','prev':'@','hash':'@'}]"
static const struct { const char *request, *answer; } answers[] = {
	{"show", "{'object':{},'detail':{'disks':[{'target':'@','bytes':32212254720,'format':'@','source':'@'},{'target':'vda','bytes':0,'format':'f@','source':'s@','shared':true}],"
		"'nics':[{'mac':'@','model':'@','network':'@'}],'guest':'@','machine':'@','autostart':true,'targets':[{'id':'vm:1','name':'@','state':'@','outcome':" WORDS("")
		"},{'id':'vm:2','name':'b@','state':'failed','text':'@'}],"
		"'managers':[{'address':'@','role':'@','state':'@','why':'@'},{'address':'b@','role':'standby','state':'silent','why':" WORDS("") "}],"
		"'sensors':[{'kind':'fan','name':'@','value':'@','health':'ok','absent':false},{'kind':'@','name':'@','value':'@','health':'@','absent':false},{'kind':'temperature','name':'a@','value':'22 @','health':'failed','absent':false}],"
		"'dialect':'@','title':'@','free':[{'grade':'@','fits':2}],'console':{'ok':true,'why':null}},'history':" RECORDS "}"},
	{"audit", "{'records':" RECORDS "}"},
	{"events", "{'events':[{'seq':1,'at':1794000000,'kind':'vm','object':'vm:1','name':'@','what':" WORDS("") "},{'seq':2,'at':1794000001,'kind':'@','object':'@','name':'n@','what':" WORDS("w") "}]}"},
	{"what-if", "{'object':'@','name':'@','kind':'blade','vms':4,'running':3,'unknown':1,'tenants':[{'name':'@','vms':3,'running':2,'contact':'@'},{'name':'t@','vms':1,'running':1,'contact':''}],"
		"'pairs':[{'a':'@','b':'b@','both':true,'other':'ends'},{'a':'c@','b':'d@','both':false,'other':'@'}],'clusters':[{'name':'k@6','votes_before':2,'votes_after':1,'unknown':1,'needed':2,'quorum':'lost',"
		"'mem_needed_kib':4194304,'mem_left_kib':1048576,'fits':false},{'name':'@','votes_before':2,'votes_after':2,'unknown':0,'needed':2,'quorum':'@','mem_needed_kib':0,'mem_left_kib':0,'fits':true}],"
		"'volumes':[{'name':'@','vms':2}],'impact':[" WORDS("") "," WORDS("i") ",{'msg':'warn.x'," KNOWN "}]}"},
	{"find", "{'found':[{'kind':'vm','id':'vm:1','name':'@','place':'@','by':'address','what':'@'},{'kind':'alert','id':'alert:2','name':'f@','place':'p@','by':'@','what':'w@'},"
		"{'kind':'blade','id':'blade:1','name':'h@','place':'','by':'serial','what':'s@'}],'more':3}"},
	{"watch", "{'every_s':5}"},
	{"screenshot", "{'w':2,'h':2,'pixels':'EBYQFg==','at':1775000000}"},
	{"alert-set", "{'alert':'@','state':'@','until':0}"},
	{"snapshots", "{'at':1775000000,'live':true,'snapshots':[{'id':'snap:1','name':'@','host_name':'@','parent':''," SNAP "},{'id':'snap:2','name':'b@','host_name':'h@','parent':'snap:1'," SNAP "},"
		"{'id':'@','name':'c@','host_name':'c@','parent':'snap:2'," SNAP ",'outside':true}],'more':0,"
		"'limits':[{'kind':'kept','scope':'server','limit':'3','max':3,'used':2,'busy':2,'needed':1,'full':true,'next':0,'until':1795359600,'ref':'@','words':" WORDS("") "},"
		"{'kind':'@','scope':'@','limit':'@','max':3,'used':2,'busy':2,'needed':1,'full':false,'next':0,'until':0,'ref':'','words':" WORDS("w") "}],"
		"'can':{'create':null,'external':" WORDS("") ",'quiesce':" WORDS("q") ",'revert-external':" WORDS("r") ",'delete-external':null}}"},
	{"limits", "{'object':'vm:1','name':'@','tenant':'@','zone':'@','tz':'JST-9','limits':[{'kind':'kept','scope':'server','limit':'3','max':3,'used':2,'busy':2,'needed':1,'full':true,'next':0,'until':1795359600,'ref':'@','words':"
		WORDS("") "}],'changes':[{'kind':'kept','limit':'@','until':1795359600,'ref':'@','by':'@','at':1795000000}],'tenants':[{'object':'tenant:a','name':'@','tenant':'a@','zone':'UTC','tz':'UTC0','limits':[],'changes':[]}]}"},
	{"actions", "{'actions':[{'verb':'power-on','ok':false,'why':" WORDS("") "},{'verb':'shutdown','ok':false,'why':" WORDS("") "},{'verb':'power-off','ok':true,'why':null},{'verb':'@','ok':false,'why':" WORDS("") "},"
		"{'verb':'reboot','ok':true,'why':null},{'verb':'snapshot-create','ok':true,'why':null},{'verb':'snapshot-delete','ok':false,'why':" WORDS("") "}]}"},
	{"plan", "{'plan':'p-1','targets':[{'id':'vm:1','name':'@','blade':'@','place':'@','state':'running','live':true,'tenant':'@','grade':'@','ok':true,'why':null},"
		"{'id':'vm:2','name':'n@','blade':'@','place':'p@','state':'@','live':false,'tenant':'t@','ok':false,'why':" WORDS("") "}],"
		"'impact':[" WORDS("") "," WORDS("i") ",{'msg':'lease.held'," KNOWN "}],'warnings':[" WORDS("") "," WORDS("w") "],'refused':[],'gentler':[{'verb':'shutdown'}],"
		"'victims':[{'id':'vm:1','name':'@','tenant':'@','state':'running','live':true,'protect':false}],"
		"'snapshot':{'id':'snap:1','name':'@','note':'@','external':false,'memory':true,'charged':'@','victims':['@','v@']},"
		"'confirm':{'kind':'name','text':'a1b2'},'command':'tana @','expires_s':60,'reason':true}"},
	{"report-snapshots", "{'from':1775000000,'to':1776000000,'zone':'@','tz':'UTC0','next':'','rows':[{'tenant':'@','vm':'vm:1','vm_name':'@','name':'@','by':'@','role':'operator','charged':'@','state':'kept','at':1775000000,"
		"'ended':0,'bytes':4096,'exceeded':false,'why':'@'}]}"},
	{"audit-verify", "{'records':9,'ok':false,'bad':3,'reason':" WORDS("") ",'head':'@','head_seq':9,'anchored':1,'anchored_at':1775000000,'given':0,'tail':8}"},
	{"stream-open", "{'stream':'s1','object':'vm:1','name':'@','writer':false,'by':'@','since':1795222333,'idle_s':900}"},
};

/* The guest says all of them, beginning with the turn's. */
static void put_stream(void)
{
	struct buf says = {0}, b = {0};

	buf_str(&says, "\033c");
	for (size_t i = 0; order.hostile && i < HOSTILE_TEXTS; i++) {
		const char *s = hostile_texts[(order.turn + i) % HOSTILE_TEXTS];

		if (strlen(s) < 1000)
			buf_printf(&says, "%s\r\n", s);
	}
	base64_write(&b, says.data, says.len);
	put(json_pack("{s:s, s:s, s:s%, s:i}", "event", "stream-data", "stream", "s1", "data", b.data, b.len, "lost", 0));
	buf_free(&says);
	buf_free(&b);
}

static void answer(json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "execute"));
	json_t *args = json_object_get(line, "arguments"), *ret = NULL;

	if (strcmp(name, "hello") == 0) {
		ret = template("hello", "{'uid':1000,'tenant':'@','site':'@','user':'@','private':false,'version':'@','time':NOW,'idle_s':0,'support':'@','escape':'^]'}");
		json_object_set_new(ret, "role", json_string(order.role));
	}
	for (size_t i = 0; !ret && i < sizeof answers / sizeof *answers; i++)
		if (strcmp(answers[i].request, name) == 0)
			ret = template(name, answers[i].answer);
	if (strcmp(name, "plan") == 0)
		json_object_set(ret, "verb", json_object_get(args, "verb"));
	if (strcmp(name, "commit") == 0) {
		json_t *e = template("refusal", "{'class':'state','msg':'x','args':{},'text':'@'}");

		put(json_pack("{s:o, s:O}", "error", e, "id", json_object_get(line, "id")));
		return;
	}
	put(json_pack("{s:o, s:O}", "return", ret ? ret : json_object(), "id", json_object_get(line, "id")));
	if (strcmp(name, "stream-open") == 0)
		put_stream();
	if (strcmp(name, "subscribe") == 0) {
		objects();
		put(json_pack("{s:s}", "event", "synced"));
	}
}

/* ---- the process ---- */

static void serve(int control)
{
	static char buf[65536];
	size_t len = 0;

	put(template("greeting", "{'tana':{'protocols':[1],'version':'@','site':'@'}}"));
	for (;;) {
		struct pollfd p[] = {{out, POLLIN, 0}, {control, POLLIN, 0}};
		char *end;
		ssize_t n;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents) {
			if (read(control, &order, sizeof order) != (ssize_t)sizeof order)
				_exit(0);
			objects();
			if (write(control, "", 1) != 1)
				_exit(1);
		}
		if (!p[0].revents)
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

pid_t texts_start(const char *sock, int *control)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int pair[2], fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	texts_valid();
	snprintf(a.sun_path, sizeof a.sun_path, "%s", sock);
	unlink(sock);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 4) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		perror("peer_texts");
		abort();
	}
	pid = fork();
	if (pid != 0) {
		close(fd);
		close(pair[1]);
		*control = pair[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(pair[0]);
	for (;;) {
		struct pollfd p[] = {{fd, POLLIN, 0}, {pair[1], POLLIN, 0}};

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents) {
			if (read(pair[1], &order, sizeof order) != (ssize_t)sizeof order)
				_exit(0);
			if (write(pair[1], "", 1) != 1)
				_exit(1);
			continue;
		}
		out = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (out < 0)
			continue;
		serve(pair[1]);
		close(out);
	}
}

void texts_tell(int control, const struct texts_order *o)
{
	char done;

	if (write(control, o, sizeof *o) != (ssize_t)sizeof *o || read(control, &done, 1) != 1) {
		perror("peer_texts");
		abort();
	}
}
