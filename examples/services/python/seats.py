"""A service of one page in Python (psycopg) that `holdfast compare --strategy http://…` can judge.

    DATABASE_URL=postgres://… python seats.py 9000           # right: one conditional UPDATE
    DATABASE_URL=postgres://… python seats.py 9000 --wrong   # check, then act
"""
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import local
from urllib.parse import unquote

import psycopg

WRONG = "--wrong" in sys.argv
TABLES = """
create table if not exists seat (id text primary key, capacity int not null, taken int not null default 0);
create table if not exists held (id text primary key, lines jsonb not null,
  deadline timestamptz not null, status text not null)"""
TAKE = "update seat set taken = taken + %s where id = %s" + ("" if WRONG else " and taken + %s <= capacity")
own = local()


class Refused(Exception):
    def __init__(self, status, kind, **more):
        self.status, self.body = status, {"type": kind, "status": status, "title": kind, **more}


def free(db, hold, status):
    """Only the caller that takes a hold out of 'held' frees its units."""
    if db.execute("update held set status = %s where id = %s and status = 'held'", [status, hold]).rowcount:
        for line in db.execute("select lines from held where id = %s", [hold]).fetchone()[0]:
            db.execute("update seat set taken = taken - %s where id = %s", [line["quantity"], line["id"]])


def free_due(db, seats, limit=1000):
    """Of these seats, or of all."""
    due = db.execute("""select id from held where status = 'held' and deadline <= clock_timestamp() and (%s::text[] is null
        or exists (select from jsonb_array_elements(lines) line where line->>'id' = any (%s))) order by id limit %s for update""",
                     [seats, seats, limit]).fetchall()
    for (hold,) in due:
        free(db, hold, "expired")
    return len(due)


def setup(db, body):
    for each in sorted(body["resources"], key=lambda each: each["id"]):
        db.execute("insert into seat (id, capacity) values (%s, %s) on conflict do nothing", [each["id"], each["capacity"]])
    return 204, None


def reserve(db, body):
    hold, lines, ttl = body["hold_id"], sorted(body["lines"], key=lambda line: line["id"]), body["ttl"]
    db.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [hold])
    known = db.execute("select lines, extract(epoch from deadline) * 1000 from held where id = %s", [hold]).fetchone()
    if known:
        if known[0] != lines:
            raise Refused(422, "id-reused")
        return 201, {"hold_id": hold, "deadline_ms": float(known[1]), "attempts": 1}
    free_due(db, [line["id"] for line in lines])
    for line in lines:
        row = db.execute("select capacity - taken from seat where id = %s", [line["id"]]).fetchone()
        if row is None:
            raise Refused(404, "unknown-seat", resource_id=line["id"])
        if WRONG and row[0] < line["quantity"]:
            raise Refused(409, "sold-out", sold_out=[line["id"]], attempts=1)
        values = [line["quantity"], line["id"]] + ([] if WRONG else [line["quantity"]])
        if db.execute(TAKE, values).rowcount == 0:
            raise Refused(409, "sold-out", sold_out=[line["id"]], attempts=1)
    (deadline,) = db.execute("""insert into held values (%s, %s, clock_timestamp() + make_interval(secs => %s), 'held')
        returning extract(epoch from deadline) * 1000""", [hold, json.dumps(lines), ttl]).fetchone()
    return 201, {"hold_id": hold, "deadline_ms": float(deadline), "attempts": 1}


def book(db, body):
    status = db.execute("""update held set status = 'booked' where id = %s and
        (status = 'booked' or status = 'held' and deadline > clock_timestamp()) returning id""", [body["hold_id"]]).fetchone()
    if status is None:
        raise Refused(410, "gone")
    return 201, {"booking_id": body["hold_id"], "hold_id": body["hold_id"], "status": "confirmed"}


def release(db, hold):
    row = db.execute("select status, deadline <= clock_timestamp() from held where id = %s for update", [hold]).fetchone()
    if row and row[0] == "booked":
        raise Refused(409, "already-confirmed")
    if row is None or row[0] == "expired" or row[0] == "held" and row[1]:
        raise Refused(410, "gone")
    free(db, hold, "released")
    return 204, None


def availability(db, body):
    def left(seat):
        row = db.execute("""select capacity - taken + coalesce((select sum((line->>'quantity')::int) from held,
            jsonb_array_elements(lines) line where status = 'held' and deadline <= clock_timestamp()
            and line->>'id' = seat.id), 0) from seat where id = %s""", [seat]).fetchone()
        if row is None:
            raise Refused(404, "unknown-seat", resource_id=seat)
        return int(row[0])
    return 200, {"available": [{"id": seat, "available": left(seat)} for seat in body["ids"]]}


def expire(db, body):
    return 200, {"expired": free_due(db, None, body["limit"])}


ROUTES = {"PUT /setup/resources": setup, "POST /setup/expire-due": expire, "POST /reservations": reserve,
          "POST /bookings": book, "POST /availability": availability}


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"null")
        if not hasattr(own, "db"):  # one thread and one connection for each caller
            own.db = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        try:
            with own.db.transaction():
                if self.command == "DELETE" and self.path.startswith("/reservations/"):
                    status, told = release(own.db, unquote(self.path[len("/reservations/"):]))
                else:
                    status, told = ROUTES[f"{self.command} {self.path}"](own.db, body)
        except psycopg.errors.DeadlockDetected:
            status, told = 409, {"type": "contended", "status": 409, "title": "deadlock", "reason": "deadlock", "attempts": 1}
        except Refused as refused:  # its transaction is rolled back
            status, told = refused.status, refused.body
        except KeyError:
            status, told = 404, {"type": "not-found", "status": 404, "title": "there is no such route"}
        data = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
        db.execute(TABLES)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service)
    server.daemon_threads = True
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
