package dev.gatehouse.channel.message.part;

/// A group of gateways: called gateway group by older portals and clients.
public record Site(String id, String name) {
    public Site {
        id = Ids.uuid(id);
        Ids.require(name, "name");
    }
}
