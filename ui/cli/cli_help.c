/* The tables of commands and options, and what is made of them: usage, help, completion. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/filter.h"
#include "jail/jump.h"
#include "tr.h"

#include <string.h>

#define ACT_OPTIONS (OPT_PREVIEW | OPT_YES | OPT_CONFIRM | OPT_REASON | OPT_NO_WAIT | OPT_JSON)
#define POWER_OPTIONS (ACT_OPTIONS | OPT_CONSENT | OPT_KIND | OPT_FILTER)
#define BLADE_OPTIONS (ACT_OPTIONS | OPT_FILTER)

/* Of no use to who is no operator: left out of the help that is made for a role. */
#define OPERATOR_OPTIONS (OPT_VMS_FIRST | OPT_CONSENT | OPT_KIND | OPT_CHARGE | OPT_EXCEED | OPT_OVERRIDE_PAIR | OPT_UNTIL | OPT_REF | OPT_TENANT | OPT_BY | OPT_VERB | OPT_ANYWAY)

const struct option_row cli_options[] = {
	{ OPT_SITE, "site", "FILE", N_("start a broker of your own on this site file") },
	{ OPT_SOCKET, "socket", "PATH", N_("the site's broker (else $TANA_SOCKET, else /run/tana/broker.sock)") },
	{ OPT_WAIT, "wait", "SECONDS", N_("how long to wait for hosts and brokers (15)") },
	{ OPT_JSON, "json", NULL, N_("one JSON object or array on standard output, nothing else there") },
	{ OPT_PREVIEW, "preview", NULL, N_("say what would happen, do nothing (exit status 3 when it would be refused)") },
	{ OPT_YES, "yes", NULL, N_("confirm what loses no running work") },
	{ OPT_CONFIRM, "confirm", "TEXT", N_("confirm what does, with the text that the preview names") },
	{ OPT_REASON, "reason", "TEXT", N_("why, for the audit log") },
	{ OPT_VMS_FIRST, "vms-first", NULL, N_("the VMs on the blade are shut down first, in their order, then the blade") },
	{ OPT_CONSENT, "consent", NULL, N_("the customer who drives this blade agreed (needs --reason)") },
	{ OPT_KIND, "kind", "KIND", N_("vm or blade: what a filter is about (vm)") },
	{ OPT_FILTER, "filter", "EXPR", N_("all that match: words of names, key:value, !negated; in place of TARGETs") },
	{ OPT_NO_WAIT, "no-wait", NULL, N_("do not wait for the outcome") },
	{ OPT_SINCE, "since", "TIME", N_("2026-04-12, \"2026-04-12 02:41\", 90m, 2h or 3d ago") },
	{ OPT_NOTE, "note", "TEXT", N_("a note to it") },
	{ OPT_DISK_ONLY, "disk-only", NULL, N_("the disks alone, in files of their own; else with the memory of a VM that runs") },
	{ OPT_QUIESCE, "quiesce", NULL, N_("the guest's agent holds its file systems still meanwhile (with --disk-only)") },
	{ OPT_CHARGE, "charge", "WHOM", N_("tenant or provider: whose allowance an operator's snapshot uses (provider)") },
	{ OPT_EXCEED, "exceed", NULL, N_("over a limit (operators; needs --reason)") },
	{ OPT_CHILDREN, "children", NULL, N_("with all snapshots that stand on it") },
	{ OPT_OVERRIDE_PAIR, "override-pair", NULL, N_("while the other half of its pair runs (operators; needs --reason)") },
	{ OPT_UNTIL, "until", "TIME", N_("2026-04-12, \"2026-04-12 18:00\", \"+7 d\" or \"+36 h\", in the tenant's time zone") },
	{ OPT_REF, "ref", "TEXT", N_("the ticket that it belongs to") },
	{ OPT_ANCHORS, "anchors", "FILE", N_("lines of the system log with the anchors that were sent there; - reads them") },
	{ OPT_MONTH, "month", "MONTH", N_("2026-04, in the time zone of --tenant, else the site's") },
	{ OPT_TENANT, "tenant", "NAME", N_("of this tenant alone") },
	{ OPT_CSV, "csv", NULL, N_("as lines with commas, for a spreadsheet") },
	{ OPT_FOLLOW, "follow", NULL, N_("go on until it is ended, over restarts of the broker too") },
	{ OPT_BY, "by", "USER", N_("what this user did") },
	{ OPT_VERB, "verb", "VERB", N_("with this verb: power-off, snapshot-create, ...") },
	{ OPT_ANYWAY, "anyway", NULL, N_("though somebody else attends to it, or wrote the note that stands there") },
	{ OPT_WATCH, "watch", NULL, N_("look on, do not type") },
	{ OPT_TAKE, "take", NULL, N_("type, though you do elsewhere (operators: though somebody else does)") },
	{ OPT_RACK, "rack", "NAME", N_("this rack alone, or these: --rack A B C") },
	{ OPT_ANONYMOUS, "anonymous", NULL, N_("no names of customers and their VMs: visitors look on") },
	{ OPT_BELL, "bell", NULL, N_("a bell when something new hurts, at most once a minute") },
	{ OPT_PAGE, "page", "SECONDS", N_("how long a page of what is wrong stays (15)") },
	{ OPT_NO_CLOCK, "no-clock", NULL, N_("no clock: a wall on which nothing changes sends nothing") },
	{ OPT_HELP, "help", NULL, N_("this") },
	{ OPT_VERSION, "version", NULL, N_("the version") },
};
const int cli_noptions = sizeof cli_options / sizeof *cli_options;

