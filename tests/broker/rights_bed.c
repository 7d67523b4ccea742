/* The site of test_rights.c, and being somebody else. */
#include "rights_bed.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct daemon d;
char server_id[SERVERS][64];
const char *rights_more[2];

int person_of(const char *name)
{
	for (int i = 0; i < PEOPLE; i++)
		if (strcmp(people[i].name, name) == 0)
			return i;
	fail_msg("nobody is called %s", name);
	return -1;
}

int server_of(const char *name)
{
	for (int i = 0; i < SERVERS; i++)
		if (strcmp(servers[i], name) == 0)
			return i;
	fail_msg("no server is called %s", name);
	return -1;
}

bool is_staff(int person)
{
	return person < 2;
}

bool sees(int person, int server)
{
	const char *cell = verb_cells[person][server];

	return is_staff(person) || (cell && cell[0]);
}

/* ---- files ---- */

static void write_text(const char *name, const struct buf *b)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", d.dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->data, b->len), (ssize_t)b->len);
	close(fd);
}

static void write_site(int person, const char *role)
{
	struct buf b = { 0 };

	buf_printf(&b, "site \"rights\" { support = \"call 5550\" }\n"
		"tenant acme { vms = { \"acme-*\" } snapshots { kept = 40 } }\ntenant globex { vms = { \"globex-*\" } }\n"
		"tenant ice { vms = { \"ice-*\" } state = frozen }\ntenant gone { vms = { \"gone-*\" } state = leaving }\n"
		"pair db { halves = { \"acme-db-a\", \"acme-db-b\" } }\n"
		"rack A { enclosure A1 { bays = \"1-1\" blade \"a1-[01-01]\" { host = \"test://%s/nodes/1.xml\" } } }\n", d.dir);
	for (int i = 0; i < PEOPLE; i++)
		buf_printf(&b, "%s\n", i == person ? role ? role : "" : people[i].role);
	write_text("site.conf", &b);
	buf_free(&b);
}

static void write_node(void)
{
	struct buf b = { 0 };

	buf_str(&b, "<node>\n<cpu><mhz>2933</mhz><model>x86_64</model><active>8</active><nodes>1</nodes><sockets>2</sockets>"
		"<cores>4</cores><threads>1</threads></cpu><memory>25165824</memory>\n");
	for (int i = 0; i < SERVERS; i++)
		buf_printf(&b, "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>%s</name>"
			"<uuid>7a6e6100-0000-4000-8000-0000000000%02d</uuid><memory unit='KiB'>1048576</memory><vcpu>2</vcpu>"
			"<os><type>hvm</type></os><devices><disk type='file'><source file='/srv/provider/disk-%02d.img'/><target dev='vda'/></disk>"
			"<interface type='network'><source network='provider-net'/></interface></devices>"
			"<test:runstate>%d</test:runstate></domain>\n", servers[i], i + 10, i, strcmp(servers[i], "acme-off") == 0 ? 5 : 1);
	buf_str(&b, "</node>\n");
	write_text("nodes/1.xml", &b);
	buf_free(&b);
}

int rights_reloads(void)
{
	char *said = daemon_said(&d);
	int n = 0;

	for (char *at = said; (at = strstr(at, "was read again")); at++)
		n++;
	free(said);
	return n;
}

int rights_reload_ask(int person, const char *role)
{
	int before = rights_reloads();

	write_site(person, role);
	kill(d.pid, SIGHUP);
	return before;
}

void rights_reload(int person, const char *role)
{
	int before = rights_reload_ask(person, role);

	for (int i = 0; rights_reloads() == before; i++) {
		if (i > TALK_MS / 10)
			fail_msg("the site file was not read again: %s", daemon_said(&d));
		usleep(10000);
	}
}

/* ---- people ---- */

struct talk *rights_connect(int person)
{
	const struct passwd *pw = getpwnam(people[person].user);

	if (!pw)
		fail_msg("this machine has no user %s", people[person].user);
	uid_t uid = pw->pw_uid;
	gid_t gid = pw->pw_gid, own[64];
	int n = getgroups(64, own);
	assert_true(n >= 0);
	/* The kernel tells the other side who one was when one connected. */
	assert_int_equal(setgroups(1, &gid), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	struct talk *t = talk_to(&d);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups((size_t)n, own), 0);
	return t;
}

bool rights_become(int person)
{
	const struct passwd *pw = getpwnam(people[person].user);
	gid_t gid = pw ? pw->pw_gid : 0;

	return pw && setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == 0;
}

struct talk *rights_hello(int person)
{
	struct talk *t = rights_connect(person);

	json_decref(talk_get(t, "hello", "{s:i, s:[s], s:s}", "protocol", 1, "features", "batch", "origin", "ssh 192.0.2.7"));
	return t;
}

static void only_root(void)
{
	if (geteuid() == 0)
		return;
	fprintf(stderr, "only root can be each of these people\n");
	exit(77);
}

int rights_start(void **state)
{
	only_root();
	daemon_site(&d, 1, 1, 0);
	assert_int_equal(chmod(d.dir, 0755), 0);
	write_node();
	write_site(-1, NULL);
	daemon_shared(&d, "--steady-ms", "1000", "--idle-extra-ms", "200", rights_more[0], rights_more[1], NULL);
	struct talk *t = rights_hello(person_of("operator"));
	talk_subscribe(t);
	talk_wait_live(t, 1, SERVERS);
	for (int i = 0; i < SERVERS; i++)
		snprintf(server_id[i], sizeof server_id[i], "%s", talk_id(t, servers[i]));
	char *job = talk_act(t, "protect", server_id[server_of("acme-prot")]);
	talk_job(t, job);
	free(job);
	talk_end(t);
	return 0;
}

int rights_stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

static char consoles_dir[64];

int rights_start_consoles(void **state)
{
	static char program[512];

	only_root();
	snprintf(program, sizeof program, "%s/tests/broker/consoled", getenv("TANA_BUILD") ? getenv("TANA_BUILD") : ".");
	snprintf(consoles_dir, sizeof consoles_dir, "/tmp/tana-test-XXXXXX");
	assert_non_null(mkdtemp(consoles_dir));
	setenv("TEST_TANAD", program, 1);
	setenv("TEST_CONSOLES", consoles_dir, 1);
	return rights_start(state);
}

int rights_stop_consoles(void **state)
{
	char path[128];

	snprintf(path, sizeof path, "%s/asked", consoles_dir);
	unlink(path);
	rmdir(consoles_dir);
	return rights_stop(state);
}
