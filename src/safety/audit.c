/* Audit records as JSON. */
#include "safety/audit.h"

#include <string.h>

static void put_text(json_t *o, const char *key, const char *value)
{
	if (value && value[0])
		json_object_set_new(o, key, json_string(value));
}

json_t *audit_record(const struct audit *a)
{
	json_t *o = json_object();

	put_text(o, "what", a->what);
	if (a->actor) {
		put_text(o, "by", a->actor->user);
		json_object_set_new(o, "uid", json_integer((json_int_t)a->actor->uid));
		put_text(o, "origin", a->actor->origin);
		if (a->actor->role != ROLE_NONE)
			put_text(o, "role", role_name(a->actor->role));
		put_text(o, "tenant", a->actor->tenant);
	}
	put_text(o, "verb", a->verb);
	put_text(o, "request", a->request);
	if (a->objects)
		json_object_set(o, "objects", a->objects);
	put_text(o, "plan", a->plan);
	put_text(o, "job", a->job);
	put_text(o, "reason", a->reason);
	put_text(o, "class", a->class);
	if (a->outcome && a->outcome->id)
		json_object_set_new(o, "outcome", msg_to_json(a->outcome));
	if (a->timed)
		json_object_set_new(o, "seconds", json_integer((json_int_t)a->seconds));
	if (a->detail)
		json_object_set(o, "detail", a->detail);
	if (a->suppressed > 0)
		json_object_set_new(o, "suppressed", json_integer((json_int_t)a->suppressed));
	return o;
}

void audit_object(json_t **list, const char *id, const char *name, const char *blade)
{
	if (!*list)
		*list = json_array();
	json_t *o = json_pack("{s:s, s:s}", "id", id, "name", name);
	put_text(o, "blade", blade);
	json_array_append_new(*list, o);
}

bool audit_gate_pass(struct audit_gate *g, uint64_t uid, int64_t now, int64_t *suppressed)
{
	int at = -1, oldest = 0;

	*suppressed = 0;
	for (int i = 0; i < AUDIT_USERS; i++) {
		if (g->slot[i].used && g->slot[i].uid == uid) {
			at = i;
			break;
		}
		if (!g->slot[i].used || (g->slot[oldest].used && g->slot[i].at < g->slot[oldest].at))
			oldest = i;
	}
	if (at < 0) {
		at = oldest;
		memset(&g->slot[at], 0, sizeof g->slot[at]);
		g->slot[at].used = true;
		g->slot[at].uid = uid;
		g->slot[at].tokens_ms = AUDIT_BURST * 1000;
		g->slot[at].at = now;
	}
	g->slot[at].tokens_ms += now - g->slot[at].at;
	if (g->slot[at].tokens_ms > AUDIT_BURST * 1000)
		g->slot[at].tokens_ms = AUDIT_BURST * 1000;
	g->slot[at].at = now;
	if (g->slot[at].tokens_ms < 1000) {
		g->slot[at].suppressed++;
		return false;
	}
	g->slot[at].tokens_ms -= 1000;
	*suppressed = g->slot[at].suppressed;
	g->slot[at].suppressed = 0;
	return true;
}
