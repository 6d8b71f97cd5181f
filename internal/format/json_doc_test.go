package format_test

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// These types read the documents as another program might. Pointers are members that can
// be missing, or that must not be.

type tableDoc struct {
	Version       string
	ConnTableSize *uint32 `json:"conn_table_size"`
	Services      []serviceDoc
	Timeouts      *struct {
		TCP    uint32
		TCPFin uint32 `json:"tcp_fin"`
		UDP    uint32
	}
	Daemons []struct {
		State     word
		Interface string
		SyncID    uint32
		MaxLen    uint16
		Group     netip.Addr
		Port      uint16
		TTL       uint8
	}
}

type endDoc struct {
	Address *netip.Addr
	Port    *uint16
}

type serviceDoc struct {
	endDoc
	Protocol       word
	FWMark         uint32
	Family         word
	Scheduler      *string
	SchedulerFlags []string `json:"scheduler_flags"`
	Persistent     *struct {
		Timeout      *uint32
		Netmask      *netip.Addr
		PrefixLength *uint32 `json:"prefix_length"`
		Engine       string
	}
	Engine       string
	OnePacket    *bool  `json:"one_packet"`
	UnknownFlags uint32 `json:"unknown_flags"`
	Stats        *statsDoc
	Destinations []serverDoc
}

type serverDoc struct {
	endDoc
	Forward    *word
	Weight     *int32
	Upper      *uint32 `json:"upper_threshold"`
	Lower      *uint32 `json:"lower_threshold"`
	Active     uint32  `json:"active_connections"`
	Inactive   uint32  `json:"inactive_connections"`
	Persistent uint32  `json:"persistent_connections"`
	Tunnel     *struct {
		Type  word
		Port  *uint16
		Flags word
	}
	Stats *statsDoc
}

type statsDoc struct {
	Connections    uint64
	InPackets      uint64 `json:"in_packets"`
	OutPackets     uint64 `json:"out_packets"`
	InBytes        uint64 `json:"in_bytes"`
	OutBytes       uint64 `json:"out_bytes"`
	ConnectionRate uint64 `json:"connections_per_second"`
	InPacketRate   uint64 `json:"in_packets_per_second"`
	OutPacketRate  uint64 `json:"out_packets_per_second"`
	InByteRate     uint64 `json:"in_bytes_per_second"`
	OutByteRate    uint64 `json:"out_bytes_per_second"`
}

type connDoc struct {
	Protocol, State              string
	Expires                      *uint64 `json:"expires_seconds"`
	Client, Virtual, Destination endDoc
	Engine                       string
	EngineData                   string `json:"engine_data"`
}

func (e endDoc) addr() netip.AddrPort {
	if e.Address == nil {
		return netip.AddrPortFrom(netip.Addr{}, *e.Port)
	}
	return netip.AddrPortFrom(*e.Address, *e.Port)
}

func (d tableDoc) rest() *format.Rest {
	rest := &format.Rest{Timeouts: ipvs.Timeouts(*d.Timeouts)}
	for _, d := range d.Daemons {
		rest.Daemons = append(rest.Daemons, ipvs.Daemon{
			State: ipvs.DaemonState(d.State.number("", "master", "backup")), Interface: d.Interface, SyncID: d.SyncID,
			MaxLen: d.MaxLen, Group: d.Group, Port: d.Port, TTL: d.TTL,
		})
	}
	return rest
}

func (d tableDoc) entries() []ipvs.Entry {
	var entries []ipvs.Entry
	for _, s := range d.Services {
		e := ipvs.Entry{Service: s.service()}
		for _, d := range s.Destinations {
			e.Destinations = append(e.Destinations, d.destination())
		}
		entries = append(entries, e)
	}
	return entries
}

func (d serviceDoc) service() ipvs.Service {
	s := ipvs.Service{Scheduler: *d.Scheduler, Engine: d.Engine, Stats: (*ipvs.Stats)(d.Stats)}
	if d.FWMark != 0 {
		s.ID = ipvs.MarkService(d.FWMark, ipvs.Family(d.Family.number("", "", "ipv4", "", "", "", "", "", "", "", "ipv6")))
	} else {
		s.ID = ipvs.ServiceID{Addr: d.addr(), Protocol: ipvs.Protocol(d.Protocol.protocol())}
	}
	flags := map[string]ipvs.ServiceFlags{
		"flag-1": ipvs.Sched1, "flag-2": ipvs.Sched2, "flag-3": ipvs.Sched3,
		s.Scheduler + "-fallback": ipvs.Sched1, s.Scheduler + "-port": ipvs.Sched2,
	}
	for _, name := range d.SchedulerFlags {
		s.Flags |= flags[name]
	}
	s.Flags |= ipvs.ServiceFlags(d.UnknownFlags)
	if *d.OnePacket {
		s.Flags |= ipvs.OnePacket
	}
	if p := d.Persistent; p != nil {
		s.Flags |= ipvs.Persistent
		s.Timeout, s.Engine = *p.Timeout, p.Engine
		if p.PrefixLength != nil {
			s.Netmask = *p.PrefixLength
		} else {
			m := p.Netmask.As4()
			s.Netmask = uint32(m[0])<<24 | uint32(m[1])<<16 | uint32(m[2])<<8 | uint32(m[3])
		}
	}
	return s
}

// protocol returns the number of a protocol.
func (w word) protocol() uint64 {
	names := make([]string, 133)
	names[6], names[17], names[132] = "tcp", "udp", "sctp"
	return w.number(names...)
}

func (d serverDoc) destination() ipvs.Destination {
	to := ipvs.Destination{
		Addr: d.addr(), Forward: ipvs.Forward(d.Forward.number("masq", "local", "tunnel", "route", "bypass")), Weight: *d.Weight,
		UpperThreshold: *d.Upper, LowerThreshold: *d.Lower,
		ActiveConnections: d.Active, InactiveConnections: d.Inactive, PersistentConnections: d.Persistent, Stats: (*ipvs.Stats)(d.Stats),
	}
	if t := d.Tunnel; t != nil {
		to.Tunnel = ipvs.TunnelInfo{
			Type: ipvs.TunnelType(t.Type.number("ipip", "gue", "gre")), Port: *t.Port, Flags: ipvs.TunnelFlags(t.Flags.number("nocsum", "csum", "remcsum")),
		}
	}
	return to
}
