# The texts in other languages. A text is marked in ui/ (tr.h) or is a row of messages.def; `make update-po` brings data/po/ja.po up to
# date with the sources, what is new there is translated by hand, and tests/unit/test_po.sh holds it against them.
EXTRA_DIST += data/po/tana.pot data/po/ja.po data/po/extract
jalocaledir = $(localedir)/ja/LC_MESSAGES
nodist_jalocale_DATA = data/locale/ja/LC_MESSAGES/tana.mo
CLEANFILES += data/locale/ja/LC_MESSAGES/tana.mo

# A program that runs where it was built finds it there.
data/locale/ja/LC_MESSAGES/tana.mo: data/po/ja.po
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check -o $@.new $(srcdir)/data/po/ja.po && mv $@.new $@

.PHONY: update-po
update-po:
	$(SHELL) $(srcdir)/data/po/extract $(srcdir) $(srcdir)/data/po/tana.pot
	msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-wrap $(srcdir)/data/po/ja.po $(srcdir)/data/po/tana.pot
