# Completion of ipvsadm, ipvsadm-save, ipvsadm-restore and ipvsadm-top for bash 4.2 and later.
# Generated from the table of options of ipvsadm-go <% .Version %>.

# The long name of each command and option.
declare -gA _ipvsadm_name=(
<%- range $o := .Options %>
    <%- range .Names %>
    [<% . %>]=<% $o.Long %>
    <%- end %>
<%- end %>
    [--once]=once
)

# The options that go with each command; none has what may stand before a command.
declare -gA _ipvsadm_with=(
    [none]="<% range .Commands %><% join .Names " " %> <% end %><% range .BeforeCommand %><% join .Names " " %><% end %>"
<%- range $command := .Commands %>
    [<% .Long %>]="<% range $i, $o := $.With .Long %><% if $i %> <% end %><% join .Names " " %><% end %>"
<%- end %>
    [top]="<% range .Top %><% join .Names " " %> <% end %>--once"
)

# The group of each option, of which a line has one. Options without a group may be
# repeated.
declare -gA _ipvsadm_group=(
<%- range .Plain.WithGroup %>
    [<% .Long %>]=<% .Group.Name %>
<%- end %>
)

# The options whose value is the next word, whatever it is.
declare -gA _ipvsadm_valued=(
<%- range .WithValue %>
    [<% .Long %>]=1
<%- end %>
)

# The values to offer.
declare -gA _ipvsadm_choices=(
<%- range .WithChoices %>
    [<% .Long %>]="<% join .Choices " " %>"
<%- end %>
)

# _ipvsadm_table prints the live table as rules. Without the module there is no table, and
# completing a line must not load it.
_ipvsadm_table() {
    [[ -e /proc/net/ip_vs || ${value[netns]-} ]] || return
    ipvsadm ${value[netns]+--netns "${value[netns]}"} -Sn 2>/dev/null
}

# _ipvsadm_services prints the services that an option such as -t can name.
_ipvsadm_services() {
    local rule option service
    [[ $command == add-service ]] && return
    _ipvsadm_table | while read -r rule option service _; do
        [[ $rule == -A && $option == "$1" ]] && echo "$service"
    done
}

# _ipvsadm_servers prints the real servers of the service on the line, or of every
# service.
_ipvsadm_servers() {
    local rule service rest
    [[ $command == add-server ]] && return
    _ipvsadm_table | while read -r rule _ service rest; do
        [[ $rule == -a && ${value[service-address]-$service} == "$service" ]] || continue
        rest=${rest#*-r }
        echo "${rest%% *}"
    done
}

# _ipvsadm_values prints the values to offer for an option.
_ipvsadm_values() {
    case $1 in
    tcp-service) _ipvsadm_services -t ;;
    udp-service) _ipvsadm_services -u ;;
    sctp-service) _ipvsadm_services --sctp-service ;;
    fwmark-service) _ipvsadm_services -f ;;
    real-server) _ipvsadm_servers ;;
    mcast-interface) ls /sys/class/net ;;
    netns) ip netns list 2>/dev/null | cut -d' ' -f1 ;;
    sched-flags | by) # a list: keep what stands before the last comma
        printf "${cur%"${cur##*,}"}%s\n" ${_ipvsadm_choices[$1]} ;;
    *) printf '%s\n' ${_ipvsadm_choices[$1]-} ;;
    esac
}

# _ipvsadm_see notes an option, which may be the command or need a value.
_ipvsadm_see() {
    [[ $1 ]] || return
    [[ ${_ipvsadm_with[$1]+set} ]] && command=$1
    [[ ${_ipvsadm_group[$1]-} ]] && used[${_ipvsadm_group[$1]}]=1
    [[ ${_ipvsadm_valued[$1]-} ]] && option=$1
    return 0
}

# _ipvsadm_take stores the value of the option that needs one.
_ipvsadm_take() {
    [[ $option ]] && value[${_ipvsadm_group[$option]-$option}]=$1
    option=
}

# _ipvsadm_read parses a word before the cursor.
_ipvsadm_read() {
    local word=$1 i
    if [[ $option ]]; then
        _ipvsadm_take "$word"
    elif [[ $word == --* ]]; then
        _ipvsadm_see "${_ipvsadm_name[${word%%=*}]-}"
        [[ $word == *=* ]] && _ipvsadm_take "${word#*=}"
    elif [[ $word == -* ]]; then # letters, the last one perhaps with its value
        for ((i = 1; i < ${#word}; i++)); do
            _ipvsadm_see "${_ipvsadm_name[-${word:i:1}]-}"
            [[ $option && ${word:i+1} ]] && { _ipvsadm_take "${word:i+1}"; return; }
        done
    fi
}

# _ipvsadm_offer prints the options that may come next.
_ipvsadm_offer() {
    local word group
    for word in ${_ipvsadm_with[${command:-none}]}; do
        group=${_ipvsadm_group[${_ipvsadm_name[$word]}]-}
        [[ $group && ${used[$group]-} ]] || echo "$word"
    done
}

_ipvsadm() {
    # Bash splits words at colons and equals signs too. Addresses and options need no
    # quoting, so the line is split at blanks.
    local line=${COMP_LINE:0:COMP_POINT} words cur= command= option= word
    local -A value=() used=()
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] || { cur=${words[-1]}; unset 'words[-1]'; }
    case $1 in
    *-save) command=save ;;
    *-restore) command=restore ;;
    *-top) command=top ;;
    esac
    for word in "${words[@]:1}"; do
        _ipvsadm_read "$word"
    done
    local before=
    if [[ ! $option && $cur == --*=* ]]; then
        _ipvsadm_see "${_ipvsadm_name[${cur%%=*}]-}"
        before=${cur%%=*}= cur=${cur#*=}
    fi
    if [[ $option == @(against|output) ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    elif [[ $option ]]; then
        mapfile -t COMPREPLY < <(compgen -W '$(_ipvsadm_values "$option")' -- "$cur")
    elif [[ ! $before ]]; then
        mapfile -t COMPREPLY < <(compgen -W '$(_ipvsadm_offer)' -- "$cur")
    fi
    # Bash replaces only what stands after the last colon.
    [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
    return 0
}

complete -F _ipvsadm ipvsadm ipvsadm-save ipvsadm-restore ipvsadm-top
