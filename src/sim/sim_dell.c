/* Dell's racadm: the CMC of an enclosure (M1000e) and the iDRAC of one server. Columns are 16 wide and overflow as they do on
 * the metal; an ERROR often comes with exit status 0. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_cmc(const struct term *t)
{
	return t->s->d == &dialect_dell_cmc;
}

static void greet(struct term *t)
{
	if (is_cmc(t))
		say(t, "\nWelcome to the CMC firmware version 6.20.A00.201710301100\n\n");
}

static void prompt(struct term *t)
{
	say(t, "%s", is_cmc(t) ? "$ " : "/admin1-> ");
}

static const char *power_of(const struct bay *b)
{
	static const char *const names[] = {"OFF", "ON", "Powering ON", "Powering OFF"};

	return names[b->power];
}

static const char *health_of(enum health h)
{
	return h == HL_OK ? "OK" : h == HL_DEGRADED ? "Warning" : "Not OK";
}

static void row(struct term *t, const char *a, const char *b, const char *c, const char *d, const char *e)
{
	say(t, "%-16s%-16s%-16s%-16s%s\n", a, b, c, d, e);
}

static void module(struct term *t, const char *kind, int i)
{
	char name[16];
	enum health h = sim_sensor(t->s, kind, i);

	snprintf(name, sizeof name, "%s-%d", strcmp(kind, "ps") ? "Fan" : "PS", i);
	if (h == HL_ABSENT)
		row(t, name, "Not Present", "N/A", "N/A", "N/A");
	else if (h == HL_OK)
		row(t, name, "Present", strcmp(kind, "ps") ? "ON" : "Online", "OK", "N/A");
	else /* wider than its column */
		row(t, name, "Present", strcmp(kind, "ps") ? "ON" : "Failed(No Input Power)", "Not OK", "N/A");
}

static void server_row(struct term *t, int i)
{
	struct bay b = sim_bay(t->s, i);
	char name[24];

	snprintf(name, sizeof name, "Server-%s", b.slot);
	if (b.present)
		row(t, name, "Present", power_of(&b), health_of(b.health), *b.serial ? b.serial : "N/A");
	else
		row(t, name, "Not Present", "N/A", "N/A", "N/A");
}

static const char *option(char **w, const char *name)
{
	for (int i = 0; w[i]; i++)
		if (!strcmp(w[i], name))
			return w[i + 1] ? w[i + 1] : "";
	return NULL;
}

static bool has(char **w, const char *name)
{
	return option(w, name) != NULL;
}

/* The blade that -m names. */
static bool pick(struct term *t, const char *name)
{
	t->bay = name && !strncasecmp(name, "server-", 7) ? sim_find(t->s, name + 7) : -1;
	if (t->bay < 0) { /* guess */
		say(t, "ERROR: Invalid module name: %.40s\n", name ? name : "");
		t->status = 1;
	}
	return t->bay >= 0;
}

static void getmodinfo(struct term *t, char **w)
{
	const char *one = option(w, "-m");
	bool active = sim_is_active(t->s);

	if (!has(w, "-A"))
		row(t, "<module>", "<presence>", "<pwrState>", "<health>", "<svcTag>");
	if (one) {
		if (pick(t, one))
			server_row(t, t->bay);
		return;
	}
	row(t, "Chassis", "Present", "ON", health_of(sim_overall(t->s)), t->s->sh->serial);
	for (int i = 1; i <= t->s->d->fans; i++)
		module(t, "fan", i);
	for (int i = 1; i <= t->s->d->supplies; i++)
		module(t, "ps", i);
	row(t, "CMC-1", "Present", active == (t->s->member == 0) ? "Primary" : "Standby", "OK", "N/A");
	if (t->s->sh->members[1].pid)
		row(t, "CMC-2", "Present", active == (t->s->member == 1) ? "Primary" : "Standby", "OK", "N/A");
	else
		row(t, "CMC-2", "Not Present", "N/A", "N/A", "N/A");
	row(t, "Switch-1", "Present", "ON", "OK", "6Q0B3S1");
	for (int i = 0; i < t->s->sh->n_bays; i++)
		server_row(t, i);
	row(t, "KVM", "Present", "ON", "OK", "N/A");
}

