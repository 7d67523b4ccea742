# What is installed and not compiled.
dist_doc_DATA += data/protocol.md data/HACKING README
dist_man_MANS += data/man/tana.1 data/man/tanad.8
dist_man_MANS += data/man/tana-site.5
sitesdir = $(pkgdatadir)/sites
dist_sites_DATA = data/sites/example.conf
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = data/completions/tana.bash
