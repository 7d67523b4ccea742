/* Arbitrary text as a site file, read in this process as the child reads it, but for files: an include is not opened.
 * The scan and libconfuse must agree on every text; a model without errors must come out of the pipe's form unchanged.
 */
#include "site/build.h"
#include "site/site_model.h"
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

static void check_errors(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct msg *m = &r->list[i].err->msg;
		must(r->list[i].line >= 1);
		must(m->text && text_is_clean(m->text));
		must(strcmp(m->id, "site.syntax.disagree") != 0);
	}
}

/* Its one form is read as the same. */
static void check_limit(enum limit_kind k, const struct limit *l)
{
	struct limit again;
	char text[48];

	must(limit_is_sound(k, l));
	limit_text(text, sizeof text, k, l);
	if (l->set == LIMIT_UNSAID)
		return;
	must(!limit_parse(k, text, &again));
	must(again.set == l->set && again.max == l->max && again.period == l->period && again.rolling_s == l->rolling_s);
}

static void check_model(const struct site_model *m)
{
	json_t *j = site_model_write(m), *d;
	struct site_model *again = site_model_read(j);

	must(again != NULL);
	d = site_diff(m, again);
	must(json_object_size(d) == 0);
	for (size_t i = 0; i < m->nblades && i < 100; i++) {
		int a, b;
		site_owner(m, m->blades[i].name, "", &a, &b);
		site_shutdown_s(m, m->blades[i].name, m->blades[i].owner, "", m->blades[i].serial);
	}
	for (size_t i = 0; i < m->npairs && i < 100; i++) {
		must(!strcmp(site_pair_of(m, m->pairs[i].a), m->pairs[i].b));
		must(!strcmp(site_pair_of(again, m->pairs[i].b), m->pairs[i].a));
	}
	for (size_t i = 0; i < m->ntenants && i < 100; i++) {
		struct limits l = site_limits_of(m, m->nvms ? m->vms[0].vm : "", m->tenants[i].name);
		for (int k = 0; k < LIMIT_KIND_COUNT; k++)
			check_limit((enum limit_kind)k, &l.of[k]);
		site_zone_of(m, m->tenants[i].name);
	}
	json_decref(d);
	json_decref(j);
	site_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "fuzz.conf";
	struct report r = {0};
	struct conf c = {.files = (char *[]){name}, .n = 1};
	struct conf_node *root = conf_parse((const char *)data, size, site_file_options, 0, &r);

	c.roots = &root;
	struct site_model *m = site_build(&c, &r);
	report_sort(&r);
	check_errors(&r);
	if (!r.n)
		check_model(m);
	site_free(m);
	conf_node_free(root);
	report_free(&r);
	return 0;
}
