#compdef ipvsadm ipvsadm-save ipvsadm-restore ipvsadm-top
# Completion of ipvsadm, ipvsadm-save, ipvsadm-restore and ipvsadm-top for zsh. Generated from
# the table of options of ipvsadm-go <% .Version %>.

# _ipvsadm_table prints the live table as rules. Without the module there is no table, and
# completing a line must not load it.
_ipvsadm_table() {
    local netns=${opt_args[--netns]-}
    [[ -e /proc/net/ip_vs || -n $netns ]] || return
    ipvsadm ${netns:+--netns=$netns} -Sn 2>/dev/null
}

# _ipvsadm_services offers the services that an option such as -t can name.
_ipvsadm_services() {
    local rule option address rest
    local -a found
    [[ $ipvsadm_command == add-service ]] || _ipvsadm_table | while read -r rule option address rest; do
        [[ $rule == -A && $option == ${@[-1]} ]] && found+=($address)
    done
    _wanted services expl service compadd -a found
}

# _ipvsadm_servers offers the real servers of the service on the line, or of every
# service.
_ipvsadm_servers() {
    local rule option address rest named
    local -aU found
    for option in <% range .Named "tcp-service" "udp-service" "sctp-service" "fwmark-service" %><% join .Names " " %> <% end %>; do
        named=${named:-${opt_args[$option]-}}
    done
    [[ $ipvsadm_command == add-server ]] || _ipvsadm_table | while read -r rule option address rest; do
        [[ $rule == -a && ${named//\\/} == (|$address) ]] && found+=(${${rest#*-r }%% *})
    done
    _wanted servers expl 'real server' compadd -a found
}

# _ipvsadm_netns offers the named network namespaces.
_ipvsadm_netns() {
    local -a found=(${${(f)"$(ip netns list 2>/dev/null)"}%% *})
    _wanted namespaces expl 'network namespace' compadd -a found
}

# _ipvsadm_find sets ipvsadm_command to the long name of the command on the line.
_ipvsadm_find() {
    local word
    for word in ${words[2,-1]}; do
        case $word in
<%- range .Commands %>
        <% range letters .Letters %>-<% . %>* | <% end %>--<% .Long %>*) ipvsadm_command=<% .Long %>; return ;;
<%- end %>
        esac
    done
}

_ipvsadm() {
    local ipvsadm_command expl
    local -A opt_args
    local -a specs
    case $service in
    ipvsadm-save) ipvsadm_command=save ;;
    ipvsadm-restore) ipvsadm_command=restore ;;
    ipvsadm-top) ipvsadm_command=top ;;
    *) _ipvsadm_find ;;
    esac
    case $ipvsadm_command in
<%- range $command := .Commands %>
    <% .Long %>)
        specs=(
            <% zshSpec . %>
<%- range $.With .Long %>
            <% zshSpec . %>
<%- end %>
        ) ;;
<%- end %>
    top)
        specs=(
<%- range .Top %>
            <% zshSpec . %>
<%- end %>
            '--once[print one screen as text, after one interval]'
        ) ;;
    *)
        specs=(
<%- range .Commands %>
            <% zshSpec . %>
<%- end %>
<%- range .BeforeCommand %>
            <% zshSpec . %>
<%- end %>
        ) ;;
    esac
    _arguments -s $specs
}

_ipvsadm "$@"
