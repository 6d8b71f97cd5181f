package kernel

import (
	"errors"
	"syscall"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxDumps is how often a dump is tried that the kernel interrupts, because what
// it lists changed meanwhile.
const maxDumps = 8

// dump asks for a list, and calls each with the attributes of every entry. Before
// the first entry, and again before each repetition of an interrupted dump, it
// calls reset. An error of the kernel is *ipvs.Error with op; EINTR is a dump
// that was interrupted each time.
func (c *Client) dump(op ipvs.Op, cmd command, body func(*encoder), reset func(), each func([]byte) error) error {
	for range maxDumps {
		reset()
		interrupted, err := c.dumpOnce(cmd, body, each)
		if err != nil || !interrupted {
			return refusal(op, err)
		}
	}
	return refusal(op, syscall.EINTR)
}

// dumpOnce reads one dump. It always reads to the end, unless receiving fails: a
// socket can carry one dump at a time, and the next request would find it busy.
func (c *Client) dumpOnce(cmd command, body func(*encoder), each func([]byte) error) (interrupted bool, err error) {
	// The acknowledgement is asked for as the reference program does; a dump
	// never sends one.
	seq, err := c.request(netlink.Dump|netlink.Acknowledge, cmd, body)
	if err != nil {
		return false, err
	}
	for strays := 0; strays < maxStrays; {
		m, rerr := c.in.next(c.ch, true)
		if rerr != nil {
			return interrupted, errors.Join(err, rerr)
		}
		if m.Sequence != seq {
			strays++ // late for a request before
			continue
		}
		interrupted = interrupted || m.Flags&netlink.DumpInterrupted != 0
		switch m.Type {
		case netlink.Done, netlink.Error:
			if err == nil {
				err = m.status()
			}
			return interrupted, err
		default:
			if err == nil {
				err = eachEntry(m, each)
			}
		}
	}
	return interrupted, errMalformed
}

func eachEntry(m message, each func([]byte) error) error {
	b, err := m.payload()
	if err != nil {
		return err
	}
	return each(b)
}
