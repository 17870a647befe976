/// The compose files of `deploy/`, as an engine reads and runs them, and what of their settings
/// it expands. Uses `engine`. Begin at [ComposeIT].
package dev.gatehouse.containers.compose;