static void getsvctag(struct term *t, char **w)
{
	if (!is_cmc(t)) {
		say(t, "%s\n", sim_bay(t->s, 0).serial);
		return;
	}
	say(t, "%-16s%s\n%-16s%s\n", "<module>", "<svcTag>", "Chassis", t->s->sh->serial);
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		char name[24];
		snprintf(name, sizeof name, "Server-%s", b.slot);
		say(t, "%-16s%s\n", name, b.present && *b.serial ? b.serial : "N/A");
	}
}

/* Its name and slot: the way to a blade's host name on a CMC. Guess in its lay-out. */
static void getslotname(struct term *t, char **w)
{
	say(t, "%-8s%-20s%s\n", "<Slot #>", "<Slot Name>", "<Host Name>");
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		char slot[24];
		snprintf(slot, sizeof slot, "SLOT-%02d", i + 1);
		say(t, "%-8s%-20s%s\n", b.slot, b.present && *b.name ? b.name : slot, b.present ? b.name : "N/A");
	}
}

/* Lay-out after Dell's command reference, from memory; it is where a CMC tells a blade's model. */
static void getversion(struct term *t, char **w)
{
	say(t, "%-16s%-24s%-20s%-12s%s\n", "<Server>", "<iDRAC Version>", "<Blade Type>", "<Gen>", "<Updatable>");
	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		char name[24];
		snprintf(name, sizeof name, "server-%s", b.slot);
		if (b.present)
			say(t, "%-16s%-24s%-20s%-12s%s\n", name, "2.63.60.61 (02)", b.model, "iDRAC8", "Y");
	}
}

/* An iDRAC is about its one server. */
static bool which(struct term *t, char **w)
{
	if (is_cmc(t))
		return pick(t, option(w, "-m"));
	t->bay = 0;
	return true;
}

static void serveraction(struct term *t, char **w)
{
	static const struct {
		const char *verb;
		enum ask ask;
	} verbs[] = {{"powerup", ASK_ON}, {"powerdown", ASK_OFF}, {"graceshutdown", ASK_SOFT}, {"powercycle", ASK_CYCLE},
		{"hardreset", ASK_RESET}, {"reseat", ASK_CYCLE}};
	size_t v = sizeof verbs / sizeof *verbs;

	if (!which(t, w))
		return;
	struct bay b = sim_bay(t->s, t->bay);
	for (int i = 1; w[i]; i++) {
		if (word_is(w[i], "powerstatus")) {
			if (!b.present) /* guess */
				say(t, "ERROR: Server is not present.\n");
			else
				say(t, "%s%s\n", is_cmc(t) ? "" : "Server power status: ", power_of(&b));
			return;
		}
		for (v = 0; v < sizeof verbs / sizeof *verbs && !word_is(w[i], verbs[v].verb); v++)
			;
		if (v < sizeof verbs / sizeof *verbs)
			break;
	}
	if (v == sizeof verbs / sizeof *verbs) { /* guess */
		say(t, "ERROR: Invalid action specified.\n");
		t->status = 1;
		return;
	}
	switch (sim_ask(t->s, t->bay, verbs[v].ask)) {
	case SAID_OK:
		say(t, "Server power operation successful\n");
		break;
	case SAID_DENIED:
		say(t, "ERROR: insufficient privileges\n");
		break;
	case SAID_EMPTY: /* guess */
		say(t, "ERROR: Server is not present.\n");
		break;
	case SAID_IS_OFF:
		b.power = PW_OFF;
		/* fallthrough */
	case SAID_ALREADY:
		say(t, "Server is already powered %s.\n", verbs[v].ask == ASK_ON ? "ON" : "OFF");
		t->status = 1;
		break;
	}
}

static void chassisaction(struct term *t, char **w)
{
	say(t, sim_fault(t->s, F_DENIED, -1, NULL) ? "ERROR: insufficient privileges\n" : "Module power operation successful\n");
}

static void getsysinfo(struct term *t, char **w)
{
	struct bay b = sim_bay(t->s, 0);

	if (!is_cmc(t)) {
		say(t, "RAC Information:\nRAC Date/Time           = Tue Sep 17 20:40:01 2019\nFirmware Version        = 2.63.60.61\n"
		       "Firmware Build          = 02\nDNS RAC Name            = %s\n\nSystem Information:\nSystem Model            = %s\n"
		       "System BIOS Version     = 2.9.1\nService Tag             = %s\nHost Name               = %s\n"
		       "Power Status            = %s\n", t->s->name, b.model, b.serial, b.name, power_of(&b));
		return;
	}
	say(t, "CMC Information:\nCMC Date/Time             = Tue Sep 17 2019 20:40\nPrimary CMC Location      = CMC-%d\n"
	       "Primary CMC Version       = 6.20\nStandby CMC Version       = %s\nLast Firmware Update      = Mon Oct 30 2017 11:00\n"
	       "Hardware Version          = A12\n\nChassis Information:\nSystem Model              = PowerEdge M1000e\n"
	       "System AssetTag           = 00000\nService Tag               = %s\nChassis Name              = %s\n"
	       "Chassis Location          = [UNDEFINED]\nChassis Midplane Version  = 1.1\nPower Status              = ON\n",
		sim_is_active(t->s) ? t->s->member + 1 : 2 - t->s->member, t->s->sh->members[1].pid ? "6.20" : "N/A",
		t->s->sh->serial, t->s->name);
}

