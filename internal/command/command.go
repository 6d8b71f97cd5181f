package command

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Verb is a command of the language, such as -A.
type Verb int

// The verbs. A line has exactly one. None is the verb of an option.
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

// View is what a listing shows: the columns of the table, or something else in its
// place.
type View int

// The views. If a line selects several, the first one in this order is used.
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
	// Numeric prints addresses and ports as numbers.
	Numeric bool
	// JSON prints a JSON document, which has no names, instead of text.
	JSON bool
	// Exact prints counters in full.
	Exact bool
	// KernelOrder lists services and servers in the order of the kernel.
	KernelOrder bool
	// EngineData adds the columns of the persistence engine to Connections.
	EngineData bool
	// Service limits the listing to one service, or to its connections; nil for
	// all services.
	Service *ipvs.ServiceID
	// Server limits Connections to one real server; port 0 is any port. The zero
	// AddrPort is all servers.
	Server netip.AddrPort
	// By are the keys by which Connections are counted; none lists them. With Metrics
	// it is ConnService alone, and leaves the servers out.
	By ipvs.ConnKeys
	// Limit is the greatest number of groups of connections; 0 is all.
	Limit uint32
	// Metrics prints the table as metrics for Prometheus.
	Metrics bool
	// Interval is the time from one listing to the next; 0 lists once.
	Interval time.Duration
	// Count is the number of listings with an Interval; 0 is without end.
	Count uint32
}

// RestoreMode is what a Restore command does with the rules.
type RestoreMode int

// The modes of Restore.
const (
	// Apply runs the rules.
	Apply RestoreMode = iota
	// Check only reads and checks the rules.
	Check
	// Diff prints the commands that turn the table into the one that the rules
	// describe.
	Diff
	// Sync runs these commands.
	Sync
)

// Restoring is what a Restore command does with the rules, and how.
type Restoring struct {
	// Mode is what is done with the rules.
	Mode RestoreMode
	// JSON reports whether the rules are a JSON document.
	JSON bool
	// Partial makes Diff and Sync leave the services alone that the rules do not name.
	Partial bool
	// KeepWeights makes Diff and Sync leave the weights of present servers alone.
	KeepWeights bool
	// Changes makes Sync print the commands that it ran.
	Changes bool
	// Atomic makes Apply put back what was there before if a rule fails.
	Atomic bool
	// Against is the file that Diff compares with in the place of the kernel; empty
	// for the kernel.
	Against string
}

// Saving is how a Save command writes the table.
type Saving struct {
	// All adds the timeouts and the sync daemons.
	All bool
	// File is the file to write; empty for standard output.
	File string
}

// Command is a parsed and checked line.
type Command struct {
	// Verb is never None.
	Verb Verb
	// Change is the change that the line makes. Op is 0 for the verbs without a
	// change: Restore, Save, List, Help and Version.
	Change ipvs.Change
	// Listing is for List and Save.
	Listing Listing
	// Saving is for Save. List has a File, too.
	Saving Saving
	// Restoring is for Restore.
	Restoring Restoring
	// NetNS is the network namespace to work in: a name known to ip netns, a
	// process ID or a path; empty for the namespace of the caller.
	NetNS string
	// Keep reports whether EditService or EditServer keeps the settings that the
	// line does not name. The Change then only identifies the service and the
	// server, with the port that is on the line; Parser.ParseOver completes it.
	Keep bool
	// Words are the words of a line with Keep.
	Words []string
	// Drain is the time that DeleteServer waits for the connections of the server
	// to end; nil if it does not drain the server.
	Drain *time.Duration
}

// ops has the operations of the verbs that change something.
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
