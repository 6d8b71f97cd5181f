//go:build kernel

package cli_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// mixedRules are the rules of a table with everything that a listing can show. The real
// servers of the first services are in the namespace.
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

// newBusyNamespace returns a namespace with the table of mixedRules and connections.
func newBusyNamespace(t *testing.T) namespace {
	t.Helper()
	ns := newNamespace(t)
	ns.addAddresses(t, "10.1.1.1/32", "10.2.2.2/32", "10.2.2.3/32", "2001:db8::1/128", "2001:db8::2/128")
	for _, addr := range []string{"10.2.2.2:8080", "10.2.2.3:8080", "[2001:db8::2]:8080"} {
		ns.serve(t, addr)
	}
	ns.mustRun(t, mixedRules, "ipvsadm -R")

	for range 12 {
		ns.dial(t, "10.1.1.1:80")
	}
	for range 3 {
		ns.dial(t, "[2001:db8::1]:80")
	}
	ns.sendDatagram(t, "10.1.1.1:5060", "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: c\"a\\ll@example\r\n\r\n")
	return ns
}

// TestKernelJSONListings checks that documents have everything that listings have: each
// listing of the reference can be made of a document alone, byte for byte.
func TestKernelJSONListings(t *testing.T) {
	ns := newBusyNamespace(t)
	ns.awaitRates(t)
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
		t.Run(test.document, func(t *testing.T) { test.compare(t, ns) })
	}
}

// TestKernelJSONDaemons checks the same for sync daemons, which the kernel does not run
// beside tunnels to another address family.
func TestKernelJSONDaemons(t *testing.T) {
	ns := newNamespace(t)
	for _, daemon := range []string{"backup --syncid 9 --mcast-port 99", "master --mcast-ttl 3 --sync-maxlen 900"} {
		ns.mustRun(t, "", "ipvsadm --start-daemon "+daemon+" --mcast-interface lo")
		for _, document := range []string{"-L --daemon --json", "-S --all --json"} {
			t.Run(daemon+" "+document, func(t *testing.T) {
				jsonListing{"-L --daemon", document, jsonDoc.daemons}.compare(t, ns)
			})
		}
	}
}

// jsonListing is a listing of the reference and a document that has the same in it.
type jsonListing struct {
	listing, document string
	// write returns the listing of a document.
	write func(jsonDoc) string
}

// compare compares the listing of the reference with that of the document.
func (l jsonListing) compare(t *testing.T, ns namespace) {
	t.Helper()
	document, listing := ns.readTogether(t, l.document, l.listing)
	var doc jsonDoc
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	if d := gocmp.Diff(listing, l.write(doc)); d != "" {
		t.Errorf("%s (-reference +made of the document):\n%s%s", l.listing, d, document)
	}
}

// readTogether returns a document and a listing of the reference, between which nothing
// changed: the document is the same before and after the listing.
func (ns namespace) readTogether(t *testing.T, document, listing string) (string, string) {
	t.Helper()
	for range 50 {
		before := ns.mustRun(t, "", "ipvsadm "+document)
		r := ns.runReference(t, strings.Fields(listing)...)
		if r.Status != 0 {
			t.Fatalf("%s: %+v", listing, r)
		}
		if ns.mustRun(t, "", "ipvsadm "+document) == before {
			return before, r.Stdout
		}
	}
	t.Fatalf("%s: never the same twice", document)
	return "", ""
}

