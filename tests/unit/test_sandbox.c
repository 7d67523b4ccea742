/* A console that was broken into: attacking code runs inside its sandbox, and inside its connector's. Every system call there is, in
 * every way of calling, with high bits set; only what is written here works. A new call that works fails this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/sanitized.h"
#include "hostile.h"
#include "jail/sandbox_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pty.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define NUMBERS 601
#define P(x) ((uint64_t)(uintptr_t)(x))
#define HIGH (UINT64_C(1) << 32)
#define HIGHEST (UINT64_C(0xffffffff) << 32)

static size_t tried, worked;

static const char *name_of(uint64_t nr)
{
	static char name[64];
	char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)(uint32_t)nr);

	snprintf(name, sizeof name, known ? "%s" : "%s%d", known ? known : "", (int)(uint32_t)nr);
	free(known);
	return name;
}

static void run(enum seal seal, enum way way, struct attempt *all, size_t n)
{
	hostile_run(seal, way, all, n);
	tried += n;
	for (size_t i = 0; i < n; i++)
		worked += all[i].fate == FATE_WORKED;
}

/* ---- every number ---- */

/* On x86_64 Linux (6.14 and later) lets these two pass by every filter (__seccomp_filter in kernel/seccomp.c): the return path of probes
 * that root has set. Called from elsewhere they do nothing but end the process. */
static bool is_exempt(uint64_t nr)
{
#if defined(__x86_64__)
	return nr == 335 || nr == 336; /* uretprobe, uprobe */
#else
	return false;
#endif
}

/* Every call number with these arguments; *got[nr] is set where it worked. */
static void sweep(enum seal seal, enum way way, uint64_t high, const uint64_t *args, bool *got)
{
	static struct attempt all[NUMBERS];

	for (size_t nr = 0; nr < NUMBERS; nr++) {
		all[nr] = (struct attempt){ .nr = nr | high };
		if (args)
			memcpy(all[nr].args, args, sizeof all[nr].args);
	}
	run(seal, way, all, NUMBERS);
	for (size_t nr = 0; nr < NUMBERS; nr++)
		got[nr] |= all[nr].fate == FATE_WORKED && !is_exempt(nr);
}

/* The names of what worked, in the order of their numbers. */
static void names(const bool *got, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t nr = 0; nr < NUMBERS; nr++)
		if (got[nr])
			at += (size_t)snprintf(out + at, at < size ? size - at : 0, "%s%s", at ? " " : "", name_of(nr));
	assert_true(at < size);
}

/* By their numbers on x86_64. What needs arguments of its own (ioctl, mmap, mremap, futex, wait4, tgkill) is below. */
#if SANITIZED
#define ASAN(name) name
#else
#define ASAN(name) ""
#endif
#define CONSOLE_MAY \
	"read write close poll lseek mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn writev " ASAN("sched_yield ") \
	"madvise nanosleep getpid sendto recvfrom recvmsg exit " "gettimeofday " ASAN("sigaltstack ") "gettid time restart_syscall " \
	"clock_gettime clock_nanosleep exit_group epoll_wait epoll_ctl ppoll epoll_pwait getrandom"

static void test_every_number(void **state)
{
	bool got[NUMBERS] = { 0 };
	char list[2048];

	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, NULL, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, (const uint64_t[HOSTILE_ARGS]){ P(ground->path), P(ground->buf) }, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, (const uint64_t[HOSTILE_ARGS]){ FD_SOCKET, P(ground->path), 5 }, got);
	names(got, list, sizeof list);
	print_message("in a console, arguments at will: %s\n", list);
	assert_string_equal(list, CONSOLE_MAY);
}

#if defined(__x86_64__)
/* The kernel takes 32 bits of the number: what stands above them changes nothing. */
static void test_high_number(void **state)
{
	bool got[NUMBERS] = { 0 }, high[NUMBERS] = { 0 };

	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, NULL, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, HIGH, NULL, high);
	sweep(SEAL_CONSOLE, WAY_PLAIN, HIGHEST, NULL, high);
	assert_memory_equal(got, high, sizeof got);
}

