package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTable checks what the users of the table rely on.
func TestTable(t *testing.T) {
	if n := len(optionTable()); n > 64 {
		t.Errorf("%d groups of options, more than line.seen has bits", n)
	}

	seen := map[string]bool{}
	checkUnique := func(name string) {
		if seen[name] {
			t.Errorf("%s is in the table twice", name)
		}
		seen[name] = true
	}
	for i := range table {
		g := &table[i]
		checkUnique("group " + g.Name)
		for _, o := range g.Options {
			for _, name := range o.Names() {
				checkUnique(name)
			}
			if o.Group != g || g.index != i-len(commandGroups) {
				t.Errorf("--%s is not tied to its group", o.Long)
			}
		}
	}

	for _, o := range Options() {
		t.Run(o.Long, func(t *testing.T) {
			if o.Help == "" {
				t.Error("no help")
			}
			if !slices.Contains(Sections(), o.Group.Section) {
				t.Errorf("no section %q", o.Group.Section)
			}
			if isStored := !o.IsCommand() || o.Value != ""; isStored != (o.read != nil) {
				t.Errorf("stores a value: %v, has a read function: %v", isStored, o.read != nil)
			}
			if slices.Contains(o.Choices, "") || o.Choices != nil && o.Value == "" {
				t.Errorf("choices %q for value %q", o.Choices, o.Value)
			}
		})
	}
}

// TestChoices parses every choice of the table as a value.
func TestChoices(t *testing.T) {
	lines := map[string]string{
		"start-daemon": "--start-daemon %s",
		"stop-daemon":  "--stop-daemon %s",
		"scheduler":    "-A -f 1 -s %s",
		"pe":           "-A -f 1 -p --pe %s",
		"tun-type":     "-a -f 1 -r 2.2.2.2 -i --tun-port 1 --tun-type %s",
		"sched-flags":  "-A -f 1 -s sh -b %s",
		"by":           "-Lc --by %s",
	}
	for _, o := range Options() {
		for _, choice := range o.Choices {
			t.Run(o.Long+" "+choice, func(t *testing.T) {
				line := strings.ReplaceAll(lines[o.Long], "%s", choice)
				switch {
				case strings.HasPrefix(choice, "mh-"):
					line = strings.Replace(line, "-s sh", "-s mh", 1)
				case choice == "ipip" || choice == "gre":
					line = strings.Replace(line, "--tun-port 1", "", 1)
				}
				if _, err := parse(t, line); err != nil {
					t.Errorf("%q: %v", line, err)
				}
			})
		}
	}
}

// optionNamed returns the option with a long name.
func optionNamed(t *testing.T, long string) *Option {
	t.Helper()
	all := Options()
	i := slices.IndexFunc(all, func(o Option) bool { return o.Long == long })
	if i < 0 {
		t.Fatalf("no option --%s", long)
	}
	return &all[i]
}

// TestOptionCommands checks with which commands an option goes, and which need it.
func TestOptionCommands(t *testing.T) {
	for long, want := range map[string]struct{ required, optional []Verb }{
		"add-service": {},
		"real-server": {
			required: []Verb{AddServer, EditServer, DeleteServer},
			optional: []Verb{List},
		},
		"tcp-service": {
			required: []Verb{AddService, EditService, DeleteService, AddServer, EditServer, DeleteServer},
			optional: []Verb{List, Zero},
		},
		"check": {optional: []Verb{Restore}},
		"netns": {optional: []Verb{AddService, EditService, DeleteService, Flush, Restore, Save, AddServer, EditServer, DeleteServer,
			List, Zero, SetTimeouts, StartDaemon, StopDaemon}},
		"sort": {optional: []Verb{AddService, EditService, DeleteService, Flush, Restore, Save, AddServer, EditServer, DeleteServer,
			List, Zero, SetTimeouts, StartDaemon, StopDaemon}},
	} {
		t.Run(long, func(t *testing.T) {
			o := optionNamed(t, long)
			var required, optional []Verb
			for v := None; v <= Version; v++ {
				switch {
				case o.IsRequiredBy(v):
					required = append(required, v)
				case o.GoesWith(v):
					optional = append(optional, v)
				}
			}
			if diff := cmp.Diff(want.required, required); diff != "" {
				t.Errorf("required by (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.optional, optional); diff != "" {
				t.Errorf("goes with (-want +got):\n%s", diff)
			}
			if got, want := o.GoesWithEvery(), len(want.optional) == 14; got != want {
				t.Errorf("goes with every command: %v", got)
			}
		})
	}
}

// TestDefaults checks that descriptions have the defaults.
func TestDefaults(t *testing.T) {
	for long, want := range map[string]string{
		"scheduler":       "(default " + defaultScheduler + ")",
		"mcast-interface": "(default " + defaultInterface + ")",
		"persistent":      "(default " + optionNamed(t, "persistent").Default + ")",
	} {
		t.Run(long, func(t *testing.T) {
			if help := optionNamed(t, long).Help; !strings.Contains(help, want) {
				t.Errorf("%q does not contain %q", help, want)
			}
		})
	}
}

// TestOptionTexts checks how -h, manuals and completions show an option.
func TestOptionTexts(t *testing.T) {
	for long, want := range map[string]struct{ names, term, synopsis, description string }{
		"list":         {"-L -l --list", "-L, -l, --list", "-L", "list the table, one virtual service, or what an option selects"},
		"set":          {"--set", "    --set TCP TCPFIN UDP", "--set TCP TCPFIN UDP", "set the connection timeouts in seconds; 0 keeps the present value"},
		"start-daemon": {"--start-daemon", "    --start-daemon STATE", "--start-daemon STATE", "start the connection sync daemon: master, backup"},
		"persistent":   {"-p --persistent", "-p, --persistent [SECONDS]", "-p SECONDS", "send a client to the same real server for this time (default 360)"},
		"weight":       {"-w --weight", "-w, --weight N", "-w N", "capacity relative to the other servers (default 1); 0: no new connections"},
		"tun-type":     {"--tun-type", "    --tun-type TYPE", "--tun-type TYPE", "encapsulation (default ipip): ipip, gue, gre"},
	} {
		t.Run(long, func(t *testing.T) {
			o := optionNamed(t, long)
			if got := strings.Join(o.Names(), " "); got != want.names {
				t.Errorf("names %q, want %q", got, want.names)
			}
			if got := o.term(); got != want.term {
				t.Errorf("term %q, want %q", got, want.term)
			}
			if got := o.synopsis(); got != want.synopsis {
				t.Errorf("synopsis %q, want %q", got, want.synopsis)
			}
			if got := o.Description(); got != want.description {
				t.Errorf("description %q, want %q", got, want.description)
			}
		})
	}
}
