package ruleset

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// defaultPersistence is the time in seconds that -p without a value means.
const defaultPersistence = 360

// jsonService is a service as a document describes it.
type jsonService struct {
	ipvs.Service // without the ID until all members have been read
	pos          Position
	protocol     ipvs.Protocol
	addr         netip.Addr
	port         uint16
	mark         uint32
	family       ipvs.Family
	flagNames    []string
	netmask      netip.Addr
	prefixLength uint32
	engines      int // how many members name one

	serverErrors int // among the errors of the service
	// exists is set if there is a rule for the service.
	exists bool
}

// beginService begins to read a service.
func (d *Decoder) beginService(index int) {
	d.values.service = jsonService{
		pos: Position{Path: "services", Element: index + 1}, flagNames: d.values.service.flagNames[:0],
	}
	d.values.servers = serverList{}
	d.beginObject(&serviceObject)
}

var serviceObject = object{
	members: []member{
		{"protocol", func(d *Decoder) { d.values.service.protocol = oneOf(d, ipvs.TCP, ipvs.UDP, ipvs.SCTP) }},
		{"address", func(d *Decoder) { d.values.service.addr = d.addr() }},
		{"port", func(d *Decoder) { d.values.service.port = uint16(d.number(0, math.MaxUint16)) }},
		{"fwmark", func(d *Decoder) { d.values.service.mark = d.uint32(1, math.MaxUint32) }},
		{"family", func(d *Decoder) { d.values.service.family = oneOf(d, ipvs.IPv4, ipvs.IPv6) }},
		{"scheduler", func(d *Decoder) { d.values.service.Scheduler = d.name(ipvs.MaxSchedulerName) }},
		{"scheduler_flags", func(d *Decoder) { d.beginList((*Decoder).readSchedulerFlag) }},
		{"persistent", (*Decoder).beginPersistence},
		{"engine", (*Decoder).readEngine},
		{"one_packet", func(d *Decoder) {
			if d.bool() {
				d.values.service.Flags |= ipvs.OnePacket
			}
		}},
		{"unknown_flags", (*Decoder).readUnknownFlags},
		{"destinations", func(d *Decoder) { d.beginList((*Decoder).beginServer) }},
		{"stats", (*Decoder).skip},
	},
	end: (*Decoder).endService,
}

// readSchedulerFlag reads the name of a scheduler flag. What it means is known when the
// scheduler is.
func (d *Decoder) readSchedulerFlag(int) {
	name := d.name(ipvs.MaxSchedulerName)
	if strings.Contains(name, ",") {
		d.fail("more than one flag")
	}

	names := &d.values.service.flagNames
	if !slices.Contains(*names, name) && !hasUnknownFlag(*names) {
		*names = append(*names, name)
	}
}

// hasUnknownFlag reports whether the last of some names of scheduler flags is none: it
// is the error of the list, and what follows does not matter.
func hasUnknownFlag(names []string) bool {
	if len(names) == 0 {
		return false
	}
	_, _, ok := ipvs.ParseSchedFlag(names[len(names)-1])
	return !ok
}

// readUnknownFlags reads the flags that the model has no names for.
func (d *Decoder) readUnknownFlags() {
	nerrors := d.nerrors
	flags := ipvs.ServiceFlags(d.uint32(1, math.MaxUint32))
	if d.nerrors == nerrors && flags&ipvs.KnownFlags != 0 {
		d.fail("%#x has flags with a name", uint32(flags))
	}
	d.values.service.Flags |= flags &^ ipvs.KnownFlags
}

// readEngine reads the persistence engine. It has its place in "persistent", and
// another for services that are not persistent.
func (d *Decoder) readEngine() {
	d.values.service.Engine = d.name(ipvs.MaxEngineName)
	d.values.service.engines++
}

// beginPersistence begins to read what makes a service persistent.
func (d *Decoder) beginPersistence() {
	d.values.service.Flags |= ipvs.Persistent
	d.values.service.Timeout = defaultPersistence
	d.beginObject(&persistenceObject)
}

var persistenceObject = object{
	members: []member{
		{"timeout", func(d *Decoder) { d.values.service.Timeout = d.uint32(1, ipvs.MaxTimeout) }},
		{"netmask", func(d *Decoder) {
			mask := d.addr()
			if mask.Is6() {
				d.fail("not an IPv4 mask")
			}
			d.values.service.netmask = mask
		}},
		{"prefix_length", func(d *Decoder) { d.values.service.prefixLength = d.uint32(1, ipvs.MaxPrefixLength) }},
		{"engine", (*Decoder).readEngine},
	},
}

// endService makes the rule of a service. Those of its servers follow.
func (d *Decoder) endService(nerrors int) {
	s := &d.values.service
	if d.nerrors > nerrors+s.serverErrors {
		return
	}

	d.setServiceID(s)
	d.setNetmask(s)
	if d.nerrors > nerrors+s.serverErrors {
		return
	}

	flags, err := command.ParseSchedFlags(strings.Join(s.flagNames, ","), s.Scheduler)
	s.Flags |= flags
	if s.engines > 1 {
		err = usageError("multiple 'pe' options specified")
	}
	if err == nil {
		err = d.makeRule(s.pos, ipvs.Change{Op: ipvs.AddService, Service: s.Service})
	}
	if err != nil {
		d.report(s.pos, err)
	}
	s.exists = err == nil || errors.Is(err, syscall.EEXIST)
	d.beginServers()
}

// setServiceID sets the ID of a service.
func (d *Decoder) setServiceID(s *jsonService) {
	switch byAddress := s.protocol != 0 || s.addr.IsValid() || s.port != 0; {
	case s.mark != 0 && byAddress:
		d.fail("both a firewall mark and an address")
	case s.mark != 0:
		s.ID = ipvs.MarkService(s.mark, cmp.Or(s.family, ipvs.IPv4))
	case s.protocol == 0:
		d.fail("protocol or fwmark is missing")
	case !s.addr.IsValid():
		d.fail("address is missing")
	case s.family != 0:
		d.fail("family is for firewall marks")
	default:
		s.ID = ipvs.AddrService(s.protocol, netip.AddrPortFrom(s.addr, s.port))
	}
}

// setNetmask sets the netmask of a service, which has to be of its family.
func (d *Decoder) setNetmask(s *jsonService) {
	isIPv6 := s.family == ipvs.IPv6 || s.addr.Is6()
	switch {
	case s.netmask.IsValid() && isIPv6:
		d.fail("netmask is for IPv4: prefix_length is meant")
	case s.prefixLength != 0 && !isIPv6:
		d.fail("prefix_length is for IPv6: netmask is meant")
	case s.netmask.IsValid():
		raw := s.netmask.As4()
		s.Netmask = binary.BigEndian.Uint32(raw[:])
	case s.prefixLength != 0:
		s.Netmask = s.prefixLength
	default:
		s.Netmask = s.ID.Family.FullMask()
	}
}
