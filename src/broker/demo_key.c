/* A host key that lives as long as a demonstration. (A file of its own: names of libcrypto's headers meet those of ours.) */
#include "broker/demo_key.h"

#include "common/buf.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32

static const char type[] = "ssh-ed25519";

static void put_number(struct buf *b, uint32_t n)
{
	unsigned char bytes[] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	buf_append(b, bytes, sizeof bytes);
}

/* RFC 4253: a text with its length before it. */
static void put_string(struct buf *b, const void *data, size_t len)
{
	put_number(b, (uint32_t)len);
	buf_append(b, data, len);
}

static void put_public(struct buf *b, const unsigned char *pub)
{
	put_string(b, type, sizeof type - 1);
	put_string(b, pub, KEY_BYTES);
}

static char *base64(const struct buf *b)
{
	char *text = xmalloc((b->len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)b->data, (int)b->len);
	return text;
}

static char *public_words(const unsigned char *pub)
{
	struct buf b = { 0 };

	put_public(&b, pub);
	char *text = base64(&b), *words = xasprintf("%s %s", type, text);
	free(text);
	buf_free(&b);
	return words;
}

/* OpenSSH's own form (PROTOCOL.key there), without a passphrase: libssh reads an Ed25519 key as PEM too, but cannot sign with it. */
static char *private_words(const unsigned char *seed, const unsigned char *pub)
{
	static const char magic[] = "openssh-key-v1";
	struct buf all = { 0 }, part = { 0 }, out = { 0 };

	buf_append(&all, magic, sizeof magic);
	put_string(&all, "none", 4);
	put_string(&all, "none", 4);
	put_string(&all, "", 0);
	put_number(&all, 1);
	put_public(&part, pub);
	put_string(&all, part.data, part.len);
	part.len = 0;
	put_number(&part, 1); /* the same twice: a test of the passphrase that there is not */
	put_number(&part, 1);
	put_public(&part, pub);
	put_number(&part, 2 * KEY_BYTES);
	buf_append(&part, seed, KEY_BYTES);
	buf_append(&part, pub, KEY_BYTES);
	put_string(&part, "", 0);
	for (char fill = 1; part.len % 8; fill++)
		buf_append(&part, &fill, 1);
	put_string(&all, part.data, part.len);
	char *text = base64(&all);
	buf_str(&out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	for (const char *p = text; *p; p += strnlen(p, 70))
		buf_printf(&out, "%.70s\n", p);
	buf_str(&out, "-----END OPENSSH PRIVATE KEY-----\n");
	buf_append(&out, "", 1);
	free(text);
	buf_free(&part);
	buf_free(&all);
	return out.data;
}

bool demo_key(char **key, char **known)
{
	EVP_PKEY *made = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	unsigned char pub[KEY_BYTES], seed[KEY_BYTES];
	size_t npub = sizeof pub, nseed = sizeof seed;

	bool ok = made && EVP_PKEY_get_raw_public_key(made, pub, &npub) == 1 && EVP_PKEY_get_raw_private_key(made, seed, &nseed) == 1 &&
		npub == KEY_BYTES && nseed == KEY_BYTES;
	if (ok) {
		*key = private_words(seed, pub);
		*known = public_words(pub);
	}
	EVP_PKEY_free(made);
	return ok;
}
