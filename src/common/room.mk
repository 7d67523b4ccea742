# Files of this room.
libcommon_a_SOURCES += \
	src/common/buf.c \
	src/common/buf.h \
	src/common/clock.c \
	src/common/clock.h \
	src/common/error.c \
	src/common/error.h \
	src/common/filter.c \
	src/common/filter.h \
	src/common/host_uri.c \
	src/common/host_uri.h \
	src/common/index.c \
	src/common/index.h \
	src/common/intern.c \
	src/common/intern.h \
	src/common/log.c \
	src/common/log.h \
	src/common/loop.c \
	src/common/loop.h \
	src/common/messages.def \
	src/common/model.c \
	src/common/model.h \
	src/common/model_json.c \
	src/common/proto.c \
	src/common/proto.h \
	src/common/random.c \
	src/common/random.h \
	src/common/registry.c \
	src/common/registry.h \
	src/common/soon.c \
	src/common/soon.h \
	src/common/text.c \
	src/common/text.h \
	src/common/text_match.c \
	src/common/text_width.c
