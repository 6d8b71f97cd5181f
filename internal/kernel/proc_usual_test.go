package kernel

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// readAll returns what readConnections yields for a text. The connection of a line that
// cannot be parsed is nil.
func readAll(text []byte) (conns []*ipvs.Connection) {
	readConnections(bytes.NewReader(text), "f", func() {}, func(c *ipvs.Connection, err error) bool {
		if err == nil {
			one := *c
			c = &one
		}
		conns = append(conns, c)
		return true
	})
	return conns
}

// parseEach is readAll without parseUsual.
func parseEach(text []byte) (conns []*ipvs.Connection) {
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	for _, line := range lines[1:] {
		var p connParser
		if p.parse(line) {
			conns = append(conns, &p.conn)
		} else {
			conns = append(conns, nil)
		}
	}
	return conns
}

// TestUsualLines compares parseUsual with parse, on lines as the kernel writes them of
// which most have some bytes changed.
func TestUsualLines(t *testing.T) {
	const usual = 4 // of these; then two blanks, two families, an engine
	lines := []string{
		connLine,
		"UDP 0A000001 DD04 0A000001 0035 0A000002 0035 UDP             3",
		"TCP 2001:0db8:0000:0000:0000:0000:0000:0001 8706 2001:0db8:0000:0000:0000:0000:0000:0001 0050 2001:0db8:0000:0000:0000:0000:0000:0002 1F90 FIN_WAIT    8640000",
		"IP_ 0A000001 0000 00000007 0000 0A000002 0000 NA      1234567890",
		"IP  0A000001 0000 00000007 0000 0A000002 0000 NONE            0",
		"TCP 0A000001 DD04 0A000001 0050 2001:0db8:0000:0000:0000:0000:0000:0002 1F90 NONE            0",
		"UDP 0A000001 0000 0A000001 13C4 0A000002 13C4 NONE           54 sip abc-123@example.com",
	}
	for i, line := range lines {
		want := len(line) + 1
		if i >= usual {
			want = 0
		}
		var p connParser
		if got := p.parseUsual([]byte(line + "\n")); got != want {
			t.Errorf("%q: length %d, want %d", line, got, want)
		}
	}

	const inserted = " \n\t:-019aAfFgG@`/\x00\x7f\x80\xff"
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		text := []byte("title\n")
		for range 1 + r.IntN(4) {
			line := []byte(lines[r.IntN(len(lines))])
			for range r.IntN(3) {
				i, b := r.IntN(len(line)), inserted[r.IntN(len(inserted))]
				switch r.IntN(3) {
				case 0:
					line[i] = b
				case 1:
					line = append(line[:i:i], append([]byte{b}, line[i:]...)...)
				case 2:
					line = append(line[:i], line[min(len(line)-1, i+1+r.IntN(3)):]...)
				}
			}
			text = append(append(text, line...), '\n')
		}
		text = text[:len(text)-r.IntN(2)*r.IntN(10)]
		if diff := cmp.Diff(parseEach(text), readAll(text), compareConnections); diff != "" {
			t.Fatalf("%q (-parse +parseUsual):\n%s", text, diff)
		}
	}
}

// TestParseHex compares parseHex with package strconv, for every byte at every place.
func TestParseHex(t *testing.T) {
	for _, digits := range []int{4, 8} {
		for i := range digits {
			for ch := range 256 {
				text := []byte("9aFf0A5e")[:digits]
				text[i] = byte(ch)
				want, err := strconv.ParseUint(string(text), 16, 32)
				if v, ok := parseHex(text, digits); ok != (err == nil) || ok && v != uint32(want) {
					t.Errorf("%q: %#x, %v; want %#x, %v", text, v, ok, want, err)
				}
			}
		}
	}
	if _, ok := parseHex([]byte("123"), 4); ok {
		t.Error("three digits of four")
	}
}

// TestConnectionsCheck checks that the size of the table is looked at every so many lines,
// whatever the lines are.
func TestConnectionsCheck(t *testing.T) {
	const lines = 10 * linesPerCheck
	for name, line := range map[string]string{
		"usual":   connLine,
		"engine":  "UDP 0A000001 0000 0A000001 13C4 0A000002 13C4 NONE           54 sip abc-123@example.com",
		"invalid": "no connection",
	} {
		t.Run(name, func(t *testing.T) {
			text := "title\n" + strings.Repeat(line+"\n", lines)
			listed, checks, last := 0, 0, 0
			check := func() {
				if listed-last > 2*linesPerCheck {
					t.Errorf("no check between the lines %d and %d", last, listed)
				}
				checks, last = checks+1, listed
			}
			readConnections(strings.NewReader(text), "f", check, func(*ipvs.Connection, error) bool {
				listed++
				return true
			})
			if listed != lines || checks < lines/linesPerCheck/2 || checks > 2*lines/linesPerCheck {
				t.Errorf("%d connections, %d checks", listed, checks)
			}
		})
	}
}
