/* The rule by which a time zone counts now and from now on, as POSIX's TZ writes it. A console that is shut into its sandbox reads no
 * zone file, so it is told this. Called by fleet (the site object) and broker (answers that count days). */
#include "site/site.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL 128 /* more than any rule */

/* The last line of a TZif file of version 2 and later, RFC 8536 section 3.3. */
static void read_rule(int fd, char *out, size_t size)
{
	char head[5], tail[TAIL];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < TAIL / 2 || pread(fd, head, sizeof head, 0) != sizeof head ||
		memcmp(head, "TZif", 4) != 0 || head[4] < '2')
		return;
	off_t at = st.st_size > TAIL ? st.st_size - TAIL : 0;
	ssize_t n = pread(fd, tail, sizeof tail, at);
	if (n < 2 || tail[n - 1] != '\n')
		return;
	const char *nl = memrchr(tail, '\n', (size_t)n - 1);
	size_t len = nl ? (size_t)(tail + n - 1 - (nl + 1)) : 0;
	if (len == 0 || len >= size || memchr(nl + 1, '\0', len))
		return;
	memcpy(out, nl + 1, len);
	out[len] = '\0';
}

void site_zone_rule(const char *zone, char *out, size_t size)
{
	char path[256];

	out[0] = '\0';
	if (!*zone || *zone == '/' || strstr(zone, "..") || snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone) >= (int)sizeof path)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	read_rule(fd, out, size);
	close(fd);
}
