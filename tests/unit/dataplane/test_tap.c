// SPDX-License-Identifier: BSD-3-Clause
// In a network namespace of its own; needs root.
#include "dataplane/tap.h"
#include "tests/unit/dataplane/rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ETHER_TYPE_OF_TEST 0x88b5 // IEEE 802: local experiments

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
static struct rte_mempool *pool;

static short
flags_of(const char *name)
{
	struct ifreq r = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(s, SIOCGIFFLAGS, &r) < 0)
		r.ifr_flags = 0;
	close(s);
	return r.ifr_flags;
}

// The kernel moves this flag a moment after the carrier.
static bool
comes_to_run(const char *name, bool should_run)
{
	uint64_t end = rig_now_ms() + RIG_DEADLINE_MS;

	while (!(flags_of(name) & IFF_RUNNING) == should_run && rig_now_ms() < end)
		usleep(1000);
	return !(flags_of(name) & IFF_RUNNING) != should_run;
}

// A socket that receives whole frames of the test's type, VLAN tags or not.
static int
listen_on(const struct tap *tap)
{
	int s = socket(AF_PACKET, SOCK_RAW, htons(0x0003)); // ETH_P_ALL
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(0x0003),
		.sll_ifindex = (int)tap->ifindex,
	};

	CU_ASSERT_EQUAL_FATAL(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	return s;
}

// The next frame of the test's type. Returns its length, 0 after the deadline.
static size_t
receive(int s, uint8_t *frame, size_t room)
{
	uint64_t end = rig_now_ms() + RIG_DEADLINE_MS;
	struct pollfd p = { .fd = s, .events = POLLIN };

	while (rig_now_ms() < end) {
		ssize_t n = poll(&p, 1, 100) > 0 ? recv(s, frame, room, 0) : 0;

		if (n > 14 && frame[12] == 0x88 && frame[13] == 0xb5)
			return (size_t)n;
	}
	return 0;
}

// The next frame that Linux sends with this Ethernet type, NULL after the deadline.
static struct rte_mbuf *
read_type(struct tap *tap, uint16_t type)
{
	uint64_t end = rig_now_ms() + RIG_DEADLINE_MS;
	struct pollfd p = { .fd = tap->fd, .events = POLLIN };
	struct rte_mbuf *m;

	while (rig_now_ms() < end) {
		const uint8_t *f;

		if (tap_read(tap, pool, &m) != 0) {
			poll(&p, 1, 100);
			continue;
		}
		f = rte_pktmbuf_mtod(m, const uint8_t *);
		if (m->data_len >= 14 && (f[12] << 8 | f[13]) == type)
			return m;
		rte_pktmbuf_free(m);
	}
	return NULL;
}

// A broadcast frame of n bytes whose content is its own offset.
static struct rte_mbuf *
frame_of(uint16_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *f = (uint8_t *)rte_pktmbuf_append(m, n);

	for (uint16_t i = 0; i < n; i++)
		f[i] = (uint8_t)i;
	memset(f, 0xff, 6);
	memcpy(f + 6, "\x02\x00\x00\x00\x00\x99\x88\xb5", 8);
	return m;
}

static void
is_up_with_the_ports_mac_and_mtu(void)
{
	struct tap tap;
	struct ifreq r = { .ifr_name = "port0" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "port0", mac, 1400), 0);
	CU_ASSERT_EQUAL(tap.ifindex, if_nametoindex("port0"));
	CU_ASSERT_TRUE(flags_of("port0") & IFF_UP);
	CU_ASSERT_TRUE(comes_to_run("port0", true));
	CU_ASSERT_EQUAL(ioctl(s, SIOCGIFHWADDR, &r), 0);
	CU_ASSERT_EQUAL(memcmp(r.ifr_hwaddr.sa_data, mac, 6), 0);
	CU_ASSERT_EQUAL(ioctl(s, SIOCGIFMTU, &r), 0);
	CU_ASSERT_EQUAL(r.ifr_mtu, 1400);
	close(s);
	tap_remove(&tap);
	CU_ASSERT_EQUAL(if_nametoindex("port0"), 0);
}

