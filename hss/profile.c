// SPDX-License-Identifier: BSD-3-Clause
#include "hss/profile.h"

#include "hss/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct profile *
profile_new(const char *name, uint16_t n_apns)
{
	struct profile *p = calloc(1, sizeof(*p) + n_apns * sizeof(p->apns[0]));

	if (!p)
		return NULL;
	atomic_init(&p->references, 1);
	text_copy(p->name, sizeof(p->name), name);
	p->n_apns = n_apns;
	return p;
}

struct profile *
profile_copy(const struct profile *from, uint16_t n_apns)
{
	uint16_t n = from->n_apns < n_apns ? from->n_apns : n_apns;
	struct profile *p = profile_new(from->name, n_apns);

	if (!p)
		return NULL;
	memcpy((char *)p + offsetof(struct profile, id),
		(const char *)from + offsetof(struct profile, id),
		offsetof(struct profile, apns) - offsetof(struct profile, id) +
			n * sizeof(p->apns[0]));
	p->n_apns = n_apns;
	return p;
}

const struct profile *
profile_take(const struct profile *p)
{
	// The count is the one field of a published profile that changes.
	atomic_uint *references = (atomic_uint *)(uintptr_t)&p->references;

	atomic_fetch_add_explicit(references, 1, memory_order_relaxed);
	return p;
}

void
profile_give(const struct profile *p)
{
	struct profile *own = (struct profile *)(uintptr_t)p;

	if (own && atomic_fetch_sub_explicit(&own->references, 1, memory_order_acq_rel) == 1)
		free(own);
}

const struct apn_config *
profile_apn(const struct profile *p, const char *apn)
{
	for (unsigned i = 0; i < p->n_apns; i++)
		if (strcasecmp(p->apns[i].apn, apn) == 0)
			return &p->apns[i];
	return NULL;
}

bool
profile_name_is_sound(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n < PROFILE_NAME_SIZE && name[n] == '\0';
}

// TS 23.003 9.1: labels of letters, digits and hyphens; or the wild card.
bool
apn_is_sound(const char *apn)
{
	size_t n = strspn(apn, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	if (strcmp(apn, "*") == 0)
		return true;
	return n > 0 && n < APN_SIZE && apn[n] == '\0' && apn[0] != '.' && apn[n - 1] != '.' &&
		!strstr(apn, "..");
}

static const char *
apn_fault(const struct profile *p, const struct apn_config *a)
{
	if (!apn_is_sound(a->apn))
		return "an APN isn't a name";
	if (a->context_id == 0)
		return "a context identifier is 0";
	if (a->qci == 0 || a->qci == 255)
		return "a QCI isn't 1..254";
	if (a->arp_priority < 1 || a->arp_priority > 15)
		return "an ARP priority isn't 1..15";
	if (a->pdn_type > PDN_IPV4_OR_IPV6 || a->gw_allocation > PDN_GW_DYNAMIC)
		return "a PDN type or gateway allocation doesn't exist";
	if (a->has_gateway && !a->gateway.host[0] && !a->gateway.has_v4 && !a->gateway.has_v6)
		return "a gateway has neither host nor address";
	for (const struct apn_config *b = p->apns; b < a; b++)
		if (b->context_id == a->context_id || strcasecmp(b->apn, a->apn) == 0)
			return "an APN or a context identifier is there twice";
	return NULL;
}

bool
profile_is_sound(const struct profile *p, const char **why)
{
	bool has_default = false;

	*why = NULL;
	if (!profile_name_is_sound(p->name))
		*why = "a profile's name has up to 31 letters, digits, -, _ or .";
	else if (p->n_apns == 0 || p->n_apns > PROFILE_APNS_MAX)
		*why = "a profile has 1 to 50 APNs";
	for (unsigned i = 0; !*why && i < p->n_apns; i++) {
		*why = apn_fault(p, &p->apns[i]);
		has_default |= p->apns[i].context_id == p->default_context_id;
	}
	if (!*why && !has_default)
		*why = "the default context identifier is no APN's";
	return *why == NULL;
}
