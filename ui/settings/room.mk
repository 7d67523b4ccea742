# Files of this room.
libui_a_SOURCES += \
	ui/settings/prefs.c \
	ui/settings/prefs.h \
	ui/settings/saved.c \
	ui/settings/saved.h \
	ui/settings/settings.c \
	ui/settings/settings.h \
	ui/settings/settings_file.c \
	ui/settings/settings_file.h
