package dev.gatehouse.portal.state;

import dev.gatehouse.portal.directory.Directory;
import java.util.List;

/// What a portal starts from: the file and what the store remembers.
public record HubState(
        Directory directory,
        List<Device> devices,
        List<Authorization> authorizations,
        List<Block> blocks,
        List<String> disabledResources) {
    public static HubState of(Directory directory) {
        return new HubState(directory, List.of(), List.of(), List.of(), List.of());
    }
}
