// SPDX-License-Identifier: BSD-3-Clause
// hss-seed: a store of test SIMs. All have the keys of TS 35.208 test set 1; the first few differ in
// what a test needs: see special().
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t k[16] = { 0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a,
	0x2e, 0xe2, 0x38, 0xa6, 0xbc };
static const uint8_t opc[16] = { 0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99,
	0x4e, 0x37, 0xa0, 0x2b, 0xaf };

static sem_t done;
static int outcome;

static void
on_done(void *arg, int result)
{
	outcome = result;
	sem_post(&done);
}

static int
check(const char *what, int result)
{
	if (result < 0)
		fprintf(stderr, "hss-seed: %s: %s\n", what, strerror(-result));
	return result;
}

static void
fill_apn(struct apn_config *a, uint32_t context_id, const char *apn)
{
	a->context_id = context_id;
	text_copy(a->apn, sizeof(a->apn), apn);
	a->pdn_type = PDN_IPV4;
	a->qci = 9;
	a->arp_priority = 8;
	a->ambr_ul_bps = 10000000;
	a->ambr_dl_bps = 20000000;
}

static int
put_profile(struct store *store)
{
	struct profile *p = profile_new("default", 2);

	if (p == NULL)
		return -ENOMEM;
	p->is_packet_only = true;
	p->access_restriction = 32;
	p->ambr_ul_bps = 50000000;
	p->ambr_dl_bps = 6000000000;
	p->rau_tau_timer_s = 3600;
	p->default_context_id = 1;
	fill_apn(&p->apns[0], 1, "internet");
	p->apns[0].has_gateway = true;
	p->apns[0].gateway.has_v4 = true;
	inet_pton(AF_INET, "10.10.0.1", &p->apns[0].gateway.v4);
	text_copy(p->apns[0].gateway.host, HOST_SIZE, "pgw.home.example");
	text_copy(p->apns[0].gateway.realm, HOST_SIZE, "home.example");
	p->apns[0].has_charging = true;
	p->apns[0].charging = 0x0800;
	fill_apn(&p->apns[1], 2, "iot");
	p->apns[1].pdn_type = PDN_IPV4V6;
	store_profile_put(store, p, on_done, NULL);
	sem_wait(&done);
	profile_give(p);
	return outcome;
}

static void
fix_address(struct new_sim *sim, uint64_t i)
{
	struct fixed_address *a = &sim->addresses[0];

	sim->n_addresses = 1;
	text_copy(a->apn, sizeof(a->apn), "internet");
	a->has_v4 = true;
	a->v4.s_addr = htonl(0x64400000 + (uint32_t)(i & 0xffff));
	a->has_v6 = true;
	inet_pton(AF_INET6, "2001:db8:7::", &a->v6);
}

static void
special(struct new_sim *sim, uint64_t i)
{
	switch (i) {
	case 2:
		sim->state = SIM_INACTIVE;
		break;
	case 3:
		sim->state = SIM_REGISTERED;
		break;
	case 4: // not in PLMN 00101
		sim->n_partners = 1;
		plmn_parse("26201", &sim->partners[0]);
		break;
	case 5:
		sim->rats = RAT_NB_IOT;
		break;
	case 6:
		sim->imei_lock = IMEI_EXACT;
		text_copy(sim->imei, sizeof(sim->imei), "35693803564380");
		break;
	case 7:
		fix_address(sim, i);
		break;
	case 8:
		sim->imei_lock = IMEI_LEARN;
		break;
	default:
		break;
	}
}

static int
put_sim(struct store_bulk *bulk, const struct seal *seal, uint64_t i)
{
	struct auc_key key = { .algorithm = AUC_MILENAGE,
		.k_len = 16,
		.has_opc = true,
		.amf = { 0x80, 0 },
		.res_len = 8 };
	static struct new_sim sim;
	int ret;

	memset(&sim, 0, sizeof(sim));
	memcpy(key.k, k, sizeof(k));
	memcpy(key.op, opc, sizeof(opc));
	snprintf(sim.iccid, sizeof(sim.iccid), "8999070%012" PRIu64, i % 1000000000000);
	snprintf(sim.msisdn, sizeof(sim.msisdn), "99970%09" PRIu64, i % 1000000000);
	snprintf(sim.imsis[0].imsi, IMSI_SIZE, "99970%010" PRIu64, i % 10000000000);
	text_copy(sim.profile, sizeof(sim.profile), "default");
	sim.state = SIM_ACTIVE;
	sim.n_imsis = 1;
	special(&sim, i);
	ret = seal_wrap(
		seal, sim.imsis[0].imsi, &key, sim.imsis[0].sealed, &sim.imsis[0].sealed_len);
	return ret < 0 ? ret : store_bulk_put(bulk, &sim, i);
}

static int
put_sims(struct store *store, const struct seal *seal, uint64_t n)
{
	struct store_bulk *bulk;
	int ret = store_bulk_begin(store, &bulk);

	if (ret < 0)
		return ret;
	for (uint64_t i = 0; i < n && ret == 0; i++)
		ret = put_sim(bulk, seal, i);
	if (ret == 0)
		return store_bulk_commit(bulk, NULL, NULL);
	store_bulk_abort(bulk);
	return ret;
}

int
main(int argc, char **argv)
{
	struct store_config config = STORE_CONFIG_DEFAULT;
	struct store *store;
	struct seal *seal;
	const char *why = "";
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: hss-seed STORE-URL KEY-FILE SIMS\n");
		return 2;
	}
	sem_init(&done, 0, 0);
	ret = seal_new_file(argv[2]);
	if (ret < 0 && ret != -EEXIST)
		return check("key file", ret) != 0;
	if (check("key file", seal_open_file(argv[2], &seal, &why)) < 0)
		return 1;
	config.url = argv[1];
	if (check("store", store_open(&config, &store)) < 0)
		return 1;
	ret = check("profile", put_profile(store));
	if (ret == 0)
		ret = check("SIMs", put_sims(store, seal, strtoull(argv[3], NULL, 10)));
	store_close(store);
	seal_close(seal);
	return ret < 0;
}
