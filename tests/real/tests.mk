# Real hosts: libvirtd with QEMU, sshd, namespaces. They need root and say so where they cannot run; enclosures.sh and sim_fence.sh
# need neither root nor a bed.
EXTRA_DIST += tests/real/bed.sh tests/real/lib.sh tests/real/guest.sh tests/real/enclosure_lib.sh tests/real/metal.sh
EXTRA_DIST += tests/real/jump_cases.py tests/real/together.py tests/real/together_story.py
# Boots a systemd in a container: not everywhere, so that only check-long asks for it.
EXTRA_DIST += tests/real/service.sh tests/real/service_story.sh
REAL_TESTS = tests/real/crash.sh tests/real/blades.sh tests/real/power.sh tests/real/sim_fence.sh tests/real/snapdriver.sh tests/real/enclosures.sh \
	tests/real/managers.sh tests/real/outages.sh tests/real/jump.sh tests/real/together.sh tests/real/snapshots.sh tests/real/badhosts.sh \
	tests/real/console.sh
if HAVE_TESTS
check_PROGRAMS += tests/real/badhost tests/real/snapdriver
tests_real_badhost_SOURCES = tests/real/badhost.c
tests_real_snapdriver_SOURCES = tests/real/snapdriver.c
tests_real_snapdriver_LDADD = $(BROKER_LDADD)
check_PROGRAMS += tests/real/console
tests_real_console_SOURCES = tests/real/console.c tests/broker/streams_talk.c tests/broker/streams_talk.h tests/broker/daemon.c \
	tests/broker/daemon.h tests/broker/talk.c tests/broker/talk.h
tests_real_console_LDADD = $(COMMON_LDADD) $(CMOCKA_LIBS)
check_PROGRAMS += tests/real/crashd
tests_real_crashd_SOURCES = tests/real/crashd.c tests/unit/crash_vfs.c tests/unit/crash_vfs.h
tests_real_crashd_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
tests_real_crashd_LDADD = $(BROKER_LDADD)
check_PROGRAMS += tests/real/jump_ask
tests_real_jump_ask_SOURCES = tests/real/jump_ask.c
tests_real_jump_ask_LDADD = $(LIBSSH_LIBS)
check_PROGRAMS += tests/real/together
tests_real_together_SOURCES = tests/real/together.c tests/screens/term.c tests/screens/term_keys.c tests/screens/term_look.c \
	tests/screens/term_vt.c tests/screens/term.h tests/screens/term_inside.h
tests_real_together_LDADD = $(VTERM_LIBS) -lutil $(COMMON_LDADD)
check_PROGRAMS += tests/real/enclosure
tests_real_enclosure_SOURCES = tests/real/enclosure.c
tests_real_enclosure_LDADD = $(BROKER_LDADD)
LONG_TESTS += $(srcdir)/tests/real/crash.sh $(srcdir)/tests/real/console.sh $(srcdir)/tests/real/jump.sh $(srcdir)/tests/real/together.sh \
	$(srcdir)/tests/real/service.sh
dist_check_SCRIPTS = $(REAL_TESTS)
TESTS += $(REAL_TESTS)
PLAIN_TESTS += $(filter-out tests/real/power.sh tests/real/console.sh,$(REAL_TESTS))
endif
