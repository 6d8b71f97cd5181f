package ruleset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// scanned is what a scanner makes of a text: its tokens, and what ended it.
type scanned struct {
	Tokens []string
	Err    string
	At     string
}

// scanWith scans a text with a jsonScanner whose buffer has a size.
func scanWith(in io.Reader, size int) (got scanned) {
	s := newJSONScanner(in, maxDocument)
	s.buf = make([]byte, size)
	for {
		t, err := s.next()
		if err != nil {
			got.Err, got.At = err.Error(), fmt.Sprint(s.errorPosition())
			return got
		}
		switch {
		case t == tokenString:
			got.Tokens = append(got.Tokens, fmt.Sprintf("%q", s.text))
		case t == tokenNumber && s.whole:
			got.Tokens = append(got.Tokens, fmt.Sprint(s.number))
		default:
			got.Tokens = append(got.Tokens, string(rune(t)))
		}
	}
}

// scanReference scans a text with encoding/json.
func scanReference(text []byte) (want scanned) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		t, err := dec.Token()
		if err != nil {
			want.Err = err.Error()
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				want.Err = errCutOff.Error()
			}
			rest := bytes.TrimLeft(text[dec.InputOffset():], " \t\r\n,:")
			before := text[:len(text)-len(rest)]
			want.At = fmt.Sprint(textPosition{bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')})
			return want
		}
		want.Tokens = append(want.Tokens, referenceToken(t))
	}
}

// referenceToken returns a token of encoding/json as scanWith does.
func referenceToken(t json.Token) string {
	switch t := t.(type) {
	case string:
		return fmt.Sprintf("%q", t)
	case json.Number:
		n, err := t.Int64()
		if err != nil || n == -1<<63 {
			return string(rune(tokenNumber))
		}
		return fmt.Sprint(n)
	case nil:
		return string(rune(tokenNull))
	case bool:
		return fmt.Sprint(t)[:1]
	}
	return fmt.Sprint(t)
}

