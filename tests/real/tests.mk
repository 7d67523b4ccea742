# Real hosts: libvirtd with QEMU, sshd, namespaces. They need root and say so where they cannot run.
EXTRA_DIST += tests/real/bed.sh tests/real/lib.sh tests/real/guest.sh
REAL_TESTS = tests/real/power.sh tests/real/outages.sh tests/real/badhosts.sh
if HAVE_TESTS
check_PROGRAMS += tests/real/badhost
tests_real_badhost_SOURCES = tests/real/badhost.c
dist_check_SCRIPTS = $(REAL_TESTS)
TESTS += $(REAL_TESTS)
endif
