package cli

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// goodDocument says something of everything, and leaves out what can be.
const goodDocument = `{
  "version": "9.9.9", "conn_table_size": {"any": [1, "thing"]},
  "services": [
    {"protocol": "tcp", "address": "10.0.0.1", "port": 80, "stats": {"connections": -1},
     "destinations": [
       {"address": "10.1.0.1"},
       {"address": "10.1.0.2", "port": 8080, "forward": "masq", "weight": 0, "upper_threshold": 9, "lower_threshold": 2147483647, "stats": null},
       {"address": "10.1.0.3", "port": 80, "forward": "local", "active_connections": "many"},
       {"address": "2001:db8::9", "forward": "tunnel", "tunnel": {"type": "gue", "port": 5555, "flags": "remcsum"}},
       {"address": "10.1.0.4", "forward": "tunnel", "tunnel": {"flags": "csum", "port": 0, "type": "gre"}},
       {"address": "10.1.0.5", "forward": "tunnel", "tunnel": {"type": "ipip", "port": 0, "flags": "nocsum"}}]},
    {"destinations": [{"port": 5, "address": "2001:db8::2", "forward": "masq"}], "one_packet": true,
     "persistent": {"engine": "sip", "prefix_length": 64, "timeout": 90}, "scheduler_flags": ["sh-port", "flag-3"],
     "scheduler": "sh", "port": 0, "address": "2001:db8::1", "protocol": "udp"},
    {"protocol": "sctp", "address": "10.0.0.1", "port": 5, "scheduler": "rr", "scheduler_flags": [], "one_packet": false, "engine": "x", "destinations": []},
    {"fwmark": 4294967295, "persistent": {"netmask": "255.0.0.0"}, "destinations": [{"address": "10.1.0.1", "port": 7, "forward": "route"}]},
    {"fwmark": 4294967295, "family": "ipv6", "persistent": {}}
  ],
  "timeouts": {"udp": 3, "tcp": 1},
  "daemons": [{"state": "backup"}, {"state": "master", "interface": "lo", "syncid": 255, "maxlen": 100, "group": "ff02::1", "port": 1, "ttl": 2}]
}`

var goodChanges = []string{
	"-A -t 10.0.0.1:80 -s wlc",
	"-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1",
	"-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 9 -y 2147483647",
	"-a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 1",
	"-a -t 10.0.0.1:80 -r [2001:db8::9]:80 -i -w 1 --tun-type gue --tun-port 5555 --tun-remcsum",
	"-a -t 10.0.0.1:80 -r 10.1.0.4:80 -i -w 1 --tun-type gre --tun-csum",
	"-a -t 10.0.0.1:80 -r 10.1.0.5:80 -i -w 1 --tun-type ipip",
	"-A -u [2001:db8::1]:0 -s sh -p 90 -M 64 --pe sip -o -b sh-port,flag-3",
	"-a -u [2001:db8::1]:0 -r [2001:db8::2]:5 -m -w 1",
	"-A --sctp-service 10.0.0.1:5 -s rr --pe x",
	"-A -f 4294967295 -s wlc -p 360 -M 255.0.0.0",
	"-a -f 4294967295 -r 10.1.0.1:7 -g -w 1",
	"-A -f 4294967295 -6 -s wlc -p 360",
	"--set 1 0 3",
	"--start-daemon backup --mcast-interface eth0 --syncid 0",
	"--start-daemon master --mcast-interface lo --syncid 255 --mcast-group ff02::1 --mcast-port 1 --mcast-ttl 2 --sync-maxlen 100",
}

// TestRestoreDocument: ipvsadm-restore clears first, ipvsadm -R does not, --check
// does nothing.
func TestRestoreDocument(t *testing.T) {
	for _, test := range []struct {
		program func([]string, Env) int
		line    string
		changes []string
	}{
		{Restore, "ipvsadm-restore --json", append([]string{"-C"}, goodChanges...)},
		{Restore, "ipvsadm-restore -n --json", append([]string{"-C"}, goodChanges...)},
		{Run, "ipvsadm -R --json", goodChanges},
		{Run, "ipvsadm -R --json --check", nil},
	} {
		k := &scriptedKernel{}
		checkEqual(t, test.line, result{}, run(test.program, k, strings.NewReader(goodDocument), test.line))
		checkEqual(t, test.line+": changes", test.changes, k.changes)
	}
}

