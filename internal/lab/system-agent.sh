# Runs the commands of the host in a System, one after the other. A command is a file
# NUMBER.command; its output and its status are NUMBER.output and NUMBER.status. The host
# waits for the status, so that it is complete when it appears.
cd /root
number=0
: > /mnt/started
while :; do
    until [ -e "/mnt/$number.command" ]; do
        sleep 0.05
    done
    sh "/mnt/$number.command" > "/mnt/$number.output" 2>&1 < /dev/null
    echo $? > "/mnt/$number.partial"
    mv "/mnt/$number.partial" "/mnt/$number.status"
    number=$((number + 1))
done
