package cli

import (
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// growingKernel is a scriptedKernel whose table grows with each read.
type growingKernel struct {
	*scriptedKernel
	reads  int
	onRead func() // called by each read, if it is set
}

// Table returns a table with one service more at each read: 10.0.0.1:80, 10.0.0.2:80 and so
// on.
func (k *growingKernel) Table(ipvs.Query) (table ipvs.Table, err error) {
	if k.onRead != nil {
		k.onRead()
	}
	k.reads++
	for i := range k.reads {
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		table.Entries = append(table.Entries, tableEntry(netip.AddrPortFrom(addr, 80).String()))
	}
	return table, k.tableErr
}

// slowNames is a Names that takes a while to find the address of any host.
type slowNames struct {
	noNames
	delay time.Duration
}

func (n slowNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	time.Sleep(n.delay)
	return netip.MustParseAddr("10.0.0.1"), nil
}

// inFile returns a file with a text, open to be read.
func inFile(t *testing.T, text string) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestPresentAge checks that rules in a file are compared with a table that was read beside
// them, unless names took so long that it may have changed since.
func TestPresentAge(t *testing.T) {
	const rules = "-A -t host:80 -s rr\n-a -t host:80 -r host:80 -m\n"
	const added = "-a -t 10.0.0.1:80 -r 10.0.0.1:80 -m -w 1\n"
	for _, test := range []struct {
		delay time.Duration // three times
		reads int
		want  string
	}{
		{maxTableAge / 4, 1, added},
		{maxTableAge / 2, 2, added + "-D -t 10.0.0.2:80\n"},
	} {
		t.Run(test.delay.String(), func(t *testing.T) {
			stdin := inFile(t, rules)
			synctest.Test(t, func(t *testing.T) {
				k := &growingKernel{scriptedKernel: &scriptedKernel{}}
				got := runEnv(Env{Stdin: stdin, OpenKernel: openKernel(k), Names: slowNames{delay: test.delay}}, "ipvsadm -R --diff")
				checkEqual(t, "result", result{1, test.want, ""}, got)
				checkEqual(t, "reads", test.reads, k.reads)
			})
		})
	}
}

// TestPresentAfterStream checks that the table is read after rules that come through a pipe.
func TestPresentAfterStream(t *testing.T) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()

	var isOver atomic.Bool
	k := &growingKernel{scriptedKernel: &scriptedKernel{}, onRead: func() {
		if !isOver.Load() {
			t.Error("table read before the end of the rules")
		}
	}}
	go func() {
		defer in.Close()
		time.Sleep(50 * time.Millisecond)
		isOver.Store(true)
		_, _ = in.WriteString("-A -t 10.0.0.1:80 -s rr\n")
	}()
	checkEqual(t, "result", result{}, runEnv(Env{Stdin: out, OpenKernel: openKernel(k)}, "ipvsadm -R --diff"))
}

// TestPresentErrors checks that what is wrong with rules in a file is reported before what is
// wrong with the kernel, and that the kernel is closed once it is not read any more.
func TestPresentErrors(t *testing.T) {
	const bad, badText = "-A -t 10.0.0.1:80\n-x\n", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"
	const noIPVS = "Can't initialize ipvs: Protocol not available\n" +
		"Are you sure that IP Virtual Server is built in the kernel or as module?\n"
	for _, test := range []struct {
		name, rules string
		kernel      Kernel
		want        result
	}{
		{"rules", bad, &scriptedKernel{}, result{255, "", badText}},
		{"rules and kernel", bad, nil, result{255, "", badText}},
		{"kernel", "-A -t 10.0.0.1:80\n", nil, result{2, "", noIPVS}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := runEnv(Env{Stdin: inFile(t, test.rules), OpenKernel: openKernel(test.kernel)}, "ipvsadm -R --sync")
			checkEqual(t, "result", test.want, got)
		})
	}

	k := &growingKernel{scriptedKernel: &scriptedKernel{}}
	k.onRead = func() {
		time.Sleep(50 * time.Millisecond)
		checkEqual(t, "closed while it was read", 0, k.closed)
	}
	checkEqual(t, "result", result{255, "", badText}, runEnv(Env{Stdin: inFile(t, bad), OpenKernel: openKernel(k)}, "ipvsadm -R --sync"))
	checkEqual(t, "reads, closed", []int{1, 1}, []int{k.reads, k.closed})
}
