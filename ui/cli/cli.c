/* What all commands share: the connection, requests that are waited for, waiting for hosts. Words on the terminal are in cli_words.c.
 * A command is written straight down: each wait turns the loop until its answer is there. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "jail/sandbox.h"
#include "lists/first.h"
#include "words/lang.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 60000  /* for one request; the broker's own deadlines for hosts are shorter */
#define TURN_MS 20
#define VMS_MS 2000      /* from "every host was tried" to the last VM of those that are up */
#define METAL_MS 5000    /* ... and to what the last manager tells of its bays */

/* ---- the connection ---- */

static void on_state(void *ctx, enum client_state s, const struct err *why)
{
	struct cli *c = ctx;

	err_free(c->lost);
	c->lost = NULL;
	/* A broker that came back knows nothing of the subscription. */
	if (s == CLIENT_READY && c->kinds) {
		mirror_kinds(c->mirror, c->kinds);
		mirror_subscribe(c->mirror, c->client);
	}
	if (why) {
		c->lost = err_copy(why);
		mirror_lost(c->mirror);
	}
}

static void on_event(void *ctx, json_t *line)
{
	struct cli *c = ctx;

	if (c->heard)
		c->heard(c, line);
	mirror_event(c->mirror, line);
}

static bool on_batch(void *ctx, const char *line, size_t len)
{
	return mirror_batch(((struct cli *)ctx)->mirror, line, len);
}

static void on_signal(void *ctx, int signo)
{
	struct cli *c = ctx;

	c->interrupted = true;
}

bool cli_step(struct cli *c, int ms)
{
	loop_step(c->loop, ms);
	return !c->interrupted;
}

static struct err *interrupted(void)
{
	return err_new(ERR_FAILED, "cli.interrupted", NULL);
}

static struct err *take_lost(struct cli *c)
{
	struct err *e = c->lost;

	c->lost = NULL;
	return e;
}

/* A role that we do not know may try everything: the broker knows it. */
static unsigned my_role(const struct cli *c)
{
	for (int r = ROLE_OPERATOR; r < ROLE_COUNT; r++)
		if (strcmp(client_user(c->client)->role, role_name((enum role)r)) == 0)
			return 1u << r;
	return MAY_ALL;
}

struct err *cli_connect(struct cli *c, unsigned kinds)
{
	struct client_ops ops = { .ctx = c, .state = on_state, .event = on_event, .batch = on_batch };
	int64_t until = clock_boot_ms() + (c->line->wait_s > 1 ? c->line->wait_s : 1) * INT64_C(1000);
	char origin[64];

	c->kinds = kinds;
	client_origin(origin, sizeof origin);
	struct err *e = client_open(c->loop, &c->line->target, origin, &ops, &c->client);
	if (!e && client_connector(c->client))
		e = sandbox_enter(client_connector(c->client));
	if (e)
		return e;
	while (client_state(c->client) != CLIENT_READY) {
		if (!cli_step(c, TURN_MS * 10))
			return interrupted();
		if (c->lost)
			return take_lost(c);
		if (clock_boot_ms() >= until)
			return err_new(ERR_UNREACHABLE, "client.silent", NULL);
	}
	const struct command_row *row = c->line->command;
	if (row && !(row->may & my_role(c)))
		return err_new(ERR_ROLE, "cli.role", "{s:s, s:s}", "role", client_user(c->client)->role, "command", row->name);
	return NULL;
}

struct answer {
	bool there;
	struct err *e;
	json_t *ret;
};

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct answer *a = ctx;

	a->there = true;
	a->e = e;
	a->ret = json_incref(ret);
}

struct err *cli_request(struct cli *c, const char *name, json_t *args, json_t **ret)
{
	struct answer a = { 0 };
	int64_t until = clock_boot_ms() + ANSWER_MS;

	*ret = NULL;
	uint64_t id = client_request(c->client, name, args, on_answer, &a);
	while (!a.there) {
		bool go_on = cli_step(c, TURN_MS * 10);
		if (a.there) /* an answer that came counts, even after ^C: something may have been started */
			break;
		if (!go_on || clock_boot_ms() >= until) {
			client_forget(c->client, id);
			return go_on ? err_new(ERR_TIMEOUT, "cli.no_answer", "{s:s}", "request", name) : interrupted();
		}
	}
	*ret = a.ret;
	return a.e;
}

/* ---- waiting for hosts ---- */

/* Which blades' hosts, and managers where the command is about the metal, have been tried, by slot; kept by watching, since a state
 * may pass between two looks. */
struct tried {
	struct registry *r;
	unsigned char *slots;    /* TRIED_ bits */
	size_t n;
	bool metal;
};
enum { TRIED_HOST = 1, TRIED_MANAGER = 2 };

/* Off, as its manager says now: nobody tries its host, and nobody misses it. */
static bool is_off(const struct blade *b)
{
	return b->host != HOST_UP && b->power_live && b->power == POWER_OFF;
}