static void
only_one_process_has_it(void)
{
	struct tap first, second;

	CU_ASSERT_EQUAL_FATAL(tap_open(&first, "port0", mac, 1500), 0);
	CU_ASSERT_EQUAL(tap_open(&second, "port0", mac, 1500), -EBUSY);
	CU_ASSERT_EQUAL(second.fd, -1);
	tap_remove(&first);
}

static void
names_that_cannot_be_are_refused(void)
{
	struct tap tap;

	CU_ASSERT_EQUAL(tap_open(&tap, "sixteen-letters-", mac, 1500), -EINVAL);
	CU_ASSERT_EQUAL(tap_open(&tap, "lo", mac, 1500), -EINVAL);
	CU_ASSERT_EQUAL(tap.fd, -1);
}

static void
survives_a_killed_process_with_addresses_and_routes(void)
{
	struct tap tap;
	unsigned int ifindex;
	int ready[2], status;
	char byte;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		byte = tap_open(&tap, "port0", mac, 1500) == 0;
		(void)!write(ready[1], &byte, 1);
		pause();
	}
	CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL_FATAL(byte, 1);
	CU_ASSERT_TRUE(rig_ip("addr add 10.10.0.1/24 dev port0"));
	CU_ASSERT_TRUE(rig_ip("route add 203.0.113.0/24 via 10.10.0.9"));
	ifindex = if_nametoindex("port0");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	CU_ASSERT_TRUE(flags_of("port0") & IFF_UP);
	CU_ASSERT_TRUE(comes_to_run("port0", false));
	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "port0", mac, 1500), 0);
	CU_ASSERT_EQUAL(tap.ifindex, ifindex);
	CU_ASSERT_TRUE(comes_to_run("port0", true));
	CU_ASSERT_TRUE(rig_ip("addr show dev port0 | grep -q 'inet 10.10.0.1/24'"));
	CU_ASSERT_TRUE(rig_ip("route show 203.0.113.0/24 | grep -q 'via 10.10.0.9'"));
	close(ready[0]);
	close(ready[1]);
	tap_remove(&tap);
}

static void
carrier_follows_the_port(void)
{
	struct tap tap;

	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "port0", mac, 1500), 0);
	CU_ASSERT_EQUAL(tap_set_carrier(&tap, false), 0);
	CU_ASSERT_TRUE(comes_to_run("port0", false));
	CU_ASSERT_TRUE(flags_of("port0") & IFF_UP);
	CU_ASSERT_EQUAL(tap_set_carrier(&tap, true), 0);
	CU_ASSERT_TRUE(comes_to_run("port0", true));
	tap_remove(&tap);
}

static void
frames_of_several_segments_arrive_whole(void)
{
	struct rte_mbuf *m = frame_of(100), *more = rte_pktmbuf_alloc(pool);
	uint8_t *tail = (uint8_t *)rte_pktmbuf_append(more, 900), frame[2000];
	struct tap tap;
	int s;

	memset(tail, 0x5a, 900);
	rte_pktmbuf_chain(m, more);
	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "port0", mac, 1500), 0);
	s = listen_on(&tap);
	CU_ASSERT_EQUAL(tap_write(&tap, m), 0);
	CU_ASSERT_EQUAL(receive(s, frame, sizeof(frame)), 1000);
	CU_ASSERT_EQUAL(frame[99], 99);
	CU_ASSERT_EQUAL(frame[100], 0x5a);
	CU_ASSERT_EQUAL(frame[999], 0x5a);
	rte_pktmbuf_free(m);
	close(s);
	tap_remove(&tap);
}

static void
a_tag_that_the_device_took_is_put_back(void)
{
	struct rte_mbuf *m = frame_of(60);
	int ends[2];
	struct tap tap;
	uint8_t frame[200];

	// the other end of a socket sees what the TAP would
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	tap = (struct tap){ .fd = ends[0] };
	m->ol_flags |= RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 0x6064;
	CU_ASSERT_EQUAL(tap_write(&tap, m), 0);
	CU_ASSERT_EQUAL(recv(ends[1], frame, sizeof(frame), 0), 64);
	CU_ASSERT_EQUAL(
		memcmp(frame + 6, "\x02\x00\x00\x00\x00\x99\x81\x00\x60\x64\x88\xb5", 12), 0);
	CU_ASSERT_EQUAL(frame[63], 59);
	rte_pktmbuf_free(m);
	close(ends[0]);
	close(ends[1]);
}

