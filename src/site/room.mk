# Files of this room.
libtana_a_SOURCES += \
	src/site/blades.c \
	src/site/build.c \
	src/site/build.h \
	src/site/consoles.c \
	src/site/contract.c \
	src/site/dialects.c \
	src/site/generate.c \
	src/site/generate.h \
	src/site/generate_metal.c \
	src/site/generate_metal.h \
	src/site/generate_node.c \
	src/site/generate_node.h \
	src/site/limits.c \
	src/site/limits.h \
	src/site/managers.c \
	src/site/metal.c \
	src/site/notices.c \
	src/site/pairs.c \
	src/site/people.c \
	src/site/shapes.c \
	src/site/site.h \
	src/site/site_check.c \
	src/site/site_check.h \
	src/site/site_child.c \
	src/site/site_child.h \
	src/site/site_from_uris.c \
	src/site/site_model.c \
	src/site/site_model.h \
	src/site/site_options.c \
	src/site/site_query.c \
	src/site/site_uri.c \
	src/site/site_uri.h \
	src/site/vm_rules.c \
	src/site/zone.c
