package main

import (
	"context"
	"net"
	"strings"
	"testing"
)

// TestGet asks a server that ends with the test.
func TestGet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, l, "one") }()
	var out strings.Builder
	if err := run([]string{"get", l.Addr().String(), "5"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "5 answers from one\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestFaults(t *testing.T) {
	for args, want := range map[string]string{
		"":                        "serve or get?",
		"frob":                    "frob: neither serve nor get",
		"serve name":              "serve needs a name and an address",
		"get 127.0.0.1:1":         "get needs an address and a count",
		"get 127.0.0.1:1 0":       "0: not a count from 1 to 10000",
		"get 127.0.0.1:1 1000000": "1000000: not a count from 1 to 10000",
	} {
		if err := run(strings.Fields(args), nil); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}
