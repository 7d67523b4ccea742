/* The order in which a console is shut in (sandbox.h). */
#include "jail/sandbox_inside.h"

#include "common/sanitized.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

/* A terminal, an epoll, a wake-up, the connector, one connection and the one that follows it; some that were inherited. */
#define FILES_MAX 64

/* The connector has one connection at a time. But the kernel refuses to hand a descriptor over (ETOOMANYREFS) where more of this user's are on
 * their way than this limit says, and other consoles of his count. */
#define FLYING_MAX 512

static bool entered;

struct err *sandbox_failed(const char *what, int code)
{
	return err_new(ERR_FAILED, "sandbox.failed", "{s:s, s:s}", "what", what, "reason", err_reason(code));
}

bool sandbox_entered(void)
{
	return entered;
}

/* ---- the build for testing ---- */

#if SANITIZED
/* Looking for leaks takes a second process that traces this one; the sanitizer asks here, at the very end, whether to. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return entered;
}

static bool is_off(void)
{
	const char *v = getenv("TANA_SANDBOX");

	return v && strcmp(v, "off") == 0;
}

static void warm_sanitizer(void)
{
	__sanitizer_sandbox_arguments none = { 0 };

	__sanitizer_sandbox_on_notify(&none); /* it reads the map of this process now */
}
#else
static bool is_off(void)
{
	return false;
}

static void warm_sanitizer(void)
{
}
#endif

/* ---- before ---- */

/* A stream asks what its descriptor is when it gets its buffer: now, then. */
static void warm_stream(FILE *f)
{
	setvbuf(f, NULL, _IOFBF, 0);
	if (isatty(fileno(f)) == 1)
		setvbuf(f, NULL, _IOLBF, 0);
}

static int by_byte(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

static void warm(void)
{
	unsigned char many[4096] = { 0 };

	/* Without TZ the C library looks for a changed /etc/localtime again and again, and is in UTC when it cannot. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	for (int code = 1; code < 3; code++) /* its catalogue, and what turns that into the terminal's character set */
		(void)strerror(code);
	json_object_seed(0); /* from /dev/urandom */
	qsort(many, sizeof many, 1, by_byte); /* the first one that is not small asks how much memory there is */
	warm_stream(stdin);
	warm_stream(stdout);
	warm_sanitizer();
}

/* ---- shutting in ---- */

static struct err *lower(int what, rlim_t to, const char *name)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) != 0)
		return sandbox_failed(name, errno);
	if (now.rlim_max > to)
		now.rlim_max = to;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &now) == 0 ? NULL : sandbox_failed(name, errno);
}

/* What console and connector share. No limit on the size of files: none can be opened, and an operator's output may go to one. */
static struct err *shut(rlim_t files)
{
	struct err *e;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return sandbox_failed("no_new_privs", errno);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return sandbox_failed("dumpable", errno);
	if ((e = sandbox_landlock()) || (e = lower(RLIMIT_CORE, 0, "RLIMIT_CORE")) || (e = lower(RLIMIT_NPROC, 0, "RLIMIT_NPROC")))
		return e;
	return lower(RLIMIT_NOFILE, files, "RLIMIT_NOFILE");
}

struct err *sandbox_enter(pid_t connector)
{
	struct err *e;

	if (entered || is_off())
		return NULL;
	warm();
	e = shut(FILES_MAX);
	if (!e)
		e = sandbox_filter_console(connector);
	entered = !e;
	return e;
}

struct err *sandbox_enter_connector(const void *address, size_t size, const void **copy)
{
	struct err *e;

	*copy = address;
	if (is_off())
		return NULL;
	/* The filter sees the address's place, not what stands there: so that is made never to change again. */
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return sandbox_failed("mmap", errno);
	memcpy(page, address, size);
	if (mprotect(page, size, PROT_READ) != 0)
		return sandbox_failed("mprotect", errno);
	*copy = page;
	e = shut(FLYING_MAX);
	return e ? e : sandbox_filter_connector(page, size);
}
