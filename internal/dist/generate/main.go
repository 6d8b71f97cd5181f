// Generate writes the manuals, the completions and the service to a folder.
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
	dir := flag.String("dir", "", "write the files to this `folder`")
	flag.StringVar(&paths.Sbin, "sbin", "/usr/sbin", "`folder` of the programs")
	flag.StringVar(&paths.Lib, "lib", "/usr/lib/ipvsadm-go", "`folder` of what only the service runs")
	flag.StringVar(&paths.Rules, "rules", "/etc/ipvsadm.rules", "`file` that the service loads and saves")
	flag.StringVar(&paths.Settings, "settings", "/etc/default/ipvsadm", "`file` of the service's settings")
	flag.Parse()
	files, err := dist.Render(dist.Table(), paths, command.ProjectVersion)
	if err == nil {
		err = dist.Write(*dir, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
