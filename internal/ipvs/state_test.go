package ipvs

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
)

// TestStateRefuses checks that what is there cannot be added, and what is not there
// cannot be changed.
func TestStateRefuses(t *testing.T) {
	svc, other := Service{ID: MarkService(1, IPv4)}, Service{ID: MarkService(2, IPv4)}
	d := Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	s := StateOf([]Entry{{Service: svc, Destinations: []Destination{d}}})
	for _, test := range []struct {
		c    Change
		want syscall.Errno
	}{
		{Change{Op: AddService, Service: svc}, syscall.EEXIST},
		{Change{Op: EditService, Service: other}, syscall.ESRCH},
		{Change{Op: DeleteService, Service: other}, syscall.ESRCH},
		{Change{Op: AddDestination, Service: other, Destination: d}, syscall.ESRCH},
		{Change{Op: AddDestination, Service: svc, Destination: d}, syscall.EEXIST},
		{Change{Op: EditDestination, Service: svc}, syscall.ENOENT},
		{Change{Op: DeleteDestination, Service: svc}, syscall.ENOENT},
		{Change{Op: StopDaemon, Daemon: Daemon{State: Master}}, syscall.ESRCH},
		{Change{Op: StartDaemon, Daemon: Daemon{State: Master}}, 0},
		{Change{Op: StartDaemon, Daemon: Daemon{State: Master}}, syscall.EEXIST},
		{Change{Op: StopDaemon, Daemon: Daemon{State: Master}}, 0},
		{Change{Op: SetTimeouts, Timeouts: Timeouts{TCP: 5}}, 0},
		{Change{Op: SetTimeouts, Timeouts: Timeouts{UDP: 6}}, 0},
		{Change{Op: Zero}, 0},
		{Change{Op: DeleteDestination, Service: svc, Destination: d}, 0},
		{Change{Op: Flush}, 0},
		{Change{Op: DeleteService, Service: svc}, syscall.ESRCH},
	} {
		var got *Error
		err := s.Apply(&test.c)
		if errors.As(err, &got) != (test.want != 0) || got != nil && (got.Errno != test.want || got.Op != test.c.Op) {
			t.Errorf("%+v: got %v, want %v", test.c, err, test.want)
		}
	}
	if want := (Timeouts{TCP: 5, UDP: 6}); *s.Timeouts != want || len(s.Daemons) != 0 {
		t.Errorf("timeouts %+v, daemons %+v", s.Timeouts, s.Daemons)
	}
}
