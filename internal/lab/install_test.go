package lab

import (
	"testing"
	"time"
)

// TestLockInstallation checks that an installation waits for the end of another.
func TestLockInstallation(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	unlock, err := lockInstallation()
	if err != nil {
		t.Fatal(err)
	}

	second := make(chan error, 1)
	go func() {
		unlock, err := lockInstallation()
		if err == nil {
			unlock()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Fatalf("a second one did not wait (error %v)", err)
	case <-time.After(100 * time.Millisecond):
	}

	unlock()
	if err := <-second; err != nil {
		t.Error(err)
	}
}
