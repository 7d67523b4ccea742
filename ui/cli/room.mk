# Files of this room.
libui_a_SOURCES += \
	ui/cli/cli.c \
	ui/cli/cli.h \
	ui/cli/cli_act.c \
	ui/cli/cli_alerts.c \
	ui/cli/cli_alerts.h \
	ui/cli/cli_audit.c \
	ui/cli/cli_console.c \
	ui/cli/cli_events.c \
	ui/cli/cli_filter.c \
	ui/cli/cli_find.c \
	ui/cli/cli_handover.c \
	ui/cli/cli_help.c \
	ui/cli/cli_limits.c \
	ui/cli/cli_line.c \
	ui/cli/cli_list.c \
	ui/cli/cli_listing.c \
	ui/cli/cli_listing.h \
	ui/cli/cli_metal.c \
	ui/cli/cli_metal.h \
	ui/cli/cli_outcome.c \
	ui/cli/cli_preview.c \
	ui/cli/cli_preview.h \
	ui/cli/cli_refresh.c \
	ui/cli/cli_report.c \
	ui/cli/cli_show.c \
	ui/cli/cli_site.c \
	ui/cli/cli_site.h \
	ui/cli/cli_snapshot.c \
	ui/cli/cli_table.c \
	ui/cli/cli_targets.c \
	ui/cli/cli_verify.c \
	ui/cli/cli_wall.c \
	ui/cli/cli_what_if.c \
	ui/cli/cli_words.c
