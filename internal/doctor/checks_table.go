package doctor

// tableChecks returns the checks of the rules and the connections.
func tableChecks() []Check {
	return []Check{
		{
			Code:   "no-service",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "there are services",
			Source: source + "ip_vs_ctl.c, ip_vs_service_find",
			find:   noService,
		},
		{
			Code:   "no-server",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "each service has a server for new connections",
			Source: source + "ip_vs_core.c, ip_vs_schedule; ip_vs_ctl.c, ip_vs_dest_update_overload",
			find:   noServer,
		},
		{
			Code:   "port-zero",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "services for all ports are persistent",
			Source: source + "ip_vs_core.c, ip_vs_schedule",
			find:   portZero,
		},
		{
			Code:   "sip-protocol",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "persistence engine sip is for UDP",
			Source: source + "ip_vs_pe_sip.c, ip_vs_sip_fill_param",
			find:   sipProtocol,
		},
		{
			Code:   "ftp-helper",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, AppsFact},
			Title:  "masqueraded FTP has its helper",
			Source: howto + "FTP; " + source + "ip_vs_ftp.c",
			find:   ftpHelper,
		},
		{
			Code:   "ftp-persistence",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "FTP by direct routing or tunnels is persistent",
			Source: howto + "FTP; " + source + "ip_vs_core.c, ip_vs_schedule",
			find:   ftpPersistence,
		},
		{
			Code:   "scheduler-module",
			Roles:  Director,
			Needs:  []Fact{TableFact},
			Title:  "schedulers spread connections as expected",
			Source: "ipvsadm(8), schedulers; " + source + "ip_vs_dh.c, ip_vs_lblc.c, ip_vs_mh.c",
			find:   scheduler,
		},
		{
			Code:   "gone-servers",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact, ConnectionsFact},
			Title:  "no connections to servers that were removed",
			Source: sysctlDoc + "expire_nodest_conn; " + source + "ip_vs_core.c, ip_vs_in_hook",
			find:   goneServers,
		},
		{
			Code:   "quiescent-template",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact},
			Title:  "no persistent clients on servers of weight 0",
			Source: sysctlDoc + "expire_quiescent_template; " + source + "ip_vs_conn.c, ip_vs_check_template",
			find:   quiescentTemplate,
		},
		{
			Code:   "reuse-mode",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact},
			Title:  "ports that are used again are balanced",
			Source: sysctlDoc + "conn_reuse_mode; kubernetes issues 70747, 81775 and 93297",
			find:   reuseMode,
		},
		{
			Code:   "tcp-timeout",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact, TimeoutsFact},
			Title:  "idle connections live until the first keepalive",
			Source: "ipvsadm(8), --set; moby issue 31208",
			find:   tcpTimeout,
		},
		{
			Code:   "conntrack-full",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact},
			Title:  "connection tracking has room",
			Source: sysctlDoc + "conntrack; net/netfilter/nf_conntrack_core.c, __nf_conntrack_alloc",
			find:   conntrackFull,
		},
		{
			Code:   "conn-max",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact, ConnectionsFact},
			Title:  "the number of connections is below its limit",
			Source: source + "ip_vs_conn.c, ip_vs_conn_new",
			find:   connMax,
		},
		{
			Code:   "conn-buckets",
			Roles:  Director,
			Needs:  []Fact{TableFact, ConnectionsFact},
			Title:  "the table of connections is large enough",
			Source: "net/netfilter/ipvs/Kconfig, IP_VS_TAB_BITS",
			find:   connBuckets,
		},
		{
			Code:   "no-estimation",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact},
			Title:  "rates are computed",
			Source: sysctlDoc + "run_estimation, est_cpulist",
			find:   noEstimation,
		},
		{
			Code:   "defence",
			Roles:  Director,
			Needs:  []Fact{TableFact, SysctlsFact},
			Title:  "no defence against floods drops packets",
			Source: sysctlDoc + "drop_entry, drop_packet, secure_tcp",
			find:   defence,
		},
	}
}

// daemonChecks returns the checks of sync daemons.
func daemonChecks() []Check {
	return []Check{
		{
			Code:   "daemon-mismatch",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact, LinksFact, AddressesFact},
			Title:  "sync daemons reach others",
			Source: "ipvsadm(8), --syncid; " + source + "ip_vs_sync.c, start_sync_thread",
			find:   daemonMismatch,
		},
		{
			Code:   "backup-only",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact, SysctlsFact, RoutesFact},
			Title:  "directors that are servers do not loop",
			Source: sysctlDoc + "backup_only; " + source + "ip_vs_core.c, ip_vs_in_hook",
			find:   backupLoop,
		},
		{
			Code:   "sync-threshold",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact, SysctlsFact},
			Title:  "short connections are synchronised",
			Source: sysctlDoc + "sync_threshold, sync_refresh_period; " + source + "ip_vs_sync.c, ip_vs_sync_conn_needed",
			find:   syncThreshold,
		},
		{
			Code:   "sync-version",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact, SysctlsFact},
			Title:  "sync messages have room for IPv6",
			Source: sysctlDoc + "sync_version; " + source + "ip_vs_sync.c, ip_vs_sync_conn_v0",
			find:   syncVersion,
		},
		{
			Code:   "sloppy-tcp",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact, SysctlsFact},
			Title:  "a backup takes connections of persistent services over",
			Source: sysctlDoc + "sync_persist_mode",
			find:   sloppyTCP,
		},
		{
			Code:   "mixed-family-daemon",
			Roles:  Director,
			Needs:  []Fact{TableFact, DaemonsFact},
			Title:  "a sync daemon can be started",
			Source: source + "ip_vs_ctl.c, ip_vs_add_dest; ip_vs_sync.c, start_sync_thread",
			find:   mixedFamilies,
		},
	}
}

// realServerChecks returns the checks of a real server alone.
func realServerChecks() []Check {
	return []Check{
		{
			Code:   "vip-missing",
			Roles:  RealServer,
			Needs:  []Fact{RoutesFact, LinksFact},
			Title:  "this machine has the address of the service",
			Source: howto + "LVS-DR",
			find:   vipMissing,
		},
		{
			Code:   "tunnel-device",
			Roles:  RealServer,
			Needs:  []Fact{LinksFact},
			Title:  "an interface unwraps packets of the director",
			Source: howto + "LVS-Tun; net/ipv4/ipip.c, ipip_rcv",
			find:   tunnelDevice,
		},
		{
			Code:   "arp-problem",
			Roles:  RealServer,
			Needs:  []Fact{RoutesFact, LinksFact, AddressesFact, SysctlsFact},
			Title:  "the director alone answers for the address of the service",
			Source: howto + "The ARP Problem; Documentation/networking/ip-sysctl.rst, arp_ignore, arp_announce",
			find:   arpProblem,
		},
		{
			Code:   "way-back",
			Roles:  RealServer,
			Needs:  []Fact{RoutesFact, LinksFact},
			Title:  "answers take the right way",
			Source: howto + "LVS-NAT, and Martian modification; net/ipv4/fib_frontend.c, __fib_validate_source",
			find:   wayBack,
		},
	}
}
