package lab

import "fmt"

// umlModules is where Debian's package user-mode-linux has the modules.
const umlModules = "/usr/lib/uml/modules"

// umlTools are the programs of a User-Mode Linux guest and of the tests in it.
func umlTools() []Tool {
	return append([]Tool{{"linux.uml", "user-mode-linux"}}, testTools()...)
}

// prepareUML makes the command line of a User-Mode Linux guest whose root is
// the host's own file system.
func prepareUML(s share, memory int) machine {
	return machine{[]string{
		"linux.uml",
		fmt.Sprintf("mem=%dM", memory),
		"rootfstype=hostfs", "rootflags=/", "rw",
		"init=" + s.path("init"),
		// The first console is the output of the process; nothing is read,
		// and no other console opens an xterm.
		"con=null", "con0=null,fd:1", "quiet", "panic=-1",
		// The files of a running guest; ~/.uml if it is not named.
		"uml_dir=" + s.dir + "/", "umid=guest",
	}}
}
