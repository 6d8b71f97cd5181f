# A real server of a service by direct routing: it has the service's address on
# lo, where packets for it are accepted, and does not let the network know, or
# clients would find it in the place of the director.
# usage: real-server.sh VIP

sysctl -qw net.ipv4.conf.all.arp_ignore=1
sysctl -qw net.ipv4.conf.all.arp_announce=2
ip link set lo up
ip address add "$1"/32 dev lo
