/// What the portal grants: resources and their sites, flows to gateways, the interface. Values
/// that use no other room.
package dev.gatehouse.client.state.grant;
