//go:build kernel

package cli_test

import (
	"encoding/json"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// mixedRules are a table with all that a listing can show; the first services have
// real servers in the namespace.
const mixedRules = `--set 901 121 301
-A -t 10.1.1.1:80 -s wrr
-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 80
-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m -w 3 -x 7
-A -t [2001:db8::1]:80 -s sh -b sh-fallback,sh-port -p 77 -M 64
-a -t [2001:db8::1]:80 -r [2001:db8::2]:8080 -m
-A -u 10.1.1.1:5060 -s rr -p 60 -M 255.255.0.0 --pe sip -b flag-2
-a -u 10.1.1.1:5060 -r 10.2.2.2:5060 -m
-A -u 10.1.1.1:53 -s rr -o
-a -u 10.1.1.1:53 -r 10.2.2.2:53 -m -w 0
-A --sctp-service 10.1.1.1:99 -s mh -b mh-fallback
-A -f 5 -s dh -p 360
-a -f 5 -r 10.9.0.1:0 -i
-a -f 5 -r 10.9.0.2:0 -i --tun-type gue --tun-port 5555 --tun-csum
-a -f 5 -r 10.9.0.3:0 -i --tun-type gre --tun-nocsum
-a -f 5 -r [2001:db8::9]:0 -i --tun-type gue --tun-port 6666 --tun-remcsum -w 2147483647
-a -f 5 -r 10.9.0.4:0 -g -x 2 -y 1
-A -f 4 -6 -s lblcr
`

// busy is a world with that table and connections.
func busy(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.addresses(t, "10.1.1.1/32", "10.2.2.2/32", "10.2.2.3/32", "2001:db8::1/128", "2001:db8::2/128")
	for _, addr := range []string{"10.2.2.2:8080", "10.2.2.3:8080", "[2001:db8::2]:8080"} {
		w.serve(t, addr)
	}
	w.must(t, cli.Run, mixedRules, "ipvsadm -R")
	for range 12 {
		w.dial(t, "10.1.1.1:80")
	}
	for range 3 {
		w.dial(t, "[2001:db8::1]:80")
	}
	w.send(t, "10.1.1.1:5060", "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: c\"a\\ll@example\r\n\r\n")
	return w
}

// send sends a datagram.
func (w world) send(t *testing.T, addr, text string) {
	t.Helper()
	err := w.Do(func() error {
		c, err := net.Dial("udp", addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
		_, err = c.Write([]byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestKernelJSONTellsAll: each listing of the reference, made again of nothing but
// the document, is the same byte for byte.
func TestKernelJSONTellsAll(t *testing.T) {
	reference, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	w := busy(t)
	w.awaitTraffic(t)
	for _, test := range []jsonListing{
		{"-Ln", "-Ln --json", jsonDoc.plain},
		{"-Ln --stats --exact", "-L --stats --json", jsonDoc.stats},
		{"-Ln --rate --exact", "-L --rate --exact --json", jsonDoc.rates},
		{"-Ln --thresholds", "-L --json --thresholds", jsonDoc.thresholds},
		{"-Ln --persistent-conn", "--list --persistent-conn --json", jsonDoc.persistent},
		{"-Ln --tun-info", "-L --tun-info --json", jsonDoc.tunnels},
		{"-Sn", "-S --json", jsonDoc.rules},
		{"-Lnc", "-Lc --json", jsonDoc.connections},
		{"-Lnc --persistent-conn", "-Lnc --persistent-conn --json", jsonDoc.engines},
		{"-L --timeout", "-L --timeout --json", jsonDoc.timeouts},
		{"-L --timeout", "-S --all --json", jsonDoc.timeouts},
	} {
		test.compare(t, reference, w)
	}
}

// TestKernelJSONTellsDaemons is the same for sync daemons, which the kernel does not
// run beside tunnels to another address family.
func TestKernelJSONTellsDaemons(t *testing.T) {
	reference, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	for _, daemon := range []string{"backup --syncid 9 --mcast-port 99", "master --mcast-ttl 3 --sync-maxlen 900"} {
		w.must(t, cli.Run, "", "ipvsadm --start-daemon "+daemon+" --mcast-interface lo")
		jsonListing{"-L --daemon", "-L --daemon --json", jsonDoc.daemons}.compare(t, reference, w)
		jsonListing{"-L --daemon", "-S --all --json", jsonDoc.daemons}.compare(t, reference, w)
	}
}

// jsonListing is a listing of the reference and the document that tells the same.
type jsonListing struct {
	listing, document string
	// write makes the listing of the document.
	write func(jsonDoc) string
}

func (l jsonListing) compare(t *testing.T, reference difftest.Programs, w world) {
	t.Helper()
	document, listing := w.steady(t, reference, l.document, l.listing)
	var doc jsonDoc
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		t.Fatalf("%s: %v\n%s", l.document, err, document)
	}
	if d := gocmp.Diff(listing, l.write(doc)); d != "" {
		t.Errorf("%s of %s (-reference +from the document):\n%s%s", l.listing, l.document, d, document)
	}
}

// steady gives a document and the reference's listing of the same moment: nothing
// changed between a document before and one after.
func (w world) steady(t *testing.T, reference difftest.Programs, document, listing string) (string, string) {
	t.Helper()
	for range 50 {
		before := w.must(t, cli.Run, "", "ipvsadm "+document)
		r := runReference(t, reference, w, strings.Fields(listing))
		if r.Status != 0 {
			t.Fatalf("%s: %+v", listing, r)
		}
		if w.must(t, cli.Run, "", "ipvsadm "+document) == before {
			return before, r.Stdout
		}
	}
	t.Fatalf("%s: never the same twice", document)
	return "", ""
}

// awaitTraffic waits until there is something to compare in every column: the rates
// are reckoned every two seconds.
func (w world) awaitTraffic(t *testing.T) {
	t.Helper()
	for range 100 {
		s := w.read(t, "-L -t 10.1.1.1:80 --json").Services[0]
		if s.Stats.CPS*s.Stats.InPPS*s.Stats.OutPPS*s.Stats.InBPS*s.Stats.OutBPS > 0 {
			w.checkTraffic(t, s)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no rates after ten seconds")
}

func (w world) checkTraffic(t *testing.T, s jsonService) {
	t.Helper()
	one, two := s.Destinations[0], s.Destinations[1]
	if s.Stats.Connections != 12 || one.Stats.Connections+two.Stats.Connections != 12 || one.Active+two.Active != 12 {
		t.Errorf("not the 12 connections: %+v", s)
	}
	if s := w.read(t, "-L -t [2001:db8::1]:80 --json").Services[0]; s.Destinations[0].Persistent != 1 {
		t.Errorf("not one persistent connection: %+v", s)
	}
	engines := 0
	for _, c := range w.read(t, "-L -c --json").Connections {
		if c.Engine == "sip" && c.Data == `c"a\ll@example` {
			engines++
		}
	}
	if engines != 1 {
		t.Errorf("%d calls of the persistence engine, want 1", engines)
	}
}

// read reads a document.
func (w world) read(t *testing.T, line string) (doc jsonDoc) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.must(t, cli.Run, "", "ipvsadm "+line)), &doc); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return doc
}

// TestKernelJSONRoundTrip: the document of a table makes the same table, by -S and by
// -L, and differs from nothing afterwards.
func TestKernelJSONRoundTrip(t *testing.T) {
	const rounds = 200
	w := newWorld(t)
	r := rand.New(rand.NewPCG(7, 8))
	for i := range rounds {
		rules := randomRules(r)
		w.must(t, cli.Restore, rules, "ipvsadm-restore")
		before := w.state(t)
		saved := w.must(t, cli.Save, "", "ipvsadm-save --json --all")
		listed := w.must(t, cli.Run, "", "ipvsadm -L --stats --json")
		for what, document := range map[string]string{"-S": saved, "-L": listed} {
			w.must(t, cli.Run, "", "ipvsadm -C")
			w.must(t, cli.Restore, document, "ipvsadm-restore --json")
			if d := diff(before, w.state(t)); d != "" {
				t.Fatalf("%s, rules:\n%s\ndocument:\n%s\nthe table (-before +after):\n%s", what, rules, document, d)
			}
			w.must(t, cli.Restore, document, "ipvsadm-restore --json --diff")
		}
		if again := w.must(t, cli.Save, "", "ipvsadm-save --json --all"); again != saved {
			t.Fatalf("round %d:\nfirst  %s\nsecond %s", i, saved, again)
		}
	}
	t.Logf("%d tables", rounds)
}

// TestKernelBadDocument: one fault, and the table is as it was.
func TestKernelBadDocument(t *testing.T) {
	w := newWorld(t)
	w.must(t, cli.Run, mixedRules, "ipvsadm -R")
	before := w.state(t)
	saved := w.must(t, cli.Save, "", "ipvsadm-save --json")
	for what, document := range map[string]string{
		"cut off":   saved[:len(saved)-3],
		"a weight":  strings.Replace(saved, `"weight":5`, `"weight":-5`, 1),
		"an option": strings.Replace(saved, `"weight":5`, `"wait":5`, 1),
		"rules":     mixedRules,
		"nothing":   "",
	} {
		status, out, errs := w.program(cli.Restore, document, "ipvsadm-restore --json")
		if status != 2 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", what, status, out, errs)
		}
		if d := diff(before, w.state(t)); d != "" {
			t.Errorf("%s: the table changed (-before +after):\n%s", what, d)
		}
	}
	more := `{"services":[{"fwmark":5,"scheduler":"rr"},{"fwmark":77,"scheduler":"no-such-thing"},{"fwmark":78}]}`
	status, _, errs := w.program(cli.Run, more, "ipvsadm -R --json")
	want := "services[0]: Service already exists\nservices[1]: Scheduler or persistence engine not found\n"
	if status != 255 || errs != want {
		t.Errorf("refused: status %d, %q", status, errs)
	}
	if got := len(w.state(t).Entries); got != len(before.Entries)+1 {
		t.Errorf("%d services after adding one to %d", got, len(before.Entries))
	}
}