static bool is_host_tried(const struct blade *b)
{
	if (is_off(b))
		return true;
	switch (b->host) {
	case HOST_NONE:
	case HOST_UP:
	case HOST_STALE:
	case HOST_BACKOFF:
		return true;
	case HOST_DOWN:
	case HOST_CONNECTING:
	case HOST_STATE_COUNT:
		break;
	}
	return b->why[0]; /* how the try before this one ended */
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct tried *t = ctx;
	const struct blade *b = object;

	if (k != KIND_BLADE)
		return;
	if (slot >= t->n) {
		size_t n = slot + 256;
		t->slots = xrealloc(t->slots, n);
		memset(t->slots + t->n, 0, n - t->n);
		t->n = n;
	}
	if (is_host_tried(b))
		t->slots[slot] |= TRIED_HOST;
	if (b->manager != MANAGER_CONNECTING)
		t->slots[slot] |= TRIED_MANAGER;
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct tried *t = ctx;

	if (k == KIND_BLADE && slot < t->n)
		t->slots[slot] = 0;
}

static bool all_tried(const struct tried *t)
{
	uint32_t slots = registry_slots(t->r, KIND_BLADE);
	int wanted = t->metal ? TRIED_HOST | TRIED_MANAGER : TRIED_HOST;

	for (uint32_t s = 0; s < slots; s++)
		if (registry_at(t->r, KIND_BLADE, s) && (s >= t->n || (t->slots[s] & wanted) != wanted))
			return false;
	return true;
}

/* A manager is up a moment before it has told of its last bay, and of what it thinks of the enclosure. */
static bool metal_told(const struct registry *r)
{
	uint32_t slots = registry_slots(r, KIND_BLADE), enclosures = registry_slots(r, KIND_ENCLOSURE);

	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		if (b && b->manager == MANAGER_UP && !b->power_live && strcmp(b->fitted, "no") != 0)
			return false;
	}
	for (uint32_t s = 0; s < enclosures; s++) {
		const struct enclosure *e = registry_at(r, KIND_ENCLOSURE, s);
		if (e && e->manager == MANAGER_UP && e->health == HEALTH_UNKNOWN)
			return false;
	}
	return true;
}

/* A host is up a moment before the last of its VMs has come. */
static bool vms_came(const struct registry *r)
{
	uint32_t slots = registry_slots(r, KIND_BLADE);

	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		size_t n, live = 0;
		if (!b || b->host != HOST_UP)
			continue;
		struct vm *const *vms = registry_vms_on(r, b->name, &n);
		for (size_t i = 0; i < n; i++)
			live += vms[i]->live;
		if (live < (size_t)b->vms)
			return false;
	}
	return true;
}

/* "a1-07 (no libvirt daemon listens)": a reason that begins with the name has it once. */
static void name_silent(struct buf *names, const struct blade *b)
{
	const char *why = lang_said(b->why_id, b->why);
	size_t n = strlen(b->name);

	if (strncmp(why, b->name, n) == 0 && strncmp(why + n, ": ", 2) == 0)
		why += n + 2;
	buf_printf(names, "%s%s%s%s%s", names->len ? ", " : "", b->name, *why ? " (" : "", why, *why ? ")" : "");
}

/* How many hosts are not there; says which. */
static size_t tell_silent(struct registry *r, bool aloud)
{
	struct buf names = { 0 };
	size_t silent = 0, hosts = 0;
	char hint[300] = ""; /* for the first of them that has one */
	const char *after = NULL;
	uint32_t slots = registry_slots(r, KIND_BLADE);

	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		hosts += b && b->host != HOST_NONE; /* bays without one are blades too */
		if (!b || b->host == HOST_UP || b->host == HOST_NONE || is_off(b) || b->spare)
			continue;
		if (!*hint)
			first_hint(b, hint, sizeof hint);
		if (silent++ < 3)
			name_silent(&names, b);
	}
	if (silent > 3)
		buf_printf(&names, ", ...");
	buf_append(&names, "", 1);
	if (silent && aloud && *hint)
		after = hint;
	if (silent && aloud)
		cli_say("cli.silent", "{s:i, s:i, s:s}", "silent", (int)silent, "blades", (int)hosts, "names",
			names.data);
	if (after)
		cli_say("cli.hint.type", "{s:s}", "command", after);
	buf_free(&names);
	return silent;
}

bool cli_is_metal(const char *word)
{
	return strncmp(word, "blade:", 6) == 0 || strncmp(word, "enclosure:", 10) == 0;
}

struct err *cli_wait_hosts(struct cli *c, size_t *silent)
{
	int64_t until = clock_boot_ms() + (int64_t)c->line->wait_s * 1000;
	struct tried tried = { .r = mirror_objects(c->mirror), .metal = c->metal };
	struct registry_watch watch = { .ctx = &tried, .changed = on_changed, .gone = on_gone };
	struct err *e = NULL;

