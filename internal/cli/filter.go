package cli

import (
	"errors"
	"io/fs"
	"path"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// eachConnection reads the connections that a listing is for and does f with each,
// which is good until the next. A line of the kernel's that cannot be understood
// is passed over, because what a client sends can end up in one; the first such
// error is returned at the end.
func (s *session) eachConnection(l command.Listing, f func(*ipvs.Connection) error) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	wanted, err := s.connectionFilter(l)
	if err != nil {
		return err
	}
	var odd error
	for c, err := range kernel.Connections() {
		var noFile *fs.PathError
		switch {
		case errors.As(err, &noFile) && noFile.Op == "open":
			s.out = s.out[:0] // the titles: nothing is listed
			return unopened(noFile)
		case err != nil:
			if odd == nil {
				odd = err
			}
		case wanted.Match(c):
			if err := f(c); err != nil {
				return err
			}
		}
	}
	return unread(odd)
}

// unopened is the failure of a listing of connections when there is no such file
// to open, as where no proc file system is mounted. The reference program says that
// much, whatever the reason is.
func unopened(err *fs.PathError) error {
	text := "cannot open file /proc/net/" + path.Base(err.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		text += ": " + systemText(err)
	}
	return &failure{text, statusUnread}
}

// connectionFilter makes the filter of a listing.
func (s *session) connectionFilter(l command.Listing) (*ipvs.ConnFilter, error) {
	var table ipvs.Table
	if ipvs.ConnFilterNeedsTable(l.Service) {
		var err error
		if table, err = s.kernel.Table(ipvs.Query{Detail: ipvs.PlainColumns}); err != nil {
			return nil, unread(err)
		}
	}
	return ipvs.NewConnFilter(l.Service, l.Server, table.Entries), nil
}
