// SPDX-License-Identifier: BSD-3-Clause
// Network order, as the compiler knows it: DPDK's own swaps are inline assembly, which it can't merge
// with a load or a comparison.
#pragma once

#include <stdint.h>

static inline uint16_t
from_be16(uint16_t x)
{
	return __builtin_bswap16(x);
}

static inline uint32_t
from_be32(uint32_t x)
{
	return __builtin_bswap32(x);
}

static inline uint64_t
from_be64(uint64_t x)
{
	return __builtin_bswap64(x);
}