#define LIST_WORDS "racks enclosures blades vms clusters volumes alerts jobs leases notices"
#define OBJECT_HELP "vm:ID, a UUID, vm:NAME, NAME or BLADE/NAME"

const struct command_row cli_commands[] = {
	{ "list", "racks|enclosures|blades|vms|clusters|volumes|alerts|jobs|leases|notices [FILTER...]", OPT_JSON, 1, -1, LIST_WORDS,
		N_("list objects; FILTER: words of names, key:value, !negated"), cli_list, MAY_ALL | MAY_JUMP },
	{ "show", "OBJECT", OPT_JSON, 1, 1, "", N_("one object whole; blade:NAME, rack:NAME, enclosure:NAME, cluster:NAME, volume:NAME, job:ID, or a VM"), cli_show, MAY_ALL | MAY_JUMP },
	{ "find", "TEXT", OPT_JSON, 1, -1, "", N_("anything by name, address, MAC, UUID, serial number, job or ticket"), cli_find, MAY_ALL | MAY_JUMP },
	{ "what-if", "OBJECT", OPT_JSON, 1, 1, "", N_("who is hit if a blade, enclosure, rack, VM, cluster or volume is lost"), cli_what_if,
		MAY_OPERATOR | MAY_VIEWER | MAY_JUMP },
	{ "power-on", "TARGET...", POWER_OPTIONS, 0, -1, "", N_("start VMs, or blades"), cli_act, MAY_ACT | MAY_JUMP },
	{ "shutdown", "TARGET...", POWER_OPTIONS | OPT_VMS_FIRST, 0, -1, "", N_("ask the guests, or the blades' systems, to shut down"), cli_act, MAY_ACT | MAY_JUMP },
	{ "power-off", "TARGET...", POWER_OPTIONS, 0, -1, "", N_("cut the power: running work is lost"), cli_act, MAY_ACT | MAY_JUMP },
	{ "reboot", "TARGET...", POWER_OPTIONS, 0, -1, "", N_("ask the guests, or the blades' systems, to reboot"), cli_act, MAY_ACT | MAY_JUMP },
	{ "reset", "TARGET...", POWER_OPTIONS, 0, -1, "", N_("press the reset button: running work is lost"), cli_act, MAY_ACT | MAY_JUMP },
	{ "locate", "blade:NAME...", BLADE_OPTIONS, 0, -1, "", N_("switch the locate lights of blades on"), cli_act, MAY_OPERATOR | MAY_JUMP },
	{ "locate-off", "blade:NAME...", BLADE_OPTIONS, 0, -1, "", N_("switch them off"), cli_act, MAY_OPERATOR | MAY_JUMP },
	{ "pair", "blade:NAME...", BLADE_OPTIONS, 0, -1, "", N_("say that the blade in the bay is the one that its host runs on"), cli_act, MAY_OPERATOR | MAY_JUMP },
	{ "refresh", "OBJECT", OPT_JSON, 1, 1, "", N_("ask a host, or an enclosure's manager, now"), cli_refresh, MAY_OPERATOR | MAY_JUMP },
	{ "console", "VM", OPT_WATCH | OPT_TAKE, 1, 1, "", N_("its serial console on the whole screen; ^] leaves it"), cli_console, MAY_ACT | MAY_JUMP },
	{ "protect", "TARGET...", ACT_OPTIONS, 1, -1, "", N_("refuse from now on what loses work"), cli_act, MAY_OPERATOR | MAY_JUMP },
	{ "unprotect", "TARGET...", ACT_OPTIONS, 1, -1, "", N_("take the protection off"), cli_act, MAY_OPERATOR | MAY_JUMP },
	{ "snapshot", "list|create|revert|delete|settle VM [NAME]", ACT_OPTIONS | OPT_NOTE | OPT_DISK_ONLY | OPT_QUIESCE | OPT_CHARGE |
		OPT_EXCEED | OPT_CHILDREN | OPT_OVERRIDE_PAIR, 2, 3, "list create revert delete settle",
		N_("a VM's snapshots; settle: one on a host that is lost counts no more"), cli_snapshot, MAY_ALL | MAY_JUMP },
	{ "limits", "[VM|TENANT] | set VM|TENANT kept=N taken=\"N per day\" space=SIZE", OPT_JSON | OPT_UNTIL | OPT_REF, 0, -1, "set",
		N_("what may be kept, taken and filled, and what is used; set: another limit for a time"), cli_limits, MAY_ALL | MAY_JUMP },
	{ "report", "snapshots", OPT_JSON | OPT_MONTH | OPT_TENANT | OPT_CSV, 1, 1, "snapshots",
		N_("snapshots of a month: taken, kept, refused, by whom"), cli_report, MAY_ACT | MAY_JUMP },
	{ "alerts", "[FILTER...] | ack ALERT|OBJECT | mute ALERT|OBJECT | unack ALERT|OBJECT", OPT_JSON | OPT_REF | OPT_NOTE | OPT_UNTIL | OPT_ANYWAY, 0, -1,
		"ack mute unack", N_("what is wrong, one line a cause; ack: I attend to it (--ref); mute: not until (--until); unack: neither"), cli_alerts,
		MAY_OPERATOR | MAY_VIEWER | MAY_JUMP },
	{ "note", "blade:NAME TEXT", OPT_JSON | OPT_UNTIL | OPT_ANYWAY, 2, 2, "", N_("put a blade under observation; an empty TEXT ends it"), cli_note, MAY_OPERATOR | MAY_JUMP },
	{ "events", "[OBJECT]", OPT_JSON | OPT_SINCE | OPT_FOLLOW, 0, 1, "", N_("what happened, and with --follow what happens: a line each"), cli_events,
		MAY_OPERATOR | MAY_VIEWER | MAY_JUMP },
	{ "handover", "", OPT_JSON | OPT_SINCE, 0, 0, "", N_("for whoever comes next: alerts, jobs, observations, and what people did (--since 8h)"), cli_handover,
		MAY_OPERATOR | MAY_VIEWER | MAY_JUMP },
	{ "audit", "[OBJECT | verify]", OPT_JSON | OPT_SINCE | OPT_ANCHORS | OPT_BY | OPT_TENANT | OPT_UNTIL | OPT_VERB | OPT_CSV, 0, 1, "verify",
		N_("who did what, when; verify: was a record changed, and which"), cli_audit, MAY_ALL | MAY_JUMP },
	{ "lease", "break OBJECT", OPT_REASON | OPT_JSON, 2, 2, "break", N_("end somebody's exclusive control (needs --reason)"), cli_lease, MAY_OPERATOR | MAY_JUMP },
	{ "wall", "[--rack NAME...]", OPT_RACK | OPT_ANONYMOUS | OPT_BELL | OPT_PAGE | OPT_NO_CLOCK, 0, -1, "",
		N_("the site for a screen that all see: it only looks, and runs for months; q leaves it"), cli_wall, MAY_OPERATOR | MAY_VIEWER },
	{ "demo", "[COMMAND...]", 0, 0, -1, "", N_("the demonstration site, in the console or for one command"), NULL, MAY_ALL },
	{ "help", "[COMMAND|completion]", 0, 0, 1, "", N_("this, one command, or the completion for bash"), NULL, MAY_ALL | MAY_JUMP },
};
const int cli_ncommands = sizeof cli_commands / sizeof *cli_commands;

