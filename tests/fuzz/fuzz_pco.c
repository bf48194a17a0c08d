// SPDX-License-Identifier: BSD-3-Clause
// The input is an octet of choices (1: an ePCO, 2: credentials are compared, 4: two DNS servers,
// 8: nothing else to tell, 16: no IPv4 address, 32: an even MSISDN), then the value of a PCO. The
// answer must fit and be whole units.
#include "control/session/pco.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void
check_units(const uint8_t *answer, size_t n)
{
	size_t at = 1;

	if (n == 0)
		return;
	if (n > PCO_MAX || answer[0] != 0x80)
		abort();
	while (at < n) {
		if (n - at < 3 || n - at - 3 < answer[at + 2])
			abort();
		at += 3U + answer[at + 2];
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct pco_credential users[] = { { "camera", "s3cret" }, { "u", "" } };
	struct pco_policy policy = {
		.dns_ipv4 = { { 10, 20, 0, 2 }, { 10, 20, 0, 3 } },
		.n_dns_ipv6 = 1,
		.mtu_bytes = 1400,
		.pcscf_ipv4 = { { 10, 20, 0, 5 } },
		.n_pcscf_ipv6 = PCO_DNS_MAX,
	};
	uint8_t answer[PCO_MAX];
	bool is_extended;

	if (n < 1)
		return 0;
	is_extended = bytes[0] & 1;
	policy.n_dns_ipv4 = bytes[0] & 4 ? 2 : 1;
	if (!(bytes[0] & 8)) {
		policy.n_pcscf_ipv4 = 1;
		policy.mtu_non_ip_bytes = 128;
		policy.is_ims = true;
		policy.bearer_control = PCO_BEARER_CONTROL_BOTH;
		policy.msisdn = bytes[0] & 32 ? "4917012345" : "491701234567890";
	}
	if (!(bytes[0] & 16))
		memcpy(policy.ue_ipv4, (uint8_t[]){ 100, 64, 0, 7 }, 4);
	if (bytes[0] & 2) {
		policy.credentials = users;
		policy.n_credentials = 2;
	}
	pco_authenticate(bytes + 1, n - 1, is_extended, &policy);
	check_units(answer, pco_answer(bytes + 1, n - 1, is_extended, &policy, answer));
	return 0;
}
