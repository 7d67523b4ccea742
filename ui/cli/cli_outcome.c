/* Waiting for the outcome of a job that was committed, and telling it. Called by cli_act.c. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "tr.h"
#include "words/lang.h"
#include "words/look.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN_MS 60000 /* a job whose outcome is unknown is waited for so long before we give up */

/* What waiting came to. LEFT: ^C; OVERDUE, UNSURE: it goes on, we do not wait longer. */
enum waited { WAITED_ENDED, WAITED_SENT, WAITED_OVERDUE, WAITED_UNSURE, WAITED_LEFT, WAITED_LOST };

struct progress {
	enum job_state state;
	int64_t done;
	char *text;
};

static void show_progress(struct cli *c, struct progress *p, const struct job *j)
{
	if (p->text && p->state == j->state && p->done == j->done && strcmp(p->text, j->text) == 0)
		return;
	p->state = j->state;
	p->done = j->done;
	free(p->text);
	p->text = xstrdup(j->text);
	if (c->tty && !c->line->json && job_state_is_open(j->state))
		fprintf(stderr, "%s %s: %s%s%s\n", j->verb, j->targets, job_state_name(j->state), j->text[0] ? ", " : "", lang_said(j->text_id, j->text));
}

/* Since when there is no broker (boot ms; 0: it is there), told when that changes. */
static int64_t tell_lost(struct cli *c, const char *job, int64_t since)
{
	char age[32];

	if (c->lost && !since) {
		cli_say("cli.lost.waits", "{s:s, s:s}", "reason", c->lost->msg.text, "job", look_id(job));
		return clock_boot_ms();
	}
	if (!c->lost && since) {
		client_away(c->client, age, sizeof age);
		cli_say("cli.back", "{s:s}", "age", age);
		return 0;
	}
	return since;
}

static enum waited wait_job(struct cli *c, const char *id, bool sent_is_enough)
{
	struct progress p = { 0 };
	int64_t unknown_since = 0, lost_since = 0;
	enum waited w = WAITED_ENDED;

	for (;;) {
		const struct job *j = registry_find(mirror_objects(c->mirror), KIND_JOB, id);
		int64_t now = clock_boot_ms();
		if (j)
			show_progress(c, &p, j);
		if (j && !job_state_is_open(j->state))
			break;
		w = WAITED_SENT;
		if (j && sent_is_enough && j->state != JOB_PENDING)
			break;
		w = WAITED_OVERDUE;
		if (j && j->state == JOB_OVERDUE)
			break;
		unknown_since = j && j->state == JOB_UNKNOWN ? (unknown_since ? unknown_since : now) : 0;
		w = WAITED_UNSURE;
		if (unknown_since && now - unknown_since > UNKNOWN_MS)
			break;
		/* A broker that is started anew settles the job; we look again when it is back. */
		lost_since = tell_lost(c, id, lost_since);
		w = WAITED_LOST;
		if (lost_since && (client_state(c->client) == CLIENT_ENDED ||
			(!client_restarting(c->client) && now - lost_since > (int64_t)c->line->wait_s * 1000)))
			break;
		w = WAITED_LEFT;
		if (!cli_step(c, 1000))
			break;
		w = WAITED_ENDED;
	}
	free(p.text);
	return w;
}

static void put_outcome(struct buf *b, const char *name, const char *state, const char *text, const char *job)
{
	cli_text(b, name);
	buf_str(b, ": ");
	cli_text(b, text && *text ? text : state);
	buf_printf(b, _(" (job %s)"), look_id(job));
	buf_str(b, "\n");
}

/* One line a target, from what the broker knows of each; else one for the job. */
static struct err *print_outcome(struct cli *c, const char *id)
{
	const struct job *j = registry_find(mirror_objects(c->mirror), KIND_JOB, id);
	struct buf out = { 0 };
	json_t *ret = NULL, *t;
	size_t i;

	if (!c->lost && !c->interrupted)
		err_free(cli_request(c, "show", json_pack("{s:s}", "object", id), &ret));
	json_t *targets = json_object_get(json_object_get(ret, "detail"), "targets");
	if (c->line->json) {
		buf_str(&out, "{\"job\":");
		if (j)
			object_write(&out, KIND_JOB, j, cli_viewer(c));
		else
			buf_str(&out, "{\"kind\":\"job\",\"id\":"), buf_json_string(&out, id), buf_str(&out, "}");
		buf_str(&out, ",\"targets\":");
		if (targets)
			buf_json(&out, targets);
		else
			buf_str(&out, "[]");
		buf_str(&out, "}\n");
	} else if (targets) {
		json_array_foreach (targets, i, t)
			put_outcome(&out, json_string_value(json_object_get(t, "name")), json_string_value(json_object_get(t, "state")),
				lang_said(proto_text(json_object_get(t, "outcome"), "msg"), json_string_value(json_object_get(json_object_get(t, "outcome"), "text"))), id);
	} else if (j) {
		put_outcome(&out, j->targets, job_state_name(j->state), lang_said(j->text_id, j->text), id);
	}
	json_decref(ret);
	return cli_print(&out);
}

int cli_outcome(struct cli *c, const char *id)
{
	bool private_broker = client_user(c->client)->private_broker, no_wait = (c->line->given & OPT_NO_WAIT) != 0;
	enum waited w = no_wait && !private_broker ? WAITED_SENT : wait_job(c, id, no_wait);
	struct err *e = NULL;

	/* With a private broker the job's process ends with us, so it is at least sent first. */
	if (w == WAITED_LOST) {
		struct err *lost = c->lost;
		c->lost = NULL;
		cli_say("cli.job.left", "{s:s}", "job", look_id(id));
		return cli_error(c->line, lost);
	}
	e = print_outcome(c, id);
	if (e)
		return cli_error(c->line, e);
	const struct job *j = registry_find(mirror_objects(c->mirror), KIND_JOB, id);
	switch (w) {
	case WAITED_ENDED:
		return j && (j->state == JOB_DONE || j->state == JOB_ACCEPTED) ? CLI_DONE : CLI_FAILED;
	case WAITED_SENT:
		return CLI_DONE;
	case WAITED_OVERDUE:
	case WAITED_UNSURE:
	case WAITED_LEFT:
	case WAITED_LOST:
		break;
	}
	cli_say(private_broker ? "cli.job.left.private" : "cli.job.left", "{s:s}", "job", look_id(id));
	return w == WAITED_UNSURE ? CLI_UNREACHABLE : CLI_FAILED;
}
