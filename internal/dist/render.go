package dist

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
)

//go:embed manual completion service schema
var templates embed.FS

// Paths are the paths that the files refer to. They differ between distributions:
// /etc/sysconfig/ipvsadm has rules on Fedora and shell variables on openSUSE. So they
// are set when a package is built, and not on the machine.
type Paths struct {
	// Sbin is the directory of the programs.
	Sbin string
	// Lib is the directory of what only the service runs.
	Lib string
	// Share is the directory of the schemas.
	Share string
	// Rules is the file that the service loads and saves.
	Rules string
	// Settings is the file with the settings of the service.
	Settings string
}

// content is the data of the templates.
type content struct {
	Options
	Paths
	// Sections are the sections of the list of options.
	Sections []command.Section
	// Name is the name of the program that the file is for.
	Name string
	// Version is the version of the programs.
	Version string
	// DoctorOptions are the options of ipvsadm-doctor, and Checks its checks.
	DoctorOptions Options
	Checks        []doctor.Check
}

// Render renders all files. The keys of the result are their paths as in the directories
// of this package.
func Render(p Paths) (map[string][]byte, error) {
	c := content{
		Options:       command.Options(),
		Paths:         p,
		Sections:      command.Sections(),
		Version:       command.ProjectVersion,
		DoctorOptions: doctorOptions(),
		Checks:        doctor.Checks(),
	}

	files := map[string][]byte{}
	for _, dir := range []string{"manual", "completion", "service", "schema"} {
		entries, err := templates.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			c.Name, _, _ = strings.Cut(e.Name(), ".")
			if files[name], err = renderFile(name, c); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// renderFile renders one file. Its actions are delimited by <% and %>, which neither
// shells nor manuals use.
func renderFile(name string, c content) ([]byte, error) {
	text, err := templates.ReadFile(name)
	if err != nil {
		return nil, err
	}

	t, err := template.New(name).Delims("<%", "%>").Funcs(functions).Parse(string(text))
	if err != nil {
		return nil, err
	}

	var b bytes.Buffer
	if err := t.Execute(&b, c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// functions are the functions of the templates.
var functions = template.FuncMap{
	"join":        strings.Join,
	"letters":     letters,
	"mdocText":    mdocText,
	"mdocItem":    mdocItem,
	"mdocOptions": mdocOptions,
	"zshSpec":     zshSpec,
	"fish":        fishOption,
	"doctorZsh":   doctorZshSpec,
	"doctorFish":  doctorFishOption,
	"checkRoles":  checkRoles,
}

// Write writes all files to a directory, which is created if it does not exist.
func Write(dir string, files map[string][]byte) error {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
