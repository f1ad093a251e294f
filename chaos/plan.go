package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// Kind is a kind of fault.
type Kind struct {
	Name   string
	Weight int // how often it is chosen, relative to the others
	// Process: recovery is counted from the kill, and may take a second longer.
	Process bool
	// Steps: what was noted by the clock before is not by the same one afterwards.
	Steps bool
	// Shortest and Longest bound how long the cause lasts.
	Shortest, Longest time.Duration
	// Strike begins the fault, lets it last and ends it. It returns the instant
	// at which the cause was gone; for processes that the system itself brings
	// back, that of the kill.
	Strike func(ctx context.Context, lasts time.Duration, dice *rand.Rand) (gone time.Time, err error)
}

// Step is one fault of a plan.
type Step struct {
	Kind  string        `json:"kind"`
	Lasts time.Duration `json:"lasts"`
	Dice  uint64        `json:"dice"` // seed of whatever else is left to chance
	Rest  time.Duration `json:"rest"` // quiet afterwards
}

// Planner draws faults. The same seed and kinds draw the same ones.
type Planner struct {
	kinds []Kind
	rest  time.Duration // mean
	dice  *rand.Rand
	bag   []int // kinds by weight, shuffled: each comes up before any comes again too often
}

func newPlanner(kinds []Kind, seed uint64, rest time.Duration) *Planner {
	return &Planner{kinds: kinds, rest: rest, dice: rand.New(rand.NewPCG(seed, 0x10c))}
}

// Next draws a fault.
func (p *Planner) Next() Step {
	if len(p.bag) == 0 {
		for i, k := range p.kinds {
			for range k.Weight {
				p.bag = append(p.bag, i)
			}
		}
		p.dice.Shuffle(len(p.bag), func(i, j int) { p.bag[i], p.bag[j] = p.bag[j], p.bag[i] })
	}
	k := p.kinds[p.bag[0]]
	p.bag = p.bag[1:]
	return Step{
		Kind: k.Name, Dice: p.dice.Uint64(),
		Lasts: between(p.dice, k.Shortest, k.Longest),
		Rest:  between(p.dice, p.rest/2, p.rest+p.rest/2),
	}
}

func between(dice *rand.Rand, a, b time.Duration) time.Duration {
	if b <= a {
		return a
	}
	return (a + time.Duration(dice.Int64N(int64(b-a)+1))).Round(time.Millisecond)
}

// wait sleeps for d, shorter when the context ends, which it says.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