// TestSyncDocument has the present table without the first server and with another
// service.
func TestSyncDocument(t *testing.T) {
	k := &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{tableEntry("10.0.0.1:80"), tableEntry("10.0.0.2:80")}}}
	const doc = `{"services": [{"protocol": "tcp", "address": "10.0.0.1", "port": 80, "scheduler": "rr", "destinations": [{"address": "10.1.0.1"}]}]}`
	want := "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1\n-D -t 10.0.0.2:80\n"
	checkEqual(t, "diff", result{1, want, ""}, run(Run, k, strings.NewReader(doc), "ipvsadm -R --json --diff"))
	checkEqual(t, "changes of the diff", []string(nil), k.changes)
	checkEqual(t, "sync", result{}, run(Restore, k, strings.NewReader(doc), "ipvsadm-restore --json --sync"))
	checkEqual(t, "changes", strings.Split(strings.TrimSpace(want), "\n"), k.changes)
}

// tableEntry is a service without servers.
func tableEntry(addr string) ipvs.Entry {
	svc := ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr)), Scheduler: "rr", Netmask: ipvs.IPv4.FullMask()}
	return ipvs.Entry{Service: svc}
}

// TestBadDocuments: each fault is told with its place, and nothing is touched.
func TestBadDocuments(t *testing.T) {
	service := func(members string) string {
		return `{"services":[{"protocol":"tcp","address":"10.0.0.1","port":80` + members + `}]}`
	}
	server := func(members string) string {
		return service(`,"destinations":[{"address":"10.1.0.1"},{"address":"10.1.0.2"` + members + `}]`)
	}
	const in, at = "services[0]", "services[0].destinations[1]"
	for doc, want := range map[string]string{
		"":                        "line 1, column 1: the document ends too soon",
		"{":                       "line 1, column 2: the document ends too soon",
		"-A -t 10.0.0.1:80":       "line 1, column 1: invalid character 'A' in numeric literal",
		"{\"services\":\n [}":     "line 2, column 3: invalid character '}' looking for beginning of value",
		"{\"services\":[]}\n{}":   "line 2, column 1: there is more after the document",
		`{"services":[],}`:        "line 1, column 16: invalid character '}' looking for beginning of object key string",
		`{"services":[]}x`:        "line 1, column 16: there is more after the document",
		`[]`:                      "document: not an object",
		`null`:                    "document: not an object",
		`{}`:                      "document: services is missing",
		`{"timeouts":{"tcp":1}}`:  "document: services is missing",
		`{"services":null}`:       "services: not a list",
		`{"services":{}}`:         "services: not a list",
		`{"services":[7]}`:        "services[0]: not an object",
		`{"Services":[]}`:         `document: unknown key "Services"`,
		`{"connections":[]}`:      `document: unknown key "connections"`,
		`{"services":[],"a\n":0}`: `document: unknown key "a\n"`,
		`{"services":[],"version":` + strings.Repeat("[", 200) + "0" + strings.Repeat("]", 200) + "}": "line 1, column 127: nested deeper than 100 levels",
		`{"services":[{}]}`:                                                    in + ": protocol or fwmark is missing",
		`{"services":[{"protocol":"tcp"}]}`:                                    in + ": address is missing",
		`{"services":[{"fwmark":1,"port":80}]}`:                                in + ": both a firewall mark and an address",
		`{"services":[{"fwmark":0}]}`:                                          in + ".fwmark: not a whole number from 1 to 4294967295",
		`{"services":[{"fwmark":1,"family":4}]}`:                               in + ".family: not one of ipv4, ipv6",
		`{"services":[{"fwmark":1},{"fwmark":1}]}`:                             "services[1]: Service already exists",
		`{"services":[{"protocol":6}]}`:                                        in + ".protocol: not one of tcp, udp, sctp",
		`{"services":[{"protocol":"tcp","address":"1.1.1.1"}]}`:                in + ": Zero port specified for non-persistent service",
		service(`,"port":80`):                                                  in + `: key "port" twice`,
		service(`,"family":"ipv4"`):                                            in + ": family is for firewall marks",
		service(`,"Scheduler":"rr"`):                                           in + `: unknown key "Scheduler"`,
		service(`,"scheduler":""`):                                             in + ".scheduler: not a name of 1 to 15 bytes",
		service(`,"scheduler":"a b"`):                                          in + ".scheduler: not a name of 1 to 15 bytes",
		service("," + `"scheduler":"` + "\xff" + `"`):                          in + ".scheduler: not a name of 1 to 15 bytes",
		service(`,"scheduler":"sixteen-letters-"`):                             in + ".scheduler: not a name of 1 to 15 bytes",
		service(`,"scheduler_flags":["flag-4"]`):                               in + ": invalid scheduler flag `flag-4'",
		service(`,"scheduler_flags":["sh-port"]`):                              in + ": incompatible scheduler flag `sh-port'",
		service(`,"scheduler_flags":["flag-1,flag-2"]`):                        in + ".scheduler_flags[0]: more than one flag",
		service(`,"scheduler_flags":"flag-1"`):                                 in + ".scheduler_flags: not a list",
		service(`,"one_packet":1`):                                             in + ".one_packet: neither true nor false",
		service(`,"one_packet":true`):                                          in + ": One-Packet Scheduling is only for UDP virtual services",
		service(`,"persistent":true`):                                          in + ".persistent: not an object",
		service(`,"persistent":{"timeout":2678401}`):                           in + ".persistent.timeout: not a whole number from 1 to 2678400",
		service(`,"persistent":{"prefix_length":64}`):                          in + ": prefix_length is for IPv6: netmask is meant",
		service(`,"persistent":{"netmask":"::"}`):                              in + ".persistent.netmask: not an IPv4 mask",
		service(`,"persistent":{"netmask":"/24"}`):                             in + ".persistent.netmask: not an IPv4 or IPv6 address",
		service(`,"persistent":{"engine":"x"},"engine":"y"`):                   in + ": multiple 'pe' options specified",
		service(`,"destinations":{}`):                                          in + ".destinations: not a list",
		service(`,"destinations":[{}]`):                                        in + ".destinations[0]: address is missing",
		server(`,"wieght":3`):                                                  at + `: unknown key "wieght"`,
		server(`,"weight":1.0`):                                                at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":1e3`):                                                at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":-1`):                                                 at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":2147483648`):                                         at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":99999999999999999999`):                               at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":"1"`):                                                at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":null`):                                               at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"weight":[1,{"a":2}]`):                                        at + ".weight: not a whole number from 0 to 2147483647",
		server(`,"port":65536,"forward":"masq"`):                               at + ".port: not a whole number from 0 to 65535",
		server(`,"port":81`):                                                   at + ": port 81 is not that of the service, as it has to be unless forward is masq",
		server(`,"forward":7`):                                                 at + ".forward: not one of masq, tunnel, route, local, bypass",
		server(`,"tunnel":{"type":"gre"}`):                                     at + ": Tunnel options conflict with forward method",
		server(`,"forward":"tunnel","tunnel":{"type":"gue"}`):                  at + ": You need to supply the 'tun-port' option for the 'gue' tunnel type",
		server(`,"forward":"tunnel","tunnel":{"flags":3}`):                     at + ".tunnel.flags: not one of nocsum, csum, remcsum",
		strings.Replace(server(""), "0.2", "0.1", 1):                           at + ": Destination already exists",
		strings.Replace(server(""), "10.1.0.2", "::2", 1):                      at + ": Different address family is allowed only for tunneling servers",
		strings.Replace(server(""), "10.1.0.2", "fe80::1%a", 1):                at + ".address: not an IPv4 or IPv6 address",
		`{"services":[],"timeouts":{"tcp":2678401}}`:                           "timeouts.tcp: not a whole number from 0 to 2678400",
		`{"services":[],"timeouts":{"sctp":1}}`:                                `timeouts: unknown key "sctp"`,
		`{"services":[],"daemons":[{"ttl":1}]}`:                                "daemons[0]: state is missing",
		`{"services":[],"daemons":[{"state":1}]}`:                              "daemons[0].state: not one of master, backup",
		`{"services":[],"daemons":[{"state":"master","group":"10.0.0.1"}]}`:    "daemons[0]: invalid IPv4 mcast-group `10.0.0.1'",
		`{"services":[],"daemons":[{"state":"master"},{"state":"master"}]}`:    "daemons[1]: Daemon has already run",
		`{"services":[{"fwmark":"x"},{"port":-1},{"fwmark":3,"a":0}],"b":0}{}`: "services[0].fwmark: not a whole number from 1 to 4294967295\nservices[1].port: not a whole number from 0 to 65535\nservices[2]: unknown key \"a\"\ndocument: unknown key \"b\"\nline 1, column 67: there is more after the document",
	} {
		for _, line := range []string{"ipvsadm-restore --json", "ipvsadm-restore --json --check", "ipvsadm-restore --json --diff"} {
			k := &scriptedKernel{}
			got := run(Restore, k, strings.NewReader(doc), line)
			if got.Stdout != "" || got.Stderr != want+"\n" || got.Status != 2 && got.Status != 255 || k.opened > 0 {
				t.Errorf("%s of %.200s:\n got %+v, kernel opened %d times\nwant %s", line, doc, got, k.opened, want)
			}
		}
	}
}

