/* The command line that shows the same as a view. Opened by ":". A view that is not of the first ones says its words itself (view_ops.same);
 * lists add the filter. */
#include "dialogs/form.h"

#include "app_inside.h"
#include "jail/jump.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

#define SOCKET "/run/tana/broker.sock"   /* where tana looks anyway */

/* How a shell reaches the same broker: "tana", "tana demo", "tana --site /etc/tana.conf". */
static void program(const struct app *a, char *out, size_t size)
{
	const struct client_target *t = inner_of(a)->target;

	snprintf(out, size, "%s", jump_now() ? "ssh HOST" : "tana");
	if (jump_now() || !t)
		return;
	if (t->demo)
		form_word(out, size, "demo");
	if (t->site_file || (t->socket && strcmp(t->socket, SOCKET) != 0)) {
		form_word(out, size, t->site_file ? "--site" : "--socket");
		form_word(out, size, t->site_file ? t->site_file : t->socket);
	}
	for (int i = 0; i < t->nuris; i++)
		form_word(out, size, t->uris[i]);
}

/* A shell takes a filter apart at its blanks, as we do; where it would do more, it is one word. */
static void add_filter(const struct app *a, char *out, size_t size)
{
	size_t n = strlen(out);

	if (!*a->filter)
		return;
	if (strpbrk(a->filter, "'\"*?!<>()[]{}$&|;\\#~`"))
		form_word(out, size, a->filter);
	else
		snprintf(out + n, size - n, " %s", a->filter);
}

static bool words_of(struct app *a, char *out, size_t size)
{
	static const struct { const char *words; bool filter; } tabs[TAB_COUNT] = {
		[TAB_RACKS] = {" list racks", false}, [TAB_VMS] = {" list vms", true}, [TAB_BLADES] = {" list blades", true}, [TAB_JOBS] = {" list jobs", true},
		[TAB_TREE] = {" list vms", true}, [TAB_CLUSTERS] = {" list clusters", true}, [TAB_VOLUMES] = {" list volumes", true},
	};
	struct view *v = app_top(a);
	size_t n = strlen(out);
	enum kind k;
	void *o;

	if (v->ops->same) {
		v->ops->same(v, out + n, size - n);
		return out[n] != '\0';
	}
	if (a->depth == 1 && tabs[a->tab].words) {
		snprintf(out + n, size - n, "%s", tabs[a->tab].words);
		if (tabs[a->tab].filter)
			add_filter(a, out, size);
		return true;
	}
	if (v->ops->where == WHERE_VM && view_object(v, &k, &o)) {
		form_show(out, size, KIND_VM, ((struct vm *)o)->name);
		return true;
	}
	return false;
}

struct view *dialog_command_new(struct app *a)
{
	static const struct form_ops ops = {0};
	char text[1024];
	struct view *f = form_new(a, _("The same on the command line"), "", &ops, NULL);

	program(a, text, sizeof text);
	if (words_of(a, text, sizeof text))
		form_words(f, INK_BOLD, text);
	else
		form_words(f, INK_DIM, _("There is no command that shows the same."));
	return f;
}
