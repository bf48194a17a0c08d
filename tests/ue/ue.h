// SPDX-License-Identifier: BSD-3-Clause
// torii-ue: plays SGW and MME towards a gateway and gives each attached device a TUN interface.
#pragma once

#include "control/gtpc/gtpc_node.h"
#include "control/gtpc/gtpc_socket.h"
#include "control/session/tft.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define UE_DEVICES_MAX 1000
#define UE_SGWS_MAX 8
#define UE_PDN_TYPES_MAX 8
#define UE_NAME_MAX 32
#define UE_EBI 5
#define UE_BEARERS_MAX 10 // dedicated ones of a device

enum ue_pco {
	UE_PCO_IPCP = 1 << 0, // DNS by IPCP
	UE_PCO_DNS = 1 << 1,  // DNS by container 000D
	UE_PCO_MTU = 1 << 2,  // link MTU by container 0010
};

struct ue_options {
	char netns[UE_NAME_MAX]; // of the SGWs, empty: where the program was started
	struct gtpc_addr gateway;
	struct gtpc_addr sgw[UE_SGWS_MAX];
	unsigned int n_sgws;
	unsigned int n_devices;
	char apn[GTPC_APN_TEXT_MAX];
	uint64_t imsi;                      // of the first device
	uint64_t msisdn;                    // 0: none
	uint8_t pdn_type[UE_PDN_TYPES_MAX]; // the devices take them in turn
	unsigned int n_pdn_types;
	uint8_t address[4];   // asked for by the first device, zero: dynamic
	uint8_t address6[16]; // the same, of IPv6
	unsigned int pco;     // enum ue_pco
	bool epco;
	char user[64], password[64];
	char name[UE_NAME_MAX];
	bool use_netns; // one for each device
	bool background;
	char socket[108];
	uint32_t t3_ms, n3;
	uint8_t qci;
	uint32_t ambr_ul_kbps, ambr_dl_kbps;
	bool piggyback; // the gateway's requests may ride on its answers
};

enum device_state {
	DEVICE_DOWN,
	DEVICE_ATTACHING,
	DEVICE_UP,
	DEVICE_MOVING,
	DEVICE_COMMANDING,
	DEVICE_DETACHING,
	DEVICE_FAILED,
};

// A dedicated bearer.
struct ue_bearer {
	uint8_t ebi; // 0: none
	uint8_t qci;
	uint32_t teid; // ours
	uint32_t gateway_teid;
	uint8_t n_filters;
	struct tft_filter filter[TFT_FILTERS_MAX];
	uint64_t ul_packets, dl_packets;
};

struct device {
	struct ue *ue;
	unsigned int index;
	enum device_state state;
	unsigned int sgw;        // index of its SGW
	unsigned int sgw_wanted; // while moving
	uint16_t tunnels;        // how many it has had: part of its TEIDs
	struct ue_bearer bearer[UE_BEARERS_MAX];
	char imsi[16];
	char netns[UE_NAME_MAX + 12];
	char tun[16];
	int tun_fd;
	struct event *tun_event;
	uint32_t teid;        // ours, for signalling and for GTP-U
	uint32_t teid_before; // while moving
	struct gtpc_addr gateway_c, gateway_u;
	uint32_t gateway_c_teid, gateway_u_teid;
	uint8_t pdn_type;           // granted
	uint8_t address[4];         // zero: none
	uint8_t address6[16];       // its prefix, and the interface identifier; zero: none
	struct event *advert_timer; // until a Router Advertisement has come
	uint16_t mtu;
	uint8_t dns[2][4];
	uint8_t dns6[2][16];
	uint8_t cause; // of the latest answer
	uint64_t ul_packets, ul_bytes, dl_packets, dl_bytes;
	uint64_t end_markers, error_indications;
	char why[160]; // of a failure
};

struct ue_command;

struct ue {
	const struct ue_options *options;
	struct event_base *base;
	struct gtpc_node *node;
	struct gtpc_socket *socket;
	struct event *socket_event[UE_SGWS_MAX];
	struct event *timer;
	int user_fd[UE_SGWS_MAX];
	struct event *user_event[UE_SGWS_MAX];
	struct device *device;
	struct ue_command *command; // under way, NULL: none
	bool is_attached;           // the first round is over
	bool quit;
	uint64_t stray_packets; // for no device of ours
	uint64_t echo_requests;
};

static inline bool
device_has_ipv4(const struct device *d)
{
	return d->pdn_type == GTPC_PDN_IPV4 || d->pdn_type == GTPC_PDN_IPV4V6;
}

static inline bool
device_has_ipv6(const struct device *d)
{
	return d->pdn_type == GTPC_PDN_IPV6 || d->pdn_type == GTPC_PDN_IPV4V6;
}

#define DEVICE_ADDRESS_TEXT (INET_ADDRSTRLEN + INET6_ADDRSTRLEN)

// "100.64.0.1", "2001:db8:100:1::5", or both with a comma between them.
const char *device_address_text(const struct device *d, char text[DEVICE_ADDRESS_TEXT]);

uint64_t ue_now_ms(void);

// A device has come up, moved, gone down or failed: user-visible line, and what waits for it.
void ue_device_done(struct device *d, bool ok);