// TestRefusedParts: what the kernel refuses is told by its place, the rest applies.
func TestRefusedParts(t *testing.T) {
	k := &scriptedKernel{rejectAt: map[int]syscall.Errno{2: syscall.EEXIST}}
	got := run(Restore, k, strings.NewReader(goodDocument), "ipvsadm-restore --json")
	checkEqual(t, "result", result{255, "", "services[0].destinations[0]: Destination already exists\n"}, got)
	checkEqual(t, "changes", append([]string{"-C"}, goodChanges...), k.changes)
}

// TestDocumentsLoad: what is printed can be loaded, with counters or without.
func TestDocumentsLoad(t *testing.T) {
	wanted := &scriptedKernel{}
	run(Run, wanted, strings.NewReader(goodDocument), "ipvsadm -R --json")
	wanted.table.Entries = stateOf(t, goodDocument).Entries()
	for _, line := range []string{"ipvsadm -L --json", "ipvsadm -Ln --stats --json", "ipvsadm -S --json", "ipvsadm-save --json"} {
		program := Run
		if strings.HasPrefix(line, "ipvsadm-save") {
			program = Save
		}
		printed := run(program, wanted, strings.NewReader(""), line)
		if !json.Valid([]byte(printed.Stdout)) || printed.Stderr != "" {
			t.Fatalf("%s: %+v", line, printed)
		}
		again := &scriptedKernel{}
		checkEqual(t, line+" again", result{}, run(Run, again, strings.NewReader(printed.Stdout), "ipvsadm -R --json"))
		slices.Sort(again.changes) // a listing is sorted, the document is not
		tablePart := slices.Sorted(slices.Values(goodChanges[:13]))
		checkEqual(t, line+": changes", tablePart, again.changes)
	}
}

