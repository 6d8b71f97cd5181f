# The machines of the table of listings: the director is the one that this runs on,
# and its own client; real has the addresses of all real servers. The networks of
# the addresses are all at the other end of one cable.
# usage: network.sh DIRECTORY, which has the file hosts

sysctl -qw net.ipv6.conf.default.accept_dad=0
ip netns add real
ip netns exec real sysctl -qw net.ipv6.conf.default.accept_dad=0
ip link add d0 type veth peer name eth0 netns real

ip -batch - <<'BATCH'
link set d0 up
address add 10.9.0.1/24 dev d0
address add 2001:db8:9::1/64 dev d0
address add 10.0.0.1/32 dev lo
address add 10.0.0.99/32 dev lo
address add 100.64.1.1/32 dev lo
address add 172.16.1.1/32 dev lo
address add 192.168.9.1/32 dev lo
address add 2001:db8::1/128 dev lo
address add 2001:db8::2/128 dev lo
route add 10.9.1.0/24 dev d0
route add 100.64.0.0/24 dev d0
route add 172.16.0.0/24 dev d0
route add 192.168.1.0/24 dev d0
route add 203.0.113.0/24 dev d0
BATCH

ip -n real -batch - <<'BATCH'
link set lo up
link set eth0 up
address add 10.9.0.2/24 dev eth0
address add 10.9.1.1/32 dev eth0
address add 100.64.0.1/32 dev eth0
address add 172.16.0.1/32 dev eth0
address add 192.168.1.1/32 dev eth0
address add 203.0.113.1/32 dev eth0
address add 172.16.1.1/32 dev lo
address add 2001:db8:9::2/64 dev eth0
address add 2001:db8:9::3/64 dev eth0
BATCH
lab=$(dirname "$0")/../../scripts
ip netns exec real sh "$lab/real-server.sh" tunnel 192.168.9.1

# Names come from this file alone.
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
