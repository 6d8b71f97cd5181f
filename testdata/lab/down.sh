# Takes down what nat.sh or direct.sh has set up.

for name in $(ip netns list | cut -d' ' -f1); do
    ip netns delete "$name"
done
ip link delete lan
ip address flush dev front 2>/dev/null
ip link delete front 2>/dev/null
true
