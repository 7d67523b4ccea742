# Files of this room.
libtana_a_SOURCES += \
	src/fleet/apply.c \
	src/fleet/blade_alert.c \
	src/fleet/blades.c \
	src/fleet/conn.c \
	src/fleet/conn.h \
	src/fleet/consoles.c \
	src/fleet/consoles.h \
	src/fleet/deadlines.c \
	src/fleet/fleet.c \
	src/fleet/fleet.h \
	src/fleet/host_power.c \
	src/fleet/identity.c \
	src/fleet/inside.h \
	src/fleet/keep.c \
	src/fleet/lanes.c \
	src/fleet/listing.c \
	src/fleet/machine.h \
	src/fleet/mailbox.c \
	src/fleet/mailbox.h \
	src/fleet/manager_call.c \
	src/fleet/manager_sup.c \
	src/fleet/manager_turn.c \
	src/fleet/managers.c \
	src/fleet/metal.c \
	src/fleet/metal.h \
	src/fleet/owner.c \
	src/fleet/sensors.c \
	src/fleet/state.c \
	src/fleet/supervisor.c \
	src/fleet/supervisor.h \
	src/fleet/table.c \
	src/fleet/table.h \
	src/fleet/vms.c \
	src/fleet/vms.h \
	src/fleet/workers.c \
	src/fleet/workers.h
