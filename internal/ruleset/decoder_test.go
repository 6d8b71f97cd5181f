package ruleset

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
)

// goodDocument has every member, and leaves out what can be left out.
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
     "persistent": {"engine": "sip", "prefix_length": 64, "timeout": 90}, "scheduler_flags": ["sh-port", "flag-3", "sh-port"],
     "scheduler": "sh", "port": 0, "address": "2001:db8::1", "protocol": "udp"},
    {"protocol": "sctp", "address": "10.0.0.1", "port": 5, "scheduler": "rr", "scheduler_flags": [], "one_packet": false, "engine": "x", "destinations": []},
    {"fwmark": 4294967295, "persistent": {"netmask": "255.0.0.0"}, "destinations": [{"address": "10.1.0.1", "port": 7, "forward": "route"}, {"address": "10.1.0.1"}]},
    {"fwmark": 4294967295, "family": "ipv6", "persistent": {}}
  ],
  "timeouts": {"udp": 3, "tcp": 1},
  "daemons": [{"state": "backup"}, {"state": "master", "interface": "lo", "syncid": 255, "maxlen": 100, "group": "ff02::1", "port": 1, "ttl": 2}]
}`

// goodRules are the rules of goodDocument, behind their positions.
var goodRules = []string{
	"services[0]: -A -t 10.0.0.1:80 -s wlc",
	"services[0].destinations[0]: -a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1",
	"services[0].destinations[1]: -a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 9 -y 2147483647",
	"services[0].destinations[2]: -a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 1",
	"services[0].destinations[3]: -a -t 10.0.0.1:80 -r [2001:db8::9]:80 -i -w 1 --tun-type gue --tun-port 5555 --tun-remcsum",
	"services[0].destinations[4]: -a -t 10.0.0.1:80 -r 10.1.0.4:80 -i -w 1 --tun-type gre --tun-csum",
	"services[0].destinations[5]: -a -t 10.0.0.1:80 -r 10.1.0.5:80 -i -w 1 --tun-type ipip",
	"services[1]: -A -u [2001:db8::1]:0 -s sh -p 90 -M 64 --pe sip -o -b sh-port,flag-3",
	"services[1].destinations[0]: -a -u [2001:db8::1]:0 -r [2001:db8::2]:5 -m -w 1",
	"services[2]: -A --sctp-service 10.0.0.1:5 -s rr --pe x",
	"services[3]: -A -f 4294967295 -s wlc -p 360 -M 255.0.0.0",
	"services[3].destinations[0]: -a -f 4294967295 -r 10.1.0.1:7 -g -w 1",
	"services[3].destinations[1]: -a -f 4294967295 -r 10.1.0.1:0 -g -w 1",
	"services[4]: -A -f 4294967295 -6 -s wlc -p 360",
	"timeouts: --set 1 0 3",
	"daemons[0]: --start-daemon backup --mcast-interface eth0 --syncid 0",
	"daemons[1]: --start-daemon master --mcast-interface lo --syncid 255 --mcast-group ff02::1 --mcast-port 1 --mcast-ttl 2 --sync-maxlen 100",
}

// decoded returns what a source yields, rules and errors as text in order, and the
// error that ends it.
func decoded(source Source) (all []string, end error) {
	for {
		var r Rule
		var fault *Error
		switch err := source.Next(&r); {
		case err == nil:
			text := string(format.Rules{}.AppendChange(nil, r.Cmd.Change))
			all = append(all, r.Pos.String()+": "+strings.TrimSuffix(text, "\n"))
		case errors.As(err, &fault):
			all = append(all, err.Error())
		default:
			return all, err
		}
	}
}

// testDecoded checks what a source yields to its end.
func testDecoded(t *testing.T, source Source, want ...string) {
	t.Helper()
	got, err := decoded(source)
	if err != io.EOF {
		t.Errorf("the end is %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := source.Next(new(Rule)); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

// testDocument checks what a document is decoded to, and that the schema agrees.
func testDocument(t *testing.T, document string, want ...string) {
	t.Helper()
	testDecoded(t, NewDecoder(strings.NewReader(document)), want...)
	checkSchema(t, schematest.Rules(t), document)
}

func TestDecoder(t *testing.T) {
	testDocument(t, goodDocument, goodRules...)
}

// service returns a document with a service that has members besides its address.
func service(members string) string {
	return `{"services":[{"protocol":"tcp","address":"10.0.0.1","port":80` + members + `}]}`
}

// server returns a document with two servers, of which the second has members besides
// its address.
func server(members string) string {
	return service(`,"destinations":[{"address":"10.1.0.1"},{"address":"10.1.0.2"` + members + `}]`)
}

// TestDecoderUnknownFlags checks that flags which only a newer kernel knows survive a
// document.
func TestDecoderUnknownFlags(t *testing.T) {
	var r Rule
	doc := service(`,"scheduler_flags":["flag-1"],"unknown_flags":2147483712`)
	if err := NewDecoder(strings.NewReader(doc)).Next(&r); err != nil {
		t.Fatal(err)
	}
	want := ipvs.Sched1 | 0x40 | 1<<31
	if got := r.Cmd.Change.Service.Flags; got != want {
		t.Errorf("flags %#x, want %#x", got, want)
	}
	var log Log
	log.Append(&r)
	for r := range log.All() {
		if got := r.Cmd.Change.Service.Flags; got != want {
			t.Errorf("logged flags %#x, want %#x", got, want)
		}
	}
}

// TestDecoderSyntax covers documents that are not JSON, or not an object with services.
func TestDecoderSyntax(t *testing.T) {
	nested := `{"services":[],"version":` + strings.Repeat("[", 200) + "0" + strings.Repeat("]", 200) + "}"
	for _, test := range []struct{ name, doc, want string }{
		{"nothing", "", "line 1, column 1: the document ends too soon"},
		{"cut off", "{", "line 1, column 2: the document ends too soon"},
		{"cut off in a list", `{"services":[`, "line 1, column 14: the document ends too soon"},
		{"a rule stream", "-A -t 10.0.0.1:80", "line 1, column 1: invalid character 'A' in numeric literal"},
		{"brackets crossed", "{\"services\":\n [}", "line 2, column 3: invalid character '}' looking for beginning of value"},
		{"two documents", "{\"services\":[]}\n{}", "line 2, column 1: there is more after the document"},
		{"a comma too many", `{"services":[],}`, "line 1, column 16: invalid character '}' looking for beginning of object key string"},
		{"rubbish at the end", `{"services":[]}x`, "line 1, column 16: there is more after the document"},
		{"rubbish after a comma", `{"services":[]} ,x`, "line 1, column 18: there is more after the document"},
		{"a list", `[]`, "document: not an object"},
		{"a list and more", `[] []`, "document: not an object\nline 1, column 4: there is more after the document"},
		{"null", `null`, "document: not an object"},
		{"no services", `{}`, "document: services is missing"},
		{"unknown key", `{"Services":[]}`, `document: unknown key "Services"`},
		{"connections", `{"connections":[]}`, `document: unknown key "connections"`},
		{"key with a newline", `{"services":[],"a\n":0}`, `document: unknown key "a\n"`},
		{"long key", `{"services":[],"` + strings.Repeat("é", 61) + `":0}`, `document: unknown key "` + strings.Repeat("é", 60) + `"`},
		{"key twice", `{"version":1,"services":[],"version":[2]}`, `document: key "version" twice`},
		{"services null", `{"services":null}`, "services: not a list"},
		{"services an object", `{"services":{}}`, "services: not a list"},
		{"service a number", `{"services":[7]}`, "services[0]: not an object"},
		{"deeply nested", nested, "line 1, column 127: nested deeper than 100 levels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			testDocument(t, test.doc, strings.Split(test.want, "\n")...)
		})
	}
}

// TestDecoderServices covers faults in services. The path in want follows services[0].
func TestDecoderServices(t *testing.T) {
	for _, test := range []struct{ name, doc, want string }{
		{"empty", `{"services":[{}]}`, ": protocol or fwmark is missing"},
		{"no address", `{"services":[{"protocol":"tcp"}]}`, ": address is missing"},
		{"mark and port", `{"services":[{"fwmark":1,"port":80}]}`, ": both a firewall mark and an address"},
		{"mark and address", `{"services":[{"fwmark":1,"address":"10.0.0.1"}]}`, ": both a firewall mark and an address"},
		{"mark and protocol", `{"services":[{"fwmark":1,"protocol":"udp"}]}`, ": both a firewall mark and an address"},
		{"mark 0", `{"services":[{"fwmark":0}]}`, ".fwmark: not a whole number from 1 to 4294967295"},
		{"mark too great", `{"services":[{"fwmark":4294967296}]}`, ".fwmark: not a whole number from 1 to 4294967295"},
		{"family a number", `{"services":[{"fwmark":1,"family":4}]}`, ".family: not one of ipv4, ipv6"},
		{"protocol a number", `{"services":[{"protocol":6}]}`, ".protocol: not one of tcp, udp, sctp"},
		{"port 0", `{"services":[{"protocol":"tcp","address":"1.1.1.1"}]}`, ": Zero port specified for non-persistent service"},
		{"key twice", service(`,"port":80`), `: key "port" twice`},
		{"family of an address", service(`,"family":"ipv4"`), ": family is for firewall marks"},
		{"unknown key", service(`,"Scheduler":"rr"`), `: unknown key "Scheduler"`},
		{"scheduler empty", service(`,"scheduler":""`), ".scheduler: not a name of 1 to 15 bytes"},
		{"scheduler with a blank", service(`,"scheduler":"a b"`), ".scheduler: not a name of 1 to 15 bytes"},
		{"scheduler with DEL", service(`,"scheduler":"a` + "\x7f" + `"`), ".scheduler: not a name of 1 to 15 bytes"},
		{"scheduler not UTF-8", service("," + `"scheduler":"` + "\xff" + `"`), ".scheduler: not a name of 1 to 15 bytes"},
		{"scheduler too long", service(`,"scheduler":"sixteen-letters-"`), ".scheduler: not a name of 1 to 15 bytes"},
		{"engine too long", service(`,"engine":"seventeen-letters"`), ".engine: not a name of 1 to 16 bytes"},
		{"unknown flag", service(`,"scheduler_flags":["flag-4"]`), ": invalid scheduler flag `flag-4'"},
		{"flag of another scheduler", service(`,"scheduler_flags":["sh-port"]`), ": incompatible scheduler flag `sh-port'"},
		{"the first bad flag counts", service(`,"scheduler_flags":["flag-1","sh-port","x"]`), ": incompatible scheduler flag `sh-port'"},
		{"the first unknown flag counts", service(`,"scheduler_flags":["flag-1","x","y"]`), ": invalid scheduler flag `x'"},
		{"flags in one word", service(`,"scheduler_flags":["flag-1,flag-2"]`), ".scheduler_flags[0]: more than one flag"},
		{"flags not a list", service(`,"scheduler_flags":"flag-1"`), ".scheduler_flags: not a list"},
		{"one_packet a number", service(`,"one_packet":1`), ".one_packet: neither true nor false"},
		{"one_packet of TCP", service(`,"one_packet":true`), ": One-Packet Scheduling is only for UDP virtual services"},
		{"unknown_flags a name", service(`,"unknown_flags":"flag-9"`), ".unknown_flags: not a whole number from 1 to 4294967295"},
		{"unknown_flags too great", service(`,"unknown_flags":4294967297`), ".unknown_flags: not a whole number from 1 to 4294967295"},
		{"unknown_flags that are known", service(`,"unknown_flags":65`), ".unknown_flags: 0x41 has flags with a name"},
		{"persistent true", service(`,"persistent":true`), ".persistent: not an object"},
		{"timeout 0", service(`,"persistent":{"timeout":0}`), ".persistent.timeout: not a whole number from 1 to 2678400"},
		{"timeout too great", service(`,"persistent":{"timeout":2678401}`), ".persistent.timeout: not a whole number from 1 to 2678400"},
		{"prefix length of IPv4", service(`,"persistent":{"prefix_length":64}`), ": prefix_length is for IPv6: netmask is meant"},
		{"prefix length 0", service(`,"persistent":{"prefix_length":0}`), ".persistent.prefix_length: not a whole number from 1 to 128"},
		{"netmask of IPv6", `{"services":[{"fwmark":1,"family":"ipv6","persistent":{"netmask":"255.0.0.0"}}]}`, ": netmask is for IPv4: prefix_length is meant"},
		{"netmask in IPv6", service(`,"persistent":{"netmask":"::"}`), ".persistent.netmask: not an IPv4 mask"},
		{"netmask a length", service(`,"persistent":{"netmask":"/24"}`), ".persistent.netmask: not an IPv4 or IPv6 address"},
		{"netmask a number", service(`,"persistent":{"netmask":24}`), ".persistent.netmask: not an IPv4 or IPv6 address"},
		{"two engines", service(`,"persistent":{"engine":"x"},"engine":"y"`), ": multiple 'pe' options specified"},
		{"destinations an object", service(`,"destinations":{}`), ".destinations: not a list"},
		{"destination empty", service(`,"destinations":[{}]`), ".destinations[0]: address is missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := []string{"services[0]" + test.want}
			if strings.HasPrefix(test.want, ".destinations[") {
				want = append(want, goodRules[0]) // the service itself is valid
			}
			testDocument(t, test.doc, want...)
		})
	}
}

