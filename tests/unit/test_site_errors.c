/* Everything that is wrong with a site file is found in one run, each with its own line. */
#include "test_site_help.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SITE "site \"t\" { }\n"

/* clang-format off */
/* One file with most that can be wrong; the numbers on the right are its lines. */
static const char many[] =
	"/* a comment\n"                                                            /* 1 */
	"   over three\n"
	"   lines */\n"
	"site \"tokyo-1\" {\n"                                                      /* 4 */
	"	colour = pink\n"                                                        /* 5 choice */
	"	zone = \"Asia/Tokio\"\n"                                                /* 6 zone */
	"	shutdown = 10\n"                                                        /* 7 duration */
	"	reserve = \"8 GB\"\n"                                                   /* 8 size */
	"	color = red\n"                                                          /* 9 unknown */
	"	note = \"one\"\n"                                                       /* 10 */
	"	note = \"two\"\n"                                                       /* 11 twice */
	"}\n"
	"site \"again\" { }\n"                                                      /* 13 twice site */
	"cluster K1 { quorum = 5 }\n"                                               /* 14 can never reach it: 2 nodes */
	"cluster K1 {\n"                                                            /* 15 twice */
	"}\n"
	"tenant \"acme\" { vms = {\n"                                               /* 17 */
	"	\"acme-*\",\n"                                                          /* 18 */
	"	\"uuid:7a6e6100-0004-4000-8000-000000000001\",\n"                       /* 19 */
	"	\"uuid:nonsense\" }\n"                                                  /* 20 */
	"}\n"
	"tenant \"globex\" {\n"                                                     /* 22 */
	"	state = gone\n"                                                         /* 23 */
	"	vms = { \"globex-*\",\n"                                                /* 24 */
	"		\"*-db01\",\n"                                                      /* 25 meets acme's and its own first */
	"		\"uuid:7A6E6100-0004-4000-8000-000000000001\" }\n"                  /* 26 the same */
	"}\n"
	"tenant \"a/b\" { }\n"                                                      /* 28 name */
	"grade V10 { vcpus = 2 memory = \"1 GiB\" }\n"                              /* 29 */
	"grade V11 { vcpus = 2 memory = \"1024 MiB\" }\n"                           /* 30 same */
	"grade V12 { memory = \"1 GiB\" per-blade = many }\n"                       /* 31 missing, number */
	"role operator { }\n"                                                       /* 32 empty */
	"role customer { users = { \"yamada\" } }\n"                                /* 33 tenant */
	"role customer { tenant = \"initech\" users = { \"suzuki\" } }\n"           /* 34 ref */
	"role boss { users = { \"sato\" } }\n"                                      /* 35 choice */
	"role viewer {\n"                                                           /* 36 */
	"	users = { \"wall\",\n"                                                  /* 37 */
	"		\"yamada\" }\n"                                                     /* 38 two */
	"}\n"
	"rack A {\n"                                                                /* 40 */
	"	enclosure A1 { bays = \"1-4\" rows = 1 columns = 3\n"                   /* 41 shape */
	"		blade x1 { bay = 1 host = \"qemu+ssh://h1/system\" cluster = K1 }\n"
	"		blade x2 { bay = 1 host = \"qemu+ssh://root@H1:22/system\" cluster = K2 }\n" /* 43 taken, twice, ref */
	"		blade x3 { bay = 9 host = \"nonsense\" }\n"                         /* 44 none, bad */
	"		blade x3 { bay = 3 spare = true }\n"                                /* 45 twice */
	"		blade x4 {\n"                                                       /* 46 bay and host missing */
	"			owner = nobody\n"                                               /* 47 */
	"			spare = maybe\n"                                                /* 48 */
	"		}\n"
	"		blade \"\\x1b[31m\" { bay = 2 spare = true }\n"                     /* 50 unclean, name */
	"	}\n"
	"	enclosure A1 { }\n"                                                     /* 52 twice */
	"	enclosure \"A2\" { rows = 99 bays = \"1-2,02\" }\n"                     /* 53 number, again */
	"}\n"
	"rack A { }\n"                                                              /* 55 twice */
	"blade y1 { host = \"{bay}\" enclosure = B9 }\n"                            /* 56 ref */
	"blade y2 { bay = 3 host = \"qemu+ssh://{bay}/system\" cluster = K1 }\n"    /* 57 nowhere, hole */
	"blade \"z[1-3]\" { host = \"qemu+ssh://z/system\" serial = \"[1-2]\" }\n"  /* 58 same, count */
	"vm \"db*\" { }\n"                                                          /* 59 missing */
	"vm \"db*\" { shutdown = \"1 h\" shutdwon = \"2 h\" }\n"                    /* 60 unknown */
	"vm \"db*\" { shutdown = \"1 h\" }\n"                                       /* 61 twice */
	"wave \"gold\" { }\n";                                                      /* 62 unknown */

