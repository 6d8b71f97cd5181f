package doctorcli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// parseFlags calls the options' functions for the arguments. It returns the arguments that
// are no options. An error names the option, and the value if there is one.
func parseFlags(r *request, args []string) (operands []string, err error) {
	set := pflag.NewFlagSet(program, pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.SortFlags = false
	set.Usage = func() {}
	options := Options()
	for i := range options {
		o := &options[i]
		f := set.VarPF(&flag{option: o, request: r}, o.Long, o.Letter, o.Help)
		if o.Value == "" {
			f.NoOptDefVal = noValue
		}
	}

	if err := set.Parse(args); err != nil {
		return nil, flagError(err)
	}
	return set.Args(), nil
}

// noValue is what pflag passes for an option without a value.
const noValue = "\x00"

// flag is an option for pflag.
type flag struct {
	option  *Option
	request *request
	isSet   bool
}

// String implements pflag.Value.
func (f *flag) String() string { return "" }

// Type implements pflag.Value.
func (f *flag) Type() string { return strings.ToLower(f.option.Value) }

// Set implements pflag.Value.
func (f *flag) Set(value string) error {
	switch {
	case f.isSet && !f.option.Repeated:
		return errors.New("the option stands twice")
	case f.option.Value == "" && value != noValue:
		return errors.New("the option takes no value")
	case f.option.Value != "" && value == "":
		return errors.New("the value is empty")
	}
	f.isSet = true
	return f.option.set(f.request, strings.TrimPrefix(value, noValue))
}

// flagError returns an error of pflag in the words of this program.
func flagError(err error) error {
	var unknown *pflag.NotExistError
	var noArgument *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("unknown option %s", optionName(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()))
	case errors.As(err, &noArgument):
		return fmt.Errorf("option %s needs a value", optionName(noArgument.GetSpecifiedName(), noArgument.GetSpecifiedShortnames()))
	case errors.As(err, &invalid):
		name := "--" + invalid.GetFlag().Name
		if value := invalid.GetValue(); value != noValue {
			name = fmt.Sprintf("%s %q", name, value)
		}
		return fmt.Errorf("%s: %w", name, invalid.Unwrap())
	case errors.As(err, &syntax):
		return fmt.Errorf("unknown option %q", syntax.GetSpecifiedFlag())
	}
	return err
}

// optionName returns the name of an option as it stands on the command line: the first of
// the letters if there are some.
func optionName(name, letters string) string {
	if letters != "" {
		return "-" + name
	}
	return "--" + name
}
