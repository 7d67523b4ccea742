# Files of this room.
libui_a_SOURCES += \
	ui/link/client.c \
	ui/link/client.h \
	ui/link/client_inside.h \
	ui/link/client_talk.c \
	ui/link/connector.c \
	ui/link/connector.h \
	ui/link/launch.c \
	ui/link/launch.h \
	ui/link/mirror.c \
	ui/link/mirror.h \
	ui/link/preview.c \
	ui/link/preview.h \
	ui/link/snaps.c \
	ui/link/snaps.h \
	ui/link/stats.c \
	ui/link/stats.h \
	ui/link/tally.c \
	ui/link/tally.h
