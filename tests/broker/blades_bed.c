/* The bed of the tests of blades. */
#include "blades_bed.h"

#include "broker/demo_key.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct daemon d;
struct talk *t;
static pid_t sim;
static char address[64];

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", d.dir, name);
}

static void write_in_dir(const char *name, const char *text)
{
	char *path = in_dir(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(path);
}

static void start_sim(void)
{
	const char *build = getenv("TANA_BUILD");
	char *program = xasprintf("%s/tana-enclosure-sim", build ? build : "."), *blades = in_dir("blades.tab"), *pw = in_dir("oa.pw"),
	     *key = in_dir("host.key"), *control = in_dir("sim.sock"), line[128] = "";
	const char *argv[] = { program, "--dialect", "hp-oa", "--listen", "127.0.0.1:0", "--blades", blades, "--user", "tana", "--password-file",
		pw, "--host-key", key, "--control", control, "--off-ms", "300", "--on-ms", "300", "--soft-ms", "600", NULL };
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	sim = fork();
	if (sim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(fds[1], 1);
		execv(program, (char *const *)argv);
		_exit(127);
	}
	close(fds[1]);
	for (size_t n = 0; n < sizeof line - 1 && !strchr(line, '\n');) {
		ssize_t got = read(fds[0], line + n, sizeof line - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
		line[n] = '\0';
	}
	assert_int_equal(sscanf(line, "listening on %63s", address), 1);
	close(fds[0]);
	free(program);
	free(blades);
	free(pw);
	free(key);
	free(control);
}

/* The enclosure's manager, into the site file that was generated. */
static void add_manager(void)
{
	char *path = in_dir("site.conf"), *text = NULL;
	size_t size = 0;
	struct buf b = { 0 };
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	while (getline(&text, &size, f) > 0) {
		buf_str(&b, text);
		if (strstr(text, "enclosure \"A1\" {"))
			buf_printf(&b, "manager { dialect = hp-oa address = \"%s\" user = tana password-file = oa.pw poll = \"2 s\"\n"
				       "	login { known-hosts = known_hosts } }\n", address);
	}
	fclose(f);
	free(text);
	buf_append(&b, "", 1);
	write_in_dir("site.conf", b.data);
	buf_free(&b);
	free(path);
}

void blades_serve(void)
{
	const char *build = getenv("TANA_BUILD");
	char *dialects = xasprintf("%s/data/dialects", build ? build : "."); /* beside tanad, and not beside heldd */

	daemon_shared(&d, "--steady-ms", "1000", "--manager-status-ms", "200", "--dialects", dialects, NULL);
	free(dialects);
}

int blades_start(void **state)
{
	struct buf b = { 0 };
	char *key, *known;

	daemon_holds();
	daemon_site(&d, BLADES, VMS, 0);
	daemon_hold(&d, false);
	assert_true(demo_key(&key, &known));
	write_in_dir("host.key", key);
	write_in_dir("oa.pw", "secret\n");
	for (int i = 1; i <= BLADES; i++)
		buf_printf(&b, "%d\ta1-0%d\tCZJ000%d\tProLiant BL460c Gen9\ton\t%s/nodes/%d.xml\n", i, i, i, d.dir, i);
	buf_append(&b, "", 1);
	write_in_dir("blades.tab", b.data);
	buf_free(&b);
	start_sim();
	char *line = xasprintf("[127.0.0.1]%s %s\n", strrchr(address, ':'), known);
	write_in_dir("known_hosts", line);
	free(line);
	free(key);
	free(known);
	add_manager();
	daemon_append(&d, "blade \"a1-04\" { owner = acme }\n");
	blades_serve();
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
	talk_wait(t, "enclosure:A1", "manager", "up");
	return 0;
}

int blades_stop(void **state)
{
	int status;

	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	kill(sim, SIGTERM);
	assert_int_equal(waitpid(sim, &status, 0), sim);
	daemon_remove(&d);
	return 0;
}

void sim_tell(const char *line, char *answer, size_t size)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%.90s/sim.sock", d.dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	ssize_t n = read(fd, answer, size - 1);
	assert_true(n > 0);
	answer[n] = '\0';
	close(fd);
}

void blades_become(const char *role, const char *line)
{
	daemon_roles(&d, line);
	kill(d.pid, SIGHUP);
	for (int64_t until = now_ms() + TALK_MS; now_ms() < until; usleep(50000)) {
		struct talk *other = talk_to(&d);
		json_t *said = talk_get(other, "hello", "{s:i}", "protocol", 1);
		bool is = strcmp(field_of(said, "role"), role) == 0;
		json_decref(said);
		talk_end(other);
		if (is)
			return;
	}
	fail_msg("nobody is %s", role);
}
