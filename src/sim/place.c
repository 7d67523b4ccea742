/* What is in the bays at the start: made up, the same at each start, or read from a file. */
#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_sensors(struct sim *s, const char *kind, int n)
{
	for (int i = 1; i <= n && s->sh->n_sensors < SIM_SENSORS; i++)
		snprintf(s->sh->sensors[s->sh->n_sensors++].name, sizeof s->sh->sensors[0].name, "%s-%d", kind, i);
}

static void enclosure(struct sim *s, const char *serial)
{
	sim_copy(s->sh->serial, sizeof s->sh->serial, serial ? serial : "CZ2171W57");
	add_sensors(s, "fan", s->d->fans);
	add_sensors(s, "ps", s->d->supplies);
	add_sensors(s, "temp", 1);
}

/* Of 16 bays the sixth and the fourteenth are empty and the fourth and eleventh are off. */
static void blade(struct sim *s, int i, const char *slot)
{
	static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
	struct bay *b = &s->sh->bays[i];
	bool one = s->d->one_server;

	sim_copy(b->slot, sizeof b->slot, slot);
	b->present = one || (i % 8 != 5);
	if (!b->present)
		return;
	b->power = one || (i % 16 != 3 && i % 16 != 10) ? PW_ON : PW_OFF;
	b->host = b->power == PW_ON;
	snprintf(b->name, sizeof b->name, "blade%s", slot);
	sim_copy(b->model, sizeof b->model, s->d->model);
	/* Seven signs, as a service tag has; other vendors' are not much longer. */
	snprintf(b->serial, sizeof b->serial, "%d%c%c%cT%02d", 2 + i % 7, letters[(i * 5) % 23], letters[(i * 7 + 3) % 23],
		letters[(i * 11 + 9) % 23], i % 100);
}

void sim_fill(struct sim *s, int bays, bool doubled, const char *serial)
{
	char slot[24];

	enclosure(s, serial);
	s->sh->n_bays = bays;
	for (int i = 0; i < bays; i++) {
		if (doubled)
			snprintf(slot, sizeof slot, "%d%c", i / 2 + 1, i % 2 ? 'B' : 'A');
		else
			snprintf(slot, sizeof slot, "%d", s->d->slots_from_0 ? i : i + 1);
		blade(s, i, slot);
	}
}

/* BAY NAME SERIAL MODEL POWER PATH, or what is wrong with the line. */
static const char *read_line(struct sim *s, char *line)
{
	char *f[6] = {NULL};
	int n = 0;

	for (char *p = line; n < 6 && (f[n] = strsep(&p, "\t")); n++)
		if (!p && ++n)
			break;
	if (n < 5)
		return "wants BAY NAME SERIAL MODEL POWER [PATH], separated by tabs";
	if (s->sh->n_bays == SIM_BAYS)
		return "too many bays";
	if (sim_find(s, f[0]) >= 0)
		return "this bay was there before";
	struct bay *b = &s->sh->bays[s->sh->n_bays];
	if (!*f[0] || strlen(f[0]) >= sizeof b->slot)
		return "no name for a bay";
	if (strlen(f[1]) >= sizeof b->name || strlen(f[2]) >= sizeof b->serial || strlen(f[3]) >= sizeof b->model)
		return "name, serial or model is too long";
	sim_copy(b->slot, sizeof b->slot, f[0]);
	for (int i = 1; i < n; i++)
		if (!strcmp(f[i], "-"))
			*f[i] = 0;
	sim_copy(b->name, sizeof b->name, f[1]);
	sim_copy(b->serial, sizeof b->serial, f[2]);
	sim_copy(b->model, sizeof b->model, *f[3] ? f[3] : s->d->model);
	if (strcmp(f[4], "on") && strcmp(f[4], "off") && strcmp(f[4], "absent"))
		return "POWER is on, off or absent";
	b->present = strcmp(f[4], "absent") != 0;
	b->power = strcmp(f[4], "on") ? PW_OFF : PW_ON;
	b->host = b->power == PW_ON;
	if (n > 5 && f[5] && *f[5]) {
		if (strlen(f[5]) >= sizeof b->path)
			return "PATH is too long";
		if (f[5][0] != '/')
			return "PATH must be absolute";
		sim_copy(b->path, sizeof b->path, f[5]);
	}
	s->sh->n_bays++;
	return NULL;
}

bool sim_fill_from(struct sim *s, const char *file, const char *serial)
{
	char line[1024];
	const char *wrong = NULL;
	int number = 0;
	FILE *f = fopen(file, "re");

	if (!f) {
		fprintf(stderr, "tana-enclosure-sim: %s: %s\n", file, strerror(errno));
		return false;
	}
	enclosure(s, serial);
	while (!wrong && fgets(line, sizeof line, f)) {
		number++;
		line[strcspn(line, "\r\n")] = 0;
		if (*line && *line != '#')
			wrong = read_line(s, line);
	}
	if (!wrong && ferror(f))
		wrong = strerror(errno);
	if (!wrong && !s->sh->n_bays)
		wrong = "has no bay";
	fclose(f);
	if (wrong)
		fprintf(stderr, "tana-enclosure-sim: %s:%d: %s\n", file, number, wrong);
	return !wrong;
}
