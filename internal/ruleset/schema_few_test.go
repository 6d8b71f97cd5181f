//go:build race || mutants

package ruleset

// schemaStep is the distance of the values that each member gets: all of them take a minute
// under the race detector, and twenty seconds for each of a mutation tester's faults.
const schemaStep = 24
