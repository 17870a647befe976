package dev.gatehouse.channel.message.part;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;

/// A resource as a gateway is told of it. Empty `filters` permit everything.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = GatewayResource.Dns.class, name = "dns"),
    @JsonSubTypes.Type(value = GatewayResource.Cidr.class, name = "cidr"),
    @JsonSubTypes.Type(value = GatewayResource.Internet.class, name = "internet")
})
public sealed interface GatewayResource {
    String id();

    /// @param address a pattern of names
    record Dns(String id, String name, String address, List<Filter> filters)
            implements GatewayResource {
        public Dns {
            id = Ids.uuid(id);
            Ids.require(name, "name");
            Ids.require(address, "address");
            filters = Ids.requireList(filters, "filters");
        }
    }

    record Cidr(String id, String name, IpNetwork address, List<Filter> filters)
            implements GatewayResource {
        public Cidr {
            id = Ids.uuid(id);
            Ids.require(name, "name");
            Ids.require(address, "address");
            filters = Ids.requireList(filters, "filters");
        }
    }

    record Internet(String id) implements GatewayResource {
        public Internet {
            id = Ids.uuid(id);
        }
    }
}
