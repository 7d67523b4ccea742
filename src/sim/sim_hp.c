/* HP BladeSystem Onboard Administrator (c7000). Prompt, tables, the exec output with its prompt and echo inside and the
 * result texts are as captured from real ones; what no capture showed is marked "guess". */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ST_RESET_CONFIRM = 1 };

static const char *on_off(const struct bay *b)
{
	return b->power == PW_ON || b->power == PW_GOING_OFF ? "On" : "Off";
}

static const char *status_of(enum health h)
{
	return h == HL_OK ? "OK" : h == HL_DEGRADED ? "Degraded" : "Failed";
}

static void greet(struct term *t)
{
	say(t, "\n\n\nHPE BladeSystem Onboard Administrator\n(C) Copyright 2006-2019 Hewlett Packard Enterprise Development LP\n\n\n"
	       "Type 'HELP' to display a list of valid commands.\n"
	       "Type 'HELP <command>' to display detailed information about a specific command.\n\n\n");
}

static void prompt(struct term *t)
{
	say(t, "%s%s> ", t->s->name, t->script ? " [SCRIPT MODE]" : "");
}

/* Guess: what a standby says was never captured, only that it gives no data of the enclosure. */
static bool standby(struct term *t)
{
	if (sim_is_active(t->s))
		return false;
	say(t, "This command is not available on the Standby Onboard Administrator.\n");
	return true;
}

static bool pick(struct term *t, const char *slot)
{
	t->bay = sim_find(t->s, slot);
	if (t->bay >= 0)
		return true;
	if (!slot) /* guess */
		say(t, "Missing Argument.\n");
	else /* guess */
		say(t, "Invalid bay number: '%.20s'. The bay must be in the range %s to %s.\n", slot, t->s->sh->bays[0].slot,
			t->s->sh->bays[t->s->sh->n_bays - 1].slot);
	return false;
}

/* --- what is shown --- */

static void show_names(struct term *t)
{
	struct sim *s = t->s;
	int there = 0, on = 0;

	say(t, "\n\nBay Server Name                                       Serial Number   Status   Power   UID Partner\n"
	       "--- ------------------------------------------------- --------------- -------- ------- --- -------\n");
	for (int i = 0; i < s->sh->n_bays; i++) {
		struct bay b = sim_bay(s, i);
		if (!b.present) {
			say(t, "%3s [Absent]\n", b.slot);
			continue;
		}
		there++;
		on += b.power == PW_ON;
		/* A server that has not told its name is listed by its product, and its serial may be unknown. */
		say(t, "%3s %-49s %-15s %-8s %-7s %-3s\n", b.slot, *b.name ? b.name : b.model,
			*b.serial ? b.serial : "[Unknown]", status_of(b.health), on_off(&b), b.locate ? "On" : "Off");
	}
	say(t, "Totals: %d server blades installed, %d powered on.\n\n", there, on);
}

static void show_list(struct term *t)
{
	struct sim *s = t->s;
	int there = 0, on = 0;

	say(t, "\n\nBay iLO Name                      iLO IP Address  Status   Power   UID Partner\n"
	       "--- ----------------------------- --------------- -------- ------- --- -------\n");
	for (int i = 0; i < s->sh->n_bays; i++) {
		struct bay b = sim_bay(s, i);
		char ilo[80], ip[32];
		if (!b.present) {
			say(t, "%3s [Absent]\n", b.slot);
			continue;
		}
		there++;
		on += b.power == PW_ON;
		snprintf(ilo, sizeof ilo, "ILO%s", *b.serial ? b.serial : "UNKNOWN");
		snprintf(ip, sizeof ip, "192.0.2.%d", 100 + i);
		say(t, "%3s %-29s %-15s %-8s %-7s %-3s\n", b.slot, ilo, ip, status_of(b.health), on_off(&b), b.locate ? "On" : "Off");
	}
	say(t, "Totals: %d server blades installed, %d powered on.\n\n", there, on);
}

static void diagnostic(struct term *t, const char *what, bool well)
{
	say(t, "\t\t%-40s %s\n", what, well ? "OK" : "Error");
}