// stateOf is what a good document describes.
func stateOf(t testing.TB, doc string) *ipvs.State {
	t.Helper()
	s := newSession("ipvsadm", Env{Stdin: strings.NewReader(doc), Names: noNames{}})
	state, err := readWanted(s, true)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// FuzzDocument reads anything. Of a document that is good, what is printed again
// describes the same.
func FuzzDocument(f *testing.F) {
	files, err := filepath.Glob("../../testdata/format/json/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add(goodDocument)
	f.Fuzz(func(t *testing.T, doc string) {
		got := run(Restore, &scriptedKernel{}, strings.NewReader(doc), "ipvsadm-restore --json --check")
		if (got.Status == 0) != (got.Stderr == "") || got.Stdout != "" {
			t.Fatalf("%+v", got)
		}
		if got.Status != 0 {
			return
		}
		if !json.Valid([]byte(doc)) {
			t.Fatal("accepted, but is not JSON")
		}
		first := documentOf(stateOf(t, doc))
		if second := documentOf(stateOf(t, first)); second != first {
			t.Errorf("\nfirst  %s\nsecond %s", first, second)
		}
	})
}

// documentOf prints a state.
func documentOf(s *ipvs.State) string {
	doc := format.JSON{Rules: true}
	b := doc.AppendOpening(nil, &ipvs.Info{})
	for i, e := range s.Entries() {
		b = doc.AppendEntry(b, i, &e)
	}
	rest := &format.Rest{Daemons: s.Daemons}
	if s.Timeouts != nil {
		rest.Timeouts = *s.Timeouts
	}
	return string(doc.AppendClosing(b, rest))
}
