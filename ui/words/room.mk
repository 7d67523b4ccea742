# Files of this room.
libui_a_SOURCES += \
	ui/words/facts.c \
	ui/words/facts.h \
	ui/words/facts_metal.c \
	ui/words/lang.c \
	ui/words/lang.h \
	ui/words/lang_inside.h \
	ui/words/lang_said.c \
	ui/words/lines.c \
	ui/words/lines.h \
	ui/words/look.c \
	ui/words/look.h \
	ui/words/look_alert.c \
	ui/words/look_blade.c \
	ui/words/look_cluster.c \
	ui/words/terms.c \
	ui/words/terms.h \
	ui/words/told.c \
	ui/words/told.h \
	ui/words/values.c \
	ui/words/values.h \
	ui/words/when.c \
	ui/words/when.h \
	ui/words/wrap.c \
	ui/words/wrap.h
