/* HPE iLO of one server (SMASH CLP): every answer has a block with its status and the time; Enter is CR, its echo \r\r\n. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void greet(struct term *t)
{
	struct bay b = sim_bay(t->s, 0);

	say(t, "User:%s logged-in to %s.(192.0.2.30 / FE80::1)\n\niLO Standard 2.73 at  Feb 11 2020\nServer Name: %s\n"
	       "Server Power: %s\n\n", t->s->user, t->s->name, b.name, b.power == PW_ON ? "On" : "Off");
}

static void prompt(struct term *t)
{
	say(t, "</>hpiLO-> ");
}

static void stamp(struct term *t)
{
	char text[40];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
	say(t, "%s\n", text);
}

static void completed(struct term *t)
{
	say(t, "\nstatus=0\nstatus_tag=COMMAND COMPLETED\n");
	stamp(t);
	say(t, "\n\n\n");
}

static void failed(struct term *t, const char *tag)
{
	say(t, "\nstatus=2\nstatus_tag=COMMAND PROCESSING FAILED\nerror_tag=%s\n", tag);
	stamp(t);
	say(t, "\n");
}

static void change(struct term *t, enum ask what, const char *well)
{
	t->bay = 0;
	switch (sim_ask(t->s, 0, what)) {
	case SAID_OK:
		completed(t);
		say(t, "%s\n\n", well);
		break;
	case SAID_ALREADY:
		failed(t, "COMMAND ERROR-UNSPECIFIED");
		say(t, "Server power already %s.\n\n", what == ASK_ON ? "on" : "off");
		break;
	case SAID_IS_OFF:
	case SAID_EMPTY:
		failed(t, "COMMAND ERROR-UNSPECIFIED");
		say(t, "Server power off.\n\n");
		break;
	case SAID_DENIED: /* guess, but for the block */
		failed(t, "COMMAND ERROR-UNSPECIFIED");
		say(t, "User does NOT have correct privilege for action. RESET_SERVER_PRIV required.\n\n");
		break;
	}
}

static void power(struct term *t, char **w)
{
	struct bay b = sim_bay(t->s, 0);

	t->bay = 0;
	if (!w[1]) {
		completed(t);
		say(t, "power: server power is currently: %s\n\n", b.power == PW_ON || b.power == PW_GOING_OFF ? "On" : "Off");
	} else if (word_is(w[1], "on")) {
		change(t, ASK_ON, "Server powering on .......");
	} else if (word_is(w[1], "off") && word_is(w[2], "hard")) {
		change(t, ASK_OFF, "Forcing server power off .......");
	} else if (word_is(w[1], "off")) {
		change(t, ASK_SOFT, "Server powering off .......");
	} else if (word_is(w[1], "reset")) {
		change(t, ASK_RESET, "Server resetting .......");
	} else {
		failed(t, "COMMAND SYNTAX ERROR");
	}
}

static void uid(struct term *t, char **w)
{
	if (word_is(w[1], "on") || word_is(w[1], "off"))
		sim_locate(t->s, 0, word_is(w[1], "on"));
	completed(t);
	if (w[1])
		say(t, "UID set to %s.\n\n", sim_bay(t->s, 0).locate ? "ON" : "OFF"); /* guess */
	else
		say(t, "The UID light is currently: %s\n\n", sim_bay(t->s, 0).locate ? "On" : "Off");
}

static const char *health_of(enum health h)
{
	return h == HL_OK ? "Ok" : h == HL_ABSENT ? "Not Installed" : h == HL_DEGRADED ? "Degraded" : "Failed";
}

