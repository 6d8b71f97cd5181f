//go:build kernel

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/fill/syncmsg"
)

// command runs a program in the namespace, which has to succeed, and returns its output.
func (ns namespace) command(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	var out []byte
	err := ns.Do(func() (err error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, name, args...)
		c.Stdin = strings.NewReader(stdin)
		out, err = c.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("%s %q: %v\n%.2000s", name, args, err, out)
	}
	return string(out)
}

// fill fills the connection table with n connections of syncmsg.Mixed.
func (ns namespace) fill(t *testing.T, n int) {
	t.Helper()
	ns.command(t, "", "ip", "route", "add", "224.0.0.0/4", "dev", "lo")
	ns.mustRun(t, "", "ipvsadm --start-daemon backup --mcast-interface lo --syncid 1")
	deadline := time.Now().Add(2 * time.Minute)
	for found := 0; found < n; {
		// Messages that were lost are sent again.
		if err := ns.Do(func() error { return syncmsg.Send(1, syncmsg.Mixed(n)) }); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if found = strings.Count(ns.mustRun(t, "", "ipvsadm -Lnc"), "\n") - 2; found >= n {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if found < n && time.Now().After(deadline) {
			t.Fatalf("%d of %d connections", found, n)
		}
	}
	ns.mustRun(t, "", "ipvsadm --stop-daemon backup --syncid 1")
}

// Programs of awk that print what a key is of a line of -Lnc. The networks are those of
// syncmsg.Mixed.
var awkKeys = map[string]string{
	"client":     `address($4)`,
	"network":    `network($4, 3)`,
	"network/16": `network($4, 2)`,
	"service":    `$1 " " $5`,
	"server":     `$6`,
	"state":      `$3`,
	"protocol":   `$1`,
}

// awkFunctions are the functions of awkKeys.
const awkFunctions = `
function address(end) { sub(/:[0-9]+$/, "", end); gsub(/[\[\]]/, "", end); return end }
function network(end, parts,    a, n, i, text) {
	end = address(end)
	if (index(end, ":")) {
		split(end, a, ":")
		if (parts == 2) return a[1] "::/16"
		return a[1] ":" a[2] ":" a[3] (a[4] == "" ? "" : ":" a[4]) "::/64"
	}
	split(end, a, ".")
	text = a[1] "." a[2]
	return parts == 2 ? text ".0.0/16" : text "." a[3] ".0/24"
}
`

// reference returns counted connections as awk, sort and uniq count them in a listing: by
// number, and then by key.
func (ns namespace) reference(t *testing.T, listing string, keys []string) string {
	t.Helper()
	var values []string
	for _, key := range keys {
		values = append(values, awkKeys[key])
	}
	script := awkFunctions + `NR > 2 && $4 !~ /:0$/ { print ` + strings.Join(values, ` " " `) + ` }`
	out := ns.command(t, listing, "sh", "-c", `awk "$1" | sort | uniq -c | sed 's/^ *//' | LC_ALL=C sort`, "-", script)
	return out
}

// sorted returns lines sorted as the reference sorts them.
func (ns namespace) sorted(t *testing.T, lines string) string {
	t.Helper()
	return ns.command(t, lines, "env", "LC_ALL=C", "sort")
}

// countLines returns the lines of counted connections as those of the reference: the
// number, and the keys.
func countLines(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if fields := strings.Fields(line); i > 0 {
			fmt.Fprintln(&b, fields[0], strings.Join(fields[2:], " "))
		}
	}
	return b.String()
}

// jsonLines returns the groups of a document as lines of the reference.
func jsonLines(t *testing.T, document string, keys []string) string {
	t.Helper()
	var doc struct {
		Groups []map[string]any `json:"groups"`
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}

	end := func(v map[string]any) string {
		if address := v["address"].(string); strings.Contains(address, ":") {
			return fmt.Sprintf("[%s]:%v", address, v["port"])
		}
		return fmt.Sprintf("%s:%v", v["address"], v["port"])
	}
	var b strings.Builder
	for _, g := range doc.Groups {
		fmt.Fprint(&b, g["connections"])
		for _, key := range keys {
			name, _, _ := strings.Cut(key, "/")
			switch v := g[name].(type) {
			case map[string]any:
				if p, ok := v["protocol"]; ok {
					fmt.Fprint(&b, " ", strings.ToUpper(p.(string)))
				}
				fmt.Fprint(&b, " ", end(v))
			case string:
				if name == "protocol" {
					v = strings.ToUpper(v)
				}
				fmt.Fprint(&b, " ", v)
			default:
				t.Fatalf("no %s in %v", name, g)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestKernelCounts compares connections that are counted by every key, and by pairs of keys,
// with what awk, sort and uniq count in the same listing, with filters, as text and JSON.
func TestKernelCounts(t *testing.T) { testCounts(t, 3000) }

// TestLongCounts does the same with a table of 100,000 connections.
func TestLongCounts(t *testing.T) { testCounts(t, 100_000) }

func testCounts(t *testing.T, n int) {
	ns := newNamespace(t)
	ns.fill(t, n)

	everyKey := []string{
		"client", "network", "network/16", "service", "server", "state", "protocol",
		"server,state", "service,client", "network,server", "state,protocol,service",
	}
	for filter, keys := range map[string][]string{
		"":               everyKey,
		"-t 10.0.0.1:80": {"client", "server,state"},
		"-u 10.0.0.2:53": {"server"},
		"-r 10.1.0.3":    {"service", "state,protocol"},
		"-t [2001:db8::1]:80 -r [2001:db8:2::1]:80": {"client,server"},
	} {
		listing := ns.mustRun(t, "", "ipvsadm -Lnc "+filter)
		for _, by := range keys {
			t.Run(filter+" "+by, func(t *testing.T) {
				keys := strings.Split(by, ",")
				want := ns.reference(t, listing, keys)
				line := "ipvsadm -Lnc " + filter + " --by " + by
				if diff := gocmp.Diff(want, ns.sorted(t, countLines(ns.mustRun(t, "", line)))); diff != "" {
					t.Errorf("text (-want +got):\n%.2000s", diff)
				}
				document := ns.mustRun(t, "", line+" --json")
				if diff := gocmp.Diff(want, ns.sorted(t, jsonLines(t, document, keys))); diff != "" {
					t.Errorf("JSON (-want +got):\n%.2000s", diff)
				}
			})
		}
	}

	templates := 0
	for line := range strings.Lines(ns.mustRun(t, "", "ipvsadm -Lnc")) {
		if fields := strings.Fields(line); len(fields) > 3 && strings.HasSuffix(fields[3], ":0") {
			templates++
		}
	}
	var doc struct{ Connections, Templates int }
	if err := json.NewDecoder(bytes.NewBufferString(ns.mustRun(t, "", "ipvsadm -Lnc --by state --persistent-conn --json"))).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Templates != templates || doc.Connections != n-templates || templates == 0 {
		t.Errorf("%+v, want %d templates of %d", doc, templates, n)
	}
}