// awaitRates waits until no column of a listing of rates is 0. The kernel estimates
// rates every two seconds.
func (ns namespace) awaitRates(t *testing.T) {
	t.Helper()
	for range 100 {
		s := ns.readDocument(t, "-L -t 10.1.1.1:80 --json").Services[0]
		if s.Stats.CPS*s.Stats.InPPS*s.Stats.OutPPS*s.Stats.InBPS*s.Stats.OutBPS > 0 {
			ns.checkTraffic(t, s)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no rates after ten seconds")
}

// checkTraffic checks that the connections of newBusyNamespace are in documents.
func (ns namespace) checkTraffic(t *testing.T, s jsonService) {
	t.Helper()
	first, second := s.Destinations[0], s.Destinations[1]
	if s.Stats.Connections != 12 || first.Stats.Connections+second.Stats.Connections != 12 || first.Active+second.Active != 12 {
		t.Errorf("not the 12 connections: %+v", s)
	}
	if s := ns.readDocument(t, "-L -t [2001:db8::1]:80 --json").Services[0]; s.Destinations[0].Persistent != 1 {
		t.Errorf("not one persistent connection: %+v", s)
	}

	calls := 0
	for _, c := range ns.readDocument(t, "-L -c --json").Connections {
		if c.Engine == "sip" && c.Data == `c"a\ll@example` {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("%d connections of the persistence engine, want 1", calls)
	}
}

// readDocument returns the document that ipvsadm prints.
func (ns namespace) readDocument(t *testing.T, line string) (doc jsonDoc) {
	t.Helper()
	if err := json.Unmarshal([]byte(ns.mustRun(t, "", "ipvsadm "+line)), &doc); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return doc
}

// TestKernelJSONRoundTrip checks that the documents of -S and -L make the same table
// again, and that there is no difference afterwards.
func TestKernelJSONRoundTrip(t *testing.T) {
	const rounds = 200
	ns := newNamespace(t)
	r := rand.New(rand.NewPCG(7, 8))
	for i := range rounds {
		rules := randomRules(r)
		ns.mustRun(t, rules, "ipvsadm-restore")
		before := ns.readState(t)
		saved := ns.mustRun(t, "", "ipvsadm-save --json --all")
		listed := ns.mustRun(t, "", "ipvsadm -L --stats --json")

		for _, document := range []string{saved, listed} {
			ns.mustRun(t, "", "ipvsadm -C")
			ns.mustRun(t, document, "ipvsadm-restore --json")
			if d := diffStates(before, ns.readState(t)); d != "" {
				t.Fatalf("rules:\n%s\ndocument:\n%s\nstate (-before +after):\n%s", rules, document, d)
			}
			ns.mustRun(t, document, "ipvsadm-restore --json --diff")
		}

		if again := ns.mustRun(t, "", "ipvsadm-save --json --all"); again != saved {
			t.Fatalf("round %d:\nfirst  %s\nsecond %s", i, saved, again)
		}
	}
	t.Logf("%d tables", rounds)
}

// TestKernelBadDocument checks that a document with a fault leaves the table as it was.
func TestKernelBadDocument(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, mixedRules, "ipvsadm -R")
	before := ns.readState(t)
	saved := ns.mustRun(t, "", "ipvsadm-save --json")
	for _, test := range []struct{ name, document string }{
		{"cut off", saved[:len(saved)-3]},
		{"bad weight", strings.Replace(saved, `"weight":5`, `"weight":-5`, 1)},
		{"unknown key", strings.Replace(saved, `"weight":5`, `"wait":5`, 1)},
		{"rules", mixedRules},
		{"empty", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := ns.run(test.document, "ipvsadm-restore --json")
			if r.Status != 2 || r.Stdout != "" || strings.Count(r.Stderr, "\n") != 1 {
				t.Errorf("%+v", r)
			}
			ns.checkState(t, before)
		})
	}
}

// TestKernelRejectedDocument checks that what the kernel rejects of a document is
// reported, and that the rest is applied.
func TestKernelRejectedDocument(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, "-A -f 5 -s wlc\n", "ipvsadm -R")
	document := `{"services":[{"fwmark":5,"scheduler":"rr"},{"fwmark":77,"scheduler":"no-such-thing"},{"fwmark":78}]}`
	checkResult(t, ns.run(document, "ipvsadm -R --json"), difftest.Result{
		Status: 255, Stderr: "services[0]: Service already exists\nservices[1]: Scheduler or persistence engine not found\n",
	})
	checkText(t, ns.save(t), "-A -f 5 -s wlc\n-A -f 78 -s wlc\n")
}
