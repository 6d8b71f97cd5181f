# The story that demo.sh ends with: a real server of direct routing answers ARP for the
# address of the service, takes the clients away from the director, and ipvsadm-doctor
# finds out.

# expect counts a failure unless the last command had this status: expect STATUS.
expect() { [ $? = "$1" ] || failures=$((failures + 1)); }

title 'Why does it not work? A real server that answers ARP for the address of the service'
sh "$here/direct.sh" || exit
serve real21 $vip:80
serve real22 $vip:80
director "sh $here/director.sh direct lan $vip 172.20.0.21 1 172.20.0.22 1"
client "traffic get $vip:80 20"
director ipvsadm-doctor
expect 0

# As after a restart without the two lines in /etc/sysctl.conf. The server's first answer
# to the client makes it ask who the client is, in the name of the service (arp_solicit of
# net/ipv4/arp.c), and the client takes it for the service from then on.
on real21 'sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0'
on real21 'ip neighbour flush dev eth0'
client "traffic get -pause 50ms $vip:80 10"
sleep 2 # The kernel brings the counters up to date.
director ipvsadm -Z
client "traffic get $vip:80 20"
sleep 2
director ipvsadm -Ln --stats
client "ip neighbour show $vip"
on real21 'ip link show eth0'
on real21 "ipvsadm-doctor --real-server --vip $vip --method route --director 172.20.0.1"
expect 2

title 'Mended as the doctor says'
on real21 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2'
client "ip neighbour flush to $vip"
client "traffic get $vip:80 20"
on real21 "ipvsadm-doctor --real-server --vip $vip --method route --director 172.20.0.1"
expect 0
clear