/* Targets and properties after HP's scripting guide, from memory, but for EnabledState. */
static void show(struct term *t, char **w)
{
	struct bay b = sim_bay(t->s, 0);
	bool on = b.power == PW_ON || b.power == PW_GOING_OFF;
	int n = 0;

	t->bay = 0;
	if (!w[1] || !strcmp(w[1], "/")) {
		completed(t);
		say(t, "/\n  Targets\n    system1\n    map1\n\n");
	} else if (!strncmp(w[1], "/system1/fan", 12) && (n = atoi(w[1] + 12)) > 0 && n <= t->s->d->fans) {
		completed(t);
		say(t, "/system1/fan%d\n  Targets\n  Properties\n    DeviceID=Fan %d\n    ElementName=System\n    OperationalStatus=%s\n"
		       "    VariableSpeed=Yes\n    DesiredSpeed=23 percent\n    HealthState=%s\n\n", n, n,
			health_of(sim_sensor(t->s, "fan", n)), health_of(sim_sensor(t->s, "fan", n)));
	} else if (!strncmp(w[1], "/system1/powersupply", 20) && (n = atoi(w[1] + 20)) > 0 && n <= t->s->d->supplies) {
		completed(t);
		say(t, "/system1/powersupply%d\n  Targets\n  Properties\n    ElementName=Power Supply\n    OperationalStatus=%s\n"
		       "    HealthState=%s\n\n", n, health_of(sim_sensor(t->s, "ps", n)), health_of(sim_sensor(t->s, "ps", n)));
	} else if (!strncmp(w[1], "/system1/sensor", 15) && atoi(w[1] + 15) == 1) {
		bool well = sim_sensor(t->s, "temp", 1) == HL_OK;
		completed(t);
		say(t, "/system1/sensor1\n  Targets\n  Properties\n    DeviceID=01-Inlet Ambient\n    ElementName=Ambient\n"
		       "    OperationalStatus=%s\n    RateUnits=Celsius\n    CurrentReading=%d\n    SensorType=Temperature\n"
		       "    HealthState=%s\n\n", well ? "Ok" : "Degraded", well ? 21 : 44, well ? "Ok" : "Degraded");
	} else if (!strcmp(w[1], "/map1/firmware1")) {
		completed(t);
		say(t, "/map1/firmware1\n  Targets\n  Properties\n    version=2.73\n    date=Feb 11 2020\n\n");
	} else if (!strcmp(w[1], "/system1")) {
		completed(t);
		say(t, "/system1\n  Targets\n    firmware1\n    led1\n    fan1\n    powersupply1\n    sensor1\n  Properties\n    name=%s\n"
		       "    number=%s\n    oemhp_server_name=%s\n    EnabledState=%s\n    oemhp_PresentPower=%d Watts\n"
		       "    oemhp_health=%s\n  Verbs\n    cd version exit show reset set oemhp_ping start stop\n\n", b.model, b.serial,
			b.name, on ? "enabled" : "disabled", on ? 142 : 9, health_of(b.health));
	} else {
		failed(t, "INVALID TARGET");
	}
}

static void line_in(struct term *t, char *line)
{
	char *w[8];

	if (!words(line, w, 8))
		return;
	t->status = 0;
	if (word_is(w[0], "exit") || word_is(w[0], "quit")) {
		completed(t);
		say(t, "CLI session stopped\n");
		t->done = true;
	} else if (word_is(w[0], "power")) {
		power(t, w);
	} else if (word_is(w[0], "uid")) {
		uid(t, w);
	} else if (word_is(w[0], "show")) {
		show(t, w);
	} else if (word_is(w[0], "start") && word_is(w[1], "/system1")) {
		change(t, ASK_ON, "Server powering on .......");
	} else if (word_is(w[0], "stop") && word_is(w[1], "/system1")) {
		if (word_is(w[2], "hard"))
			change(t, ASK_OFF, "Forcing server power off .......");
		else
			change(t, ASK_SOFT, "Server powering off .......");
	} else if (word_is(w[0], "reset") && word_is(w[1], "/system1")) {
		change(t, ASK_RESET, "Resetting server.");
	} else if (word_is(w[0], "reset") && word_is(w[1], "/map1")) {
		completed(t);
		say(t, "Resetting iLO.\n\nCLI session stopped\n");
		t->done = true;
		sim_reboot(t->s, 4000);
	} else if (word_is(w[0], "version")) {
		completed(t);
		say(t, "SM-CLP Version 1.0\n\n");
	} else if (word_is(w[0], "help")) {
		completed(t);
		say(t, "DMTF SMASH CLP Commands:\nhelp show set create delete load reset start stop cd exit version\nHP CLI Commands:\n"
		       "POWER UID NMI VSP\n\n");
	} else {
		failed(t, "COMMAND NOT RECOGNIZED");
	}
}

/* Guess: as Moonshot's manager does it, the command is echoed in an exec request's output. */
static void exec(struct term *t, char *line)
{
	say(t, "%s\r\n", line);
	line_in(t, line);
}

const struct dialect dialect_hpe_ilo = {
	.name = "hpe-ilo", .title = "HPE iLO of one server (SMASH CLP)", .banner = "mpSSH_0.2.1", .device = "ILOCZ3252PXAB",
	.echo_eol = "\r\r\n", .cr_only = true, .own_echo = true, .one_server = true, .bays = 1, .max_bays = 1, .fans = 6,
	.supplies = 2, .sessions = 5,
	.refusal = REFUSE_TEXT, .refusal_text = "Requested service is unavailable, it is already in use.\r\n" /* guess */,
	.noise = "Alert: Fan 2 has failed.", .model = "ProLiant DL380 Gen9",
	.greet = greet, .prompt = prompt, .line = line_in, .exec = exec,
};
