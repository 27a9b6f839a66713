// Package api is the HTTP server of ttpctl serve: it takes events in, says what
// was found of them, shows rules and tags, and sets the states of rules.
//
// The model: a [Server] is made of a [Config], which names what it asks; it
// knows none of the implementations. One table holds the routes, their roles
// and their query parameters, and openapi.json describes the same to clients; a
// test holds each to the other. A request passes the checks of its host, its
// method and its token, in this order, before its body is read.
//
// Invariants:
//   - Nothing but /healthz, /readyz and /metrics is answered without a token of
//     a role that may.
//   - Events are answered after they are synced: a kill loses none that was
//     answered, and the same request under the same Idempotency-Key is stored
//     once.
//   - Whatever comes is bounded: connections, headers, bodies, also inflated, and
//     the time that each may take.
//   - Neither payloads nor tokens reach logs or errors.
//
// For example:
//
//	front, err := api.OpenFront(api.FrontOptions{Addr: "127.0.0.1:8470", TokensFile: "tokens"},
//		api.Config{Spool: log, Keys: keys, InForce: follower.Engine().Snapshot, States: states, Now: time.Now})
//	front.Start()
//	defer front.Close(ctx)
package api
