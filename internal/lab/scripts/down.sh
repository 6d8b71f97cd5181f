# Takes down the machines that the other scripts have made.

for name in $(ip netns list | cut -d' ' -f1); do
    ip netns delete "$name"
done
for name in lan far; do
    ip link delete "$name" 2>/dev/null
done
ip address flush dev front 2>/dev/null
ip link delete front 2>/dev/null
true
