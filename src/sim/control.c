/* What the control socket understands: a line in, a line out. A test turns the enclosure's screws with it. */
#include "sim/sim.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const power_names[] = {"off", "on", "going-on", "going-off"};
static const char *const health_names[] = {"ok", "degraded", "failed", "absent"};

static void answer_state(struct sim *s, char **w, struct buf *b)
{
	sim_settle(s);
	sim_lock(s);
	buf_printf(b, "{\"dialect\":\"%s\",\"name\":", s->d->name);
	buf_json_string(b, s->name);
	buf_str(b, ",\"serial\":");
	buf_json_string(b, s->sh->serial);
	buf_printf(b, ",\"role\":\"%s\",\"bays\":[", sim_is_active(s) ? "active" : "standby");
	for (int i = 0; i < s->sh->n_bays; i++) {
		const struct bay *y = &s->sh->bays[i];
		buf_printf(b, "%s{\"bay\":", i ? "," : "");
		buf_json_string(b, y->slot);
		buf_printf(b, ",\"present\":%s,\"name\":", y->present ? "true" : "false");
		buf_json_string(b, y->name);
		buf_str(b, ",\"model\":");
		buf_json_string(b, y->model);
		buf_str(b, ",\"serial\":");
		buf_json_string(b, y->serial);
		buf_printf(b, ",\"power\":\"%s\",\"health\":\"%s\",\"locate\":%s,\"pending\":%d}", power_names[y->power],
			health_names[y->health], y->locate ? "true" : "false", y->n_steps);
	}
	buf_str(b, "],\"sensors\":{");
	for (int i = 0; i < s->sh->n_sensors; i++)
		buf_printf(b, "%s\"%s\":\"%s\"", i ? "," : "", s->sh->sensors[i].name, health_names[s->sh->sensors[i].health]);
	buf_str(b, "},\"faults\":[");
	fault_json(s, b);
	buf_str(b, "]}\n");
	sim_unlock(s);
}

static void answer_stats(struct sim *s, char **w, struct buf *b)
{
	int64_t sec = clock_boot_ms() / 1000;
	uint32_t minute = 0, now = 0, in = 0;

	sim_lock(s);
	const struct member *m = s->me;
	for (int i = 0; i < 60; i++)
		minute += m->second_of[i] > sec - 60 ? m->second_count[i] : 0;
	for (int i = 0; i < SIM_CLIENTS; i++) {
		now += m->clients[i].pid != 0;
		in += m->clients[i].pid && m->clients[i].logged_in;
	}
	buf_printf(b, "{\"connections\":%u,\"sessions\":%u,\"connections_all\":%u,\"connections_most\":%u,\"refused\":%u,"
		"\"commands\":%u,\"commands_minute\":%u,\"texts\":{", now, in, m->conns_all, m->conns_most, m->refused,
		m->commands_all, minute);
	for (int i = 0; i < m->n_texts; i++) {
		buf_str(b, i ? "," : "");
		buf_json_string(b, m->texts[i].text);
		buf_printf(b, ":%u", m->texts[i].count);
	}
	buf_str(b, "}}\n");
	sim_unlock(s);
}

static void answer_bay(struct sim *s, char **w, struct buf *b)
{
	int bay = sim_find(s, w[1]), i;
	bool well = bay >= 0;

	sim_lock(s);
	struct bay *y = well ? &s->sh->bays[bay] : NULL;
	if (!well) {
		buf_str(b, "error: no such bay\n");
	} else if (word_is(w[0], "power")) {
		well = word_is(w[2], "on") || word_is(w[2], "off");
		if (well) {
			y->n_steps = 0;
			y->host = word_is(w[2], "on");
			y->power = y->host ? PW_ON : PW_OFF;
		}
	} else if (word_is(w[0], "pull")) {
		y->n_steps = 0;
		y->present = y->host = false;
		y->power = PW_OFF;
	} else if (word_is(w[0], "insert")) {
		y->present = true;
		if (w[2])
			sim_copy(y->serial, sizeof y->serial, w[2]);
		if (!*y->model)
			sim_copy(y->model, sizeof y->model, s->d->model);
	} else if (word_is(w[0], "serial")) {
		well = w[2] != NULL;
		if (well)
			sim_copy(y->serial, sizeof y->serial, w[2]);
	} else if (word_is(w[0], "health")) {
		for (i = HL_OK; i <= HL_FAILED && !word_is(w[2], health_names[i]); i++)
			;
		well = i <= HL_FAILED;
		if (well)
			y->health = (uint8_t)i;
	}
	sim_settle(s);
	sim_unlock(s);
	if (bay >= 0)
		buf_str(b, well ? "ok\n" : "error: see tana-enclosure-sim(8)\n");
}

static void answer_sensor(struct sim *s, char **w, struct buf *b)
{
	int i, h;

	for (i = 0; i < s->sh->n_sensors && !word_is(w[1], s->sh->sensors[i].name); i++)
		;
	for (h = HL_OK; h <= HL_ABSENT && !word_is(w[2], health_names[h]); h++)
		;
	if (i == s->sh->n_sensors || h > HL_ABSENT) {
		buf_str(b, i == s->sh->n_sensors ? "error: no such sensor\n" : "error: ok, failed or absent\n");
		return;
	}
	s->sh->sensors[i].health = (uint8_t)h;
	buf_str(b, "ok\n");
}

static void answer_fault(struct sim *s, char **w, struct buf *b)
{
	char why[128];

	if (w[1] && fault_add(s, w[1], why, sizeof why))
		buf_str(b, "ok\n");
	else
		buf_printf(b, "error: %s\n", w[1] ? why : "fault KIND[=ARG][@BAY]");
}

static void answer_clear(struct sim *s, char **w, struct buf *b)
{
	buf_str(b, fault_clear(s, w[1]) ? "ok\n" : "error: no such fault\n");
}

static void answer_takeover(struct sim *s, char **w, struct buf *b)
{
	sim_lock(s);
	s->sh->active = !s->sh->active;
	sim_unlock(s);
	buf_printf(b, "ok %s\n", sim_is_active(s) ? "active" : "standby");
}

static void answer_reboot(struct sim *s, char **w, struct buf *b)
{
	int ms = w[1] ? atoi(w[1]) : 3000;

	sim_reboot(s, ms > 0 && ms < 3600000 ? ms : 3000);
	buf_str(b, "ok\n");
}

static const struct {
	const char *name;
	void (*run)(struct sim *s, char **w, struct buf *b);
} commands[] = {
	{"state", answer_state}, {"stats", answer_stats}, {"fault", answer_fault}, {"clear", answer_clear},
	{"power", answer_bay}, {"pull", answer_bay}, {"insert", answer_bay}, {"serial", answer_bay}, {"health", answer_bay},
	{"takeover", answer_takeover}, {"sensor", answer_sensor}, {"reboot", answer_reboot},
};

void control_line(struct sim *s, char *line, struct buf *answer)
{
	char *w[4];

	line[strcspn(line, "\r")] = 0;
	words(line, w, 4);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (word_is(w[0], commands[i].name)) {
			commands[i].run(s, w, answer);
			return;
		}
	buf_str(answer, "error: no such command\n");
}
