/* tana-enclosure-sim as a libssh client and its control socket see it: faults, limits, two managers of one enclosure, files that
 * stand for hosts. What its dialects say to a stranger's tool is in tests/real/sim_fence.sh. */
#include "common/clock.h"
#include "patience.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/tana-sim-XXXXXX";
static char text[65536];

struct sim {
	pid_t pid;
	int port;
	char control[96];
};

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static int at;

	at = (at + 1) % 4;
	snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
	return path[at];
}

static void write_file(const char *name, const char *what)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what));
	close(fd);
}

/* Further options end with NULL. */
static struct sim start(const char *dialect, ...)
{
	static int number;
	struct sim s = {0};
	const char *build = getenv("TANA_BUILD");
	char program[256], line[128] = "";
	const char *argv[40] = {program, "--dialect", dialect, "--listen", "127.0.0.1:0", "--user", "admin", "--password-file",
		in_dir("password"), "--with-parent", "--on-ms", "200", "--off-ms", "200", "--soft-ms", "400", "--control", s.control};
	int n = 18, out[2];
	va_list ap;

	snprintf(program, sizeof program, "%s/tana-enclosure-sim", build ? build : ".");
	snprintf(s.control, sizeof s.control, "%s/control-%d", dir, ++number);
	va_start(ap, dialect);
	while (n < 39 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	argv[n] = NULL;
	assert_int_equal(pipe(out), 0);
	s.pid = fork();
	if (s.pid == 0) {
		dup2(out[1], 1);
		execv(program, (char **)argv);
		_exit(127);
	}
	close(out[1]);
	FILE *f = fdopen(out[0], "r");
	if (!fgets(line, sizeof line, f) || sscanf(line, "listening on 127.0.0.1:%d", &s.port) != 1)
		fail_msg("the simulator did not start: %s", line);
	fclose(f);
	return s;
}

static void stop(struct sim *s)
{
	int status = 0;

	kill(s->pid, SIGTERM);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const char *control(const struct sim *s, const char *line)
{
	static char answer[65536];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = 0;
	ssize_t got;

	memcpy(a.sun_path, s->control, strlen(s->control));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_true(dprintf(fd, "%s\n", line) > 0);
	while (n + 1 < sizeof answer && (got = read(fd, answer + n, sizeof answer - 1 - n)) > 0) {
		n += (size_t)got;
		if (answer[n - 1] == '\n')
			break;
	}
	answer[n] = 0;
	close(fd);
	return answer;
}

static ssh_session connect_to(const struct sim *s, bool legacy)
{
	ssh_session c = ssh_new();
	int no = 0;
	long limit = 10;

	ssh_options_set(c, SSH_OPTIONS_HOST, "127.0.0.1");
	ssh_options_set(c, SSH_OPTIONS_PORT, &s->port);
	ssh_options_set(c, SSH_OPTIONS_TIMEOUT, &limit);
	ssh_options_set(c, SSH_OPTIONS_PROCESS_CONFIG, &no);
	if (legacy) {
		ssh_options_set(c, SSH_OPTIONS_KEY_EXCHANGE, "diffie-hellman-group1-sha1");
		ssh_options_set(c, SSH_OPTIONS_HOSTKEYS, "ssh-rsa");
		ssh_options_set(c, SSH_OPTIONS_CIPHERS_C_S, "aes128-cbc");
		ssh_options_set(c, SSH_OPTIONS_CIPHERS_S_C, "aes128-cbc");
		ssh_options_set(c, SSH_OPTIONS_HMAC_C_S, "hmac-sha1");
		ssh_options_set(c, SSH_OPTIONS_HMAC_S_C, "hmac-sha1");
	}
	if (ssh_connect(c) == SSH_OK)
		return c;
	ssh_free(c);
	return NULL;
}

static ssh_session login(const struct sim *s)
{
	ssh_session c = connect_to(s, false);

	assert_non_null(c);
	assert_int_equal(ssh_userauth_password(c, "admin", "secret1"), SSH_AUTH_SUCCESS);
	return c;
}

static void logout(ssh_session c)
{
	ssh_disconnect(c);
	ssh_free(c);
}

static ssh_channel heard; /* what was heard last, while it is open */

/* What comes until it has been quiet for so long, or the end; into text. first_ms: how long it may take to begin. Returns the number of pieces. */
static int hear_from(ssh_channel ch, int first_ms, int quiet_ms)
{
	size_t n = 0;
	int got, pieces = 0;

	heard = ch;
	while (n + 1 < sizeof text && (got = ssh_channel_read_timeout(ch, text + n, (uint32_t)(sizeof text - 1 - n), 0, pieces ? quiet_ms : first_ms)) > 0) {
		n += (size_t)got;
		pieces++;
	}
	text[n] = 0;
	return pieces;
}

static int hear(ssh_channel ch, int quiet_ms)
{
	return hear_from(ch, quiet_ms, quiet_ms);
}

/* Is this in text? It may be still on its way, where the machine stood still in the middle of an answer. */
static bool says(const char *what)
{
	size_t n = strlen(text);

	while (!strstr(text, what) && heard && n + 1 < sizeof text) {
		int got = ssh_channel_read_timeout(heard, text + n, (uint32_t)(sizeof text - 1 - n), 0, 4000 * patience());
		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = 0;
	}
	return strstr(text, what);
}

static ssh_channel channel(ssh_session c)
{
	ssh_channel ch = ssh_channel_new(c);

	assert_int_equal(ssh_channel_open_session(ch), SSH_OK);
	return ch;
}

/* One exec request: its output in text, its exit status (-1: none). */
static int run(ssh_session c, const char *command)
{
	ssh_channel ch = channel(c);
	int rc = ssh_channel_request_exec(ch, command);

	if (rc != SSH_OK) {
		ssh_channel_free(ch);
		return -2;
	}
	hear(ch, 4000 * patience());
	rc = ssh_channel_is_eof(ch) ? ssh_channel_get_exit_status(ch) : -3;
	ssh_channel_close(ch);
	ssh_channel_free(ch);
	heard = NULL;
	return rc;
}

static ssh_channel shell(ssh_session c)
{
	ssh_channel ch = channel(c);

	assert_int_equal(ssh_channel_request_pty(ch), SSH_OK);
	assert_int_equal(ssh_channel_request_shell(ch), SSH_OK);
	hear_from(ch, 4000 * patience(), 500);
	return ch;
}

static void tell(ssh_channel ch, const char *line)
{
	ssh_channel_write(ch, line, (uint32_t)strlen(line));
	hear_from(ch, 4000 * patience(), 500);
}

static bool power_is(const struct sim *s, const char *bay, const char *power)
{
	char want[64];
	const char *at;

	snprintf(want, sizeof want, "{\"bay\":\"%s\",", bay);
	at = strstr(control(s, "state"), want);
	assert_non_null(at);
	snprintf(want, sizeof want, "\"power\":\"%s\"", power);
	const char *found = strstr(at, want), *next = strstr(at + 1, "{\"bay\"");
	return found && (!next || found < next);
}

static bool soon_is(const struct sim *s, const char *bay, const char *power)
{
	for (int i = 0; i < 400; i++) {
		if (power_is(s, bay, power))
			return true;
		usleep(50000);
	}
	return false;
}

#define SAYS(what) assert_true(says(what))

static void test_power(void **state)
{
	struct sim s = start("dell-cmc", NULL);
	ssh_session c = login(&s);

	assert_int_equal(run(c, "racadm serveraction -m server-1 powerstatus"), 0);
	assert_string_equal(text, "ON\n");
	assert_int_equal(run(c, "serveraction -m server-1 powerdown"), 0);
	SAYS("Server power operation successful");
	assert_true(soon_is(&s, "1", "off"));
	assert_int_equal(run(c, "racadm serveraction -m server-1 powerdown"), 1);
	SAYS("already powered OFF");
	control(&s, "fault power-fail@1");
	run(c, "racadm serveraction -m server-1 powerup");
	SAYS("successful");
	usleep(500000);
	assert_true(power_is(&s, "1", "off"));
	control(&s, "clear");
	control(&s, "fault power-late=600");
	int64_t at = clock_boot_ms();
	run(c, "racadm serveraction -m server-1 powerup");
	usleep(300000);
	bool off = power_is(&s, "1", "off");
	if (clock_boot_ms() - at < 600) /* the machine did not stand still */
		assert_true(off);
	assert_true(soon_is(&s, "1", "on"));
	control(&s, "clear power-late");
	control(&s, "fault power-back");
	run(c, "racadm serveraction -m server-1 powerdown");
	assert_true(soon_is(&s, "1", "off"));
	assert_true(soon_is(&s, "1", "on"));
	control(&s, "clear");
	control(&s, "fault denied@2");
	assert_int_equal(run(c, "racadm serveraction -m server-2 powerdown"), 0); /* an ERROR with status 0 */
	SAYS("ERROR: insufficient privileges");
	control(&s, "fault empty=1");
	run(c, "racadm getmodinfo");
	SAYS("Server-1        Not Present     N/A");
	control(&s, "sensor ps-5 failed");
	run(c, "racadm getmodinfo -A");
	SAYS("PS-5            Present         Failed(No Input Power)Not OK");
	assert_null(strstr(text, "<module>"));
	control(&s, "fault already");
	run(c, "racadm serveraction -m server-3 powerup");
	SAYS("already");
	run(c, "frobnicate");
	SAYS("COMMAND NOT RECOGNIZED");
	logout(c);
	stop(&s);
}

static void test_channel_faults(void **state)
{
	struct sim s = start("dell-cmc", "--fault", "no-status", NULL);
	ssh_session c = login(&s);
	int64_t before;

	assert_int_equal(run(c, "getsvctag"), -1);
	control(&s, "clear");
	control(&s, "fault slow=700@2");
	before = clock_boot_ms();
	run(c, "serveraction -m server-1 powerstatus");
	assert_true(clock_boot_ms() - before < 600 * patience());
	run(c, "serveraction -m server-2 powerstatus");
	assert_true(clock_boot_ms() - before >= 700);
	control(&s, "clear");
	control(&s, "fault split");
	ssh_channel ch = channel(c);
	assert_int_equal(ssh_channel_request_exec(ch, "getmodinfo"), SSH_OK);
	assert_true(hear(ch, 2000) > 20);
	SAYS("Server-16 ");
	ssh_channel_free(ch);
	control(&s, "clear");
	control(&s, "fault no-exec");
	assert_int_equal(run(c, "getmodinfo"), -2);
	control(&s, "clear");
	control(&s, "fault noise");
	run(c, "getmodinfo");
	SAYS("Alert: PS-5");
	control(&s, "clear");
	control(&s, "fault garbage");
	run(c, "getslotname");
	SAYS("\033[2J");
	control(&s, "clear");
	control(&s, "fault mute");
	ch = channel(c);
	assert_int_equal(ssh_channel_request_exec(ch, "getmodinfo"), SSH_OK);
	assert_int_equal(hear(ch, 700), 0);
	assert_false(ssh_channel_is_eof(ch));
	ssh_channel_free(ch);
	logout(c);
	stop(&s);
}

static void test_shell(void **state)
{
	struct sim s = start("hp-oa", "--bays", "32", "--name", "oa-1", NULL);
	ssh_session c = login(&s);
	ssh_channel ch = shell(c);

	SAYS("\r\noa-1> ");
	tell(ch, "show server names\n");
	SAYS("16B ");
	tell(ch, "reset server 1a\n");
	SAYS("'YES'");
	tell(ch, "yes\n");
	SAYS("not executed");
	tell(ch, "reset server 1A\n");
	tell(ch, "YES\n");
	SAYS("Successfully reset the E-Fuse for device bay 1A.");
	control(&s, "fault pager");
	tell(ch, "show server names\n");
	SAYS("--More--");
	assert_null(strstr(text, "Totals"));
	tell(ch, " ");
	SAYS("Totals");
	SAYS("oa-1> ");
	tell(ch, "set script mode on\n");
	SAYS("oa-1 [SCRIPT MODE]> ");
	tell(ch, "show server names\n");
	assert_null(strstr(text, "--More--"));
	tell(ch, "exit\n");
	assert_true(ssh_channel_is_eof(ch) || ssh_channel_is_closed(ch));
	ssh_channel_free(ch);
	logout(c);
	stop(&s);
}

static void test_limit(void **state)
{
	struct sim s = start("hp-oa", "--fault", "sessions=2", NULL);
	ssh_session c[3];
	ssh_channel ch[3];

	for (int i = 0; i < 3; i++) {
		c[i] = login(&s);
		ch[i] = shell(c[i]);
	}
	SAYS("maximum number of sessions");
	assert_non_null(strstr(control(&s, "stats"), "\"refused\":1"));
	ssh_channel_free(ch[0]);
	logout(c[0]);
	ssh_channel_free(ch[2]);
	logout(c[2]);
	for (int i = 0; i < 100; i++) { /* whose end is seen frees a place */
		c[0] = login(&s);
		ch[0] = shell(c[0]);
		if (!strstr(text, "maximum number"))
			break;
		ssh_channel_free(ch[0]);
		logout(c[0]);
		usleep(100000);
	}
	SAYS("c7000oa> ");
	for (int i = 0; i < 2; i++) {
		ssh_channel_free(ch[i]);
		logout(c[i]);
	}
	stop(&s);
	s = start("dell-idrac", "--fault", "sessions=1", NULL);
	c[0] = login(&s);
	assert_null(connect_to(&s, false)); /* reset before a word is said */
	logout(c[0]);
	stop(&s);
}

static void test_peers(void **state)
{
	char peer[128];

	snprintf(peer, sizeof peer, "%s/peer", dir);
	struct sim a = start("hp-oa", "--peer", peer, "--role", "active", NULL);
	struct sim b = start("hp-oa", "--peer", peer, "--role", "standby", NULL);
	ssh_session ca = login(&a), cb = login(&b);

	run(cb, "show server status 1");
	assert_null(strstr(text, "Power:"));
	run(cb, "show oa status");
	SAYS("Role:   Standby");
	run(ca, "poweroff server 1 force");
	SAYS("Blade 1 is powering down.");
	assert_true(soon_is(&b, "1", "off")); /* one enclosure */
	control(&b, "takeover");
	run(ca, "show server status 1");
	assert_null(strstr(text, "Power:"));
	run(cb, "show server status 1");
	SAYS("\tPower: Off");
	logout(ca);
	logout(cb);
	stop(&a);
	run(cb = login(&b), "show server status 2");
	SAYS("\tPower: On");
	logout(cb);
	stop(&b);
}

static void test_files(void **state)
{
	char blades[1024];

	write_file("host1", "x");
	write_file("host2", "x");
	snprintf(blades, sizeof blades, "# what stands where\n1\tone\tS1\t-\ton\t%s/host1\n2\ttwo\tS2\tM2\toff\t%s/host2\n3\t-\t-\t-\tabsent\t-\n",
		dir, dir);
	write_file("blades", blades);
	struct sim s = start("ibm-amm", "--blades", in_dir("blades"), NULL);
	assert_int_equal(access(in_dir("host1"), F_OK), 0);
	assert_int_equal(access(in_dir("host2.off"), F_OK), 0);
	ssh_session c = login(&s);
	ssh_channel ch = shell(c);
	tell(ch, "power -off -T system:blade[1]\r\n");
	SAYS("\r\nOK\r\nsystem> ");
	tell(ch, "power -on -T system:blade[2]\r\n");
	tell(ch, "power -on -T system:blade[3]\r\n");
	SAYS("The target bay is empty.");
	assert_true(soon_is(&s, "1", "off") && soon_is(&s, "2", "on"));
	assert_int_equal(access(in_dir("host1.off"), F_OK), 0);
	assert_int_equal(access(in_dir("host1"), F_OK), -1);
	assert_int_equal(access(in_dir("host2"), F_OK), 0);
	tell(ch, "info -T system:blade[2]\r\n");
	SAYS("Mach serial number: S2");
	control(&s, "serial 2 OTHER");
	tell(ch, "info -T system:blade[2]\r\n");
	SAYS("Mach serial number: OTHER");
	tell(ch, "env -T system:blade[2]\r\n");
	SAYS("\r\nsystem:blade[2]> ");
	/* A connection carries one channel. */
	ssh_channel second = ssh_channel_new(c);
	assert_int_equal(ssh_channel_open_session(second), SSH_ERROR);
	ssh_channel_free(second);
	ssh_channel_free(ch);
	logout(c);
	stop(&s);
}

static void test_logins(void **state)
{
	struct sim s = start("hpe-ilo", "--fault", "legacy", NULL);
	ssh_session c = connect_to(&s, false);

	assert_null(c);
	c = connect_to(&s, true);
	assert_non_null(c);
	assert_string_equal(ssh_get_serverbanner(c), "SSH-2.0-mpSSH_0.2.1");
	assert_int_equal(ssh_userauth_password(c, "admin", "wrong"), SSH_AUTH_DENIED);
	assert_int_equal(ssh_userauth_password(c, "admin", "secret1"), SSH_AUTH_SUCCESS);
	run(c, "power");
	SAYS("power\r\r\n\r\nstatus=0\r\nstatus_tag=COMMAND COMPLETED\r\n");
	logout(c);
	control(&s, "clear");
	control(&s, "fault kbdint");
	c = connect_to(&s, false);
	assert_int_equal(ssh_userauth_password(c, "admin", "secret1"), SSH_AUTH_DENIED);
	assert_int_equal(ssh_userauth_kbdint(c, "admin", NULL), SSH_AUTH_INFO);
	assert_int_equal(ssh_userauth_kbdint_setanswer(c, 0, "secret1"), 0);
	int rc = ssh_userauth_kbdint(c, "admin", NULL);
	assert_true(rc == SSH_AUTH_SUCCESS || (rc == SSH_AUTH_INFO && ssh_userauth_kbdint(c, "admin", NULL) == SSH_AUTH_SUCCESS));
	logout(c);
	control(&s, "clear");
	control(&s, "fault denied-login");
	c = connect_to(&s, false);
	assert_int_equal(ssh_userauth_password(c, "admin", "secret1"), SSH_AUTH_DENIED);
	logout(c);
	stop(&s);
}

static void test_reboot(void **state)
{
	struct sim s = start("dell-cmc", "--fault", "reboot-mid=1500", NULL);
	ssh_session c = login(&s);

	int64_t began = clock_boot_ms();
	assert_int_not_equal(run(c, "getmodinfo"), 0);
	assert_non_null(strstr(text, "Chassis"));
	assert_null(strstr(text, "KVM"));
	logout(c);
	c = connect_to(&s, false);
	if (clock_boot_ms() - began < 1400) /* refused for a while, on the same port */
		assert_null(c);
	if (c)
		ssh_free(c);
	for (int i = 0; i < 100 && !(c = connect_to(&s, false)); i++)
		usleep(100000);
	ssh_free(c);
	c = login(&s);
	assert_int_equal(run(c, "getmodinfo"), 0);
	SAYS("KVM");
	assert_non_null(strstr(control(&s, "stats"), "\"getmodinfo\":2"));
	/* It ends at once, and what it serves with it. */
	stop(&s);
	ssh_channel ch = ssh_channel_new(c);
	assert_int_not_equal(ssh_channel_open_session(ch), SSH_OK);
	ssh_channel_free(ch);
	logout(c);
}

static void test_control(void **state)
{
	struct sim s = start("hpe-moonshot", NULL);
	struct stat st;

	assert_int_equal(stat(s.control, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(control(&s, "fault nonsense"), "error: no such fault: nonsense\n");
	assert_string_equal(control(&s, "fault slow"), "error: slow wants a number\n");
	assert_string_equal(control(&s, "fault empty=99"), "error: no such bay: 99\n");
	assert_string_equal(control(&s, "sensor fan-99 ok"), "error: no such sensor\n");
	assert_string_equal(control(&s, "power 1 off"), "ok\n");
	assert_string_equal(control(&s, "health 2 failed"), "ok\n");
	assert_string_equal(control(&s, "pull 3"), "ok\n");
	ssh_session c = login(&s);
	run(c, "show node list");
	SAYS(" 01  c1n1  Intel Corporation      x86 Architecture     32 GB  Off   OK");
	SAYS(" 03  c3n1  N/A                    No Asset Information");
	assert_string_equal(control(&s, "insert 3 NEW-1"), "ok\n");
	run(c, "show node info c3n1");
	SAYS("Serial Number: NEW-1");
	run(c, "show node power c1n1");
	assert_string_equal(text, "show node power c1n1\r\r\n\r\nCartridge #1\r\n  Node #1\r\n        Power State: Off\r\n\r\n");
	logout(c);
	stop(&s);
}

static int set_up(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	write_file("password", "secret1\n");
	return ssh_init();
}

static int tear_down(void **state)
{
	static const char *const names[] = {"password", "peer", "host1.off", "host2", "host1", "host2.off", "blades"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_dir(names[i]));
	rmdir(dir);
	return ssh_finalize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power), cmocka_unit_test(test_channel_faults), cmocka_unit_test(test_shell),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_peers), cmocka_unit_test(test_files), cmocka_unit_test(test_logins),
		cmocka_unit_test(test_reboot), cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
