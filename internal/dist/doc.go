// Package dist makes what an operator installs besides the programs: the manual
// pages, the completions of bash, zsh and fish, and the systemd service. Its
// folders hold their texts, as templates; what they say of options comes from the
// Language, which is the table of package command as the pages see it.
//
//	manual      ipvsadm.8, ipvsadm-save.8, ipvsadm-restore.8
//	completion  one file a shell
//	service     the unit, what it runs, and its settings
//	package     the description of the .deb and the .rpm, and their scripts
//
// The generator is the command in folder generate, which the Makefile runs.
package dist
