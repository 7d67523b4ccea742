/* Host URIs as the site room sees them: is it the same host, and what to call it. Pure. */
#ifndef TANA_SITE_URI_H
#define TANA_SITE_URI_H

/* Equal for two URIs that lead to the same host and the same world there. The caller frees. */
char *uri_canonical(const char *uri);
/* A name for a host that has none but its URI: "blade7", "localhost", "default". The caller frees. */
char *uri_name(const char *uri);

#endif
