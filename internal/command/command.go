package command

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Verb is what a command does: the command letter of the line.
type Verb int

// The verbs. None stands for "no command yet"; a line has exactly one.
const (
	None Verb = iota
	AddService
	EditService
	DeleteService
	Flush
	Restore
	Save
	AddServer
	EditServer
	DeleteServer
	List
	Zero
	SetTimeouts
	StartDaemon
	StopDaemon
	Help
	Version
)

// View is what a listing shows of the table, or instead of it.
type View int

// The views, in the order in which one wins over those after it when a line
// asks for several.
const (
	Connections View = iota + 1
	Timeouts
	Daemons
	Stats
	Rate
	Thresholds
	PersistentConns
	TunInfo
	Plain
)

// Listing is how a List or Save command shows the table.
type Listing struct {
	// View is never zero in a List command.
	View View
	// Numeric leaves addresses and ports unresolved.
	Numeric bool
	// JSON prints a JSON document, which has no names, in the place of text.
	JSON bool
	// Exact prints counters in full.
	Exact bool
	// KernelOrder leaves services and servers as the kernel lists them.
	KernelOrder bool
	// EngineData adds the persistence engine's columns to Connections.
	EngineData bool
	// Service is the one service to list, or whose connections to list; nil
	// for all of them.
	Service *ipvs.ServiceID
	// Server limits Connections to those of a real server; port 0 is any. It
	// is the zero AddrPort for all of them.
	Server netip.AddrPort
}

// RestoreMode is what a Restore command does with the stream.
type RestoreMode int

// The ways to use a rule stream.
const (
	// Apply does the commands as they come.
	Apply RestoreMode = iota
	// Check reads them and does nothing.
	Check
	// Diff prints what would have to change for the table to be as they say.
	Diff
	// Sync changes exactly that.
	Sync
)

// Saving is how a Save command writes the table.
type Saving struct {
	// All adds the timeouts and the sync daemons.
	All bool
	// File is the file to write; empty for standard output.
	File string
}

// Command is one line of the language, checked and complete.
type Command struct {
	Verb Verb
	// Change is what the line does to the kernel, for the verbs that change
	// something: all but Restore, Save, List, Help and Version. Its Op is
	// zero for those.
	Change ipvs.Change
	// Listing is for List and Save.
	Listing Listing
	// Saving is for Save.
	Saving Saving
	// Mode is for Restore.
	Mode RestoreMode
	// JSON, for Restore, says that the stream is a JSON document.
	JSON bool
	// NetNS is the network namespace to work in: a name as in ip netns, a
	// process id or a path; empty for the caller's.
	NetNS string
	// Keep says that an EditService or EditServer leaves what the line does
	// not name as it is. The Change is then not what to do, but what to look
	// up: see Parser.ParseOver. The port of its real server is as the line has it.
	Keep bool
	// Words are those of a line with Keep.
	Words []string
	// Drain is the time to wait for the connections of a server to end
	// before DeleteServer; nil is not at all.
	Drain *time.Duration
}

// ops ties the verbs that change something to the operation that does it.
var ops = [...]ipvs.Op{
	AddService:    ipvs.AddService,
	EditService:   ipvs.EditService,
	DeleteService: ipvs.DeleteService,
	Flush:         ipvs.Flush,
	AddServer:     ipvs.AddDestination,
	EditServer:    ipvs.EditDestination,
	DeleteServer:  ipvs.DeleteDestination,
	Zero:          ipvs.Zero,
	SetTimeouts:   ipvs.SetTimeouts,
	StartDaemon:   ipvs.StartDaemon,
	StopDaemon:    ipvs.StopDaemon,
	Version:       0,
}
