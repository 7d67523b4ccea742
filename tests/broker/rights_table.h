/* Who may what, to read: the people of tests/broker/test_rights.c, the servers of its site, and the expected cell of each. */
#ifndef TEST_RIGHTS_TABLE_H
#define TEST_RIGHTS_TABLE_H

#include <stddef.h>

/* Unix users that every Debian has, so that each comes over the socket as the kernel says; and what the site file makes of them. */
static const struct person { const char *name, *user, *role; } people[] = {
	{ "operator", "root", "role operator { users = { root } }" },
	{ "viewer", "daemon", "role viewer { users = { daemon } }" },
	{ "full", "bin", "role customer { tenant = acme users = { bin } idle = none }" },
	{ "power", "sys", "role customer { tenant = acme users = { sys } right = power }" },
	{ "view", "games", "role customer { tenant = acme users = { games } right = view }" },
	{ "none", "man", "role customer { tenant = acme users = { man } right = none }" },
	{ "some", "lp", "role customer { tenant = acme users = { lp } right = none\n"
		"\tvm \"acme-own\" { right = full } vm \"acme-o*\" { right = power } vm \"acme-db-a\" { right = full }\n"
		"\tvm \"globex-*\" { right = full } }" },
	{ "other", "mail", "role customer { tenant = globex users = { mail } }" },
	{ "frozen", "news", "role customer { tenant = ice users = { news } }" },
	{ "leaving", "uucp", "role customer { tenant = gone users = { uucp } }" },
	{ "nobody", "proxy", "" },
};
enum { PEOPLE = sizeof people / sizeof people[0] };

/* acme-prot is protected; acme-db-a and acme-db-b are a pair; stray-one is nobody's. */
static const char *const servers[] = { "acme-own", "acme-off", "acme-prot", "acme-db-a", "acme-db-b", "globex-one", "ice-one", "gone-one",
	"stray-one" };
enum { SERVERS = sizeof servers / sizeof servers[0] };

/* What each may do to each server. In a cell stand the verbs, in the order of this list:
 *   n power-on  s shutdown  f power-off  r reboot  t reset  c snapshot-create  v snapshot-revert  d snapshot-delete
 *   p protect  u unprotect
 * A letter: he may. '.': he may not, for what he is ("role"). '!': he might, but for the state it is in or its protection.
 * "" he does not know that there is such a server: it answers as one that does not exist. "#": he may not even ask. */
static const char verb_letters[] = "nsfrtcvdpu";
static const char *const verb_words[] = { "power-on", "shutdown", "power-off", "reboot", "reset", "snapshot-create", "snapshot-revert",
	"snapshot-delete", "protect", "unprotect" };
static const char *const verb_cells[PEOPLE][SERVERS] = {
	/*            acme-own      acme-off      acme-prot     acme-db-a     acme-db-b     globex-one    ice-one       gone-one      stray-one */
	/* operator*/ { "!sfrtcvdp!", "n!!!!cvdp!", "!s!r!c!!!u", "!sfrtcvdp!", "!sfrtcvdp!", "!sfrtcvdp!", "!sfrtcvdp!", "!sfrtcvdp!", "!sfrtcvdp!" },
	/* viewer  */ { "#",          "#",          "#",          "#",          "#",          "#",          "#",          "#",          "#" },
	/* full    */ { "!sfrtcvd..", "n!!!!cvd..", "!s!r!c!!..", "!sfrtcvd..", "!sfrtcvd..", "",           "",           "",           "" },
	/* power   */ { "!sfrt.....", "n!!!!.....", "!s!r!.....", "!sfrt.....", "!sfrt.....", "",           "",           "",           "" },
	/* view    */ { "..........", "..........", "..........", "..........", "..........", "",           "",           "",           "" },
	/* none    */ { "",           "",           "",           "",           "",           "",           "",           "",           "" },
	/* some    */ { "!sfrtcvd..", "n!!!!.....", "",           "!sfrtcvd..", "",           "",           "",           "",           "" },
	/* other   */ { "",           "",           "",           "",           "",           "!sfrtcvd..", "",           "",           "" },
	/* frozen  */ { "",           "",           "",           "",           "",           "",           "..........", "",           "" },
	/* leaving */ { "",           "",           "",           "",           "",           "",           "",           ".sf.......", "" },
	/* nobody  */ { NULL },
};

