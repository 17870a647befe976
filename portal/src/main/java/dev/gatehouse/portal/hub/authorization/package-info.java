/// Where an authorization is asked for, granted through a gateway, kept, judged again and
/// withdrawn, and where candidates pass between those who share one. May use `audit`, `channel`,
/// `session` and `limit`. Begin at `FlowBroker` for what is granted, at `Reconciler` and
/// `Withdrawals` for what is taken.
package dev.gatehouse.portal.hub.authorization;