/* Lay-out after Dell's command reference, from memory: a guess. */
static void getsensorinfo(struct term *t, char **w)
{
	for (int i = 1; i <= t->s->d->fans; i++) {
		enum health h = sim_sensor(t->s, "fan", i);
		char name[24], num[16];
		if (i == 1)
			say(t, "%-16s%-8s%-16s%-16s%-16s%-16s%-16s%s\n", "<senType>", "<Num>", "<sensorName>", "<status>", "<reading>",
				"<units>", "<LC>", "<UC>");
		snprintf(name, sizeof name, "Fan-%d", i);
		snprintf(num, sizeof num, "%d", i);
		say(t, "%-16s%-8s%-16s%-16s%-16s%-16s%-16s%s\n", "FanSpeed", num, name, h == HL_ABSENT ? "N/A" : health_of(h),
			h == HL_OK ? "7198" : h == HL_ABSENT ? "N/A" : "0", "rpm", "2600", "14500");
	}
	bool cool = sim_sensor(t->s, "temp", 1) == HL_OK;
	say(t, "\n%-16s%-8s%-16s%-16s%-16s%-16s%-16s%s\n", "<senType>", "<Num>", "<sensorName>", "<status>", "<reading>", "<units>",
		"<LC>", "<UC>");
	say(t, "%-16s%-8s%-16s%-16s%-16s%-16s%-16s%s\n", "Temp", "1", "Ambient_Temp", cool ? "OK" : "Not OK", cool ? "22" : "44",
		"Celsius", "N/A", "40");
	say(t, "\n%-16s%-8s%-16s%-16s%-16s\n", "<senType>", "<Num>", "<sensorName>", "<status>", "<health>");
	for (int i = 1; i <= t->s->d->supplies; i++) {
		enum health h = sim_sensor(t->s, "ps", i);
		char name[24], num[16];
		snprintf(name, sizeof name, "PS-%d", i);
		snprintf(num, sizeof num, "%d", i);
		say(t, "%-16s%-8s%-16s%-16s%-16s\n", "PWR", num, name,
			h == HL_OK ? "Online" : h == HL_ABSENT ? "Slot Empty" : "Failed(No Input Power)",
			h == HL_ABSENT ? "N/A" : health_of(h));
	}
}

static void getpminfo(struct term *t, char **w)
{
	say(t, "[Chassis Power Information]\nOverall Power Health              = %s\nSystem Input Power                = 2431 W\n"
	       "Redundancy                        = Yes\n", health_of(sim_overall(t->s) == HL_OK ? HL_OK : HL_FAILED));
}

static void getactiveerrors(struct term *t, char **w)
{
	int n = 0;

	for (int i = 0; i < t->s->sh->n_bays; i++) {
		struct bay b = sim_bay(t->s, i);
		if (b.present && b.health != HL_OK && ++n)
			say(t, "Module ID    = Server-%s\nSeverity     = %s\nMessage      = A fault was detected on the server.\n\n", b.slot,
				b.health == HL_FAILED ? "Critical" : "NonCritical");
	}
	for (int i = 1; i <= t->s->d->supplies; i++)
		if (sim_sensor(t->s, "ps", i) == HL_FAILED && ++n)
			say(t, "Module ID    = PSU-%d\nSeverity     = Critical\nMessage      = The power input for power supply %d is lost.\n\n",
				i, i);
	if (!n)
		say(t, "There are no active errors.\n"); /* guess */
}

/* From the command reference, from memory: -l 1 blinks, -l 0 does not. */
static void setled(struct term *t, char **w)
{
	const char *l = option(w, "-l");

	if (!which(t, w))
		return;
	if (!l || (strcmp(l, "0") && strcmp(l, "1"))) {
		say(t, "ERROR: Invalid LED state.\n");
		return;
	}
	sim_locate(t->s, t->bay, *l == '1');
	say(t, "LED state is set successfully.\n");
}

