# The network of the laboratory of ipvsadm-doctor: one service address in each family,
# balanced by every forwarding method, and two directors. The machine itself is only the
# switches (lan, inner and far are bridges).
#
#     lan    172.20.0.0/24    client .10, director1 .1, director2 .2, real21 .21, router .254
#     inner  192.168.30.0/24  director1 .1, director2 .2, real17 .17
#     far    192.168.40.0/24  router .254, real31 .31
#     away   198.51.100.0/24  router .254, remote .10
#
# The networks of IPv6 are 2001:db8:20::/64, 30, 40 and 51, with the same last parts. The
# services are 172.20.0.200 and [2001:db8:20::200], which director1 has. By port:
#
#     80, 86, 5432    masquerading to real17
#     81, 87, 89, 92  direct routing to real21 (89 and 92 also to real22, the same machine;
#                     92 is persistent)
#     82, 83, 84      tunnels to real31: IPIP, GUE and GRE
#     85              masquerading to real21, on the network of the clients
#     21              FTP by direct routing

vip=172.20.0.200 vip6=2001:db8:20::200
set -e

# The commands of ip(8) go to a file for each machine first, because a guest starts
# processes slowly; switches is that of the machine itself.
batch=$(mktemp -d)
switches() { echo "$*" >> "$batch/switches"; }
on() {
    machine=$1
    shift
    echo "$*" >> "$batch/on-$machine"
}

# join NAME INTERFACE NETWORK LAST-PART plugs a machine into a network. Its addresses are to
# work at once (nodad).
join() {
    case $3 in
    lan) four=172.20.0 six=20 ;;
    inner) four=192.168.30 six=30 ;;
    far) four=192.168.40 six=40 ;;
    away) four=198.51.100 six=51 ;;
    esac
    switches link add $1-$3 type veth peer name $2 netns $1
    switches link set $1-$3 master $3 up
    on $1 link set $2 up
    on $1 address add $four.$4/24 dev $2
    on $1 address add 2001:db8:$six::$4/64 dev $2 nodad
}

# gateway NAME IPV4 IPV6 sets the default routes of a machine.
gateway() {
    on $1 route add default via $2
    on $1 route add ::/0 via $3
}

machines="client remote router director1 director2 real17 real21 real31 idle"
for name in $machines; do
    echo "netns add $name"
    on $name link set lo up
done | ip -batch -
for network in lan inner far away; do
    switches link add $network type bridge
    switches link set $network up
done

join client eth0 lan 10
join remote eth0 away 10
join router eth0 lan 254
join router eth1 far 254
join router eth2 away 254
join director1 eth0 lan 1
join director1 eth1 inner 1
join director2 eth0 lan 2
join director2 eth1 inner 2
join real17 eth0 inner 17
join real21 eth0 lan 21
join real31 eth0 far 31
join idle eth0 lan 9
on real21 address add 172.20.0.22/24 dev eth0
on real21 address add 2001:db8:20::22/64 dev eth0 nodad

gateway client 172.20.0.254 2001:db8:20::254
gateway remote 198.51.100.254 2001:db8:51::254
gateway director1 172.20.0.254 2001:db8:20::254
gateway director2 172.20.0.254 2001:db8:20::254
gateway real17 192.168.30.1 2001:db8:30::1
gateway real21 172.20.0.254 2001:db8:20::254
gateway real31 192.168.40.254 2001:db8:40::254

# Tunnels: real31 unwraps IPIP, GRE and GUE. Nobody speaks from the IPv6 address of the
# service on the director: real servers drop tunnelled packets that come from an address of
# their own.
for interface in tunl0 gre0 ip6tnl0 ip6gre0; do
    on real31 link set $interface up
done
for name in real21 real31; do
    on $name address add $vip/32 dev lo
    on $name address add $vip6/128 dev lo nodad
done
on director1 address add $vip/32 dev eth0
on director1 address add $vip6/128 dev eth0 nodad preferred_lft 0
for name in director1 director2; do
    on $name route add 192.168.40.0/24 via 172.20.0.254
    on $name route add 2001:db8:40::/64 via 2001:db8:20::254
done

# With the modules, each machine gets the interfaces of tunnels from everybody.
modprobe -a ipip ip6_tunnel ip_gre ip6_gre fou fou6
ip -batch "$batch/switches"
for name in $machines; do
    ip -n $name -batch "$batch/on-$name"
done
ip -n real31 fou add port 6080 gue
ip -n real31 -6 fou add port 6080 gue

# The router does not look where answers of real31 should have come from: they are from the
# address of the service.
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
# Direct routing: real21 has the addresses, and keeps silent about them.
ip netns exec real21 sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
ip netns exec real31 sysctl -qw net.ipv4.conf.all.rp_filter=0 \
    net.ipv4.conf.tunl0.rp_filter=0 net.ipv4.conf.gre0.rp_filter=0
for name in director1 director2; do
    ip netns exec $name sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
        net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 \
        net.ipv4.vs.sync_threshold="1 50" net.ipv4.vs.backup_only=1
done

# rules VIP MASQUERADED DIRECT SECOND TUNNELLED prints the services of a family.
rules() {
    cat <<RULES
-A -t $1:80 -s rr
-a -t $1:80 -r $2:8080 -m
-A -t $1:86 -s rr
-a -t $1:86 -r $2:8080 -m
-A -t $1:5432 -s rr
-a -t $1:5432 -r $2:5432 -m
-A -t $1:81 -s rr
-a -t $1:81 -r $3:81 -g
-A -t $1:87 -s rr
-a -t $1:87 -r $3:87 -g
-A -t $1:89 -s rr
-a -t $1:89 -r $3:89 -g
-a -t $1:89 -r $4:89 -g
-A -t $1:92 -s rr -p 300
-a -t $1:92 -r $3:92 -g
-a -t $1:92 -r $4:92 -g
-A -t $1:82 -s rr
-a -t $1:82 -r $5:82 -i
-A -t $1:83 -s rr
-a -t $1:83 -r $5:83 -i --tun-type gue --tun-port 6080
-A -t $1:84 -s rr
-a -t $1:84 -r $5:84 -i --tun-type gre
-A -t $1:85 -s rr
-a -t $1:85 -r $3:85 -m
-A -t $1:21 -s rr -p 300
-a -t $1:21 -r $3:21 -g
RULES
}
{
    rules $vip 192.168.30.17 172.20.0.21 172.20.0.22 192.168.40.31
    rules "[$vip6]" "[2001:db8:30::17]" "[2001:db8:20::21]" "[2001:db8:20::22]" "[2001:db8:40::31]"
} > /run/rules
for name in director1 director2; do
    ipvsadm-restore --netns $name < /run/rules
    ipvsadm --netns $name --set 7200 120 300
done
ipvsadm --netns director1 --start-daemon master --mcast-interface eth1 --syncid 7
ipvsadm --netns director2 --start-daemon backup --mcast-interface eth1 --syncid 7

# A director without anything worth a note.
ipvsadm --netns idle -A -u 172.20.0.9:9
ipvsadm --netns idle -a -u 172.20.0.9:9 -r 172.20.0.21:9 -g
