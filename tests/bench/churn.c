/* churn: a fleet that never rests. At each URI (the test driver behind a libvirtd: a world that all its clients share) defines VMs
 * and suspends and resumes them, so many changes a second in all, until it is killed. Says "ready" when the VMs are there.
 * Usage: churn RATE VMS URI...    also keeps one VM "aaa-quiet" at the first URI, which it leaves alone; RATE 0: only that
 *        churn --hole SOCKET      a daemon that takes every connection and never says a word */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WORLDS 16
#define VMS 256

static void quiet(void *ctx, virErrorPtr e)
{
}

static int hole(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 4096) != 0) {
		perror(path);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static virDomainPtr define(virConnectPtr c, const char *name, int world, int i)
{
	char xml[512];

	snprintf(xml, sizeof xml, "<domain type='test'><name>%s</name><uuid>7a6e61ff-0000-4000-8000-%06d%06d</uuid>"
		"<memory unit='KiB'>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>", name, world, i);
	virDomainPtr vm = virDomainDefineXML(c, xml);
	if (!vm || virDomainCreate(vm) != 0) {
		fprintf(stderr, "churn: %s: %s\n", name, virGetLastErrorMessage());
		exit(1);
	}
	return vm;
}

int main(int argc, char **argv)
{
	static virDomainPtr vms[WORLDS][VMS];
	int rate = argc > 3 ? atoi(argv[1]) : 0, n = argc > 3 ? atoi(argv[2]) : 0, worlds = argc - 3;
	struct timespec next;

	if (argc == 3 && strcmp(argv[1], "--hole") == 0)
		return hole(argv[2]);
	if (argc < 4 || worlds > WORLDS || n < 1 || n > VMS || rate < 0) {
		fputs("usage: churn RATE VMS URI...\n       churn --hole SOCKET\n", stderr);
		return 2;
	}
	virSetErrorFunc(NULL, quiet);
	for (int w = 0; w < worlds; w++) {
		virConnectPtr c = virConnectOpen(argv[3 + w]);
		virDomainPtr first = c ? virDomainLookupByName(c, "test") : NULL; /* every world begins with it, everywhere the same */
		char name[64];

		if (!c) {
			fprintf(stderr, "churn: %s: %s\n", argv[3 + w], virGetLastErrorMessage());
			return 1;
		}
		if (first) {
			virDomainDestroy(first);
			virDomainUndefine(first);
			virDomainFree(first);
		}
		if (w == 0)
			define(c, "aaa-quiet", 999999, 0);
		for (int i = 0; i < n; i++) {
			snprintf(name, sizeof name, "zz-churn-%02d-%03d", w, i);
			vms[w][i] = define(c, name, w, i);
		}
	}
	puts("ready");
	fflush(stdout);
	if (rate == 0)
		for (;;)
			pause();
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long k = 0;; k++) {
		int w = (int)(k % worlds), i = (int)(k / worlds % n);

		if (k / worlds / n % 2)
			virDomainResume(vms[w][i]);
		else
			virDomainSuspend(vms[w][i]);
		next.tv_nsec += 1000000000L / rate;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		if (k % (10 * rate) == 10 * rate - 1) { /* how well it keeps up */
			struct timespec now;

			clock_gettime(CLOCK_MONOTONIC, &now);
			double late = (double)(now.tv_sec - next.tv_sec) + (double)(now.tv_nsec - next.tv_nsec) / 1e9;
			fprintf(stderr, "churn: %ld changes, %.2f s behind\n", k + 1, late);
		}
	}
}
