// Package schematest holds the documents that tests print against the JSON Schema that is
// installed for them.
package schematest

import (
	"errors"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schemas, from the directory of a package in internal.
const (
	documents = "../dist/schema/ipvsadm.json"
	rules     = "../dist/schema/ipvsadm-rules.json"
)

// maxLength is the length beyond which a text is not validated: to build its value can take
// a hundred times the memory.
const maxLength = 8 << 20

var (
	documentSchema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(documents) })
	rulesSchema    = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(rules) })
)

// compile compiles a schema. Formats are checked, which a validator may leave out.
func compile(file string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(file)
}

// TB is what the functions need of a test, be it of package testing or of rapid.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// Rules returns the schema of what ipvsadm-restore --json accepts.
func Rules(t TB) *jsonschema.Schema {
	t.Helper()
	schema, err := rulesSchema()
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Check checks that each of the documents in a text, at least one, is valid.
func Check(t TB, text string) {
	t.Helper()
	if err := Validate(text); err != nil {
		t.Errorf("%v\n%.2000s", err, text)
	}
}

// Validate returns an error unless each of the documents in a text, one a line and at
// least one, is valid.
func Validate(text string) error {
	if len(text) > maxLength {
		return nil
	}
	schema, err := documentSchema()
	if err != nil {
		return err
	}

	for document := range strings.Lines(text) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			return err
		}
	}
	if text == "" {
		return errors.New("no document")
	}
	return nil
}
