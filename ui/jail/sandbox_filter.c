/* The system call filters of a console and of its connector, as tables. Whatever stands in no row is refused.
 *
 * Refused how: what only a break-in asks for (a program, a process, a socket, another process's memory, code to run, keys pushed
 * into the terminal) ends the process, so that whoever tries gets one try and the log of the kernel has it. All else answers EPERM:
 * libraries probe, and a console must not end at three in the morning because one of them looked for a file.
 *
 * Arguments: the filter compares 64 bits, the kernel takes int-sized ones as 32. Those are compared in their low half (HALF), so that
 * neither a refused request passes nor an allowed one is missed for what stands in the high half; what the kernel takes whole
 * (flags of mappings, addresses) is compared whole. */
#include "jail/sandbox_inside.h"

#include "common/sanitized.h"

#include <errno.h>
#include <linux/futex.h>
#include <malloc.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define ARGS_MAX 3
struct rule {
	uint32_t action;
	int call;
	unsigned nargs;
	struct scmp_arg_cmp args[ARGS_MAX]; /* all must hold */
};

#define HALF(arg, value) {arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, value}
#define WHOLE(arg, value) {arg, SCMP_CMP_EQ, value, 0}
#define BESIDE(arg, bits, value) {arg, SCMP_CMP_MASKED_EQ, ~(uint64_t)(bits), value} /* but for these bits it is value */
#define HAS(arg, bits) {arg, SCMP_CMP_MASKED_EQ, bits, bits}

#define MAY(name) {SCMP_ACT_ALLOW, SCMP_SYS(name), 0, {{0, (enum scmp_compare)0, 0, 0}}}
#define MAY_IF(name, n, ...) {SCMP_ACT_ALLOW, SCMP_SYS(name), n, {__VA_ARGS__}}
#define KILLS(name) {SCMP_ACT_KILL_PROCESS, SCMP_SYS(name), 0, {{0, (enum scmp_compare)0, 0, 0}}}
#define KILLS_IF(name, n, ...) {SCMP_ACT_KILL_PROCESS, SCMP_SYS(name), n, {__VA_ARGS__}}
#define END {0, 0, 0, {{0, (enum scmp_compare)0, 0, 0}}}

/* Memory: private, anonymous, never to be run. */
#define MEMORY (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static const struct rule console[] = {
	/* what is open */
	MAY(read), MAY(write), MAY(writev), MAY(close), MAY(lseek),
	MAY_IF(recvfrom, 1, WHOLE(4, 0)), MAY_IF(sendto, 1, WHOLE(4, 0)), /* no address */
	MAY(recvmsg), /* the connector hands over a connection */
	MAY(poll), MAY(ppoll), MAY(epoll_wait), MAY(epoll_pwait), MAY(epoll_ctl),
	/* the terminal */
	MAY_IF(ioctl, 1, HALF(1, TCGETS)), MAY_IF(ioctl, 1, HALF(1, TCSETS)), MAY_IF(ioctl, 1, HALF(1, TCSETSW)),
	MAY_IF(ioctl, 1, HALF(1, TCSETSF)), MAY_IF(ioctl, 1, HALF(1, TCFLSH)), MAY_IF(ioctl, 1, HALF(1, TIOCGWINSZ)),
	/* memory */
	MAY(brk), MAY(munmap), MAY(madvise), MAY_IF(mremap, 1, WHOLE(3, MREMAP_MAYMOVE)),
	MAY_IF(mmap, 2, BESIDE(2, MEMORY, 0), BESIDE(3, MAP_NORESERVE | MAP_STACK, ANONYMOUS)),
	MAY_IF(mprotect, 1, BESIDE(2, MEMORY, 0)),
	/* time and chance (where the kernel does not answer them without a call) */
	MAY(clock_gettime), MAY(gettimeofday), MAY(time), MAY(clock_nanosleep), MAY(nanosleep), MAY(getrandom),
	/* itself */
	MAY(getpid), MAY(gettid), MAY(rt_sigaction), MAY(rt_sigprocmask), MAY(rt_sigreturn), MAY(restart_syscall), MAY(exit),
	MAY(exit_group),
	/* pthread_once wakes whoever may wait, and the C library aborts when that is refused */
	MAY_IF(futex, 1, HALF(1, FUTEX_WAKE)), MAY_IF(futex, 1, HALF(1, FUTEX_WAKE_PRIVATE)),

	KILLS(execve), KILLS(execveat), KILLS(fork), KILLS(vfork), KILLS(clone), KILLS(clone3),
	KILLS(ptrace), KILLS(process_vm_readv), KILLS(process_vm_writev), KILLS(pidfd_getfd),
	KILLS(socket), KILLS(socketpair), KILLS(connect), KILLS(bind), KILLS(listen),
	KILLS(bpf), KILLS(io_uring_setup), KILLS(io_uring_enter), KILLS(io_uring_register), KILLS(perf_event_open), KILLS(userfaultfd),
	KILLS(kexec_load), KILLS(kexec_file_load), KILLS(init_module), KILLS(finit_module), KILLS(delete_module),
	KILLS(mount), KILLS(pivot_root), KILLS(chroot), KILLS(unshare), KILLS(setns), KILLS(open_by_handle_at), KILLS(memfd_create),
	KILLS_IF(ioctl, 1, HALF(1, TIOCSTI)), KILLS_IF(ioctl, 1, HALF(1, TIOCLINUX)),
	KILLS_IF(mmap, 1, HAS(2, PROT_EXEC)), KILLS_IF(mprotect, 1, HAS(2, PROT_EXEC)), KILLS_IF(pkey_mprotect, 1, HAS(2, PROT_EXEC)),
	END
};

