#!/bin/sh
# Makes this machine the director of a service on TCP port 80, with the scheduler
# wrr. Each real server is followed by its weight.
#
#     director.sh nat    INTERFACE VIP REAL-SERVER[:PORT] WEIGHT ...
#     director.sh direct INTERFACE VIP REAL-SERVER WEIGHT ...
#     director.sh tunnel INTERFACE VIP REAL-SERVER WEIGHT ...
#
# VIP is the address of the service and goes to INTERFACE; it may be an IPv6
# address. What else there was in the IPVS table is gone.

set -e

case $1 in
nat) method=-m ;;
direct) method=-g ;;
tunnel) method=-i ;;
*)
    echo "usage: director.sh nat|direct|tunnel INTERFACE VIP REAL-SERVER WEIGHT ..." >&2
    exit 2
    ;;
esac
interface=$2 vip=$3
shift 3

# By address translation the director is a router between its two networks.
if [ $method = -m ]; then
    sysctl -qw net.ipv4.ip_forward=1
fi

# An IPv6 address is made one that nobody speaks from (preferred_lft 0): a real
# server drops tunnelled packets that come from an address of its own.
case $vip in
*:*)
    ip address replace "$vip/128" dev "$interface" nodad preferred_lft 0
    service="[$vip]:80"
    ;;
*)
    ip address replace "$vip/32" dev "$interface"
    service=$vip:80
    ;;
esac

# One stream of rules, so that they come to the kernel together.
{
    echo "-A -t $service -s wrr"
    while [ $# -gt 0 ]; do
        echo "-a -t $service -r $1 $method -w $2"
        shift 2
    done
} | ipvsadm-restore
