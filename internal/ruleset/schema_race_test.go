//go:build race

package ruleset

// schemaStep is the distance of the values that each member gets: under the race detector
// all of them take a minute.
const schemaStep = 8
