#!/bin/busybox sh
# Process 1 of a guest with another processor, whose file system is in memory. It mounts
# the host's directories that it does not have itself, so that their files are at the
# same paths, and runs the command. The share is $lab: see share.go. What is written to
# the host's directories stays in memory, but for the share and the writable ones.

b=/bin/busybox
PATH=/usr/sbin:/usr/bin:/sbin:/bin
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
$b mount -t tmpfs tmpfs /run
$b mkdir -p /dev/pts /dev/shm /run/upper
$b mount -t devpts devpts /dev/pts
$b mount -t tmpfs tmpfs /dev/shm
$b ln -s /proc/self/fd /dev/fd
for module in $($b cat /modules/order); do
    $b insmod "/modules/$module"
done

# overlay mounts a directory of the host with what is written in memory.
overlay() {
    $b mkdir -p "$1" "/run/upper$1" "/run/work$1" &&
        $b mount -t overlay -o "lowerdir=/host$1,upperdir=/run/upper$1,workdir=/run/work$1" overlay "$1"
}

# host_directories mounts all that the host needs and the guest has not.
host_directories() {
    options=trans=virtio,version=9p2000.L,msize=524288
    $b mount -t 9p -o "$options,cache=loose,ro" host /host || return
    for directory in /host/*; do
        name=${directory#/host}
        case $name in
        /tmp) overlay "$name" || return ;;
        *) [ -e "$name" ] || [ -L "$directory" ] || [ ! -d "$directory" ] || overlay "$name" || return ;;
        esac
    done
    overlay /root || return
    $b mkdir -p "$lab" && $b mount -t 9p -o "$options,cache=none" share "$lab"
}

# own_programs mounts the programs for this processor in the place of the host's.
own_programs() {
    repository=$workdir
    while [ ! -e "$repository/go.mod" ]; do
        [ -n "$repository" ] || return 0
        repository=${repository%/*}
    done
    [ ! -d "$repository/bin/$arch" ] || $b mount --bind "$repository/bin/$arch" "$repository/bin"
}

# work runs the command and notes its status.
work() {
    $b mkdir -p /lib/modules && $b mount --bind "/host$modules" /lib/modules || return
    ip link set lo up && modprobe ip_vs && own_programs && cd "$workdir" || return
    : > "$lab/started"
    sh "$lab/command" < "$lab/stdin" >> "$lab/stdout" 2>> "$lab/stderr"
    echo $? > "$lab/status"
}

if host_directories; then
    . "$lab/settings"
    work
fi
$b sync
$b poweroff -f
