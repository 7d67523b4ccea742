# What is installed and not compiled.
dist_doc_DATA += data/protocol.md data/HACKING README
dist_man_MANS += data/man/tana.1 data/man/tanad.8
dist_man_MANS += data/man/tana-site.5 data/man/tana-dialect.5
dist_man_MANS += data/man/tana-enclosure-sim.8
dist_doc_DATA += data/jump-host.md
sshddir = $(pkgdatadir)/sshd
dist_sshd_DATA = data/sshd/tana.conf
sitesdir = $(pkgdatadir)/sites
dist_sites_DATA = data/sites/example.conf
dialectsdir = $(pkgdatadir)/dialects
dist_dialects_DATA = \
	data/dialects/dell-cmc.conf \
	data/dialects/dell-idrac.conf \
	data/dialects/fujitsu-rsb.conf \
	data/dialects/hitachi-svp.conf \
	data/dialects/hp-oa.conf \
	data/dialects/hpe-ilo.conf \
	data/dialects/hpe-moonshot.conf \
	data/dialects/ibm-amm.conf \
	data/dialects/ibm-cmm.conf
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = data/completions/tana.bash

# The service. Each folder can be another: make install systemunitdir=/lib/systemd/system
systemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_systemunit_DATA = data/systemd/tanad.socket
nodist_systemunit_DATA = data/systemd/tanad.service
dist_sysusers_DATA = data/systemd/sysusers.d/tana.conf
nodist_tmpfiles_DATA = data/systemd/tmpfiles.d/tana.conf
EXTRA_DIST += data/systemd/tanad.service.in data/systemd/tmpfiles.d/tana.conf.in
CLEANFILES += data/systemd/tanad.service data/systemd/tmpfiles.d/tana.conf
fill_in = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's,@sbindir[@],$(sbindir),g' -e 's,@sysconfdir[@],$(sysconfdir),g'
data/systemd/tanad.service: $(srcdir)/data/systemd/tanad.service.in Makefile
	$(fill_in) $(srcdir)/data/systemd/tanad.service.in >$@.new && mv $@.new $@
data/systemd/tmpfiles.d/tana.conf: $(srcdir)/data/systemd/tmpfiles.d/tana.conf.in Makefile
	$(fill_in) $(srcdir)/data/systemd/tmpfiles.d/tana.conf.in >$@.new && mv $@.new $@

# A program that runs where it was built finds the dialects beside it.
all-local: dialects-here
.PHONY: dialects-here
dialects-here:
	@test -e data/dialects || { $(MKDIR_P) data && ln -s '$(abs_srcdir)/data/dialects' data/dialects; }
distclean-local: dialects-gone
.PHONY: dialects-gone
dialects-gone:
	@test ! -h data/dialects || rm -f data/dialects

include data/po/po.mk
