package genl

import (
	"encoding/hex"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
)

// lines writes bytes as netlink aligns them: four a line.
func lines(b []byte) (lines []string) {
	for chunk := range slices.Chunk(b, 4) {
		lines = append(lines, hex.EncodeToString(chunk))
	}
	return lines
}

// TestEncoderIsNetlinks checks that the encoder writes what that of package netlink
// writes.
func TestEncoderIsNetlinks(t *testing.T) {
	ours := encoded(t, func(e *Encoder) {
		e.Uint8(1, 2)
		e.Uint16(3, 4)
		e.Uint32(5, 6)
		e.Int32(7, -8)
		e.String(9, "wlc")
		e.Nested(10, func(e *Encoder) {
			e.Bytes(11, []byte{12, 13})
			e.Bytes(14, nil)
			e.BigEndian16(17, 18)
			e.BigEndian32(19, 20)
		})
		e.String(21, "")
	})
	ae := netlink.NewAttributeEncoder()
	ae.Uint8(1, 2)
	ae.Uint16(3, 4)
	ae.Uint32(5, 6)
	ae.Int32(7, -8)
	ae.String(9, "wlc")
	ae.Nested(10, func(e *netlink.AttributeEncoder) error {
		e.Bytes(11, []byte{12, 13})
		e.Bytes(14, nil)
		e.Bytes(17, []byte{0, 18})
		e.Bytes(19, []byte{0, 0, 0, 20})
		return nil
	})
	ae.String(21, "")
	theirs, err := ae.Encode()
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(lines(theirs), lines(ours)); diff != "" {
		t.Errorf("(-netlink +ours):\n%s", diff)
	}
}

// TestEncodeTooLong checks values at the limit of an attribute, and above it.
func TestEncodeTooLong(t *testing.T) {
	const longest = 1<<16 - 1 - attributeHeader
	tests := []struct {
		name string
		body func(*Encoder)
		err  error
	}{
		{"the longest bytes", func(e *Encoder) { e.Bytes(1, make([]byte, longest)) }, nil},
		{"too many bytes", func(e *Encoder) { e.Bytes(1, make([]byte, longest+1)) }, syscall.EINVAL},
		{"the longest string", func(e *Encoder) { e.String(1, string(make([]byte, longest-1))) }, nil},
		{"too long a string", func(e *Encoder) { e.String(1, string(make([]byte, longest))) }, syscall.EINVAL},
		{"too much nested", func(e *Encoder) {
			e.Nested(1, func(e *Encoder) { e.Bytes(2, make([]byte, longest)) })
		}, syscall.EINVAL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Encoded(tt.body); !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
		})
	}
}

// TestDecoder checks that values of every kind are read.
func TestDecoder(t *testing.T) {
	b := encoded(t, func(e *Encoder) {
		e.Uint8(1, 2)
		e.Uint16(2, 3)
		e.Uint32(3, 4)
		e.Int32(4, -5)
		e.Bytes(5, []byte{8, 7, 6, 5, 4, 3, 2, 1})
		e.BigEndian16(6, 7)
		e.String(7, "wlc")
		e.Nested(8, func(e *Encoder) { e.Uint8(9, 10) })
	})
	d := NewDecoder(b)
	next := func(want uint16) {
		t.Helper()
		if !d.Next() || d.Type() != want {
			t.Fatalf("type %d, error %v; want %d", d.Type(), d.Err(), want)
		}
	}
	next(1)
	if v := d.Uint8(); v != 2 {
		t.Errorf("Uint8: %d", v)
	}
	next(2)
	if v := d.Uint16(); v != 3 {
		t.Errorf("Uint16: %d", v)
	}
	next(3)
	if v := d.Uint32(); v != 4 {
		t.Errorf("Uint32: %d", v)
	}
	next(4)
	if v := d.Int32(); v != -5 {
		t.Errorf("Int32: %d", v)
	}
	next(5)
	if v, b := d.Uint64(), d.Bytes(); v != 0x0102030405060708 && v != 0x0807060504030201 || len(b) != 8 {
		t.Errorf("Uint64: %x, bytes %x", v, b)
	}
	next(6)
	if v := d.BigEndian16(); v != 7 {
		t.Errorf("BigEndian16: %d", v)
	}
	next(7)
	if v := string(d.Text()); v != "wlc" {
		t.Errorf("Text: %q", v)
	}
	next(8)
	if n := NewNestedDecoder(b, 8); !n.Next() || n.Type() != 9 || n.Uint8() != 10 || n.Next() || n.Err() != nil {
		t.Errorf("nested: type %d, error %v", n.Type(), n.Err())
	}
	if d.Next() || d.Err() != nil {
		t.Errorf("after the last: type %d, error %v", d.Type(), d.Err())
	}
}

// TestDecodeMalformed checks that attributes which no kernel is known to send are
// errors.
func TestDecodeMalformed(t *testing.T) {
	short := encoded(t, func(e *Encoder) { e.Bytes(1, []byte{1, 2, 3}) })
	tests := []struct {
		name string
		b    []byte
		read func(*Decoder)
	}{
		{"half a header", []byte{4, 0, 1}, nil},
		{"a length below the header's", []byte{3, 0, 1, 0}, nil},
		{"a length beyond the message", []byte{9, 0, 1, 0, 0, 0, 0, 0}, nil},
		{"a short Uint8", short, func(d *Decoder) { d.Uint8() }},
		{"a short Uint16", short, func(d *Decoder) { d.Uint16() }},
		{"a short Uint32", short, func(d *Decoder) { d.Uint32() }},
		{"a short Int32", short, func(d *Decoder) { d.Int32() }},
		{"a short Uint64", short, func(d *Decoder) { d.Uint64() }},
		{"a short BigEndian16", short, func(d *Decoder) { d.BigEndian16() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder(tt.b)
			for d.Next() {
				tt.read(&d)
			}
			if !errors.Is(d.Err(), ErrMalformed) || !errors.Is(d.Err(), syscall.EBADMSG) {
				t.Errorf("error %v", d.Err())
			}
		})
	}
}

// TestNestedDecoder checks that the attribute which contains the others is found.
func TestNestedDecoder(t *testing.T) {
	nested := func(typ uint16, v uint8) func(*Encoder) {
		return func(e *Encoder) { e.Nested(typ, func(e *Encoder) { e.Uint8(1, v) }) }
	}
	tests := []struct {
		name string
		b    []byte
		want uint8
		err  error
	}{
		{"alone", encoded(t, nested(2, 7)), 7, nil},
		{"behind another", append(encoded(t, nested(3, 8)), encoded(t, nested(2, 7))...), 7, nil},
		{"twice: the last counts", append(encoded(t, nested(2, 8)), encoded(t, nested(2, 7))...), 7, nil},
		{"absent", encoded(t, nested(3, 8)), 0, ErrMalformed},
		{"in an empty message", nil, 0, ErrMalformed},
		{"before a malformed one", append(encoded(t, nested(2, 7)), 1), 0, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got uint8
			d := NewNestedDecoder(tt.b, 2)
			for d.Next() {
				got = d.Uint8()
			}
			if got != tt.want || !errors.Is(d.Err(), tt.err) {
				t.Errorf("%d, %v; want %d, %v", got, d.Err(), tt.want, tt.err)
			}
		})
	}
}
