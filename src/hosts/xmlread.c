/* The few steps through an XML tree that the readers of libvirt's XML share. Called by domxml.c and snapxml.c. */
#include "hosts/xmlread.h"

#include "common/buf.h"
#include "common/text.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define XML_MAX (8 * 1024 * 1024)

xmlDocPtr xmlread_doc(const char *xml)
{
	size_t len = strlen(xml);

	if (len > XML_MAX)
		return NULL;
	xmlDocPtr doc = xmlReadMemory(xml, (int)len, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT);
	if (doc && (doc->intSubset || doc->extSubset)) {
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

bool xmlread_is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

xmlNode *xmlread_seek(xmlNode *n, const char *name)
{
	while (n && !xmlread_is(n, name))
		n = n->next;
	return n;
}

xmlNode *xmlread_child(const xmlNode *n, const char *name)
{
	return n ? xmlread_seek(n->children, name) : NULL;
}

static xmlChar *prop(const xmlNode *n, const char *name)
{
	return n ? xmlGetProp(n, (const xmlChar *)name) : NULL;
}

bool xmlread_attr(const xmlNode *n, const char *name, char *out, size_t size)
{
	xmlChar *v = prop(n, name);

	if (!v)
		return false;
	text_clean(out, size, (const char *)v, strlen((const char *)v));
	xmlFree(v);
	return true;
}

char *xmlread_attr_dup(const xmlNode *n, const char *name)
{
	xmlChar *v = prop(n, name);
	char *s = v ? xmalloc(PATH_MAX) : NULL;

	if (s)
		s = xrealloc(s, text_clean(s, PATH_MAX, (const char *)v, strlen((const char *)v)) + 1);
	xmlFree(v);
	return s;
}

char *xmlread_attr_raw(const xmlNode *n, const char *name)
{
	xmlChar *v = prop(n, name);
	char *s = v && strlen((const char *)v) < PATH_MAX ? xstrdup((const char *)v) : NULL;

	xmlFree(v);
	return s;
}

bool xmlread_attr_is(const xmlNode *n, const char *name, const char *value)
{
	xmlChar *v = prop(n, name);
	bool same = v && strcmp((const char *)v, value) == 0;

	xmlFree(v);
	return same;
}

void xmlread_text(const xmlNode *n, char *out, size_t size)
{
	xmlChar *v = n ? xmlNodeGetContent(n) : NULL;

	if (!v)
		return;
	char *s = (char *)v + strspn((char *)v, " \t\r\n");
	size_t len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	text_clean(out, size, s, len);
	xmlFree(v);
}
