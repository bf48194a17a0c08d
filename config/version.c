// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg.h"

const char *
torii_version(void)
{
	return TORII_VERSION;
}
