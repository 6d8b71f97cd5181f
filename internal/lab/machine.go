package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// machine is the host command that is the guest.
type machine struct {
	argv []string
	env  []string // what is added to the environment
}

// run runs the machine until it has switched itself off. It is killed with all
// its processes when ctx ends, and when it lingers although its work is done.
func (m machine) run(ctx context.Context, s share) error {
	console, err := os.Create(s.path("console"))
	if err != nil {
		return err
	}
	defer console.Close()
	cmd := exec.Command(m.argv[0], m.argv[1:]...)
	cmd.Env = append(os.Environ(), m.env...)
	cmd.Stdout, cmd.Stderr = console, console
	// The guest is a group of its own, so that one signal ends all of it, and
	// dies with us even if we are killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ended := make(chan error, 1)
	started := make(chan error)
	go startAndWait(cmd, started, ended)
	if err := <-started; err != nil {
		return err
	}
	defer killGroup(cmd.Process.Pid)
	return watch(ctx, s, cmd.Process.Pid, ended)
}

// startAndWait runs cmd on one operating system thread: Pdeathsig strikes when
// the thread that started the process ends, so that has to stay.
func startAndWait(cmd *exec.Cmd, started, ended chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	started <- err
	if err == nil {
		ended <- cmd.Wait()
	}
}

// watch waits for the end of the machine. Its exit status says nothing: the
// share tells what became of the command.
func watch(ctx context.Context, s share, pid int, ended <-chan error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var off <-chan time.Time
	for {
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			killGroup(pid)
			<-ended
			return fmt.Errorf("stopped: %w", context.Cause(ctx))
		case <-off:
			killGroup(pid)
			<-ended
			return nil
		case <-tick.C:
			if off == nil && s.finished() {
				off = time.After(grace)
			}
		}
	}
}

// killGroup ends every process of the machine. That none is left is no error.
func killGroup(pid int) {
	for {
		if err := syscall.Kill(-pid, syscall.SIGKILL); !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}
