# What demo.sh and experiments.sh are played with: machines that are network
# namespaces, and commands shown as at a terminal. $here is the directory of the
# scripts, $traffic the program.

vip=172.20.0.200
failures=0

# title says what comes.
title() { printf '\n=== %s\n\n' "$*"; }

# director shows a command at the director's prompt and runs it.
director() {
    printf '[root@director ~]# %s\n' "$*"
    eval "$*"
}

# on shows a command at the prompt of a namespace and runs it there: on NAMESPACE
# COMMAND ...
on() {
    namespace=$1
    shift
    printf '[root@%s ~]# %s\n' "$namespace" "$*"
    ip netns exec "$namespace" sh -c "PATH=${traffic%/*}:\$PATH; $*"
}

# client does so at the client's.
client() { on client "$@"; }

# serve starts a server in a namespace, in the background, and waits until it
# listens: serve NAMESPACE ADDRESS.
serve() {
    ip netns exec "$1" "$traffic" serve "$1" "$2" &
    within 10 "ip netns exec $1 ss -Hlnt | grep -q ."
}

# within waits so many seconds at most until a command succeeds: within SECONDS
# COMMAND.
within() {
    tries=$(($1 * 5))
    until eval "$2"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return
        sleep 0.2
    done
}

# clear takes everything down: servers, machines, rules.
clear() {
    for namespace in $(ip netns list | cut -d' ' -f1); do
        for process in $(ip netns pids "$namespace"); do
            kill "$process"
        done
    done
    ipvsadm -C
    sh "$here/down.sh"
}

# agree compares listings with those of the reference program, done right before,
# on the director or in a namespace: agree NAMESPACE|director OPTIONS ... Only the
# seconds that a connection has left are not compared. If the listings differ it
# tries again: the kernel may have changed something meanwhile.
agree() {
    where="ip netns exec $1"
    [ "$1" != director ] || where=
    shift
    for options in "$@"; do
        if within 5 '[ "$(listing /usr/sbin/ipvsadm)" = "$(listing ipvsadm)" ]'; then
            echo "as the reference program lists it: ipvsadm $options"
        else
            echo "NOT as the reference program lists it: ipvsadm $options"
            failures=$((failures + 1))
        fi
    done
}

# listing lists with a program, for agree.
listing() { $where "$1" $options 2>&1 | sed 's/^\(TCP\|UDP\) [0-9:]* /\1 time /'; }
