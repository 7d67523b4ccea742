/* Landlock: no rule, so every right that is handled is gone. By raw calls and numbers of our own, since the C library knows none and
 * the headers of the oldest system that we build on know ABI 2. Source: the kernel's Documentation/userspace-api/landlock.rst. */
#include "jail/sandbox_inside.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct landlock_ruleset_attr as of ABI 6; older kernels take it as long as what they do not know is 0. */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define ASK_VERSION 1u

/* Bits 0 up to what each ABI knows. A newer kernel than the last row is given the last row's. */
static const struct { uint64_t fs, net, scoped; } abis[] = {
	{ (UINT64_C(1) << 13) - 1, 0, 0 },  /* 1: execute, write, read, folders, 7 kinds of making, removing */
	{ (UINT64_C(1) << 14) - 1, 0, 0 },  /* 2: refer */
	{ (UINT64_C(1) << 15) - 1, 0, 0 },  /* 3: truncate */
	{ (UINT64_C(1) << 15) - 1, 3, 0 },  /* 4: TCP bind, connect */
	{ (UINT64_C(1) << 16) - 1, 3, 0 },  /* 5: ioctl of devices opened from now on */
	{ (UINT64_C(1) << 16) - 1, 3, 3 },  /* 6: abstract sockets of others, signals to others */
};

struct err *sandbox_landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, ASK_VERSION);

	if (abi < 1) /* the kernel, or what contains us, has none */
		return NULL;
	size_t n = sizeof abis / sizeof abis[0], i = (size_t)abi <= n ? (size_t)abi - 1 : n - 1;
	struct ruleset all = { abis[i].fs, abis[i].net, abis[i].scoped };
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0u);
	if (fd < 0)
		return sandbox_failed("landlock_create_ruleset", errno);
	long got = syscall(SYS_landlock_restrict_self, fd, 0u);
	int saved = errno;
	close(fd);
	return got == 0 ? NULL : sandbox_failed("landlock_restrict_self", saved);
}