static void none_survives(enum way way, uint64_t high, size_t n)
{
	static struct attempt all[NUMBERS];

	/* Each costs a process, and a sanitizer makes those slow: every fourth there. */
	const size_t step = SANITIZED && n == NUMBERS ? 4 : 1;
	size_t used = 0;

	for (size_t nr = 0; nr < n; nr += step)
		all[used++] = (struct attempt){ .nr = nr | high };
	run(SEAL_CONSOLE, way, all, used);
	for (size_t i = 0; i < used; i++)
		if (all[i].fate != FATE_KILLED && all[i].fate != FATE_BROKEN)
			fail_msg("number %#llx lived: %ld", (unsigned long long)all[i].nr, all[i].result);
}

#define X32 UINT64_C(0x40000000)

static void test_x32(void **state)
{
	none_survives(WAY_PLAIN, X32, NUMBERS);
	none_survives(WAY_PLAIN, X32 | HIGH, 3);
	none_survives(WAY_PLAIN, UINT64_C(0x80000000), 3);
}

static void test_int80(void **state)
{
	none_survives(WAY_INT80, 0, NUMBERS);
}
#endif

/* ---- arguments ---- */

struct row {
	const char *what;
	long nr;
	uint64_t args[HOSTILE_ARGS];
	enum fate fate;
};

static const char *const fates[] = { "worked", "was refused", "was killed", "broke" };

static void check(enum seal seal, const struct row *rows, size_t n)
{
	struct attempt *all = calloc(n, sizeof *all);
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		all[i].nr = (uint64_t)rows[i].nr;
		memcpy(all[i].args, rows[i].args, sizeof all[i].args);
	}
	run(seal, WAY_PLAIN, all, n);
	for (size_t i = 0; i < n; i++)
		if (all[i].fate != rows[i].fate) {
			print_message("%s %s (%ld)\n", rows[i].what, fates[all[i].fate], all[i].result);
			bad++;
		}
	free(all);
	assert_int_equal(bad, 0);
}

#define MINE (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

