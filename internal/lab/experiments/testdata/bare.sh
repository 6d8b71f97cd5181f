# The network of two directors and two real servers before they are set up: every
# machine has its own address only.

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
host real21 21
host real22 22
