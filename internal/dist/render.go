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
)

//go:embed manual completion service
var templates embed.FS

// Paths are the places on the machine that the files speak of. They differ
// between distributions, and are settled when a package is built, never on the
// machine: /etc/sysconfig/ipvsadm holds rules on Fedora and shell variables on
// openSUSE.
type Paths struct {
	// Sbin is the folder of the programs, Lib that of what only the service
	// runs.
	Sbin, Lib string
	// Rules is the file that the service loads and saves.
	Rules string
	// Settings is the file of the service's settings.
	Settings string
}

// content is what the templates see.
type content struct {
	Language
	Paths
	// Name is the program's that a file is about.
	Name string
	// Version is that of the project.
	Version string
}

// Render makes all files. The keys of the result are paths as in the folders of
// this package.
func Render(l Language, p Paths, version string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, folder := range []string{"manual", "completion", "service"} {
		entries, err := templates.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			program, _, _ := strings.Cut(e.Name(), ".")
			if files[name], err = renderFile(name, content{l, p, program, version}); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// renderFile makes one file. The templates' marks are <% and %>, which no shell and
// no manual uses for anything else.
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

// functions are what the templates call, besides the methods of a Language.
var functions = template.FuncMap{
	"join":     strings.Join,
	"letters":  letters,
	"goesWith": func(o, command Option) bool { return o.goesWith(command.Long) },
	"sections": sections,
	"mdoc":     mdocText,
	"mdocItem": mdocItem,
	"mdocWith": mdocWith,
	"zshSpec":  zshSpec,
	"fish":     fishOption,
}

// Write makes all files under a folder, which need not be there yet.
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
