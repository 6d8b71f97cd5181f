package kernel

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// width is the length of the numbers of an attribute that are in host byte order: 0 for
// an attribute of bytes, text or numbers in network order.
type width int

// What reverseRequest knows of the attributes of a request, apart from the encoder.
var (
	serviceWidths = map[uint16]width{
		svcAttrFamily: 2, svcAttrProtocol: 2, svcAttrFWMark: 4, svcAttrFlags: 4, svcAttrTimeout: 4,
	}
	destinationWidths = map[uint16]width{
		destAttrFamily: 2, destAttrForward: 4, destAttrWeight: 4,
		destAttrUpperThreshold: 4, destAttrLowerThreshold: 4, destAttrTunnelFlags: 2,
	}
	daemonWidths = map[uint16]width{
		daemonAttrState: 4, daemonAttrSyncID: 4, daemonAttrMaxLen: 2, daemonAttrPort: 2,
	}
	timeoutWidths = map[uint16]width{cmdAttrTimeoutTCP: 4, cmdAttrTimeoutTCPFin: 4, cmdAttrTimeoutUDP: 4}
)

// nativeRequest returns a captured request, which is of a little-endian machine, in the
// byte order of this machine. Netlink is in host byte order (RFC 3549, section 2.2).
func nativeRequest(captured []byte) []byte {
	b := slices.Clone(captured)
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		reverseRequest(b)
	}
	return b
}

// reverseRequest reverses every number in host byte order of a little-endian request:
// struct nlmsghdr, struct genlmsghdr and attributes.
func reverseRequest(b []byte) {
	reverseNumbers(b[:4], 4)
	reverseNumbers(b[4:wireSequence], 2)
	reverseNumbers(b[wireSequence:wireHeader], 4)

	const genericHeader = 4 // two bytes and a reserved number, which is 0
	reverseAttributes(b[wireHeader+genericHeader:], func(typ uint16, value []byte) {
		switch typ {
		case cmdAttrService:
			reverseAttributes(value, reverseService(value))
		case cmdAttrDest:
			reverseAttributes(value, byWidth(destinationWidths))
		case cmdAttrDaemon:
			reverseAttributes(value, byWidth(daemonWidths))
		default:
			reverseNumbers(value, timeoutWidths[typ])
		}
	})
}

// reverseService returns what reverses the value of an attribute of a service. A netmask
// is in network order for IPv4, and a prefix length in host order for IPv6.
func reverseService(service []byte) func(uint16, []byte) {
	const firstValue = 4 // the family comes first
	isIPv6 := service[firstValue] == 10
	return func(typ uint16, value []byte) {
		if typ == svcAttrNetmask && isIPv6 {
			reverseNumbers(value, 4)
		}
		byWidth(serviceWidths)(typ, value)
	}
}

// byWidth returns what reverses the value of an attribute by its width in a table.
func byWidth(widths map[uint16]width) func(uint16, []byte) {
	return func(typ uint16, value []byte) { reverseNumbers(value, widths[typ]) }
}

// reverseAttributes reverses the headers of little-endian attributes, and calls value for
// the value of each.
func reverseAttributes(b []byte, value func(typ uint16, value []byte)) {
	const header, nested = 4, 0x8000
	for len(b) >= header {
		length := int(binary.LittleEndian.Uint16(b))
		typ := binary.LittleEndian.Uint16(b[2:]) &^ nested
		value(typ, b[header:length])
		reverseNumbers(b[:header], 2)
		b = b[min((length+3)&^3, len(b)):]
	}
}

// reverseNumbers reverses the bytes of each number.
func reverseNumbers(b []byte, w width) {
	if w == 0 {
		return
	}
	for number := range slices.Chunk(b, int(w)) {
		slices.Reverse(number)
	}
}

// TestReverseRequest checks a request that is written down in both byte orders.
func TestReverseRequest(t *testing.T) {
	tests := []struct{ name, little, big string }{
		{
			"a service by its mark",
			"30000000 1c000500 01020304 05060708 01010000 1c000180 06000100 0a000000 08000500 02000000 08000900 80000000",
			"00000030 001c0005 04030201 08070605 01010000 001c8001 00060001 000a0000 00080005 00000002 00080009 00000080",
		},
		{
			"a service by its address",
			"44000000 1c000500 01020304 05060708 01010000 30000180 06000100 02000000 06000400 00500000" +
				"0c000700 01000000 ffffffff 08000900 ffffff00 08000800 68010000",
			"00000044 001c0005 04030201 08070605 01010000 00308001 00060001 00020000 00060004 00500000" +
				"000c0007 00000001 ffffffff 00080009 ffffff00 00080008 00000168",
		},
		{
			"a server",
			"38000000 1c000500 01020304 05060708 05010000 24000280 06000e00 17c00000 06000f00 01000000 05000d00 02000000 08000400 ffffff7f",
			"00000038 001c0005 04030201 08070605 05010000 00248002 0006000e 17c00000 0006000f 00010000 0005000d 02000000 00080004 7fffffff",
		},
		{
			"timeouts",
			"1c000000 1c000500 01020304 05060708 0c010000 08000400 84030000",
			"0000001c 001c0005 04030201 08070605 0c010000 00080004 00000384",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := unhex(t, tt.little)
			reverseRequest(got)
			if want := unhex(t, tt.big); !slices.Equal(got, want) {
				t.Errorf("got\n% x\nwant\n% x", got, want)
			}
		})
	}
}

// unhex returns the bytes of hexadecimal text with spaces.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
