/* What people did (deeds.h), of that what told.h says is worth handing over. */
#include "views/deeds.h"

#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "views/view_audit.h"
#include "words/lang.h"
#include "words/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct person *person_of(struct deeds *d, const char *name, const char *role)
{
	struct person *p;

	for (size_t i = 0; i < d->npeople; i++)
		if (strncmp(d->people[i].name, name, sizeof d->people[i].name - 1) == 0)
			return &d->people[i];
	if (d->npeople == DEEDS_PEOPLE)
		return NULL;
	p = &d->people[d->npeople++];
	memset(p, 0, sizeof *p);
	snprintf(p->name, sizeof p->name, "%s", name);
	snprintf(p->role, sizeof p->role, "%s", role);
	text_mend(p->name);
	return p;
}

static void count(struct person *p, const char *does)
{
	for (size_t i = 0; i < p->kinds; i++)
		if (strcmp(p->did[i].does, does) == 0) {
			p->did[i].n++;
			return;
		}
	if (p->kinds == DEEDS_KINDS) {
		p->more++;
		return;
	}
	snprintf(p->did[p->kinds].does, sizeof p->did[0].does, "%s", does);
	p->did[p->kinds++].n = 1;
}

static void keep(struct deeds *d, json_t *r, const char *does)
{
	json_t *o = json_array_get(json_object_get(r, "objects"), 0);
	const char *reason = *proto_text(r, "reason") ? proto_text(r, "reason") : proto_text(json_object_get(r, "detail"), "ref");
	struct msg outcome;
	struct deed *k;
	bool said;

	if (d->nkept == DEEDS_KEPT) {
		d->kept_more++;
		return;
	}
	k = &d->kept[d->nkept++];
	said = msg_from_json(&outcome, json_object_get(r, "outcome"));
	*k = (struct deed){.at = json_integer_value(json_object_get(r, "at")), .does = xstrdup(does), .object = text_shown_dup(proto_text(o, "id")),
		.name = text_shown_dup(proto_text(o, "name")), .by = text_shown_dup(proto_text(r, "by")), .text = text_shown_dup(said && !*reason ? outcome.text : reason)};
	if (said)
		msg_free(&outcome);
}

void deeds_read(struct deeds *d, json_t *records)
{
	for (size_t i = json_array_size(records); i-- > 0;) {
		json_t *r = json_array_get(records, i);
		const char *by = proto_text(r, "by");
		enum told_deed told = told_deed(r);
		char does[200], shown[64];
		struct person *p;

		d->records++;
		if (told == TOLD_DEED_NOT)
			continue;
		audit_does(r, does, sizeof does);
		snprintf(shown, sizeof shown, "%.60s", does);
		text_mend(shown);
		if (told != TOLD_DEED_DONE)
			keep(d, r, shown);
		if (!*by)
			continue; /* the site file is read again by a signal */
		p = person_of(d, by, proto_text(r, "role"));
		if (p)
			count(p, shown);
		else
			d->others++;
	}
}

static size_t all_of(const struct person *p)
{
	size_t n = p->more;

	for (size_t i = 0; i < p->kinds; i++)
		n += p->did[i].n;
	return n;
}

static int by_count(const void *a, const void *b)
{
	size_t x = all_of(a), y = all_of(b);

	return x != y ? (x < y ? 1 : -1) : strcmp(((const struct person *)a)->name, ((const struct person *)b)->name);
}

void deeds_sort(struct deeds *d)
{
	for (size_t i = 0; i < d->npeople; i++) { /* what one did most comes first */
		struct person *p = &d->people[i];

		for (size_t j = 1; j < p->kinds; j++)
			for (size_t k = j; k > 0 && p->did[k].n > p->did[k - 1].n; k--) {
				struct did t = p->did[k];

				p->did[k] = p->did[k - 1];
				p->did[k - 1] = t;
			}
	}
	qsort(d->people, d->npeople, sizeof *d->people, by_count);
}

void deeds_text(const struct person *p, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->kinds && n + 80 < size; i++) {
		n += (size_t)snprintf(out + n, size - n, "%s", i ? ", " : "");
		n += (size_t)snprintf(out + n, size - n, _("%zu %s"), p->did[i].n, p->did[i].does);
	}
	if (p->more && n + 80 < size)
		snprintf(out + n, size - n, _(", %zu more"), p->more);
	text_mend(out);
}

void deeds_clear(struct deeds *d)
{
	for (size_t i = 0; i < d->nkept; i++) {
		free(d->kept[i].does);
		free(d->kept[i].object);
		free(d->kept[i].name);
		free(d->kept[i].by);
		free(d->kept[i].text);
	}
	memset(d, 0, sizeof *d);
}
