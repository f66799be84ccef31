package main

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// version answers for a version, another one, a revision and a time in seconds.
func version(r *report, fields []string) {
	v, other, revision := fields[0], fields[1], fields[2]
	seconds, err := strconv.ParseInt(fields[3], 10, 64)
	if err != nil {
		panic(err)
	}
	r.say("valid", strconv.FormatBool(semver.IsValid(v)))
	r.say("canonical", semver.Canonical(v), module.CanonicalVersion(v))
	r.say("parts", semver.Major(v), semver.Prerelease(v), semver.Build(v))
	r.say("compare", strconv.Itoa(semver.Compare(v, other)))
	r.say("pseudo", strconv.FormatBool(module.IsPseudoVersion(v)))
	base, err := module.PseudoVersionBase(v)
	r.outcome("base", base, err)
	rev, err := module.PseudoVersionRev(v)
	r.outcome("revision", rev, err)
	at, err := module.PseudoVersionTime(v)
	r.outcome("time", strconv.FormatInt(at.Unix(), 10), err)
	at = time.Unix(seconds, 0)
	r.say("construct", module.PseudoVersion("", v, at, revision),
		module.PseudoVersion(semver.Major(other), v, at, revision),
		module.PseudoVersion(semver.Major(other), "", at, revision))
}

// sortVersions answers for any number of versions.
func sortVersions(r *report, fields []string) {
	semver.Sort(fields)
	r.say("sorted", fields...)
}

// sums answers for the path and version of two lines of a go.sum: whether they change places.
func sums(r *report, fields []string) {
	first := module.Version{Path: fields[0], Version: fields[1]}
	second := module.Version{Path: fields[2], Version: fields[3]}
	list := []module.Version{first, second}
	module.Sort(list)
	r.say("swapped", strconv.FormatBool(list[0] != first))
}

// path answers for a path, a version, and any number of suffixes that name a major version.
func path(r *report, fields []string) {
	p, v := fields[0], fields[1]
	r.check("module", module.CheckPath(p))
	r.check("import", module.CheckImportPath(p))
	r.check("release", module.Check(p, v))
	prefix, major, ok := module.SplitPathVersion(p)
	if ok {
		r.say("split", prefix, major)
		r.check("own major", module.CheckPathMajor(v, major))
	} else {
		r.say("split")
	}
	for _, major := range fields[2:] {
		r.check(fmt.Sprintf("major %q", major), module.CheckPathMajor(v, major))
	}
}

// escape answers for one text.
func escape(r *report, fields []string) {
	text := fields[0]
	escaped, err := module.EscapePath(text)
	r.outcome("escape path", escaped, err)
	escaped, err = module.EscapeVersion(text)
	r.outcome("escape version", escaped, err)
	plain, err := module.UnescapePath(text)
	r.outcome("unescape path", plain, err)
	plain, err = module.UnescapeVersion(text)
	r.outcome("unescape version", plain, err)
}

// file answers for one name, which may be any bytes.
func file(r *report, fields []string) {
	r.say("name", fields[0])
	r.check("file", module.CheckFilePath(fields[0]))
}
