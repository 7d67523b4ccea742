# Files of this room.
libui_a_SOURCES += \
	ui/dialogs/dialog_action.c \
	ui/dialogs/dialog_alert.c \
	ui/dialogs/dialog_columns.c \
	ui/dialogs/dialog_command.c \
	ui/dialogs/dialog_draw.c \
	ui/dialogs/dialog_filters.c \
	ui/dialogs/dialog_goto.c \
	ui/dialogs/dialog_inside.h \
	ui/dialogs/dialog_menu.c \
	ui/dialogs/dialog_note.c \
	ui/dialogs/dialog_plan.c \
	ui/dialogs/dialog_snapshot.c \
	ui/dialogs/form.c \
	ui/dialogs/form.h
