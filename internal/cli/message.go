package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// refusal is an operation and the number that the kernel answered it with.
type refusal struct {
	op    ipvs.Op
	errno syscall.Errno
}

// refusals are the reference program's texts for what means something of its own
// in an operation. Scripts match them.
var refusals = map[refusal]string{
	{ipvs.AddService, syscall.EEXIST}:        "Service already exists",
	{ipvs.AddService, syscall.ENOENT}:        "Scheduler or persistence engine not found",
	{ipvs.EditService, syscall.ENOENT}:       "Scheduler or persistence engine not found",
	{ipvs.EditService, syscall.ESRCH}:        "No such service",
	{ipvs.DeleteService, syscall.ESRCH}:      "No such service",
	{ipvs.Zero, syscall.ESRCH}:               "No such service",
	{ipvs.ReadService, syscall.ESRCH}:        "No such service",
	{ipvs.ReadDestinations, syscall.ESRCH}:   "No such service",
	{ipvs.AddDestination, syscall.ESRCH}:     "Service not defined",
	{ipvs.EditDestination, syscall.ESRCH}:    "Service not defined",
	{ipvs.DeleteDestination, syscall.ESRCH}:  "Service not defined",
	{ipvs.AddDestination, syscall.EEXIST}:    "Destination already exists",
	{ipvs.EditDestination, syscall.ENOENT}:   "No such destination",
	{ipvs.DeleteDestination, syscall.ENOENT}: "No such destination",
	{ipvs.StartDaemon, syscall.EEXIST}:       "Daemon has already run",
	{ipvs.StopDaemon, syscall.ESRCH}:         "No daemon is running",
}

// anyRefusals are its texts for numbers that mean the same in every operation.
var anyRefusals = map[syscall.Errno]string{
	syscall.EPERM:        "Permission denied (you must be root)",
	syscall.EINVAL:       "Invalid operation.  Possibly wrong module version, address not unicast, ...",
	syscall.ENOPROTOOPT:  "Protocol not available",
	syscall.ENOMEM:       "Memory allocation problem",
	syscall.EOPNOTSUPP:   "Operation not supported with IPv6",
	syscall.EAFNOSUPPORT: "Operation not supported with specified address family",
	syscall.EMSGSIZE:     "Module is wrong version",
}

// kernelText is what the user is told of an error of the kernel.
func kernelText(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	var refused *ipvs.Error
	if errors.As(err, &refused) {
		if text, ok := refusals[refusal{refused.Op, errno}]; ok {
			return text
		}
	}
	if text, ok := anyRefusals[errno]; ok {
		return text
	}
	return errnoText(errno)
}

// errnoText is the C library's text for an error number. Go has the same texts,
// but begins them with a small letter.
func errnoText(errno syscall.Errno) string {
	text := errno.Error()
	if text == fmt.Sprintf("errno %d", int(errno)) {
		return fmt.Sprintf("Unknown error %d", int(errno))
	}
	return capitalised(text)
}

// capitalised is a text with a capital letter at the beginning.
func capitalised(text string) string {
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

// visible is a text with everything escaped that does not show as a mark of its
// own, but for the runes in keep. What is told of a rule stream or a document
// quotes its words, which may come from anywhere and must not steer a terminal. (A
// command line's own words are told as they are, as the reference program does.)
func visible(text, keep string) string {
	var b []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\x%02x`, text[0])
		case unicode.IsPrint(r), strings.ContainsRune(keep, r):
			b = append(b, text[:size]...)
		default:
			quoted := strconv.QuoteRune(r)
			b = append(b, quoted[1:len(quoted)-1]...)
		}
		text = text[size:]
	}
	return string(b)
}
