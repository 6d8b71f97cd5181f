package kernel

import "io"

// aheadSize is how much is read ahead at a time. The kernel gives a page at most for
// a read, and to hand over each would cost more than to read it.
const aheadSize = 32 << 10

// ahead reads on while what was read before is being used: on a machine with a second
// processor the kernel writes its connections while we read them. (For the table of
// services it gains nothing.) A file that fits one block is read as it is.
type ahead struct {
	r      io.Reader
	have   block // being used
	filled chan block
	stop   chan struct{}
}

// block is a part of a file, and what ended it: io.EOF for the last.
type block struct {
	b   []byte
	err error
}

func newAhead(r io.Reader) *ahead { return &ahead{r: r} }

// Read gives what has been read.
func (a *ahead) Read(b []byte) (int, error) {
	if len(a.have.b) == 0 && a.have.err == nil {
		a.have = a.next()
	}
	if len(a.have.b) == 0 {
		return 0, a.have.err
	}
	n := copy(b, a.have.b)
	a.have.b = a.have.b[n:]
	return n, nil
}

// next is the next block: the first is read here, and the others on the way.
func (a *ahead) next() block {
	if a.filled != nil {
		return <-a.filled
	}
	first := fillBlock(a.r, make([]byte, aheadSize))
	if first.err == nil {
		a.filled, a.stop = make(chan block, 1), make(chan struct{})
		go a.run()
	}
	return first
}

// run reads to the end. Of three blocks, one is being used, one is ready, and one is
// being read.
func (a *ahead) run() {
	var bufs [3][]byte
	for i := 0; ; i = (i + 1) % len(bufs) {
		if bufs[i] == nil {
			bufs[i] = make([]byte, aheadSize)
		}
		full := fillBlock(a.r, bufs[i])
		select {
		case a.filled <- full:
		case <-a.stop:
			return
		}
		if full.err != nil {
			return
		}
	}
}

// close ends the reading, wherever it is.
func (a *ahead) close() {
	if a.stop != nil {
		close(a.stop)
	}
}

// fillBlock reads until the buffer is full.
func fillBlock(r io.Reader, buf []byte) block {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err != nil {
			return block{buf[:n], err}
		}
	}
	return block{buf, nil}
}
