package cli

import (
	"os"
	"testing"
)

// TestCatchSignals checks when the signals that a command caught get their default action
// again: between the commands of a stream, not before the program ends.
func TestCatchSignals(t *testing.T) {
	for name, inStream := range map[string]bool{"the only command": false, "a command of a stream": true} {
		t.Run(name, func(t *testing.T) {
			stopped := false
			s := newSession("ipvsadm", Env{Names: noNames{}, Signals: func() (<-chan os.Signal, func()) {
				return nil, func() { stopped = true }
			}})
			s.inStream = inStream

			_, release := s.catchSignals()
			release()
			if stopped != inStream {
				t.Errorf("stopped: %v, want %v", stopped, inStream)
			}
		})
	}
}

// TestStreamReleasesSignals checks that a drain in a rule stream gives the signals back.
func TestStreamReleasesSignals(t *testing.T) {
	s := newSession("ipvsadm", Env{Names: noNames{}})
	newStream(s, nil)
	if !s.inStream {
		t.Error("the session does not know that it is a stream's")
	}
}
