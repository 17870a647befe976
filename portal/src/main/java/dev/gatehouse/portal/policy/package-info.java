/// Where a policy and its conditions are judged: who may use what, from where and when, and which
/// version of a peer can. Pure; uses `directory` alone. Begin at `PolicyEvaluator`.
package dev.gatehouse.portal.policy;