/* No library runs there, so nothing but its own few calls is expected; the default ends it. */
static const struct rule connector[] = {
	MAY_IF(recvfrom, 2, HALF(0, STDIN_FILENO), WHOLE(4, 0)), MAY_IF(sendmsg, 1, HALF(0, STDIN_FILENO)), MAY(close),
	MAY_IF(socket, 3, HALF(0, AF_UNIX), HALF(1, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK), HALF(2, 0)),
	MAY(exit_group), MAY(rt_sigreturn), MAY(restart_syscall),
	END
};

#if SANITIZED
/* Its allocator maps at places that it chose and asks who it is; a report of its own goes to standard error. */
static const struct rule sanitizer[] = {
	MAY_IF(mmap, 2, BESIDE(2, MEMORY, 0), BESIDE(3, MAP_NORESERVE | MAP_STACK, ANONYMOUS | MAP_FIXED)),
	MAY(sigaltstack), MAY(sched_yield),
	END
};
#endif

static int add(scmp_filter_ctx f, const struct rule *r)
{
	int code = 0;

	for (; r->action && !code; r++)
		code = seccomp_rule_add_array(f, r->action, r->call, r->nargs, r->args);
	return code;
}

/* What is known only now. */
static int add_own(scmp_filter_ctx f, pid_t child)
{
	const struct rule rules[] = {
		/* abort() and crashes: signals to itself */
		MAY_IF(tgkill, 2, HALF(0, (uint64_t)getpid()), HALF(1, (uint64_t)gettid())),
		child > 0 ? (struct rule)MAY_IF(wait4, 1, HALF(0, (uint64_t)child)) : (struct rule)END,
		END
	};

	return add(f, rules);
}

static int add_address(scmp_filter_ctx f, const void *address, size_t size)
{
	const struct rule rules[] = { MAY_IF(connect, 2, WHOLE(1, (uintptr_t)address), HALF(2, size)), END };

	return add(f, rules);
}

/* Makes f the filter of this process and frees it. A call of another calling convention (32 bits, x32) ends the process. */
static struct err *load(scmp_filter_ctx f, int code)
{
	const char *what = "seccomp_rule_add";

	if (!code)
		code = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!code)
		code = seccomp_attr_set(f, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's own reason */
#if SANITIZED
	if (!code)
		code = add(f, sanitizer);
#endif
	if (!code) {
		what = "seccomp";
		code = seccomp_load(f);
	}
	seccomp_release(f);
	return code ? sandbox_failed(what, -code) : NULL;
}

static struct err *start(uint32_t otherwise, scmp_filter_ctx *f)
{
	*f = seccomp_init(otherwise);
	return *f ? NULL : sandbox_failed("seccomp_init", EINVAL);
}

struct err *sandbox_filter_console(pid_t child)
{
	scmp_filter_ctx f;
	struct err *e = start(SCMP_ACT_ERRNO(EPERM), &f);

	if (e)
		return e;
	int code = add(f, console);
	return load(f, code ? code : add_own(f, child));
}

struct err *sandbox_filter_connector(const void *address, size_t size)
{
	scmp_filter_ctx f;

	/* What libseccomp frees when the filter stands already is not given back to the kernel: that would be a call. */
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_MMAP_MAX, 0);
	struct err *e = start(SCMP_ACT_KILL_PROCESS, &f);

	if (e)
		return e;
	int code = add(f, connector);
	return load(f, code ? code : add_address(f, address, size));
}
