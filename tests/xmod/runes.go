package main

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// runes answers for the Unicode scalar values from one number up to another, which is not included.
//
// The first fact is the version of Unicode. A line for each value follows: whether this version knows
// the value; whether it is a letter; whether it is printed as it is; its quoted form; its fold key.
func runes(r *report, fields []string) {
	first, err := strconv.Atoi(fields[0])
	if err != nil {
		panic(err)
	}
	end, err := strconv.Atoi(fields[1])
	if err != nil {
		panic(err)
	}
	r.say("unicode", unicode.Version)
	for c := rune(first); c < rune(end); c++ {
		if utf8.ValidRune(c) {
			r.say(known(c), strconv.FormatBool(unicode.IsLetter(c)), strconv.FormatBool(strconv.IsPrint(c)),
				strconv.QuoteRune(c), string(foldKey(c)))
		}
	}
}

func known(c rune) string {
	if unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z,
		unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) {
		return "known"
	}
	return "unknown"
}

// foldKey is the least rune that is equal under simple folding, in lower case if it is ASCII. This is
// how golang.org/x/mod/zip finds names that differ in case only.
func foldKey(c rune) rune {
	least := c
	for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least < utf8.RuneSelf {
		return unicode.ToLower(least)
	}
	return least
}
