# A service by direct routing: everyone is on one network, 172.20.0.0/24.
#
#     client .10      director .1, .200      real21 .21, real22 .22
#
# The director hands a packet on as it is, to the hardware address of a real
# server; that has the service's address as well (real-server.sh), and answers
# the client without the director.

vip=172.20.0.200

ip link add lan type bridge
ip address add 172.20.0.1/24 dev lan
ip address add $vip/32 dev lan
ip link set lan up

# host NAME LAST-BYTE joins a namespace to the network.
host() {
    ip netns add $1
    ip link add port$2 type veth peer name eth0 netns $1
    ip link set port$2 master lan up
    ip -n $1 address add 172.20.0.$2/24 dev eth0
    ip -n $1 link set eth0 up
}

host client 10
for n in 21 22; do
    host real$n $n
    ip netns exec real$n sh "${0%/*}/real-server.sh" $vip
done
