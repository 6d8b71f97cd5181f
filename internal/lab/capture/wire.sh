#!/bin/bash
# Records the requests that the reference program, ipvsadm 1.31, sends to the
# kernel. Each request goes to one file: the command line as a comment, then the
# bytes of the message in hexadecimal, sixteen a line.
#
#     guest -write DIRECTORY internal/lab/capture/wire.sh DIRECTORY
#
# DIRECTORY is testdata/wire. It replaces the IPVS table and needs ipvsadm, strace
# and iproute2. The look-up of the netlink family is left out, and so is the request
# for the version that every run begins with, except in get-info.
set -eu
out=$(readlink -f "$1")
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT

# messages prints each generic netlink request of the trace on one line.
messages() {
	awk '/^sendmsg/ { if (m) print m; m = "" }
	     /^ \| [0-9a-f]+ / { m = m " " substr($0, 11, 49) }
	     END { if (m) print m }' "$trace" | tr -s ' ' | sed 's/^ //; s/ $//' |
		awk '$5 != "10" || $6 != "00"'
}

# record NAME NUMBER ARGUMENT... stores a request of one run of the program. Number 0
# is the request for the version.
record() {
	local name=$1 number=$2
	shift 2
	strace -q -e trace=sendmsg -e write=3 -o "$trace" ipvsadm "$@" >/dev/null 2>&1 || true
	{
		echo "# ipvsadm $*"
		messages | sed -n "$((number + 1))p" | fold -w 48 | sed 's/ $//'
	} >"$out/$name.hex"
}

ip link show dummy0 >/dev/null 2>&1 || ip link add dummy0 type dummy
ip link set dummy0 up
ip addr add 10.9.9.1/24 dev dummy0 2>/dev/null || true
ipvsadm -C

record get-info 0 -L -n
record list-services 1 -L -n
record get-timeouts 1 -L --timeout
record list-daemons 1 -L --daemon
record flush 1 -C
record zero-all 1 -Z
record set-timeouts 1 --set 900 120 300
record set-timeouts-partly 1 --set 0 60 0

record add-service-tcp 1 -A -t 172.20.0.200:80
record add-service-udp 1 -A -u 172.20.0.200:53 -s rr
record add-service-sctp 1 -A --sctp-service 172.20.0.200:36412 -s wrr
record add-service-tcp6 1 -A -t '[2001:db8::1]:80' -s lblcr
record add-service-udp6 1 -A -u '[2001:db8::1]:53' -s sed
record add-service-sctp6 1 -A --sctp-service '[2001:db8::1]:36412' -s nq
record add-service-fwmark 1 -A -f 1 -s lc
record add-service-fwmark-max 1 -A -f 4294967295
record add-service-fwmark6 1 -A -f 2 -6 -s rr
record add-service-persistent 1 -A -t 172.20.0.201:443 -s rr -p 300
record add-service-persistent-mask 1 -A -t 172.20.0.202:0 -s rr -p 600 -M 255.255.255.0
record add-service-persistent-mask6 1 -A -t '[2001:db8::2]:443' -p 90 -M 64
record add-service-fwmark-persistent 1 -A -f 3 -p
record add-service-fwmark6-persistent 1 -A -f 4 -6 -p -M 48
record add-service-ops 1 -A -u 172.20.0.203:53 -o -s rr
record add-service-sh-flags 1 -A -t 172.20.0.204:80 -s sh -b sh-fallback,sh-port
record add-service-mh-flags 1 -A -t 172.20.0.205:80 -s mh -b mh-fallback
record add-service-all-flags 1 -A -t 172.20.0.206:80 -s rr -b flag-1,flag-2,flag-3
record add-service-sip 1 -A -u 172.20.0.207:5060 -s rr -p 60 --pe sip
record edit-service-tcp 1 -E -t 172.20.0.200:80 -s wrr -p 120
record edit-service-fwmark 1 -E -f 1 -s wrr

