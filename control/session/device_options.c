// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/device_options.h"

#include "control/session/pgw.h"

#include <string.h>

// A request with both has the device's options in the ePCO: it is there where every node on the way can
// carry it. TS 29.274 8.13, 8.94, 8.128
void
device_options_read(struct device_options *o, const struct create_session_req *req)
{
	if (req->has_epco)
		o->own = (struct options){ .asked = req->epco, .is_extended = true };
	else if (req->has_pco)
		o->own.asked = req->pco;
	if (req->has_apco)
		o->additional.asked = req->apco;
}

// Addresses to those of each family.
static void
sort_addrs(const struct cfg_addr *addrs, size_t n, uint8_t ipv4[][4], uint8_t *n_ipv4,
	uint8_t ipv6[][16], uint8_t *n_ipv6)
{
	for (size_t i = 0; i < n; i++)
		if (addrs[i].family == 4)
			memcpy(ipv4[(*n_ipv4)++], addrs[i].bytes, 4);
		else
			memcpy(ipv6[(*n_ipv6)++], addrs[i].bytes, 16);
}

void
device_options_policy(const struct pgw *pgw, uint16_t apn, struct pco_policy *policy)
{
	const struct ctl_apn *a = apn_at(pgw->apns, apn);

	memset(policy, 0, sizeof(*policy));
	sort_addrs(a->dns, a->n_dns, policy->dns_ipv4, &policy->n_dns_ipv4, policy->dns_ipv6,
		&policy->n_dns_ipv6);
	sort_addrs(a->pcscf, a->n_pcscf, policy->pcscf_ipv4, &policy->n_pcscf_ipv4,
		policy->pcscf_ipv6, &policy->n_pcscf_ipv6);
	policy->mtu_bytes = a->mtu_bytes;
	policy->mtu_non_ip_bytes = a->mtu_non_ip_bytes;
	policy->is_ims = a->is_ims;
	policy->bearer_control = a->bearer_control == CTL_BEARER_CONTROL_BOTH
		? PCO_BEARER_CONTROL_BOTH
		: PCO_BEARER_CONTROL_DEVICE;
	if (a->auth == CTL_AUTH_NONE)
		return;
	policy->credentials = apn_credentials(pgw->apns, apn);
	policy->n_credentials = a->n_users;
}

static enum pco_auth
authenticate(const struct options *o, const struct pco_policy *policy)
{
	return pco_authenticate(o->asked.bytes, o->asked.n, o->is_extended, policy);
}

enum pco_auth
device_options_authenticate(const struct device_options *o, const struct pco_policy *policy)
{
	enum pco_auth own = authenticate(&o->own, policy);
	enum pco_auth additional = authenticate(&o->additional, policy);

	return own > additional ? own : additional;
}

static void
answer(struct options *o, const struct pco_policy *policy)
{
	o->answer_bytes =
		(uint16_t)pco_answer(o->asked.bytes, o->asked.n, o->is_extended, policy, o->answer);
}

void
device_options_answer(struct device_options *o, const struct pco_policy *policy)
{
	answer(&o->own, policy);
	answer(&o->additional, policy);
}

static void
put(const struct options *o, bool *has, struct gtpc_octets *value)
{
	*has = o->answer_bytes > 0;
	*value = (struct gtpc_octets){ .bytes = o->answer, .n = o->answer_bytes };
}

void
device_options_put(const struct device_options *o, struct create_session_rsp *rsp)
{
	if (o->own.is_extended)
		put(&o->own, &rsp->has_epco, &rsp->epco);
	else
		put(&o->own, &rsp->has_pco, &rsp->pco);
	put(&o->additional, &rsp->has_apco, &rsp->apco);
}
