package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// systemImage makes the disk of a System.
//
//go:embed system-image.sh
var systemImage string

// systemAgent runs the commands in a System.
//
//go:embed system-agent.sh
var systemAgent string

// System is a Debian system with systemd as process 1, in a User-Mode Linux guest with
// the kernel of the same release. Unlike a Guest, it has a disk of its own, which stays
// as it is from one boot to the next. In the system's /srv is the package of Debian's
// ipvsadm, which is not installed.
type System struct {
	kernel Kernel
	image  image
	disk   string // the image that all systems of the release begin with
	dir    string // temporary files, and the disk's changes
	boots  int
	share  share
	number int // of the next command since the boot
	off    chan error
	cancel context.CancelFunc
}

// systemMemory is the memory of a System in MiB.
const systemMemory = 512

// systemTools returns the programs that a System needs on the host.
func systemTools() []Tool {
	return append(umlTools(), Tool{"mmdebstrap", "mmdebstrap"}, Tool{"mke2fs", "e2fsprogs"})
}

// NewSystem returns a system of a Debian release that was just installed and is switched
// off. The first system of a release takes a minute to make and needs root.
func NewSystem(ctx context.Context, suite string) (*System, error) {
	s := &System{kernel: Kernel{UML, suite}}
	if err := s.install(ctx); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return s, nil
}

// install installs and fetches what is missing, and makes the directory of the system.
func (s *System) install(ctx context.Context) (err error) {
	if err := s.kernel.check(); err != nil {
		return err
	}
	if err := Install(ctx, systemTools()...); err != nil {
		return err
	}
	if s.image, err = s.kernel.image(ctx); err != nil {
		return err
	}
	if s.disk, err = systemDisk(ctx, or(s.kernel.Suite, defaultSuite)); err != nil {
		return err
	}
	s.dir, err = os.MkdirTemp("", "lab.")
	return err
}

// systemDisk returns the file of the disk that the systems of a release begin with. It
// is made once by each version of the script, and kept beside the kernels.
func systemDisk(ctx context.Context, suite string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	version := crc32.ChecksumIEEE([]byte(systemImage))
	dir := filepath.Join(cache, "ipvsadm-go", "systems", fmt.Sprintf("%s-%08x", suite, version))
	err = fillOnce(dir, func(partial string) error {
		fmt.Fprintf(os.Stderr, "lab: installing a system of %s\n", suite)
		return makeDisk(ctx, suite, partial)
	})
	if err != nil {
		return "", fmt.Errorf("cannot make a system of %s: %w", suite, err)
	}
	return filepath.Join(dir, "disk"), nil
}

// makeDisk makes the disk of a release in a directory.
func makeDisk(ctx context.Context, suite, dir string) error {
	become, ok := becomeRoot(ctx)
	if !ok {
		return errors.New("root is needed, or sudo without a password")
	}
	disk := filepath.Join(dir, "disk")
	// A file that has been made before stays the caller's.
	if err := os.WriteFile(disk, nil, 0o644); err != nil {
		return err
	}
	if err := os.Truncate(disk, 1<<30); err != nil {
		return err
	}
	// The directory of a root is read by other users, such as apt's own.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	_, err := output(ctx, dir, become[0], slices.Concat(become[1:],
		[]string{"sh", "-euc", systemImage, "lab", suite, sourceLine(ctx, suite, "arch=amd64"), disk})...)
	return err
}

// Boot switches the system on, and waits until all its services have started. The system
// is killed when ctx ends.
func (s *System) Boot(ctx context.Context) error {
	m, err := s.nextMachine(ctx)
	if err != nil {
		return err
	}

	ctx, s.cancel = context.WithCancel(ctx)
	s.off = make(chan error, 1)
	go func() { s.off <- m.run(ctx, s.share) }()
	return s.await("started")
}

// nextMachine prepares the next boot, and returns the command of the system.
func (s *System) nextMachine(ctx context.Context) (machine, error) {
	s.boots++
	s.number = 0
	s.share = share{filepath.Join(s.dir, "boot"+strconv.Itoa(s.boots))}
	if err := os.Mkdir(s.share.dir, 0o755); err != nil {
		return machine{}, err
	}
	if err := os.WriteFile(s.share.path("agent"), []byte(systemAgent), 0o644); err != nil {
		return machine{}, err
	}

	env, err := umlEnvironment(ctx)
	return machine{env: env, argv: []string{
		s.image.kernel(),
		fmt.Sprintf("mem=%dM", systemMemory),
		// Changes go to a file of the system's own, which the kernel makes.
		"ubd0=" + filepath.Join(s.dir, "changes") + "," + s.disk,
		"root=/dev/ubda", "rw", "init=/lab-init",
		"lab_share=" + s.share.dir, "lab_modules=" + s.image.modules(),
		"con=null", "con0=null,fd:1", "quiet", "panic=-1",
		"uml_dir=" + s.share.dir + "/", "umid=guest",
	}}, err
}

// Shared returns the path on the host of a file that the system has in /mnt, until it is
// booted again.
func (s *System) Shared(name string) string { return s.share.path(name) }

// Run runs a shell script in the system as root. It returns all that the script printed
// and its status.
func (s *System) Run(script string) (output string, status int, err error) {
	name, err := s.start(script)
	if err != nil {
		return "", 0, err
	}
	if err := s.await(name + ".status"); err != nil {
		return "", 0, fmt.Errorf("lab: %s: %w", script, err)
	}

	text, err := os.ReadFile(s.share.path(name + ".status"))
	if err != nil {
		return "", 0, err
	}
	printed, err := os.ReadFile(s.share.path(name + ".output"))
	if err != nil {
		return "", 0, err
	}
	status, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return string(printed), status, err
}

// start makes the agent run a script, and returns the name of the files of the command.
func (s *System) start(script string) (name string, err error) {
	name = strconv.Itoa(s.number)
	s.number++
	partial := s.share.path(name + ".writing")
	if err := os.WriteFile(partial, []byte(script+"\n"), 0o644); err != nil {
		return "", err
	}
	return name, os.Rename(partial, s.share.path(name+".command"))
}

// await waits for a file that the system makes.
func (s *System) await(name string) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case err := <-s.off:
			s.off <- err
			return errors.Join(err, s.share.guestError())
		case <-tick.C:
			if _, err := os.Stat(s.share.path(name)); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
}

// PowerOff shuts the system down, which stops its services.
func (s *System) PowerOff() error {
	if _, err := s.start("systemctl --no-block poweroff"); err != nil {
		return err
	}
	err := <-s.off
	s.off <- err
	return err
}

// Close ends the system and removes its files.
func (s *System) Close() {
	if s.cancel != nil {
		s.cancel()
		<-s.off
	}
	_ = os.RemoveAll(s.dir)
}
