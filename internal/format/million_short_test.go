//go:build race || mutants

package format_test

// connectionLines is the length of the table that is formatted: short, because a million
// lines take a minute under the race detector, and seconds for each fault of a mutation tester.
const connectionLines = 50_000
