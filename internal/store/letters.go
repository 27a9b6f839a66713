package store

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"

	"ttpctl/internal/hint"
)

// LetterIDs reads the ids of dead letters.
func LetterIDs(args []string) ([]int64, error) {
	const help = "ttpctl db dead-letters list shows their ids"
	if len(args) == 0 {
		return nil, hint.Errorf(help, "no dead letter named")
	}
	var ids []int64
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id <= 0 {
			return nil, hint.Errorf(help, "%q is no id of a dead letter", arg)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// AllLetters returns the ids of all dead letters, in the order in which they
// were set aside.
func AllLetters(ctx context.Context, from DeadLetters) (ids []int64, err error) {
	err = from.Each(ctx, 0, func(d *DeadLetter) error {
		ids = append(ids, d.ID)
		return nil
	})
	slices.Reverse(ids)
	return ids, err
}

// NoLetter returns err, in the words of a user when there is no such letter.
func NoLetter(id int64, err error) error {
	if errors.Is(err, fs.ErrNotExist) && ClassOf(err) == Bug {
		return hint.Errorf("ttpctl db dead-letters list shows those that there are", "no dead letter %d", id)
	}
	return err
}
