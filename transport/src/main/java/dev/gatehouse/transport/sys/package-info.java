/// The kernel as it is called: libc through jnr-ffi, its constants and errors, memory outside the
/// heap. Everything else of this module stands on it, and it on nothing. Begin at [Libc].
package dev.gatehouse.transport.sys;
