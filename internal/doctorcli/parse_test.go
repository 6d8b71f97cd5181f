package doctorcli

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// compared compares requests.
var compared = cmp.Options{
	cmp.AllowUnexported(request{}),
	cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}),
	cmpopts.EquateEmpty(),
}

// TestParse checks what command lines ask for.
func TestParse(t *testing.T) {
	service := func(p ipvs.Protocol, addr string) *ipvs.ServiceID {
		id := ipvs.AddrService(p, netip.MustParseAddrPort(addr))
		return &id
	}
	mark := func(m uint32, f ipvs.Family) *ipvs.ServiceID {
		id := ipvs.MarkService(m, f)
		return &id
	}
	route, tunnel := ipvs.Route, ipvs.Tunnel
	addr := netip.MustParseAddr
	for line, want := range map[string]request{
		"":                                   {},
		"-t 192.0.2.1:80":                    {service: service(ipvs.TCP, "192.0.2.1:80")},
		"-t192.0.2.1:80":                     {service: service(ipvs.TCP, "192.0.2.1:80")},
		"-t 192.0.2.1":                       {service: service(ipvs.TCP, "192.0.2.1:0")},
		"--tcp-service=[2001:db8::1]:80":     {service: service(ipvs.TCP, "[2001:db8::1]:80")},
		"-u [2001:db8::1]":                   {service: service(ipvs.UDP, "[2001:db8::1]:0")},
		"-u 2001:db8::1":                     {service: service(ipvs.UDP, "[2001:db8::1]:0")},
		"--sctp-service 192.0.2.1:9":         {service: service(ipvs.SCTP, "192.0.2.1:9")},
		"-f 7":                               {service: mark(7, ipvs.IPv4)},
		"-6 -f 4294967295":                   {service: mark(4294967295, ipvs.IPv6), ipv6: true},
		"-f7 --ipv6":                         {service: mark(7, ipvs.IPv6), ipv6: true},
		"--netns web --json":                 {netns: "web", json: true},
		"--verbose --skip lro":               {verbose: true, skip: []string{"lro"}},
		"--skip lro,dr-port --skip no-route": {skip: []string{"lro", "dr-port", "no-route"}},
		"-h --real-server":                   {help: true, realServer: true},
		"-v x":                               {version: true},
		"--real-server --vip 192.0.2.1":      {realServer: true, vips: []netip.Addr{addr("192.0.2.1")}},
		"--real-server --vip 192.0.2.1 --vip 2001:db8::1 --vip 192.0.2.1 --method route --director 10.0.0.1": {
			realServer: true, vips: []netip.Addr{addr("192.0.2.1"), addr("2001:db8::1")}, method: &route, director: addr("10.0.0.1"),
		},
		"--vip 192.0.2.1 --method tunnel --real-server": {realServer: true, vips: []netip.Addr{addr("192.0.2.1")}, method: &tunnel},
	} {
		t.Run(line, func(t *testing.T) {
			got, err := parse(strings.Fields(line))
			if diff := cmp.Diff(want, got, compared); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestParseErrors checks that an error names the option and the value.
func TestParseErrors(t *testing.T) {
	const (
		notAddress = "not an address, such as 192.0.2.1 or 2001:db8::1"
		notService = "not an address and a port, such as 192.0.2.1:80 or [2001:db8::1]:80"
		notMark    = "not a whole number from 1 to 4294967295"
	)
	for line, want := range map[string]string{
		"--no-such":             "unknown option --no-such",
		"--no-such=3":           "unknown option --no-such",
		"-x":                    "unknown option -x",
		"-6x":                   "unknown option -x",
		"--=x":                  `unknown option "--=x"`,
		"--vip":                 "option --vip needs a value",
		"-t":                    "option -t needs a value",
		"--vip=":                `--vip "": the value is empty`,
		"--vip x":               `--vip "x": ` + notAddress,
		"--vip 192.0.2.1:80":    `--vip "192.0.2.1:80": ` + notAddress,
		"--director fe80::1%lo": `--director "fe80::1%lo": ` + notAddress,
		"-t www:80":             `--tcp-service "www:80": ` + notService,
		"-t 192.0.2.1:65536":    `--tcp-service "192.0.2.1:65536": ` + notService,
		"-u 2001:db8::1:80:x":   `--udp-service "2001:db8::1:80:x": ` + notService,
		"-t [fe80::1%lo]:80":    `--tcp-service "[fe80::1%lo]:80": ` + notService,
		"-f 0":                  `--fwmark-service "0": ` + notMark,
		"-f 4294967296":         `--fwmark-service "4294967296": ` + notMark,
		"-f -1":                 `--fwmark-service "-1": ` + notMark,
		"--method nat":          `--method "nat": not route, tunnel or masq`,
		"--method local":        `--method "local": not route, tunnel or masq`,
		"--skip no-such":        `--skip "no-such": there is no check "no-such"`,
		"--skip lro,":           `--skip "lro,": there is no check ""`,
		"--json=yes":            `--json "yes": the option takes no value`,
		"--json --json":         "--json: the option stands twice",
		"--netns a --netns b":   `--netns "b": the option stands twice`,
		"-t 192.0.2.1:1 -f 1":   `--fwmark-service "1": only one service can be selected`,
		"x":                     `unexpected argument "x"`,
		"-- -t":                 `unexpected argument "-t"`,
		"--real-server":         "--real-server needs --vip",
		"--vip 192.0.2.1":       "--vip, --method and --director need --real-server",
		"--method masq":         "--vip, --method and --director need --real-server",
		"-6":                    "--ipv6 needs --fwmark-service",
		"-6 -t 192.0.2.1:80":    "--ipv6 needs --fwmark-service",
		"--real-server --vip 192.0.2.1 -t 192.0.2.1:80": "a service cannot be selected with --real-server, which needs no IPVS",
	} {
		t.Run(line, func(t *testing.T) {
			got, err := parse(strings.Fields(line))
			if err == nil || err.Error() != want {
				t.Errorf("error %q, want %q; %+v", err, want, got)
			}
		})
	}
}

// FuzzParse checks that no command line panics, and that an error has one line.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"-t 192.0.2.1:80", "--skip=lro -vh6", "--real-server --vip ::1", "-f-1", "--=x", "---"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if _, err := parse(strings.Split(line, " ")); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
	})
}
