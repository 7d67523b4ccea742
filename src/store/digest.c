/* SHA-256 by libcrypto, for the audit log. Called by chain.c. */
#include "store/digest.h"

#include <openssl/evp.h>

bool digest_hex(const void *data, size_t len, char hex[DIGEST_HEX + 1])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) || n != DIGEST_HEX / 2)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		hex[2 * i] = digit[md[i] >> 4];
		hex[2 * i + 1] = digit[md[i] & 15];
	}
	hex[DIGEST_HEX] = '\0';
	return true;
}
