# Files of this room.
libui_a_SOURCES += \
	ui/guest/console.c \
	ui/guest/console.h \
	ui/guest/console_draw.c \
	ui/guest/console_inside.h \
	ui/guest/pane.c \
	ui/guest/pane.h \
	ui/guest/pane_gate.c \
	ui/guest/pane_gate.h \
	ui/guest/stream.c \
	ui/guest/stream.h \
	ui/guest/view_console.c \
	ui/guest/view_screen.c
