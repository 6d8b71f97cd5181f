# A service by address translation, in network namespaces of one machine:
#
#     client                 director                  real17, real27
#     172.20.0.10 ---- 172.20.0.1                .---- 192.168.30.17
#                      172.20.0.200 (the service) |
#                      192.168.30.1 (lan, bridge) --- 192.168.30.27
#
# The director is the machine itself. The real servers answer through it: it is
# their default gateway, and gives the answers the address of the service.

sysctl -qw net.ipv4.ip_forward=1

ip netns add client
ip link add front type veth peer name eth0 netns client
ip address add 172.20.0.1/24 dev front
ip address add 172.20.0.200/32 dev front
ip link set front up
ip -n client address add 172.20.0.10/24 dev eth0
ip -n client link set eth0 up

ip link add lan type bridge
ip address add 192.168.30.1/24 dev lan
ip link set lan up
for n in 17 27; do
    ip netns add real$n
    ip link add port$n type veth peer name eth0 netns real$n
    ip link set port$n master lan up
    ip -n real$n address add 192.168.30.$n/24 dev eth0
    ip -n real$n link set eth0 up
    ip -n real$n route add default via 192.168.30.1
done
