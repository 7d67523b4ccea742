# What is installed and not compiled.
dist_doc_DATA += data/protocol.md
