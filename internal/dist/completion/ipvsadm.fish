# Completion of ipvsadm, ipvsadm-save, ipvsadm-restore and ipvsadm-top for fish. Generated from
# the table of options of ipvsadm-go <% .Version %>.

# __ipvsadm_command prints the long name of the command on the line.
function __ipvsadm_command
    for word in (commandline -opc)[2..] (commandline -ct)
        switch $word
<%- range .Commands %>
            case <% range letters .Letters %>'-<% . %>*' <% end %>--<% .Long %> '--<% .Long %>=*'
                echo <% .Long %>
                return
<%- end %>
        end
    end
    return 1
end

# __ipvsadm_with reports whether one of these commands is on the line.
function __ipvsadm_with
    contains -- (__ipvsadm_command; or echo none) $argv
end

# __ipvsadm_value prints the value of one of these options on the line.
function __ipvsadm_value
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        for option in $argv
            switch $words[$i]
                case $option
                    echo $words[(math $i + 1)]
                case "$option=*"
                    string replace -r '^[^=]*=' '' -- $words[$i]
            end
        end
    end
end

# __ipvsadm_table prints the live table as rules. Without the module there is no table, and
# completing a line must not load it.
function __ipvsadm_table
    set -l netns (__ipvsadm_value --netns)[1]
    test -e /proc/net/ip_vs -o -n "$netns"; or return
    ipvsadm (test -n "$netns"; and echo --netns=$netns) -Sn 2>/dev/null
end

# __ipvsadm_services prints the services that an option such as -t can name.
function __ipvsadm_services
    __ipvsadm_with add-service; or __ipvsadm_table | string replace -rf -- "^-A $argv[1] (\S+).*" '$1'
end

# __ipvsadm_servers prints the real servers of the service on the line, or of every
# service.
function __ipvsadm_servers
    __ipvsadm_with add-server; and return
    set -l service (__ipvsadm_value<% range .Named "tcp-service" "udp-service" "sctp-service" "fwmark-service" %><% range .Names %> <% . %><% end %><% range letters .Letters %> '-?<% . %>'<% end %><% end %>)[1]
    set -l named '\S+'
    test -n "$service"; and set named (string escape --style=regex -- $service)
    __ipvsadm_table | string replace -rf -- "^-a \S+ $named .*?-r (\S+).*" '$1' | sort -u
end

# The commands.
complete -c ipvsadm -c ipvsadm-save -c ipvsadm-restore -c ipvsadm-top -f
<%- range .Commands %>
complete -c ipvsadm -n '__ipvsadm_with none<% if .Value %> <% .Long %><% end %>'<% fish . %>
<%- end %>

# The options, by the commands that they go with.
<%- range $o := .Plain %>
complete -c ipvsadm -n '__ipvsadm_with<% if .BeforeCommand %> none<% end %><% range $.Commands %><% if $o.GoesWith .Verb %> <% .Long %><% end %><% end %>'<% fish . %>
<%- end %>
<%- range .With "save" %>
complete -c ipvsadm-save<% fish . %>
<%- end %>
<%- range .With "restore" %>
complete -c ipvsadm-restore<% fish . %>
<%- end %>
<%- range .Top %>
complete -c ipvsadm-top<% fish . %>
<%- end %>
complete -c ipvsadm-top -l once -d 'print one screen as text, after one interval'