static void
what_linux_sends_comes_out(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct rte_mbuf *m;
	struct tap tap;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_EQUAL_FATAL(tap_open(&tap, "port0", mac, 1500), 0);
	CU_ASSERT_TRUE(rig_ip("addr add 10.10.0.1/24 dev port0"));
	CU_ASSERT_TRUE(rig_ip("neigh add 10.10.0.2 lladdr 02:00:00:00:00:77 dev port0"));
	inet_pton(AF_INET, "10.10.0.2", &to.sin_addr);
	CU_ASSERT_EQUAL(sendto(s, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	m = read_type(&tap, 0x0800);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(m->nb_segs, 1);
	CU_ASSERT_EQUAL(m->pkt_len, 14 + 20 + 8 + 5);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(m, char *), "\x02\x00\x00\x00\x00\x77", 6), 0);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(m, char *, 42), "hello", 5), 0);
	rte_pktmbuf_free(m);
	close(s);
	tap_remove(&tap);
}

static void
a_frame_beyond_the_buffer_is_lost_not_cut(void)
{
	static uint8_t large[RTE_MBUF_DEFAULT_DATAROOM + 1];
	struct rte_mbuf *m;
	struct tap tap;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	tap = (struct tap){ .fd = ends[0] };
	CU_ASSERT_EQUAL(tap_read(&tap, pool, &m), -EAGAIN);
	CU_ASSERT_TRUE(send(ends[1], large, sizeof(large), 0) > 0);
	CU_ASSERT_TRUE(send(ends[1], large, sizeof(large) - 1, 0) > 0);
	CU_ASSERT_EQUAL(tap_read(&tap, pool, &m), -EMSGSIZE);
	CU_ASSERT_EQUAL_FATAL(tap_read(&tap, pool, &m), 0);
	CU_ASSERT_EQUAL(m->pkt_len, sizeof(large) - 1);
	rte_pktmbuf_free(m);
	close(ends[0]);
	close(ends[1]);
}

static void
an_empty_pool_loses_the_frame_and_goes_on(void)
{
	struct rte_mbuf *all[RIG_MBUFS], *m;
	struct tap tap;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	tap = (struct tap){ .fd = ends[0] };
	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_alloc_bulk(pool, all, RIG_MBUFS), 0);
	CU_ASSERT_TRUE(send(ends[1], "x", 1, 0) > 0);
	CU_ASSERT_EQUAL(tap_read(&tap, pool, &m), -ENOBUFS);
	CU_ASSERT_EQUAL(tap_read(&tap, pool, &m), -EAGAIN);
	rte_pktmbuf_free_bulk(all, RIG_MBUFS);
	close(ends[0]);
	close(ends[1]);
}

static void
leaves_no_buffer_behind(void)
{
	CU_ASSERT_TRUE(rig_pool_is_whole(pool));
}

static const struct unit_case cases[] = {
	UNIT_CASE(is_up_with_the_ports_mac_and_mtu),
	UNIT_CASE(only_one_process_has_it),
	UNIT_CASE(names_that_cannot_be_are_refused),
	UNIT_CASE(survives_a_killed_process_with_addresses_and_routes),
	UNIT_CASE(carrier_follows_the_port),
	UNIT_CASE(frames_of_several_segments_arrive_whole),
	UNIT_CASE(a_tag_that_the_device_took_is_put_back),
	UNIT_CASE(what_linux_sends_comes_out),
	UNIT_CASE(a_frame_beyond_the_buffer_is_lost_not_cut),
	UNIT_CASE(an_empty_pool_loses_the_frame_and_goes_on),
	UNIT_CASE(leaves_no_buffer_behind),
};

int
main(void)
{
	if (!rig_netns() || !rig_eal("tap", NULL, false) || (pool = rig_pool()) == NULL)
		return 1;
	return unit_run("dataplane/tap", cases, RTE_DIM(cases));
}
