/* The yardstick: the least that any program must do to know a fleet. Opens every URI of a file (one a line) on N threads
 * with plain libvirt, lists its VMs with their state, keeps the connections, prints the time.
 * Usage: rawloop FILE THREADS */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static char **uris;
static int nuris;
static atomic_int next, vms, failed;

static void quiet(void *ctx, virErrorPtr e)
{
}

static void *work(void *arg)
{
	for (int i; (i = next++) < nuris;) {
		virConnectPtr c = virConnectOpen(uris[i]);
		virDomainPtr *list = NULL;
		int n = c ? virConnectListAllDomains(c, &list, 0) : -1;
		if (n < 0) {
			failed++;
			continue;
		}
		for (int j = 0; j < n; j++) {
			virDomainInfo info;
			if (virDomainGetInfo(list[j], &info) == 0)
				vms++;
			virDomainFree(list[j]);
		}
		free(list);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char line[4096];
	FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL;
	int n = argc == 3 ? atoi(argv[2]) : 0;
	struct timespec a, b;
	struct rusage u;

	if (!f || n < 1 || n > 256) {
		fprintf(stderr, "usage: rawloop FILE THREADS (1 to 256)\n");
		return 2;
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		uris = realloc(uris, sizeof *uris * (size_t)(nuris + 1));
		if (!uris || !(uris[nuris++] = strdup(line)))
			abort();
	}
	fclose(f);
	virInitialize();
	virSetErrorFunc(NULL, quiet);
	pthread_t threads[256];
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	getrusage(RUSAGE_SELF, &u);
	printf("%.3f s, %d hosts, %d VMs, %d failed, %ld MiB\n", (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
		nuris, (int)vms, (int)failed, u.ru_maxrss / 1024);
	return failed != 0;
}
