# Files of this room.
libtana_a_SOURCES += \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/conf_files.c \
	src/conf/conf_report.c \
	src/conf/conf_scan.c \
	src/conf/dialect_file.h \
	src/conf/dialect_options.c \
	src/conf/glob.c \
	src/conf/range.c \
	src/conf/secret.c \
	src/conf/secret.h \
	src/conf/shape.c \
	src/conf/shape.h \
	src/conf/value.c \
	src/conf/value.h