	registry_watch(tried.r, &watch);
	for (uint32_t s = 0; s < registry_slots(tried.r, KIND_BLADE); s++)
		if (registry_at(tried.r, KIND_BLADE, s))
			on_changed(&tried, KIND_BLADE, s, registry_at(tried.r, KIND_BLADE, s));
	bool shared = !client_user(c->client)->private_broker, tried_all = false;
	while (!e) {
		if (mirror_synced(c->mirror) && shared)
			break;
		if (!tried_all && mirror_synced(c->mirror) && all_tried(&tried)) {
			tried_all = true;
			int64_t most = clock_boot_ms() + (c->metal ? METAL_MS : VMS_MS);
			until = until > most ? most : until;
		}
		if (tried_all && (!(c->kinds & 1u << KIND_VM) || vms_came(tried.r)) && (!c->metal || metal_told(tried.r)))
			break;
		if (!cli_step(c, TURN_MS))
			e = interrupted();
		else if (c->lost)
			e = take_lost(c);
		else if (clock_boot_ms() >= until)
			break;
	}
	registry_unwatch(tried.r, &watch);
	free(tried.slots);
	if (!e && !mirror_synced(c->mirror))
		e = err_new(ERR_TIMEOUT, "cli.no_answer", "{s:s}", "request", "subscribe");
	/* On a shared broker a silent host is news where a list would be thinner for it, and no news elsewhere. */
	size_t n = e ? 0 : tell_silent(tried.r, !shared || (c->line->command->run == cli_list && cli_list_of_hosts(c->line->words[0])));
	/* A shared broker knows what was on a silent host; a private one that was just started may not. */
	if (silent)
		*silent = shared ? 0 : n;
	return e;
}

struct err *cli_not_found(struct err *e, size_t silent)
{
	/* Other things that are not found (a lease) have their own words. */
	if (!e || e->class != ERR_NOTFOUND || !silent || strncmp(e->msg.id, "target", 6) != 0)
		return e;
	struct err *out = err_new(ERR_UNREACHABLE, "cli.perhaps", "{s:s, s:i}", "reason", e->msg.text, "silent", (int)silent);
	err_free(e);
	return out;
}

/* A plain word is a VM to the broker; here a blade or an enclosure may be meant as well. To be freed; NULL: there is none. */
static char *metal_named(struct cli *c, const char *word)
{
	void *found[2];

	if (registry_named(mirror_objects(c->mirror), KIND_BLADE, word, found, 2) == 1)
		return xasprintf("blade:%s", word);
	if (registry_named(mirror_objects(c->mirror), KIND_ENCLOSURE, word, found, 2) == 1)
		return xasprintf("enclosure:%s", word);
	return NULL;
}

struct err *cli_request_metal(struct cli *c, const char *name, json_t *args, json_t **ret)
{
	struct err *e = cli_request(c, name, json_incref(args), ret);
	const char *word = proto_text(args, "object");
	char *metal = e && e->class == ERR_NOTFOUND && *word ? metal_named(c, word) : NULL;

	if (metal) {
		err_free(e);
		json_object_set_new(args, "object", json_string(metal));
		e = cli_request(c, name, json_incref(args), ret);
		free(metal);
	}
	json_decref(args);
	return e;
}

struct err *cli_ask_tried(struct cli *c, unsigned kinds, const char *name, json_t *args, json_t **ret, size_t *silent)
{
	struct err *e = cli_connect(c, kinds);

	if (!e)
		e = cli_wait_hosts(c, silent);
	if (!e)
		return cli_not_found(kinds & 1u << KIND_ENCLOSURE ? cli_request_metal(c, name, args, ret) : cli_request(c, name, args, ret), *silent);
	json_decref(args);
	return e;
}

/* ---- running one ---- */

static void start(struct cli *c, const struct cli_line *line)
{
	*c = (struct cli){ .line = line, .tty = isatty(STDERR_FILENO) == 1 };
	c->loop = loop_new();
	c->mirror = mirror_new();
	loop_signal(c->loop, SIGINT, on_signal, c);
	loop_signal(c->loop, SIGTERM, on_signal, c);
	loop_signal(c->loop, SIGHUP, on_signal, c);
}

static void end(struct cli *c)
{
	client_close(c->client);
	mirror_free(c->mirror);
	loop_free(c->loop);
	err_free(c->lost);
}

int cli_run(const struct cli_line *line)
{
	struct cli c;

	start(&c, line);
	int status = line->command->run(&c);
	end(&c);
	return status;
}

unsigned cli_my_role(const struct cli_line *line)
{
	struct cli c;

	start(&c, line);
	struct err *e = cli_connect(&c, 0);
	unsigned may = e ? MAY_ALL : my_role(&c);
	err_free(e);
	end(&c);
	return may;
}