static void test_arguments(void **state)
{
	const uint64_t path = P(ground->path), buf = P(ground->buf), us = (uint64_t)getpid();
	const struct row rows[] = {
		{ "terminal: attributes", SYS_ioctl, { FD_TTY, TCGETS, buf }, FATE_WORKED },
		{ "terminal: attributes, high bits", SYS_ioctl, { FD_TTY, TCGETS | HIGH, buf }, FATE_WORKED },
		{ "terminal: its size", SYS_ioctl, { FD_TTY, TIOCGWINSZ, buf }, FATE_WORKED },
		{ "TIOCSTI", SYS_ioctl, { FD_TTY, TIOCSTI, path }, FATE_KILLED },
		{ "TIOCSTI, high bit", SYS_ioctl, { FD_TTY, TIOCSTI | HIGH, path }, FATE_KILLED },
		{ "TIOCSTI, high bits", SYS_ioctl, { FD_TTY, TIOCSTI | HIGHEST, path }, FATE_KILLED },
		{ "TIOCLINUX", SYS_ioctl, { FD_TTY, TIOCLINUX, buf }, FATE_KILLED },
		{ "TIOCLINUX, high bits", SYS_ioctl, { FD_TTY, TIOCLINUX | HIGHEST, buf }, FATE_KILLED },
		{ "TIOCSCTTY", SYS_ioctl, { FD_TTY, TIOCSCTTY, 1 }, FATE_REFUSED },
		{ "TIOCSPGRP", SYS_ioctl, { FD_TTY, TIOCSPGRP, buf }, FATE_REFUSED },

		{ "memory", SYS_mmap, { 0, 4096, RW, MINE, UINT64_MAX }, FATE_WORKED },
		{ "memory that runs", SYS_mmap, { 0, 4096, RWX, MINE, UINT64_MAX }, FATE_KILLED },
		{ "memory that runs, high bits", SYS_mmap, { 0, 4096, RWX | HIGH, MINE, UINT64_MAX }, FATE_KILLED },
		{ "memory with unknown protection", SYS_mmap, { 0, 4096, RW | 8, MINE, UINT64_MAX }, FATE_REFUSED },
		{ "memory of a file", SYS_mmap, { 0, 4096, RW, MAP_PRIVATE, FD_TTY }, FATE_REFUSED },
		{ "memory that is shared", SYS_mmap, { 0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, UINT64_MAX }, FATE_REFUSED },
		{ "memory, high flags", SYS_mmap, { 0, 4096, RW, MINE | HIGH, UINT64_MAX }, FATE_REFUSED },
		{ "running what was data", SYS_mprotect, { buf & ~UINT64_C(4095), 4096, PROT_READ | PROT_EXEC }, FATE_KILLED },
		{ "running what was data, high bits", SYS_mprotect, { buf & ~UINT64_C(4095), 4096, PROT_EXEC | HIGH }, FATE_KILLED },
		{ "running what was data, with a key", SYS_pkey_mprotect, { buf & ~UINT64_C(4095), 4096, RWX, 0 }, FATE_KILLED },
		{ "moving memory to a chosen place", SYS_mremap, { buf, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, 4096 }, FATE_REFUSED },
		{ "personality", SYS_personality, { 0x0400000 }, FATE_REFUSED },

		{ "read a file: open", SYS_open, { path, O_RDONLY }, FATE_REFUSED },
		{ "read a file: openat", SYS_openat, { (uint64_t)AT_FDCWD, path, O_RDONLY }, FATE_REFUSED },
		{ "read a file: openat2", SYS_openat2, { (uint64_t)AT_FDCWD, path, buf, 24 }, FATE_REFUSED },
		{ "a name for it: openat O_PATH", SYS_openat, { (uint64_t)AT_FDCWD, path, O_PATH }, FATE_REFUSED },
		{ "the terminal's other name", SYS_openat, { (uint64_t)AT_FDCWD, P("/dev/tty"), O_RDWR }, FATE_REFUSED },
		{ "its own memory", SYS_openat, { (uint64_t)AT_FDCWD, P("/proc/self/mem"), O_RDWR }, FATE_REFUSED },
		{ "creat", SYS_creat, { path, 0600 }, FATE_REFUSED },
		{ "name_to_handle_at", SYS_name_to_handle_at, { (uint64_t)AT_FDCWD, path, buf, buf + 64, 0 }, FATE_REFUSED },
		{ "open_by_handle_at", SYS_open_by_handle_at, { FD_TTY, buf, 0 }, FATE_KILLED },
		{ "is there such a file", SYS_newfstatat, { (uint64_t)AT_FDCWD, path, buf, 0 }, FATE_REFUSED },
		{ "access", SYS_faccessat2, { (uint64_t)AT_FDCWD, path, R_OK, 0 }, FATE_REFUSED },
		{ "readlink", SYS_readlinkat, { (uint64_t)AT_FDCWD, P("/proc/self/exe"), buf, 64 }, FATE_REFUSED },
		{ "chdir", SYS_chdir, { P("/tmp") }, FATE_REFUSED },
		{ "duplicate a descriptor", SYS_dup2, { FD_SOCKET, 30 }, FATE_REFUSED },
		{ "signals for a descriptor", SYS_fcntl, { FD_SOCKET, F_SETOWN, us }, FATE_REFUSED },
		{ "truncate", SYS_truncate, { path, 0 }, FATE_REFUSED },
		{ "sendfile", SYS_sendfile, { FD_TTY, FD_SOCKET, 0, 10 }, FATE_REFUSED },

		{ "a program", SYS_execve, { P("/bin/sh"), buf, buf }, FATE_KILLED },
		{ "a program by descriptor", SYS_execveat, { FD_TTY, P(""), buf, buf, AT_EMPTY_PATH }, FATE_KILLED },
		{ "a file of memory", SYS_memfd_create, { path, 0 }, FATE_KILLED },
		{ "fork", SYS_fork, { 0 }, FATE_KILLED },
		{ "vfork", SYS_vfork, { 0 }, FATE_KILLED },
		{ "clone", SYS_clone, { SIGCHLD }, FATE_KILLED },
		{ "a thread", SYS_clone, { CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, buf + 2048 }, FATE_KILLED },
		{ "clone3", SYS_clone3, { buf, 88 }, FATE_KILLED },

		{ "a socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, FATE_KILLED },
		{ "a socket of the network", SYS_socket, { AF_INET, SOCK_STREAM, 0 }, FATE_KILLED },
		{ "a socket of the kernel", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, FATE_KILLED },
		{ "a pair of sockets", SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0, buf }, FATE_KILLED },
		{ "connect", SYS_connect, { FD_SOCKET, buf, 16 }, FATE_KILLED },
		{ "bind", SYS_bind, { FD_SOCKET, buf, 16 }, FATE_KILLED },
		{ "send on what is open", SYS_sendto, { FD_SOCKET, path, 5, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0 }, FATE_WORKED },
		{ "send to an address", SYS_sendto, { FD_SOCKET, path, 5, MSG_DONTWAIT, buf, 16 }, FATE_REFUSED },
		{ "send to an address, high half", SYS_sendto, { FD_SOCKET, path, 5, MSG_DONTWAIT, HIGH, 16 }, FATE_REFUSED },
		{ "receive", SYS_recvfrom, { FD_SOCKET, buf, 8, MSG_DONTWAIT, 0, 0 }, FATE_WORKED },
		{ "hand a descriptor on", SYS_sendmsg, { FD_SOCKET, buf, 0 }, FATE_REFUSED },
		{ "hand descriptors on", SYS_sendmmsg, { FD_SOCKET, buf, 1, 0 }, FATE_REFUSED },
		{ "options of a socket", SYS_setsockopt, { FD_SOCKET, SOL_SOCKET, SO_RCVBUF, buf, 4 }, FATE_REFUSED },

		{ "trace its parent", SYS_ptrace, { PTRACE_ATTACH, us }, FATE_KILLED },
		{ "be traced", SYS_ptrace, { PTRACE_TRACEME }, FATE_KILLED },
		{ "read its parent's memory", SYS_process_vm_readv, { us, buf, 1, buf, 1, 0 }, FATE_KILLED },
		{ "write its parent's memory", SYS_process_vm_writev, { us, buf, 1, buf, 1, 0 }, FATE_KILLED },
		{ "take its parent's descriptor", SYS_pidfd_getfd, { FD_SOCKET, 0, 0 }, FATE_KILLED },
		{ "a handle of its parent", SYS_pidfd_open, { us, 0 }, FATE_REFUSED },
		{ "signal its parent", SYS_kill, { us, 0 }, FATE_REFUSED },
		{ "signal everybody", SYS_kill, { UINT64_MAX, 0 }, FATE_REFUSED },
		{ "signal its parent's thread", SYS_tgkill, { us, us, 0 }, FATE_REFUSED },
		{ "signal a thread", SYS_tkill, { us, 0 }, FATE_REFUSED },
		{ "signal by queue", SYS_rt_sigqueueinfo, { us, SIGUSR1, buf }, FATE_REFUSED },
		{ "signal itself", SYS_tgkill, { OF_SELF, OF_SELF, 0 }, FATE_WORKED },
		{ "signal the connector", SYS_tgkill, { OF_CHILD, OF_CHILD, 0 }, FATE_REFUSED },
		{ "wait for the connector", SYS_wait4, { OF_CHILD, 0, WNOHANG, 0 }, FATE_WORKED },
		{ "wait for anybody", SYS_wait4, { UINT64_MAX, 0, WNOHANG, 0 }, FATE_REFUSED },
		{ "waitid", SYS_waitid, { P_ALL, 0, buf, WEXITED | WNOHANG }, FATE_REFUSED },
		{ "wake a lock", SYS_futex, { buf, FUTEX_WAKE_PRIVATE, 1 }, FATE_WORKED },
		{ "wait at a lock", SYS_futex, { buf, FUTEX_WAIT, 0, 0 }, FATE_REFUSED },

		{ "setuid", SYS_setuid, { 0 }, FATE_REFUSED },
		{ "setgid", SYS_setgid, { 0 }, FATE_REFUSED },
		{ "setresuid", SYS_setresuid, { 0, 0, 0 }, FATE_REFUSED },
		{ "setgroups", SYS_setgroups, { 0, 0 }, FATE_REFUSED },
		{ "capset", SYS_capset, { buf, buf }, FATE_REFUSED },
		{ "limits up", SYS_prlimit64, { 0, RLIMIT_NPROC, buf, 0 }, FATE_REFUSED },
		{ "limits up, as of old", SYS_setrlimit, { RLIMIT_NPROC, buf }, FATE_REFUSED },
		{ "dumpable again", SYS_prctl, { PR_SET_DUMPABLE, 1 }, FATE_REFUSED },
		{ "another filter", SYS_seccomp, { 1, 0, buf }, FATE_REFUSED },
		{ "namespaces", SYS_unshare, { CLONE_NEWUSER }, FATE_KILLED },
		{ "mount", SYS_mount, { path, path, path, 0, 0 }, FATE_KILLED },
		{ "the new mount calls", SYS_open_tree, { (uint64_t)AT_FDCWD, path, 0 }, FATE_REFUSED },
		{ "pivot_root", SYS_pivot_root, { path, path }, FATE_KILLED },
		{ "chroot", SYS_chroot, { path }, FATE_KILLED },
		{ "bpf", SYS_bpf, { 0, buf, 64 }, FATE_KILLED },
		{ "io_uring", SYS_io_uring_setup, { 4, buf }, FATE_KILLED },
		{ "a module", SYS_init_module, { buf, 8, path }, FATE_KILLED },
		{ "another kernel", SYS_kexec_load, { 0, 0, 0, 0 }, FATE_KILLED },
		{ "keys", SYS_add_key, { path, path, buf, 8, UINT64_MAX }, FATE_REFUSED },
		{ "shared memory", SYS_shmget, { 0, 4096, 01600 }, FATE_REFUSED },
		{ "a session of its own", SYS_setsid, { 0 }, FATE_REFUSED },
	};

	check(SEAL_CONSOLE, rows, sizeof rows / sizeof rows[0]);
}

