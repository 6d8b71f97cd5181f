package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// copyAttributes copies to a new file the owner, the group, the mode and the extended
// attributes of another one. It fails if the caller may not.
func copyAttributes(f *os.File, from string) error {
	fd := int(f.Fd())
	var have, want unix.Stat_t
	if err := unix.Fstat(fd, &have); err != nil {
		return err
	}
	if err := unix.Lstat(from, &want); err != nil {
		return err
	}

	if have.Uid != want.Uid || have.Gid != want.Gid {
		if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
			return keepError("owner and group", err)
		}
	}

	// After the owner, with which the kernel takes away the bits for set-user-ID.
	if err := unix.Fchmod(fd, want.Mode&0o7777); err != nil {
		return keepError("mode", err)
	}
	return copyExtendedAttributes(fd, from)
}

// keepError returns the error for an attribute of a file that cannot be kept.
func keepError(what string, err error) error {
	return fmt.Errorf("cannot keep its %s: %s", what, systemText(err))
}

// accessList is the extended attribute that is the access control list of a file.
const accessList = "system.posix_acl_access"

// copyExtendedAttributes copies to a new file the extended attributes of another one: the
// access control list, the security context (security.selinux), and those that users
// set. Most files have none, or the one that a new file in the directory has too.
func copyExtendedAttributes(fd int, from string) error {
	names, err := attributeNames(func(b []byte) (int, error) { return unix.Llistxattr(from, b) })
	if err != nil {
		return err
	}

	for _, name := range names {
		want, err := readSized(func(b []byte) (int, error) { return unix.Lgetxattr(from, name, b) })
		if err != nil {
			return keepError(name, err)
		}
		have, err := readSized(func(b []byte) (int, error) { return unix.Fgetxattr(fd, name, b) })
		if err == nil && string(have) == string(want) {
			continue
		}
		if err := unix.Fsetxattr(fd, name, want, 0); err != nil {
			return keepError(name, err)
		}
	}

	if slices.Contains(names, accessList) {
		return nil
	}

	// The directory may have given the new file one.
	err = unix.Fremovexattr(fd, accessList)
	if err != nil && !errors.Is(err, unix.ENODATA) && !errors.Is(err, errors.ErrUnsupported) {
		return keepError("access control list", err)
	}
	return nil
}

// attributeNames returns the names of the extended attributes that a file which
// replaces another one has to have. Those that belong to the contents of a file, or to
// a program, are not among them.
func attributeNames(list func([]byte) (int, error)) ([]string, error) {
	b, err := readSized(list)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, keepError("extended attributes", err)
	}

	names := strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
	return slices.DeleteFunc(names, func(name string) bool {
		return name == "" || name == "security.ima" || name == "security.evm" || name == "security.capability"
	}), nil
}

// readSized calls a function that fills a buffer, with one that is large enough.
func readSized(read func([]byte) (int, error)) ([]byte, error) {
	for {
		size, err := read(nil)
		if err != nil || size == 0 {
			return nil, err
		}
		b := make([]byte, size)
		n, err := read(b)
		if !errors.Is(err, unix.ERANGE) {
			return b[:max(n, 0)], err
		}
		// It has grown since.
	}
}