/* What a command is to somebody who is no operator, where that is less; `may` has the roles for whom it is so. */
static const struct plain_row { const char *name, *args, *help; unsigned may; } plain_rows[] = {
	{ "alerts", "[FILTER...]", N_("what is wrong, one line a cause"), MAY_VIEWER },
	{ "list", "vms|jobs|notices [FILTER...]", N_("list objects; FILTER: words of names, key:value, !negated"), MAY_CUSTOMER },
	{ "show", "OBJECT", N_("one of your servers whole, or job:ID"), MAY_CUSTOMER },
	{ "find", "TEXT", N_("your servers and jobs by name, address, MAC, UUID or number"), MAY_CUSTOMER },
	{ "power-on", "TARGET...", N_("start servers"), MAY_CUSTOMER },
	{ "shutdown", "TARGET...", N_("ask their systems to shut down"), MAY_CUSTOMER },
	{ "reboot", "TARGET...", N_("ask their systems to reboot"), MAY_CUSTOMER },
	{ "snapshot", "list|create|revert|delete VM [NAME]", N_("a VM's snapshots"), MAY_CUSTOMER },
	{ "snapshot", "list VM", N_("a VM's snapshots"), MAY_VIEWER },
	{ "limits", "[VM]", N_("what may be kept, taken and filled, and what is used"), MAY_CUSTOMER },
	{ "limits", "[VM|TENANT]", N_("what may be kept, taken and filled, and what is used"), MAY_VIEWER },
	{ "audit", "VM", N_("who did what with it, and when"), MAY_CUSTOMER },
	{ "audit", "[OBJECT]", N_("who did what, and when"), MAY_VIEWER },
};

