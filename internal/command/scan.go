package command

import (
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// event is an option as it stands on the line.
type event struct {
	option *Option
	value  string
	// word is the last word that the option takes up, for messages.
	word string
}

// scanner finds the options in the words of a line. It knows how options are written
// but not what they mean. A scanner can be used for many lines.
//
// The rules of the reference program are not quite those of GNU programs: the value of
// a letter may follow "=", a letter without a value rejects one, and -p takes the next
// word only if that does not look like an option. So pflag parses the long options, one
// at a time, and the scanner parses the letters.
type scanner struct {
	flags    *pflag.FlagSet // nil before the first long option
	letters  [128]*Option
	events   []event
	operands []string
}

// newScanner returns a scanner for the table.
func newScanner() *scanner {
	s := &scanner{}
	for g := range table {
		for i := range table[g].Options {
			o := &table[g].Options[i]
			for _, c := range []byte(o.Letters) {
				s.letters[c] = o
			}
		}
	}
	return s
}

// flagValue is the pflag.Value of an option. It stores nothing: the scanner collects
// the values as events.
type flagValue struct{ option *Option }

func (flagValue) String() string   { return "" }
func (flagValue) Set(string) error { return nil }
func (flagValue) Type() string     { return "option" }

// longFlags returns the table as a set of flags. The value of every flag can be left
// out; scanNext decides whether the next word is the value.
func longFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SetInterspersed(false)
	flags.SetOutput(io.Discard)
	for g := range table {
		for i := range table[g].Options {
			o := &table[g].Options[i]
			flags.VarPF(flagValue{o}, o.Long, "", "").NoOptDefVal = "-"
		}
	}
	return flags
}

// scan returns the options and the operands up to the first bad word, and the error of
// that word. They are valid until the next call.
func (s *scanner) scan(words []string) (events []event, operands []string, err error) {
	s.events, s.operands = s.events[:0], s.operands[:0]
	for len(words) > 0 && err == nil {
		word := words[0]
		if word == "--" {
			s.operands = append(s.operands, words[1:]...)
			break
		}
		if strings.HasPrefix(word, "--") {
			words, err = s.scanLong(words)
		} else if strings.HasPrefix(word, "-") && word != "-" {
			words, err = s.scanLetters(words)
		} else {
			s.operands = append(s.operands, word)
			words = words[1:]
		}
	}
	return s.events, s.operands, err
}

// scanLong scans --name or --name=value, and returns the words after it.
func (s *scanner) scanLong(words []string) ([]string, error) {
	if s.flags == nil {
		s.flags = longFlags()
	}

	word := words[0]
	var o *Option
	var value string
	err := s.flags.ParseAll(words[:1], func(f *pflag.Flag, v string) error {
		o, value = f.Value.(flagValue).option, v
		return nil
	})

	if err != nil {
		return nil, wordError(word, "unknown option")
	}
	if !strings.Contains(word, "=") {
		return s.scanNext(o, words)
	}
	if o.Value == "" {
		return nil, wordError(word, "option does not take an argument")
	}

	s.add(o, value, word)
	return words[1:], nil
}

// scanLetters scans a word of letters, and returns the words after it.
func (s *scanner) scanLetters(words []string) ([]string, error) {
	word := words[0]
	for i := 1; i < len(word); i++ {
		if word[i] >= byte(len(s.letters)) || s.letters[word[i]] == nil {
			return nil, wordError(word, "unknown option")
		}
		o, rest := s.letters[word[i]], word[i+1:]

		if o.Value == "" {
			if strings.HasPrefix(rest, "=") {
				return nil, wordError(word, "option does not take an argument")
			}
			s.add(o, "", word)
			continue
		}
		if rest == "" {
			return s.scanNext(o, words)
		}
		s.add(o, strings.TrimPrefix(rest, "="), word)
		return words[1:], nil
	}
	return words[1:], nil
}

// scanNext completes an option that has no value in its own word: the next word is the
// value if the option takes one. It returns the words after the option.
func (s *scanner) scanNext(o *Option, words []string) ([]string, error) {
	word, rest := words[0], words[1:]
	if o.Value == "" {
		s.add(o, "", word)
		return rest, nil
	}
	if o.HasOptionalValue() && (len(rest) == 0 || strings.HasPrefix(rest[0], "-")) {
		s.add(o, o.Default, word)
		return rest, nil
	}
	if len(rest) == 0 {
		return nil, wordError(word, "missing argument")
	}

	s.add(o, rest[0], rest[0])
	return rest[1:], nil
}

// add appends an event.
func (s *scanner) add(o *Option, value, word string) {
	s.events = append(s.events, event{o, value, word})
}
