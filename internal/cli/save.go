package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// save writes the table as rules, to standard output or to a file.
func save(s *session, cmd command.Command) error {
	if cmd.Saving.File == "" {
		return saveTo(s, s.out, cmd)
	}

	err := saveFile(s, cmd)
	var exit *exitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	text := fmt.Sprintf("Can't write %s: %s", cmd.Saving.File, systemText(err))
	return &exitError{status: statusReadError, err: withText(err, text)}
}

// saveTo writes the table as rules to out.
func saveTo(s *session, out *output, cmd command.Command) error {
	l, err := newLister(s, out)
	if err != nil {
		return err
	}
	return l.rules(cmd)
}

// saveFile writes the table to a file beside the one that is asked for, and renames
// it over that when all is on the disk.
func saveFile(s *session, cmd command.Command) error {
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

	out := newOutput(file)
	err = saveTo(s, out, cmd)
	if err == nil {
		err = out.Flush()
	}
	if out.hasFailed(err) {
		return errors.Unwrap(errors.Unwrap(err)) // to be reported with the file's name
	}
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
