//go:build !race && !mutants

package ruleset

// schemaStep is the distance of the values that each member gets.
const schemaStep = 1
