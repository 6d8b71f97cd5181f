// Package dist has what is installed besides the programs: the manual pages, the
// completions of bash, zsh and fish, and the systemd service. Its directories have them
// as templates, which are filled in from the tables of options of packages command and
// doctorcli.
//
//	manual      ipvsadm.8, and one for each other program
//	completion  one file for each shell, and for ipvsadm and ipvsadm-doctor
//	ansible     the module of Ansible, which is no template, and an example
//	schema      JSON Schemas of documents
//	service     the unit, the script that it runs, and its settings
//	package     the descriptions of the packages, and their scripts
//
// The Makefile runs the command in directory generate, which writes the files.
package dist
