/// Where tokens and other secrets are made: the text and hash of a token, the keys and credentials
/// that two peers are told, the signed token of flow logs. Pure; uses no other room. Begin at
/// `TokenText` and `PeerSecrets`.
package dev.gatehouse.portal.token;
