/* The hostile console (hostile.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hostile.h"

#include "jail/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STUCK_MS 250 /* an attempt that takes longer waits for something, so it worked */
#define NOT_SEALED 77

struct ground *ground;
static struct { size_t at; struct attempt all[]; } *shared;
static size_t room, forks;

size_t hostile_forks(void)
{
	return forks;
}

/* ---- in the sealed process ---- */

/* -errno or the result; nothing of the C library, which may be wrapped by a sanitizer. */
static long call(enum way way, uint64_t nr, const uint64_t *a)
{
#if defined(__x86_64__)
	long ret;

	if (way == WAY_INT80) {
		__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]) : "memory", "r8", "r9", "r10", "r11");
		return ret;
	}
	register uint64_t r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
#else
	long ret = syscall((long)nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return ret == -1 ? -errno : ret;
#endif
}

static void seal_it(enum seal seal, pid_t child, const void **address)
{
	static const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/nonexistent/tana-hostile" };
	struct err *e = seal == SEAL_CONSOLE ? sandbox_enter(child) : sandbox_enter_connector(&to, sizeof to, address);

	if (e) {
		fprintf(stderr, "%s\n", e->msg.text);
		_exit(NOT_SEALED);
	}
}

static _Noreturn void be_hostile(enum seal seal, enum way way, size_t n)
{
	int pair[2], mine, theirs;
	const void *address = NULL;
	const pid_t child = getppid(); /* stands for the connector: what asks for another is refused before the kernel sees that this is no child */

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL); /* cmocka catches some */
	signal(SIGPIPE, SIG_IGN);
	if (openpty(&mine, &theirs, NULL, NULL, NULL) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0 ||
		dup2(theirs, FD_TTY) != FD_TTY || dup2(pair[0], FD_SOCKET) != FD_SOCKET || dup2(pair[1], FD_PAIR) != FD_PAIR)
		_exit(NOT_SEALED);
	if (seal == SEAL_CONNECTOR)
		dup2(pair[0], STDIN_FILENO);
	uint64_t self = (uint64_t)getpid();
	seal_it(seal, child, &address);
	while (shared->at < n) {
		struct attempt *t = &shared->all[shared->at];
		uint64_t args[HOSTILE_ARGS];

		for (int i = 0; i < HOSTILE_ARGS; i++)
			args[i] = t->args[i] == OF_SELF ? self : t->args[i] == OF_CHILD ? (uint64_t)child :
				t->args[i] == OF_ADDRESS ? (uint64_t)(uintptr_t)address : t->args[i];
		strcpy(ground->path, "/etc/passwd");
		memset(ground->buf, 0, sizeof ground->buf);
		t->result = call(way, t->nr, args);
		t->fate = t->result == -EPERM ? FATE_REFUSED : FATE_WORKED;
		__atomic_add_fetch(&shared->at, 1, __ATOMIC_SEQ_CST);
	}
	for (;;) { /* exit_group may be what was refused */
		call(WAY_PLAIN, SYS_exit_group, (const uint64_t[HOSTILE_ARGS]){ 0 });
		__builtin_trap();
	}
}

/* ---- beside it ---- */

/* What it has used of a processor, in ms; sleeps: it waits for something, and not for a processor. */
static long used_ms(pid_t pid, bool *sleeps)
{
	char path[64], line[512];
	struct timespec used = { 0 };
	const char *state;
	clockid_t clock;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	*sleeps = f && fgets(line, sizeof line, f) && (state = strrchr(line, ')')) && !strchr("RDT", state[2]);
	if (f)
		fclose(f);
	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &used);
	return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Until it ended or made no step for a while, in which it had its turn: a machine that stands still is no call that waits. */
static int wait_for(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	bool sleeps, slept = false;
	size_t was = 0, at = 0;
	long used = 0, now;
	int status = 0;

	assert_true(p.fd >= 0);
	while (poll(&p, 1, slept ? 20 : STUCK_MS) == 0) {
		at = __atomic_load_n(&shared->at, __ATOMIC_SEQ_CST);
		now = used_ms(pid, &sleeps);
		if (at != was) {
			was = at;
			used = now;
			slept = false;
		} else if ((sleeps && slept) || now - used >= STUCK_MS) {
			break;
		} else {
			slept = sleeps;
		}
	}
	close(p.fd);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static enum fate fate_of(int status, enum way way)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return FATE_KILLED;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV && way == WAY_INT80)
		return FATE_BROKEN;
	return FATE_WORKED; /* it exited, it waits, it returned from a signal that never was */
}

void hostile_run(enum seal seal, enum way way, struct attempt *all, size_t n)
{
	if (!ground)
		ground = mmap(NULL, sizeof *ground, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (n > room) {
		if (shared)
			munmap(shared, sizeof *shared + room * sizeof *all);
		room = n;
		shared = mmap(NULL, sizeof *shared + room * sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	assert_true(ground != MAP_FAILED && shared != MAP_FAILED);
	shared->at = 0;
	memcpy(shared->all, all, n * sizeof *all);
	while (shared->at < n) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			be_hostile(seal, way, n);
		forks++;
		int status = wait_for(pid);
		assert_false(WIFEXITED(status) && WEXITSTATUS(status) == NOT_SEALED);
		if (shared->at < n)
			shared->all[shared->at++].fate = fate_of(status, way);
	}
	memcpy(all, shared->all, n * sizeof *all);
}
