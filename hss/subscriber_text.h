// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/auc.h"
#include "hss/subscriber.h"

#include <stddef.h>
#include <stdint.h>

// A subscriber's fields as text: the same words in the store, in CSV files and on the command line.
// Parsers give 0 or -EINVAL and leave the result alone then; printers cut nothing if `out` has the
// size named.

int sim_state_parse(const char *text, enum sim_state *state); // "registered", "active", "inactive"
const char *sim_state_name(enum sim_state state);

int rats_parse(const char *text, uint32_t *rats); // "eutran+nb-iot", "" = all
#define RATS_TEXT_SIZE 64
void rats_print(uint32_t rats, char out[RATS_TEXT_SIZE]);

int partners_parse(
	const char *text, struct plmn partners[PARTNERS_MAX], uint16_t *n); // "26201+310410"
#define PARTNERS_TEXT_SIZE (PARTNERS_MAX * 7 + 1)
void partners_print(const struct plmn *partners, uint16_t n, char out[PARTNERS_TEXT_SIZE]);

// "internet=10.0.0.5+internet=2001:db8:1::+iot=10.1.0.5"; an IPv6 one is a /64 prefix unless its
// lower half isn't zero.
int addresses_parse(
	const char *text, struct fixed_address addresses[FIXED_ADDRESSES_MAX], uint16_t *n);
#define ADDRESSES_TEXT_SIZE (FIXED_ADDRESSES_MAX * 192)
void addresses_print(
	const struct fixed_address *addresses, uint16_t n, char out[ADDRESSES_TEXT_SIZE]);

// "pgw.example 192.0.2.1 2001:db8::1", what there is of it.
#define GATEWAY_TEXT_SIZE (HOST_SIZE + 80)
void gateway_print(const struct gateway *g, char out[GATEWAY_TEXT_SIZE]);

int imei_lock_parse(
	const char *text, enum imei_lock *lock, char imei[IMEI_SIZE]); // "", "learn", digits
#define IMEI_LOCK_TEXT_SIZE (IMEI_SIZE + 8)
void imei_lock_print(enum imei_lock lock, const char *imei, char out[IMEI_LOCK_TEXT_SIZE]);

// "milenage", "tuak", "tuak:res=4:iterations=2", "xor", "xor:res=8"; sets algorithm, res_len and
// tuak_iterations of key.
int algorithm_parse(const char *text, struct auc_key *key);
#define ALGORITHM_TEXT_SIZE 40
void algorithm_print(const struct auc_key *key, char out[ALGORITHM_TEXT_SIZE]);

// Hexadecimal digits, exactly 2 x len of them; -EINVAL.
int hex_parse(const char *text, uint8_t *out, size_t len);
void hex_print(const uint8_t *in, size_t len, char *out); // 2 x len + 1

#define TIME_TEXT_SIZE 24
// "2026-03-01T12:00:00Z", "-" for 0: out.
const char *time_text(int64_t at_s, char out[TIME_TEXT_SIZE]);