static const char many_errors[] =
	"site.conf:5 site.value.choice\n"
	"site.conf:6 site.value.zone\n"
	"site.conf:7 site.value.duration\n"
	"site.conf:8 site.value.size\n"
	"site.conf:9 site.unknown.like\n"
	"site.conf:11 site.twice.option\n"
	"site.conf:13 site.twice.site\n"
	"site.conf:14 site.cluster.quorum\n"
	"site.conf:15 site.twice\n"
	"site.conf:20 site.rule.uuid\n"
	"site.conf:23 site.value.choice\n"
	"site.conf:25 site.rule.both\n"
	"site.conf:26 site.rule.same\n"
	"site.conf:28 site.name.sign\n"
	"site.conf:30 site.grade.same\n"
	"site.conf:31 site.value.number\n"
	"site.conf:31 site.missing\n"
	"site.conf:32 site.role.empty\n"
	"site.conf:33 site.role.tenant\n"
	"site.conf:34 site.unknown.ref\n"
	"site.conf:35 site.value.choice\n"
	"site.conf:38 site.role.two\n"
	"site.conf:41 site.bay.shape\n"
	"site.conf:43 site.unknown.ref\n"
	"site.conf:43 site.bay.taken\n"
	"site.conf:43 site.host.twice\n"
	"site.conf:44 site.bay.none\n"
	"site.conf:44 host.uri\n"
	"site.conf:45 site.twice\n"
	"site.conf:46 site.bay.missing\n"
	"site.conf:46 site.host.missing\n"
	"site.conf:47 site.unknown.ref\n"
	"site.conf:48 site.value.yes\n"
	"site.conf:50 site.value.unclean\n"
	"site.conf:50 site.name.sign\n"
	"site.conf:52 site.twice\n"
	"site.conf:53 site.value.number\n"
	"site.conf:53 site.bay.again\n"
	"site.conf:55 site.twice\n"
	"site.conf:56 site.unknown.ref\n"
	"site.conf:57 site.bay.nowhere\n"
	"site.conf:57 site.hole.unknown\n"
	"site.conf:58 site.host.same\n"
	"site.conf:58 site.range.count\n"
	"site.conf:59 site.missing\n"
	"site.conf:60 site.unknown.like\n"
	"site.conf:61 site.twice.vm\n"
	"site.conf:62 site.unknown\n";
/* clang-format on */

static void test_many(void **state)
{
	test_expect(many, many_errors);
}

