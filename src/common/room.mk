# Files of this room.
libcommon_a_SOURCES += \
	src/common/buf.h \
	src/common/clock.h \
	src/common/error.h \
	src/common/filter.h \
	src/common/intern.h \
	src/common/log.h \
	src/common/loop.h \
	src/common/model.h \
	src/common/proto.h \
	src/common/registry.h \
	src/common/text.h \
	src/common/messages.def
