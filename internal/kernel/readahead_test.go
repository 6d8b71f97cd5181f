package kernel

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/iotest"
)

// TestReadAhead checks that the bytes and the error at the end are those of the reader,
// for blocks of all sizes.
func TestReadAhead(t *testing.T) {
	for _, size := range []int{0, 1, readAheadSize - 1, readAheadSize, readAheadSize + 1, 7*readAheadSize + 5} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i ^ i>>8)
		}
		for name, end := range map[string]error{"end": io.EOF, "error": os.ErrPermission} {
			r := io.MultiReader(iotest.HalfReader(bytes.NewReader(want)), iotest.ErrReader(end))
			if end == io.EOF {
				r = iotest.DataErrReader(bytes.NewReader(want))
			}
			a := newReadAhead(r)
			got, err := io.ReadAll(a)
			a.close()
			if !slices.Equal(got, want) || end != io.EOF && !errors.Is(err, end) || end == io.EOF && err != nil {
				t.Errorf("%s: %d bytes of %d, %v", name, len(got), size, err)
			}
		}
	}
}

// TestReadAheadStops checks that a reader can be closed before its end.
func TestReadAheadStops(t *testing.T) {
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if _, err := w.Write(make([]byte, readAheadSize)); err != nil {
				return
			}
		}
	}()
	a := newReadAhead(r)
	if _, err := a.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	a.close()
	_ = r.Close()
	<-ended
}

// TestRestReader checks that a file is read ahead where there is a second processor, and
// that its bytes are the same where there is none.
func TestRestReader(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), readAheadSize)
	for _, processors := range []int{1, 2} {
		t.Run(strconv.Itoa(processors), func(t *testing.T) {
			setProcessors(t, processors)
			r, stop := newRestReader(bytes.NewReader(want))
			defer stop()
			if _, ahead := r.(*readAhead); ahead != (processors > 1) {
				t.Errorf("a %T", r)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
			}
		})
	}
}
