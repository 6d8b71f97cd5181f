// Package difftest compares two sets of programs on a real kernel: the reference
// (Debian's ipvsadm, ipvsadm-save, ipvsadm-restore) and the project's. It plays
// the same commands with each, in a fresh network namespace each time, and
// compares what can be seen of them: exit status, standard output, standard
// error and the kernel's table after every command, and at the end what the
// reference lists of both namespaces. Nothing is filtered and nothing is
// compared in part.
//
// The order in which the kernel keeps its services depends on where in memory a
// namespace is, and that of a listing depends on the kernel's, because the
// reference does not sort by a total order. So the kernel's tables are compared
// with their services sorted, and a listing of ours is compared with one of the
// reference in the same namespace, at the same moment.
//
// Namespace and its Run are of use to any kernel test: they run a command in a
// network namespace of its own and give all that it did. They need root, and a
// kernel with IPVS: see package lab.
//
// # Scripts
//
// The scripts are testdata/script/*.txt, archives as of golang.org/x/tools/txtar:
// the commands first, the files that they read after them. A line is one of
//
//	# a remark
//	ipvsadm -A -t 10.0.0.1:80        a command to compare
//	sh ip link add d0 type dummy     preparation: has to succeed, is not compared
//	end modprobe ip_vs               done last of all, whatever came before
//	differs 4.1.6 status=1 stderr=F  the next command differs, on purpose
//
// A command to compare is any shell line in which one of the programs is called
// by its bare name, so input, pipes, environment and argv[0] need no notation of
// their own:
//
//	ipvsadm-restore < rules
//	ipvsadm-save -n | ipvsadm-restore
//	LC_ALL=C ipvsadm -Ln
//	exec -a lvs ipvsadm --frob
//
// It is run by bash with pipefail, in a directory that holds the script's files.
// A namespace and what is mounted in it are gone after the script; what it changes
// of the machine itself, as by taking a module out, is put back by lines with end.
// "as USER" before a command runs it as that user:
//
//	as nobody ipvsadm -Ln
//
// # Intended differences
//
// Where the project differs from the reference on purpose, the line before the
// command says so: the point of the specification (or of the README's list), and
// what the command does with the project's programs:
//
//	differs 4.1.6 status=255 stderr=faults  # every fault is reported
//	ipvsadm-restore < bad
//
//	-- faults --
//	line 2: Service already exists
//
// status is a number; stdout, stderr and table name a file of the script. What
// is named must be exactly so with ours, and must not be so with the reference:
// a difference that is gone makes the script fail. What is not named must be as
// the reference has it. A difference of the table has to be stated at every
// command where it can be seen.
package difftest
