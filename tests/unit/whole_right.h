/* What the site file gives a customer where it says nothing else: every right, to all VMs of its tenant. */
#ifndef TEST_WHOLE_RIGHT_H
#define TEST_WHOLE_RIGHT_H

#include "site/site.h"

static const struct site_role whole_right = { .role = ROLE_CUSTOMER, .right = RIGHT_FULL };

#endif