/* The row as it is for those who ask. */
static struct command_row row_for(const struct command_row *c, unsigned may)
{
	struct command_row row = *c;

	for (size_t i = 0; i < sizeof plain_rows / sizeof *plain_rows; i++)
		if (strcmp(plain_rows[i].name, c->name) == 0 && (may & MAY_ALL) == plain_rows[i].may) {
			row.args = plain_rows[i].args;
			row.help = plain_rows[i].help;
		}
	return row;
}

const struct command_row *cli_command(const char *name)
{
	for (int i = 0; i < cli_ncommands; i++)
		if (strcmp(cli_commands[i].name, name) == 0)
			return &cli_commands[i];
	return NULL;
}

/* Words that hands know from elsewhere, or that stand behind another one here. */
static const char *const elsewhere[][2] = {
	{ "ack", "tana alerts ack" }, { "unack", "tana alerts unack" }, { "mute", "tana alerts mute" }, { "verify", "tana audit verify" },
	{ "ls", "tana list" }, { "vms", "tana list vms" }, { "blades", "tana list blades" }, { "jobs", "tana list jobs" },
	{ "start", "tana power-on" }, { "stop", "tana shutdown" }, { "destroy", "tana power-off" }, { "log", "tana events" },
};

const char *cli_command_meant(const char *word)
{
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		if (strcmp(elsewhere[i][0], word) == 0)
			return elsewhere[i][1];
	return NULL;
}

