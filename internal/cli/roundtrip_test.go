package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// FuzzRoundTrip checks that the state which rules describe is saved as rules that
// describe the same state, and that are saved as the same bytes.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{
		"-A -t 10.0.0.1:80 -s rr -p -M 255.255.240.0\n-a -t 10.0.0.1:80 -r 10.0.0.2 -w 3 -x 5 -y 4\n",
		"-A -u [::1]:53 -o --pe sip\n-a -u [::1]:53 -r [::2]:54 -m\n-a -u [::1]:53 -r 10.0.0.2 -i --tun-type gue --tun-port 9 --tun-csum\n",
		"-A -f 4294967295 -6 -s mh -b mh-port,flag-3 -p 9 -M 64\n-a -f 4294967295 -6 -r [::3] -i --tun-type gre --tun-csum\n",
		"-A --sctp-service 1.2.3.4:5 -s sh -b sh-fallback\n-E --sctp-service 1.2.3.4:5\n--set 1 0 3\n",
		"--start-daemon master --syncid 3 --mcast-group ff05::9 --mcast-port 1 --mcast-ttl 2 --sync-maxlen 3 --mcast-interface x\n",
		"--start-daemon master --mcast-interface=#1\n--start-daemon backup --mcast-interface=ipvsadm\n",
		"--start-daemon master --mcast-interface -n\n--start-daemon backup --mcast-interface =\n",
		"-A -t 0x7f.1:0 -p\n-a -t 127.1:0 -r 2130706433:9\n-d -t 127.1:0 -r 127.0.0.1:0\n-C\n-A -f 1\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		first, ok := readSavableState(stream)
		if !ok {
			return
		}
		saved := saveState(first)
		second, ok := readSavableState(saved)
		if !ok {
			t.Fatalf("does not load again:\n%s", saved)
		}
		if changes := append(slices.Collect(ipvs.Diff(first, second).Changes()), slices.Collect(ipvs.Diff(second, first).Changes())...); len(changes) > 0 {
			t.Fatalf("changed on the way: %+v\n%s", changes, saved)
		}
		if again := saveState(second); again != saved {
			t.Fatalf("saved\n%s\nand again\n%s", saved, again)
		}
	})
}

// readSavableState returns the state that a stream describes. It reports false if there
// is none, or if the names in it are such that no kernel has them.
func readSavableState(stream string) (*ipvs.State, bool) {
	state, err := readState(stream, false)
	if err != nil {
		return nil, false
	}
	for _, e := range state.Entries() {
		if !isModuleName(e.Service.Scheduler) || e.Service.Engine != "" && !isModuleName(e.Service.Engine) {
			return nil, false
		}
	}
	for _, d := range state.Daemons {
		if !isInterfaceName(d.Interface) {
			return nil, false
		}
	}
	return state, true
}

// isInterfaceName reports whether an interface can have a name (dev_valid_name of
// net/core/dev.c), and the name is printable.
func isInterfaceName(name string) bool {
	return name != "" && name != "." && name != ".." &&
		!strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == ':' })
}

// isModuleName reports whether a name has only the characters of the names of schedulers
// and persistence engines.
func isModuleName(name string) bool {
	return name != "" && name != "ipvsadm" &&
		strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}

// saveState returns the rules of a state as ipvsadm-save --all prints them.
func saveState(s *ipvs.State) string {
	var b []byte
	rules := format.Rules{}
	for _, e := range s.Entries() {
		b = rules.AppendEntry(b, &e)
	}
	if s.Timeouts != nil {
		b = rules.AppendChange(b, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: *s.Timeouts})
	}
	for _, d := range s.Daemons {
		b = rules.AppendChange(b, ipvs.Change{Op: ipvs.StartDaemon, Daemon: d})
	}
	return string(b)
}
