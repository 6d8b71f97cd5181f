package main

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/traffic/talk"
)

// TestClients checks the output of get and talk with a server, and that the server
// ends without an error.
func TestClients(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- talk.Serve(ctx, l, "one") }()

	var out strings.Builder
	if err := run([]string{"get", l.Addr().String(), "5"}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "5 answers from one\n"; out.String() != want {
		t.Errorf("get printed %q, want %q", out.String(), want)
	}

	out.Reset()
	if err := run([]string{"talk", l.Addr().String(), "3"}, &out); err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	if want := strings.Repeat(line+"\n", 3); !strings.HasPrefix(line, "one answers 127.0.0.1:") || out.String() != want {
		t.Errorf("talk printed %q, want one line three times", out.String())
	}

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// TestArgumentErrors checks the errors of invalid arguments.
func TestArgumentErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "serve, get or talk?",
		"frob":                     "frob: not serve, get or talk",
		"serve name":               "serve needs a name and an address",
		"get 127.0.0.1:1":          "traffic get needs an address and a count",
		"talk 127.0.0.1:1":         "traffic talk needs an address and a count",
		"get 127.0.0.1:1 0":        "0: not a count from 1 to 10000",
		"talk 127.0.0.1:1 1000000": "1000000: not a count from 1 to 10000",
	} {
		t.Run(args, func(t *testing.T) {
			if err := run(strings.Fields(args), nil); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}
