package format_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// writeMillion writes a long connection table as the kernel does, and returns its path.
func writeMillion(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ip_vs_conn")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData")
	r := rand.New(rand.NewPCG(1, 2))
	line := make([]byte, 0, 128)
	for range connectionLines {
		line = fmt.Appendf(line[:0], "TCP %08X %04X AC1400C8 0050 C0A81E%02X 1F90 ESTABLISHED     %3d\n", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xff, r.Uint32()%900)
		// The writer keeps its first error for Flush.
		_, _ = w.Write(line)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// connScanner reads such a file, as far as these tests need it, without allocating.
type connScanner struct {
	lines *bufio.Scanner
	conn  ipvs.Connection
	words [9][]byte
}

func (s *connScanner) next() bool {
	if !s.lines.Scan() {
		return false
	}
	line := s.lines.Bytes()
	for i := range s.words {
		line = bytes.TrimLeft(line, " ")
		end := bytes.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		s.words[i], line = line[:end], line[end:]
	}
	w := &s.words
	s.conn = ipvs.Connection{
		Protocol: "TCP", State: "ESTABLISHED", Expires: decimal(w[8]),
		Client: hexEnd(w[1], w[2]), Virtual: hexEnd(w[3], w[4]), Destination: hexEnd(w[5], w[6]),
	}
	return true
}

func decimal(digits []byte) (n uint64) {
	for _, d := range digits {
		n = 10*n + uint64(d-'0')
	}
	return n
}

func hexEnd(addr, port []byte) netip.AddrPort {
	var a [4]byte
	var p [2]byte
	// The test has written the file itself.
	_, _ = hex.Decode(a[:], addr)
	_, _ = hex.Decode(p[:], port)
	return netip.AddrPortFrom(netip.AddrFrom4(a), binary.BigEndian.Uint16(p[:]))
}

// formatAll formats every connection of a file, and returns how long it took, how many
// bytes were written, and the peak of the heap.
func formatAll(t *testing.T, path string, appendTo func([]byte, int, *ipvs.Connection) []byte) (took time.Duration, written int, peak uint64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const flushAt = 64 << 10
	start := time.Now()
	s := connScanner{lines: bufio.NewScanner(f)}
	s.lines.Scan() // the title
	out := make([]byte, 0, flushAt+4096)
	n := 0
	for ; s.next(); n++ {
		if out = appendTo(out, n, &s.conn); len(out) >= flushAt {
			written += len(out)
			out = out[:0]
		}
		if n%10_000 == 0 {
			peak = max(peak, heap())
		}
	}
	if n != connectionLines || s.lines.Err() != nil {
		t.Fatalf("%d lines read, %v", n, s.lines.Err())
	}
	return time.Since(start), written + len(out), peak
}

// heap returns the size of the heap, garbage included.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMillionConnections checks that a million connections take no memory but the
// buffers, as text and as JSON.
func TestMillionConnections(t *testing.T) {
	const buffers = 1 << 20
	path := writeMillion(t)
	start := time.Now()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 64<<10))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("read alone: %v for %d MB", time.Since(start).Round(time.Millisecond), size>>20)
	var doc format.ConnectionsJSON
	for name, appendTo := range map[string]func([]byte, int, *ipvs.Connection) []byte{
		"parse alone": func(b []byte, _ int, _ *ipvs.Connection) []byte { return b },
		"and text":    func(b []byte, _ int, c *ipvs.Connection) []byte { return format.Connections{}.AppendLine(b, c) },
		"and JSON":    doc.AppendConnection,
	} {
		runtime.GC()
		before := heap()
		took, written, peak := formatAll(t, path, appendTo)
		t.Logf("%s: %v, %d MB written, heap %d kB at first, %d kB at its peak", name, took.Round(time.Millisecond), written>>20, before>>10, peak>>10)
		if peak > before+buffers {
			t.Errorf("%s: the heap grew from %d to %d bytes", name, before, peak)
		}
	}
}
