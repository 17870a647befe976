/// The portal's decisions, pure: who may use what, through which gateway and which relays.
///
/// Nothing in here reads a clock, opens a socket or makes its own randomness.
package dev.gatehouse.portal.policy;
