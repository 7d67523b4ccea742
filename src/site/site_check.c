/* tanad --check FILE: every error with its line, or what the site has. Called by tanad's main. */
#include "site/site_check.h"
#include "site/site.h"

#include <stdlib.h>

static void summary(const struct site_model *m, FILE *out)
{
	size_t bays = 0, hosts = 0, spare = 0;
	struct msg msg;

	for (size_t i = 0; i < m->nenclosures; i++)
		bays += m->enclosures[i].nbays;
	for (size_t i = 0; i < m->nblades; i++) {
		hosts += *m->blades[i].uri != '\0';
		spare += m->blades[i].spare;
	}
	msg_make(&msg, "site.summary", "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
		m->name,
		"racks", (json_int_t)m->nracks, "enclosures", (json_int_t)m->nenclosures, "bays", (json_int_t)bays,
		"blades", (json_int_t)m->nblades, "hosts", (json_int_t)hosts, "spare", (json_int_t)spare, "managers", (json_int_t)m->nmanagers,
		"clusters",
		(json_int_t)m->nclusters, "volumes", (json_int_t)m->nvolumes, "tenants", (json_int_t)m->ntenants, "grades", (json_int_t)m->ngrades, "plans",
		(json_int_t)m->nplans, "pairs", (json_int_t)m->npairs, "roles", (json_int_t)m->nroles);
	fprintf(out, "%s\n", msg.text);
	msg_free(&msg);
}

int site_check_main(const char *path, FILE *out)
{
	struct site_model *m;
	struct site_errors errors;
	int status;

	site_read(path, &m, &errors);
	for (size_t i = 0; i < errors.n; i++) {
		const struct site_error *e = &errors.list[i];
		if (e->line > 0)
			fprintf(out, "%s:%d: %s\n", e->file, e->line, e->err->msg.text);
		else
			fprintf(out, "%s: %s\n", e->file, e->err->msg.text);
	}
	for (size_t i = 0; m && i < m->nwarnings; i++) {
		struct msg warning;
		msg_make(&warning, "site.warning", "{s:s}", "text", m->warnings[i]);
		fprintf(out, "%s\n", warning.text);
		msg_free(&warning);
	}
	if (m)
		summary(m, out);
	status = m ? 0 : 2;
	site_errors_free(&errors);
	site_free(m);
	return status;
}
