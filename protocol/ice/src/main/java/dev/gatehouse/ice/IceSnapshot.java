package dev.gatehouse.ice;

import java.util.List;
import java.util.Optional;

/// What a restarted process needs to go on as the same agent.
///
/// @param localCandidates live ones, with the priorities they were signalled with
/// @param remoteCandidates live ones, peer-reflexive and optimistic ones included
public record IceSnapshot(
        Role role,
        IceCredentials localCredentials,
        IceCredentials remoteCredentials,
        long tieBreaker,
        List<Candidate> localCandidates,
        List<Candidate> remoteCandidates,
        Optional<IceEvent.Nominated> nominated) {
    public IceSnapshot {
        localCandidates = List.copyOf(localCandidates);
        remoteCandidates = List.copyOf(remoteCandidates);
    }
}
