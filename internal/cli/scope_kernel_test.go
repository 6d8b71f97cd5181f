//go:build kernel

package cli_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// rejectedRule is a rule that every parser accepts and no kernel does.
const rejectedRule = "-A -f 99 -s no-such-thing\n"

// TestKernelScopes checks that a sync with --partial leaves the services alone that the
// rules do not name, one with --keep-weights the weights of servers that stay, and one
// that the kernel rejects everything.
func TestKernelScopes(t *testing.T) {
	ns := newNamespace(t)
	r := rand.New(rand.NewPCG(7, 8))
	for range 12 {
		present, wanted := randomRules(r), randomRules(r)
		ns.mustRun(t, wanted, "ipvsadm-restore")
		want := ns.readState(t)
		for _, options := range []string{" --partial", " --keep-weights", " --partial --keep-weights"} {
			ns.mustRun(t, present, "ipvsadm-restore")
			before := ns.readState(t)
			expected := scopedState(before, want, strings.Contains(options, "partial"), strings.Contains(options, "weights"))

			if got := ns.run(wanted+rejectedRule, "ipvsadm-restore --sync --changes"+options); got.Status != 255 || got.Stdout != "" {
				t.Fatalf("rejected: %+v", got)
			}
			if d := diffStates(before, ns.readState(t)); d != "" {
				t.Fatalf("a rejected sync changed the state (-before +after):\n%s", d)
			}

			plan := ns.run(wanted, "ipvsadm-restore --diff"+options).Stdout
			checkText(t, ns.mustRun(t, wanted, "ipvsadm-restore --sync --changes"+options), plan)
			if d := diffStates(expected, ns.readState(t)); d != "" {
				t.Fatalf("%s: from\n%s\nto\n%s\nby\n%s\n(-want +got):\n%s", options, present, wanted, plan, d)
			}
			checkText(t, ns.mustRun(t, wanted, "ipvsadm-restore --diff"+options), "")
		}
	}
}

// scopedState returns the state that a sync has to lead to.
func scopedState(before, want state, isPartial, keepsWeights bool) state {
	result := want
	result.Entries = nil
	for _, e := range want.Entries {
		e.Destinations = slices.Clone(e.Destinations)
		for i := range e.Destinations {
			d, ok := findServer(before, e.Service.ID, e.Destinations[i])
			if ok && keepsWeights {
				e.Destinations[i].Weight = d.Weight
			}
		}
		result.Entries = append(result.Entries, e)
	}

	for _, e := range before.Entries {
		if isPartial && !slices.ContainsFunc(want.Entries, func(w ipvs.Entry) bool { return w.Service.ID == e.Service.ID }) {
			result.Entries = append(result.Entries, e)
		}
	}
	result.sort()
	return result
}

// findServer returns the server of a service with the address of another one.
func findServer(s state, id ipvs.ServiceID, like ipvs.Destination) (ipvs.Destination, bool) {
	for _, e := range s.Entries {
		for _, d := range e.Destinations {
			if e.Service.ID == id && d.Addr == like.Addr {
				return d, true
			}
		}
	}
	return ipvs.Destination{}, false
}

// TestKernelAtomic checks that --atomic ends in the table of before or in the wanted one,
// with timeouts and sync daemons.
func TestKernelAtomic(t *testing.T) {
	ns := newNamespace(t)
	ns.addAddresses(t, "10.1.1.1/32")
	ns.mustShell(t, "ip link set lo up")
	r := rand.New(rand.NewPCG(9, 10))
	for range 25 {
		present, wanted := randomRules(r), randomRules(r)
		ns.mustRun(t, present, "ipvsadm-restore")
		before := ns.readState(t)

		rejected := ns.run("--set 11 12 13\n"+wanted+rejectedRule, "ipvsadm-restore --atomic")
		if rejected.Status != 255 || !strings.HasSuffix(rejected.Stderr,
			": Scheduler or persistence engine not found\nrolled back; no changes were kept, but counters and connections may have been lost\n") {
			t.Fatalf("%+v", rejected)
		}
		if d := diffStates(before, ns.readState(t)); d != "" {
			t.Fatalf("after a rejected rule (-before +after):\n%s", d)
		}

		ns.mustRun(t, wanted, "ipvsadm-restore --atomic")
		checkText(t, ns.mustRun(t, wanted, "ipvsadm-restore --diff"), "")
	}
}

// TestKernelScopeConnections checks that a connection stays while a sync changes what the
// rules name, that of a service which they do not name and that of a server whose weight
// another program set to 0, and that connections are served after an atomic restore was
// rolled back.
func TestKernelScopeConnections(t *testing.T) {
	ns := newBalancedNamespace(t)
	conn := ns.dial(t, "10.1.1.1:80")
	ns.mustRun(t, manyServices(5, 15, 2), "ipvsadm -R --sync --partial")
	if err := echo(conn); err != nil {
		t.Errorf("the connection ended with a partial sync: %v", err)
	}

	ns.mustRun(t, "", "ipvsadm -e -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0")
	ns.mustRun(t, balancedRules+"-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m\n", "ipvsadm -R --sync --keep-weights")
	if err := echo(conn); err != nil {
		t.Errorf("the connection ended with a sync that keeps weights: %v", err)
	}

	ns.mustRun(t, balancedRules, "ipvsadm-restore --sync")
	if r := ns.run("-A -f 1\n"+rejectedRule, "ipvsadm-restore --atomic"); r.Status != 255 {
		t.Fatalf("%+v", r)
	}
	checkText(t, ns.save(t), balancedRules)
	if err := echo(conn); err != nil {
		t.Errorf("the connection ended with a restore that was rolled back: %v", err)
	}
	ns.dial(t, "10.1.1.1:80")
}

// TestKernelAgainst checks that --against needs neither the kernel nor privilege.
func TestKernelAgainst(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, "-A -f 7\n", "ipvsadm-restore")
	got := ns.shell(t, ourPrograms(t), "other=$(mktemp) && chmod 644 \"$other\" && printf '%s\\n' '-A -f 1 -s rr' '-A -f 2 -s rr' > \"$other\" && "+
		"echo '-A -f 1 -s rr' | setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all -- ipvsadm-restore --diff --against \"$other\"; status=$?; rm \"$other\"; exit $status")
	checkResult(t, got, difftest.Result{Status: 1, Stdout: "-D -f 2\n"})
}
