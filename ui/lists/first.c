/* The first steps (first.h). */
#include "lists/first.h"

#include "app_inside.h"
#include "common/error.h"
#include "jail/jump.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lang.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdio.h>
#include <string.h>

#define HOSTS_SHOWN 6

enum first_step first_step(const struct registry *r)
{
	bool any = false, hosts = false;

	for (uint32_t s = 0, n = registry_slots(r, KIND_BLADE); s < n; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);

		if (!b || !*b->name)
			continue;
		if (b->host == HOST_UP || b->host == HOST_STALE || b->seen > 0)
			return FIRST_DONE;
		any = true;
		hosts |= b->host != HOST_NONE;
	}
	return hosts ? FIRST_SILENT : any ? FIRST_HOSTS : FIRST_BLADES;
}

/* "-p 2022 root@a1-01.example.net" of "qemu+ssh://root@a1-01.example.net:2022/system": as ssh's own programs take it. */
static bool login_of(const char *uri, char *out, size_t size)
{
	const char *at = strstr(uri, "+ssh://"), *end, *port;
	int n;

	if (!at)
		return false;
	at += 7;
	end = at + strcspn(at, "/?#");
	if (end == at || *at == '[' || strcspn(at, " '\"\\$`;&|<>()") < (size_t)(end - at))
		return false;
	port = memchr(at, ':', (size_t)(end - at));
	if (port)
		n = snprintf(out, size, "-p %.*s %.*s", (int)(end - port - 1), port + 1, (int)(port - at), at);
	else
		n = snprintf(out, size, "%.*s", (int)(end - at), at);
	return n > 0 && (size_t)n < size;
}

bool first_hint(const struct blade *b, char *out, size_t size)
{
	char login[256];

	out[0] = '\0';
	if (strcmp(b->why_id, "host.socket.none") == 0)
		snprintf(out, size, "systemctl start libvirtd");
	else if (strcmp(b->why_id, "ssh.login.refused") == 0 && login_of(b->uri, login, sizeof login))
		snprintf(out, size, "ssh-copy-id %s", login);
	return out[0] != '\0';
}

struct paper { int y; struct box b; };

static void say(struct paper *p, enum ink ink, int in, const char *text)
{
	int left = p->b.y + p->b.h - p->y;

	if (left > 0 && p->b.w > in + 8)
		p->y += *text ? wrap_draw(p->y, p->b.x + in, p->b.w - in, left, ink, text, false) : 1;
}

/* How the file is asked whether it is right, and taken again. */
static void say_then(struct paper *p, const struct client_target *t)
{
	char line[600];
	const char *file = t && t->site_file ? t->site_file : "/etc/tana/site.conf";

	say(p, INK_NORMAL, 0, "");
	snprintf(line, sizeof line, "tanad --check %.500s", file);
	say(p, INK_BOLD, 4, line);
	say(p, INK_DIM, 4, _("says whether it is right, and where not"));
	if (!t || !t->site_file) {
		say(p, INK_BOLD, 4, "systemctl reload tanad");
		say(p, INK_DIM, 4, _("takes it; this screen shows what is new at once"));
	} else {
		say(p, INK_DIM, 4, _("then start this console again"));
	}
	say(p, INK_NORMAL, 0, "");
	say(p, INK_DIM, 0, _("man tana-site has all that can be written there. `tana demo` shows a site that is full."));
}

static void say_blades(struct paper *p, const struct client_target *t)
{
	say(p, INK_BOLD, 0, _("This site has no blades yet."));
	say(p, INK_NORMAL, 0, _("Write into its site file what stands in your racks, with the way to each host:"));
	say(p, INK_NORMAL, 0, "");
	say(p, INK_NORMAL, 4, "rack \"A\" { enclosure \"A1\" { bays = \"1-16\"");
	say(p, INK_NORMAL, 4, "  blade \"a1-01\" { bay = 1 host = \"qemu+ssh://root@a1-01/system\" } } }");
	say_then(p, t);
}

static void say_hosts(struct paper *p, const struct client_target *t)
{
	say(p, INK_BOLD, 0, _("No blade of this site has a host yet."));
	say(p, INK_NORMAL, 0, _("In its site file each blade that runs VMs says how its libvirt is reached:"));
	say(p, INK_NORMAL, 0, "");
	say(p, INK_NORMAL, 4, "blade \"a1-01\" { bay = 1 host = \"qemu+ssh://root@a1-01.example.net/system\" }");
	say_then(p, t);
}

/* Why each of them is not there: their sentences say what to type. */
static void say_silent(struct paper *p, const struct registry *r)
{
	size_t shown = 0, all = 0;
	char line[360], hint[300];

	for (uint32_t s = 0, slots = registry_slots(r, KIND_BLADE); s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		const char *why;
		size_t n;

		if (!b || !*b->name || b->host == HOST_NONE)
			continue;
		all++;
		if (shown == HOSTS_SHOWN || !*b->why)
			continue;
		shown++;
		say(p, INK_BOLD, 0, b->name);
		why = lang_said(b->why_id, b->why);
		n = strlen(b->name);
		say(p, INK_WARN, 4, strncmp(why, b->name, n) == 0 && strncmp(why + n, ": ", 2) == 0 ? why + n + 2 : why);
		if (first_hint(b, hint, sizeof hint)) {
			snprintf(line, sizeof line, _("type: %s"), hint);
			say(p, INK_BOLD, 4, line);
		}
	}
	if (shown == 0) {
		say(p, INK_NORMAL, 0, P_(_("The host is being asked."), _("The hosts are being asked."), all));
		return;
	}
	if (all > shown) {
		snprintf(line, sizeof line, _("and %zu more"), all - shown);
		say(p, INK_DIM, 0, line);
	}
	say(p, INK_NORMAL, 0, "");
	say(p, INK_DIM, 0, _("It is tried again by itself; R asks now."));
}

/* A broker that was never met: why, and what to type. Behind a jump host its path is nobody's business. */
static void say_unmet(struct paper *p, const struct err *why)
{
	const char *id = why ? why->msg.id : "";
	const char *hint = jump_now() ? "jump.absent" : strcmp(id, "client.denied") == 0 ? "cli.hint.denied" : strcmp(id, "client.absent") == 0 ? "cli.hint" : NULL;
	struct msg m;

	if (why && !jump_now())
		say(p, INK_WARN, 0, why->msg.text);
	if (hint) {
		msg_make(&m, hint, NULL);
		say(p, INK_NORMAL, 0, m.text);
		msg_free(&m);
	}
	say(p, INK_NORMAL, 0, "");
	say(p, INK_DIM, 0, _("It is tried again by itself. Q quits."));
}

bool first_draw(struct app *a, struct box b)
{
	struct paper p = {b.y, b};
	const struct client_target *t = inner_of(a)->target;
	enum first_step step;

	if (!inner_of(a)->ready_once && client_state(a->client) == CLIENT_LOST) {
		say_unmet(&p, inner_of(a)->unmet);
		return true;
	}
	if (app_is_customer(a) || !mirror_synced(a->mirror) || app_lost(a))
		return false;
	step = first_step(a->objects);
	switch (step) {
	case FIRST_BLADES:
		say_blades(&p, t);
		break;
	case FIRST_HOSTS:
		say_hosts(&p, t);
		break;
	case FIRST_SILENT:
		say_silent(&p, a->objects);
		break;
	default:
		return false;
	}
	return true;
}
