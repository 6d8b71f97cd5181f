package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// save writes the table as rules, to standard output or to a file.
func (s *session) save(cmd command.Command) error {
	if cmd.Saving.File == "" {
		return s.printRules(cmd)
	}
	if err := s.flush(); err != nil {
		return err
	}
	err := s.saveFile(cmd)
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{fmt.Sprintf("Can't write %s: %s", cmd.Saving.File, systemText(err)), statusUnread}
}

// saveFile writes the table to a file beside the one that is asked for, and renames
// it over that when all is on the disk.
func (s *session) saveFile(cmd command.Command) error {
	path, options, err := target(cmd.Saving.File)
	if err != nil {
		return err
	}
	file, err := renameio.NewPendingFile(path, options...)
	if err != nil {
		return err
	}
	// After the renaming there is nothing to clean up, else the file is
	// forgotten with whatever is in it.
	defer file.Cleanup()
	stdout := s.env.Stdout
	s.env.Stdout = file
	err = s.printRules(cmd)
	if err == nil {
		err = s.flush()
	}
	if s.outErr != nil {
		err = s.outErr // to be told with the file's name
	}
	s.env.Stdout, s.out, s.outErr = stdout, s.out[:0], nil
	if err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// errNotAFile is why a device or a folder is not replaced.
var errNotAFile = errors.New("not a regular file")

// target is the file to replace, which is the one behind symbolic links, and what
// the new one keeps of it.
func target(path string) (string, []renameio.Option, error) {
	options := []renameio.Option{renameio.WithPermissions(0o644), renameio.WithExistingPermissions()}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", nil, err
	case !info.Mode().IsRegular():
		return "", nil, errNotAFile
	}
	return path, append(options, renameio.WithTempDir(filepath.Dir(path))), nil
}

// printRules prints the table as rules.
func (s *session) printRules(cmd command.Command) error {
	if cmd.Listing.JSON {
		return s.printTableJSON(format.JSON{Rules: true}, cmd.Listing, cmd.Saving.All)
	}
	table, names, err := s.readTable(ipvs.Query{Detail: ipvs.WithoutStats}, cmd.Listing)
	if err != nil {
		return err
	}
	rules := format.Rules{Names: names}
	for i := range table.Entries {
		e := &table.Entries[i]
		if err := s.wrote(rules.AppendService(s.out, &e.Service)); err != nil {
			return err
		}
		for j := range e.Destinations {
			if err := s.wrote(rules.AppendDestination(s.out, e.Service.ID, &e.Destinations[j])); err != nil {
				return err
			}
		}
	}
	if cmd.Saving.All {
		return s.printRest(rules)
	}
	return nil
}

// printRest prints what is not in the table as rules: the timeouts, and the sync
// daemons last, because they are refused where their interface is not there yet.
func (s *session) printRest(rules format.Rules) error {
	rest, err := s.rest()
	if err != nil {
		return err
	}
	s.out = rules.AppendChange(s.out, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: rest.Timeouts})
	for _, d := range rest.Daemons {
		s.out = rules.AppendChange(s.out, ipvs.Change{Op: ipvs.StartDaemon, Daemon: d})
	}
	return s.wrote(s.out)
}

// rest reads what is not in the table. The kernel was opened to read that.
func (s *session) rest() (*format.Rest, error) {
	timeouts, err := s.kernel.Timeouts()
	if err != nil {
		return nil, unread(err)
	}
	daemons, err := s.kernel.Daemons()
	if err != nil {
		return nil, unread(err)
	}
	return &format.Rest{Timeouts: timeouts, Daemons: daemons}, nil
}
