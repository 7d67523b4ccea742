/* Requests about what VMs do at this moment: watch, screenshot. A screen is asked of its host once for all who wait for it, of a few
 * VMs at a time, however many are looked at, and of one VM of a blade: a host that does not answer keeps one place, not all. */
#include "broker/commands.h"

#include "broker/now.h"
#include "common/base64.h"
#include "common/clock.h"
#include "hosts/picture.h"

#include <stdlib.h>
#include <string.h>

#define SHOTS_AT_ONCE 4      /* a picture is megabytes until it was made small */
#define SHOT_COST 9          /* requests that one counts for, beside itself: it is made small for each who asks */
#define WATCH_COST 8         /* so many VMs count as one request more */

/* ---- watch ---- */

void do_watch(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	json_t *ids = json_object_get(args, "ids"), *id;
	struct vm *vms[NOW_WATCHED_MAX];
	struct err *e = NULL;
	size_t i, n = 0;

	if (json_array_size(ids) > NOW_WATCHED_MAX)
		e = err_new(ERR_LIMIT, "watch.many", "{s:i}", "max", NOW_WATCHED_MAX);
	json_array_foreach(ids, i, id) {
		enum kind k;
		void *o = NULL;

		if (e)
			break;
		e = targets_object(b->objects, &b->gate, peer_actor(q->peer), json_string_value(id), &k, &o);
		if (!e && k != KIND_VM)
			e = err_new(ERR_USAGE, "now.kind", "{s:s}", "object", json_string_value(id));
		if (!e)
			vms[n++] = o;
	}
	if (e) {
		request_error(q, e);
		return;
	}
	if (peer_actor(q->peer)->role != ROLE_OPERATOR)
		peer_charge(q->peer, (int)n / WATCH_COST);
	now_watch(b->now, q->peer, vms, n);
	request_return(q, json_pack("{s:i}", "every_s", FLEET_STATS_S));
}

/* ---- screenshot ---- */

struct asker {
	struct asker *next;
	struct request *q;
	int columns, rows;
};
struct shot {
	struct shot *next;
	struct broker *b;
	char *vm;
	istr blade;            /* where it was asked; NULL not yet */
	struct asker *askers;
};
static struct shot *shots;   /* the loop's */

/* The rules of looking at a serial console are those of looking at a screen. */
static struct err *may(struct broker *b, const struct actor *a, const struct vm *vm)
{
	struct err *e = plan_may_console(&b->world, a, false, vm), *own = NULL;

	if (e && strcmp(e->msg.id, "role.console") == 0)
		own = err_new(ERR_ROLE, "role.screen", "{s:s, s:s}", "role", role_name(a->role), "name", vm->name);
	else if (e && strcmp(e->msg.id, "console.off") == 0)
		own = err_new(ERR_STATE, "screen.off", "{s:s}", "name", vm->name);
	if (!own)
		return e;
	err_free(e);
	return own;
}

static json_t *picture_json(const struct host_screen *s, const struct asker *a)
{
	struct host_screen small;
	struct buf text = { 0 };

	picture_shrink(s, a->columns, 2 * a->rows, &small);
	size_t n = (size_t)small.w * (size_t)small.h;
	for (size_t i = 0; i < n; i++) /* in place: an index is behind what it is made of */
		small.rgb[i] = picture_xterm(small.rgb[3 * i], small.rgb[3 * i + 1], small.rgb[3 * i + 2]);
	base64_write(&text, small.rgb, n);
	json_t *o = json_pack("{s:i, s:i, s:s%, s:I}", "w", small.w, "h", small.h, "pixels", text.data, text.len, "at",
		(json_int_t)clock_wall_s());
	buf_free(&text);
	picture_free(&small);
	return o;
}

/* What a host says in its own words is not for customers. */
static struct err *refusal(const struct request *q, const struct vm *vm, const struct err *e)
{
	if (actor_is_staff(peer_actor(q->peer)) || e->class == ERR_STATE)
		return err_copy(e);
	return err_new(e->class, "screen.silent", "{s:s}", "name", vm->name);
}

static void answer(const struct shot *k, struct asker *a, const struct err *e, const struct host_screen *s)
{
	struct vm *vm = request_still(a->q, k->vm); /* else it was ended */
	struct err *no = vm ? may(k->b, peer_actor(a->q->peer), vm) : NULL;

	if (no)
		request_error(a->q, no);
	else if (vm && e)
		request_error(a->q, refusal(a->q, vm, e));
	else if (vm)
		request_return(a->q, picture_json(s, a));
	free(a);
}

static void next_shots(void);

static void end(struct shot *k, const struct err *e, const struct host_screen *s)
{
	struct shot **at = &shots;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	for (struct asker *a = k->askers, *after; a; a = after) {
		after = a->next;
		answer(k, a, e, s);
	}
	free(k->vm);
	intern_free(k->blade);
	free(k);
}

static void taken(void *ctx, struct err *e, const struct host_screen *s)
{
	end(ctx, e, s);
	err_free(e);
	next_shots();
}

static bool blade_is_busy(const struct vm *vm)
{
	for (const struct shot *k = shots; k; k = k->next)
		if (k->blade && strcmp(k->blade, vm->blade) == 0)
			return true;
	return false;
}

static void next_shots(void)
{
	int n = 0;

	for (const struct shot *k = shots; k; k = k->next)
		n += k->blade != NULL;
	for (struct shot *k = shots, *after; k && n < SHOTS_AT_ONCE; k = after) {
		after = k->next;
		if (k->blade)
			continue;
		/* At the end there are no peers: nothing is asked any more. */
		struct vm *vm = k->b->peers ? registry_find(k->b->objects, KIND_VM, k->vm) : NULL;
		if (!vm) {
			struct err *e = err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", k->vm);
			end(k, e, NULL);
			err_free(e);
			continue;
		}
		if (blade_is_busy(vm))
			continue;
		k->blade = intern_ref(vm->blade);
		n++;
		fleet_screenshot(k->b->fleet, vm, taken, k);
	}
}

static struct shot *shot_of(struct broker *b, const struct vm *vm)
{
	struct shot **at = &shots;

	while (*at && strcmp((*at)->vm, vm->id) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = xcalloc(1, sizeof **at);
		(*at)->b = b;
		(*at)->vm = xstrdup(vm->id);
	}
	return *at;
}

void do_screenshot(struct request *q, json_t *args)
{
	struct broker *b = q->broker;
	const struct actor *a = peer_actor(q->peer);
	enum kind k;
	void *o = NULL;

	struct err *e = targets_object(b->objects, &b->gate, a, arg_text(args, "object"), &k, &o);
	if (!e && k != KIND_VM)
		e = err_new(ERR_USAGE, "now.kind", "{s:s}", "object", arg_text(args, "object"));
	if (!e)
		e = may(b, a, o);
	if (e) {
		request_error(q, e);
		return;
	}
	peer_charge(q->peer, SHOT_COST);
	struct asker *who = xcalloc(1, sizeof *who);
	struct shot *shot = shot_of(b, o);
	*who = (struct asker){ .next = shot->askers, .q = q, .columns = (int)arg_int(args, "columns"), .rows = (int)arg_int(args, "rows") };
	shot->askers = who;
	next_shots();
}
