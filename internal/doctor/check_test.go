package doctor

import (
	"slices"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// checkCase is a condition that a check finds.
type checkCase struct {
	code, name string
	// healthy returns a machine without findings, and change makes the condition.
	healthy func() machine
	change  func(machine)
	// want are all findings of the machine.
	want []Finding
}

// masqueraded returns a healthy real server that the director masquerades.
func masqueraded() machine { return newServer(ipvs.Masquerade) }

// routed returns a healthy real server of direct routing.
func routed() machine { return newServer(ipvs.Route) }

// tunnelled returns a healthy real server of tunnels.
func tunnelled() machine { return newServer(ipvs.Tunnel) }

// unknownMethod returns a healthy real server whose forwarding method is not known.
func unknownMethod() machine {
	m := newServer(ipvs.Route)
	m.Target.HasMethod = false
	return m
}

// checkCases returns all conditions.
func checkCases() []checkCase {
	return slices.Concat(addressesCases(), routesCases(), neighboursCases(), linksCases(), tunnelsCases(), sysctlsCases(),
		tablesCases(), connectionsCases(), daemonsCases(), realserverCases())
}

// TestChecks checks that each condition is found, and nothing else.
func TestChecks(t *testing.T) {
	for _, c := range checkCases() {
		t.Run(c.code+"/"+c.name, func(t *testing.T) {
			m := c.healthy()
			c.change(m)
			if got := m.run(); !slices.Equal(got.Findings, c.want) {
				t.Errorf("findings:\n%s\nwant:\n%s", text(got.Findings), text(c.want))
			}
		})
	}
}

// text returns findings, one a line.
func text(findings []Finding) (s string) {
	for _, f := range findings {
		s += f.Level.String() + " " + f.Code + " " + f.Subject + ": " + f.Evidence + ": " + f.Advice + "\n"
	}
	return s
}

// run does all checks of the machine.
func (m machine) run() Report {
	role := Director
	if len(m.Target.VIPs) > 0 {
		role = RealServer
	}
	return Run(m.Facts, Options{Role: role})
}