// texts have one of every fault of JSON, and what is none.
var texts = []string{
	"", " \n", "{}", "[]", "{", "[", "}", "]", "{]", "[}", ",", ":", "[,]", "[1,]", "[1,,2]", "[1 2]", "[1:2]", "{,}", "{:}", `{"a"}`,
	`{"a" 1}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b"}`, `{"a":1:2}`, `{"a",1}`, `{1:2}`, `{"a":1,2}`, `{null:1}`, "1 2", "1,2", "[1]\n x",
	"0", "-0", "00", "-", "-a", "- 1", "01", "1.", "1.x", "1.5", "1e", "1e+", "1E-x", "1e5", "1.5E+10", "+1", ".5", "0x1", "1_0",
	"9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808", "92233720368547758070", "[-9223372036854775809]",
	"true", "false", "null", "[true,false,null]", "tru", "trux", "falsy", "nul", "nulL", "truefalse", "[true1]", "[nullnull]", "True", "N",
	`"`, `"a`, `"a"`, `"a"b`, `""`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00x"`, `"\"\\\/\b\f\n\r\t"`,
	"\"\x00\"", "\"\x1f\"", "\"a\nb\"", "\"\x7f\u00e9\U0001f600\"", "\"\xff\xc0\xaf\"", "[\"a\",\n \"b\xff\",\n\"c\x01\"]", "'a'", "\x00", "\xff", "\ufeff{}",
	"{\"a\" :\t[ 1 ,\r\n{ } ] , \"b\":{ \"c\" : \"d\" } }", "[[[[1]]],{\"a\":{\"a\":[]}}]", "[1,\n\n , , 2]", "[1\n:\n:\nx", "{\"a\"\n\n,x",
	"/* */", "[1]//", "[1e5,1.0,-1e-5]", `["` + strings.Repeat("x", 100) + "\n", `["` + strings.Repeat("x", 100), "[" + strings.Repeat("\n", 100) + "x",
}

func TestJSONScanner(t *testing.T) {
	for _, text := range texts {
		t.Run(text, func(t *testing.T) { testJSONScanner(t, []byte(text)) })
	}
}

// testJSONScanner checks that the scanner agrees with encoding/json, in whatever parts
// the text comes.
func testJSONScanner(t *testing.T, text []byte) {
	want := scanReference(text)
	for _, size := range []int{1, 2, 7, readSize} {
		if diff := cmp.Diff(want, scanWith(bytes.NewReader(text), size)); diff != "" {
			t.Errorf("with a buffer of %d bytes (-want +got):\n%s", size, diff)
		}
	}
	if diff := cmp.Diff(want, scanWith(iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(text))), readSize)); diff != "" {
		t.Errorf("byte by byte (-want +got):\n%s", diff)
	}
}

func TestJSONScannerLongStrings(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		kept int
	}{
		{"plain, in one window", strings.Repeat("x", maxText+100), maxText + 100},
		{"not ASCII", strings.Repeat("é", maxText/2+1), maxText},
		{"not ASCII, the last rune cut", "x" + strings.Repeat("é", maxText/2), maxText - 1 + len("\ufffd")},
		{"as long as can be", "é" + strings.Repeat("x", maxText-2), maxText},
		{"a short rune after a long one that did not fit", strings.Repeat("é", maxText/2-1) + "x\\u00e9" + "x", maxText - 1},
		{"several windows", strings.Repeat("x", 2*readSize), maxText},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJSONScanner(strings.NewReader(`"`+test.text+`"[`), maxDocument)
			if got, err := s.next(); got != tokenString || err != nil {
				t.Fatal(got, err)
			}
			if len(s.text) != test.kept {
				t.Errorf("%d bytes are kept, want %d", len(s.text), test.kept)
			}
			if got, err := s.next(); got != '[' || err != nil {
				t.Error("after it:", got, err)
			}
		})
	}
}

func TestJSONScannerReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "[", "[1", "[1,", "[\"a", "[tr", "[1.", "{\"a\"", "{\"a\":"} {
		t.Run(text, func(t *testing.T) {
			s := newJSONScanner(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), maxDocument)
			for {
				_, err := s.next()
				if err == nil {
					continue
				}
				var readErr *ReadError
				if !errors.As(err, &readErr) || !errors.Is(err, broken) {
					t.Errorf("the error is %v", err)
				}
				return
			}
		})
	}
}

func TestJSONScannerLimit(t *testing.T) {
	const text = `[1, 2] `
	for limit, want := range map[int64]error{int64(len(text)): errCutOff, int64(len(text)) - 1: errTooLong, 0: errTooLong} {
		for _, size := range []int{1, readSize} {
			t.Run(fmt.Sprintf("%d in parts of %d", limit, size), func(t *testing.T) {
				s := newJSONScanner(strings.NewReader(text), limit)
				s.buf = make([]byte, size)
				for {
					if _, err := s.next(); err != nil {
						if !errors.Is(err, want) {
							t.Errorf("the error is %v, want %v", err, want)
						}
						return
					}
				}
			})
		}
	}
}

// TestJSONScannerReadsNoMoreThanLimit checks that what is too long is not read to its end.
func TestJSONScannerReadsNoMoreThanLimit(t *testing.T) {
	const limit = 3 * readSize
	text := strings.NewReader(strings.Repeat(" ", 10*readSize))
	s := newJSONScanner(text, limit)
	if _, err := s.next(); !errors.Is(err, errTooLong) {
		t.Errorf("the error is %v, want %v", err, errTooLong)
	}
	if read := int(text.Size()) - text.Len(); read > limit+readSize {
		t.Errorf("read %d bytes, want %d at most", read, limit+readSize)
	}
}

// FuzzJSONScanner compares the scanner with encoding/json.
func FuzzJSONScanner(f *testing.F) {
	for _, text := range slices.Concat(texts, []string{goodDocument}) {
		f.Add([]byte(text))
	}
	f.Fuzz(testJSONScanner)
}
