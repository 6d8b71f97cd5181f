//go:build kernel

package genl

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// openConn opens a connection to the running kernel.
func openConn(t *testing.T) (*Conn, *Socket) {
	t.Helper()
	s, err := OpenSocket()
	if err != nil {
		t.Fatal(err)
	}
	c := New(s)
	t.Cleanup(func() { _ = c.Close() })
	return c, s
}

// unknownCommands returns a full batch of requests that the kernel rejects.
func unknownCommands(t *testing.T, c *Conn) *Batch {
	t.Helper()
	b := c.NewBatch(MaxBatch)
	for !b.Full() {
		if err := b.Append(Request{Family: controllerID, Version: controllerVersion, Command: 99}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestKernelFullBatch checks that every rejection of a full batch arrives.
func TestKernelFullBatch(t *testing.T) {
	c, _ := openConn(t)
	rejected, unknown := execute(t, c, unknownCommands(t, c))
	for i := range MaxBatch {
		if rejected[i] != syscall.EOPNOTSUPP {
			t.Fatalf("request %d: %v", i, rejected[i])
		}
	}
	if unknown != 0 {
		t.Errorf("error %v", unknown)
	}
}

// TestKernelFullQueue checks that no request seems to have succeeded when answers are
// lost, because the receive buffer is too small.
func TestKernelFullQueue(t *testing.T) {
	c, s := openConn(t)
	if err := s.conn.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	c.reserved = true // do not ask for more

	rejected, unknown := execute(t, c, unknownCommands(t, c))
	if len(rejected) == 0 || len(rejected) == MaxBatch || unknown != syscall.ENOBUFS {
		t.Errorf("%d rejections, error %v; want some and ENOBUFS", len(rejected), unknown)
	}
	for i, errno := range rejected {
		if errno != syscall.EOPNOTSUPP {
			t.Errorf("request %d: %v", i, errno)
		}
	}

	// The connection can be used afterwards.
	if id, err := c.LookUp("nlctrl"); id != controllerID || err != nil {
		t.Errorf("%d, %v", id, err)
	}
}

// TestKernelLookUpWithNLDEBUG checks that the variable NLDEBUG has no effect on a look-up.
// Package netlink reads it when the program starts, and prints its messages or panics, so
// the test runs itself. It looks up a family that every Linux has.
func TestKernelLookUpWithNLDEBUG(t *testing.T) {
	const inner = "GENL_TEST_INNER"
	if os.Getenv(inner) != "" {
		lookUpController(t)
		return
	}

	for _, value := range []string{"", "1", "level=1", "level=9", "level=abc", "level=", "format=x", "level=1,format=mnl", ",,=,"} {
		t.Run(value, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestKernelLookUpWithNLDEBUG$")
			cmd.Env = append(os.Environ(), inner+"=1", "NLDEBUG="+value)
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != "PASS\n" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// lookUpController asks the running kernel for a family that is there, and one that is
// not.
func lookUpController(t *testing.T) {
	c, _ := openConn(t)
	if id, err := c.LookUp("nlctrl"); id != controllerID || err != nil {
		t.Errorf("nlctrl: %d, %v; want %d", id, err, controllerID)
	}
	if id, err := c.LookUp("no such family"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such family: %d, %v", id, err)
	}
}
