# The network of a service by direct routing with two directors, of which one has
# the service's address. Everyone is on 172.20.0.0/24; the machine itself is only
# the switch (lan is a bridge).
#
#     client .10      director1 .1, director2 .2      real21 .21, real22 .22
#
# director.sh, real-server.sh, synchronize.sh and take-over.sh make the machines
# what their names say.

here=$(dirname "$0")
vip=172.20.0.200

ip link add lan type bridge
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
host director1 1
host director2 2
for n in 21 22; do
    host real$n $n
    ip netns exec real$n sh "$here/real-server.sh" direct $vip
done
