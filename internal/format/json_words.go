package format

import "github.com/ipvsadm-go/ipvsadm/internal/ipvs"

// What follows are the words of JSON documents for the numbers of the kernel; the
// empty word where there is none.

func familyWord(f ipvs.Family) string {
	switch f {
	case ipvs.IPv4:
		return "ipv4"
	case ipvs.IPv6:
		return "ipv6"
	}
	return ""
}

func protocolWord(p ipvs.Protocol) string {
	switch p {
	case ipvs.TCP, ipvs.UDP, ipvs.SCTP:
		return p.String()
	}
	return ""
}

func forwardWord(f ipvs.Forward) string {
	switch f {
	case ipvs.Masquerade:
		return "masq"
	case ipvs.Local:
		return "local"
	case ipvs.Tunnel:
		return "tunnel"
	case ipvs.Route:
		return "route"
	case ipvs.Bypass:
		return "bypass"
	}
	return ""
}

func tunnelWord(t ipvs.TunnelType) string {
	switch t {
	case ipvs.IPIP:
		return "ipip"
	case ipvs.GUE:
		return "gue"
	case ipvs.GRE:
		return "gre"
	}
	return ""
}

// tunnelFlagsWord has the words of the options --tun-nocsum, --tun-csum and
// --tun-remcsum.
func tunnelFlagsWord(f ipvs.TunnelFlags) string {
	switch f {
	case ipvs.TunnelNoChecksum:
		return "nocsum"
	case ipvs.TunnelChecksum:
		return "csum"
	case ipvs.TunnelRemoteChecksum:
		return "remcsum"
	}
	return ""
}

func daemonWord(s ipvs.DaemonState) string {
	switch s {
	case ipvs.Master:
		return "master"
	case ipvs.Backup:
		return "backup"
	}
	return ""
}
