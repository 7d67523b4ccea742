# Files of this room.
libui_a_SOURCES += \
	ui/cli.c \
	ui/cli.h \
	ui/cli_act.c \
	ui/cli_audit.c \
	ui/cli_help.c \
	ui/cli_line.c \
	ui/cli_list.c \
	ui/cli_show.c \
	ui/cli_table.c \
	ui/client.c \
	ui/client.h \
	ui/connector.c \
	ui/connector.h \
	ui/launch.c \
	ui/launch.h \
	ui/mirror.c \
	ui/mirror.h

# screen and views
libui_a_SOURCES += \
	ui/app.c \
	ui/app.h \
	ui/columns.c \
	ui/columns.h \
	ui/dialog_action.c \
	ui/facts.c \
	ui/facts.h \
	ui/frame.c \
	ui/frame.h \
	ui/glyphs.c \
	ui/glyphs.h \
	ui/input.c \
	ui/input.h \
	ui/keymap.c \
	ui/keymap.h \
	ui/keys.c \
	ui/keys.h \
	ui/lines.c \
	ui/lines.h \
	ui/list.c \
	ui/list.h \
	ui/list_order.c \
	ui/list_order.h \
	ui/look.c \
	ui/look.h \
	ui/marks.c \
	ui/marks.h \
	ui/metal.c \
	ui/metal.h \
	ui/palette.c \
	ui/palette.h \
	ui/preview.c \
	ui/preview.h \
	ui/rack_layout.c \
	ui/rack_layout.h \
	ui/screen.c \
	ui/screen.h \
	ui/tally.c \
	ui/tally.h \
	ui/terminal.c \
	ui/terminal.h \
	ui/tr.h \
	ui/view.h \
	ui/view_blade.c \
	ui/view_help.c \
	ui/view_list.c \
	ui/view_log.c \
	ui/view_racks.c \
	ui/view_rows.c \
	ui/view_rows.h \
	ui/view_text.c \
	ui/view_text.h \
	ui/view_vm.c