/* Every request of 16 bits, all commands of fcntl and prctl: just those of a terminal. */
static void test_requests(void **state)
{
	static struct attempt all[65536];
	size_t n = 0;

	for (uint64_t request = 0; request < 65536; request++)
		if (request != TIOCSTI && request != TIOCLINUX)
			all[n++] = (struct attempt){ .nr = SYS_ioctl, .args = { FD_TTY, request | (request & 1 ? HIGH : 0), P(ground->buf) } };
	run(SEAL_CONSOLE, WAY_PLAIN, all, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t r = (uint32_t)all[i].args[1];
		bool may = r == TCGETS || r == TCSETS || r == TCSETSW || r == TCSETSF || r == TCFLSH || r == TIOCGWINSZ;

		if ((all[i].fate == FATE_WORKED) != may)
			fail_msg("ioctl %#llx %s", (unsigned long long)r, fates[all[i].fate]);
	}
	n = 0;
	for (uint64_t command = 0; command < 2048; command++) {
		all[n++] = (struct attempt){ .nr = SYS_fcntl, .args = { FD_SOCKET, command } };
		all[n++] = (struct attempt){ .nr = SYS_prctl, .args = { command } };
	}
	run(SEAL_CONSOLE, WAY_PLAIN, all, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(all[i].fate, FATE_REFUSED);
}

/* ---- the connector ---- */

#define CONNECTOR_MAY "close rt_sigreturn " ASAN("sched_yield ") "recvfrom sendmsg " ASAN("sigaltstack ") "restart_syscall exit_group"

static void test_connector(void **state)
{
	const uint64_t path = P(ground->path), buf = P(ground->buf), kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	const struct row rows[] = {
		{ "be asked", SYS_recvfrom, { 0, buf, 1, 0, 0, 0 }, FATE_WORKED },
		{ "read another descriptor", SYS_recvfrom, { FD_PAIR, buf, 1, 0, 0, 0 }, FATE_KILLED },
		{ "answer", SYS_sendmsg, { 0, buf, MSG_NOSIGNAL }, FATE_WORKED },
		{ "answer elsewhere", SYS_sendmsg, { FD_PAIR, buf, MSG_NOSIGNAL }, FATE_KILLED },
		{ "its kind of socket", SYS_socket, { AF_UNIX, kind, 0 }, FATE_WORKED },
		{ "a socket of the network", SYS_socket, { AF_INET, kind, 0 }, FATE_KILLED },
		{ "a socket of datagrams", SYS_socket, { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 }, FATE_KILLED },
		{ "connect to its address", SYS_connect, { FD_SOCKET, OF_ADDRESS, 110 }, FATE_WORKED },
		{ "connect elsewhere", SYS_connect, { FD_SOCKET, path, 110 }, FATE_KILLED },
		{ "another length", SYS_connect, { FD_SOCKET, OF_ADDRESS, 20 }, FATE_KILLED },
		{ "change its address", SYS_mprotect, { OF_ADDRESS, 4096, RW }, FATE_KILLED },
		{ "read a file", SYS_openat, { (uint64_t)AT_FDCWD, path, O_RDONLY }, FATE_KILLED },
		{ "write", SYS_write, { 0, path, 1 }, FATE_KILLED },
	};
	bool got[NUMBERS] = { 0 };
	char list[512];

	check(SEAL_CONNECTOR, rows, sizeof rows / sizeof rows[0]);
	sweep(SEAL_CONNECTOR, WAY_PLAIN, 0, NULL, got);
	names(got, list, sizeof list);
	print_message("in a connector, with zeroes: %s\n", list);
	assert_string_equal(list, CONNECTOR_MAY);
}

/* ---- Landlock alone ---- */

static void test_landlock(void **state)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u);
	int status;
	pid_t pid;

	print_message("Landlock of this kernel: ABI %ld\n", abi);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		bool failed = sandbox_landlock() != NULL;
		bool closed = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
		bool alone = abi < 6 || (kill(getppid(), 0) < 0 && errno == EPERM);

		_exit(failed ? 2 : closed == (abi > 0) && alone ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- where it cannot be had ---- */

/* Runs tana on a terminal of its own with these calls forbidden; what it wrote is in out. Gives its status. */
static int run_without(const char *const *argv, const char *const *calls, const char *off, char *out, size_t size)
{
	int tty, status;
	size_t at = 0;
	ssize_t n;
	pid_t pid = forkpty(&tty, NULL, NULL, &(struct winsize){ .ws_row = 24, .ws_col = 80 });

	assert_true(pid >= 0);
	if (pid == 0) {
		scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

		for (; *calls; calls++)
			seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(*calls), 0);
		seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
		if (seccomp_load(f) != 0)
			_exit(99);
		setenv("TERM", "xterm", 1);
		setenv("LC_ALL", "C", 1);
		setenv("TANA_SANDBOX", off, 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(98);
	}
	while (at + 1 < size && (n = read(tty, out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	out[at] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(tty);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_refuses(void **state)
{
	char tana[512], out[16384];
	const char *build = getenv("TANA_BUILD");
	static const char *const no_filter[] = { "seccomp", NULL }, *const no_landlock[] = { "landlock_restrict_self", NULL };

	snprintf(tana, sizeof tana, "%s/tana", build ? build : ".");
	const char *const command[] = { tana, "--socket", "/nonexistent/broker.sock", "list", "vms", NULL };
	const char *const screen[] = { tana, "--socket", "/nonexistent/broker.sock", NULL };

	assert_int_equal(run_without(command, no_filter, "", out, sizeof out), 1);
	assert_non_null(strstr(out, "cannot be shut into its sandbox (seccomp"));
	assert_int_equal(run_without(screen, no_filter, "", out, sizeof out), 1);
	assert_non_null(strstr(out, "cannot be shut into its sandbox (seccomp"));
	if (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u) > 0) {
		assert_int_equal(run_without(command, no_landlock, "", out, sizeof out), 1);
		assert_non_null(strstr(out, "cannot be shut into its sandbox (landlock"));
	}
	/* Switched off: in a build that looks for leaks it goes on to find that nobody listens, in any other nothing is switched off. */
	assert_int_equal(run_without(command, no_filter, "off", out, sizeof out), SANITIZED ? 4 : 1);
}

static int set_up(void **state)
{
	hostile_run(SEAL_CONSOLE, WAY_PLAIN, (struct attempt[]){ { .nr = SYS_getpid } }, 1); /* makes the ground */
	return unsetenv("TANA_SANDBOX");
}

static int tear_down(void **state)
{
	print_message("%zu calls tried in %zu sealed processes, %zu of them worked\n", tried, hostile_forks(), worked);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number),
#if defined(__x86_64__)
		cmocka_unit_test(test_high_number), cmocka_unit_test(test_x32), cmocka_unit_test(test_int80),
#endif
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_requests), cmocka_unit_test(test_connector),
		cmocka_unit_test(test_landlock), cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
