# The network of a service by direct routing: everyone is on one, 172.20.0.0/24.
#
#     client .10      director .1      real21 .21, real22 .22
#
# The director is the machine itself, and the switch as well (lan is a bridge);
# director.sh and real-server.sh make the machines what their names say.

here=$(dirname "$0")
vip=172.20.0.200

ip link add lan type bridge
ip address add 172.20.0.1/24 dev lan
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
    ip netns exec real$n sh "$here/real-server.sh" direct $vip
done
