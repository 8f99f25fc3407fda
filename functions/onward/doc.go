// Package onward is the channel that tells no people: it posts each story as a
// CloudEvent (io.edgebell.story.v1) to another sink, such as a Knative broker,
// Argo Events, or the same function running as a hub for many clusters. The
// edge's ledger keeps what the link does not let through.
//
// The sink must answer 2xx once it holds the events. It is offered batches and
// need not take them: 400, 415 or 413 on a batch falls back to single events.
// Begin with New.
//
// Sources: CloudEvents 1.0.2, HTTP protocol binding, sections 3.2 and 3.3.
package onward
