package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// readFile returns the state that the rules or the JSON document in a file describe.
// Every error names the file.
func readFile(s *session, file string) (*ipvs.State, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, newFileError(err, file)
	}
	// Nothing is written to it.
	defer f.Close()

	reader := bufio.NewReader(f)
	json, err := beginsDocument(reader)
	if err != nil {
		return nil, newFileError(err, file)
	}
	return readWanted(s, input{reader: reader, json: json, file: file})
}

// newFileError returns the error of a file that cannot be read.
func newFileError(err error, file string) error {
	return &exitError{status: statusReadError, err: fmt.Errorf("cannot read %s: %s", file, fileErrorText(err))}
}

// beginsDocument reports whether a JSON document begins after blanks, and not a rule: no
// rule begins with a brace. Nothing is consumed, so that lines are counted from the first.
func beginsDocument(in *bufio.Reader) (bool, error) {
	for n := 1; n <= in.Size(); n++ {
		b, err := in.Peek(n)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case !strings.ContainsRune(" \t\r\n", rune(b[n-1])):
			return b[n-1] == '{', nil
		}
	}
	return false, nil
}
