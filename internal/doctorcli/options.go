package doctorcli

import (
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Option is an option of the command line.
type Option struct {
	// Letter is the short name, and Long the long one, both without dashes; either can
	// be empty.
	Letter, Long string
	// Value is the name of the value, in capitals; empty if there is none.
	Value string
	// Choices are the values to offer, if there are others than addresses.
	Choices []string
	// Repeated reports whether the option can stand more than once.
	Repeated bool
	// Help describes the option, without a capital letter and a full stop.
	Help string

	// set takes a value, which is empty if there is none.
	set func(*request, string) error
}

// Names returns the names with their dashes.
func (o *Option) Names() (names []string) {
	if o.Letter != "" {
		names = append(names, "-"+o.Letter)
	}
	if o.Long != "" {
		names = append(names, "--"+o.Long)
	}
	return names
}

// Options returns the options in the order of the help.
func Options() []Option {
	return []Option{
		{
			Letter: "t", Long: "tcp-service", Value: "ADDR[:PORT]",
			Help: "findings about this TCP service alone",
			set:  func(r *request, v string) error { return r.setService(ipvs.TCP, v) },
		},
		{
			Letter: "u", Long: "udp-service", Value: "ADDR[:PORT]",
			Help: "findings about this UDP service alone",
			set:  func(r *request, v string) error { return r.setService(ipvs.UDP, v) },
		},
		{
			Long: "sctp-service", Value: "ADDR[:PORT]",
			Help: "findings about this SCTP service alone",
			set:  func(r *request, v string) error { return r.setService(ipvs.SCTP, v) },
		},
		{
			Letter: "f", Long: "fwmark-service", Value: "MARK",
			Help: "findings about this firewall mark alone",
			set:  (*request).setMark,
		},
		{
			Letter: "6", Long: "ipv6",
			Help: "the firewall mark is of IPv6 packets",
			set:  func(r *request, _ string) error { r.ipv6 = true; return nil },
		},
		{
			Long: "real-server",
			Help: "this machine is a real server",
			set:  func(r *request, _ string) error { r.realServer = true; return nil },
		},
		{
			Long: "vip", Value: "ADDR", Repeated: true,
			Help: "a virtual address that the server serves",
			set:  (*request).addVIP,
		},
		{
			Long: "method", Value: "METHOD", Choices: []string{"route", "tunnel", "masq"},
			Help: "how the director forwards to the server",
			set:  (*request).setMethod,
		},
		{
			Long: "director", Value: "ADDR",
			Help: "an address of the director",
			set:  (*request).setDirector,
		},
		{
			Long: "netns", Value: "NETNS",
			Help: "a network namespace: name, PID or path",
			set:  func(r *request, v string) error { r.netns = v; return nil },
		},
		{
			Long: "skip", Value: "CODE[,CODE...]", Repeated: true,
			Help: "leaves out checks",
			set:  (*request).addSkipped,
		},
		{
			Long: "verbose",
			Help: "every finding, and checks without one",
			set:  func(r *request, _ string) error { r.verbose = true; return nil },
		},
		{
			Long: "json",
			Help: "prints a JSON document",
			set:  func(r *request, _ string) error { r.json = true; return nil },
		},
		{
			Letter: "h", Long: "help",
			Help: "prints this help",
			set:  func(r *request, _ string) error { r.help = true; return nil },
		},
		{
			Letter: "v", Long: "version",
			Help: "prints the version",
			set:  func(r *request, _ string) error { r.version = true; return nil },
		},
	}
}
