package command

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestParseInetAton covers addresses as inet_aton(3) accepts and rejects them.
func TestParseInetAton(t *testing.T) {
	for s, want := range map[string]string{
		"1.2.3.4":              "1.2.3.4",
		"0.0.0.0":              "0.0.0.0",
		"255.255.255.255":      "255.255.255.255",
		"1.2.3":                "1.2.0.3",
		"1.2.65535":            "1.2.255.255",
		"1.16777215":           "1.255.255.255",
		"4294967295":           "255.255.255.255",
		"0":                    "0.0.0.0",
		"010.0x10.0X1f.00":     "8.16.31.0",
		"0xffffffff":           "255.255.255.255",
		"1.2.3.4 5":            "1.2.3.4",
		"1.2.3.4\t":            "1.2.3.4",
		"1.2.3\v.4":            "1.2.0.3",
		"":                     "",
		" 1.2.3.4":             "",
		"\r":                   "",
		"1.2.3.4.5":            "",
		"1.2.3.4.":             "",
		"1..2.3":               "",
		".1":                   "",
		"256.2.3.4":            "",
		"1.2.3.256":            "",
		"1.2.65536":            "",
		"1.16777216":           "",
		"4294967296":           "",
		"08":                   "",
		"0x":                   "",
		"0xg":                  "",
		"+1":                   "",
		"-1":                   "",
		"0x-1":                 "",
		"0+1":                  "",
		"1.2.3.4x":             "",
		"::1":                  "",
		"18446744073709551616": "",
	} {
		t.Run(s, func(t *testing.T) {
			a, ok := parseInetAton(s)
			got := ""
			if ok {
				got = a.String()
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestParseNumber covers numbers as strtol(3) reads them, here between -2 and 300.
func TestParseNumber(t *testing.T) {
	const invalid = -1000
	for s, want := range map[string]int64{
		"0":                    0,
		"-2":                   -2,
		"300":                  300,
		"+7":                   7,
		"007":                  7,
		" \t\n\v\f\r7":         7,
		"-3":                   invalid,
		"301":                  invalid,
		"":                     invalid,
		" ":                    invalid,
		"7 ":                   invalid,
		"7x":                   invalid,
		"0x7":                  invalid,
		"- 7":                  invalid,
		"\x0e7":                invalid,
		"\x087":                invalid,
		"1_0":                  invalid,
		"999999999999999999":   invalid, // fits in 64 bits
		"99999999999999999999": invalid,
		"00000000000000000007": 7,
	} {
		t.Run(s, func(t *testing.T) {
			got, ok := parseNumber(s, -2, 300)
			if !ok {
				got = invalid
			}
			if got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

// TestParseLeadingInt covers numbers as atoi(3) reads them.
func TestParseLeadingInt(t *testing.T) {
	for s, want := range map[string]int32{
		"":                     0,
		"x":                    0,
		"64":                   64,
		"64/x":                 64,
		" \t+64":               64,
		"-64":                  -64,
		"6-4":                  6,
		"6+4":                  6,
		"+-6":                  0,
		"-":                    0,
		"09":                   9,
		"64:":                  64,
		"64/":                  64,
		"4294967360":           64,
		"99999999999999999999": -1,
	} {
		t.Run(s, func(t *testing.T) {
			if got := parseLeadingInt(s); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

// TestParseIPv6 covers addresses as inet_pton(3) accepts and rejects them.
func TestParseIPv6(t *testing.T) {
	for s, want := range map[string]bool{
		"::":              true,
		"::1":             true,
		"1:2:3:4:5:6:7:8": true,
		"::ffff:1.2.3.4":  true,
		"fe80::1%lo":      false,
		"1:2":             false,
		":":               false,
		"1.2.3.4":         false,
		"x::":             false,
	} {
		t.Run(s, func(t *testing.T) {
			a, ok := parseIPv6(s)
			if ok != want {
				t.Errorf("got %v, %v", a, ok)
			}
			if ok && a != netip.MustParseAddr(s) {
				t.Errorf("got %v", a)
			}
		})
	}
}

// TestParseSchedFlags parses lists of scheduler flags for the scheduler sh.
func TestParseSchedFlags(t *testing.T) {
	for list, want := range map[string]struct {
		flags ipvs.ServiceFlags
		err   string
	}{
		"":                      {},
		"flag-1":                {flags: ipvs.Sched1},
		"flag-2,flag-3":         {flags: ipvs.Sched2 | ipvs.Sched3},
		",sh-fallback,,sh-port": {flags: ipvs.Sched1 | ipvs.Sched2},
		"flag-1,flag-1":         {flags: ipvs.Sched1},
		",":                     {err: "invalid scheduler flag `,'"},
		",,":                    {err: "invalid scheduler flag `,,'"},
		"Flag-1":                {err: "invalid scheduler flag `Flag-1'"},
		"flag-1,x":              {err: "invalid scheduler flag `x'"},
		"flag-1,mh-port":        {err: "incompatible scheduler flag `mh-port'"},
	} {
		t.Run(list, func(t *testing.T) {
			flags, err := ParseSchedFlags(list, "sh")
			text := ""
			if err != nil {
				text = err.Error()
			}
			if flags != want.flags || text != want.err {
				t.Errorf("got %b, %q, want %b, %q", flags, text, want.flags, want.err)
			}
		})
	}
}
