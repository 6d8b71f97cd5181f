// Generate writes the manual pages, the completions and the service to a directory.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

func main() {
	var paths dist.Paths
	dir := flag.String("dir", "", "write the files to this `directory`")
	flag.StringVar(&paths.Sbin, "sbin", "/usr/sbin", "`directory` of the programs")
	flag.StringVar(&paths.Lib, "lib", "/usr/lib/ipvsadm-go", "`directory` of what only the service runs")
	flag.StringVar(&paths.Rules, "rules", "/etc/ipvsadm.rules", "`file` that the service loads and saves")
	flag.StringVar(&paths.Settings, "settings", "/etc/default/ipvsadm", "`file` with the settings of the service")
	flag.Parse()

	files, err := dist.Render(paths)
	if err == nil {
		err = dist.Write(*dir, files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
