/* A manager's bytes: the first one picks the dialect and what was asked, the rest is the reply. Whatever comes, facts are clean and
 * bounded, states are ours, and bays can be typed into a command. Dialects are those of $TANA_SRC/data/dialects. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dialects *all;

static void must(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *source = getenv("TANA_SRC") ? getenv("TANA_SRC") : ".";
	char *folder = xasprintf("%s/data/dialects", source);
	struct dialect_errors e = {0};

	all = dialects_read((const char *const[]){folder}, 1, &e);
	must(!e.n && dialects_count(all));
	free(folder);
	return 0;
}

static void is_text(const char *s)
{
	must(s && strlen(s) <= TEXT_NAME_MAX && text_is_clean(s));
}

static void check(const struct metal *m)
{
	must(m->nbays <= 256 && m->nsensors <= 256);
	for (size_t i = 0; i < m->nbays; i++) {
		const struct bay_facts *b = &m->bays[i];
		must(shape_bay_is(b->bay));
		must((unsigned)b->power < POWER_STATE_COUNT && (unsigned)b->health < HEALTH_COUNT);
		must(b->fitted >= -1 && b->fitted <= 1 && b->locate >= -1 && b->locate <= 1);
		is_text(b->name);
		is_text(b->model);
		is_text(b->serial);
		is_text(b->firmware);
	}
	for (size_t i = 0; i < m->nsensors; i++) {
		must((unsigned)m->sensors[i].kind < SENSOR_KIND_COUNT && (unsigned)m->sensors[i].health < HEALTH_COUNT);
		is_text(m->sensors[i].name);
		is_text(m->sensors[i].value);
	}
	is_text(m->title);
	is_text(m->model);
	is_text(m->serial);
	is_text(m->firmware);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	const struct dialect *d = dialects_at(all, (data[0] >> 3) % dialects_count(all));
	const struct dialect_ask *a = &d->asks[(data[0] & 7) % d->nasks];
	const char *bytes = (const char *)data + 1;
	char *sent = dialect_fill(a->steps.list[0].send, "1"), *reply = dialect_clean(d, sent, bytes, size - 1);
	struct metal *m = metal_new();

	for (char *line = reply, *end; *line; line = end + 1) { /* clean but for its line ends */
		end = strchr(line, '\n');
		must(end != NULL);
		*end = '\0';
		must(text_is_clean(line));
		*end = '\n';
	}
	struct err *e = dialect_judge(d, "A2", reply, NULL);
	must(!e || text_is_clean(e->msg.text));
	err_free(e);
	dialect_understand(d, a, "1", reply, m);
	check(m);
	dialect_at_prompt(d, bytes, size - 1);
	dialect_at_pager(d, bytes, size - 1);
	dialect_confirm(d, bytes, size - 1);
	metal_free(m);
	/* Text that nobody cleaned must not do more. */
	char *raw = xasprintf("%.*s", (int)(size - 1), bytes);
	m = metal_new();
	dialect_understand(d, a, "1", raw, m);
	check(m);
	dialects_detect(all, raw);
	metal_free(m);
	free(raw);
	free(reply);
	free(sent);
	return 0;
}
