package lab

import (
	"errors"
	"io"
	"os"
	"time"
)

// pollInterval is how often a guest's growing output files are looked at: seldom
// enough to cost nothing, often enough that a person sees a live session.
const pollInterval = 50 * time.Millisecond

// follow copies the command's output to the writers while the guest writes it.
// The returned function ends that after the last byte. (A guest's consoles
// would be live as well, but a terminal between the two changes bytes.)
func (s share) follow(stdout, stderr io.Writer) (stop func() error, err error) {
	end := make(chan struct{})
	results := make(chan error)
	started := 0
	stop = func() error {
		close(end)
		var errs []error
		for range started {
			errs = append(errs, <-results)
		}
		return errors.Join(errs...)
	}
	for name, w := range map[string]io.Writer{"stdout": stdout, "stderr": stderr} {
		if w == nil || name == "stderr" && sameWriter(stdout, stderr) {
			continue
		}
		f, err := os.Open(s.path(name))
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		started++
		go func() { results <- followFile(f, w, end) }()
	}
	return stop, nil
}

// followFile copies a growing file until end is closed, and what is left then.
func followFile(f *os.File, w io.Writer, end <-chan struct{}) error {
	defer f.Close()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-end:
			_, err := io.Copy(w, f)
			return err
		case <-tick.C:
			if _, err := io.Copy(w, f); err != nil {
				<-end
				return err
			}
		}
	}
}
