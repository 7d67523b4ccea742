/* Base64, strictly: no blanks, no missing padding, no bits left over. */
#include "common/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *out, const void *data, size_t n)
{
	const unsigned char *p = data;
	char four[4];

	for (; n >= 3; p += 3, n -= 3) {
		four[0] = digits[p[0] >> 2];
		four[1] = digits[(p[0] & 3) << 4 | p[1] >> 4];
		four[2] = digits[(p[1] & 15) << 2 | p[2] >> 6];
		four[3] = digits[p[2] & 63];
		buf_append(out, four, 4);
	}
	if (!n)
		return;
	four[0] = digits[p[0] >> 2];
	four[1] = digits[(p[0] & 3) << 4 | (n == 2 ? p[1] >> 4 : 0)];
	four[2] = n == 2 ? digits[(p[1] & 15) << 2] : '=';
	four[3] = '=';
	buf_append(out, four, 4);
}

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Of four digits; how many bytes, 0: they are none. pad: may end with '='. */
static size_t four_in(const char *at, bool pad, unsigned char *out)
{
	int v[4];
	size_t n = 3;

	for (int i = 0; i < 4; i++)
		v[i] = value(at[i]);
	if (pad && at[3] == '=') {
		n = at[2] == '=' ? 1 : 2;
		v[3] = 0;
		if (n == 1)
			v[2] = 0;
	}
	if (v[0] < 0 || v[1] < 0 || v[2] < 0 || v[3] < 0)
		return 0;
	if ((n == 1 && (v[1] & 15)) || (n == 2 && (v[2] & 3)))
		return 0;
	out[0] = (unsigned char)(v[0] << 2 | v[1] >> 4);
	out[1] = (unsigned char)((v[1] & 15) << 4 | v[2] >> 2);
	out[2] = (unsigned char)((v[2] & 3) << 6 | v[3]);
	return n;
}

bool base64_read(struct buf *out, const char *text, size_t len, size_t max)
{
	size_t was = out->len;
	unsigned char three[3];

	if (len % 4)
		return false;
	for (size_t i = 0; i < len; i += 4) {
		size_t n = four_in(text + i, i + 4 == len, three);
		if (!n || out->len - was + n > max) {
			out->len = was;
			return false;
		}
		buf_append(out, three, n);
	}
	return true;
}