// TestDecoderServers covers faults in the second of two servers. The path in want follows
// services[0].destinations[1].
func TestDecoderServers(t *testing.T) {
	// Faults of the members come first: the rules follow when the service ends.
	const late = true
	for _, test := range []struct {
		name, doc, want string
		isLate          bool
	}{
		{"unknown key", server(`,"wieght":3`), `: unknown key "wieght"`, !late},
		{"weight 1.0", server(`,"weight":1.0`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight 1e3", server(`,"weight":1e3`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight -1", server(`,"weight":-1`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight too great", server(`,"weight":2147483648`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight of 20 digits", server(`,"weight":99999999999999999999`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight a string", server(`,"weight":"1"`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight null", server(`,"weight":null`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"weight a list", server(`,"weight":[1,{"a":2}]`), ".weight: not a whole number from 0 to 2147483647", !late},
		{"upper threshold", server(`,"upper_threshold":2147483648`), ".upper_threshold: not a whole number from 0 to 2147483647", !late},
		{"lower threshold", server(`,"lower_threshold":2147483648`), ".lower_threshold: not a whole number from 0 to 2147483647", !late},
		{"port too great", server(`,"port":65536,"forward":"masq"`), ".port: not a whole number from 0 to 65535", !late},
		{"another port", server(`,"port":81`), ": port 81 is not that of the service, as it has to be unless forward is masq", late},
		{"forward a number", server(`,"forward":7`), ".forward: not one of masq, tunnel, route, local, bypass", !late},
		{"tunnel without forward", server(`,"tunnel":{"type":"gre"}`), ": Tunnel options conflict with forward method", late},
		{"tunnel ipip without forward", server(`,"tunnel":{"type":"ipip"}`), ": Tunnel options conflict with forward method", late},
		{"gue without port", server(`,"forward":"tunnel","tunnel":{"type":"gue"}`), ": You need to supply the 'tun-port' option for the 'gue' tunnel type", late},
		{"tunnel port too great", server(`,"forward":"tunnel","tunnel":{"port":65536}`), ".tunnel.port: not a whole number from 0 to 65535", !late},
		{"tunnel flags a number", server(`,"forward":"tunnel","tunnel":{"flags":3}`), ".tunnel.flags: not one of nocsum, csum, remcsum", !late},
		{"tunnel type a number", server(`,"forward":"tunnel","tunnel":{"type":3}`), ".tunnel.type: not one of ipip, gue, gre", !late},
		{"tunnel a list", server(`,"forward":"tunnel","tunnel":[]`), ".tunnel: not an object", !late},
		{"tunnel with unknown key", server(`,"tunnel":{"mtu":1}`), `.tunnel: unknown key "mtu"`, !late},
		{"twice", strings.Replace(server(""), "0.2", "0.1", 1), ": add server: file exists", late},
		{"another family", strings.Replace(server(""), "10.1.0.2", "::2", 1), ": Different address family is allowed only for tunneling servers", late},
		{"address with a zone", strings.Replace(server(""), "10.1.0.2", "fe80::1%a", 1), ".address: not an IPv4 or IPv6 address", !late},
		{"address null", strings.Replace(server(""), `"10.1.0.2"`, "null", 1), ".address: not an IPv4 or IPv6 address", !late},
		{"a number", strings.Replace(server(""), `{"address":"10.1.0.2"}`, "2", 1), ": not an object", !late},
	} {
		t.Run(test.name, func(t *testing.T) {
			fault := "services[0].destinations[1]" + test.want
			want := []string{fault, goodRules[0], goodRules[1]}
			if test.isLate {
				want = []string{goodRules[0], goodRules[1], fault}
			}
			testDocument(t, test.doc, want...)
		})
	}
}

// TestDecoderRest covers faults in timeouts and sync daemons, and several at once.
func TestDecoderRest(t *testing.T) {
	mark := func(i, mark int) string { return fmt.Sprintf("services[%d]: -A -f %d -s wlc", i, mark) }
	const lost = "services[0].destinations[0]: add server: no such process"
	for _, test := range []struct {
		name, doc string
		want      []string
	}{
		{"timeout too great", `{"services":[],"timeouts":{"tcp":2678401}}`, []string{"timeouts.tcp: not a whole number from 0 to 2678400"}},
		{"unknown timeout", `{"services":[],"timeouts":{"sctp":1}}`, []string{`timeouts: unknown key "sctp"`}},
		{"timeouts alone", `{"timeouts":{"tcp":1}}`, []string{"timeouts: --set 1 0 0", "document: services is missing"}},
		{"daemon without state", `{"services":[],"daemons":[{"ttl":1}]}`, []string{"daemons[0]: state is missing"}},
		{"daemon without state, and a fault", `{"services":[],"daemons":[{"ttl":0}]}`, []string{"daemons[0].ttl: not a whole number from 1 to 255"}},
		{"state a number", `{"services":[],"daemons":[{"state":1}]}`, []string{"daemons[0].state: not one of master, backup"}},
		{"group is not multicast", `{"services":[],"daemons":[{"state":"master","group":"10.0.0.1"}]}`, []string{"daemons[0]: invalid IPv4 mcast-group `10.0.0.1'"}},
		{"syncid too great", `{"services":[],"daemons":[{"syncid":256}]}`, []string{"daemons[0].syncid: not a whole number from 0 to 255"}},
		{"maxlen too great", `{"services":[],"daemons":[{"maxlen":65508}]}`, []string{"daemons[0].maxlen: not a whole number from 1 to 65507"}},
		{"port 0", `{"services":[],"daemons":[{"port":0}]}`, []string{"daemons[0].port: not a whole number from 1 to 65535"}},
		{"ttl too great", `{"services":[],"daemons":[{"ttl":256}]}`, []string{"daemons[0].ttl: not a whole number from 1 to 255"}},
		{"long interface", `{"services":[],"daemons":[{"interface":"sixteen-letters-"}]}`, []string{"daemons[0].interface: not a name of 1 to 15 bytes"}},
		{"daemon twice", `{"services":[],"daemons":[{"state":"master"},{"state":"master","syncid":1}]}`,
			[]string{"daemons[0]: --start-daemon master --mcast-interface eth0 --syncid 0", "daemons[1]: start sync daemon: file exists"}},

		{"service twice", `{"services":[{"fwmark":1},{"fwmark":2},{"fwmark":1}]}`, []string{mark(0, 1), mark(1, 2), "services[2]: add service: file exists"}},
		{"server of a service twice", `{"services":[{"fwmark":1},{"fwmark":1,"destinations":[{"address":"10.1.0.1"}]}]}`,
			[]string{mark(0, 1), "services[1]: add service: file exists", "services[1].destinations[0]: -a -f 1 -r 10.1.0.1:0 -g -w 1"}},
		{"server of a bad service", `{"services":[{"protocol":"tcp","address":"10.0.0.1","destinations":[{"address":"10.1.0.1"}]}]}`,
			[]string{"services[0]: Zero port specified for non-persistent service", lost}},
		{"server of a service with two engines", service(`,"persistent":{"engine":"x"},"engine":"y","destinations":[{"address":"10.1.0.1"}]`),
			[]string{"services[0]: multiple 'pe' options specified", lost}},
		{"server of a service with a bad member", service(`,"one_packet":2,"destinations":[{"address":"10.1.0.1"}]`),
			[]string{"services[0].one_packet: neither true nor false"}},
		{"faults of services and servers", `{"services":[{"fwmark":1,"destinations":[7,{"address":"10.1.0.1"},{"port":-1}]},{"fwmark":"x","destinations":[{}]}]}`,
			[]string{"services[0].destinations[0]: not an object", "services[0].destinations[2].port: not a whole number from 0 to 65535",
				mark(0, 1), "services[0].destinations[1]: -a -f 1 -r 10.1.0.1:0 -g -w 1",
				"services[1].fwmark: not a whole number from 1 to 4294967295", "services[1].destinations[0]: address is missing"}},
		{"faults everywhere", `{"services":[{"fwmark":"x"},{"port":-1},{"fwmark":3,"a":0}],"b":0}{}`,
			[]string{"services[0].fwmark: not a whole number from 1 to 4294967295", "services[1].port: not a whole number from 0 to 65535",
				`services[2]: unknown key "a"`, `document: unknown key "b"`, "line 1, column 67: there is more after the document"}},
		{"rules before a fault of syntax", `{"services":[{"fwmark":1},{"fwmark":2],`, []string{mark(0, 1), "line 1, column 38: invalid character ']' after object key:value pair"}},
	} {
		t.Run(test.name, func(t *testing.T) { testDocument(t, test.doc, test.want...) })
	}
}

// TestDecoderLimits covers the least and the greatest values that members take.
func TestDecoderLimits(t *testing.T) {
	testDocument(t, `{"services": [
  {"protocol": "tcp", "address": "255.255.255.255", "port": 65535, "scheduler": "fifteen-letters", "engine": "sixteen-letters-", "destinations": [
    {"address": "0.0.0.0", "port": 0, "forward": "masq", "weight": 2147483647, "upper_threshold": 2147483647, "lower_threshold": 2147483647},
    {"address": "0.0.0.0", "port": 65535, "forward": "masq", "weight": 0, "upper_threshold": 0, "lower_threshold": 0},
    {"address": "10.0.0.1", "forward": "tunnel", "tunnel": {"type": "gue", "port": 65535}},
    {"address": "10.0.0.2", "forward": "tunnel", "tunnel": {"type": "gue", "port": 1}},
    {"address": "10.0.0.3", "forward": "bypass"}]},
  {"fwmark": 1, "persistent": {"timeout": 1, "netmask": "0.0.0.0"}, "scheduler": "!~"},
  {"fwmark": 4294967295, "family": "ipv6", "persistent": {"timeout": 2678400, "prefix_length": 1}},
  {"fwmark": 1, "family": "ipv6", "persistent": {"prefix_length": 128}}],
"timeouts": {"tcp": 2678400, "tcp_fin": 2678400, "udp": 2678400},
"daemons": [
  {"state": "master", "syncid": 255, "maxlen": 65507, "port": 65535, "ttl": 255, "interface": "fifteen-letters"},
  {"state": "backup", "syncid": 0, "maxlen": 1, "port": 1, "ttl": 1}]}`,
		"services[0]: -A -t 255.255.255.255:65535 -s fifteen-letters --pe sixteen-letters-",
		"services[0].destinations[0]: -a -t 255.255.255.255:65535 -r 0.0.0.0:0 -m -w 2147483647 -x 2147483647 -y 2147483647",
		"services[0].destinations[1]: -a -t 255.255.255.255:65535 -r 0.0.0.0:65535 -m -w 0",
		"services[0].destinations[2]: -a -t 255.255.255.255:65535 -r 10.0.0.1:65535 -i -w 1 --tun-type gue --tun-port 65535 --tun-nocsum",
		"services[0].destinations[3]: -a -t 255.255.255.255:65535 -r 10.0.0.2:65535 -i -w 1 --tun-type gue --tun-port 1 --tun-nocsum",
		"services[0].destinations[4]: -a -t 255.255.255.255:65535 -r 10.0.0.3:65535 --forward-4 -w 1",
		"services[1]: -A -f 1 -s !~ -p 1 -M 0.0.0.0",
		"services[2]: -A -f 4294967295 -6 -s wlc -p 2678400 -M 1",
		"services[3]: -A -f 1 -6 -s wlc -p 360",
		"timeouts: --set 2678400 2678400 2678400",
		"daemons[0]: --start-daemon master --mcast-interface fifteen-letters --syncid 255 --mcast-port 65535 --mcast-ttl 255 --sync-maxlen 65507",
		"daemons[1]: --start-daemon backup --mcast-interface eth0 --syncid 0 --mcast-port 1 --mcast-ttl 1 --sync-maxlen 1",
	)
}

// TestParseAddr compares addresses with netip.ParseAddr.
func TestParseAddr(t *testing.T) {
	for _, text := range []string{
		"0.0.0.0", "255.255.255.255", "1.20.255.4", "10.0.0.1", "256.0.0.1", "1.2.3.256", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4",
		"00.0.0.0", "1.2.3.04", "1.2.3.00", "1000.1.1.1", "4294967297.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4x", "1.2.3.4%x", "1.2.3./", "1.2.3.:",
		"::", "::1.2.3.4", "2001:db8::1", "fe80::1%a", "x", "", ".", "...", "9.8.7.6",
	} {
		t.Run(text, func(t *testing.T) {
			want, err := netip.ParseAddr(text)
			if err != nil || want.Zone() != "" {
				want = netip.Addr{}
			}
			if got, ok := parseAddr([]byte(text)); ok != want.IsValid() || ok && got != want {
				t.Errorf("got %v, %v, want %v", got, ok, want)
			}
			if got, ok := parseIPv4([]byte(text)); ok != want.Is4() || ok && got != want {
				t.Errorf("as IPv4: got %v, %v, want %v", got, ok, want)
			}
		})
	}
}
