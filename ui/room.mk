# Files of this room.
libui_a_SOURCES += \
	ui/client.h \
	ui/mirror.h
