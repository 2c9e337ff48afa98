// A service of one page in Go (pgx) that `holdfast compare --strategy http://…` can judge.
//
//	DATABASE_URL=postgres://… go run . 9000           # right: the row is locked, then checked
//	DATABASE_URL=postgres://… go run . 9000 --wrong   # check, then act
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const tables = `
create table if not exists seat (id text primary key, capacity int not null);
create table if not exists held (id text primary key, lines jsonb not null, deadline timestamptz not null, status text not null);
create table if not exists line (hold text not null, seat text not null, quantity int not null, primary key (seat, hold))`

// Units of a seat that live holds and sales have: what is due counts as free, and no sweeper is needed.
const taken = `select coalesce(sum(quantity), 0) from line join held on held.id = hold
  where seat = $1 and (status = 'booked' or status = 'held' and deadline > clock_timestamp())`

type line struct {
	ID       string `json:"id"`
	Quantity int    `json:"quantity"`
}
type request struct {
	HoldID    string   `json:"hold_id"`
	Lines     []line   `json:"lines"`
	TTL       float64  `json:"ttl"`
	IDs       []string `json:"ids"`
	Resources []struct {
		ID       string
		Capacity int
	} `json:"resources"`
}
type answer = map[string]any
type refused struct {
	status int
	body   answer
}

func (r refused) Error() string { return fmt.Sprint(r.body["type"]) }

func refuse(status int, kind string, more answer) error {
	body := answer{"type": kind, "status": status, "title": kind, "attempts": 1}
	for key, value := range more {
		body[key] = value
	}
	return refused{status, body}
}

var wrong = slices.Contains(os.Args, "--wrong")

func setup(c context.Context, tx pgx.Tx, q request) (int, any, error) {
	for _, each := range q.Resources {
		if _, err := tx.Exec(c, "insert into seat values ($1, $2) on conflict do nothing", each.ID, each.Capacity); err != nil {
			return 0, nil, err
		}
	}
	return 204, nil, nil
}

func reserve(c context.Context, tx pgx.Tx, q request) (int, any, error) {
	slices.SortFunc(q.Lines, func(a, b line) int { return strings.Compare(a.ID, b.ID) })
	lines, _ := json.Marshal(q.Lines)
	if _, err := tx.Exec(c, "select pg_advisory_xact_lock(hashtextextended($1, 0))", q.HoldID); err != nil {
		return 0, nil, err
	}
	var same bool
	var deadline float64
	err := tx.QueryRow(c, "select lines = $2::jsonb, extract(epoch from deadline)::float8 * 1000 from held where id = $1", q.HoldID, string(lines)).Scan(&same, &deadline)
	if err == nil && !same {
		return 0, nil, refuse(422, "id-reused", nil)
	}
	if err == nil {
		return 201, answer{"hold_id": q.HoldID, "deadline_ms": deadline, "attempts": 1}, nil
	}
	locking := " for update"
	if wrong {
		locking = ""
	}
	for _, each := range q.Lines {
		var capacity, gone int
		err := tx.QueryRow(c, "select capacity from seat where id = $1"+locking, each.ID).Scan(&capacity)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, nil, refuse(404, "unknown-seat", answer{"resource_id": each.ID})
		}
		if err != nil {
			return 0, nil, err
		}
		if err := tx.QueryRow(c, taken, each.ID).Scan(&gone); err != nil {
			return 0, nil, err
		}
		if gone+each.Quantity > capacity {
			return 0, nil, refuse(409, "sold-out", answer{"sold_out": []string{each.ID}})
		}
		if _, err := tx.Exec(c, "insert into line values ($1, $2, $3)", q.HoldID, each.ID, each.Quantity); err != nil {
			return 0, nil, err
		}
	}
	err = tx.QueryRow(c, `insert into held values ($1, $2::jsonb, clock_timestamp() + make_interval(secs => $3), 'held')
		returning extract(epoch from deadline)::float8 * 1000`, q.HoldID, string(lines), q.TTL).Scan(&deadline)
	return 201, answer{"hold_id": q.HoldID, "deadline_ms": deadline, "attempts": 1}, err
}

