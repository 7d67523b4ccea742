/* Our version, from configure. */
#ifndef TANA_VERSION_H
#define TANA_VERSION_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

#endif
