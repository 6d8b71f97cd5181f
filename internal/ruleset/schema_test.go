package ruleset

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
)

// beyondSchema are the errors of documents that no schema can reject.
var beyondSchema = []string{
	"file exists",     // twice in the document
	"no such process", // of a service that is rejected
	"twice",           // a key, of which a JSON reader keeps one
	"is not that of the service, as it has to be unless forward is masq",
	"has flags with a name",            // a bit set
	"nested deeper than",               // limits of the reader
	"longer than",                      //
	"there is more after the document", // not JSON
	"the document ends too soon",       //
	"invalid character",                //
}

// checkSchema checks that the schema accepts a document exactly if the decoder does, up to
// beyondSchema.
func checkSchema(t rapid.TB, schema *jsonschema.Schema, document string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		return // not JSON
	}

	faults := documentFaults(document)
	err = schema.Validate(value)
	isAccepted := len(faults) == 0
	switch {
	case err != nil && isAccepted:
		t.Errorf("the schema rejects what is accepted: %v\n%s", err, document)
	case err == nil && !isAccepted && !isBeyondSchema(faults, document):
		t.Errorf("the schema accepts what is rejected: %s\n%s", strings.Join(faults, "\n"), document)
	}
}

// documentFaults returns the errors of a document.
func documentFaults(document string) (faults []string) {
	source := NewDecoder(strings.NewReader(document))
	for r := new(Rule); ; {
		switch err := source.Next(r); err {
		case nil:
		case io.EOF:
			return faults
		default:
			faults = append(faults, err.Error())
		}
	}
}

// isBeyondSchema reports whether all errors are such that no schema can have them. That a
// number has a fraction or an exponent is one: to a schema, 1.0 is a whole number.
func isBeyondSchema(faults []string, document string) bool {
	hasFraction := strings.Contains(document, ".0,") || strings.Contains(document, ".0}") || strings.Contains(document, "e3")
	for _, fault := range faults {
		known := hasFraction && strings.Contains(fault, "not a whole number")
		for _, text := range beyondSchema {
			known = known || strings.Contains(fault, text)
		}
		if !known {
			return false
		}
	}
	return true
}

// TestSchemaGood checks that the schema accepts the document with every member.
func TestSchemaGood(t *testing.T) {
	checkSchema(t, schematest.Rules(t), goodDocument)
}

// schemaValues are values that members get in TestSchemaRandom.
var schemaValues = []string{
	`null`, `true`, `false`, `0`, `1`, `80`, `-1`, `255`, `256`, `257`, `65507`, `65508`, `65535`, `65536`, `2147483647`, `128`, `129`, `4294967296`, `4294967295`, `2147483648`, `2678400`, `2678401`, `""`, `"x"`, `[]`, `{}`,
	`"tcp"`, `"udp"`, `"ipv4"`, `"ipv6"`, `"10.0.0.1"`, `"01.0.0.1"`, `"224.0.0.1"`, `"223.0.0.1"`, `"239.9.9.9"`, `"240.0.0.1"`, `"ff02::1"`, `"ff::1"`, `"::ffff:10.0.0.1"`, `"2001:db8::1"`, `"fe80::1%a"`, `"10.0.0.1 "`,
	`"sh"`, `"mh"`, `"sixteen-letters-"`, `"a b"`, `["sh-port"]`, `["flag-1","mh-port"]`, `["x"]`,
	`"masq"`, `"tunnel"`, `"route"`, `"gue"`, `"gre"`, `"ipip"`, `"csum"`, `"remcsum"`, `"nocsum"`, `{"type":"gue","port":1}`, `{"type":"gre","port":0}`, `{"port":1}`, `{"flags":"csum"}`,
	`{"engine":"x"}`, `{"prefix_length":64}`, `{"netmask":"255.0.0.0"}`, `{"timeout":0}`, `"master"`, `[{"address":"10.1.0.9"}]`, `[{"address":"2001:db8::9"}]`,
}

// schemaKeys are keys that TestSchemaRandom sets.
var schemaKeys = []string{
	"services", "timeouts", "daemons", "version", "protocol", "address", "port", "fwmark", "family", "scheduler", "scheduler_flags", "persistent", "engine",
	"one_packet", "unknown_flags", "destinations", "stats", "forward", "weight", "upper_threshold", "tunnel", "type", "flags", "timeout", "netmask",
	"prefix_length", "state", "interface", "syncid", "group", "ttl", "maxlen", "tcp", "Port",
}

// objectsOf returns the objects in a value.
func objectsOf(value any) (objects []map[string]any) {
	switch v := value.(type) {
	case map[string]any:
		objects = append(objects, v)
		for _, key := range schemaKeys { // in a fixed order
			objects = append(objects, objectsOf(v[key])...)
		}
	case []any:
		for _, element := range v {
			objects = append(objects, objectsOf(element)...)
		}
	}
	return objects
}

// smallDocument has an object of each kind.
const smallDocument = `{"services":[
  {"protocol":"udp","address":"10.0.0.1","port":80,"scheduler":"sh","persistent":{"timeout":5,"netmask":"255.0.0.0"},"destinations":[
    {"address":"10.1.0.1","port":80,"forward":"masq"},{"address":"10.1.0.2","forward":"tunnel","tunnel":{"type":"gue","port":80}}]},
  {"fwmark":7,"family":"ipv6","destinations":[{"address":"2001:db8::3"}]}],
  "timeouts":{"tcp":5},"daemons":[{"state":"master"}]}`

// parseDocument returns the value of a document.
func parseDocument(t rapid.TB, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// documentText returns the text of a document.
func documentText(t rapid.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSchemaMembers checks that the schema and the decoder agree about every value of every
// member of every kind of object.
func TestSchemaMembers(t *testing.T) {
	schema := schematest.Rules(t)
	document := parseDocument(t, smallDocument)
	for _, object := range objectsOf(document) {
		for k, key := range schemaKeys {
			before, exists := object[key]
			delete(object, key)
			checkSchema(t, schema, documentText(t, document))
			for i := k % schemaStep; i < len(schemaValues); i += schemaStep {
				object[key] = json.RawMessage(schemaValues[i])
				checkSchema(t, schema, documentText(t, document))
			}
			if delete(object, key); exists {
				object[key] = before
			}
		}
	}
}

// TestSchemaRandom checks that the schema and the decoder agree about documents with a few
// members that were set to another value, or removed.
func TestSchemaRandom(t *testing.T) {
	schema := schematest.Rules(t)
	rapid.Check(t, func(t *rapid.T) {
		document := parseDocument(t, goodDocument)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			object := rapid.SampledFrom(objectsOf(document)).Draw(t, "object")
			key := rapid.SampledFrom(schemaKeys).Draw(t, "key")
			if rapid.Bool().Draw(t, "remove") {
				delete(object, key)
				continue
			}
			object[key] = json.RawMessage(rapid.SampledFrom(schemaValues).Draw(t, "value"))
			document = parseDocument(t, documentText(t, document))
		}
		checkSchema(t, schema, documentText(t, document))
	})
}