record add-server-route 1 -a -t 172.20.0.200:80 -r 192.168.30.27
record add-server-masq 1 -a -t 172.20.0.200:80 -r 192.168.30.17:8080 -m -w 3
record add-server-tunnel 1 -a -t 172.20.0.200:80 -r 192.168.30.37 -i -w 0
record add-server-thresholds 1 -a -t 172.20.0.200:80 -r 192.168.30.47 -g -w 2147483647 -x 200 -y 100
record add-server-masq6 1 -a -t '[2001:db8::1]:80' -r '[2001:db8::17]:8080' -m
record add-server-fwmark 1 -a -f 1 -r 192.168.30.17:8080 -m
record add-server-fwmark6 1 -a -f 2 -6 -r 2001:db8::17 -g
record add-server-4-in-6 1 -a -t '[2001:db8::1]:80' -r 192.168.30.17 -i
record add-server-6-in-4 1 -a -t 172.20.0.200:80 -r 2001:db8::18 -i
record add-server-ipip 1 -a -t 172.20.0.200:80 -r 192.168.30.51 -i --tun-type ipip
record add-server-gue 1 -a -t 172.20.0.200:80 -r 192.168.30.52 -i --tun-type gue --tun-port 6080
record add-server-gue-nocsum 1 -a -t 172.20.0.200:80 -r 192.168.30.53 -i --tun-type gue --tun-port 6080 --tun-nocsum
record add-server-gue-csum 1 -a -t 172.20.0.200:80 -r 192.168.30.54 -i --tun-type gue --tun-port 6080 --tun-csum
record add-server-gue-remcsum 1 -a -t 172.20.0.200:80 -r 192.168.30.55 -i --tun-type gue --tun-port 65535 --tun-remcsum
record add-server-gre 1 -a -t 172.20.0.200:80 -r 192.168.30.56 -i --tun-type gre
record add-server-gre-csum 1 -a -t 172.20.0.200:80 -r 192.168.30.57 -i --tun-type gre --tun-csum
record edit-server-masq 1 -e -t 172.20.0.200:80 -r 192.168.30.17:8080 -m -w 5
record edit-server-tunnel 1 -e -t 172.20.0.200:80 -r 192.168.30.52 -i -w 2 --tun-type gre

record list-service-tcp 1 -L -n -t 172.20.0.200:80
record list-service-fwmark6 1 -L -n -f 2 -6
record list-servers-tcp 2 -L -n -t 172.20.0.200:80
record list-servers-tcp6 2 -L -n -t '[2001:db8::1]:80'
record list-servers-fwmark 2 -L -n -f 1
record zero-service-tcp 1 -Z -t 172.20.0.200:80
record zero-service-fwmark6 1 -Z -f 2 -6

record delete-server-masq 1 -d -t 172.20.0.200:80 -r 192.168.30.17:8080
record delete-server-masq6 1 -d -t '[2001:db8::1]:80' -r '[2001:db8::17]:8080'
record delete-service-tcp 1 -D -t 172.20.0.200:80
record delete-service-tcp6 1 -D -t '[2001:db8::1]:80'
record delete-service-fwmark 1 -D -f 1
record delete-service-fwmark6 1 -D -f 2 -6

record start-daemon-master 1 --start-daemon master --mcast-interface dummy0 --syncid 10
record start-daemon-backup 1 --start-daemon backup --mcast-interface dummy0
record stop-daemon-master 1 --stop-daemon master --syncid 10
record stop-daemon-backup 1 --stop-daemon backup
record start-daemon-master-all 1 --start-daemon master --mcast-interface dummy0 --syncid 255 --sync-maxlen 1400 --mcast-group 224.0.0.90 --mcast-port 8849 --mcast-ttl 3
record start-daemon-backup-group6 1 --start-daemon backup --mcast-interface dummy0 --syncid 1 --mcast-group ff02::90 --mcast-port 8850 --mcast-ttl 255
ipvsadm --stop-daemon master 2>/dev/null || true
ipvsadm --stop-daemon backup 2>/dev/null || true
ipvsadm -C
