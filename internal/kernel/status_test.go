package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

// statusText is the file of a guest with Linux 7.2.
const statusText = "Conns:\t100000\nConn buckets:\t4096 (12 bits, lfactor -4)\nConn buckets empty:\t96 (2%)\n" +
	"Conn buckets len-1:\t1000 (25%)\nConn buckets len-7:\t3000 (75%)\n" +
	"Services:\t17\nService buckets:\t128 (7 bits, lfactor -3)\nService buckets empty:\t111 (86%)\nService buckets len-1:\t17 (100%)\n" +
	"Stats thread slots:\t1 (max 4)\nStats chain max len:\t2375\nStats thread ests:\t5700000\n"

func TestParseStatus(t *testing.T) {
	const table = "4096 (12 bits, lfactor -4)"
	tests := []struct {
		name, text string
		want       status
		resizing   bool
		ok         bool
	}{
		{"busy", statusText, status{17, 100000, table, 4096, 4096}, false, true},
		{
			"empty", "Conns:\t0\nConn buckets:\t0 (0 bits, lfactor 0)\nServices:\t0\n",
			status{0, 0, "0 (0 bits, lfactor 0)", 0, 0}, false, true,
		},
		{
			"connections are moved", "Conns:\t5\nConn buckets:\t256 (8 bits, lfactor -4)\nConn buckets empty:\t763 (99%)\nConn buckets len-1:\t5 (0%)\nServices:\t1\n",
			status{1, 5, "256 (8 bits, lfactor -4)", 256, 768}, true, true,
		},
		{
			"the kernel gave up counting", "Conns:\t5\nConn buckets:\t256 (8 bits, lfactor -4)\nServices:\t1\n",
			status{1, 5, "256 (8 bits, lfactor -4)", 256, 0}, true, true,
		},
		{"no services", "Conns:\t5\nConn buckets:\t256 (8 bits, lfactor -4)\n", status{0, 5, "256 (8 bits, lfactor -4)", 256, 0}, true, false},
		{"no numbers", "Conns:\tx\nConn buckets:\t\nServices:\n", status{}, false, false},
		{"nothing", "", status{}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseStatus([]byte(tt.text))
			if got != tt.want || ok != tt.ok || got.resizing() != tt.resizing {
				t.Errorf("%+v, %t, resizing %t; want %+v, %t, %t", got, ok, got.resizing(), tt.want, tt.ok, tt.resizing)
			}
		})
	}
}

// TestReadStatus reads the file where it is there, and does not look for it again where it
// is not.
func TestReadStatus(t *testing.T) {
	c, _ := newScriptedClient(nil)
	c.proc = t.TempDir()
	if _, ok := c.readStatus(); ok {
		t.Error("an absent file was read")
	}
	if err := os.WriteFile(filepath.Join(c.proc, "ip_vs_status"), []byte(statusText), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.readStatus(); ok {
		t.Error("the file was looked for again")
	}

	c.statusErr = nil
	if s, ok := c.readStatus(); !ok || s.services != 17 {
		t.Errorf("%+v, %t", s, ok)
	}
}

// FuzzStatus checks that any text is parsed.
func FuzzStatus(f *testing.F) {
	f.Add([]byte(statusText))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, ok := parseStatus(text); ok && s.connTable == "" {
			t.Fatalf("%+v", s)
		}
	})
}
