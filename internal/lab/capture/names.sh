#!/bin/bash
# Writes the golden files of testdata/names with the reference program, ipvsadm
# 1.31: the names that it prints for ports, and the ports that it reads from names.
#
#     guest -write DIRECTORY internal/lab/capture/names.sh DIRECTORY
#
# DIRECTORY is testdata/names. It replaces the IPVS table and mounts over
# /etc/services.
set -eu
cd "$1"
mount --bind services /etc/services
for protocol in -t -u --sctp-service; do
	for port in 0 {1000..1026}; do ipvsadm -A $protocol 10.0.0.1:$port -s rr -p; done
done
ipvsadm -L | sed -n 's/^\([A-Z]*\) *10.0.0.1:\([^ ]*\).*/\1 \2/p' > names.got
ipvsadm -Ln | sed -n 's/^\([A-Z]*\) *10.0.0.1:\([^ ]*\).*/\1 \2/p' > ports.got
paste -d' ' ports.got names.got | cut -d' ' -f1,2,4 > names
rm names.got ports.got
ipvsadm -C
words=$(tr -c 'A-Za-z0-9#+_/-' '\n' < services | grep '[a-zA-Z]' | sort -u)
for protocol in -t -u --sctp-service; do
	for word in $words upper FIRST; do
		ipvsadm -A $protocol 10.0.0.1:$word -s rr -p 2>/dev/null || true
		port=$(ipvsadm -Ln | sed -n 's/.*10.0.0.1:\([^ ]*\).*/\1/p')
		echo "$protocol $word ${port:--}"
		ipvsadm -C
	done
done > ports