static void show_status(struct term *t, int i)
{
	struct bay b = sim_bay(t->s, i);

	say(t, "\nBlade #%s Status:\n", b.slot);
	if (!b.present) { /* guess, after what SHOW SERVER INFO says */
		say(t, "\tServer Blade Type: No Server Blade Installed\n\n");
		return;
	}
	bool on = b.power == PW_ON || b.power == PW_GOING_OFF;
	say(t, "\tPower: %s\n\tCurrent Wattage used: %d\n\tHealth: %s\n\tUnit Identification LED: %s\n\tVirtual Fan: %d%%\n"
	       "\tDiagnostic Status:\n", on_off(&b), on ? 180 + i * 7 : 0, status_of(b.health), b.locate ? "On" : "Off",
		on ? 34 : 0);
	diagnostic(t, "Internal Data", true);
	diagnostic(t, "Management Processor", true);
	diagnostic(t, "I/O Configuration", true);
	diagnostic(t, "Power", true); /* of a blade that is off too */
	diagnostic(t, "Cooling", true);
	diagnostic(t, "Device Failure", b.health != HL_FAILED);
	diagnostic(t, "Device Degraded", b.health != HL_DEGRADED);
	diagnostic(t, "iLO Network", true);
	diagnostic(t, "Mezzanine Card", true);
	say(t, "\n");
}

static void show_info(struct term *t, int i)
{
	struct bay b = sim_bay(t->s, i);

	say(t, "\nServer Blade #%s Information:\n", b.slot);
	if (!b.present) {
		say(t, "\tServer Blade Type: No Server Blade Installed\n\n");
		return;
	}
	say(t, "\tType: Server Blade\n\tManufacturer: HP\n\tProduct Name: %s\n\tPart Number: 727021-B21\n"
	       "\tSystem Board Spare Part Number: 740039-001\n\tSerial Number: %s\n"
	       "\tUUID: 30373237-3132-%04X-%04X-%012X\n\tServer Name: %s\n\tAsset Tag: [Unknown]\n\tROM Version: I36 05/21/2018\n\n"
	       "\tCPU 1: Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz (12 cores)\n\tMemory: 131072 MB\n\n"
	       "\tNIC 1 MAC Address: 02:00:00:00:00:%02X\n\n", b.model, *b.serial ? b.serial : "[Unknown]", i + 1, i + 17, i + 1,
		*b.name ? b.name : "[Unknown]", i);
	say(t, "\tManagement Processor Information:\n\t\tType: iLO4\n\t\tName: ILO%s\n\t\tFirmware Version: 2.61 Jul 27 2018\n"
	       "\t\tIP Address: 192.0.2.%d\n\t\tMAC Address: 02:00:00:00:01:%02X\n\t\tPower Management Controller Version: 1.0.9\n\n",
		b.serial, 100 + i, i);
}

static void show_server(struct term *t, char **w)
{
	void (*one)(struct term *, int) = word_is(w[2], "STATUS") ? show_status : show_info;

	if (standby(t))
		return;
	if (word_is(w[2], "NAMES"))
		show_names(t);
	else if (word_is(w[2], "LIST"))
		show_list(t);
	else if (!word_is(w[2], "STATUS") && !word_is(w[2], "INFO"))
		say(t, "Invalid Arguments.\n");
	else if (word_is(w[3], "ALL"))
		for (int i = 0; i < t->s->sh->n_bays; i++)
			one(t, i);
	else if (pick(t, w[3]))
		one(t, t->bay);
}

static void show_parts(struct term *t, const char *what, const char *kind, int n)
{
	for (int i = 1; i <= n; i++) {
		enum health h = sim_sensor(t->s, kind, i);
		say(t, "\n%s #%d information:\n\tStatus: %s\n", what, i, h == HL_ABSENT ? "[Absent]" : status_of(h));
		if (h != HL_ABSENT && !strcmp(kind, "fan"))
			say(t, "\tSpeed: 36 percent of Maximum speed\n\tMaximum speed: 18000 RPM\n");
	}
	say(t, "\n");
}

static int working(struct sim *s, const char *kind, int n)
{
	int well = 0;

	for (int i = 1; i <= n; i++)
		well += sim_sensor(s, kind, i) == HL_OK;
	return well;
}

