/* Arbitrary text as a dialect file. Every error has a line and is clean; a file without errors is a dialect that can be used. */
#include "enclosures/inside.h"
#include "common/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* A session of a few bytes with it: nothing may break. */
static void use(const struct dialect *d)
{
	static const char text[] = "prompt> show\r\n 1 server On OK\r\nPower: Off\r\nprompt> ";
	char *reply = dialect_clean(d, "show", text, sizeof text - 1);

	must(d->session.prompt && d->session.eol && d->nasks);
	for (size_t i = 0; i < d->nasks; i++) {
		struct metal *m = metal_new();
		must(d->asks[i].steps.n && d->asks[i].every_s > 0);
		dialect_understand(d, &d->asks[i], "1", reply, m);
		metal_free(m);
	}
	for (int v = VERB_POWER_ON; v <= VERB_RESET; v++)
		must(!d->verbs[v].there || d->status_ask >= 0);
	for (size_t i = 0; i < d->shapes.n; i++)
		must(d->shapes.list[i].nbays <= (size_t)d->shapes.list[i].rows * (size_t)d->shapes.list[i].columns);
	dialect_at_prompt(d, text, sizeof text - 1);
	dialect_confirm(d, text, sizeof text - 1);
	err_free(dialect_judge(d, "A", reply, NULL));
	free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "/fuzz.conf";
	struct report r = {0};
	struct conf c = {.files = (char *[]){name}, .n = 1};
	struct conf_node *root = conf_parse((const char *)data, size, dialect_file_options, 0, &r);

	c.roots = &root;
	struct dialect *d = dialect_of_conf(&c, &r);
	must(root || r.n);
	must(!d == (r.n != 0));
	for (size_t i = 0; i < r.n; i++) {
		const struct msg *m = &r.list[i].err->msg;
		must(r.list[i].line >= 1);
		must(m->text && text_is_clean(m->text));
		must(strcmp(m->id, "site.syntax.disagree") != 0);
	}
	if (d)
		use(d);
	dialect_free(d);
	conf_node_free(root);
	report_free(&r);
	return 0;
}
