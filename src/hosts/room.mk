# Files of this room.
libtana_a_SOURCES += \
	src/hosts/console.c \
	src/hosts/domxml.c \
	src/hosts/domxml.h \
	src/hosts/driver.h \
	src/hosts/eventloop.c \
	src/hosts/eventloop.h \
	src/hosts/host.c \
	src/hosts/host.h \
	src/hosts/libvirt.h \
	src/hosts/libvirt_act.c \
	src/hosts/libvirt_console.c \
	src/hosts/libvirt_events.c \
	src/hosts/libvirt_facts.c \
	src/hosts/libvirt_list.c \
	src/hosts/libvirt_open.c \
	src/hosts/libvirt_snap.c \
	src/hosts/libvirt_screen.c \
	src/hosts/libvirt_snap_act.c \
	src/hosts/libvirt_stats.c \
	src/hosts/now.c \
	src/hosts/picture.c \
	src/hosts/picture.h \
	src/hosts/relay.c \
	src/hosts/relay.h \
	src/hosts/relay_move.c \
	src/hosts/relay_pump.c \
	src/hosts/relay_pump.h \
	src/hosts/relay_rpc.c \
	src/hosts/relay_rpc.h \
	src/hosts/session.c \
	src/hosts/session.h \
	src/hosts/snapxml.c \
	src/hosts/snapxml.h \
	src/hosts/snapxml_make.c \
	src/hosts/xmlread.c \
	src/hosts/xmlread.h
