// Calling banger-priv from a daemon: everything it takes, and a walk through it.
// Builds with Go 1.18 and later, without modules: go run calling.go
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Exit status of banger-priv; every other is sudo's, or a death by signal.
const (
	Done    = 0
	Usage   = 2
	Refused = 3
	Unsafe  = 4
	Failed  = 5
	Busy    = 6
	No      = 7
)

// Error is a verb that was not done.
type Error struct {
	Verb   string
	Code   int    // one of the above; -1 when a signal ended it; 1 and others are sudo's own
	Reason string // the word for programs, as "in-use"; empty when it is not banger-priv that spoke
	Text   string // for people
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s %s (exit %d)", e.Verb, e.Reason, e.Text, e.Code)
}

// Is makes errors.Is(err, &Error{Code: Busy}) ask for the code alone.
func (e *Error) Is(target error) bool {
	want, ok := target.(*Error)
	return ok && want.Code == e.Code
}

// parse splits "banger-priv VERB: REASON: TEXT"; another line is sudo's and becomes the text.
func parse(verb string, code int, stderr string) *Error {
	e := &Error{Verb: verb, Code: code}
	for _, line := range strings.Split(strings.TrimSpace(stderr), "\n") {
		e.Text = line
		parts := strings.SplitN(line, ": ", 3)
		if len(parts) == 3 && parts[0] == "banger-priv "+verb {
			e.Reason, e.Text = parts[1], parts[2]
			break
		}
	}
	return e
}

// Call runs one verb and gives its standard output.  When ctx ends it asks the verb to end with SIGTERM,
// which sudo passes on: SIGKILL would end sudo, and leave the verb to itself.
func Call(ctx context.Context, stdin io.Reader, verb string, operands ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("/usr/bin/sudo", append([]string{"-n", "/usr/sbin/banger-priv", verb}, operands...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			cmd.Process.Signal(syscall.SIGTERM)
		case <-ended:
		}
	}()
	err := cmd.Wait()
	close(ended)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, parse(verb, exit.ExitCode(), stderr.String())
	}
	return stdout.Bytes(), err
}

// Do is Call for a verb that prints nothing, or whose result is JSON for into.  It repeats a busy verb and
// one that a signal ended: both leave nothing half done that the same verb does not complete.
func Do(ctx context.Context, into interface{}, verb string, operands ...string) error {
	for attempt := 1; ; attempt++ {
		out, err := Call(ctx, nil, verb, operands...)
		if err == nil && into != nil {
			return json.Unmarshal(out, into)
		}
		again := errors.Is(err, &Error{Code: Busy}) || errors.Is(err, &Error{Code: -1})
		if err == nil || !again || attempt == 3 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}

	check(Do(ctx, nil, "ensure-bridge"))
	check(Do(ctx, nil, "create-tap", "banger-go"))
	fmt.Println("tap banger-go is there")

	// What is refused says why in a word, and no second try would change it.
	err := Do(ctx, nil, "ensure-nat", "203.0.113.7", "banger-go")
	var refused *Error
	if errors.As(err, &refused) && refused.Code == Refused {
		fmt.Println("refused:", refused.Reason)
	}

	var binary struct{ Path string }
	check(Do(ctx, &binary, "resolve-binary", "firecracker"))
	fmt.Println("firecracker is", binary.Path)

	// 7 is an answer, not an error.
	err = Do(ctx, nil, "process-running", fmt.Sprint(os.Getpid()), "/run/banger/api.sock")
	if errors.Is(err, &Error{Code: No}) {
		fmt.Println("no such firecracker")
	}

	// A context ends what waits, here for a socket that nobody makes.
	check(Do(ctx, nil, "ensure-socket-dir"))
	short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	_, err = Call(short, nil, "ensure-socket-access", "/run/banger/never.sock", "timeout=60000")
	stop()
	fmt.Println("waited:", err)

	// Contents go in by standard input and come out by standard output, byte for byte.
	if len(os.Args) == 2 {
		image, content := os.Args[1], "a\x00b"
		_, err = Call(ctx, strings.NewReader(content), "write-ext4-files", image,
			fmt.Sprintf("/go=0644:0:0:%d", len(content)))
		check(err)
		read, err := Call(ctx, nil, "read-ext4-file", image, "/go")
		check(err)
		fmt.Printf("%q\n", read)
	}

	check(Do(ctx, nil, "delete-tap", "banger-go"))
}
