package format

import (
	"bytes"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// ChangesJSON formats changes that were made as a JSON document (ipvsadm -R --sync
// --changes --json): AppendChange for each of them, AppendClosing. The zero ChangesJSON
// is the beginning of a document.
type ChangesJSON struct{ changed bool }

// AppendChange appends the command that makes a change.
func (f *ChangesJSON) AppendChange(b []byte, c ipvs.Change) []byte {
	separator := `,`
	if !f.changed {
		separator = `{"changed":true,"commands":[`
	}
	f.changed = true

	b = append(b, separator...)
	command := Rules{}.AppendChange(nil, c)
	return appendString(b, string(bytes.TrimSuffix(command, []byte{'\n'})))
}

// AppendClosing appends what comes after the commands.
func (f *ChangesJSON) AppendClosing(b []byte) []byte {
	if !f.changed {
		return append(b, "{\"changed\":false,\"commands\":[]}\n"...)
	}
	return append(b, "]}\n"...)
}
