package kernel

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFamilyLookUp checks the ways in which the family is found.
func TestFamilyLookUp(t *testing.T) {
	absent := []error{syscall.ENOENT, syscall.ENOENT}
	tests := []struct {
		name   string
		asked  []error // the kernel's answers in order
		load   error
		id     uint16
		errnos []syscall.Errno // one of which the error wraps; none is success
		asks   int
		loads  int
	}{
		{name: "there", asked: []error{nil}, id: 28, asks: 1},
		{name: "there once the module is loaded", asked: []error{syscall.ENOENT, nil}, id: 28, asks: 2, loads: 1},
		{name: "no such module", asked: absent, load: errors.New("exit status 1"), asks: 1, loads: 1, errnos: []syscall.Errno{syscall.ENOPROTOOPT, syscall.EPERM}},
		{name: "a module without the family", asked: absent, asks: 2, loads: 1, errnos: []syscall.Errno{syscall.ENOPROTOOPT, syscall.EPERM}},
		{name: "rejected", asked: []error{syscall.EMFILE}, asks: 1, errnos: []syscall.Errno{syscall.EMFILE}},
		{name: "rejected the second time", asked: []error{syscall.ENOENT, syscall.ENOMEM}, asks: 2, loads: 1, errnos: []syscall.Errno{syscall.ENOMEM}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asks, loads := 0, 0
			id, err := lookUpFamily(
				func() (uint16, error) { asks++; return 28, tt.asked[asks-1] },
				func() error { loads++; return tt.load },
			)
			if asks != tt.asks || loads != tt.loads {
				t.Errorf("asked %d times, loaded %d times; want %d, %d", asks, loads, tt.asks, tt.loads)
			}
			if len(tt.errnos) == 0 {
				if err != nil || id != tt.id {
					t.Errorf("family %d, %v; want %d", id, err, tt.id)
				}
				return
			}
			for _, errno := range tt.errnos {
				if errors.Is(err, errno) {
					return
				}
			}
			t.Errorf("error %v, want one of %v", err, tt.errnos)
		})
	}
}

// TestModprobeSeesNothingOfTheCaller checks the environment of modprobe, with env in
// its place.
func TestModprobeSeesNothingOfTheCaller(t *testing.T) {
	t.Setenv("MODPROBE_OPTIONS", "-C /tmp/evil")
	var out bytes.Buffer
	cmd := modprobeCommand(&out)
	if diff := cmp.Diff([]string{"/sbin/modprobe", "--", "ip_vs"}, cmd.Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if cmd.Path != "/sbin/modprobe" || cmd.Dir != "/" {
		t.Errorf("path %q in %q", cmd.Path, cmd.Dir)
	}
	cmd.Path, cmd.Args = "/usr/bin/env", []string{"env"}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want := "HOME=/\nTERM=linux\nPATH=/sbin:/usr/sbin:/bin:/usr/bin\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}
