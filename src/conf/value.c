/* Numbers, times, sizes and yes or no, as people write them in configuration text. */
#include "conf/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

long value_number(const char **p)
{
	long n = 0;
	int digits = 0;

	while (**p == ' ')
		(*p)++;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		n = n * 10 + (**p - '0');
		if (++digits > 9)
			return -1;
	}
	while (**p == ' ')
		(*p)++;
	return digits ? n : -1;
}

const struct value_unit *value_unit(const char **p, const struct value_unit *units, size_t n)
{
	size_t len = strspn(*p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	for (size_t i = 0; i < n; i++)
		if (strlen(units[i].name) == len && !memcmp(units[i].name, *p, len)) {
			*p += len;
			while (**p == ' ')
				(*p)++;
			return &units[i];
		}
	return NULL;
}

struct err *parse_duration(const char *option, const char *text, int *seconds)
{
	static const struct value_unit units[] = {{"s", 1}, {"sec", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	const char *p = text;
	uint64_t sum = 0;

	do {
		long n = value_number(&p);
		const struct value_unit *u = n >= 0 ? value_unit(&p, units, sizeof units / sizeof *units) : NULL;
		if (!u)
			return err_new(ERR_USAGE, "site.value.duration", "{s:s, s:s}", "option", option, "value", text);
		sum += (uint64_t)n * u->factor;
	} while (*p);
	if (sum < 1 || sum > 7 * 86400)
		return err_new(ERR_USAGE, "site.value.duration.range", "{s:s, s:s}", "option", option, "value", text);
	*seconds = (int)sum;
	return NULL;
}

struct err *parse_size(const char *option, const char *text, uint64_t *kib)
{
	static const struct value_unit units[] = {{"KiB", 1}, {"K", 1}, {"MiB", 1 << 10}, {"M", 1 << 10}, {"GiB", 1 << 20},
		{"G", 1 << 20}, {"TiB", 1 << 30}, {"T", 1 << 30}};
	const char *p = text;
	long n = value_number(&p);
	const struct value_unit *u = n >= 0 ? value_unit(&p, units, sizeof units / sizeof *units) : NULL;

	if (!u || *p || (uint64_t)n * u->factor > (uint64_t)1 << 40)
		return err_new(ERR_USAGE, "site.value.size", "{s:s, s:s}", "option", option, "value", text);
	*kib = (uint64_t)n * u->factor;
	return NULL;
}

struct err *parse_number(const char *option, const char *text, int min, int max, int *out)
{
	const char *p = text;
	long n = value_number(&p);

	if (n < min || n > max || *p)
		return err_new(ERR_USAGE, "site.value.number", "{s:s, s:s, s:i, s:i}", "option", option, "value", text,
			"min", min, "max", max);
	*out = (int)n;
	return NULL;
}

struct err *parse_yes(const char *option, const char *text, bool *out)
{
	static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};

	for (size_t i = 0; i < 6; i++)
		if (!strcasecmp(text, words[i])) {
			*out = i >= 3;
			return NULL;
		}
	return err_new(ERR_USAGE, "site.value.yes", "{s:s, s:s}", "option", option, "value", text);
}

bool uuid_is(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; shape[i]; i++)
		if (shape[i] == '-' ? text[i] != '-' : !text[i] || !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	return !text[i];
}