/* Every request about a thing: who may ask (o operator, v viewer, c customer), its arguments with @ where the thing's id or name
 * stands, and whether a customer must name a server there (else any thing may stand). Each row of the broker's own table must be
 * here; one that is here and not there is passed over. */
static const struct request_row { const char *name, *who, *form; } requests[] = {
	{ "hello", NULL, NULL },           /* asked by everybody, once */
	{ "subscribe", "ovc", NULL },      /* test_stream */
	{ "ping", "ovc", NULL },
	{ "plan", "oc", "{\"verb\":\"shutdown\",\"targets\":[\"@\"]}" },
	{ "plan", "oc", "{\"verb\":\"snapshot-create\",\"targets\":[\"@\"]}" },
	{ "plan", "oc", "{\"verb\":\"snapshot-delete\",\"targets\":[\"@\"],\"snapshot\":\"x\"}" },
	{ "plan", "oc", "{\"verb\":\"protect\",\"targets\":[\"@\"]}" },
	{ "plan", "oc", "{\"verb\":\"power-off\",\"filter\":\"name:@\"}" },
	{ "plan", "oc", "{\"verb\":\"power-off\",\"filter\":\"pair:@\"}" },
	{ "plan", "oc", "{\"verb\":\"power-off\",\"filter\":\"@\"}" },
	{ "commit", "oc", "{\"plan\":\"@\"}" },
	{ "actions", "oc", "{\"targets\":[\"@\"]}" },
	{ "actions", "oc", "{\"filter\":\"@\"}" },
	{ "actions", "oc", "{\"targets\":[\"@\"],\"kind\":\"blade\"}" },
	{ "show", "ovc", "{\"object\":\"@\"}" },
	{ "what-if", "ov", "{\"object\":\"@\"}" },
	{ "find", "ovc", "{\"text\":\"@\"}" },
	{ "audit", "ovc", "{\"object\":\"@\",\"limit\":1}" },
	{ "alert-set", "o", "{\"object\":\"@\",\"state\":\"new\"}" },
	{ "note-set", "o", "{\"object\":\"@\",\"text\":\"\"}" },
	{ "events", "ov", "{\"object\":\"@\"}" },
	{ "snapshots", "ovc", "{\"object\":\"@\"}" },
	{ "limits", "ovc", "{\"object\":\"@\"}" },
	{ "limits", "ovc", "{\"object\":\"tenant:@\"}" },
	{ "report-snapshots", "oc", "{\"month\":\"2026-03\",\"tenant\":\"@\"}" },
	{ "report-snapshots", "oc", "{\"month\":\"2026-03\",\"after\":\"@\"}" },
	{ "refresh", "o", "{\"object\":\"@\"}" },
	{ "lease-break", "o", "{\"object\":\"@\",\"reason\":\"x\"}" },
	{ "limits-set", "o", "{\"object\":\"@\",\"kind\":\"kept\",\"limit\":\"\"}" },
	{ "snapshot-settle", "o", "{\"object\":\"@\",\"snapshot\":\"x\",\"reason\":\"x\"}" },
	{ "audit-verify", "o", NULL },
	{ "stream-open", "oc", "{\"object\":\"@\",\"mode\":\"watch\",\"credit\":1}" },
	{ "stream-data", "oc", "{\"stream\":\"@\",\"data\":\"\"}" },
	{ "stream-credit", "oc", "{\"stream\":\"@\",\"bytes\":1}" },
	{ "watch", "ovc", "{\"ids\":[\"@\"]}" },
	{ "screenshot", "oc", "{\"object\":\"@\",\"columns\":8,\"rows\":4}" },
	{ "stream-close", "oc", "{\"stream\":\"@\"}" },
};
enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* Things that are there, and one of the same shape that is not: no customer can tell them apart, but the one whose it is. */
static const struct { const char *is, *absent, *but; } secrets[] = {
	{ "blade:a1-01", "blade:a9-99", "" }, { "a1-01", "a9-99", "" }, { "enclosure:A1", "enclosure:Z9", "" }, { "rack:A", "rack:Z", "" },
	{ "a1-01/acme-own", "a9-99/acme-own", "" }, { "globex", "nobody", "other" }, { "ice", "icy", "frozen" },
};
enum { SECRETS = sizeof secrets / sizeof secrets[0] };

#endif
