#!/bin/sh
# Makes this machine a real server. What that takes depends on how the director
# forwards:
#
#     real-server.sh nat DIRECTOR    by address translation
#     real-server.sh direct VIP      by direct routing
#     real-server.sh tunnel VIP      by IPIP tunnels; VIP may be an IPv6 address
#
# VIP is the address of the service.

set -e

# nat: the answers must go back through the director, which gives them the address
# of the service. So it is the default gateway.
nat() {
    ip route replace default via "$1"
}

# direct: packets come as the client sent them, for the service's address. So this
# machine has it too, on lo; but it must not let its network know, or clients would
# find it in the director's place: it answers ARP only for addresses of the
# interface that was asked (arp_ignore), and asks with no other (arp_announce).
direct() {
    sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
    ip link set lo up
    ip address replace "$1/32" dev lo
}

# tunnel: packets come wrapped into others; the tunnel's device, which the kernel has
# for tunnels from anywhere, unwraps them and has the service's address. What is in
# them did not come the way that answers to the client go: the reverse path filter
# has to be off.
tunnel() {
    case $1 in
    *:*)
        modprobe ip6_tunnel
        ip address replace "$1/128" dev ip6tnl0 nodad
        ip link set ip6tnl0 up
        ;;
    *)
        modprobe ipip
        sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0
        ip address replace "$1/32" dev tunl0
        ip link set tunl0 up
        ;;
    esac
}

case $#:$1 in
2:nat | 2:direct | 2:tunnel) "$@" ;;
*)
    echo "usage: real-server.sh nat DIRECTOR | direct VIP | tunnel VIP" >&2
    exit 2
    ;;
esac