/* Rights are for customers, of three words and none, each glob once; resting and consoles have their bounds. */
static void test_rights(void **state)
{
	test_expect("site \"s\" { }\n"
		    "tenant acme { vms = { \"acme-*\" } }\n"
		    "role operator { users = { a } right = full }\n"                       /* 3 */
		    "role viewer { users = { b } vm \"x\" { right = view } }\n"            /* 4 */
		    "role customer { tenant = acme users = { c } right = all }\n"          /* 5 */
		    "role customer { tenant = acme users = { d } vm \"x\" { }\n"           /* 6 */
		    "	vm \"y\" { right = some }\n"                                       /* 7 */
		    "	vm \"\" { right = view }\n"                                        /* 8 */
		    "	vm \"y\" { right = view } }\n"                                     /* 9 */
		    "role customer { tenant = acme users = { e } idle = soon }\n"          /* 10 */
		    "role customer { tenant = acme users = { f } consoles = 0 }\n",        /* 11 */
		"site.conf:3 site.right.role\n"
		"site.conf:4 site.right.role\n"
		"site.conf:5 site.value.choice\n"
		"site.conf:6 site.missing\n"
		"site.conf:7 site.value.choice\n"
		"site.conf:8 site.rule.long\n"
		"site.conf:9 site.right.two\n"
		"site.conf:10 site.value.duration\n"
		"site.conf:11 site.value.number\n");
}

/* The same with the line ends of another system, and behind a byte order mark. */
static void test_crlf(void **state)
{
	char *text = malloc(sizeof many * 2), *to = text;

	to = stpcpy(to, "\xef\xbb\xbf");
	for (const char *p = many; *p; p++) {
		if (*p == '\n')
			*to++ = '\r';
		*to++ = *p;
	}
	*to = '\0';
	test_expect(text, many_errors);
	free(text);
}

static void test_syntax(void **state)
{
	test_expect(SITE "rack A {\n", "site.conf:2 site.syntax.open\n");
	test_expect(SITE "rack A {\n} }\n", "site.conf:3 site.syntax.close\n");
	test_expect(SITE "\nrack A { enclosure B {\n bays = \"1-2\n } }\n", "site.conf:4 site.syntax.quote\n");
	test_expect(SITE "/* never\nclosed", "site.conf:2 site.syntax.comment\n");
	test_expect(SITE "blade b { host = qemu+ssh://x/system }", "site.conf:2 site.syntax.sign\n");
	test_expect(SITE "blade b { host = qemu:///system }", "site.conf:2 site.syntax.sign\n");
	test_expect(SITE "tenant t { vms = { acme-* } }", "site.conf:2 site.syntax.sign\n");
	test_expect(SITE "rack A {\n enclosure\n B\n = 3 }", "site.conf:5 site.syntax.expected\n");
	test_expect(SITE "rack", "site.conf:2 site.syntax.expected\n");
	test_expect(SITE "blade b { host = }", "site.conf:2 site.syntax.expected\n");
	test_expect(SITE "tenant t { vms = { \"a\" \"b\" } }", "site.conf:2 site.syntax.expected\n");
	test_expect(SITE "\"rack\" A { }", "site.conf:2 site.syntax.expected\n");
	test_expect(SITE "tenant t { vms = {\n\"a\",\n", "site.conf:2 site.syntax.open\n");
	test_expect(SITE "rack = A\nrack A { login = x login k { } login { } login { } }\nblade { }\nblade b { host { "
			 "} }\nblade c { host = { \"x\" } spare = on }\n",
		"site.conf:2 site.syntax.section\nsite.conf:3 site.syntax.section\nsite.conf:3 site.syntax.untitled\n"
		"site.conf:3 site.twice.option\nsite.conf:4 site.syntax.title\nsite.conf:5 "
		"site.syntax.option\nsite.conf:5 site.host.missing\n"
		"site.conf:6 site.syntax.list\n");
	test_expect(SITE "blade b { spare = true serial = \"${HOME}\" }", "site.conf:2 site.syntax.environment\n");
	test_expect(SITE "blade b { spare = true serial = \"${HOME\" cluster = \"}${x}\" }",
		"site.conf:2 site.syntax.environment\nsite.conf:2 site.syntax.environment\nsite.conf:2 "
		"site.unknown.ref\n");
	test_expect("", "site.conf:1 site.none\n");
	test_expect("# nothing\n", "site.conf:1 site.none\n");
	/* a value carried over to the next line */
	test_expect(SITE "blade b { serial = \"a\\\n b\"\n spare = 'o\\\nn'\n colour = red\n}\n",
		"site.conf:6 site.unknown\n");
	/* libconfuse's own words, with its line: comments were taken away before, so that it counts right */
	test_expect(SITE "/* one\n two */\nblade b { spare = true\n serial = \"\\999\" }",
		"site.conf:5 site.syntax.other\n");
}

