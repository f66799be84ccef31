package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// An entry is a file of a tree. A field has its mode (`f` file, `l` symbolic link, `s` submodule), its size
// in decimal, a space, its path, a NUL and its content, which may be shorter than the size says.
type entry struct {
	mode    byte
	size    int64
	path    string
	content string
}

func parseEntry(field string) entry {
	head, content, ok := strings.Cut(field, "\x00")
	size, path, ok2 := strings.Cut(head[1:], " ")
	number, err := strconv.ParseInt(size, 10, 64)
	if !ok || !ok2 || err != nil {
		panic(fmt.Sprintf("malformed entry %q", field))
	}
	return entry{field[0], number, path, content}
}

func (e entry) Path() string                 { return e.path }
func (e entry) Lstat() (fs.FileInfo, error)  { return e, nil }
func (e entry) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(e.content)), nil }

func (e entry) Name() string       { return e.path }
func (e entry) Size() int64        { return e.size }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return false }
func (e entry) Sys() any           { return nil }
func (e entry) Mode() fs.FileMode {
	if e.mode == 'l' {
		return fs.ModeSymlink | 0o777
	}
	return 0o644
}

// tree answers for a module path, a version, and the entries in git's order: why there is no zip, or
// the names in it and its h1.
func tree(r *report, fields []string) {
	m := module.Version{Path: fields[0], Version: fields[1]}
	var files []modzip.File
	for _, field := range fields[2:] {
		// git archive leaves nothing of a submodule but an empty directory.
		if e := parseEntry(field); e.mode != 's' {
			files = append(files, e)
		}
	}
	checked, checkErr := modzip.CheckFiles(files)
	var buffer bytes.Buffer
	err := modzip.Create(&buffer, m, files)
	if err != nil {
		if checkErr == nil || err.Error() != "create zip: "+checkErr.Error() {
			panic(fmt.Sprintf("CheckFiles says %v, Create says %v", checkErr, err))
		}
		r.say("refused", "create zip: "+refusal(checked))
		return
	}
	names, sum := contents(buffer.Bytes(), m)
	if !slices.Equal(names, checked.Valid) {
		panic(fmt.Sprintf("CheckFiles says %q, Create says %q", checked.Valid, names))
	}
	r.say("files", names...)
	r.say("sum", sum)
}

// refusal is the text of the errors, with paths as modgate writes them: in quotes where they could
// control a terminal.
func refusal(checked modzip.CheckedFiles) string {
	if checked.SizeError != nil {
		return checked.SizeError.Error()
	}
	var lines []string
	for _, invalid := range checked.Invalid {
		path := invalid.Path
		if !utf8.ValidString(path) || strings.ContainsFunc(path, func(c rune) bool { return !strconv.IsPrint(c) }) {
			path = strconv.Quote(path)
		}
		lines = append(lines, path+": "+invalid.Err.Error())
	}
	return strings.Join(lines, "\n")
}

// contents gives the names in a zip, without M@V, and its h1.
func contents(archive []byte, m module.Version) ([]string, string) {
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic(err)
	}
	var names, short []string
	files := make(map[string]*zip.File)
	for _, f := range reader.File {
		names = append(names, f.Name)
		short = append(short, strings.TrimPrefix(f.Name, m.String()+"/"))
		files[f.Name] = f
	}
	sum, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return files[name].Open() })
	if err != nil {
		panic(err)
	}
	return short, sum
}

// checkZip answers for a module path, a version and a zip: what a client would say of it, and its h1.
func checkZip(r *report, fields []string) {
	m := module.Version{Path: fields[0], Version: fields[1]}
	f, err := os.CreateTemp("", "modgate-xmod-*.zip")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.WriteString(fields[2]); err != nil {
		panic(err)
	}
	_, err = modzip.CheckZip(m, f.Name())
	r.check("zip", err)
	sum, err := dirhash.HashZip(f.Name(), dirhash.Hash1)
	r.outcome("sum", sum, err)
}

// hash answers for names and contents by turns.
func hash(r *report, fields []string) {
	var names []string
	contents := make(map[string]string)
	for pair := range slices.Chunk(fields, 2) {
		names = append(names, pair[0])
		contents[pair[0]] = pair[1]
	}
	sum, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(contents[name])), nil
	})
	r.outcome("sum", sum, err)
}