static void show_enclosure(struct term *t, char **w)
{
	const struct dialect *d = t->s->d;

	if (standby(t))
		return;
	if (word_is(w[2], "INFO")) {
		say(t, "\nEnclosure Information:\n\tEnclosure Name: %s\n\tEnclosure Type: BladeSystem c7000 Enclosure G2\n"
		       "\tPart Number: 507019-B21\n\tSerial Number: %s\n\tUUID: 09%s\n\tAsset Tag:\n\tMidplane Spare Part Number: "
		       "519345-001\n\tPower Distribution Unit:\n\t\tPDU Type: HP AC Module, Single Phase\n\n", t->s->name,
			t->s->sh->serial, t->s->sh->serial);
	} else if (word_is(w[2], "STATUS")) { /* guess in its lay-out; lines "...Health: OK" are what a reader of it expects */
		int fans = working(t->s, "fan", d->fans), ps = working(t->s, "ps", d->supplies);
		say(t, "\nEnclosure:\n\tStatus: %s\n\tUnit Identification LED: Off\n\tDiagnostic Status:\n"
		       "\t\tInternal Data                            OK\n\nOnboard Administrator:\n\tStatus: OK\n\n"
		       "Power Subsystem:\n\tPower Subsystem Health: %s\n\tPower Mode: Redundant\n\tPower Capacity: %d Watts DC\n\n"
		       "Cooling Subsystem:\n\tCooling Subsystem Health: %s\n\tFans Good/Wanted/Needed: %d/%d/%d\n\n",
			status_of(sim_overall(t->s)), ps == d->supplies ? "OK" : "Degraded", ps * 2450, fans == d->fans ? "OK" : "Degraded",
			fans, d->fans, d->fans - 1);
	} else if (word_is(w[2], "FAN")) { /* guess */
		show_parts(t, "Fan", "fan", d->fans);
	} else if (word_is(w[2], "POWERSUPPLY")) { /* guess */
		show_parts(t, "Power Supply", "ps", d->supplies);
	} else if (word_is(w[2], "TEMP")) { /* guess */
		bool well = sim_sensor(t->s, "temp", 1) == HL_OK;
		say(t, "\nEnclosure Temperature Status:\n\nLocale                   Status   Temp     Caution Critical\n"
		       "------------------------ -------- -------- ------- --------\n"
		       "Enclosure Ambient        %-8s %3dC/%3dF   42C     46C\n\n", well ? "OK" : "Caution", well ? 22 : 44,
			well ? 71 : 111);
	} else {
		say(t, "Invalid Arguments.\n");
	}
}

static void oa_status(struct term *t, int n)
{
	bool me = n == t->s->member, active = me ? sim_is_active(t->s) : !sim_is_active(t->s);

	say(t, "\nOnboard Administrator #%d Status:\n\tName:   %s\n\tRole:   %s\n\tUID:    Off\n\tStatus: OK\n\tDiagnostic Status:\n",
		n + 1, me ? t->s->name : "oa-of-the-other-bay", active ? "Active" : "Standby");
	diagnostic(t, "Internal Data", true);
	diagnostic(t, "Firmware Mismatch", true);
	say(t, "\n");
}

static void oa_info(struct term *t, int n)
{
	say(t, "\nOnboard Administrator #%d information:\n\tProduct Name  : BladeSystem c7000 DDR2 Onboard Administrator with KVM\n"
	       "\tPart Number   : 456204-B21\n\tSpare Part No.: 503826-001\n\tSerial Number : OB93BP179%d\n\tUUID          : "
	       "09OB93BP179%d\n\tManufacturer  : HP\n\tFirmware Ver. : 4.80 Dec 13 2017\n\tHw Version    : A1\n\n", n + 1, n, n);
}

static void show_oa(struct term *t, char **w)
{
	void (*one)(struct term *, int) = word_is(w[2], "STATUS") ? oa_status : oa_info;
	bool peer = t->s->sh->members[!t->s->member].pid != 0;

	if (!word_is(w[2], "STATUS") && !word_is(w[2], "INFO")) {
		say(t, "Invalid Arguments.\n");
	} else if (word_is(w[3], "ALL")) {
		one(t, 0);
		if (peer || t->s->member == 1)
			one(t, 1);
	} else {
		one(t, word_is(w[3], "1") ? 0 : word_is(w[3], "2") ? 1 : t->s->member);
	}
}