// Locks the hold and says what it is: held, due, booked or released; gone if there is none.
func status(c context.Context, tx pgx.Tx, hold string) (found string, err error) {
	err = tx.QueryRow(c, "select status from held where id = $1 for update", hold).Scan(&found)
	if errors.Is(err, pgx.ErrNoRows) {
		return "gone", nil
	}
	if err != nil || found != "held" {
		return found, err
	}
	var due bool
	err = tx.QueryRow(c, "select deadline <= clock_timestamp() from held where id = $1", hold).Scan(&due)
	if due {
		found = "due"
	}
	return found, err
}

func book(c context.Context, tx pgx.Tx, q request) (int, any, error) {
	// A due hold's units may be another buyer's, who has locked the seats: those are locked here first.
	if _, err := tx.Exec(c, "select from seat where id in (select seat from line where hold = $1) order by id for update", q.HoldID); err != nil {
		return 0, nil, err
	}
	found, err := status(c, tx, q.HoldID)
	if err != nil {
		return 0, nil, err
	}
	if found != "held" && found != "booked" {
		return 0, nil, refuse(410, "gone", nil)
	}
	_, err = tx.Exec(c, "update held set status = 'booked' where id = $1", q.HoldID)
	return 201, answer{"booking_id": q.HoldID, "hold_id": q.HoldID, "status": "confirmed"}, err
}

func release(c context.Context, tx pgx.Tx, hold string) (int, any, error) {
	found, err := status(c, tx, hold)
	switch {
	case err != nil:
		return 0, nil, err
	case found == "booked":
		return 0, nil, refuse(409, "already-confirmed", nil)
	case found == "due" || found == "gone":
		return 0, nil, refuse(410, "gone", nil)
	}
	_, err = tx.Exec(c, "update held set status = 'released' where id = $1", hold)
	return 204, nil, err
}

func availability(c context.Context, tx pgx.Tx, q request) (int, any, error) {
	told := []answer{}
	for _, id := range q.IDs {
		var left int
		err := tx.QueryRow(c, "select capacity - ("+taken+") from seat where id = $1", id).Scan(&left)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, nil, refuse(404, "unknown-seat", answer{"resource_id": id})
		}
		if err != nil {
			return 0, nil, err
		}
		told = append(told, answer{"id": id, "available": left})
	}
	return 200, answer{"available": told}, nil
}

func main() {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err == nil {
		_, err = pool.Exec(context.Background(), tables)
	}
	if err != nil {
		log.Fatal(err)
	}
	type call = func(context.Context, pgx.Tx, request) (int, any, error)
	routes := map[string]call{"PUT /setup/resources": setup, "POST /reservations": reserve, "POST /bookings": book,
		"POST /availability": availability}
	serve := func(w http.ResponseWriter, r *http.Request) {
		c, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		var q request
		_ = json.NewDecoder(r.Body).Decode(&q)
		do, known := routes[r.Method+" "+r.URL.Path]
		if hold, found := strings.CutPrefix(r.URL.Path, "/reservations/"); found && r.Method == "DELETE" {
			do, known = func(c context.Context, tx pgx.Tx, _ request) (int, any, error) { return release(c, tx, hold) }, true
		}
		status, told := 404, any(answer{"type": "not-found", "status": 404, "title": "there is no such route"})
		if known {
			err := pgx.BeginFunc(c, pool, func(tx pgx.Tx) (err error) { status, told, err = do(c, tx, q); return })
			var no refused
			if errors.As(err, &no) { // its transaction is rolled back
				status, told = no.status, no.body
			} else if err != nil {
				status, told = 504, answer{"type": "unknown-outcome", "status": 504, "title": err.Error()}
			}
		}
		w.Header().Set("content-type", "application/json")
		w.WriteHeader(status)
		if status != 204 {
			_ = json.NewEncoder(w).Encode(told)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}