/* An unknown section goes with all that is in it, whatever it looks like; what stands behind is read. */
static void test_unknown(void **state)
{
	test_expect(SITE "waves \"x\" {\n a { } b = { c, d } e { f { g = \"}\" } } }\nblade b { sparee = {a,\n b} bay { "
			 "x { } } host = \"nonsense\" }\n",
		"site.conf:2 site.unknown\nsite.conf:4 site.unknown.like\nsite.conf:5 site.syntax.option\nsite.conf:5 "
		"host.uri\n");
	char *s = test_sentences(SITE "grade V1 { vcpus = 1 memory = \"1 GiB\" per_blade = 3 }\nblade \"b\" { spare = "
				      "true known-hosts = x }");
	assert_non_null(strstr(s, "per_blade; did you mean per-blade?"));
	assert_non_null(strstr(s, "blade has no option or section known-hosts\n"));
	free(s);
}

/* What is wrong with plans, limits and pairs: all in one run, each at its line. */
static void test_sold(void **state)
{
	test_expect(SITE "plan basic {\n title = \"x\"\n snapshots {\n  kept = many\n  taken = \"4 a day\"\n  space = \"100 GB\"\n"
			 "  keep = 3\n }\n snapshots { }\n}\n"
			 "plan basic { }\nplan \"a/b\" { }\n"
			 "tenant t {\n plan = bsaic\n snapshots { kept = disks\n taken = 3\n space = 5 }\n}\n"
			 "vm \"x*\" {\n plan = none\n snapshots { kept = -1 }\n}\n"
			 "vm \"y*\" { }\nvm \"x*\" { plan = basic }\nvm \"\" { plan = basic }\n",
		"site.conf:5 site.limit.kept\nsite.conf:6 site.limit.taken\nsite.conf:7 site.limit.space\nsite.conf:8 "
		"site.unknown.like\nsite.conf:10 site.twice.option\nsite.conf:12 site.twice\nsite.conf:13 site.name.sign\n"
		"site.conf:15 site.unknown.ref\nsite.conf:16 site.limit.kept\nsite.conf:17 site.limit.taken\nsite.conf:18 "
		"site.limit.space\nsite.conf:21 site.unknown.ref\nsite.conf:22 site.limit.kept\nsite.conf:24 site.missing\n"
		"site.conf:25 site.twice.vm\nsite.conf:26 site.rule.long\n");
	char *s = test_sentences(SITE "plan p { snapshots { taken = \"4 a day\" kept = 4.5 space = \"1 GB\" } }\n");
	assert_non_null(strstr(s, "taken = 4 a day: expected how many snapshots (0 to 100000)"));
	assert_non_null(strstr(s, "kept = 4.5: expected"));
	assert_non_null(strstr(s, "space = 1 GB: expected"));
	free(s);
	/* The disks of all servers are not known before each was asked. */
	test_expect(SITE "tenant t {\n snapshots { kept = 3\n space = disks }\n}\nplan p { snapshots { space = disks } }\n",
		"site.conf:4 site.limit.disks\n");
}

