#!/bin/bash
# Writes the golden files of testdata/format with the reference program, ipvsadm
# 1.31. The kernel was Linux 6.1.
#
#     guest -write DIRECTORY internal/lab/capture/format.sh DIRECTORY
#
# DIRECTORY is testdata/format. It changes addresses, mounts over /etc/hosts and
# /etc/services, and needs gcc and iproute2.
#
# These files are read: conn/real.proc, which connections.py prints; conn/odd.proc,
# written by hand; table/rules and names/rules, in the order of ipvsadm -Sn, with
# unsigned marks and with thresholds, which ipvsadm -S leaves out, at the end of
# their lines.
set -eu
patch=$(dirname "$(readlink -f "$0")")/patch.c
dir=$(readlink -f "$1")
cd "$dir"
mkdir -p /run/capture
gcc -shared -fPIC -o /run/capture/patch.so "$patch" -ldl

# in_namespace NAME COMMAND... runs COMMAND with an IPVS table of its own.
in_namespace() {
	ip netns add "$1"
	ip -n "$1" link set lo up # without it every server is refused
	ip netns exec "$@"
}
forms=(stats rate thresholds persistent-conn tun-info)

# tables DIR OPTIONS writes every listing and the rules of DIR/rules.
tables() {
	ipvsadm -R < "$1/rules"
	ipvsadm -S $2 > "$1/save"
	ipvsadm -L $2 > "$1/plain"
	for form in "${forms[@]}"; do ipvsadm -L $2 --$form > "$1/$form"; done
}

# one_service prints the title lines of the listings of one service.
one_service() {
	ipvsadm -A -t 10.0.0.1:80 -s rr
	ipvsadm -Ln -t 10.0.0.1:80
	for form in "${forms[@]}"; do ipvsadm -Ln --$form -t 10.0.0.1:80; done
}

# values prints lines with values that a kernel cannot be made to report: patch.c
# changes its answers on their way to the program. Before each line is # with the
# change and the options of the program.
values() {
	ipvsadm -A -t 10.0.0.1:80 -s rr
	ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2 -i
	local around=(0 1 99999998 99999999 100000000 100000001 999999999 1000000000
		1000000001 4294967294 4294967295 4294967296 99999999999 100000000000
		100000000001 99999999999999 100000000000000 100000000000001
		9999999999999999999 10000000000000000000 18446744073709551614
		18446744073709551615)
	for v in "${around[@]}"; do
		for options in --stats "--stats --exact" --rate "--rate --exact"; do
			patched "STAT=$v" $options
		done
	done
	for v in 0 1 99 999999 1000000 2147483647 4294967294 4294967295; do
		for options in "" --thresholds --persistent-conn --tun-info; do
			patched "D4=$v D5=$v D6=$v D7=$v D8=$v D9=$v" $options
		done
	done
	for forward in 0 1 2 3; do
		patched "D3=$forward"
		patched "D3=$forward" --tun-info
	done
	for tunnel in 1 2; do
		for flags in 0 1 2; do
			patched "D13=$tunnel D14=$((0x3930)) D15=$flags" --tun-info
		done
	done
}

# patched VARIABLES OPTIONS... prints the listing with changed answers.
patched() {
	echo "# $1 ${*:2}"
	env LD_PRELOAD=/run/capture/patch.so $1 ipvsadm -Ln "${@:2}" | tail -n +4
}

# connections NAME writes the connection listings of NAME.proc, which the program
# reads in the place of the kernel's file.
connections() {
	export LD_PRELOAD=/run/capture/patch.so CONN="$dir/conn/$1.proc"
	ipvsadm -Lnc > "conn/$1.numeric"
	ipvsadm -Lc > "conn/$1.names"
	ipvsadm -Lnc --persistent-conn > "conn/$1.engine-numeric"
	ipvsadm -Lc --persistent-conn > "conn/$1.engine-names"
}

# daemons prints the listings of sync daemons and timeouts.
daemons() {
	ip link add dummy0 type dummy
	ip link set dummy0 up multicast on
	ip addr add 10.9.9.9/24 dev dummy0
	ip addr add 2001:db8:9::1/64 dev dummy0 nodad
	ipvsadm --start-daemon master --mcast-interface dummy0 --syncid 5
	ipvsadm --start-daemon backup --mcast-interface dummy0 --syncid 0 \
		--mcast-group 224.1.2.3 --mcast-port 999 --mcast-ttl 3 --sync-maxlen 1400
	ipvsadm -L --daemon
	ipvsadm --stop-daemon backup
	ipvsadm --stop-daemon master
	ipvsadm --start-daemon master --mcast-interface dummy0 --syncid 255 \
		--mcast-group ff02::1 --mcast-ttl 255 --mcast-port 65535
	ipvsadm -L --daemon
	ipvsadm --set 1 22 2147483
	ipvsadm -L --timeout
}
export -f tables one_service values patched connections daemons
export forms dir

run() { in_namespace "$1" bash -euc "forms=(${forms[*]}); $2"; }
run table 'tables table -n'
run single 'one_service > table/single'
run values 'values > values/patched'
run daemons 'daemons > daemon/listing'
mount --bind names/hosts /etc/hosts
mount --bind names/services /etc/services
run names 'tables names ""'
run real 'connections real'
run odd 'connections odd'
