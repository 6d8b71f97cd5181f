package cli

import (
	"bufio"
	"errors"
	"io"
	"syscall"
)

// output is a buffered standard output, or a file that a table is saved to. A
// command appends to AvailableBuffer and hands the result to Write:
//
//	out.Write(f.AppendTitle(out.AvailableBuffer(), info))
//
// The first failed write is the last one: its error is returned by every call
// from then on.
type output struct {
	buffer *bufio.Writer
	err    error // an *exitError, once a write has failed
	cause  error // what the write failed with
}

const (
	// outputSize is how much output is gathered before it is written.
	outputSize = 64 << 10
	// lineRoom is the room for the line that goes beyond outputSize.
	lineRoom = 4 << 10
)

func newOutput(w io.Writer) *output {
	return &output{buffer: bufio.NewWriterSize(w, outputSize+lineRoom)}
}

// AvailableBuffer returns the free part of the buffer, empty, to append to and
// to pass to Write.
func (o *output) AvailableBuffer() []byte { return o.buffer.AvailableBuffer() }

// Write takes what is to be written, and writes it out when there is much of it.
func (o *output) Write(b []byte) error {
	if o.err != nil {
		return o.err
	}
	if _, err := o.buffer.Write(b); err != nil {
		return o.fail(err)
	}
	if o.buffer.Buffered() < outputSize {
		return nil
	}
	return o.Flush()
}

// Flush writes out what has been gathered.
func (o *output) Flush() error {
	if o.err != nil {
		return o.err
	}
	if err := o.buffer.Flush(); err != nil {
		return o.fail(err)
	}
	return nil
}

// fail keeps the error of the first failed write.
func (o *output) fail(err error) error {
	o.err, o.cause = newWriteError(err), err
	return o.err
}

// hasFailed reports whether err is that the output can no longer be written.
func (o *output) hasFailed(err error) bool { return o.err != nil && errors.Is(err, o.err) }

// readerLeft reports whether the output can no longer be written because its
// reader has what it wanted (| head), which is no failure.
func (o *output) readerLeft() bool {
	return errors.Is(o.err, syscall.EPIPE) || errors.Is(o.err, io.ErrClosedPipe)
}