static void test_pairs(void **state)
{
	test_expect(SITE "pair p { halves = { a, b } }\n"
			 "pair p { halves = { c, d } }\n"
			 "pair q { halves = {\n x,\n a } }\n"
			 "pair r { halves = { z, z } }\n"
			 "pair s { halves = { z } }\n"
			 "pair t { halves = { z1, z2, z3 } }\n"
			 "pair u { }\n"
			 "pair v { halves = { \"z*\", \"\" } }\n"
			 "pair \"w[1-3]\" { halves = { \"z[1-2]\", \"{name}\" } }\n"
			 "pair \"x[3-1]\" { halves = { \"{name}a\", \"{name}b\" } }\n"
			 "pair \"y[1-3]\" { halves = { \"{bay}a\", \"{name}b\" } }\n"
			 "pair \"y[1-3]\" { halves = { \"{name}c\", \"zz\" } }\n"
			 "pair \"y[4-5]\" { halves = { \"{name}\", \"{name}\" } }\n"
			 "pair \"a:b\" { halves = { z4, z5 } }\n",
		"site.conf:3 site.twice\nsite.conf:6 site.pair.two\nsite.conf:7 site.pair.same\nsite.conf:8 site.pair.halves\n"
		"site.conf:9 site.pair.halves\nsite.conf:10 site.pair.halves\nsite.conf:11 site.pair.vm\nsite.conf:11 site.pair.vm\n"
		"site.conf:12 site.pair.count\nsite.conf:13 site.range.down\nsite.conf:14 site.hole.unknown\n"
		"site.conf:15 site.pair.two\nsite.conf:16 site.pair.same\nsite.conf:17 site.name.sign\n");
	char *s = test_sentences(SITE "pair p { halves = { a, b } }\n\npair q {\n halves = { c,\n b } }\n");
	assert_string_equal(s, "b is one half of pair p already, in line 2; it cannot be of pair q too\n");
	free(s);
	/* in another file: its name is said */
	test_write("pairs.conf", "pair q { halves = { b, c } }\n");
	s = test_sentences("include = \"pairs.conf\"\n" SITE "pair p { halves = { a, b } }\n");
	assert_non_null(strstr(s, "b is one half of pair p already, in "));
	assert_non_null(strstr(s, "/site.conf:3; it cannot be of pair q too\n"));
	free(s);
	test_expect(SITE "pair \"p[1-20000]\" { halves = { \"{name}a\", \"{name}b\" } }\n"
			 "pair q { halves = { qa, qb } }\n",
		"site.conf:3 site.many\n");
}

static void test_bytes(void **state)
{
	static const char text[] = SITE
		"# caf\xe9\nblade \"b\x01\" { spare = true }\nblade c { serial = \"\xc2\x9b\" spare = true }\n# \0 \n";
	test_write_bytes("site.conf", text, sizeof text - 1);
	char *got = test_errors("site.conf");
	assert_string_equal(got,
		"site.conf:2 site.text.utf8\nsite.conf:3 site.text.control\nsite.conf:3 site.name.sign\n"
		"site.conf:4 site.text.control\nsite.conf:5 site.text.control\n");
	free(got);
	/* what no terminal may get, spelled as an escape or as a character of its own */
	test_expect(SITE "tenant a {\n title = \"a\\nb\"\n contact = \"x\u202ey\" }\n",
		"site.conf:3 site.value.unclean\nsite.conf:4 site.value.unclean\n");
}

static void test_ranges(void **state)
{
	/* what is wrong with a range is said once, not for each of its names */
	test_expect(SITE "rack \"R[1-9]\" {\n enclosure \"{rack}a\" { bays = \"1-4\" rows = 0\n"
			 "  blade \"{enclosure}-[1-4]\" { host = \"nonsense\" cluster = K9 }\n } }\n",
		"site.conf:3 site.value.number\nsite.conf:4 site.host.same\nsite.conf:4 site.unknown.ref\n");
	test_expect(SITE "rack \"R[1-9]\" {\n enclosure \"E\" { } }\n", "site.conf:3 site.twice\n");
	test_expect(SITE "rack \"R{bay}\" { }\nrack \"R[2-1]\" { }\nrack \"[x\" { }\n",
		"site.conf:2 site.hole.none\nsite.conf:3 site.range.down\nsite.conf:4 site.name.sign\n");
	test_expect(SITE "rack A { enclosure B { bays = \"1-4\"\n blade \"b[1-3]\" { host = "
			 "\"qemu+ssh://{name}/system\" } } }\n",
		"site.conf:3 site.bay.missing\n");
	test_expect(SITE "rack A { enclosure B { bays = \"1-4\"\n blade \"b[1-3]\" { host = "
			 "\"qemu+ssh://{name}/system\" bay = \"2-5\" } } }\n",
		"site.conf:3 site.range.count\n");
	test_expect(SITE "rack A { enclosure B { bays = \"1-4\"\n blade \"b[1-3]\" { host = "
			 "\"qemu+ssh://{name}/system\" bay = \"3-5\" } } }\n",
		"site.conf:3 site.bay.none\n");
	test_expect(SITE "rack \"R[1-200]\" { enclosure \"{rack}-[1-10]\" { blade \"{enclosure}.[1-16]\" { host = "
			 "\"qemu+ssh://{name}/system\" } } }\n",
		"site.conf:2 site.many\n");
	test_expect(SITE "rack \"R[1-2001]\" { }\n", "site.conf:2 site.many\n");
	test_expect(SITE "rack R { enclosure E { bays = \"1-129\" } }\n", "site.conf:2 site.many\n");
}

