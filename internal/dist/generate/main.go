// Generate writes the manual pages, the completions, the service, the Debian changelog and
// the version to a directory.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

func main() {
	var paths dist.Paths
	dir := flag.String("dir", "", "write the files to this `directory`")
	changelog := flag.String("changelog", ".github/CHANGELOG.md", "`file` with the changelog")
	flag.StringVar(&paths.Sbin, "sbin", "/usr/sbin", "`directory` of the programs")
	flag.StringVar(&paths.Lib, "lib", "/usr/lib/ipvsadm-go", "`directory` of what only the service runs")
	flag.StringVar(&paths.Share, "share", "/usr/share/ipvsadm-go", "`directory` of the schemas")
	flag.StringVar(&paths.Rules, "rules", "/etc/ipvsadm.rules", "`file` that the service loads and saves")
	flag.StringVar(&paths.Settings, "settings", "/etc/default/ipvsadm-go", "`file` with the settings of the service")
	flag.Parse()

	if err := generate(*dir, *changelog, paths); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate writes all files.
func generate(dir, changelog string, paths dist.Paths) error {
	files, err := dist.Render(paths)
	if err != nil {
		return err
	}

	text, err := os.ReadFile(changelog)
	if err != nil {
		return err
	}
	if files["changelog"], err = dist.DebianChangelog(text); err != nil {
		return err
	}
	// The programs may be for another machine than this one, and cannot be asked then.
	files["version"] = []byte(command.ProjectVersion + "\n")
	return dist.Write(dir, files)
}
