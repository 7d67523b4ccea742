/* A filter while it is typed: any text, any place in it. It is a filter or an error that stands in the text; what is offered is bounded and
 * lies in it; a filter that was taken can be asked. */
#include "common/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complete(enum kind k, const char *text, size_t at)
{
	const char *out[8];
	struct filter_place p;

	filter_place(text, at, &p);
	if (p.start > p.value || p.value > p.end || p.end > strlen(text))
		abort();
	filter_keys(k, VIEWER_OPERATOR, out, 8);
	if (p.has_key)
		filter_values(k, p.key, out, 8);
}

/* Whose words stand in an error as they are. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter *f = NULL;
	struct err *e;
	char text[513];
	size_t n = size - 1 < sizeof text - 1 ? size - 1 : sizeof text - 1;
	enum kind k;

	if (size < 1)
		return 0;
	k = (enum kind)(data[0] % KIND_COUNT);
	memcpy(text, data + 1, n);
	text[n] = '\0';
	n = strlen(text);
	for (size_t at = 0; at <= n; at++)
		complete(k, text, at);
	e = filter_new(k, text, &f);
	if (e) {
		int column, length;

		filter_error_place(e, &column, &length);
		if (column < 0 || length < 0 || (size_t)column > n + 1 || (is_plain(text) && (size_t)length > n))
			abort();
		err_free(e);
		return 0;
	}
	filter_is_empty(f);
	filter_ages(f);
	filter_free(f);
	return 0;
}
