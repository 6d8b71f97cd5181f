#!/bin/sh
# Plays the lecture's session on a director with real traffic, then its experiments,
# then the story of a fault that ipvsadm-doctor finds, and shows all as at a terminal.
# It makes network namespaces and fills the IPVS table of the machine it runs on, so
# it is for a guest: make demo. The status is the number of listings that were not as
# the reference's.
# usage: demo.sh DIRECTORY-OF-THE-PROGRAMS [DIRECTORY-OF-TRAFFIC]

here=$(dirname "$0")
programs=$1
traffic=${2:-$1}/traffic
export PATH="$programs:$PATH" LC_ALL=C

. "$here/stage.sh"

ipvsadm -v
uname -sr

title 'A service by address translation'
sh "$here/nat.sh" || exit
serve real17 192.168.30.17:8080
serve real27 192.168.30.27:80
director sysctl -w net.ipv4.ip_forward=1
director ip address add 172.20.0.200/32 dev front
director ipvsadm -C
director ipvsadm -Ln
director ipvsadm -A -t 172.20.0.200:80
director ipvsadm -a -t 172.20.0.200:80 -r 192.168.30.17:8080 -m -w 3
director ipvsadm -a -t 172.20.0.200:80 -r 192.168.30.27 -m
director ipvsadm -Ln
director ipvsadm -L

title 'Under traffic'
client 'traffic get -pause 100ms -keep 3s 172.20.0.200:80 60' > /tmp/answers &
client=$!
sleep 5
director ipvsadm -Ln
director ipvsadm -Ln --stats
director ipvsadm -Ln --rate
director 'ipvsadm -Lnc | head -n 8'
director cat /proc/net/ip_vs
director 'head -n 4 /proc/net/ip_vs_conn'
wait $client
cat /tmp/answers
director ipvsadm -Ln
sleep 2
director ipvsadm -Ln --stats --exact

title 'Another scheduler: by the hash of the destination'
director ipvsadm -E -t 172.20.0.200:80 -s dh
client traffic get 172.20.0.200:80 20
director ipvsadm -Ln

title 'Zeroing the counters'
director ipvsadm -Z -t 172.20.0.200:80
director ipvsadm -Z
director ipvsadm -Ln --stats

title 'Saving and loading the rules'
director ipvsadm -Sn
director ipvsadm -S
director mkdir -p /etc/sysconfig
director 'ipvsadm-save -n > /etc/sysconfig/ipvsadm'
director ipvsadm -C
director ipvsadm -Ln
director 'ipvsadm-restore < /etc/sysconfig/ipvsadm'
director ipvsadm -Ln
director ipvsadm -C
director 'ipvsadm -R < /etc/sysconfig/ipvsadm'
director ipvsadm -Ln
clear

. "$here/experiments.sh"

. "$here/doctor.sh"

exit $failures
