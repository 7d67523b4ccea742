/* tana report snapshots: a month's snapshots, counted for people, or each as a line for a spreadsheet. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/proto.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_state(json_t *row, const char *state)
{
	return strcmp(proto_text(row, "state"), state) == 0;
}

/* ---- as CSV (RFC 4180) ---- */

static void csv_time(struct buf *b, json_t *row, const char *key)
{
	int64_t at = json_integer_value(json_object_get(row, key));

	if (at)
		cli_time(b, at);
}

static void print_csv(struct buf *b, json_t *rows)
{
	static const char *const texts[] = { "tenant", "vm_name", "vm", "name", "by", "role", "charged", "state" };
	size_t i;
	json_t *r;

	buf_str(b, "tenant,vm,vm_id,name,by,role,charged,state,at,ended,bytes,exceeded,why\r\n");
	json_array_foreach (rows, i, r) {
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
			cli_csv_text(b, proto_text(r, texts[k]));
			buf_str(b, ",");
		}
		csv_time(b, r, "at");
		buf_str(b, ",");
		csv_time(b, r, "ended");
		buf_printf(b, ",%lld,%s,", (long long)json_integer_value(json_object_get(r, "bytes")),
			json_is_true(json_object_get(r, "exceeded")) ? "yes" : "no");
		cli_csv_text(b, proto_text(r, "why"));
		buf_str(b, "\r\n");
	}
}

/* ---- for people ---- */

struct person { const char *name; int64_t n; };
struct sum {
	const char *tenant;
	int64_t taken, kept, deleted, failed, refused, open;
	struct person *people;
	size_t npeople;
};

static void count_person(struct sum *s, const char *name)
{
	for (size_t i = 0; i < s->npeople; i++)
		if (strcmp(s->people[i].name, name) == 0) {
			s->people[i].n++;
			return;
		}
	s->people = xrealloc(s->people, (s->npeople + 1) * sizeof *s->people);
	s->people[s->npeople++] = (struct person){ .name = name, .n = 1 };
}

static struct sum *sum_of(struct sum **all, size_t *n, const char *tenant)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*all)[i].tenant, tenant) == 0)
			return &(*all)[i];
	*all = xrealloc(*all, (*n + 1) * sizeof **all);
	(*all)[*n] = (struct sum){ .tenant = tenant };
	return &(*all)[(*n)++];
}

static void count(struct sum *s, json_t *r)
{
	s->kept += is_state(r, "kept");
	s->deleted += is_state(r, "gone");
	s->failed += is_state(r, "failed");
	s->refused += is_state(r, "refused");
	s->open += is_state(r, "sent") || is_state(r, "reserved");
	s->taken += is_state(r, "kept") || is_state(r, "gone") || is_state(r, "sent") || is_state(r, "reserved");
	count_person(s, proto_text(r, "by"));
}

static void number_cell(struct table *t, int64_t n)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", (long long)n);
	table_cell(t, text);
}

static void print_sums(struct buf *b, json_t *rows)
{
	static const char *const headings[] = { N_("TENANT"), N_("TAKEN"), N_("KEPT"), N_("DELETED"), N_("OPEN"), N_("FAILED"), N_("REFUSED"), N_("BY") };
	static const bool right[] = { false, true, true, true, true, true, true, false };
	struct table *t = table_new(headings, right, 8);
	struct sum *all = NULL;
	size_t n = 0, i;
	json_t *r;

	json_array_foreach (rows, i, r)
		count(sum_of(&all, &n, proto_text(r, "tenant")), r);
	for (i = 0; i < n; i++) {
		struct buf by = { 0 };
		table_cell(t, all[i].tenant);
		number_cell(t, all[i].taken);
		number_cell(t, all[i].kept);
		number_cell(t, all[i].deleted);
		number_cell(t, all[i].open);
		number_cell(t, all[i].failed);
		number_cell(t, all[i].refused);
		for (size_t k = 0; k < all[i].npeople; k++)
			buf_printf(&by, "%s%s %lld", k ? ", " : "", all[i].people[k].name, (long long)all[i].people[k].n);
		buf_append(&by, "", 1);
		table_cell(t, by.data);
		buf_free(&by);
		free(all[i].people);
	}
	free(all);
	table_print(t, b);
}

/* It comes in pages; *out is all of it. Takes args. */
static struct err *ask_all(struct cli *c, json_t *args, json_t **out)
{
	*out = NULL;
	for (;;) {
		json_t *page = NULL;
		struct err *e = cli_request(c, "report-snapshots", json_deep_copy(args), &page);
		if (e) {
			json_decref(args);
			json_decref(*out);
			return e;
		}
		json_t *next = json_incref(json_object_get(page, "next"));
		json_object_del(page, "next");
		if (*out)
			json_array_extend(json_object_get(*out, "rows"), json_object_get(page, "rows"));
		else
			*out = json_incref(page);
		json_decref(page);
		bool more = json_string_length(next) > 0;
		json_object_set_new(args, "after", next ? next : json_null());
		if (!more)
			break;
	}
	json_decref(args);
	return NULL;
}

static struct err *report(struct cli *c)
{
	const char *month = cli_value(c->line, OPT_MONTH), *tenant = cli_value(c->line, OPT_TENANT);
	json_t *ret = NULL;

	if (strcmp(c->line->words[0], "snapshots") != 0)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "report", "args", c->line->command->args);
	if (!month)
		return err_new(ERR_USAGE, "cli.report.month", NULL);
	if (c->line->json && c->line->given & OPT_CSV)
		return err_new(ERR_USAGE, "cli.report.form", NULL);
	json_t *args = json_pack("{s:s}", "month", month);
	if (tenant)
		json_object_set_new(args, "tenant", json_string(tenant));
	struct err *e = cli_connect(c, 0);
	if (e) {
		json_decref(args);
		return e;
	}
	e = ask_all(c, args, &ret);
	if (e)
		return e;
	if (c->line->json)
		return cli_print_json(ret);
	struct buf out = { 0 };
	json_t *rows = json_object_get(ret, "rows");
	/* A month's first hours are not the month before. */
	look_zone(proto_text(ret, "tz"));
	if (c->line->given & OPT_CSV)
		print_csv(&out, rows);
	else if (json_array_size(rows))
		print_sums(&out, rows);
	else
		cli_say("cli.report.none", "{s:s}", "month", month);
	e = cli_print(&out);
	json_decref(ret);
	return e;
}

int cli_report(struct cli *c)
{
	struct err *e = report(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}
