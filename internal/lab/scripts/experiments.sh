# The lecture's experiments, the second part of demo.sh: one service, two real
# servers of weights 3 and 1, and what becomes of 40 requests. Each director and
# real server is set up by director.sh and real-server.sh.

# requests shows what the clients are answered, with both servers and with the
# heavier one stopped for new connections: requests SERVICE HEAVY METHOD.
requests() {
    client "traffic get $1 40"
    director "ipvsadm -e -t $1 -r $2 $3 -w 0"
    client "traffic get $1 10"
    director ipvsadm -Ln
    sleep 2 # The kernel brings the counters up to date.
    director ipvsadm -Ln --stats
    agree director -Ln '-Ln --stats --exact' '-Ln --persistent-conn' -Lnc
}

title 'NAT: the answers come back through the director'
sh "$here/nat.sh" || exit
serve real17 192.168.30.17:8080
serve real27 192.168.30.27:80
director "sh $here/director.sh nat front $vip 192.168.30.17:8080 3 192.168.30.27 1"
requests $vip:80 192.168.30.17:8080 -m
clear

title 'Direct routing: one network, and the service has its address on every server'
sh "$here/direct.sh" || exit
serve real21 $vip:80
serve real22 $vip:80
director "sh $here/director.sh direct lan $vip 172.20.0.21 3 172.20.0.22 1"
requests $vip:80 172.20.0.21 -g
clear

title 'Tunnels: the real servers are behind a router'
sh "$here/tunnel.sh" || exit
serve real31 :80
serve real32 :80
director "sh $here/director.sh tunnel lan $vip 192.168.30.31 3 192.168.30.32 1"
requests $vip:80 192.168.30.31 -i

title 'The same in IPv6'
vip6=2001:db8:20::200
director "sh $here/director.sh tunnel lan $vip6 2001:db8:30::31 3 2001:db8:30::32 1"
requests "[$vip6]:80" 2001:db8:30::31 -i
clear

title 'Two directors: a connection that goes on when the service moves'
sh "$here/sync.sh" || exit
serve real21 $vip:80
serve real22 $vip:80
on director1 "sh $here/director.sh direct eth0 $vip 172.20.0.21 3 172.20.0.22 1"
director 'ipvsadm-save -n --netns director1 | ipvsadm-restore --sync --netns director2'
on director1 "sh $here/synchronize.sh master eth0"
on director2 "sh $here/synchronize.sh backup eth0"
client "traffic talk -pause 500ms $vip:80 16" > /tmp/conversation &
conversation=$!
within 10 'ip netns exec director2 ipvsadm -Lnc | grep -q ESTABLISHED'
on director1 ipvsadm -Lnc
on director2 ipvsadm -Lnc
agree director2 -Ln '-L --daemon' -Lnc
on director1 "ip address del $vip/32 dev eth0"
on director2 "sh $here/take-over.sh eth0 $vip"
wait $conversation
uniq -c /tmp/conversation
on director1 ipvsadm -Ln --stats
on director2 ipvsadm -Ln --stats
clear