/* Guess in its lay-out; that bays are named 1, 1A ... 16B here is not. */
static void show_ebipa(struct term *t)
{
	if (standby(t))
		return;
	say(t, "\nEBIPA Device Server Settings\nBay Enabled EBIPA/Current   Netmask         Gateway         DNS\n"
	       "--- ------- --------------- --------------- --------------- ---------------\n");
	for (int i = 0; i < t->s->sh->n_bays; i++)
		say(t, "%3s   Yes   192.0.2.%-7d 255.255.255.0   192.0.2.1\n", t->s->sh->bays[i].slot, 100 + i);
	say(t, "\n");
}

/* --- what is done --- */

/* False when it was refused, and said so. */
static bool asked(struct term *t, enum ask what)
{
	const char *slot = t->s->sh->bays[t->bay].slot;

	switch (sim_ask(t->s, t->bay, what)) {
	case SAID_OK:
		return true;
	case SAID_DENIED: /* guess */
		say(t, "You do not have permission to perform this operation on bay %s.\n", slot);
		return false;
	case SAID_EMPTY: /* guess */
		say(t, "There is no server blade in bay %s.\n", slot);
		return false;
	case SAID_IS_OFF:
		say(t, "Blade %s is currently powered off.\n", slot);
		return false;
	case SAID_ALREADY: /* the word is known, the sentence is not */
		say(t, "Blade %s is already powered %s.\n", slot, what == ASK_ON ? "on" : what == ASK_RESET || what == ASK_REBOOT ?
			"cycling" : "off");
		return false;
	}
	return false;
}

static void power(struct term *t, char **w)
{
	bool on = word_is(w[0], "POWERON"), force = word_is(w[3], "FORCE");

	if (standby(t) || !pick(t, w[2]) || !asked(t, on ? ASK_ON : force ? ASK_OFF : ASK_SOFT))
		return;
	const char *slot = t->s->sh->bays[t->bay].slot;
	if (on)
		say(t, "Powering on blade %s.\n", slot);
	else if (force)
		say(t, "Blade %s is powering down.\n", slot);
	else /* "graceful" is known to be in it */
		say(t, "Blade %s is powering down gracefully.\n", slot);
}

static void reboot(struct term *t, char **w)
{
	bool force = word_is(w[3], "FORCE");

	if (standby(t) || !pick(t, w[2]) || !asked(t, force ? ASK_RESET : ASK_REBOOT))
		return;
	say(t, force ? "Forcing reboot of Blade %s\n" : "Rebooting Blade %s\n" /* guess */, t->s->sh->bays[t->bay].slot);
}

/* The virtual reseat: all power goes and comes back. Of an empty bay too it may be tripped on real ones; not here. */
static void efuse(struct term *t)
{
	struct bay b = sim_bay(t->s, t->pick);

	t->bay = t->pick;
	if (asked(t, b.power == PW_OFF ? ASK_ON : ASK_CYCLE))
		say(t, "Successfully reset the E-Fuse for device bay %s.\n", b.slot);
}

static void reset(struct term *t, char **w)
{
	if (standby(t) || !pick(t, w[2]))
		return;
	t->pick = t->bay;
	if (word_is(w[1], "ILO")) {
		say(t, "Bay %s: Successfully reset iLO through Hardware reset\n", t->s->sh->bays[t->bay].slot);
	} else if (t->script) {
		efuse(t);
	} else {
		say(t, "\nWARNING: Resetting the server trips its E-Fuse. This causes all power to be momentarily removed from the "
		       "server. This command should only be used when physical access to the server is unavailable, and the server "
		       "must be removed and reinserted.\n\nAny disk operations on direct attached storage devices will be affected. "
		       "I/O will be interrupted on any direct attached I/O devices.\n\nEntering anything other than 'YES' will result "
		       "in the command not executing.\n\nDo you want to continue ? ");
		t->state = ST_RESET_CONFIRM;
	}
}

static void set(struct term *t, char **w)
{
	if (word_is(w[1], "SCRIPT") && word_is(w[2], "MODE")) {
		t->script = word_is(w[3], "ON");
	} else if (word_is(w[1], "SESSION") && word_is(w[2], "TIMEOUT")) {
		int min = w[3] ? atoi(w[3]) : 0;
		say(t, min >= 10 && min <= 1440 ? "The session timeout was set to %d minutes.\n" :
			"The timeout must be 10 to 1440 minutes, not %d.\n", min); /* guesses, but for the range */
	} else if (word_is(w[1], "SERVER") && word_is(w[2], "UID") && !standby(t) && pick(t, w[3])) {
		sim_locate(t->s, t->bay, word_is(w[4], "ON"));
		say(t, "Bay %s: Successfully set UID %s.\n", w[3], word_is(w[4], "ON") ? "on" : "off"); /* guess */
	} else if (word_is(w[1], "SERVER") && word_is(w[2], "BOOT") && !standby(t) && pick(t, w[5])) {
		say(t, "Blade #%s boot order changed to %s\n", w[5], w[4]);
	} else if (!word_is(w[1], "SERVER")) {
		say(t, "Invalid Arguments.\n");
	}
}

