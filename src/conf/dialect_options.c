/* The sections and options of a dialect file: the table that the reader of configuration text goes by. Called by shape.c and
 * by the enclosures room. */
#include "conf/dialect_file.h"

/* clang-format off */
static cfg_opt_t step_options[] = {CONF_TEXT("until"), CFG_END()};
#define STEPS CONF_TEXT("send"), CONF_TITLED("step", step_options)

static cfg_opt_t steps_options[] = {STEPS, CFG_END()};
static cfg_opt_t detect_options[] = {CONF_LIST("banner"), CONF_LIST("not"), CFG_END()};
static cfg_opt_t session_options[] = {CONF_TEXT("mode"), CONF_TEXT("eol"), CONF_TEXT("prompt"), CONF_TEXT("pager"),
	CONF_TEXT("pager-key"), CONF_TEXT("echo"), CONF_TEXT("timeout"), CONF_TEXT("linger"), CONF_TEXT("sessions"),
	CONF_TEXT("pty"), CONF_SECTION("enter", steps_options), CONF_SECTION("leave", steps_options),
	CONF_SECTION("home", steps_options), CFG_END()};
static cfg_opt_t shape_options[] = {CONF_TEXT("rows"), CONF_TEXT("columns"), CONF_TEXT("order"), CONF_TEXT("bays"), CFG_END()};
static cfg_opt_t error_options[] = {CONF_LIST("text"), CFG_END()};
static cfg_opt_t confirm_options[] = {CONF_TEXT("question"), CONF_TEXT("answer"), CFG_END()};
static cfg_opt_t power_options[] = {CONF_LIST("on"), CONF_LIST("off"), CONF_LIST("starting"), CONF_LIST("stopping"),
	CONF_LIST("unknown"), CFG_END()};
static cfg_opt_t health_options[] = {CONF_LIST("ok"), CONF_LIST("warning"), CONF_LIST("failed"), CONF_LIST("unknown"), CFG_END()};
static cfg_opt_t role_options[] = {CONF_LIST("active"), CONF_LIST("standby"), CONF_LIST("unknown"), CFG_END()};
static cfg_opt_t locate_options[] = {CONF_LIST("on"), CONF_LIST("off"), CFG_END()};
static cfg_opt_t kind_options[] = {CONF_LIST("power"), CONF_LIST("fan"), CONF_LIST("temperature"), CONF_LIST("manager"), CFG_END()};
static cfg_opt_t ask_options[] = {CONF_TEXT("of"), CONF_TEXT("every"), STEPS, CONF_LIST("row"), CONF_LIST("block"),
	CONF_LIST("skip"), CFG_END()};
static cfg_opt_t verb_options[] = {STEPS, CONF_TEXT("accepted"), CONF_TEXT("within"), CFG_END()};
static cfg_opt_t dialect_options[] = {CONF_TEXT("title"), CONF_TEXT("single"), CONF_LIST("none"),
	CONF_SECTION("detect", detect_options), CONF_SECTION("session", session_options), CONF_TITLED("shape", shape_options),
	CONF_TITLED("error", error_options), CONF_TITLED("confirm", confirm_options), CONF_SECTION("power", power_options),
	CONF_SECTION("health", health_options), CONF_SECTION("role", role_options), CONF_SECTION("locate", locate_options),
	CONF_SECTION("kind", kind_options), CONF_TITLED("ask", ask_options), CONF_TITLED("verb", verb_options), CFG_END()};
/* clang-format on */

cfg_opt_t dialect_file_options[] = {CONF_TITLED("dialect", dialect_options), CFG_END()};
