module modgate.test/xmod

go 1.25.0

// The code is that of the golang.org/x/mod inside the go command 1.27.3.
require golang.org/x/mod v0.37.0