static void takeover(struct term *t)
{
	sim_lock(t->s);
	t->s->sh->active = t->s->member;
	sim_unlock(t->s);
	say(t, "Forcing takeover. This Onboard Administrator becomes the Active one.\n"); /* guess */
}

static void restart(struct term *t)
{
	say(t, "Restarting Onboard Administrator in bay %d\n", t->s->member + 1);
	t->done = true;
	sim_reboot(t->s, 4000);
}

static void run(struct term *t, char *line)
{
	char *w[8];

	if (!words(line, w, 8))
		return;
	if (word_is(w[0], "SHOW") && word_is(w[1], "SERVER"))
		show_server(t, w);
	else if (word_is(w[0], "SHOW") && word_is(w[1], "ENCLOSURE"))
		show_enclosure(t, w);
	else if (word_is(w[0], "SHOW") && word_is(w[1], "OA"))
		show_oa(t, w);
	else if (word_is(w[0], "SHOW") && word_is(w[1], "EBIPA"))
		show_ebipa(t);
	else if ((word_is(w[0], "POWERON") || word_is(w[0], "POWEROFF")) && word_is(w[1], "SERVER"))
		power(t, w);
	else if (word_is(w[0], "REBOOT") && word_is(w[1], "SERVER"))
		reboot(t, w);
	else if (word_is(w[0], "RESET") && (word_is(w[1], "SERVER") || word_is(w[1], "ILO")))
		reset(t, w);
	else if (word_is(w[0], "SET"))
		set(t, w);
	else if (word_is(w[0], "FORCE") && word_is(w[1], "TAKEOVER"))
		takeover(t);
	else if (word_is(w[0], "RESTART") && word_is(w[1], "OA"))
		restart(t);
	else if (word_is(w[0], "HELP"))
		say(t, "\nEXIT FORCE HELP POWEROFF POWERON QUIT REBOOT RESET RESTART SET SHOW\n\n");
	else if (word_is(w[0], "EXIT") || word_is(w[0], "QUIT") || word_is(w[0], "LOGOUT"))
		t->done = true;
	else /* guess */
		say(t, "Invalid Command: '%.60s'\n", w[0]);
}

static void line_in(struct term *t, char *line)
{
	if (t->state != ST_RESET_CONFIRM) {
		run(t, line);
		return;
	}
	t->state = 0;
	if (!strcmp(line, "YES")) /* in capitals, as it says */
		efuse(t);
	else
		say(t, "The command was not executed.\n"); /* guess */
}

/* The prompt and the echo are inside the output, and the command once more behind the last prompt. */
static void exec(struct term *t, char *line)
{
	char echo[SIM_LINE];

	sim_copy(echo, sizeof echo, line);
	say(t, "\nHPE BladeSystem Onboard Administrator\n(C) Copyright 2006-2019 Hewlett Packard Enterprise Development LP\n\n");
	prompt(t);
	say(t, "%s\n", echo);
	run(t, line);
	say(t, "\n");
	prompt(t);
	say(t, "%s", echo);
}

const struct dialect dialect_hp_oa = {
	.name = "hp-oa", .title = "HP BladeSystem Onboard Administrator", .banner = "OpenSSH_7.5", .device = "c7000oa",
	.echo_eol = "\r\n",
	.issue = "WARNING: This is a private system. Do not attempt to login unless you are an authorized user.\n"
		 "Any access or use may be monitored and can result in criminal or civil prosecution.\n\n",
	.bays = 16, .max_bays = 16, .fans = 10, .supplies = 6,
	.refusal = REFUSE_TEXT, .refusal_text = "The maximum number of sessions has been reached.\r\n", /* guess */
	.noise = "OA: Fan in bay 3 status changed from OK to Failed.", .model = "ProLiant BL460c Gen9",
	.greet = greet, .prompt = prompt, .line = line_in, .exec = exec,
};
