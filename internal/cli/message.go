package cli

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// rejection is an operation and the error number that the kernel answered it with.
type rejection struct {
	op    ipvs.Op
	errno syscall.Errno
}

// operationTexts are the reference program's texts for errors that mean something
// particular in an operation. Scripts match them.
var operationTexts = map[rejection]string{
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

// commonTexts are its texts for errors that mean the same in every operation.
var commonTexts = map[syscall.Errno]string{
	syscall.EPERM:        "Permission denied (you must be root)",
	syscall.EINVAL:       "Invalid operation.  Possibly wrong module version, address not unicast, ...",
	syscall.ENOPROTOOPT:  "Protocol not available",
	syscall.ENOMEM:       "Memory allocation problem",
	syscall.EOPNOTSUPP:   "Operation not supported with IPv6",
	syscall.EAFNOSUPPORT: "Operation not supported with specified address family",
	syscall.EMSGSIZE:     "Module is wrong version",
}

// kernelText returns the text by which users know an error of the kernel.
func kernelText(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}

	var rejected *ipvs.Error
	if errors.As(err, &rejected) {
		if text, ok := operationTexts[rejection{rejected.Op, errno}]; ok {
			return text
		}
	}
	if text, ok := commonTexts[errno]; ok {
		return text
	}
	return errnoText(errno)
}

// errnoText returns the C library's text for an error number. Go has the same texts,
// but begins them with a small letter.
func errnoText(errno syscall.Errno) string {
	text := errno.Error()
	if text == fmt.Sprintf("errno %d", int(errno)) {
		return fmt.Sprintf("Unknown error %d", int(errno))
	}
	return capitalize(text)
}

// capitalize returns a text with a capital letter at the beginning.
func capitalize(text string) string {
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}
