/*
 * Changes what the reference program reads from the kernel. It is preloaded
 * (LD_PRELOAD), and these variables of the environment say what to change; the
 * attributes of IPVS netlink messages have numbers in include/uapi/linux/ip_vs.h:
 *
 *   S<n>=VALUE   an attribute of a service
 *   D<n>=VALUE   an attribute of a server
 *   STAT=VALUE   all counters and rates
 *   CONN=FILE    the file to read in the place of net/ip_vs_conn
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

enum { SERVICE = 1, DEST = 2, STATS = 10, PAD = 11, STATS64 = 12 };

static void change(const char *name, char *data, int len)
{
	const char *value = getenv(name);
	uint64_t n;

	if (!value)
		return;
	n = strtoull(value, NULL, 0);
	memcpy(data, &n, len > 8 ? 8 : len);
}

static void walk(char *at, int left, int outer, int counters)
{
	while (left >= (int)sizeof(struct nlattr)) {
		struct nlattr *a = (struct nlattr *)at;
		int type = a->nla_type & NLA_TYPE_MASK, len = a->nla_len - NLA_HDRLEN;
		char *data = at + NLA_HDRLEN, name[16];

		if (len < 0 || a->nla_len > left)
			return;
		if (!outer && (type == SERVICE || type == DEST)) {
			walk(data, len, type, 0);
		} else if (outer && !counters && (type == STATS || type == STATS64)) {
			walk(data, len, outer, 1);
		} else if (outer && counters) {
			if (type != PAD)
				change("STAT", data, len);
		} else if (outer) {
			snprintf(name, sizeof(name), "%c%d", outer == SERVICE ? 'S' : 'D', type);
			change(name, data, len);
		}
		at += NLA_ALIGN(a->nla_len);
		left -= NLA_ALIGN(a->nla_len);
	}
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
	ssize_t n = real(fd, m, flags), left = n;
	char *at = m->msg_iov[0].iov_base;

	if (left > (ssize_t)m->msg_iov[0].iov_len)
		left = m->msg_iov[0].iov_len;
	while (left >= (ssize_t)sizeof(struct nlmsghdr)) {
		struct nlmsghdr *h = (struct nlmsghdr *)at;

		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > left)
			break;
		if (h->nlmsg_type > NLMSG_MIN_TYPE) /* not the generic netlink controller */
			walk(at + NLMSG_HDRLEN + 4, h->nlmsg_len - NLMSG_HDRLEN - 4, 0, 0);
		at += NLMSG_ALIGN(h->nlmsg_len);
		left -= NLMSG_ALIGN(h->nlmsg_len);
	}
	return n;
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");

	if (getenv("CONN") && strstr(path, "ip_vs_conn"))
		path = getenv("CONN");
	return real(path, mode);
}
