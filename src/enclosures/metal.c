/* What managers told, as a value that grows reply by reply. Called by understand.c and by whoever asks managers. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BAYS_MAX 256
#define SENSORS_MAX 256

struct metal *metal_new(void)
{
	struct metal *m = xcalloc(1, sizeof *m);

	m->title = xstrdup("");
	m->model = xstrdup("");
	m->serial = xstrdup("");
	m->firmware = xstrdup("");
	return m;
}

void metal_free(struct metal *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nbays; i++) {
		free(m->bays[i].name);
		free(m->bays[i].model);
		free(m->bays[i].serial);
		free(m->bays[i].firmware);
	}
	for (size_t i = 0; i < m->nsensors; i++) {
		free(m->sensors[i].name);
		free(m->sensors[i].value);
	}
	free(m->bays);
	free(m->sensors);
	free(m->title);
	free(m->model);
	free(m->serial);
	free(m->firmware);
	free(m);
}

/* A manager may write 1a where the site file has 1A. */
struct bay_facts *metal_bay(struct metal *m, const char *bay)
{
	if (!shape_bay_is(bay))
		return NULL;
	for (size_t i = 0; i < m->nbays; i++)
		if (!strcasecmp(m->bays[i].bay, bay))
			return &m->bays[i];
	if (m->nbays == BAYS_MAX)
		return NULL;
	m->bays = xrealloc(m->bays, (m->nbays + 1) * sizeof *m->bays);
	struct bay_facts *b = &m->bays[m->nbays++];
	*b = (struct bay_facts){.name = xstrdup(""),
		.model = xstrdup(""),
		.serial = xstrdup(""),
		.firmware = xstrdup(""),
		.fitted = -1,
		.locate = -1};
	memcpy(b->bay, bay, strlen(bay) + 1);
	return b;
}

struct sensor *metal_sensor(struct metal *m, enum sensor_kind kind, const char *name)
{
	for (size_t i = 0; i < m->nsensors; i++)
		if (m->sensors[i].kind == kind && !strcmp(m->sensors[i].name, name))
			return &m->sensors[i];
	if (m->nsensors == SENSORS_MAX)
		return NULL;
	m->sensors = xrealloc(m->sensors, (m->nsensors + 1) * sizeof *m->sensors);
	struct sensor *s = &m->sensors[m->nsensors++];
	*s = (struct sensor){.kind = kind, .name = xstrdup(name), .value = xstrdup("")};
	return s;
}

void metal_text(char **to, const char *text)
{
	if (!*text || !strcmp(*to, text))
		return;
	free(*to);
	*to = xstrdup(text);
}