void cli_usage(FILE *f)
{
	if (jump_now()) {
		fputs(_("usage: ssh -t HOST                the console\n"
			"       ssh HOST COMMAND           one command, such as: list vms --json\n"
			"       ssh HOST help [COMMAND]\n"), f);
		return;
	}
	fputs("usage: tana [--site FILE | --socket PATH | URI... | demo] [COMMAND]\n"
	      "       tana help\n",
		f);
}

static void put_option(FILE *f, const struct option_row *o)
{
	char head[40];

	snprintf(head, sizeof head, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	fprintf(f, "  %-18s %s\n", head, _(o->help));
}

static void put_options(FILE *f, opt_bits options, unsigned may)
{
	if (!(may & MAY_OPERATOR))
		options &= ~OPERATOR_OPTIONS;
	for (int i = 0; i < cli_noptions; i++)
		if (cli_options[i].bit & options && cli_option_is_here(&cli_options[i]))
			put_option(f, &cli_options[i]);
}

static void help_one(FILE *f, const struct command_row *c, unsigned may)
{
	struct command_row row = row_for(c, may);

	c = &row;
	fprintf(f, "usage: %s %s %s\n\n  %s\n", jump_now() ? "ssh HOST" : "tana [--site FILE | --socket PATH | URI... | demo]", c->name, c->args, _(c->help));
	if (c->run == cli_act && c->options & OPT_KIND && may & MAY_OPERATOR)
		fputs("  TARGET: " OBJECT_HELP ", or a filter (state:off tenant:acme); of blades blade:NAME,\n  or --kind blade and a filter (enclosure:A2 power:off)\n", f);
	else if (c->run == cli_act)
		fputs(!(c->may & MAY_CUSTOMER) && c->options & OPT_FILTER ? "  or a filter (--filter \"enclosure:A2\")\n" : "  TARGET: " OBJECT_HELP ", or a filter (state:off tenant:acme)\n", f);
	fputs("\n", f);
	put_options(f, c->options | OPT_EVERYWHERE, may);
}

void cli_help(FILE *f, const struct command_row *one, unsigned may)
{
	opt_bits used = OPT_EVERYWHERE;

	if (one) {
		help_one(f, one, may);
		return;
	}
	if ((may & MAY_ALL) == MAY_CUSTOMER)
		fputs(_("Tana shows your servers, powers them safely and takes snapshots. Without a COMMAND it fills the screen.\n\n"), f);
	else
		fputs(_("Tana shows racks, enclosures, blades and VMs, powers blades and VMs safely and takes snapshots. Without a COMMAND it fills\nthe screen.\n\n"), f);
	cli_usage(f);
	fputs(_("\ncommands:\n"), f);
	for (int i = 0; i < cli_ncommands; i++) {
		char head[120];
		const struct command_row row = row_for(&cli_commands[i], may), *c = &row;
		if (!(c->may & may) || !cli_command_is_here(c))
			continue;
		used |= c->options;
		snprintf(head, sizeof head, "%s %s", c->name, c->args);
		if (strlen(head) > 24)
			fprintf(f, "  %s\n  %-24s ", head, "");
		else
			fprintf(f, "  %-24s ", head);
		fprintf(f, "%s\n", _(c->help));
	}
	fputs(_("\noptions (tana help COMMAND says which a command takes):\n"), f);
	put_options(f, used, may);
	fputs("\n  TARGET, OBJECT: " OBJECT_HELP "\n", f);
	if (!jump_now())
		fputs("  URI: what libvirt knows (qemu:///system, qemu+ssh://root@host/system, test:///default)\n", f);
	fputs(_("\nexit status: 0 done, 1 failed, 2 usage, 3 refused (limit, lease, role, protection, confirmation),\n"
		"4 broker or host not reachable\n"),
		f);
}

/* Keys of filters by the kind that is listed, each with its colon; behind it a value follows. */
static void put_filter_words(FILE *f)
{
	static const struct { const char *word; enum kind kind; } kinds[] = {
		{"vms", KIND_VM}, {"blades", KIND_BLADE}, {"jobs", KIND_JOB}, {"enclosures", KIND_ENCLOSURE}, {"clusters", KIND_CLUSTER}, {"volumes", KIND_VOLUME}};

	fputs("\n\t\tif ((nth > 0)); then\n\t\t\tcompopt -o nospace\n\t\t\tcase ${COMP_WORDS[*]} in\n", f);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *keys[64];
		size_t n = filter_keys(kinds[i].kind, VIEWER_OPERATOR, keys, 64);

		fprintf(f, "\t\t\t*' %s '*) words+=\"", kinds[i].word);
		for (size_t j = 0; j < n && j < 64; j++)
			fprintf(f, " %s:", keys[j]);
		fputs("\" ;;\n", f);
	}
	fputs("\t\t\tesac\n\t\tfi", f);
}

