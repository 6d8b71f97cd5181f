#!/bin/sh
# Makes this director tell other directors of its connections, or listen to one
# that does. Both need the same rules: what is told is which real server has a
# connection, not what the service is.
#
#     synchronize.sh master INTERFACE    the director that has the service's address
#     synchronize.sh backup INTERFACE    the one that is to take it over
#
# They speak by multicast on INTERFACE.

set -e

case $#:$1 in
2:master | 2:backup) ;;
*)
    echo "usage: synchronize.sh master|backup INTERFACE" >&2
    exit 2
    ;;
esac

# A connection is told of with its third packet, when it is established, and then
# with every fiftieth; a quiet one would be told of once, and is repeated every ten
# seconds, for a backup that was away.
sysctl -qw net.ipv4.vs.sync_threshold="3 50" net.ipv4.vs.sync_refresh_period=10
ipvsadm --start-daemon "$1" --mcast-interface "$2" --syncid 7
