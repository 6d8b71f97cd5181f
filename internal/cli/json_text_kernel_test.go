//go:build kernel

package cli_test

import (
	"fmt"
	"strings"
)

// jsonDoc is any of the documents, as a program might read them. Its methods return the
// listings of the reference that have the same in them.
type jsonDoc struct {
	Version     string
	Size        int `json:"conn_table_size"`
	Services    []jsonService
	Connections []jsonConnection
	Timeouts    struct {
		TCP    int
		TCPFin int `json:"tcp_fin"`
		UDP    int
	}
	Daemons []struct {
		State, Interface, Group   string
		SyncID, MaxLen, Port, TTL int
	}
}

type jsonEnd struct {
	Address string
	Port    int
}

type jsonService struct {
	jsonEnd
	Protocol, Family, Scheduler string
	FWMark                      uint32
	Flags                       []string `json:"scheduler_flags"`
	Persistent                  *struct {
		Timeout int
		Netmask string
		Prefix  int `json:"prefix_length"`
		Engine  string
	}
	OnePacket    bool `json:"one_packet"`
	Stats        jsonStats
	Destinations []jsonServer
}

type jsonServer struct {
	jsonEnd
	Forward    string
	Weight     int
	Upper      int `json:"upper_threshold"`
	Lower      int `json:"lower_threshold"`
	Active     int `json:"active_connections"`
	Inactive   int `json:"inactive_connections"`
	Persistent int `json:"persistent_connections"`
	Tunnel     *struct {
		Type, Flags string
		Port        int
	}
	Stats jsonStats
}

type jsonStats struct {
	Connections uint64
	InPackets   uint64 `json:"in_packets"`
	OutPackets  uint64 `json:"out_packets"`
	InBytes     uint64 `json:"in_bytes"`
	OutBytes    uint64 `json:"out_bytes"`
	CPS         uint64 `json:"connections_per_second"`
	InPPS       uint64 `json:"in_packets_per_second"`
	OutPPS      uint64 `json:"out_packets_per_second"`
	InBPS       uint64 `json:"in_bytes_per_second"`
	OutBPS      uint64 `json:"out_bytes_per_second"`
}

type jsonConnection struct {
	Protocol, State, Engine      string
	Data                         string `json:"engine_data"`
	Expires                      int    `json:"expires_seconds"`
	Client, Virtual, Destination jsonEnd
}

func (e jsonEnd) String() string {
	if strings.Contains(e.Address, ":") {
		return fmt.Sprintf("[%s]:%d", e.Address, e.Port)
	}
	return fmt.Sprintf("%s:%d", e.Address, e.Port)
}

// name returns the name of a service in listings.
func (s jsonService) name() string {
	switch {
	case s.Family == "ipv6":
		return fmt.Sprintf("FWM  %d IPv6", s.FWMark)
	case s.FWMark != 0:
		return fmt.Sprintf("FWM  %d", s.FWMark)
	}
	return fmt.Sprintf("%-4s %s", strings.ToUpper(s.Protocol), s.jsonEnd)
}

// scheduling returns what follows the name of a service in listings.
func (s jsonService) scheduling() string {
	text := " " + s.Scheduler
	if len(s.Flags) > 0 {
		text += " (" + strings.Join(s.Flags, ",") + ")"
	}
	if p := s.Persistent; p != nil {
		text += fmt.Sprintf(" persistent %d", p.Timeout) + s.mask(" mask ")
		if p.Engine != "" {
			text += " pe " + p.Engine
		}
	}
	if s.OnePacket {
		text += " ops"
	}
	return text
}

// mask returns the netmask or prefix length after a word, or "" if it is the full one.
func (s jsonService) mask(word string) string {
	switch p := s.Persistent; {
	case p.Prefix != 0 && p.Prefix != 128:
		return fmt.Sprint(word, p.Prefix)
	case p.Netmask != "" && p.Netmask != "255.255.255.255":
		return word + p.Netmask
	}
	return ""
}

// table returns a listing: the titles, and for each service and each server what the
// functions return.
func (d jsonDoc) table(titles string, service func(jsonService) string, server func(jsonServer) string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "IP Virtual Server version %s (size=%d)\n%s", d.Version, d.Size, titles)
	for _, s := range d.Services {
		fmt.Fprintln(&b, service(s))
		for _, r := range s.Destinations {
			fmt.Fprintf(&b, "  -> %-28s%s\n", r.jsonEnd, server(r))
		}
	}
	return b.String()
}

// named returns the line of a service in most listings.
func named(s jsonService) string { return s.name() + s.scheduling() }

func (r jsonServer) forward() string {
	return map[string]string{"masq": "Masq", "local": "Local", "tunnel": "Tunnel", "route": "Route"}[r.Forward]
}

func (d jsonDoc) plain() string {
	return d.table("Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
		named, func(r jsonServer) string {
			return fmt.Sprintf(" %-7s %-6d %-10d %-10d", r.forward(), r.Weight, r.Active, r.Inactive)
		})
}

func (d jsonDoc) stats() string {
	five := func(s jsonStats) string {
		return fmt.Sprintf(" %8d %8d %8d %8d %8d", s.Connections, s.InPackets, s.OutPackets, s.InBytes, s.OutBytes)
	}
	return d.table("Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n",
		func(s jsonService) string { return fmt.Sprintf("%-33s", s.name()) + five(s.Stats) },
		func(r jsonServer) string { return five(r.Stats) })
}