/* A row of blades, more in its enclosure, in another, and at the top of the file. */
static void row(const char *here, const char *there, const char *top, const char *errors)
{
	char text[1024];

	snprintf(text, sizeof text,
		SITE "rack A { enclosure B { blade \"b[1-16]\" { host = \"qemu+ssh://{name}/system\" }\n%s } "
		     "enclosure C { %s } }\n%s\n",
		here, there, top);
	test_expect(text, errors);
}

/* A single blade changes one of a row once; a second time, or in another enclosure, it is a second blade. */
static void test_override(void **state)
{
	row("blade b3 { spare = true }", "", "blade b4 { host = \"qemu+ssh://other/system\" }", "");
	row("blade b3 { spare = true }\nblade b3 { serial = x }", "", "blade b3 { serial = y }",
		"site.conf:4 site.twice\nsite.conf:5 site.twice\n");
	row("", "blade b3 { spare = true }", "", "site.conf:3 site.twice\n");
	row("blade b3 { bay = 4 }", "", "", "site.conf:3 site.bay.taken\n");
	row("blade b3 { enclosure = C }", "", "blade b3 { enclosure = C }",
		"site.conf:3 site.bay.inside\nsite.conf:4 site.twice\n");
	row("", "", "blade b3 { enclosure = C }", "site.conf:4 site.bay.missing\n");
	row("", "", "blade b3 { enclosure = C bay = 1 }", "");
	row("blade b3 { host = \"\" }", "", "", "site.conf:3 site.host.missing\n");
	row("", "", "blade b17 { }", "site.conf:4 site.host.missing\n");
}

static void test_clusters(void **state)
{
	const char *metal = SITE "rack A { enclosure B { bays = \"1-20\" blade \"b[1-20]\" { host = "
				 "\"qemu+ssh://{name}/system\" } } }\n";
	char text[2048];

	snprintf(text, sizeof text, "%scluster K { nodes = { \"b[1-16]\" } quorum = 17 }\n", metal);
	test_expect(text, "");
	snprintf(text, sizeof text, "%scluster K { nodes = { \"b[1-17]\" } }\n", metal);
	test_expect(text, "site.conf:3 site.cluster.size\n");
	snprintf(text, sizeof text, "%scluster K { nodes = { \"b[1-4]\" } quorum = 6 }\n", metal);
	test_expect(text, "site.conf:3 site.cluster.quorum\n");
	snprintf(text, sizeof text,
		"%scluster K { quorum = 18 }\ncluster L { nodes = {\n\"b[4-1]\", b99,\nb1, b2 } }\nblade b2 { cluster "
		"= K }\n",
		metal);
	test_expect(text, "site.conf:3 site.value.number\nsite.conf:5 site.range.down\nsite.conf:5 "
			  "site.unknown.ref\nsite.conf:6 site.cluster.two\n");
}

