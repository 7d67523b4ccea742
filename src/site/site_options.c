/* The sections and options of a site file: the table that the reader of configuration text goes by. What they mean is
 * said by build.c and its neighbours; man 5 tana-site describes the same rows. Called by site_child.c and the fuzz
 * target. */
#include "site/build.h"

static cfg_opt_t login_options[] = {CONF_TEXT("key"), CONF_TEXT("known-hosts"), CFG_END()};
static cfg_opt_t site_options[] = {CONF_TEXT("colour"), CONF_TEXT("zone"), CONF_TEXT("note"), CONF_TEXT("shutdown"),
	CONF_TEXT("reserve"), CONF_LIST("start-order"), CONF_TEXT("stagger"), CONF_LIST("dialects"),
	CONF_TEXT("support"), CONF_TEXT("console-idle"), CONF_TEXT("console-escape"), CONF_TEXT("consoles"),
	CONF_SECTION("login", login_options), CFG_END()};
static cfg_opt_t manager_options[] = {CONF_TEXT("dialect"), CONF_LIST("address"), CONF_TEXT("user"),
	CONF_TEXT("password-file"), CONF_TEXT("credential"), CONF_TEXT("password"), CONF_TEXT("legacy"),
	CONF_TEXT("ciphers"), CONF_TEXT("poll"), CONF_SECTION("login", login_options), CFG_END()};
static cfg_opt_t blade_options[] = {CONF_TEXT("enclosure"), CONF_TEXT("bay"), CONF_TEXT("host"), CONF_TEXT("cluster"),
	CONF_TEXT("owner"), CONF_TEXT("serial"), CONF_TEXT("spare"), CONF_SECTION("login", login_options),
	CONF_SECTION("manager", manager_options), CFG_END()};
static cfg_opt_t enclosure_options[] = {CONF_TEXT("rows"), CONF_TEXT("columns"), CONF_TEXT("bays"),
	CONF_TEXT("shape"), CONF_TEXT("order"), CONF_TITLED("blade", blade_options), CONF_SECTION("login", login_options),
	CONF_SECTION("manager", manager_options), CFG_END()};
static cfg_opt_t rack_options[] = {CONF_TITLED("enclosure", enclosure_options), CONF_SECTION("login", login_options),
	CONF_SECTION("manager", manager_options), CFG_END()};
static cfg_opt_t cluster_options[] = {CONF_TEXT("quorum"), CONF_LIST("nodes"), CFG_END()};
static cfg_opt_t volume_options[] = {CONF_TEXT("size"), CONF_TEXT("cluster"), CONF_LIST("path"), CONF_TEXT("max"), CFG_END()};
static cfg_opt_t sizing_options[] = {CONF_TEXT("disk"), CONF_TEXT("configuration"), CONF_TEXT("snapshots"), CONF_LIST("volumes"), CFG_END()};
static cfg_opt_t snapshots_options[] = {CONF_TEXT("kept"), CONF_TEXT("taken"), CONF_TEXT("space"), CFG_END()};
static cfg_opt_t plan_options[] = {CONF_TEXT("title"), CONF_SECTION("snapshots", snapshots_options), CFG_END()};
static cfg_opt_t pair_options[] = {CONF_LIST("halves"), CFG_END()};
static cfg_opt_t tenant_options[] = {CONF_TEXT("title"), CONF_TEXT("contact"), CONF_TEXT("procedure"),
	CONF_TEXT("zone"), CONF_TEXT("state"), CONF_LIST("vms"), CONF_TEXT("shutdown"), CONF_TEXT("plan"),
	CONF_SECTION("snapshots", snapshots_options), CFG_END()};
static cfg_opt_t grade_options[] = {
	CONF_TEXT("vcpus"), CONF_TEXT("memory"), CONF_TEXT("per-blade"), CONF_TEXT("shutdown"), CFG_END()};
static cfg_opt_t role_vm_options[] = {CONF_TEXT("right"), CFG_END()};
static cfg_opt_t role_options[] = {CONF_LIST("users"), CONF_LIST("groups"), CONF_TEXT("tenant"), CONF_TEXT("right"),
	CONF_TEXT("idle"), CONF_TEXT("consoles"), CONF_TITLED("vm", role_vm_options), CFG_END()};
static cfg_opt_t notice_options[] = {CONF_TEXT("text"), CONF_TEXT("text-ja"), CONF_TEXT("level"), CONF_LIST("tenants"),
	CONF_TEXT("from"), CONF_TEXT("until"), CFG_END()};
static cfg_opt_t vm_options[] = {
	CONF_TEXT("shutdown"), CONF_TEXT("plan"), CONF_SECTION("snapshots", snapshots_options), CFG_END()};

cfg_opt_t site_file_options[] = {CONF_INCLUDE, CONF_TITLED("site", site_options), CONF_TITLED("rack", rack_options),
	CONF_TITLED("blade", blade_options), CONF_TITLED("cluster", cluster_options),
	CONF_TITLED("volume", volume_options), CONF_SECTION("sizing", sizing_options),
	CONF_TITLED("tenant", tenant_options), CONF_TITLED("grade", grade_options), CONF_TITLED("role", role_options), CONF_TITLED("notice", notice_options),
	CONF_TITLED("vm", vm_options), CONF_TITLED("plan", plan_options), CONF_TITLED("pair", pair_options), CFG_END()};
