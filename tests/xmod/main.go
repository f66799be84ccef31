// Command xmod says what golang.org/x/mod says, so that modgate can be compared with it.
//
// It reads requests from stdin and writes one answer for each to stdout, in order. All numbers are
// unsigned, 32 bits, big-endian:
//
//	request: number of fields, then for each field its length and its bytes; the first field is the kind
//	answer:  length and bytes of a report
//
// A report is text, a line for each fact: its name, then its values as Go string literals. Something
// that can fail has `ok` and its value, or `error` and the text of the error. The kinds and their
// fields stand with the functions that answer them. A request that makes the library panic is
// answered with the panic.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
)

var kinds = map[string]func(r *report, fields []string){
	"escape":  escape,
	"file":    file,
	"gomod":   goMod,
	"hash":    hash,
	"path":    path,
	"runes":   runes,
	"sort":    sortVersions,
	"sums":    sums,
	"tree":    tree,
	"version": version,
	"zip":     checkZip,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		fields, err := request(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatalf("reading a request: %v", err)
		}
		text := answer(fields)
		// Errors stay with the writer until it is flushed.
		binary.Write(out, binary.BigEndian, uint32(len(text)))
		out.WriteString(text)
	}
	if err := out.Flush(); err != nil {
		log.Fatalf("writing answers: %v", err)
	}
}

// request reads one request; io.EOF means that there is none.
func request(in io.Reader) ([]string, error) {
	var count uint32
	if err := binary.Read(in, binary.BigEndian, &count); err != nil {
		return nil, err
	}
	fields := make([]string, count)
	for i := range fields {
		var length uint32
		if err := binary.Read(in, binary.BigEndian, &length); err != nil {
			return nil, fmt.Errorf("field %d: %v", i, err)
		}
		field := make([]byte, length)
		if _, err := io.ReadFull(in, field); err != nil {
			return nil, fmt.Errorf("field %d: %v", i, err)
		}
		fields[i] = string(field)
	}
	return fields, nil
}

func answer(fields []string) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprintf("panic %v\n", reason)
		}
	}()
	kind, ok := kinds[fields[0]]
	if !ok {
		return fmt.Sprintf("unknown kind %q\n", fields[0])
	}
	var r report
	kind(&r, fields[1:])
	return r.String()
}

// A report collects facts.
type report struct {
	strings.Builder
}

// say adds a fact.
func (r *report) say(name string, values ...string) {
	r.WriteString(name)
	for _, value := range values {
		r.WriteByte(' ')
		r.WriteString(strconv.Quote(value))
	}
	r.WriteByte('\n')
}

// outcome adds the value or the error of something that can fail.
func (r *report) outcome(name, value string, err error) {
	if err != nil {
		r.say(name+" error", err.Error())
	} else {
		r.say(name+" ok", value)
	}
}

// check adds what a check said.
func (r *report) check(name string, err error) {
	r.outcome(name, "", err)
}
