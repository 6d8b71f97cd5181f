// Package difftest compares two sets of programs on a real kernel: the reference
// (Debian's ipvsadm, ipvsadm-save, ipvsadm-restore) and the project's. It runs
// the same commands with each set, in a new network namespace each time, and compares
// exit status, standard output, standard error and the kernel's table after every
// command, and at the end the reference's listings of both namespaces. Nothing is
// filtered or ignored.
//
// The order of services in the kernel depends on the namespace's address in memory,
// and the order of a listing depends on the kernel's, because the reference does not
// sort by a total order. So the kernel's tables are compared with their services
// sorted, and a listing of ours is compared with one of the reference in the same
// namespace, right after ours.
//
// Namespace and its Run serve any kernel test: they run a command in a network
// namespace of its own and return its status and output. They need root and a kernel
// with IPVS: see package lab.
//
// # Scripts
//
// The scripts are testdata/script/*.txt, archives as of golang.org/x/tools/txtar:
// the commands first, the files that they read after them. A line is one of
//
//	# a comment
//	ipvsadm -A -t 10.0.0.1:80        a command to compare
//	sh ip link add d0 type dummy     setup: has to succeed, is not compared
//	end modprobe ip_vs               run at the end, even after a failure
//	differs 4.1.6 status=1 stderr=F  the next command differs, on purpose
//
// A command to compare is any shell line in which one of the programs is called
// by its bare name, so input, pipes, environment and argv[0] need no syntax of
// their own:
//
//	ipvsadm-restore < rules
//	ipvsadm-save -n | ipvsadm-restore
//	LC_ALL=C ipvsadm -Ln
//	exec -a lvs ipvsadm --frob
//
// It is run by bash with pipefail, in a directory that holds the script's files.
// The namespace and its mounts are removed after the script. A script that changes
// the machine itself, for example by removing a module, restores it by lines with
// end.
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
// status is a number; stdout, stderr and table name a file of the script. The named
// parts must be exactly as stated with ours, and must not be so with the reference: a
// difference that no longer exists makes the script fail. The other parts must be the
// same as the reference's. A difference of the table has to be stated at every
// command after which it is visible.
package difftest
