/* A console that was broken into: attacking code runs inside its sandbox, and inside its connector's. Every system call there is, in
 * every way of calling, with high bits set; only what is written here works. A new call that works fails this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hostile.h"
#include "sandbox_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/tiocl.h>
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
		got[nr] |= all[nr].fate == FATE_WORKED;
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

/* By their numbers on x86_64. wait4 (the connector), mmap, mremap, ioctl, futex and tgkill need their own arguments: below. */
#define ANY_ARGUMENTS "read write close poll lseek mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn writev madvise "
#if SANDBOX_SANITIZED
#define SCHED "sched_yield "
#define STACK "sigaltstack "
#else
#define SCHED ""
#define STACK ""
#endif

static void test_every_number(void **state)
{
	bool got[NUMBERS] = { 0 }, high[NUMBERS] = { 0 };
	char list[2048], same[2048];

	hostile_run(SEAL_CONSOLE, WAY_PLAIN, (struct attempt[]){ { .nr = SYS_getpid } }, 1); /* there is a ground now */
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, NULL, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, (const uint64_t[HOSTILE_ARGS]){ P(ground->path) + 0, P(ground->buf) + 4 }, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, (const uint64_t[HOSTILE_ARGS]){ FD_SOCKET, P(ground->path), 5 }, got);
	names(got, list, sizeof list);
	print_message("works in a console, with arguments of the caller's choice: %s\n", list);
	assert_string_equal(list, EXPECTED_CONSOLE);
#if defined(__x86_64__)
	/* The kernel takes 32 bits of the number: the same must hold. */
	memset(got, 0, sizeof got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, 0, NULL, got);
	sweep(SEAL_CONSOLE, WAY_PLAIN, HIGH, NULL, high);
	names(got, list, sizeof list);
	names(high, same, sizeof same);
	assert_string_equal(list, same);
#endif
}