func (d jsonDoc) rates() string {
	five := func(s jsonStats) string {
		return fmt.Sprintf(" %8d %8d %8d %8d %8d", s.CPS, s.InPPS, s.OutPPS, s.InBPS, s.OutBPS)
	}
	return d.table("Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n",
		func(s jsonService) string { return fmt.Sprintf("%-33s", s.name()) + five(s.Stats) },
		func(r jsonServer) string { return five(r.Stats) })
}

func (d jsonDoc) thresholds() string {
	return d.table("Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port\n",
		named, func(r jsonServer) string {
			return fmt.Sprintf(" %-10d %-10d %-10d %-10d", r.Upper, r.Lower, r.Active, r.Inactive)
		})
}

func (d jsonDoc) persistent() string {
	return d.table("Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  -> RemoteAddress:Port\n",
		named, func(r jsonServer) string {
			return fmt.Sprintf(" %-9d %-11d %-10d %-10d", r.Weight, r.Persistent, r.Active, r.Inactive)
		})
}

func (d jsonDoc) tunnels() string {
	return d.table("Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n",
		named, func(r jsonServer) string {
			info := "n/a"
			if t := r.Tunnel; t != nil {
				flags := map[string]string{"nocsum": "-c", "csum": "+c", "remcsum": "r+c"}[t.Flags]
				info = map[string]string{"ipip": "ipip", "gue": fmt.Sprintf("gue:%d:%s", t.Port, flags), "gre": "gre:" + flags}[t.Type]
			}
			return fmt.Sprintf(" %-7s %-13s %-6d %-10d %-10d", r.forward(), info, r.Weight, r.Active, r.Inactive)
		})
}

// id returns the options that name a service.
func (s jsonService) id() string {
	if s.FWMark != 0 {
		return fmt.Sprintf("-f %d", s.FWMark) + map[string]string{"ipv6": " -6"}[s.Family]
	}
	return map[string]string{"tcp": "-t ", "udp": "-u ", "sctp": "--sctp-service "}[s.Protocol] + s.String()
}

// rules returns the rules that the reference saves, which have no thresholds.
func (d jsonDoc) rules() string {
	var b strings.Builder
	for _, s := range d.Services {
		fmt.Fprintf(&b, "-A %s -s %s", s.id(), s.Scheduler)
		if p := s.Persistent; p != nil {
			fmt.Fprintf(&b, " -p %d%s", p.Timeout, s.mask(" -M "))
			if p.Engine != "" {
				b.WriteString(" --pe " + p.Engine)
			}
		}
		if s.OnePacket {
			b.WriteString(" -o")
		}
		if len(s.Flags) > 0 {
			b.WriteString(" -b " + strings.Join(s.Flags, ","))
		}
		b.WriteByte('\n')
		for _, r := range s.Destinations {
			way := map[string]string{"masq": "-m", "tunnel": "-i", "route": "-g"}[r.Forward]
			fmt.Fprintf(&b, "-a %s -r %s %s -w %d%s\n", s.id(), r, way, r.Weight, r.tunnelOptions())
		}
	}
	return b.String()
}

func (r jsonServer) tunnelOptions() string {
	t := r.Tunnel
	switch {
	case t == nil:
		return ""
	case t.Type == "gue":
		return fmt.Sprintf(" --tun-type gue --tun-port %d --tun-%s", t.Port, t.Flags)
	case t.Type == "gre":
		return " --tun-type gre --tun-" + t.Flags
	}
	return " --tun-type ipip"
}

func (d jsonDoc) connections() string {
	var b strings.Builder
	fmt.Fprintf(&b, "IPVS connection entries\npro expire %-11s %-18s %-18s %s\n", "state", "source", "virtual", "destination")
	for _, c := range d.Connections {
		fmt.Fprintf(&b, "%s %s\n", c.line(), c.Destination)
	}
	return b.String()
}

func (d jsonDoc) engines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "IPVS connection entries\npro expire %-11s %-18s %-18s %-18s %-16s %s\n", "state", "source", "virtual", "destination", "pe name", "pe_data")
	for _, c := range d.Connections {
		if c.Data == "" {
			fmt.Fprintf(&b, "%s %s\n", c.line(), c.Destination)
		} else {
			fmt.Fprintf(&b, "%s %-16s %-18s %s\n", c.line(), c.Destination, c.Engine, c.Data)
		}
	}
	return b.String()
}

// line returns a connection's line up to the destination.
func (c jsonConnection) line() string {
	left := fmt.Sprintf("%02d:%02d", c.Expires/60, c.Expires%60)
	return fmt.Sprintf("%-3s %-6s %-11s %-18s %-18s", strings.ToUpper(c.Protocol), left, c.State, c.Client, c.Virtual)
}

func (d jsonDoc) timeouts() string {
	return fmt.Sprintf("Timeout (tcp tcpfin udp): %d %d %d\n", d.Timeouts.TCP, d.Timeouts.TCPFin, d.Timeouts.UDP)
}

func (d jsonDoc) daemons() string {
	var b strings.Builder
	for _, s := range d.Daemons {
		fmt.Fprintf(&b, "%s sync daemon (mcast=%s, syncid=%d, maxlen=%d, group=%s, port=%d, ttl=%d)\n",
			s.State, s.Interface, s.SyncID, s.MaxLen, s.Group, s.Port, s.TTL)
	}
	return b.String()
}
