# Completion of ipvsadm-doctor for fish. Generated from the table of options of ipvsadm-go
# <% .Version %>.

# __ipvsadm_doctor_services prints the services of the live table that an option such as -t
# can name. Without the module there is no table, and completing a line must not load it.
function __ipvsadm_doctor_services
    test -e /proc/net/ip_vs; or return
    ipvsadm -Sn 2>/dev/null | string replace -rf -- "^-A $argv[1] (\S+).*" '$1'
end

complete -c ipvsadm-doctor -f
<%- range .DoctorOptions %>
complete -c ipvsadm-doctor<% doctorFish . %>
<%- end %>
