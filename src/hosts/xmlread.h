/* Reading libvirt's XML with libxml2, which is told to be deaf: no network, no entities, no document types. What domxml.c
 * and snapxml.c share; both are called by the libvirt driver's workers. */
#ifndef TANA_XMLREAD_H
#define TANA_XMLREAD_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL when it cannot be read, is longer than 8 MiB or has a document type; xmlFreeDoc takes NULL. */
xmlDocPtr xmlread_doc(const char *xml);
bool xmlread_is(const xmlNode *n, const char *name);
xmlNode *xmlread_seek(xmlNode *n, const char *name);       /* the next element of that name among n and its later siblings */
xmlNode *xmlread_child(const xmlNode *n, const char *name); /* of NULL: NULL */
/* Cleaned into a fixed field. False, and out as it was, when there is no such attribute. */
bool xmlread_attr(const xmlNode *n, const char *name, char *out, size_t size);
/* A cleaned copy, cut where no path is as long: a host may say megabytes. NULL when it is not there. */
char *xmlread_attr_dup(const xmlNode *n, const char *name);
/* As it stands there, to be given back to the host, never shown. NULL when it is not there or longer than a path. */
char *xmlread_attr_raw(const xmlNode *n, const char *name);
bool xmlread_attr_is(const xmlNode *n, const char *name, const char *value);
void xmlread_text(const xmlNode *n, char *out, size_t size); /* cleaned, blanks at both ends left off; out as it was without n */

#endif
