// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tap.h"

#include "config/log.h"

#include <rte_byteorder.h>
#include <rte_ether.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEGMENTS_MAX 64

// Also setting the MAC that it has makes Linux forget every neighbour behind it, fixed ones as well.
static int
set_mac(int s, struct ifreq *r, const uint8_t mac[6])
{
	if (ioctl(s, SIOCGIFHWADDR, r) < 0)
		return -1;
	if (memcmp(r->ifr_hwaddr.sa_data, mac, 6) == 0)
		return 0;
	r->ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r->ifr_hwaddr.sa_data, mac, 6);
	return ioctl(s, SIOCSIFHWADDR, r);
}

// Interface requests go to any socket.
static int
configure(struct tap *tap, const uint8_t mac[6], uint16_t mtu)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };
	int error = 0;

	if (s < 0)
		return -errno;
	memcpy(r.ifr_name, tap->name, sizeof(r.ifr_name));
	if (ioctl(s, SIOCGIFINDEX, &r) < 0)
		goto failed;
	tap->ifindex = (unsigned int)r.ifr_ifindex;
	if (set_mac(s, &r, mac) < 0)
		goto failed;
	r.ifr_mtu = mtu;
	if (ioctl(s, SIOCSIFMTU, &r) < 0)
		goto failed;
	if (ioctl(s, SIOCGIFFLAGS, &r) < 0)
		goto failed;
	r.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r) < 0)
		goto failed;
	goto close_socket;
failed:
	error = -errno;
close_socket:
	close(s);
	return error;
}

int
tap_open(struct tap *tap, const char *name, const uint8_t mac[6], uint16_t mtu)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	const char *what = "can't be made";
	int error;

	*tap = (struct tap){ .fd = -1, .mtu = mtu, .has_carrier = true };
	if (strlen(name) >= sizeof(tap->name)) {
		log_error(
			"TAP %s: the name has more than %zu letters", name, sizeof(tap->name) - 1);
		return -EINVAL;
	}
	memcpy(tap->name, name, strlen(name) + 1);
	memcpy(r.ifr_name, tap->name, sizeof(r.ifr_name));
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0) {
		error = -errno;
		log_error("/dev/net/tun: %s", strerror(-error));
		return error;
	}
	if (ioctl(tap->fd, TUNSETIFF, &r) < 0 || ioctl(tap->fd, TUNSETPERSIST, 1) < 0)
		goto failed;
	what = "can't be configured";
	errno = -configure(tap, mac, mtu);
	if (errno == 0)
		return 0;
failed:
	error = -errno;
	log_error("TAP %s: %s: %s", name, what,
		error == -EBUSY            ? "another process has it"
			: error == -EINVAL ? "an interface of another kind has this name"
					   : strerror(-error));
	tap_close(tap);
	return error;
}

void
tap_close(struct tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}

void
tap_remove(struct tap *tap)
{
	if (tap->fd >= 0)
		(void)ioctl(tap->fd, TUNSETPERSIST, 0);
	tap_close(tap);
}

int
tap_set_carrier(struct tap *tap, bool is_up)
{
	int carrier = is_up;

	if (tap->has_carrier == is_up)
		return 0;
	if (ioctl(tap->fd, TUNSETCARRIER, &carrier) < 0)
		return -errno;
	tap->has_carrier = is_up;
	return 0;
}

int
tap_read(struct tap *tap, struct rte_mempool *pool, struct rte_mbuf **frame)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t beyond;
	struct iovec v[2] = { { .iov_len = 0 }, { &beyond, 1 } };
	ssize_t got;
	int error = 0;

	if (m != NULL) {
		v[0].iov_base = rte_pktmbuf_mtod(m, void *);
		v[0].iov_len = rte_pktmbuf_tailroom(m);
	}
	// without an mbuf the read still takes the frame, so that the TAP isn't readable for ever
	got = readv(tap->fd, v, 2);
	if (got < 0)
		error = errno == EINTR ? -EAGAIN : -errno;
	else if (m == NULL)
		error = -ENOBUFS;
	else if ((size_t)got > v[0].iov_len)
		error = -EMSGSIZE;
	if (error != 0) {
		rte_pktmbuf_free(m);
		return error;
	}
	m->pkt_len = m->data_len = (uint16_t)got;
	*frame = m;
	return 0;
}

// The tag that the device took out goes back between the addresses and the type. tag: room for it.
static int
gather_tagged(const struct rte_mbuf *frame, struct iovec *v, rte_be16_t tag[2])
{
	uint8_t *start = rte_pktmbuf_mtod(frame, uint8_t *);

	if (frame->data_len < RTE_ETHER_HDR_LEN)
		return 0;
	tag[0] = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	tag[1] = rte_cpu_to_be_16(frame->vlan_tci);
	v[0] = (struct iovec){ start, 2 * RTE_ETHER_ADDR_LEN };
	v[1] = (struct iovec){ tag, 2 * sizeof(tag[0]) };
	v[2] = (struct iovec){ start + v[0].iov_len, frame->data_len - v[0].iov_len };
	return 3;
}

int
tap_write(struct tap *tap, const struct rte_mbuf *frame)
{
	struct iovec v[SEGMENTS_MAX + 2];
	rte_be16_t tag[2];
	const struct rte_mbuf *m = frame;
	int n = 0;

	if (frame->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
		n = gather_tagged(frame, v, tag);
		m = frame->next;
	}
	if (frame->nb_segs > SEGMENTS_MAX)
		return -EMSGSIZE;
	for (; m != NULL; m = m->next)
		v[n++] = (struct iovec){ rte_pktmbuf_mtod(m, void *), m->data_len };
	return writev(tap->fd, v, n) < 0 ? -errno : 0;
}
