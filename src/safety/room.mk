# Files of this room.
libtana_a_SOURCES += \
	src/safety/audit.c \
	src/safety/audit.h \
	src/safety/jobs.c \
	src/safety/jobs.h \
	src/safety/jobs_begin.c \
	src/safety/jobs_break.c \
	src/safety/jobs_late.c \
	src/safety/jobs_load.c \
	src/safety/jobs_run.h \
	src/safety/jobs_send.c \
	src/safety/lease.c \
	src/safety/lease.h \
	src/safety/outcome.c \
	src/safety/outcome.h \
	src/safety/plan.c \
	src/safety/plan.h \
	src/safety/plan_words.c \
	src/safety/plan_words.h \
	src/safety/plans.c \
	src/safety/policy.c \
	src/safety/policy.h \
	src/safety/targets.c \
	src/safety/targets.h
