package apiserver

// NewForConfig is New with a client configuration instead of a file.
var NewForConfig = newSource

// RESTConfig is how New finds the API server.
var RESTConfig = restConfig