void cli_completion(FILE *f)
{
	fputs("# Completion of tana for bash; made by `tana help completion`, which knows the tables.\n"
	      "_tana()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word command= nth=0 skip=\n"
	      "\tlocal i\n"
	      "\tCOMPREPLY=()\n"
	      "\tcase $prev in\n"
	      "\t--site|--socket|--anchors) compopt -o default; return ;;\n"
	      "\t",
		f);
	const char *bar = "";
	for (int i = 0; i < cli_noptions; i++) {
		if (!cli_options[i].value || cli_options[i].bit & (OPT_SITE | OPT_SOCKET | OPT_ANCHORS))
			continue;
		fprintf(f, "%s--%s", bar, cli_options[i].name);
		bar = "|";
	}
	fputs(") return ;;\n\tesac\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tword=${COMP_WORDS[i]}\n"
	      "\t\tif [[ $skip ]]; then skip=; continue; fi\n"
	      "\t\tcase $word in\n"
	      "\t\t",
		f);
	bar = "";
	for (int i = 0; i < cli_noptions; i++) {
		if (!cli_options[i].value)
			continue;
		fprintf(f, "%s--%s", bar, cli_options[i].name);
		bar = "|";
	}
	fputs(") skip=1; continue ;;\n"
	      "\t\t-*) continue ;;\n"
	      "\t\tesac\n"
	      "\t\tif [[ $command ]]; then nth=$((nth + 1)); continue; fi\n"
	      "\t\tcase $word in\n"
	      "\t\t",
		f);
	bar = "";
	for (int i = 0; i < cli_ncommands; i++) {
		if (strcmp(cli_commands[i].name, "demo") == 0)
			continue;
		fprintf(f, "%s%s", bar, cli_commands[i].name);
		bar = "|";
	}
	fputs(") command=$word ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tlocal words=\n"
	      "\tcase $command in\n",
		f);
	for (int i = -1; i < cli_ncommands; i++) {
		const struct command_row *c = i < 0 ? NULL : &cli_commands[i];
		if (c && strcmp(c->name, "demo") == 0)
			continue;
		fprintf(f, "\t%s) words=\"", c ? c->name : "''");
		const char *blank = "";
		for (int o = 0; o < cli_noptions; o++) {
			if (!(cli_options[o].bit & ((c ? c->options : 0) | OPT_EVERYWHERE)))
				continue;
			fprintf(f, "%s--%s", blank, cli_options[o].name);
			blank = " ";
		}
		if (!c || strcmp(c->name, "help") == 0) {
			for (int k = 0; k < cli_ncommands; k++)
				fprintf(f, " %s", cli_commands[k].name);
			fputs(c ? " completion" : "", f);
		}
		fputs("\"", f);
		if (c && *c->words)
			fprintf(f, "\n\t\t((nth == 0)) && words+=\" %s\"", c->words);
		if (c && c->run == cli_list)
			put_filter_words(f);
		fputs(" ;;\n", f);
	}
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "}\n"
	      "complete -F _tana tana\n",
		f);
}
