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

// Kernel is a kind of machine.
type Kernel int

// The kinds of machine. UML is Debian's User-Mode Linux, an ordinary process
// that is up in two seconds. QEMU is Debian's distribution kernel on an emulated
// processor, up in half a minute.
const (
	UML Kernel = iota
	QEMU
)

// String is the name that ParseKernel takes.
func (k Kernel) String() string {
	switch k {
	case UML:
		return "uml"
	case QEMU:
		return "qemu"
	}
	return fmt.Sprintf("kernel %d", int(k))
}

// ParseKernel gives the Kernel of a name.
func ParseKernel(name string) (Kernel, error) {
	for _, k := range []Kernel{UML, QEMU} {
		if name == k.String() {
			return k, nil
		}
	}
	return 0, fmt.Errorf("no such kind of kernel: %q", name)
}

// modules is the host directory that the guest has as /lib/modules.
func (k Kernel) modules() string {
	if k == QEMU {
		return qemuKernel + "/lib/modules"
	}
	return umlModules
}

// Tools are the programs that the machine and the tests in it need.
func (k Kernel) Tools() []Tool {
	if k == QEMU {
		return qemuTools()
	}
	return umlTools()
}

// prepare installs what the machine needs and gives its command line.
func (k Kernel) prepare(ctx context.Context, s share, memory int) (machine, error) {
	if err := Install(ctx, k.Tools()...); err != nil {
		return machine{}, err
	}
	switch k {
	case UML:
		return prepareUML(s, memory), nil
	case QEMU:
		return prepareQEMU(ctx, s, memory)
	}
	return machine{}, fmt.Errorf("no such kind of kernel: %s", k)
}

// machine is the host command that is the guest.
type machine struct{ argv []string }

// run runs the machine until it has switched itself off. It is killed with all
// its processes when ctx ends, and when it lingers although its work is done.
func (m machine) run(ctx context.Context, s share) error {
	console, err := os.Create(s.path("console"))
	if err != nil {
		return err
	}
	defer console.Close()
	cmd := exec.Command(m.argv[0], m.argv[1:]...)
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