static void getled(struct term *t, char **w)
{
	if (which(t, w))
		say(t, "LED State: %s\n", sim_bay(t->s, t->bay).locate ? "Blinking" : "Not Blinking");
}

static void racreset(struct term *t, char **w)
{
	const char *m = option(w, "-m");

	if (m) {
		say(t, "RAC reset operation initiated successfully for %s. It may take up to a minute for the RAC to come back online "
		       "again.\n", m);
		return;
	}
	say(t, "%s reset operation initiated successfully. It may take up to a minute for the %s to come back online again.\n",
		is_cmc(t) ? "CMC" : "RAC", is_cmc(t) ? "CMC" : "RAC");
	t->done = true;
	sim_reboot(t->s, 4000);
}

static void getchassisname(struct term *t, char **w)
{
	say(t, "%s\n", t->s->name);
}

static void deploy(struct term *t, char **w)
{
	if (pick(t, option(w, "-m")))
		say(t, "The configuration was successfully written.\n"); /* guess */
}

static void help(struct term *t, char **w)
{
	say(t, "getmodinfo     -- Get the module configuration and status information\nserveraction   -- Execute server power "
	       "control operations\ngetsysinfo     -- Displays general system information\n");
}

static const struct {
	const char *name;
	bool cmc_only, of_enclosure; /* of_enclosure: the standby does not know it */
	void (*run)(struct term *t, char **w);
} commands[] = {
	{"getmodinfo", true, true, getmodinfo}, {"getsvctag", false, true, getsvctag}, {"getslotname", true, true, getslotname},
	{"getversion", true, true, getversion}, {"serveraction", false, true, serveraction},
	{"chassisaction", true, true, chassisaction}, {"getsysinfo", false, false, getsysinfo},
	{"getsensorinfo", false, true, getsensorinfo}, {"getpminfo", true, true, getpminfo},
	{"getactiveerrors", true, true, getactiveerrors}, {"setled", false, true, setled}, {"getled", false, true, getled},
	{"racreset", false, false, racreset}, {"getchassisname", true, true, getchassisname}, {"deploy", true, true, deploy},
	{"help", false, false, help},
};

static void line_in(struct term *t, char *line)
{
	char *all[16], **w = all;

	if (!words(line, all, 15))
		return;
	all[15] = NULL;
	t->status = 0;
	if (word_is(w[0], "exit") || word_is(w[0], "quit") || word_is(w[0], "logout")) {
		t->done = true;
		return;
	}
	if (word_is(w[0], "racadm") && w[1])
		w++;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!word_is(w[0], commands[i].name) || (commands[i].cmc_only && !is_cmc(t)))
			continue;
		if (commands[i].of_enclosure && !sim_is_active(t->s)) /* guess: what a standby says was not found */
			say(t, "ERROR: This command is supported on the active CMC only.\n");
		else
			commands[i].run(t, w);
		return;
	}
	say(t, "COMMAND NOT RECOGNIZED\n");
	t->status = 1;
}

const struct dialect dialect_dell_cmc = {
	.name = "dell-cmc", .title = "Dell Chassis Management Controller (racadm)", .banner = "OpenSSH_7.5", .device = "cmc",
	.echo_eol = "\r\n", .bays = 16, .max_bays = 16, .fans = 9, .supplies = 6, .sessions = 4,
	/* Four at a time is Dell's; how the fifth is turned away is a guess. */
	.refusal = REFUSE_TEXT, .refusal_text = "ERROR: Maximum number of SSH sessions reached.\r\n",
	.noise = "Alert: PS-5 lost its input power.", .model = "PowerEdge M630",
	.greet = greet, .prompt = prompt, .line = line_in, .exec = line_in,
};

const struct dialect dialect_dell_idrac = {
	.name = "dell-idrac", .title = "Dell iDRAC of one server (racadm)", .banner = "OpenSSH_7.5", .device = "idrac",
	.echo_eol = "\r\n", .one_server = true, .bays = 1, .max_bays = 1, .fans = 6, .supplies = 2, .sessions = 4,
	/* As the DRAC/MC did: the second login is reset. */
	.refusal = REFUSE_RESET, .refusal_text = "", .noise = "Alert: PS 2 lost its input power.", .model = "PowerEdge R640",
	.greet = greet, .prompt = prompt, .line = line_in, .exec = line_in,
};
