# The network of a service by tunnels, in IPv4 and IPv6: the real servers are
# somewhere else, behind a router.
#
#     client   172.20.0.10  --.
#     director 172.20.0.1   --+-- 172.20.0.254 router 192.168.30.254 --+-- real31 192.168.30.31
#                                                                      '-- real32 192.168.30.32
#
# The IPv6 networks are 2001:db8:20::/64 and 2001:db8:30::/64, with the same last
# parts. The director is the machine itself; director.sh and real-server.sh make
# the machines what their names say.

here=$(dirname "$0")

# bridge NAME makes a network.
bridge() {
    ip link add $1 type bridge
    ip link set $1 up
}

# join NAMESPACE INTERFACE NETWORK LAST-PART plugs a namespace into the network
# lan (172.20.0, 20) or far (192.168.30, 30).
join() {
    case $3 in
    lan) four=172.20.0 six=20 ;;
    far) four=192.168.30 six=30 ;;
    esac
    ip link add $3$4 type veth peer name $2 netns $1
    ip link set $3$4 master $3 up
    ip -n $1 address add $four.$4/24 dev $2
    ip -n $1 address add 2001:db8:$six::$4/64 dev $2
    ip -n $1 link set $2 up
}

# Addresses are to work at once: nobody else has one of these (no DAD).
sysctl -qw net.ipv6.conf.default.accept_dad=0
for name in client router real31 real32; do
    ip netns add $name
    ip netns exec $name sysctl -qw net.ipv6.conf.default.accept_dad=0
    ip -n $name link set lo up
done

bridge lan
bridge far
ip address add 172.20.0.1/24 dev lan
ip address add 2001:db8:20::1/64 dev lan
ip route add 192.168.30.0/24 via 172.20.0.254
ip route add 2001:db8:30::/64 via 2001:db8:20::254

join client eth0 lan 10
join router eth0 lan 254
join router eth1 far 254
# The answers come from the far network, and from the service's address, which is
# of the near one: the router must not look at where they should have come from.
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0

for n in 31 32; do
    join real$n eth0 far $n
    ip -n real$n route add default via 192.168.30.254
    ip -n real$n route add default via 2001:db8:30::254
    ip netns exec real$n sh "$here/real-server.sh" tunnel 172.20.0.200
    ip netns exec real$n sh "$here/real-server.sh" tunnel 2001:db8:20::200
done
