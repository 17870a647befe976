package dev.gatehouse.channel.message.part;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.Optional;

/// A resource as a client is told of it, portal-channel.md 4.2. Sites travel under their older
/// name, which every client understands; both names are read.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ClientResource.Dns.class, name = "dns"),
    @JsonSubTypes.Type(value = ClientResource.Cidr.class, name = "cidr"),
    @JsonSubTypes.Type(value = ClientResource.Internet.class, name = "internet")
})
public sealed interface ClientResource {
    String id();

    String displayName();

    List<Site> gatewayGroups();

    /// The families a DNS resource answers for.
    enum IpStack {
        @JsonProperty("dual")
        DUAL,
        @JsonProperty("ipv4_only")
        IPV4_ONLY,
        @JsonProperty("ipv6_only")
        IPV6_ONLY
    }

    /// @param address a pattern of names
    record Dns(
            String id,
            String name,
            String address,
            Optional<String> addressDescription,
            @JsonAlias("sites") List<Site> gatewayGroups,
            List<Filter> filters,
            IpStack ipStack)
            implements ClientResource {
        public Dns {
            id = Ids.uuid(id);
            Ids.require(name, "name");
            Ids.require(address, "address");
            addressDescription = orAbsent(addressDescription);
            gatewayGroups = Ids.requireList(gatewayGroups, "gateway_groups");
            filters = Ids.orEmpty(filters);
            ipStack = ipStack == null ? IpStack.DUAL : ipStack;
        }

        @Override
        public String displayName() {
            return name;
        }
    }

    record Cidr(
            String id,
            String name,
            IpNetwork address,
            Optional<String> addressDescription,
            @JsonAlias("sites") List<Site> gatewayGroups,
            List<Filter> filters)
            implements ClientResource {
        public Cidr {
            id = Ids.uuid(id);
            Ids.require(name, "name");
            Ids.require(address, "address");
            addressDescription = orAbsent(addressDescription);
            gatewayGroups = Ids.requireList(gatewayGroups, "gateway_groups");
            filters = Ids.orEmpty(filters);
        }

        @Override
        public String displayName() {
            return name;
        }
    }

    record Internet(
            String id,
            Optional<String> name,
            @JsonAlias("sites") List<Site> gatewayGroups,
            Optional<Boolean> canBeDisabled)
            implements ClientResource {
        public Internet {
            id = Ids.uuid(id);
            name = orAbsent(name);
            gatewayGroups = Ids.requireList(gatewayGroups, "gateway_groups");
            canBeDisabled = orAbsent(canBeDisabled);
        }

        @Override
        public String displayName() {
            return name.orElse("Internet Resource");
        }
    }

    private static <T> Optional<T> orAbsent(Optional<T> value) {
        return value == null ? Optional.empty() : value;
    }
}
