package difftest

import "testing"

// TestHasTwice checks that only a repeated service counts, not a repeated server.
func TestHasTwice(t *testing.T) {
	const one = "TCP  0A000001:0050 rr  \n  -> C0A80104:0050      Route   1      0          0         \n"
	for _, test := range []struct {
		name, table string
		want        bool
	}{
		{"none", "IP Virtual Server version 1.2.1 (size=256)\n", false},
		{"one server in two services", one + "FWM  00000001 rr \n  -> C0A80104:0050      Route   1      0          0         \n", false},
		{"a service twice", one + "FWM  00000001 rr \n" + one, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := hasTwice(test.table); got != test.want {
				t.Errorf("%t, want %t", got, test.want)
			}
		})
	}
}
