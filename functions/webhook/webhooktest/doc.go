// Package webhooktest stands in for the far sides of channels that post JSON:
// Server is what the stand-ins of all services share (it records, answers as
// its Judge says, and breaks as scripted), Receiver is a strict receiver of
// functions/webhook's own messages. It listens on loopback only.
//
// Begin with NewReceiver, or with NewServer and a Judge of your own.
package webhooktest
