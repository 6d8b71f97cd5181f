package ruleset

import (
	"math"
	"slices"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// documentValues is what has been read of a document.
type documentValues struct {
	hasServices bool
	timeouts    ipvs.Timeouts
	daemon      ipvs.Daemon
	service     jsonService
	server      jsonServer
	servers     serverList // of service
	serversPath string

	// What there are rules for already.
	services    keySet
	serverAddrs keySet // of service
	daemons     []ipvs.DaemonState
}

var documentObject = object{
	members: []member{
		{"services", func(d *Decoder) {
			d.values.hasServices = true
			d.beginList((*Decoder).beginService)
		}},
		{"timeouts", func(d *Decoder) { d.beginObject(&timeoutsObject) }},
		{"daemons", func(d *Decoder) { d.beginList((*Decoder).beginDaemon) }},
		{"version", (*Decoder).skip},
		{"conn_table_size", (*Decoder).skip},
	},
	end: func(d *Decoder, _ int) {
		// Without its services, a document would mean an empty table.
		if !d.values.hasServices && d.nerrors == 0 {
			d.fail("services is missing")
		}
	},
}

// timeoutsObject reads the timeouts. 0 leaves the present one.
var timeoutsObject = object{
	members: []member{
		{"tcp", func(d *Decoder) { d.values.timeouts.TCP = d.uint32(0, ipvs.MaxTimeout) }},
		{"tcp_fin", func(d *Decoder) { d.values.timeouts.TCPFin = d.uint32(0, ipvs.MaxTimeout) }},
		{"udp", func(d *Decoder) { d.values.timeouts.UDP = d.uint32(0, ipvs.MaxTimeout) }},
	},
	end: func(d *Decoder, nerrors int) {
		if d.nerrors == nerrors {
			d.add(d.position(), ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: d.values.timeouts})
		}
	},
}

// beginDaemon begins to read a sync daemon.
func (d *Decoder) beginDaemon(int) {
	d.values.daemon = ipvs.Daemon{}
	d.beginObject(&daemonObject)
}

var daemonObject = object{
	members: []member{
		{"state", func(d *Decoder) { d.values.daemon.State = oneOf(d, ipvs.Master, ipvs.Backup) }},
		{"interface", func(d *Decoder) { d.values.daemon.Interface = d.name(ipvs.MaxInterfaceName) }},
		{"syncid", func(d *Decoder) { d.values.daemon.SyncID = d.uint32(0, ipvs.MaxSyncID) }},
		{"maxlen", func(d *Decoder) { d.values.daemon.MaxLen = uint16(d.number(1, ipvs.MaxSyncLength)) }},
		{"group", func(d *Decoder) { d.values.daemon.Group = d.addr() }},
		{"port", func(d *Decoder) { d.values.daemon.Port = uint16(d.number(1, math.MaxUint16)) }},
		{"ttl", func(d *Decoder) { d.values.daemon.TTL = uint8(d.number(1, ipvs.MaxTTL)) }},
	},
	end: func(d *Decoder, nerrors int) {
		if d.nerrors == nerrors && d.values.daemon.State == 0 {
			d.fail("state is missing")
		}
		if d.nerrors == nerrors {
			d.add(d.position(), ipvs.Change{Op: ipvs.StartDaemon, Daemon: d.values.daemon})
		}
	},
}

// add makes the rule of a change, or reports why there is none.
func (d *Decoder) add(pos Position, c ipvs.Change) {
	if err := d.makeRule(pos, c); err != nil {
		d.report(pos, err)
	}
}

// makeRule makes the rule of a change. The error is that of the change, or of the table
// that the document describes.
func (d *Decoder) makeRule(pos Position, c ipvs.Change) error {
	cmd, err := command.FromChange(c)
	if err == nil {
		err = d.note(&cmd.Change)
	}
	if err != nil {
		return err
	}

	d.rule, d.hasRule = Rule{pos, cmd}, true
	return nil
}

// note notes what a change adds. Its error is that of the kernel for what is there
// already, or for a server of a service that is not.
func (d *Decoder) note(c *ipvs.Change) error {
	v := &d.values
	isNew := true
	switch c.Op {
	case ipvs.AddService:
		isNew = v.services.addService(c.Service.ID)
	case ipvs.AddDestination:
		if !v.service.exists {
			return &ipvs.Error{Op: c.Op, Errno: syscall.ESRCH}
		}
		isNew = v.serverAddrs.addAddr(0, c.Destination.Addr)
	case ipvs.StartDaemon:
		isNew = !slices.Contains(v.daemons, c.Daemon.State)
		if isNew { // or they would grow with the document
			v.daemons = append(v.daemons, c.Daemon.State)
		}
	}

	if !isNew {
		return &ipvs.Error{Op: c.Op, Errno: syscall.EEXIST}
	}
	return nil
}
