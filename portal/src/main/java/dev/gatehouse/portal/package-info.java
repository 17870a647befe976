/// The portal process: what starts it and wires it. The rooms, from the bottom up: `directory`,
/// `token`, `policy`, `state` (pure values and decisions), `hub` (pure: the state machine),
/// `config` and `store` (the file, the database), `loop` (the thread that runs the hub),
/// `listener` and `api` (what is asked over HTTP), `command` (the helpers). Start at
/// `PortalCommand` and `PortalProcess`.
package dev.gatehouse.portal;
