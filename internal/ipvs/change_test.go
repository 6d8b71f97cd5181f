package ipvs

import (
	"errors"
	"syscall"
	"testing"
)

func TestOpString(t *testing.T) {
	for op, want := range map[Op]string{
		-1:              "operation -1",
		0:               "operation 0",
		AddService:      "add service",
		EditService:     "edit service",
		DeleteService:   "delete service",
		AddDestination:  "add server",
		StopDaemon:      "stop sync daemon",
		ReadInfo:        "read version",
		ReadDaemons:     "list sync daemons",
		ReadDaemons + 1: "operation 18",
	} {
		t.Run(want, func(t *testing.T) {
			if got := op.String(); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestError(t *testing.T) {
	var err error = &Error{Op: AddService, Errno: syscall.EEXIST}
	if got, want := err.Error(), "add service: file exists"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, syscall.EEXIST) || errors.Is(err, syscall.ENOENT) {
		t.Error("errors.Is does not find the number")
	}
}
