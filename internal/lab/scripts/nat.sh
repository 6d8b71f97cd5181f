# The network of a service by address translation, in network namespaces of one
# machine:
#
#     client                 director                    real17, real27
#     172.20.0.10 ---- front 172.20.0.1             .---- 192.168.30.17
#                      lan   192.168.30.1 (bridge) -+---- 192.168.30.27
#
# The director is the machine itself; director.sh and real-server.sh make the
# machines what their names say.

here=$(dirname "$0")

ip netns add client
ip link add front type veth peer name eth0 netns client
ip address add 172.20.0.1/24 dev front
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
    ip netns exec real$n sh "$here/real-server.sh" nat 192.168.30.1
done
