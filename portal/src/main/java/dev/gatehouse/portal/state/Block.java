package dev.gatehouse.portal.state;

/// An administrator's denial of one resource to one client, whatever the policies say.
public record Block(String clientId, String resourceId) implements Comparable<Block> {
    @Override
    public int compareTo(Block other) {
        int byClient = clientId.compareTo(other.clientId);
        return byClient != 0 ? byClient : resourceId.compareTo(other.resourceId);
    }
}
