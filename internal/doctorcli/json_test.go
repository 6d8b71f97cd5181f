package doctorcli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
)

// validate checks a document against the schema.
func validate(t *testing.T, document string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../dist/schema/ipvsadm-doctor.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, document)
	}
	if strings.Count(document, "\n") != 1 || !strings.HasSuffix(document, "\n") {
		t.Errorf("not one line: %q", document)
	}
}

// TestSchema checks that documents which are not of the schema are rejected: without one
// of the members, with another one, and with other values.
func TestSchema(t *testing.T) {
	facts, report := sample()
	whole := string(jsonReport(&request{}, facts, report, 2))
	validate(t, whole)

	schema, err := jsonschema.NewCompiler().Compile("../dist/schema/ipvsadm-doctor.json")
	if err != nil {
		t.Fatal(err)
	}
	for old, replacement := range map[string]string{
		`"status":2`:         `"status":4`,
		`"role":"director"`:  `"role":"client"`,
		`"faults":1`:         `"faults":-1`,
		`"notes":1,`:         "",
		`"level":"fault"`:    `"level":"FAULT"`,
		`"done":`:            `"more":1,"done":`,
		`"IPVS table"`:       `"another table"`,
		`"code":"no-server"`: `"code":"No server"`,
	} {
		t.Run(old, func(t *testing.T) {
			text := strings.Replace(whole, old, replacement, 1)
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil || text == whole {
				t.Fatalf("%v: %s", err, text)
			}
			if schema.Validate(value) == nil {
				t.Errorf("%s is accepted", text)
			}
		})
	}
}

// TestJSONReport checks a whole document.
func TestJSONReport(t *testing.T) {
	facts, report := sample()
	const want = `{"role":"real-server","status":2,"faults":1,"warnings":1,"notes":1,"findings":[` +
		`{"level":"fault","code":"dr-gateway","subject":"TCP 172.20.0.200:80 -> 192.168.30.17:80",` +
		`"evidence":"the route to 192.168.30.17 goes by gateway 172.20.0.1 on eth0",` +
		`"advice":"direct routing needs the server on a network of the director: use a tunnel (-i) or masquerading (-m)","source":"ip_vs_xmit.c"},` +
		`{"level":"warning","code":"gone-servers","subject":"TCP [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:80 -> ` +
		`[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:80","evidence":"an interface named a\u001b[31mb","advice":"","source":"ip_vs_core.c"},` +
		`{"level":"note","code":"tcp-timeout","subject":"timeout tcp","evidence":"900 s","advice":"ipvsadm --set","source":"tcp(7)"}],` +
		`"done":["dr-gateway","gone-servers","tcp-timeout","dr-port"],"not_done":[{"code":"no-server","missing":["IPVS table"]},` +
		`{"code":"backup-only","missing":["IPVS table","sync daemons"]},{"code":"no-route","missing":["IPVS table"]}],` +
		`"unknown":[{"fact":"IPVS table","reason":"operation not permitted"},` +
		`{"fact":"sysctls","name":"net.ipv4.vs","reason":"no such file or directory"},` +
		`{"fact":"sync daemons","reason":"operation not permitted"}]}` + "\n"
	got := string(jsonReport(&request{realServer: true}, facts, report, 2))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	validate(t, got)
}

// TestJSONText checks that a reader gets every text as it is, but that invalid UTF-8 is
// U+FFFD, and that a terminal gets no control character.
func TestJSONText(t *testing.T) {
	for text, want := range map[string]string{
		"eth0 <&> \"\\":       `"eth0 <&> \"\\"`,
		"ä→":                  `"ä→"`,
		"a\x1b[31m\x7f\u009b": `"a\u001b[31m\u007f\u009b"`,
		"a\u2028b\U000e0001":  `"a\u2028b\udb40\udc01"`,
		"a\xffb":              `"a\ufffdb"`,
	} {
		t.Run(want, func(t *testing.T) {
			report := doctor.Report{Findings: []doctor.Finding{{Level: doctor.Note, Code: "lro", Subject: text, Evidence: "x"}}}
			got := jsonReport(&request{}, &doctor.Facts{}, &report, 0)
			validate(t, string(got))
			if !strings.Contains(string(got), `"subject":`+want+`,`) {
				t.Errorf("got %s", got)
			}
			var d document
			if err := json.Unmarshal(got, &d); err != nil || d.Findings[0].Subject != strings.ToValidUTF8(text, "\ufffd") {
				t.Errorf("read back: %v, %q", err, d.Findings)
			}
		})
	}
}
