/* Random names from the kernel. */
#include "common/random.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_hex(char *out, const char *prefix, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[32];
	size_t n = strlen(prefix);

	if (digits > 2 * sizeof bytes || getrandom(bytes, digits / 2, 0) != (ssize_t)(digits / 2))
		abort(); /* up to 256 bytes come whole once the kernel's pool is up, which it is when a daemon starts */
	memcpy(out, prefix, n);
	for (size_t i = 0; i < digits / 2; i++) {
		out[n + 2 * i] = hex[bytes[i] >> 4];
		out[n + 2 * i + 1] = hex[bytes[i] & 15];
	}
	out[n + digits] = '\0';
}
