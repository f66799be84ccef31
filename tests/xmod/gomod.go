package main

import (
	"fmt"
	"strconv"

	"golang.org/x/mod/modfile"
)

// goMod answers for the text of a go.mod: what both parsers say, and the module line.
//
// modgate keeps text that is not UTF-8 with U+FFFD for each stray byte, and so does the report.
func goMod(r *report, fields []string) {
	text := []byte(fields[0])
	parsed(r, "lax", modfile.ParseLax, text)
	parsed(r, "strict", modfile.Parse, text)
	r.say("module line", readable(modfile.ModulePath(text)))
}

type parser func(file string, text []byte, fix modfile.VersionFixer) (*modfile.File, error)

func parsed(r *report, mode string, parse parser, text []byte) {
	f, err := parse("go.mod", text, nil)
	if err != nil {
		r.say(mode+" error", readable(err.Error()))
		return
	}
	say := func(verb string, line *modfile.Line, values ...string) {
		for i := range values {
			values[i] = readable(values[i])
		}
		r.say(fmt.Sprintf("%s %s %d:%d", mode, verb, line.Start.Line, line.Start.LineRune), values...)
	}
	if m := f.Module; m != nil {
		say("module", m.Syntax, m.Mod.Path, m.Deprecated)
	}
	if g := f.Go; g != nil {
		say("go", g.Syntax, g.Version)
	}
	if t := f.Toolchain; t != nil {
		say("toolchain", t.Syntax, t.Name)
	}
	for _, x := range f.Require {
		say("require", x.Syntax, x.Mod.Path, x.Mod.Version, strconv.FormatBool(x.Indirect))
	}
	for _, x := range f.Exclude {
		say("exclude", x.Syntax, x.Mod.Path, x.Mod.Version)
	}
	for _, x := range f.Replace {
		say("replace", x.Syntax, x.Old.Path, x.Old.Version, x.New.Path, x.New.Version)
	}
	for _, x := range f.Retract {
		say("retract", x.Syntax, x.Low, x.High, x.Rationale)
	}
	for _, x := range f.Tool {
		say("tool", x.Syntax, x.Path)
	}
	for _, x := range f.Ignore {
		say("ignore", x.Syntax, x.Path)
	}
	for _, x := range f.Godebug {
		say("godebug", x.Syntax, x.Key, x.Value)
	}
}

// readable puts U+FFFD in the place of each byte that is not UTF-8.
func readable(text string) string {
	return string([]rune(text))
}