static void test_rules(void **state)
{
	char *s = test_sentences(SITE "tenant a { vms = { \"web-*\" } }\ntenant b {\n vms = { \"*-受注\" } }\n");
	assert_string_equal(
		s, "*-受注 and web-* of tenant a in line 2 both match a VM named web-受注; nobody would own it\n");
	free(s);
	/* two rules of one tenant may meet; rules of a tenant that stands here twice are not said to meet themselves */
	test_expect(SITE "tenant a { vms = { \"*\", \"web-*\" } }\n", "");
	test_expect(SITE "tenant a { vms = { \"*\" } }\ntenant a { vms = { \"*\" } }\n", "site.conf:3 site.twice\n");
	test_expect(SITE "tenant a { vms = { \"\" } }\n", "site.conf:2 site.rule.long\n");
}

static void test_files(void **state)
{
	char *dir = test_path("folder"), *fifo = test_path("fifo"), *sock = test_path("sock");
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	strcpy(at.sun_path, sock);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	test_write("folder/inner.conf", "include = \"../other.conf\"\nrack A {\n}\n");
	test_write("other.conf", "rack A { }\ninclude = \"site.conf\"\n");
	test_expect(SITE "include = \"folder\"\ninclude = \"fifo\"\ninclude = \"sock\"\ninclude = "
			 "\"/dev/null\"\ninclude = \"absent\"\n"
			 "include = \"folder/inner.conf\"\ninclude = \"folder/inner.conf\"\ninclude = \"\"\n",
		"site.conf:2 site.file.kind\nsite.conf:3 site.file.kind\nsite.conf:4 site.file.kind\nsite.conf:5 "
		"site.file.kind\n"
		"site.conf:6 os.error\nsite.conf:8 site.file.again\nsite.conf:9 site.file.kind\n"
		"folder/../other.conf:1 site.twice\nfolder/../other.conf:2 site.file.again\n");
	char *got;
	const char *names[] = {"folder", "fifo", "sock", "absent"};
	const char *want[] = {"folder:0 site.file.kind\n", "fifo:0 site.file.kind\n", "sock:0 site.file.kind\n",
		"absent:0 os.error\n"};
	for (int i = 0; i < 4; i++) {
		got = test_errors(names[i]);
		assert_string_equal(got, want[i]);
		free(got);
	}
	close(fd);
	free(dir);
	free(fifo);
	free(sock);
}

static void test_limits(void **state)
{
	size_t size = 9u << 20;
	char *big = malloc(size + 1), *text = malloc(16384), *p = text;

	memset(big, '#', size); /* comments, in lines: one of megabytes takes libconfuse many seconds */
	for (size_t i = 63; i < size; i += 64)
		big[i] = '\n';
	big[size] = '\0';
	test_expect(big, "site.conf:0 site.file.size\n");
	big[5u << 20] = '\0';
	test_write("half1.conf", big);
	test_write("half2.conf", big);
	test_expect(SITE "include = \"half1.conf\"\ninclude = \"half2.conf\"\n", "site.conf:3 site.file.size\n");
	free(big);
	p = stpcpy(p, SITE);
	for (int i = 0; i < 66; i++) {
		char name[32];
		snprintf(name, sizeof name, "part%d.conf", i);
		test_write(name, "# a part\n");
		p += sprintf(p, "include = \"%s\"\n", name);
	}
	test_expect(text, "site.conf:66 site.file.many\nsite.conf:67 site.file.many\n");
	/* more errors than anybody reads */
	p = stpcpy(text, SITE);
	for (int i = 0; i < 1200; i++)
		p = stpcpy(p, "x = 1\n");
	test_write("site.conf", text);
	char *got = test_errors("site.conf");
	assert_non_null(strstr(got, "site.conf:1001 site.unknown\n"));
	assert_non_null(strstr(got, "site.errors.many\n"));
	assert_null(strstr(got, "site.conf:1100 "));
	free(got);
	free(text);
}

static int teardown(void **state)
{
	test_dir_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_many), cmocka_unit_test(test_rights), cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_syntax), cmocka_unit_test(test_unknown), cmocka_unit_test(test_sold), cmocka_unit_test(test_pairs), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_override), cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_rules), cmocka_unit_test(test_files), cmocka_unit_test(test_limits)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
