package names

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const goldenDir = "../../testdata/names/"

// protocols are the words of the golden files.
var protocols = map[string]ipvs.Protocol{
	"TCP": ipvs.TCP, "UDP": ipvs.UDP, "SCTP": ipvs.SCTP,
	"-t": ipvs.TCP, "-u": ipvs.UDP, "--sctp-service": ipvs.SCTP,
}

// readLines reads a golden file as lines of three words.
func readLines(t *testing.T, name string) [][3]string {
	t.Helper()
	text, err := os.ReadFile(goldenDir + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][3]string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, [3]string(strings.Fields(line)))
	}
	return lines
}

// fromServices returns a Resolver for the services of the golden directory.
func fromServices() *Resolver { return newResolver(nil, nil, 0, 0, goldenDir+"services") }

// TestPortsHaveTheReferencesNames checks that each port has the name that the reference
// printed. A listing truncates long names.
func TestPortsHaveTheReferencesNames(t *testing.T) {
	const fits = 33 - len("TCP  10.0.0.1:")
	r := fromServices()
	for _, line := range readLines(t, "names") {
		port, err := strconv.ParseUint(line[1], 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := r.Port(protocols[line[0]], uint16(port))
		if !ok {
			got = line[1]
		}
		if got = got[:min(len(got), fits)]; got != line[2] {
			t.Errorf("%s %s: got %q, want %q", line[0], line[1], got, line[2])
		}
	}
}

// TestNamesHaveTheReferencesPorts checks that each name has the port that the reference
// took for it; - means none.
func TestNamesHaveTheReferencesPorts(t *testing.T) {
	r := fromServices()
	for _, line := range readLines(t, "ports") {
		if _, err := strconv.Atoi(line[1]); err == nil {
			continue // a number, which the command line does not look up
		}
		got := "-"
		if port, ok := r.LookupPort(protocols[line[0]], line[1]); ok {
			got = strconv.Itoa(int(port))
		}
		if got != line[2] {
			t.Errorf("%s %s: got %s, want %s", line[0], line[1], got, line[2])
		}
	}
}

// TestServiceNamesThatDoNotLoad checks that names are ignored which the reference
// prints but a rule would read otherwise or not at all. The next name of the same port
// is used.
func TestServiceNamesThatDoNotLoad(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  string // of port 1
	}{
		{"control characters", []string{"a\x1b[1m 1/tcp", "plain 1/tcp", "later 1/tcp"}, "plain"},
		{"a colon", []string{"a:b 1/tcp", "plain 1/tcp"}, "plain"},
		{"outside ASCII", []string{"ü 1/tcp", "plain 1/tcp"}, "plain"},
		{"a number", []string{"80 1/tcp", "plain 1/tcp"}, "plain"},
		{"a number with a sign", []string{"+80 1/tcp"}, ""},
		{"not quite a number", []string{"0x50 1/tcp"}, "0x50"},
		{"the name of another port", []string{"name 2/tcp", "name 1/tcp", "plain 1/tcp"}, "plain"},
		{"the alias of another port", []string{"other 2/tcp name", "name 1/tcp"}, ""},
		{"the name of another protocol's port", []string{"name 2/udp", "name 1/tcp"}, "name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := services{map[portKey]string{}, map[nameKey]uint16{}}
			for _, line := range test.lines {
				s.add(line)
			}
			if got := s.names[portKey{ipvs.TCP, 1}]; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestNoServicesFile checks that there are no names without a services file.
func TestNoServicesFile(t *testing.T) {
	r := newResolver(nil, nil, 0, 0, goldenDir+"absent")
	if name, ok := r.Port(ipvs.TCP, 80); ok {
		t.Errorf("port 80 is %q", name)
	}
	if port, ok := r.LookupPort(ipvs.TCP, "http"); ok {
		t.Errorf("http is %d", port)
	}
}

// FuzzServices checks that the names of any line are printable and lead back to their
// ports.
func FuzzServices(f *testing.F) {
	f.Add("http\t80/tcp\twww # WorldWideWeb HTTP\n")
	f.Add("a 0x50/udp b 1_0/tcp")
	f.Fuzz(func(t *testing.T, line string) {
		s := services{map[portKey]string{}, map[nameKey]uint16{}}
		s.add(line)
		for key, name := range s.names {
			if !isServiceName(name) {
				t.Errorf("%v: %q", key, name)
			}
			if port, ok := s.ports[nameKey{key.protocol, name}]; !ok || port != key.port {
				t.Errorf("%q is %d, %v back, want %d", name, port, ok, key.port)
			}
		}
	})
}
