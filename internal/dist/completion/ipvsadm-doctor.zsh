#compdef ipvsadm-doctor
# Completion of ipvsadm-doctor for zsh. Generated from the table of options of ipvsadm-go
# <% .Version %>.

# _ipvsadm_doctor_services offers the services of the live table that an option such as -t
# can name. Without the module there is no table, and completing a line must not load it.
_ipvsadm_doctor_services() {
    local rule option address rest
    local -a found
    [[ -e /proc/net/ip_vs ]] && ipvsadm -Sn 2>/dev/null | while read -r rule option address rest; do
        [[ $rule == -A && $option == ${@[-1]} ]] && found+=($address)
    done
    _wanted services expl service compadd -a found
}

# _ipvsadm_doctor_netns offers the named network namespaces.
_ipvsadm_doctor_netns() {
    local -a found=(${${(f)"$(ip netns list 2>/dev/null)"}%% *})
    _wanted namespaces expl 'network namespace' compadd -a found
}

local expl
_arguments -s \
<%- range .DoctorOptions %>
    <% doctorZsh . %> \
<%- end %>
    && return
