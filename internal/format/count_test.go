package format

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
)

// connGroups returns groups as a counter returns them.
func connGroups() []ipvs.ConnGroup {
	at := netip.MustParseAddrPort
	return []ipvs.ConnGroup{
		{
			Connections: 1999, Templates: 12, Client: netip.MustParseAddr("10.9.0.1"), Network: netip.MustParsePrefix("10.9.0.0/24"),
			Protocol: "TCP", Service: at("10.0.0.1:80"), Server: at("10.1.0.1:8080"), State: "ESTABLISHED",
		},
		{
			Connections: 1, Client: netip.MustParseAddr("2001:db8::5"), Network: netip.MustParsePrefix("2001:db8::/64"),
			Protocol: "SCTP", Service: at("[2001:db8::1]:80"), Server: at("[2001:db8:1::1]:80"), State: "SYN\x1b[2J",
		},
	}
}

// connKeys returns the keys for fields.
func connKeys(fields ...ipvs.ConnField) (keys []ipvs.ConnKey) {
	for _, f := range fields {
		keys = append(keys, ipvs.ConnKey{Field: f})
	}
	return keys
}

// TestConnCounts formats counted connections as text.
func TestConnCounts(t *testing.T) {
	omitted := ipvs.ConnTotals{Groups: 3, Connections: 12, Templates: 1}
	for name, test := range map[string]struct {
		format ConnCounts
		want   string
	}{
		"client and service": {ConnCounts{Keys: connKeys(ipvs.ConnClient, ipvs.ConnService)}, `
Connections  Share Client          Service
       1999  99.4% 10.9.0.1        TCP 10.0.0.1:80
          1   0.0% 2001:db8::5     SCTP [2001:db8::1]:80
… 3 more, 12 connections
`},
		"with templates": {ConnCounts{Keys: connKeys(ipvs.ConnNetwork, ipvs.ConnState), Templates: true}, `
Connections Templates  Share Network          State
       1999        12  99.4% 10.9.0.0/24      ESTABLISHED
          1         0   0.0% 2001:db8::/64    SYN?[2J
… 3 more, 12 connections
`},
		"names": {ConnCounts{Keys: connKeys(ipvs.ConnServer, ipvs.ConnProtocol, ipvs.ConnClient), Names: connNames{}}, `
Connections  Share Server                Protocol Client
       1999  99.4% 10.1.0.1:8080         TCP      web
          1   0.0% [2001:db8:1::1]:80    SCTP     2001:db8::5
… 3 more, 12 connections
`},
	} {
		t.Run(name, func(t *testing.T) {
			b := test.format.AppendTitle([]byte("\n"))
			for _, g := range connGroups() {
				b = test.format.AppendGroup(b, &g, 2012)
			}
			b = test.format.AppendOmitted(b, omitted)
			if diff := cmp.Diff(test.want, string(b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if b := test.format.AppendOmitted(nil, ipvs.ConnTotals{}); len(b) > 0 {
				t.Errorf("nothing is omitted, got %q", b)
			}
		})
	}
}

// connNames is a Namer with one name.
type connNames struct{}

func (connNames) Host(a netip.Addr) (string, bool) {
	return "web", a == netip.MustParseAddr("10.9.0.1")
}

func (connNames) Port(ipvs.Protocol, uint16) (string, bool) { return "", false }

// TestConnCountsJSON formats counted connections as a document.
func TestConnCountsJSON(t *testing.T) {
	keys := connKeys(ipvs.ConnClient, ipvs.ConnNetwork, ipvs.ConnService, ipvs.ConnServer, ipvs.ConnState, ipvs.ConnProtocol)
	for name, test := range map[string]struct {
		templates bool
		want      string
	}{
		"connections": {false, `{"connections":2012,"groups":[` +
			`{"connections":1999,"share_percent":99.4,"client":"10.9.0.1","network":"10.9.0.0/24",` +
			`"service":{"protocol":"tcp","address":"10.0.0.1","port":80},"server":{"address":"10.1.0.1","port":8080},"state":"ESTABLISHED","protocol":"tcp"},` +
			`{"connections":1,"share_percent":0.0,"client":"2001:db8::5","network":"2001:db8::/64",` +
			`"service":{"protocol":"sctp","address":"2001:db8::1","port":80},"server":{"address":"2001:db8:1::1","port":80},"state":"SYN\u001b[2J","protocol":"sctp"}` +
			`],"omitted":{"groups":3,"connections":12}}` + "\n"},
		"templates": {true, `{"connections":2012,"templates":13,"groups":[` +
			`{"connections":1999,"templates":12,"share_percent":99.4,"client":"10.9.0.1","network":"10.9.0.0/24",` +
			`"service":{"protocol":"tcp","address":"10.0.0.1","port":80},"server":{"address":"10.1.0.1","port":8080},"state":"ESTABLISHED","protocol":"tcp"},` +
			`{"connections":1,"templates":0,"share_percent":0.0,"client":"2001:db8::5","network":"2001:db8::/64",` +
			`"service":{"protocol":"sctp","address":"2001:db8::1","port":80},"server":{"address":"2001:db8:1::1","port":80},"state":"SYN\u001b[2J","protocol":"sctp"}` +
			`],"omitted":{"groups":3,"connections":12,"templates":1}}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := ConnCountsJSON{Keys: keys, Templates: test.templates}
			b := doc.AppendOpening(nil, ipvs.ConnTotals{Groups: 5, Connections: 2012, Templates: 13})
			for i, g := range connGroups() {
				b = doc.AppendGroup(b, i, &g, 2012)
			}
			b = doc.AppendClosing(b, ipvs.ConnTotals{Groups: 3, Connections: 12, Templates: 1})
			if diff := cmp.Diff(test.want, string(b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			schematest.Check(t, string(b))
		})
	}
}

// TestShare checks shares at their limits.
func TestShare(t *testing.T) {
	for _, test := range []struct{ n, total, want uint64 }{
		{0, 0, 0}, {5, 0, 0}, {0, 7, 0}, {7, 7, 1000}, {1, 3, 333}, {2, 3, 667}, {1, 2000, 1}, {1, 2001, 0},
	} {
		if got := permilleOf(test.n, test.total); got != test.want {
			t.Errorf("%d of %d: got %d, want %d thousandths", test.n, test.total, got, test.want)
		}
	}
}
