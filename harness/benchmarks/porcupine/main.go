// Decides with Porcupine whether the operations on one resource are linearizable. Reads questions from
// standard input, one JSON object a line, and writes one answer a line: "legal", "illegal" or "undecided".
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"hash/maphash"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// step is one operation: a caller's, or a deadline that passes ("due"), or units that come back ("free").
type step struct {
	Op     string `json:"op"`
	Hold   int    `json:"hold"`
	Units  int    `json:"units"`
	Answer string `json:"answer"`
	Call   int64  `json:"call"`
	Return int64  `json:"return"`
}

// question is one resource with everything that was done to it.
type question struct {
	Capacity      int    `json:"capacity"`
	Holds         int    `json:"holds"`
	ExactRefusals bool   `json:"exactRefusals"`
	FreesLate     bool   `json:"freesLate"`
	Steps         []step `json:"steps"`
}

// A state is one byte for each hold, kept as a string so that states can be compared: a status and three
// flags.
const (
	none      byte = 0
	held      byte = 1
	confirmed byte = 2
	released  byte = 3

	statusMask byte = 3
	duePassed  byte = 4  // it can no longer be confirmed
	freed      byte = 8  // its units have come back, or will not be taken any more
	refused    byte = 16 // this id was refused before, and may be refused again
)

// register is the sequential specification of one resource.
type register struct {
	question
	units []int
}

func newRegister(q question) *register {
	r := &register{question: q, units: make([]int, q.Holds)}
	for _, s := range q.Steps {
		if s.Op == "hold" {
			r.units[s.Hold] = s.Units
		}
	}
	return r
}

func (r *register) used(state string) int {
	used := 0
	for hold := 0; hold < len(state); hold++ {
		b := state[hold]
		if b&statusMask == confirmed || (b&statusMask == held && b&freed == 0) {
			used += r.units[hold]
		}
	}
	return used
}

func with(state string, hold int, b byte) string {
	bytes := []byte(state)
	bytes[hold] = b
	return string(bytes)
}

// next returns every state that the step can lead to. A step whose outcome is unknown may have no effect.
func (r *register) next(state string, s step) []string {
	switch s.Op {
	case "hold":
		return r.nextHold(state, s)
	case "confirm":
		return nextConfirm(state, s)
	case "release":
		return nextRelease(state, s)
	case "due":
		b := state[s.Hold] | duePassed
		if !r.FreesLate {
			b |= freed
		}
		return []string{ended(state, s.Hold, b)}
	default:
		// Units come back after the deadline has passed.
		b := state[s.Hold]
		if status := b & statusMask; (status == none || status == held) && b&duePassed == 0 {
			return nil
		}
		return []string{ended(state, s.Hold, b|freed)}
	}
}

// ended sets flags of a hold that time passes for; what was sold or given back is not touched by time.
func ended(state string, hold int, b byte) string {
	if status := state[hold] & statusMask; status == confirmed || status == released {
		return state
	}
	return with(state, hold, b)
}

func (r *register) nextHold(state string, s step) []string {
	b := state[s.Hold]
	if b&statusMask != none {
		if s.Answer == "sold-out" {
			return nil
		}
		return []string{state}
	}
	fits := r.used(state)+s.Units <= r.Capacity
	granted := with(state, s.Hold, b|held)
	denied := with(state, s.Hold, b|refused)
	switch s.Answer {
	case "held":
		if fits {
			return []string{granted}
		}
		return nil
	case "sold-out":
		if !fits || b&refused != 0 || !r.ExactRefusals {
			return []string{denied}
		}
		return nil
	default:
		if fits {
			return []string{state, granted}
		}
		return []string{state, denied}
	}
}

func isLive(b byte) bool {
	return b&statusMask == held && b&duePassed == 0
}

func nextConfirm(state string, s step) []string {
	b := state[s.Hold]
	sold := with(state, s.Hold, b&^statusMask|confirmed)
	switch s.Answer {
	case "ok":
		if isLive(b) || b&statusMask == confirmed {
			return []string{sold}
		}
		return nil
	case "gone":
		if isLive(b) || b&statusMask == confirmed {
			return nil
		}
		return []string{state}
	default:
		if isLive(b) {
			return []string{state, sold}
		}
		return []string{state}
	}
}

func nextRelease(state string, s step) []string {
	b := state[s.Hold]
	status := b & statusMask
	given := with(state, s.Hold, b&^statusMask|released)
	legal := []string{state}
	switch s.Answer {
	case "ok":
		if isLive(b) || status == released {
			return []string{given}
		}
		return nil
	case "already-confirmed":
		if status == confirmed {
			return legal
		}
		return nil
	case "gone":
		if status == none || (status == held && !isLive(b)) {
			return legal
		}
		return nil
	default:
		if isLive(b) {
			return []string{state, given}
		}
		return legal
	}
}

// model is the specification in Porcupine's terms.
func (r *register) model() porcupine.Model {
	seed := maphash.MakeSeed()
	nondeterministic := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{string(make([]byte, r.Holds))} },
		Step: func(state, input, _ interface{}) []interface{} {
			var states []interface{}
			for _, next := range r.next(state.(string), input.(step)) {
				states = append(states, next)
			}
			return states
		},
		Hash: func(state interface{}) uint64 { return maphash.String(seed, state.(string)) },
	}
	return nondeterministic.ToModel()
}

func decide(q question, limit time.Duration) string {
	operations := make([]porcupine.Operation, len(q.Steps))
	for at, s := range q.Steps {
		operations[at] = porcupine.Operation{Input: s, Call: s.Call, Return: s.Return}
	}
	switch porcupine.CheckOperationsTimeout(newRegister(q).model(), operations, limit) {
	case porcupine.Ok:
		return "legal"
	case porcupine.Illegal:
		return "illegal"
	default:
		return "undecided"
	}
}

func main() {
	limit := flag.Duration("limit", 10*time.Second, "how long one resource may take")
	flag.Parse()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 0, 1<<20), 1<<30)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, "a question is not JSON:", err)
			os.Exit(1)
		}
		fmt.Fprintln(out, decide(q, *limit))
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "the questions cannot be read:", err)
		os.Exit(1)
	}
}
