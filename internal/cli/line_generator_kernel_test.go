//go:build kernel

package cli_test

import (
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// generator makes command lines from the table of options: every command with
// every option, alone and in pairs, every way to write an option, and values at
// and past their limits.
type generator struct {
	options []command.Option
	lines   [][]string
	seen    map[string]bool
}

// commandLines returns everything that the generator makes of the options that the
// reference program has too, each line once.
func commandLines() [][]string {
	g := &generator{seen: map[string]bool{}}
	for _, o := range command.Options() {
		if !o.Extension {
			g.options = append(g.options, o)
		}
	}
	g.legality()
	g.pairs()
	g.spellings()
	g.values()
	g.addresses()
	g.words()
	return g.lines
}

// add adds a line. Each part is words separated by blanks; ” is the empty word, and ␠ is
// a blank inside a word.
func (g *generator) add(parts ...string) {
	var words []string
	for _, p := range parts {
		for _, w := range strings.Fields(p) {
			w = strings.ReplaceAll(w, "␠", " ")
			if w == "''" {
				w = ""
			}
			words = append(words, w)
		}
	}
	key := strings.Join(words, "\x00")
	if !g.seen[key] {
		g.seen[key] = true
		g.lines = append(g.lines, words)
	}
}

// samples are valid values, by the name that the table of options has for a value.
var samples = map[string]string{
	"HOST[:PORT]": "10.0.9.9:80", "MARK": "77", "NAME": "rr", "SECONDS": "90", "MASK": "255.255.0.0", "N": "7",
	"IFNAME": "lo", "ENGINE": "sip", "FLAGS": "flag-2", "ADDRESS": "224.0.0.9", "PORT": "9999", "TTL": "3",
	"BYTES": "900", "TYPE": "gre", "STATE": "master",
}

// spelled returns an option as a user writes it, with a valid value.
func spelled(o command.Option) string {
	w := "--" + o.Long
	if o.Letters != "" {
		w = "-" + o.Letters[:1]
	}
	if o.Value != "" {
		w += " " + samples[o.Value]
	}
	return w
}

// validOptions are the options with which a command is valid for the table that it
// meets (see baseRules).
var validOptions = map[command.Verb]string{
	command.AddService: "-t 10.0.9.9:80", command.EditService: "-t 10.0.9.1:80", command.DeleteService: "-t 10.0.9.1:80",
	command.AddServer: "-t 10.0.9.1:80 -r 10.9.0.9:80", command.EditServer: "-t 10.0.9.1:80 -r 10.9.0.1:80",
	command.DeleteServer: "-t 10.0.9.1:80 -r 10.9.0.1:80", command.SetTimeouts: "11 12 13",
	command.StartDaemon: "--mcast-interface lo",
}

// commands returns the options that are commands.
func (g *generator) commands() []command.Option {
	return slices.DeleteFunc(slices.Clone(g.options), func(o command.Option) bool { return o.Verb == command.None })
}

// plainOptions returns the options that are not commands.
func (g *generator) plainOptions() []command.Option {
	return slices.DeleteFunc(slices.Clone(g.options), func(o command.Option) bool { return o.Verb != command.None })
}

// accepts reports whether a command accepts an option whose group has a name.
func accepts(o command.Option, v command.Verb) bool { return o.Group.Name != "" && o.GoesWith(v) }

// legality adds every command with every option, on a valid line and alone, in either
// order.
func (g *generator) legality() {
	for _, c := range g.commands() {
		g.add(spelled(c))
		g.add(spelled(c), validOptions[c.Verb])
		for _, o := range g.options {
			g.add(spelled(c), validOptions[c.Verb], spelled(o))
			g.add(spelled(c), spelled(o), validOptions[c.Verb])
			g.add(spelled(c), spelled(o))
			g.add(spelled(o), spelled(c))
		}
	}
}

// pairs adds every two options that a command accepts, and many options of tunnels.
func (g *generator) pairs() {
	for _, c := range g.commands() {
		for i, a := range g.plainOptions() {
			for _, b := range g.plainOptions()[i:] {
				if accepts(a, c.Verb) && accepts(b, c.Verb) {
					g.add(spelled(c), validOptions[c.Verb], spelled(a), spelled(b))
					g.add(spelled(c), validOptions[c.Verb], spelled(b), spelled(a), "-i")
				}
			}
		}
	}
	tunnels := []string{"--tun-nocsum", "--tun-csum", "--tun-remcsum", "--tun-port 5555", "-m", "-g", "-i"}
	for _, t := range []string{"", "--tun-type ipip", "--tun-type gue", "--tun-type gre", "--tun-type GUE", "--tun-type ''"} {
		for i, a := range tunnels {
			g.add("-a", validOptions[command.AddServer], t, a)
			g.add("-a", validOptions[command.AddServer], "-i", t, a)
			for _, b := range tunnels[i:] {
				g.add("-e", validOptions[command.EditServer], "-i", t, b, a)
				g.add("-a", validOptions[command.AddServer], "-i", a, t, b, "--tun-port 7")
			}
		}
	}
}

// lineFor returns a valid line to which an option can be added.
func (g *generator) lineFor(o command.Option) string {
	for _, c := range g.commands() {
		if !accepts(o, c.Verb) {
			continue
		}
		base := validOptions[c.Verb]
		switch { // leave out what the option replaces
		case o.Group.Name == "service-address":
			base = "--sort"
		case o.Group.Name == "real-server":
			base = "-t 10.0.9.1:80"
		case o.Group.Name == "mcast-interface":
			base = ""
		case strings.HasPrefix(o.Group.Name, "tun-"):
			base += " -i --tun-type gue"
		}
		return spelled(c) + " " + base
	}
	return "-L"
}

// spellings adds every way to write an option.
func (g *generator) spellings() {
	for _, o := range g.options {
		line, v := g.lineFor(o), samples[o.Value]
		if o.Verb != command.None {
			line, v = "", samples[o.Value]+" "+validOptions[o.Verb]
		}
		first, _, _ := strings.Cut(v, " ")
		long := "--" + o.Long
		for _, s := range []string{
			long + " " + v, long + "=" + v, long + "=", long, long[:len(long)-1] + " " + v, long + "x " + v,
			"-" + long + " " + v, long[1:] + " " + v, long + "␠ " + v, strings.ToUpper(long) + " " + v,
			long + " -- " + v, long + " -n " + v, long + " ''",
		} {
			g.add(line, s)
		}
		for _, c := range o.Letters {
			l := "-" + string(c)
			for _, s := range []string{
				l + " " + v, l + v, l + "=" + v, l + "=", l, l + "=" + first + "=", l + "n" + v, l + "q " + v, l + "- " + v,
				"-n" + string(c) + " " + v, "-n" + string(c) + v, l + " -- " + v, l + " ''", "-" + l + " " + v, l + l[1:] + " " + v,
			} {
				g.add(line, s)
				g.add(line, s, "--sort")
			}
		}
	}
	for _, s := range []string{
		"-Ln", "-nL", "-Lnc", "-Lcn", "-Sn", "-nS", "-LnXt 10.0.9.1:80", "-lnt10.0.9.1:80", "-Lnt=10.0.9.1:80", "-ln=", "-l=n",
		"-At 10.0.9.9:80", "-At10.0.9.9:80 -srr", "-At=10.0.9.9:80 -s=rr", "-Aosrr -u10.0.9.9:80", "-Ap -t 10.0.9.9:80",
		"-Ap90 -t 10.0.9.9:80", "-Ap=90 -t 10.0.9.9:80", "-Ap 90 -t 10.0.9.9:80", "-Apt 10.0.9.9:80", "-Aop -u 10.0.9.9:80",
		"-amw5 -t 10.0.9.1:80 -r10.9.0.9", "-amw=5 -t 10.0.9.1:80 -r=10.9.0.9", "-amw 5 -t 10.0.9.1:80 -r 10.9.0.9",
		"-aimt 10.0.9.1:80 -r 10.9.0.9", "-Af5 -6", "-A6f5", "-Af5-6", "-Af 78 -6p -M 64", "-Zt10.0.9.1:80", "-Dt 10.0.9.1:80",
		"-d -t 10.0.9.1:80 -r10.9.0.1:80", "-Zf 5", "-Zf 6 -6", "-Df 6", "-Df 6 -6", "-Df 6 -6 -6", "-L -f 5", "-L -f 6 -6", "-LX6", "-L -6",
		"-CC", "-C -C", "-CL", "-LS", "-Lh", "-Lv", "-hL", "-vL", "-h=", "-v=1", "--help=1", "--version=", "-hq", "-vq", "-qh",
	} {
		g.add(s)
	}
}

// values adds every option with values that are valid, invalid, and at the limits of
// all numbers.
func (g *generator) values() {
	numbers := []string{
		"''", "␠", "0", "1", "-1", "+1", "-0", "␠1", "1␠", "\t5", "01", "08", "0x1", "0x", "1x", "x", "1.5", "1,5", "1e3", "--1", "+-1", "+",
		"-", "127", "128", "129", "254", "255", "256", "257", "65506", "65507", "65508", "65534", "65535", "65536",
		"2678399", "2678400", "2678401", "2147483646", "2147483647", "2147483648", "4294967295", "4294967296",
		"4294967297", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551617",
		"99999999999999999999999999", "-2147483648", "-9223372036854775809", "1_0", "１",
	}
	others := []string{
		"rr", "wlc", "nosuch", "a-name-that-is-too-long-for-the-kernel", "fifteen-letters", "sixteen-letters-", "seventeen-letters",
		"master", "backup", "MASTER", "mast", "ipip", "gue", "gre", "IPIP", "lo", "nosuch0", "sip", "SIP",
		"255.255.255.255", "0.0.0.0", "255.255.0.255", "255.255", "0xffffff00", "::", "ffff::", "localhost", "nosuch.invalid",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "223.255.255.255", "224.1", "0xe0000001", "ff02::1", "ff02::1%lo", "fe80::1", "::1", "ff00::",
		"flag-1", "flag-4", "flag-1,flag-2,flag-3", "flag-1,,flag-1", ",flag-3", "flag-3,", "sh-port", "sh-fallback", "mh-port", "FLAG-1", "flag-1␠", "␠", ",", ",,,",
	}
	for _, o := range g.plainOptions() {
		if o.Value == "" || o.Value == "HOST[:PORT]" {
			continue
		}
		line := g.lineFor(o)
		for _, v := range append(numbers, others...) {
			g.add(line, "--"+o.Long+"="+v)
		}
		for _, v := range []string{"''", "1", "-1", "␠1", "x"} {
			g.add(line, "--"+o.Long, v)
			if o.Letters != "" {
				g.add(line, "-"+o.Letters, v)
				g.add(line, "-"+o.Letters+v)
			}
		}
	}
	for _, v := range numbers {
		g.add("--set", v, "2 3")
		g.add("--set 1 2", v)
		g.add("--set 1", v, "--", "3")
		g.add("-A -f", v, "-6")
		g.add("-A -p", v, "-t 10.0.9.9:80")
		g.add("-A -t 10.0.9.9:80 -p" + v)
		g.add("-A -t [2001:db8::9]:80 -p -M", v)
	}
	for _, v := range others {
		g.add("--start-daemon", v, "--mcast-interface lo")
		g.add("--stop-daemon", v)
		for _, s := range []string{"sh", "mh", "rr", "''"} {
			g.add("-A -t 10.0.9.9:80 -b", v, "-s", s)
			g.add("-E -t 10.0.9.1:80 -s", s, "-b", v)
		}
	}
}

// addresses adds every form of address in every option that has one.
func (g *generator) addresses() {
	hosts := []string{
		"10.0.9.9", "10.9", "10.0.9", "167774473", "0x0a000909", "0x0A.0X0.011.9", "010.0.0.9", "08.0.0.1", "10.0.9.256", "10.0.65536", "10.16777216", "10.16777215",
		"4294967295", "4294967296", "10.0.9.9.9", "10..9", ".10", "10.", "10.0.9.9.", "1O.0.0.1", "0x", "0xg", "+10.0.0.1", "-1", "␠10.0.0.1", "10.0.0.1␠", "10.0.0.1␠x", "10.0.0.1\t", "10.0.0.1x",
		"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "nosuch.invalid", "no␠such", "-", "*", "",
		"::", "::1", "2001:db8::9", "2001:DB8:0::9", "2001:db8::9%lo", "fe80::1%1", "::ffff:10.0.9.9", "::10.0.9.9", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", "12345::", ":::", ":", "1::2::3", "ff02::1", "::01.2.3.4",
		"[::1]", "[2001:db8::9]", "[2001:DB8::9]", "[::1%lo]", "[::ffff:10.0.9.9]", "[10.0.9.9]", "[10.9]", "[localhost]", "[]", "[", "]", "[::1", "::1]", "[[::1]]", "[::1]x", "x[::1]", "[ ::1]", "[nosuch.invalid]",
	}
	ports := []string{
		"", ":80", ":0", ":", ":65535", ":65536", ":-1", ":+80", ":␠80", ":80␠", ":080", ":0x50", ":http", ":HTTP", ":www", ":domain", ":tftp", ":ntp", ":nosuch", ":80:80", ":*", ":80x",
		":99999999999999999999",
	}
	for _, h := range hosts {
		for _, p := range []string{"", ":80", ":", ":0"} {
			v := quote(h + p)
			g.add("-A -t", v, "-p")
			g.add("-A -t", v)
			g.add("-a -t 10.0.9.1:80 -m -r", v)
			g.add("-a -t [2001:db8::1]:80 -i -r", v)
		}
		v := quote(h + ":81")
		g.add("-A -u", v)
		g.add("-A --sctp-service", v)
		g.add("-a -f 6 -6 -r", v)
		g.add("-a -f 5 -r", v)
		g.add("-A -p -t 10.0.9.9:80 -M", quote(h))
		g.add("-A -p -t [2001:db8::9]:80 -M", quote(h))
		g.add("-L -t", v)
		g.add("--start-daemon master --mcast-interface lo --mcast-group", quote(h))
	}
	for _, p := range ports {
		for _, h := range []string{"10.0.9.9", "[2001:db8::9]", "localhost", "2001:db8::9", "[localhost]", "[10.0.9.9]"} {
			v := quote(h + p)
			g.add("-A -t", v, "-p")
			g.add("-A -u", v)
			g.add("-A --sctp-service", v)
			g.add("-a -t 10.0.9.1:80 -m -r", v)
			g.add("-a -u 10.0.9.1:53 -m -r", v)
			g.add("-a -r", v, "-u 10.0.9.1:53 -m")
			g.add("-a -r", v, "-t 10.0.9.1:80 -i")
			g.add("-a -f 5 -m -r", v)
			g.add("-a -f 6 -6 -m -r", v)
			g.add("-a --sctp-service 10.0.9.1:99 -m -r", v)
			g.add("-d -t 10.0.9.1:80 -r", v)
		}
	}
	for _, s := range []string{
		"-A -M 255.0.0.0 -t [2001:db8::9]:80 -p", "-A -M 64 -t [2001:db8::9]:80 -p", "-A -f 9 -M 64 -6 -p", "-A -f 9 -6 -M 64 -p", "-A -f 9 -6 -p",
		"-A -M 64 -f 9 -6 -p", "-A -t [2001:db8::9]:80 -M 64", "-E -t 10.0.9.1:80 -p -M 255.255.255.0", "-E -f 6 -6 -p -M 48", "-E -f 6 -p",
		"-a -t 10.0.9.1:80 -r 2001:db8::5 -i", "-a -t [2001:db8::1]:80 -r 10.9.0.9 -i", "-a -t [2001:db8::1]:80 -r 10.9.0.9 -m",
		"-a -f 5 -r 2001:db8::5 -i", "-a -f 6 -6 -r 10.9.0.9 -i --tun-type gre", "-a -f 6 -6 -r 10.9.0.9 -g", "-a -f 5 -r 10.9.0.9:81 -g", "-a -f 5 -r 10.9.0.9:81 -i",
		"-a -t 10.0.9.1:80 -r 10.9.0.9:81 -g", "-e -t 10.0.9.1:80 -r 10.9.0.1:81 -g", "-d -t 10.0.9.1:80 -r 10.9.0.1:81", "-d -t 10.0.9.1:80 -r 10.9.0.1",
		"-a -t 10.0.9.1:80 -r 10.9.0.9 -x 5 -y 6", "-a -t 10.0.9.1:80 -r 10.9.0.9 -x 6 -y 5", "-a -t 10.0.9.1:80 -r 10.9.0.9 -y 5",
		"-a -t 10.0.9.8:80 -r 10.9.0.9", "-e -t 10.0.9.8:80 -r 10.9.0.9", "-d -t 10.0.9.8:80 -r 10.9.0.9", "-e -t 10.0.9.1:80 -r 10.9.0.9", "-d -t 10.0.9.1:80 -r 10.9.0.9",
		"-a -t 10.0.9.1:80 -r 10.9.0.1", "-A -t 10.0.9.1:80", "-E -t 10.0.9.8:80", "-D -t 10.0.9.8:80", "-Z -t 10.0.9.8:80", "-L -t 10.0.9.8:80", "-L -f 99", "-D -f 99",
		"-E -t 10.0.9.1:80 -s nosuch", "-E -t 10.0.9.1:80 --pe nosuch -p", "-E -u 10.0.9.1:53 --pe sip -p", "-E -u 10.0.9.1:53 -o", "-E -t 10.0.9.1:80 -o",
		"-A -t [::ffff:10.0.9.9]:80", "-A -f 4294967295", "-A -f 2147483648",
	} {
		g.add(s)
	}
}

// quote returns a word as add wants it.
func quote(s string) string {
	if s == "" {
		return "''"
	}
	return strings.ReplaceAll(s, " ", "␠")
}

// words adds lines with words that are not options.
func (g *generator) words() {
	for _, s := range []string{
		"", "''", "-", "--", "foo", "foo bar", "foo -L", "-L foo", "-L foo bar", "-L '' ", "-L - -n", "-L -- -n", "-L --", "-Ln -- foo", "foo -- -L", "-- -L",
		"-L foo -q", "-L -q foo", "-L foo -t x", "-L foo -nn", "-L -w 5 foo", "-A foo", "-A foo -b x", "-Z foo", "-C foo", "-S foo", "-R foo", "-D foo", "-h foo", "foo -h", "-v foo", "foo -v",
		"--set 1 2 3 4", "--set 1 2 3 4 5", "1 --set 2 3", "1 2 3 --set", "1 2 3 4 --set", "--set -- 1 2 3", "--set 1 -- 2 3", "--set 1 2 3 --", "--set 1 2 3 -q", "--set 1 2 -q 3", "--set 1 2 3 -n",
		"--set 1 2 3 -t x", "--set 0 0 0", "--set 1 0 0", "--set 0 0 1", "--set x", "--set x y z w", "--set 1 2 x -n", "--set=1 2 3",
		"--start-daemon", "--start-daemon=", "--start-daemon master backup", "--start-daemon -q", "--start-daemon -- master", "--start-daemon master --stop-daemon master", "--start-daemon master --start-daemon=backup",
		"-A --start-daemon backup", "-A --start-daemon=backup", "-A --start-daemon", "--start-daemon master", "--start-daemon backup --syncid 4 --mcast-interface lo", "--stop-daemon master", "--stop-daemon backup",
		"--start-daemon master --mcast-interface lo --mcast-group ff02::1", "--start-daemon backup --mcast-interface lo --mcast-group ff02::1 --mcast-ttl 9 --mcast-port 1 --sync-maxlen 1 --syncid 255",
		"-L --daemon", "-L --timeout", "-L -c", "-Lnc", "-Lnc --persistent-conn", "-L --stats --rate --thresholds --persistent-conn --tun-info", "-Ln --rate --exact", "-Ln --stats -X", "-Ln --thresholds", "-Ln --persistent-conn", "-Ln --tun-info",
		"-Ln --nosort -t 10.0.9.1:80", "-Ln --sort --nosort -t 10.0.9.1:80", "-Ln -t 10.0.9.1:80 --stats", "-Ln -f 5 --rate", "-Ln -f 6 -6 --thresholds", "-Ln -u 10.0.9.1:53", "-S", "-Sn", "-S -n", "-n -S",
	} {
		g.add(s)
	}
}
