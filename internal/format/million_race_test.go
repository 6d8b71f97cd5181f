//go:build race

package format_test

// connectionLines is the length of the table that is formatted: short, because
// under the race detector a million lines take a minute.
const connectionLines = 50_000
