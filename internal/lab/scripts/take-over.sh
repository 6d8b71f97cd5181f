#!/bin/sh
# Makes this director the one that clients find: it takes over the address of the
# service, which the other director must have lost (ip address del VIP/32 dev
# INTERFACE). In a cluster of one's own, keepalived does both.
# usage: take-over.sh INTERFACE VIP

set -e
interface=$1 vip=$2

ip address replace "$vip/32" dev "$interface"

# The network has to know. With arp_notify the kernel tells everyone all addresses
# of an interface (gratuitous ARP) when its hardware address is set, be it to what
# it was.
sysctl -qw "net.ipv4.conf.$interface.arp_notify=1"
ip link set "$interface" address "$(cat "/sys/class/net/$interface/address")"
