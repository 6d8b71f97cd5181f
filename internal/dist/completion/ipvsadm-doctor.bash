# Completion of ipvsadm-doctor for bash 4.2 and later. Generated from the table of options
# of ipvsadm-go <% .Version %>.

# _ipvsadm_doctor_services prints the services of the live table that an option such as -t
# can name. Without the module there is no table, and completing a line must not load it.
_ipvsadm_doctor_services() {
    [[ -e /proc/net/ip_vs ]] || return
    ipvsadm -Sn 2>/dev/null | sed -n "s/^-A $1 \([^ ]*\).*/\1/p"
}

# _ipvsadm_doctor_values prints the values to offer for an option.
_ipvsadm_doctor_values() {
    case $1 in
    -t | --tcp-service) _ipvsadm_doctor_services -t ;;
    -u | --udp-service) _ipvsadm_doctor_services -u ;;
    --sctp-service) _ipvsadm_doctor_services --sctp-service ;;
    -f | --fwmark-service) _ipvsadm_doctor_services -f ;;
    --netns) ip netns list 2>/dev/null | cut -d' ' -f1 ;;
<%- range .DoctorOptions.WithChoices %>
    <% join .Names " | " %>)
        <%- if .Separator %> # a list: keep what stands before the last comma
        printf "${cur%"${cur##*,}"}%s\n" <% join .Choices " " %> ;;
        <%- else %> printf '%s\n' <% join .Choices " " %> ;;
        <%- end %>
<%- end %>
    esac
}

_ipvsadm_doctor() {
    # Bash splits words at colons and equals signs too. Addresses and options need no
    # quoting, so the line is split at blanks.
    local line=${COMP_LINE:0:COMP_POINT} words cur= option=
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] || { cur=${words[-1]}; unset 'words[-1]'; }
    case ${words[-1]} in
<%- range .DoctorOptions.WithValue %>
    <% join .Names " | " %>) option=${words[-1]} ;;
<%- end %>
    esac
    if [[ ! $option && $cur == --*=* ]]; then
        option=${cur%%=*} cur=${cur#*=}
    fi
    if [[ $option ]]; then
        mapfile -t COMPREPLY < <(compgen -W '$(_ipvsadm_doctor_values "$option")' -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W '<% range $i, $o := .DoctorOptions %><% if $i %> <% end %><% join .Names " " %><% end %>' -- "$cur")
    fi
    # Bash replaces only what stands after the last colon.
    [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
    return 0
}

complete -F _ipvsadm_doctor ipvsadm-doctor
